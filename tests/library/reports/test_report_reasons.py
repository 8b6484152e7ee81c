import re
from dataclasses import replace
from pathlib import Path

import pytest
from example import analysis

import kogorta.analysis
from kogorta.kit.language import Language
from kogorta.reports.blocks import Sheet
from kogorta.reports.closing_sections import definitions_section
from kogorta.reports.plan_sections import wave_section
from kogorta.reports.reasons import REASONS, SHORT_REASONS, measured, reasons, short_reasons
from kogorta.reports.settings import SETTINGS, setting_name
from kogorta.reports.story import Story
from kogorta.reports.wording import Wording
from kogorta.waves.plan import ForecastInput

RU, EN = Language("ru"), Language("en")


def sheets(section):
    return {block.label: block for block in section.blocks if isinstance(block, Sheet)}


@pytest.mark.parametrize(
    ("unit", "value", "russian", "english"),
    [
        ("share", 0.034, "3,4 %", "3.4%"),
        ("points", 0.05, "5,0 п. п.", "5.0 points"),
        ("money", 11_000_000, "110 тыс. ₽", "₽110K"),
        ("orders", 0.0268, "0,03 заказа", "0.03 orders"),
        ("orders", 1.25, "1,2 заказа", "1.2 orders"),
        ("orders", 2.0, "2 заказа", "2 orders"),
        ("customers", 21, "21 клиент", "21 customers"),
        ("days", 90, "90 дней", "90 days"),
        ("bells", 0.5, "0,50", "0.50"),
    ],
)
def test_a_figure_of_the_forecast_comes_with_its_unit_in_words(unit, value, russian, english):
    assert measured(Wording(analysis(0), RU), unit, value).replace("\u00a0", " ") == russian
    assert measured(Wording(analysis(0), EN), unit, value).replace("\u00a0", " ") == english


@pytest.mark.parametrize(
    ("language", "label", "told"),
    [
        (RU, "На чём стоит прогноз", ("Заказов на клиента без действий", "0,03 заказа", "—", "модель этой базы", "—")),
        (
            EN,
            "What the forecast rests on",
            ("Orders per customer expected without action", "0.03 orders", "—", "value model of this base", "—"),
        ),
    ],
)
def test_orders_a_model_expects_are_an_input_in_words(language, label, told):
    made = analysis()
    given = ForecastInput("expected_orders", 0.0268, 0.0268, 0.0268, "orders", "model")
    forecast = replace(made.plan.forecast, inputs=(*made.plan.forecast.inputs, given))
    made = replace(made, plan=replace(made.plan, forecast=forecast))
    rows = sheets(wave_section(Story.of(made, language)))[label].rows
    assert tuple(cell.replace("\u00a0", " ") for cell in rows[-1]) == told
    assert not [cell for row in rows for cell in row if "_" in cell]


def test_the_list_gives_each_reason_in_a_word_and_says_what_the_words_mean():
    listed = sheets(wave_section(Story.of(analysis(), RU)))["С кем связаться и в каком порядке"]
    assert {row[7] for row in listed.rows} == {"деньги, пауза", "частота", "пауза"}
    assert listed.note.startswith("Почему: деньги — тратил много; частота — покупал часто; пауза — молчит дольше обычного. Показаны")


def test_reasons_without_words_are_shown_as_they_are():
    assert set(SHORT_REASONS) == set(REASONS)
    assert short_reasons(EN, ("overdue", "asked_for_it")) == "pause, asked for it"
    assert reasons(EN, ("overdue",)) == "silent longer than usual"


def test_every_setting_of_a_run_has_a_name_beside_its_key():
    source = Path(kogorta.analysis.__file__).read_text(encoding="utf-8")
    body = source[source.index("def _definitions") : source.index("def _expected")]
    keys = set(re.findall(r'^\s+"(\w+)":', body, re.MULTILINE))
    assert len(keys) > 20
    assert keys <= set(SETTINGS)
    assert "—" not in {setting_name(language, key) for language in (RU, EN) for key in keys}


def test_settings_are_shown_with_name_key_and_value():
    made = replace(analysis(0), definitions={"clv_horizon_days": "365", "new_one": "x" * 400})
    rows = sheets(definitions_section(Story.of(made, RU)))["Настройки этого расчёта"].rows
    assert rows[0] == ("Ценность: горизонт, дней", "clv_horizon_days", "365")
    assert rows[1][:2] == ("—", "new_one")
    assert len(rows[1][2]) == 300
