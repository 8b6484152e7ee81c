"""Whatever is in a file: every row is used, merged or quarantined, and the order of rows changes nothing."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kogorta.base.assembly
import kogorta.base.cleaning
import kogorta.base.customer_base
from kogorta.base.customer_base import CustomerBase
from kogorta.base.options import IntakeOptions

SLOW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

AMOUNTS = st.sampled_from(["100", "250,50", "-100", "0", "", "abc", "1 200 ₽", "5 USD", "9" * 15, "100", "-50"])
DATES = st.sampled_from(["2026-01-05", "06.01.2026 9:05", "31.02.2026", "", "2026-02-01", "1812-01-01", "2026-01-05"])
PEOPLE = st.sampled_from(["", "1", "2", "3", "4"])
MAILS = st.sampled_from(["", "a@example.ru", "b@example.ru", "нет", "A@Example.ru, b@example.ru"])
PHONES = st.sampled_from(["", "+7 999 000-00-01", "89990000001", "8 (999) 000-00-02", "123"])
INNS = st.sampled_from(["", "7707083893", "500100732259", "7707083890"])
STAGES = st.sampled_from(["Сделка успешна", "Сделка провалена", "Возврат", "Новая", "Пакет А", ""])
NAMES = st.sampled_from(["", "Анна Тестова", "Пётр Образцов", "ООО «Ромашка»"])

PLAIN = st.fixed_dictionaries({"customer_id": PEOPLE, "date": DATES, "amount": AMOUNTS, "email": MAILS, "phone": PHONES, "name": NAMES})
LINES = st.fixed_dictionaries(
    {
        "invoice": st.sampled_from(["", "10", "11", "12"]),
        "customer_id": PEOPLE,
        "date": DATES,
        "product": st.sampled_from(["", "чай", "кофе"]),
        "quantity": st.sampled_from(["1", "2", "-1", "0", "", "x", "9" * 20]),
        "price": st.sampled_from(["10", "2,5", "", "-3", "9" * 20]),
    }
)
DEALS = st.fixed_dictionaries(
    {
        "ID": st.sampled_from(["1041", "1042", "1043", ""]),
        "Стадия сделки": STAGES,
        "Название сделки": st.sampled_from(["Курс", "Тест", "Тестирование персонала", "тестовая сделка", ""]),
        "Сумма": AMOUNTS,
        "Валюта": st.sampled_from(["Российский рубль", "", "Доллар США", "тугрик монгольский"]),
        "Дата создания": DATES,
        "Дата завершения": DATES,
        "Контакт: ID": PEOPLE,
        "Контакт": NAMES,
        "Контакт: Рабочий телефон": PHONES,
        "Контакт: Рабочий e-mail": MAILS,
        "Компания: ID": st.sampled_from(["", "", "311", "312"]),
        "Компания": st.sampled_from(["", "ООО «Ромашка»", "ИП Петров"]),
        "Реквизит (Россия): ИНН": INNS,
        "Товар": st.sampled_from(["", "", "Курс базовый"]),
        "Цена": st.sampled_from(["", "", "100"]),
        "Количество": st.sampled_from(["", "", "2"]),
    }
)
FILES = {"orders": PLAIN, "order-lines": LINES, "bitrix24": DEALS}


def files(kind, least=1):
    return st.lists(FILES[kind], min_size=least, max_size=25)


def add(stage, rows, layout, **options):
    base = CustomerBase(None)
    return base, base.add(stage(rows, layout=layout), IntakeOptions(**options))


@pytest.mark.parametrize("layout", FILES)
@SLOW
@given(data=st.data())
def test_every_row_has_one_fate(stage, layout, data):
    rows = data.draw(files(layout))
    base, account = add(stage, rows, layout, refunds=data.draw(st.sampled_from(["net", "ignore"])))
    written = sum(any(row.values()) for row in rows)  # a line of empty cells is no row
    assert account.rows_read == written
    assert account.rows_read == account.rows_used + account.rows_merged + account.rows_quarantined
    numbers = [row["row_no"] for row in base.table("quarantine").dicts()]
    assert len(numbers) == len(set(numbers)) == account.rows_quarantined
    told = {}
    for problem in base.audit().problems:
        told[problem.fate] = told.get(problem.fate, 0) + problem.rows
    assert told.get("quarantined", 0) == account.rows_quarantined
    assert told.get("merged", 0) == account.rows_merged


@pytest.mark.parametrize("layout", FILES)
@SLOW
@given(data=st.data())
def test_the_order_of_rows_changes_no_table(stage, tables_of, layout, data):
    rows = data.draw(files(layout, least=2))
    shuffled = rows.copy()
    random.Random(data.draw(st.integers(0, 999))).shuffle(shuffled)  # noqa: S311
    straight, first = add(stage, rows, layout)
    other, second = add(stage, shuffled, layout)
    assert first == second
    assert tables_of(straight) == tables_of(other)


@pytest.mark.parametrize("layout", FILES)
@SLOW
@given(data=st.data())
def test_the_ledger_of_days_is_the_sum_of_the_orders(stage, layout, data):
    base, _ = add(stage, data.draw(files(layout)), layout)
    one = base.connection.execute
    ledger = one("SELECT coalesce(sum(amount), 0), coalesce(sum(orders), 0) FROM customer_days").fetchone()
    won = "stage_status = 'won'"
    assert ledger[0] == one(f"SELECT coalesce(sum(amount_base), 0) FROM orders WHERE {won}").fetchone()[0]
    assert ledger[0] == one("SELECT coalesce(sum(net_amount_base), 0) FROM orders").fetchone()[0]
    assert ledger[1] == one("SELECT count(*) FROM orders WHERE status = 'won' AND net_amount_base > 0").fetchone()[0]
    known = one("SELECT count(*) FROM orders WHERE customer_id NOT IN (SELECT customer_id FROM customers)").fetchone()[0]
    assert known == 0


@pytest.mark.parametrize("layout", FILES)
@SLOW
@given(data=st.data())
def test_a_large_file_takes_another_way_to_the_same_tables(stage, tables_of, layout, data):
    rows = data.draw(files(layout))
    straight, first = add(stage, rows, layout)
    with pytest.MonkeyPatch.context() as patch:
        for module in (kogorta.base.assembly, kogorta.base.cleaning, kogorta.base.customer_base):
            patch.setattr(module, "LARGE", 0)
        other, second = add(stage, rows, layout)
    assert first == second
    assert tables_of(straight) == tables_of(other)
    assert repr(straight.audit()) == repr(other.audit())


@SLOW
@given(rows=files("bitrix24"))
def test_the_same_bytes_twice_change_nothing(stage, tables_of, rows):
    extract = stage(rows, layout="bitrix24")
    base = CustomerBase(None)
    first = base.add(extract)
    before, audit, generation = tables_of(base), repr(base.audit()), base.generation
    assert base.add(extract) == first
    assert (tables_of(base), repr(base.audit()), base.generation) == (before, audit, generation)


@SLOW
@given(rows=files("bitrix24", least=2), place=st.integers(0, 25))
def test_two_files_are_one_file_cut_in_two(stage, tables_of, rows, place):
    for number, row in enumerate(rows):
        row["ID"] = str(2000 + number)  # a deal cut in two is a deal replaced
    cut = min(place, len(rows))
    whole, _ = add(stage, rows, "bitrix24", currency="RUB")
    halves = CustomerBase(None)
    for part in (rows[:cut], rows[cut:]):
        if any(any(row.values()) for row in part):
            halves.add(stage(part, layout="bitrix24"), IntakeOptions(currency="RUB"))
    # how many files speak of an identity differs, what they say does not
    assert tables_of(halves, but=("imports",)) == tables_of(whole, but=("imports",))
