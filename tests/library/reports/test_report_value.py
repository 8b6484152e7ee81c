import csv
import io
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from example import AS_OF, analysis, build
from value_example import BACKTEST, NAIVE, TOTALS, figures, fresh, valuation, valued

from kogorta.kit.language import Language
from kogorta.reports import tables
from kogorta.reports.blocks import Callout, Drawing, Sheet, Text
from kogorta.reports.chart import PHONE_WIDTH
from kogorta.reports.charts import charts
from kogorta.reports.columns import CHURN
from kogorta.reports.findings import find
from kogorta.reports.story import Story
from kogorta.reports.value_sections import value_section
from kogorta.reports.wording import Wording
from kogorta.value.vip import FittedVip

RU, EN = Language("ru"), Language("en")


def by_code(made, language=RU):
    return {item.code: item for item in find(made, language)}


def drawn(made, language=RU):
    return {chart.name: chart for chart in charts(made, language, find(made, language)).values()}


def section(made, language=RU):
    return value_section(Story.of(made, language))


def words(made, language=RU):
    told = []
    for block in section(made, language).blocks:
        if isinstance(block, Text | Callout):
            told.append(f"{getattr(block, 'lead', '') or getattr(block, 'title', '')} {block.text}")
    return "\n".join(told).replace("\u00a0", " ")


def sheet(made, label, language=RU):
    return next((block for block in section(made, language).blocks if isinstance(block, Sheet) and block.label == label), None)


def test_the_value_of_the_base_is_a_range_and_called_a_model():
    found = by_code(valued())["value_segments"]
    assert found.headline.replace("\u00a0", " ") == "Модель: ценность базы за 365 дней — от 4,6 млн ₽ до 38,1 млн ₽"
    assert "Больше всего, 52 %, ждём от сегмента «ВИП»." in found.body.replace("\u00a0", " ")
    assert "108 (от 39 до 310)" in found.body


def test_the_ends_of_a_narrow_range_are_told_apart():
    say = Wording(valued(), RU)
    assert say.money_span(118_200_000_000, 124_300_000_000) == ("1,18\u00a0млрд\u00a0₽", "1,24\u00a0млрд\u00a0₽")
    assert say.money_span(460_000_000, 3_810_000_000) == ("4,6\u00a0млн\u00a0₽", "38,1\u00a0млн\u00a0₽")
    assert say.money_span(500, 500) == ("5\u00a0₽", "5\u00a0₽")


def test_the_past_rate_is_never_called_a_model():
    made = fresh("naive")
    found = by_code(made, EN)
    assert found["value_segments"].headline == "By the past rate, not a model: over 365 days the base is worth from ₽4.6M to ₽38.1M"
    assert found["value_backtest"].headline == "Tested on the past: no model has proved better than the past rate, which is shown"
    assert found["value_backtest"].tone == "caveat"
    assert "not by a model" in drawn(made, EN)["value_segments"].caption
    assert "no model has beaten it" in found["value_spread"].body
    callout = next(block for block in section(made, EN).blocks if isinstance(block, Callout))
    assert (callout.tone, callout.title) == ("warning", "The figures are the plain past rate")
    assert callout.text.startswith("On the base's own past the best model missed by 0.60 orders")
    rules = sheet(made, "Rules tested on the past", EN)
    assert [row[4] for row in rules.rows] == ["", "", "did not converge", "could not be fitted", "shown in this report"]
    assert rules.accents == {4}


def test_segments_stand_in_order_of_value_with_their_ranges():
    table = drawn(valued(), EN)["value_segments"].table
    assert [row[0] for row in table.rows] == ["Whole base", "VIP", "New", "Sleeping"]
    assert table.rows[1] == ("VIP", "16", "26", "9.1 – 75", "₽6.7M", "₽1.1M – ₽9.7M")
    assert table.rows[3][4:] == ("₽1.8K", "₽0 – ₽1.8K")


def test_customers_without_a_segment_are_shown_as_such():
    lost = replace(TOTALS[1], segment="", clv=9 * 10**8)
    made = valued(totals=(TOTALS[0], lost, *TOTALS[2:]))
    assert drawn(made)["value_segments"].table.rows[1][0] == "Без сегмента"
    assert "Больше всего" not in by_code(made)["value_segments"].body


