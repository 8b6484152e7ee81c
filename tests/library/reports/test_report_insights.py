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
from kogorta.reports.insight_tables import insight_rows
from kogorta.reports.story import Story
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
