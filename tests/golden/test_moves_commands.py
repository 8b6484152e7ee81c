"""`kogorta compare`, `segment cohorts`, `segment history` on Online Retail and on the demo: figures that may not change unnoticed."""

import csv
import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest

from kogorta.cli.main import _run
from kogorta.demo.school import write_school

LEFT_VIP = (
    "16029 15513 12678 12980 16553 15939 16745 17865 16843 13324 15379 14952 14800 17061 16729 12431 17690 12779 15249 17819 15301 "
    "17504 13178 17050 18226 16187 15622 15719 14227 18260 12712 18231 18008 16919 17719 14040 14543 13327 12383 15281 13842 16837 "
    "14944 12594 13552 13911 13983 17591 12868 14210 16497 14472 12726 14573 12600 17512 12708 14810 15260 14239 13317 17191"
)


def call(*words):
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        code = _run([str(word) for word in words])
    return code, out.getvalue(), error.getvalue()


def answer(*words):
    code, out, error = call(*words, "--json", "--quiet")
    assert code == 0, error
    return json.loads(out)


@pytest.fixture(scope="module")
def shop(shared, tmp_path_factory):
    """Online Retail, refunds net, in pounds."""
    folder = tmp_path_factory.mktemp("shop") / "base"
    source = shared / "data" / "online_retail.parquet"
    answer("import", source, "--base", folder, "--currency", "GBP", "--time-zone", "Europe/London")
    return folder


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """The demo."""
    folder = tmp_path_factory.mktemp("school")
    truth = write_school(folder, seed=2026)
    answer("import", folder / truth.file, "--base", folder / "base", "--received-on", truth.as_of)
    return folder / "base"


def test_62_customers_of_online_retail_left_vip_in_half_a_year_and_are_named(shop, tmp_path):
    found = answer("compare", "--base", shop, "--from", "2011-06-09", "--to", "2011-12-09", "--out", tmp_path)
    assert [item["customer_id"] for item in found["names"]] == LEFT_VIP.split()
    assert len(found["names"]) == 62
    assert found["before"] == {
        "none": 1532, "standard": 1376, "sleeping": 665, "vip": 270, "loyal": 238, "new": 130, "potential": 66, "needs_attention": 49,
    }  # fmt: skip
    assert found["after"] == {
        "standard": 1810, "sleeping": 963, "vip": 656, "loyal": 530, "needs_attention": 187, "new": 140, "potential": 40,
    }  # fmt: skip
    gone = [flow for flow in found["flows"] if flow["source"] == "vip" and flow["target"] != "vip"]
    assert [sum(flow[name] for flow in gone) for name in ("customers", "year_before", "year_after", "bought")] == [
        62,
        17210195,
        15942809,
        58,
    ]
    with (tmp_path / "moved.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert sum(row["source"] == "vip" for row in rows) == 62


def test_equal_spans_are_compared_where_the_history_is_shorter_than_a_year(shop):
    found = answer("compare", "--base", shop, "--from", "2011-06-09", "--to", "2011-12-09", "--language", "en")
    assert found["money"].startswith("Money: net revenue in the 191 days that end with 9 Jun 2011 and with 9 Dec 2011")
    assert found["left"] == (
        "62 customers left “VIP”: they brought £172.1K in 191 days, now £159.4K. 448 customers came in, 208 stayed. "
        "Without a single purchase since 9 Jun 2011: 4 of 62 who left."
    )


def test_the_first_cohort_of_online_retail_comes_back_as_published(shared, tmp_path):
    """Without refunds, 885 customers of December 2010, as in every published retention table of this data."""
    source = shared / "data" / "online_retail.parquet"
    answer("import", source, "--base", tmp_path / "gross", "--currency", "GBP", "--time-zone", "Europe/London", "--refunds", "ignore")
    found = answer("segment", "cohorts", "--base", tmp_path / "gross")
    first = found["cohorts"][0]
    assert (found["period"], first["starts_on"], len(found["cohorts"])) == ("month", "2010-12-01", 13)
    assert first["active"] == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]


def test_cohorts_and_history_of_online_retail(shop):
    cohorts = answer("segment", "cohorts", "--base", shop)["cohorts"]
    assert [item["customers"] for item in cohorts] == [883, 415, 380, 451, 301, 283, 241, 187, 169, 295, 359, 322, 40]
    assert [round(100 * count / 883) for count in cohorts[0]["active"][1:]] == [37, 32, 38, 36, 40, 36, 35, 35, 39, 37, 50, 26]
    history = answer("segment", "history", "--base", shop, "--language", "en")
    vip = [next(one for one in period["segments"] if one["segment"] == "vip") for period in history["periods"]]
    assert [one["members"] for one in vip] == [166, 248, 290, 301, 332, 415, 433, 630]
    assert [round(one["revenue"] / 100_000) for one in vip] == [232, 277, 243, 275, 365, 393, 457, 199]
    assert history["trends"][0]["sentence"].startswith("Revenue of “VIP” rose by 16% in Nov 2011, 4 months in a row.")
    shares = {item["segment"]: round(100 * item["returned"] / item["members"]) for item in history["effectiveness"]["returns"]}
    assert (shares["vip"], shares["sleeping"]) == (94, 35)


def test_moves_of_the_demo_in_its_last_year(school):
    found = answer("compare", "--base", school, "--from", "2025-11-22")
    assert [item["customer_id"] for item in found["names"]] == ["company-549", "company-531", "company-475", "company-446"]
    assert found["before"] == {
        "none": 114, "standard": 89, "needs_attention": 71, "loyal": 25, "vip": 18, "new": 12, "potential": 11, "sleeping": 9,
    }  # fmt: skip
    assert found["after"] == {
        "standard": 118, "needs_attention": 100, "new": 76, "vip": 16, "potential": 15, "loyal": 12, "sleeping": 12,
    }  # fmt: skip
    assert sum(flow["customers"] for flow in found["flows"]) == 349


def test_cohorts_and_history_of_the_demo(school):
    found = answer("segment", "cohorts", "--base", school)
    assert (found["period"], len(found["cohorts"])) == ("year", 13)
    assert found["cohorts"][0]["active"] == [5, 5, 2, *[0] * 10]
    assert found["cohorts"][0]["revenue"][:3] == [56_120_000, 334_450_050, 59_880_000]
    history = answer("segment", "history", "--base", school)
    last = {one["segment"]: (one["members"], one["revenue"]) for one in history["periods"][-2]["segments"]}
    assert (history["periods"][-2]["starts_on"], last["vip"], last["loyal"]) == ("2026-07-01", (17, 195_340_000), (20, 0))
    assert history["effectiveness"]["apart"][:2] == ["vip", "standard"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "--from", "2026-11-22", "--to", "2025-11-22"), "it must be before 2025-11-22"),
        (("compare", "--from", "yesterday"), "yesterday"),
        (("compare", "--from", "2025-11-22", "--names", "sleepers"), "sleepers"),
        (("segment", "cohorts", "--as-of", "2001-01-01"), "Nobody has bought by 2001-01-01"),
        (("segment", "history", "--as-of", "2014-03-01"), "Nobody has bought by 2014-03-01"),
        (("segment", "history", "--periods", "0"), "0"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(school, monkeypatch, words, said):
    monkeypatch.setenv("KOGORTA_LANGUAGE", "en")
    code, out, error = call(*words, "--base", school, "--language", "en", "--quiet")
    assert (code, out) == (2, "")
    assert said in error
    assert "Traceback" not in error