def test_a_base_without_segments_is_told_in_a_sentence():
    made = valued(totals=TOTALS[:1])
    assert "value_segments" not in drawn(made)
    assert "Модель: ценность базы за 365 дней — от 4,6 млн ₽ до 38,1 млн ₽. Ожидаемая ценность — 13 млн ₽" in words(made)


def test_nothing_is_said_of_value_where_there_is_no_money_or_nobody():
    nothing = replace(TOTALS[0], clv=0, clv_low=0, clv_high=0)
    assert "value_segments" not in by_code(valued(totals=(nothing,)))
    assert "value_segments" not in by_code(valued(customers=29))
    assert section(analysis()) is None


def test_the_forecast_stands_beside_what_happened_by_repeat_purchases():
    table = drawn(valued(), EN)["value_backtest"].table
    assert table.head == ("Repeat purchases before", "Customers", "made", "model MBG/CNBD-k", "past rate")
    assert table.rows[0] == ("0", "68", "0.03", "0.46", "0.00")
    assert table.rows[6] == ("6", "0", "—", "—", "—")
    assert table.rows[7] == ("7 or more", "24", "1.48", "0.72", "1.66")
    found = by_code(valued(), EN)["value_backtest"]
    assert found.headline == "Tested on the past: the model missed by 0.37 orders per customer, the past rate by 0.51"
    assert "Orders made: 45; by the model MBG/CNBD-k: 84; by the past rate: 133." in found.body


def test_the_rules_are_listed_with_their_misses_and_the_choice():
    rules = sheet(valued(), "Что проверено на прошлом")
    rows = [tuple(cell.replace("\u00a0", " ") for cell in row) for row in rules.rows]
    assert rows[1] == ("MBG/CNBD-k", "84", "+87 %", "0,37", "показан в отчёте")
    assert rows[2][4] == "не сошлась"
    assert rows[3] == ("MBG/NBD", "—", "—", "—", "не удалось подобрать")
    assert rows[4] == ("прежний темп каждого клиента", "133", "+196 %", "0,51", "")
    assert rules.accents == {1}
    assert rules.note == "С 23.11.2025 по 22.11.2026 сделано заказов: 45."


def test_a_model_that_won_by_groups_only_is_not_said_to_miss_less():
    worse = replace(BACKTEST, models=(replace(BACKTEST.models[1], mae=0.51),))
    headline = by_code(valued(backtest=worse), EN)["value_backtest"].headline
    assert headline == "Tested on the past: the model foretold groups of customers better than the past rate"


@pytest.mark.parametrize(
    "backtest",
    [
        None,
        replace(BACKTEST, customers=29),
        replace(BACKTEST, actual=0.0),
        replace(BACKTEST, models=(figures("bg-nbd", 0.0, 0.9, (0.0,) * 8, "failed"),)),
    ],
)
def test_a_test_that_tells_nothing_is_not_drawn(backtest):
    made = valued("short", backtest=backtest)
    assert "value_backtest" not in drawn(made)
    assert sheet(made, "Что проверено на прошлом") is None
    assert "История слишком короткая, чтобы проверить на ней прогноз." in words(made)


@pytest.mark.parametrize("width", [6.693, PHONE_WIDTH])
def test_a_picture_of_orders_never_made_still_has_a_scale(width):
    flat = replace(BACKTEST, by_x_actual=(0.0,) * 8, naive=replace(NAIVE, by_x=(0.0,) * 8))
    flat = replace(flat, models=(figures("mbg-cnbd-k", 0.0, 0.1, (0.0,) * 8),))
    ET.fromstring(drawn(valued(backtest=flat))["value_backtest"].svg(width))


def test_those_about_to_leave_are_named_with_reasons_and_the_rest_is_in_a_file():
    made = valued()
    found = by_code(made)["churn"]
    assert found.headline.replace("\u00a0", " ") == "Признаки ухода у 20 клиентов: на кону 997,9 тыс. ₽ в год"
    assert found.tone == "risk"
    leaving = sheet(made, "Кто собирается уйти")
    rows = [tuple(cell.replace("\u00a0", " ") for cell in row) for row in leaving.rows]
    name = made.customers.dicts(1)[0]["name"]
    assert len(rows) == 15
    assert rows[0][:5] == ("1", name, "50 тыс. ₽", "20 % (5–60 %)", "07.09.2026")
    assert rows[0][5].startswith("За 90 дней темп заказов — 20")
    assert rows[2][3] == "—"
    assert leaving.note == "Весь список (20) — в churn.csv."


