"""Numbers, moments and words are read as people and programs write them, and nothing is guessed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.engine.duck import connect, run_sql


@pytest.fixture(scope="module")
def engine():
    return run_sql(connect(), "base", "cells")


def number(engine, cell, *, groups=False, exponents=False):
    return engine.execute("SELECT read_number(?, ?, ?)", [cell, groups, exponents]).fetchone()[0]


def moment(engine, cell, *, month_first=False, zone="Europe/Moscow"):
    return engine.execute("SELECT read_moment(?, ?, ?)", [cell, month_first, zone]).fetchone()[0]


def word(engine, cell):
    return engine.execute("SELECT number_word(?)", [cell]).fetchone()[0]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12 500,00", "12500"),
        ("12\u00a0500,00", "12500"),
        ("12\u202f500,5", "12500.5"),
        ("12500.5", "12500.5"),
        ("1 234,5 ₽", "1234.5"),
        ("1 234,50 руб.", "1234.5"),
        ("₽1234", "1234"),
        ("$1,234.56", "1234.56"),
        ("1.234,56 €", "1234.56"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1'234.50", "1234.5"),
        ("(1 200)", "-1200"),
        ("(1 200,50)", "-1200.5"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("5-", "-5"),
        ("+5", "5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("5,", "5"),
        ("0", "0"),
        ("0,00", "0"),
        ("000123", "123"),
        ("12500|RUB", "12500"),
        ("1,234", "1.234"),
    ],
)
def test_a_number_is_read_as_it_was_meant(engine, cell, value):
    assert number(engine, cell) == Decimal(value)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "abc",
        "12a5",
        "1,2,3",
        "1.2.3",
        "12..5",
        "--5",
        "1-2",
        "(5",
        "5)",
        "1/2",
        "10%",
        "1 234,56,7",
        "1e5",
        "1,5E+3",
        "٣",
        "1:30",
        "=1+1",
        "#REF!",
    ],
)
def test_what_is_no_number_is_not_made_one(engine, cell):
    assert number(engine, cell) is None


def test_exponents_are_numbers_only_where_a_program_wrote_them(engine):
    assert number(engine, "1.5e3", exponents=True) == Decimal(1500)
    assert number(engine, "1,5E+3", exponents=True) == Decimal(1500)
    assert number(engine, "1.5e3") is None


def test_a_number_too_large_for_money_is_not_a_crash(engine):
    assert number(engine, "9" * 18) == Decimal("9" * 18)
    assert number(engine, "9" * 40) is None
    assert number(engine, "1e300", exponents=True) is None


AMOUNTS = st.decimals(min_value=Decimal("-99999999.99"), max_value=Decimal("99999999.99"), places=2)


def grouped(value, separator, point):
    whole, _, cents = f"{abs(value):.2f}".partition(".")
    groups = []
    while len(whole) > 3:
        groups.insert(0, whole[-3:])
        whole = whole[:-3]
    return separator.join([whole, *groups]) + point + cents


@settings(max_examples=150, deadline=None)
@given(
    value=AMOUNTS, space=st.sampled_from([" ", "\u00a0", "\u202f", "\u2009", ""]), tail=st.sampled_from(["", " ₽", " руб.", " RUB", "р."])
)
def test_any_amount_written_the_russian_way_is_read_back(engine, value, space, tail):
    sign = "-" if value < 0 else ""
    assert number(engine, sign + grouped(value, space, ",") + tail) == value


@settings(max_examples=150, deadline=None)
@given(value=AMOUNTS, separator=st.sampled_from([",", ""]), sign=st.sampled_from(["", "$", "€"]))
def test_any_amount_written_the_english_way_is_read_back(engine, value, separator, sign):
    minus = "-" if value < 0 else ""
    assert number(engine, minus + sign + grouped(value, separator, ".")) == value if not (minus and sign) else True


@settings(max_examples=100, deadline=None)
@given(value=AMOUNTS, places=st.integers(0, 4))
def test_any_amount_of_a_program_is_read_back(engine, value, places):
    cell = f"{value:.{max(places, 2)}f}"
    assert number(engine, cell) == value


def test_a_currency_beside_a_number_is_told_apart_from_it(engine):
    assert [word(engine, cell) for cell in ("1 234,5 ₽", "12 500 руб.", "$7", "100", "-5,5", "12500|RUB", "100 USD", "12.5")] == [
        "₽",
        "руб",
        "$",
        None,
        None,
        "RUB",
        "USD",
        None,
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("01.03.2026", datetime(2026, 3, 1)),
        ("1.3.2026", datetime(2026, 3, 1)),
        ("01.03.26", datetime(2026, 3, 1)),
        ("01.03.2026 9:05", datetime(2026, 3, 1, 9, 5)),
        ("01.03.2026 9:05:07", datetime(2026, 3, 1, 9, 5, 7)),
        ("01.03.2026, 09:05:07", datetime(2026, 3, 1, 9, 5, 7)),
        ("2026-03-01", datetime(2026, 3, 1)),
        ("2026-3-1", datetime(2026, 3, 1)),
        ("2026-03-01 09:05", datetime(2026, 3, 1, 9, 5)),
        ("2026-03-01T09:05:07", datetime(2026, 3, 1, 9, 5, 7)),
        ("2026-03-01 09:05:07.250", datetime(2026, 3, 1, 9, 5, 7, 250_000)),
        ("2026-03-01T09:05:07Z", datetime(2026, 3, 1, 12, 5, 7)),
        ("2026-03-01T09:05:07+05:00", datetime(2026, 3, 1, 7, 5, 7)),
        ("2026-03-01T09:05:07+0500", datetime(2026, 3, 1, 7, 5, 7)),
        ("2026-03-01 09:05:07+03", datetime(2026, 3, 1, 9, 5, 7)),
        ("2026/03/01", datetime(2026, 3, 1)),
        ("2026.03.01", datetime(2026, 3, 1)),
        ("31/12/2025", datetime(2025, 12, 31)),
        ("20260301", datetime(2026, 3, 1)),
        ("46082", datetime(2026, 3, 1)),
        ("46082.5", datetime(2026, 3, 1, 12)),
        ("1772366400", datetime(2026, 3, 1, 15)),
    ],
)
def test_a_moment_is_read_on_the_clock_of_the_company(engine, cell, value):
    assert moment(engine, cell) == value


def test_months_come_first_only_where_the_file_says_so(engine):
    assert moment(engine, "03/01/2026") == datetime(2026, 1, 3)
    assert moment(engine, "03/01/2026", month_first=True) == datetime(2026, 3, 1)
    assert moment(engine, "12/31/2026 5:07 PM", month_first=True) == datetime(2026, 12, 31, 17, 7)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "31.02.2026",
        "45.07.2019 10:00:00",
        "2026-13-01",
        "2026-02-30",
        "вчера",
        "01.03",
        "2026",
        "99999999",
        "0",
        "=TODAY()",
        "00.00.0000",
    ],
)
def test_what_is_no_moment_is_not_made_one(engine, cell):
    assert moment(engine, cell) is None


MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2099, 12, 31)).map(lambda at: at.replace(microsecond=0))
FORMS = ["%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"]


@settings(max_examples=150, deadline=None)
@given(at=MOMENTS, form=st.sampled_from(FORMS))
def test_any_moment_is_read_back(engine, at, form):
    assert moment(engine, at.strftime(form)) == at


@settings(max_examples=100, deadline=None)
@given(at=MOMENTS, hours=st.integers(-11, 14))
def test_any_moment_with_an_offset_is_the_same_instant(engine, at, hours):
    sign = "-" if hours < 0 else "+"
    cell = f"{at.isoformat()}{sign}{abs(hours):02}:00"
    assert moment(engine, cell, zone="UTC") == at - timedelta(hours=hours)


@settings(max_examples=50, deadline=None)
@given(day=st.dates(min_value=date(1955, 1, 1), max_value=date(2078, 12, 31)))
def test_any_day_excel_counts_is_read_back(engine, day):
    assert moment(engine, str((day - date(1899, 12, 30)).days)) == datetime(day.year, day.month, day.day)


def test_ids_lose_the_fraction_a_data_frame_gave_them(engine):
    read = [engine.execute("SELECT read_id(?)", [cell]).fetchone()[0] for cell in ("17850.0", "17850", "A.0", "0017", "1.50")]
    assert read == ["17850", "17850", "A.0", "0017", "1.50"]


def test_words_for_nothing_are_nothing(engine):
    cells = ["-", "—", "NULL", "nan", "не закрыта", "Нет данных", "0", "-5", "none given"]
    assert [engine.execute("SELECT filled(?)", [cell]).fetchone()[0] for cell in cells] == [None] * 6 + ["0", "-5", "none given"]


def test_moments_are_kept_in_universal_time(make_base):
    base = make_base([{"customer_id": "1", "date": "2026-03-01 01:30:00", "amount": "5"}], time_zone="Europe/Moscow")
    (order,) = base.table("orders").dicts()
    assert order["ordered_at"] == datetime(2026, 2, 28, 22, 30, tzinfo=UTC)
    assert order["ordered_on"] == date(2026, 3, 1)
