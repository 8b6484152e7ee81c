"""The chapter on what to offer, and the columns of the first wave, from offers made by hand."""

import json
from dataclasses import replace
from datetime import date

import pytest
from example import analysis
from python_calamine import CalamineWorkbook

from kogorta.kit.language import Language
from kogorta.recommendations.affinity import Pair
from kogorta.recommendations.goods import Product
from kogorta.recommendations.hindsight import Hindsight, Hits, Trial
from kogorta.recommendations.offer import Offer
from kogorta.recommendations.offering import Offering
from kogorta.reports import sheets
from kogorta.reports.document import compose
from kogorta.reports.findings import find
from kogorta.reports.html import render_html
from kogorta.reports.plan_json import plan_json
from kogorta.reports.story import Story
from kogorta.reports.tables import wave_rows

DAY = (date(2026, 11, 22) - date(1970, 1, 1)).days
CUP, SAUCER, JUG = (
    Product(name.lower(), name, None, 1_200, buyers, DAY - 300, DAY, DAY - 300, 40)
    for name, buyers in (("Cup", 60), ("Saucer", 40), ("Jug <b>", 12))
)
PAIR = Pair(0, 1, both=30, left_alone=60, right_alone=40, units=1000)


def trial(question, model, popularity, low, order_low):
    return Trial(question, 120, Hits(model, 0.2, 0.2), Hits(popularity, 0.1, 0.1), low, 0.4, order_low, 0.3)


PROVED = Hindsight(DAY - 29, DAY, (trial("next", 0.8, 0.5, 0.2, 0.1), trial("new", 0.4, 0.42, -0.1, -0.1)))
DOUBTED = Hindsight(DAY - 29, DAY, (trial("next", 0.5, 0.5, -0.1, -0.1),))
EARNED = Offering(
    hindsight=PROVED, believed=("next",), pairs=((CUP, SAUCER, PAIR),), arrivals=(JUG,), bestsellers=(CUP, SAUCER), goods=3, limit=200_000
)


def offered(offering):
    found = analysis()
    if "next" in offering.believed:
        offer = Offer("c", 1, "saucer", "Saucer", "together", "cup", "Cup", both=30, alone=60, lift=12.5)
        second = Offer("c", 2, "jug", "=Jug", "popular")
        wave = tuple(replace(item, offers=(offer, second)) if item.arm == "treated" else item for item in found.plan.wave)
        found = replace(found, plan=replace(found.plan, wave=wave))
    return replace(found, offering=offering)


def chapter(found, code):
    document = compose(Story.of(found, Language(code)), None)
    section = next((item for item in document.sections if item.slug == "offers"), None)
    return section, render_html(document)


def cells(section, number):
    tables = [block for block in section.blocks if hasattr(block, "rows")]
    return tables[number].rows


@pytest.mark.parametrize("code", ["ru", "en"])
def test_the_chapter_shows_the_test_pairs_from_the_rarer_product_and_arrivals(code):
    section, page = chapter(offered(EARNED), code)
    tested, pairs, arrivals = (cells(section, number) for number in range(3))
    assert [row[1] for row in tested] == ["120", "120"]
    assert len({row[5] for row in tested}) == 2
    assert pairs[0][:4] == ("Saucer", "Cup", "40", "30")
    assert pairs[0][6] == Language(code).number(12.5, 1)
    assert arrivals[0][0] == "Jug <b>"
    assert "Jug &lt;b&gt;" in page
    assert "Jug <b>" not in page


@pytest.mark.parametrize(
    ("offering", "headline"),
    [
        (Offering("no_products"), "There is nothing to recommend from: the orders name no products"),
        (replace(EARNED, believed=(), hindsight=DOUBTED), "Recommendations have not beaten the most popular products on this base"),
        (
            replace(EARNED, believed=(), hindsight=replace(DOUBTED, trials=())),
            "Too few customers came back to test recommendations on the past",
        ),
    ],
)
def test_what_was_not_earned_is_said_and_nobody_is_offered_anything(offering, headline):
    found = offered(offering)
    finding = next(item for item in find(found, Language("en")) if item.code in ("offers", "no_offers"))
    assert (finding.code, finding.headline, finding.tone) == ("no_offers", headline, "caveat")
    section, page = chapter(found, "en")
    assert headline in page
    assert section is not None
    assert {row[-3:] for row in wave_rows(found, Language("en"))} == {(None, None, None)}
    assert ">Offer</th>" not in page
    assert ("“Cup” and “Saucer”" in finding.body) == (offering.why_none is None)


def test_the_finding_of_what_was_earned_names_both_figures_and_the_strongest_pair():
    finding = next(item for item in find(offered(EARNED), Language("en")) if item.code == "offers")
    assert finding.headline == "80% of customers bought one of the 10 products offered to them; of the 10 most popular, 50%"
    assert finding.body.endswith("Whoever takes “Saucer” takes “Cup” in 75% of orders, of all orders in 6%.")
    assert dict(finding.figures) == {"model": 0.8, "popularity": 0.5, "low": 0.2, "high": 0.4}


def test_a_base_above_the_limit_names_the_command_and_a_base_without_buyers_has_no_chapter():
    section, page = chapter(offered(Offering("large", limit=5)), "ru")
    assert "kogorta recommend" in page
    assert len(section.blocks) == 1
    assert chapter(analysis(), "en")[0] is None


def test_the_wave_has_columns_of_offers_with_the_reason_and_none_for_the_control_group(tmp_path):
    found = offered(EARNED)
    rows = {row[18]: row[19:] for row in wave_rows(found, Language("en"))}
    why = "goes with “Cup”: 30 of 60 orders with it held both, 12.5 times more often than by chance"
    assert rows == {"treated": ("Saucer; =Jug", why, None), "control": (None, None, None)}
    sheets.write_wave_xlsx(found, tmp_path / "w.xlsx", Language("ru"))
    sheet = CalamineWorkbook.from_path(str(tmp_path / "w.xlsx")).get_sheet_by_name("first_wave").to_python()
    assert sheet[0][-3:] == ["offer", "offer_why", "new_arrivals"]
    assert sheet[1][19] == "Saucer; =Jug"
    assert ">Offer</th>" in chapter(found, "en")[1]


def test_the_plan_for_machines_holds_the_test_the_pairs_and_the_offers():
    told = json.loads(plan_json(offered(EARNED), Language("en"), ""))["offers"]
    assert (told["answered_by"], told["believed"], told["why_none"]) == ("next", ["next"], None)
    assert told["trials"][0] == {
        "question": "next", "customers": 120, "hit_rate": 0.8, "hit_rate_of_popularity": 0.5, "gain_low": 0.2, "gain_high": 0.4,
        "passed": True,
    }  # fmt: skip
    assert told["pairs"] == [{"left": "cup", "right": "saucer", "orders": 30, "share": 0.5, "lift": 12.5}]
    assert {tuple(item["offers"]) for item in told["wave"].values()} == {("saucer", "jug")}
