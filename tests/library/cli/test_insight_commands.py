import csv
import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from hidden.shop import AS_OF

from kogorta.base.customer_base import CustomerBase
from kogorta.cli.main import commands
from kogorta.enrichment.enrich import enrich
from kogorta.kit.errors import InputError, OptionError
from kogorta.sources.files import read_file

ROLES = ("Директор по продажам", "Генеральный директор", "Бухгалтер", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("insights")
    with (place / "orders.csv").open("w", encoding="utf-8") as file:
        file.write("order_id;customer_id;date;amount;contact;job_title\n")
        for number in range(80):
            for order in range(1 + number % 3):
                day = AS_OF - timedelta(days=number + 40 * order)
                file.write(f"o{number}-{order};c{number:02d};{day};{1000 + 10 * number};Anna Berg {number};{ROLES[number % 4]}\n")
    base = CustomerBase(place / "base")
    base.add(read_file(place / "orders.csv", workspace=place))
    enrich(base)
    return place / "base"


def run(*arguments):
    return CliRunner().invoke(commands, ["segment", *arguments, "--language", "en"], catch_exceptions=False, standalone_mode=False)


@pytest.mark.parametrize("name", ["benefits", "loyalty-degree", "jobs"])
def test_every_customer_has_a_class_or_is_unknown(folder, name):
    found = json.loads(run(name, "--base", str(folder), "--json").stdout)
    assert sum(one["customers"] for one in found["classes"]) == 80
    assert "unknown" in {one["class"] for one in found["classes"]}


def test_customers_are_written_with_score_evidence_and_key_message(folder, tmp_path):
    out = tmp_path / "jobs.csv"
    assert "Key message" in run("jobs", "--base", str(folder), "--out", str(out)).stdout
    with out.open(encoding="utf-8-sig") as file:
        rows = {row["customer_id"]: row for row in csv.DictReader(file, delimiter=",")}
    assert len(rows) == 80
    growth = rows["c00"]
    assert (growth["class"], growth["score"], growth["message"]) == ("growth", "0.4", "Sales funnel, conversion, closing deals")
    assert growth["evidence"].startswith("Growth: role is sales director.")
    assert (rows["c03"]["class"], rows["c03"]["reason"], rows["c03"]["message"]) == ("unknown", "no_data", "")


def test_one_customer_is_explained(folder):
    said = run("jobs", "--base", str(folder), "--customer", "c00").stdout.splitlines()
    assert said[0].startswith("Growth:")
    assert said[1] == "Key message: Sales funnel, conversion, closing deals"


def test_the_definition_shown_is_the_one_that_can_be_given_back(folder, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(run("benefits", "--show-definition").stdout, encoding="utf-8")
    ours, shipped = (
        json.loads(run("benefits", "--base", str(folder), "--json", *more).stdout) for more in (("--definition", str(file)), ())
    )
    assert ours["classes"] == shipped["classes"]
    assert ours["file"] == "mine.yaml"


def test_a_broken_definition_is_refused_with_its_place(folder, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(run("jobs", "--show-definition").stdout.replace("weight: 40", "weight: forty", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"mine.yaml: classes\[1\].evidence\[1\].weight is 'forty'"):
        run("jobs", "--base", str(folder), "--definition", str(file))


def test_demography_gives_an_overview_and_one_field(folder):
    overview = json.loads(run("demography", "--base", str(folder), "--json").stdout)
    assert {"age", "region", "role", "market"} <= set(overview)
    role = json.loads(run("demography", "--base", str(folder), "--by", "role", "--json").stdout)
    assert overview["role"]["classes"] == role["classes"]
    assert {one["class"]: one["customers"] for one in role["classes"]}["unknown"] == 20
    with pytest.raises(OptionError, match="--by age"):
        run("demography", "--base", str(folder), "--customer", "c00")


def test_hidden_segments_say_that_there_are_none(folder, tmp_path):
    out = tmp_path / "hidden.csv"
    assert run("hidden", "--base", str(folder), "--out", str(out)).stdout.startswith("No hidden segments were found.")
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 81
    assert json.loads(run("hidden", "--base", str(folder), "--json").stdout)["why_none"] == "few"


def test_drivers_end_with_the_caution(folder):
    said = run("drivers", "--base", str(folder), "--outcome", "repeat", "--window", "60").stdout.splitlines()
    assert said[0] == "Repeat purchase within 60 days of the first"
    assert said[-1].startswith("These are associations")
    found = json.loads(run("drivers", "--base", str(folder), "--json").stdout)
    assert [one["outcome"] for one in found["outcomes"]] == ["repeat", "churn", "average_check", "response"]


def test_a_base_is_asked_for():
    with pytest.raises(OptionError, match="--base DIR"):
        run("jobs")