def test_one_who_leaves_is_called_one_and_fifteen_need_no_file():
    assert by_code(valued(churn=1))["churn"].headline.startswith("Признаки ухода у 1 клиента:")
    assert sheet(valued(churn=15), "Кто собирается уйти").note == ""


def test_where_nobody_shows_signs_the_page_says_so():
    made = valued(churn=0)
    assert "churn" not in by_code(made)
    assert sheet(made, "Кто собирается уйти") is None
    assert "Признаков ухода нет ни у кого" in words(made)


def test_churn_csv_holds_all_of_them_in_order(tmp_path):
    made = valued(churn=40)
    tables.write_small_tables(made, tmp_path, EN)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "churn.csv").read_text(encoding="utf-8-sig"))))
    assert list(rows[0]) == [column.name for column in CHURN] == [
        "rank", "customer_id", "name", "at_stake", "frequency_ratio", "ratio_low", "ratio_high", "next_order_on", "reasons",
    ]  # fmt: skip
    assert [int(row["rank"]) for row in rows] == list(range(1, 41))
    assert {key: value for key, value in rows[0].items() if key not in {"name", "reasons"}} == {
        "rank": "1", "customer_id": "C00001", "at_stake": "49990.00", "frequency_ratio": "0.2", "ratio_low": "0.05", "ratio_high": "0.6",
        "next_order_on": "2026-09-07",
    }  # fmt: skip
    assert rows[2]["frequency_ratio"] == rows[2]["ratio_high"] == ""
    assert rows[2]["reasons"].startswith("Usually orders every 19 days, silent for 95 days")


def test_without_a_valuation_churn_csv_is_a_header(tmp_path):
    tables.write_small_tables(analysis(0), tmp_path, EN)
    assert (tmp_path / "churn.csv").read_text(encoding="utf-8-sig").splitlines() == [",".join(column.name for column in CHURN)]


def test_hostile_names_of_those_leaving_are_harmless_in_the_file(tmp_path):
    made = replace(analysis(hostile=True), valuation=valuation(churn=6))
    tables.write_small_tables(made, tmp_path, EN)
    names = [row["name"] for row in csv.DictReader(io.StringIO((tmp_path / "churn.csv").read_text(encoding="utf-8-sig")))]
    assert "'=cmd|' /C calc'!A0" in names
    assert all(len(row[1]) <= 48 for row in sheet(made, "Кто собирается уйти").rows)


def test_customers_the_table_does_not_know_go_by_their_identifier():
    stranger = replace(valuation().churn[0], customer_id="x'; DROP TABLE customers; --")
    made = replace(analysis(), valuation=replace(valuation(), churn=(stranger,)))
    assert sheet(made, "Кто собирается уйти").rows[0][1] == "x'; DROP TABLE customers; --"
    assert len(made.customers) == 500


def test_the_vip_threshold_is_told_in_a_sentence():
    assert "ВИП по ценности: 24 клиента (4,8 %) с ожидаемой ценностью от 134 тыс. ₽ за 365 дней." in words(valued())
    assert "ВИП по ценности" not in words(replace(analysis(), valuation=replace(valuation(), vip=None)))
    assert "ВИП по ценности" not in words(valued(customers=20))
    tiny = replace(valuation(), vip=FittedVip(99, 0.02, "RUB"))
    assert "ВИП по ценности" not in words(replace(analysis(), valuation=tiny))


def test_the_worth_of_retention_is_told_or_why_it_is_not():
    assert "покупали 82 клиента" in words(valued())
    long = words(valued(retention=None))
    assert "Измерить не удалось: с 23.11.2024 по 22.11.2025 никто не покупал, возвращаться было некому." in long
    made = valued(retention=None)
    short = replace(made, totals=replace(made.totals, first_order_on=AS_OF - timedelta(days=99)))
    assert "нужны два периода (60 дней каждый), а вся история — 100 дней" in words(short)
    assert "the history is 100 days long" in words(short, EN)


def test_the_chapter_keeps_its_order():
    blocks = section(fresh()).blocks
    names = [block.chart.name for block in blocks if isinstance(block, Drawing)]
    assert names == ["value_segments", "value", "value_backtest"]
    assert isinstance(blocks[0], Callout)
    assert section(replace(build(30), valuation=None)) is None
