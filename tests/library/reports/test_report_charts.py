import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from example import analysis, build
from hypothesis import given
from hypothesis import strategies as st
from value_example import shared

from kogorta.kit.language import Language
from kogorta.reports.canvas import draw, fit, lines, text_width
from kogorta.reports.chart import PHONE_WIDTH
from kogorta.reports.charts import charts
from kogorta.reports.findings import find
from kogorta.reports.style import SERIES, ink_on, ink_over, luminance, printable, shade

RU = Language("ru")
ALL = {
    "segments", "rfm_categories", "revenue", "industries", "abc_xyz", "demand_spread", "lifecycle", "cohorts", "migration",
    "industry_ranking", "forecast", "sensitivity", "value", "value_segments", "value_backtest", "segment_history",
}  # fmt: skip


def drawn(made, language=RU):
    return {chart.name: chart for chart in charts(made, language, find(made, language)).values()}


def test_the_full_example_gives_every_chart():
    assert set(shared()) == ALL


def test_charts_without_data_are_left_out():
    names = set(drawn(analysis(1, industries=False, migration=False)))
    assert names == {"segments", "rfm_categories", "revenue", "abc_xyz", "lifecycle"}
    assert drawn(analysis(0)) == {}


def test_each_title_is_its_finding_and_each_caption_says_how_many_and_when():
    made = analysis()
    headlines = {finding.headline for finding in find(made, RU)}
    for chart in drawn(made).values():
        assert chart.title in headlines
        assert "n = " in chart.caption
        assert "22.11.2026" in chart.caption


def test_equal_figures_give_equal_bytes_in_either_order():
    first, second = shared(), drawn(build())
    for name in ("segments", "migration", "cohorts"):
        svg, png = first[name].files()
        assert second[name].files(("png", "svg")) == (png, svg)


def test_letters_stay_letters_and_the_palette_is_ours():
    svg = shared()["industries"].svg()
    assert "Строительство" in svg
    assert "PT Sans" in svg
    assert set(SERIES) <= set(re.findall("#[0-9a-f]{6}", svg))


@pytest.mark.parametrize("width", [6.693, PHONE_WIDTH])
def test_no_text_leaves_the_sheet(width):
    for chart in shared(hostile=True).values():
        tree = ET.fromstring(chart.svg(width))
        for text in tree.iter("{http://www.w3.org/2000/svg}text"):
            size = float(re.search(r"font-size: ([\d.]+)px", text.get("style"))[1])
            long = text_width(text.text or "", size) * 72
            anchor = re.search("text-anchor: (start|middle|end)", text.get("style"))[1]
            left = float(text.get("x")) - {"start": 0, "middle": long / 2, "end": long}[anchor]
            assert left >= -2.5, (chart.name, text.text)
            assert left + long <= width * 72 + 2.5, (chart.name, text.text)
            assert 0 <= float(text.get("y")) <= chart.height(width) * 72 + 1


def test_hostile_names_are_drawn_as_they_are():
    svg = shared(hostile=True)["industries"].svg()
    ET.fromstring(svg)
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;" in svg or "$a_b$" in svg


def test_drawings_share_a_page_without_sharing_ids():
    for chart in shared().values():
        assert ' id="' not in chart.svg()


def test_more_than_seven_segments_are_gathered_into_others():
    table = drawn(analysis(scheme="guide"))["industries"].table
    assert len(table.head) == 2 + 7
    assert table.head[-1] == "Прочие"
    shares = [[int(cell.split("\u00a0")[0]) for cell in row[2:]] for row in table.rows]
    assert all(abs(sum(row) - 100) <= 4 for row in shares)


def test_expected_value_is_drawn_once_it_is_known():
    made = build()
    made.customers.connection.execute("UPDATE customers SET clv = monetary // 10, clv_low = 0, clv_high = monetary")
    chart = drawn(made)["value"]
    assert len(chart.table.rows) == 10
    assert [row[1] for row in chart.table.rows] == ["50"] * 10
    assert chart.title.startswith("Десятая часть самых ценных клиентов — ")


def test_negative_revenue_draws_no_bar_to_the_left():
    made = analysis()
    segments = tuple(replace(item, revenue=-5) if item.segment == "sleeping" else item for item in made.segments)
    ET.fromstring(drawn(replace(made, segments=segments))["revenue"].svg())


@pytest.mark.parametrize("color", SERIES)
def test_labels_on_colours_can_be_read(color):
    light, dark = sorted((luminance(ink_over(color)), luminance(color)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@given(st.floats(0, 1))
def test_labels_on_shades_can_be_read(share):
    light, dark = sorted((luminance(ink_on(share)), luminance(shade(share))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.0


@given(st.text(max_size=60), st.floats(0.3, 3))
def test_fitted_text_is_never_wider_than_asked(text, width):
    assert text_width(fit(text, width)) <= max(width, text_width("…"))
    assert all(text_width(line) <= max(width, text_width("…")) for line in lines(text, width))


@given(st.text(max_size=40))
def test_any_text_can_be_drawn_without_a_warning(text):
    assert printable(printable(text)) == printable(text)


def test_control_characters_do_not_break_a_drawing():
    ET.fromstring(draw(lambda sheet: sheet.text(0.1, 0.2, "a\x00\x1b\ufffeб\U0001f600"), 2, 0.5))
