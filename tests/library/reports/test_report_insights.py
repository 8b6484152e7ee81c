import json
from dataclasses import replace

import pytest
from example import analysis
from hidden.shop import AS_OF, draw, put, three_groups

from kogorta.kit.language import Language
from kogorta.reports.charts import charts
from kogorta.reports.document import compose
from kogorta.reports.findings import find
from kogorta.reports.html import render_html
from kogorta.reports.insight_advice import driver_action
from kogorta.reports.insight_tables import insight_rows
from kogorta.reports.story import Story
from kogorta.segments.drivers.effects import Bounds, RateEffect
from kogorta.segments.drivers.factors import FACTORS, FROM, UP_TO, Level
from kogorta.segments.drivers.report import Association
from kogorta.segments.insights import InsightSearch


def with_insights(shuffle=None, search=None):
    orders, _ = draw(1, 500, three_groups)
    return replace(analysis(), insights=(search or InsightSearch()).look(put(orders, shuffle=shuffle), AS_OF))


@pytest.fixture(scope="module")
def grouped():
    return with_insights()


def chapter(found, code="en"):
    document = compose(Story.of(found, Language(code)), None)
    return next(section for section in document.sections if section.slug == "insights"), render_html(document)


@pytest.mark.parametrize("code", ["ru", "en"])
def test_hidden_segments_are_named_counted_and_told_by_formulas(grouped, code):
    section, page = chapter(grouped, code)
    found = grouped.insights.hidden.segments
    assert len(found) == 3
    shown = json.dumps([repr(block) for block in section.blocks], ensure_ascii=False)
    for one in found:
        assert one.name(Language(code)) in shown
        assert one.rule.formula in shown.replace("\\\\'", "'").replace("\\'", "'")
    assert "{" not in section.title
    assert page.count('id="insights"') == 1


def test_findings_are_the_same_whatever_the_order_of_rows(grouped):
    other = with_insights(shuffle=3)
    for code in ("ru", "en"):
        language = Language(code)
        assert find(grouped, language) == find(other, language)
        assert insight_rows(grouped, language) == insight_rows(other, language)


def test_a_driver_is_titled_with_its_own_figures(grouped):
    language = Language("en")
    found = find(grouped, language)
    drawn = charts(grouped, language, found)
    codes = [item.code for item in found if item.code.startswith("drivers_")]
    assert codes
    for item in found:
        if item.code in codes:
            first = drawn[item.code].table.rows[0]
            assert first[0] in item.headline
            assert first[3] in item.headline
            assert first[4] in item.headline


def test_where_nothing_is_hidden_the_page_says_so():
    orders = [{"customer": f"c{n:03d}", "ago": n % 300, "roubles": 1000 + n} for n in range(60)]
    found = replace(analysis(), insights=InsightSearch().look(put(orders), AS_OF))
    section, _ = chapter(found, "ru")
    shown = repr(section.blocks)
    assert "Скрытых сегментов не найдено." in shown
    assert "Ни один фактор не выделяется" in shown
    assert "все клиенты неизвестны" in shown


def test_a_base_above_the_limit_is_told_which_commands_to_run():
    section, _ = chapter(with_insights(search=InsightSearch(limit=100)), "en")
    assert "above 100 these searches run only when asked for: kogorta segment drivers" in repr(section.blocks)


def test_an_analysis_without_insights_has_no_such_chapter():
    document = compose(Story.of(analysis(), Language("en")), None)
    assert "insights" not in {section.slug for section in document.sections}


def test_segments_csv_has_the_hidden_segments_with_their_figures(grouped):
    rows = [row for row in insight_rows(grouped, Language("en")) if row[0] == "hidden"]
    found = grouped.insights.hidden.segments
    assert [row[:2] for row in rows] == [("hidden", one.slug) for one in found]
    assert [row[3] for row in rows] == [one.customers for one in found]


@pytest.mark.parametrize(
    ("factor", "level", "own", "outcome", "told"),
    [
        ("first_manager", Level("Anna"), 60, "repeat", "See what is done there and is not done elsewhere"),
        ("first_manager", Level("Boris"), 60, "churn", "See what is done elsewhere and is not done there"),
        ("source", Level("tv"), 20, "repeat", "Spend less on this source"),
        ("source", Level("tv"), 20, "churn", "Move a part of the advertising budget"),
        ("first_check", Level("3", FROM, low=500), 60, "repeat", "Try to raise the first order"),
        ("first_check", Level("0", UP_TO, high=500), 60, "churn", "Try to raise the first order"),
        ("first_check", Level("0", UP_TO, high=500), 60, "repeat", "Do not press for a large first order"),
        ("first_items", Level("0", UP_TO, high=2), 20, "repeat", "Try to add an item"),
        ("first_discount", Level("yes"), 60, "repeat", "Keep the discount"),
        ("first_discount", Level("yes"), 60, "churn", "Check whom the first discount brings"),
        ("first_discount", Level("no"), 60, "repeat", "Check whom the first discount brings"),
        ("first_category", Level("toys"), 20, "average_check", "Raise the check"),
        ("region", Level("RU-MOW"), 20, "repeat", "Choose whom to win over"),
    ],
)
def test_what_to_try_depends_on_whether_the_level_is_good_for_the_company(factor, level, own, outcome, told):
    effect = RateEffect(own, 100, 40, 100)
    found = Association(FACTORS[factor], level, effect, 0.001, 0.01, Bounds(0.1, 0.3), found=True)
    assert driver_action(Language("en"), found, outcome).startswith(told)
