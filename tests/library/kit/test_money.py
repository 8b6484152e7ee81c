from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.money import (
    Rate,
    RateTable,
    check_currency,
    currency_code,
    from_minor,
    parse_rates,
    read_rates,
    to_minor,
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("RUB", "RUB"),
        ("rub", "RUB"),
        ("RUR", "RUB"),
        ("643", "RUB"),
        ("₽", "RUB"),
        ("руб.", "RUB"),
        ("р.", "RUB"),
        ("Рублей", "RUB"),
        ("Российский рубль", "RUB"),
        ("Рубль (RUB)", "RUB"),
        ("Russian Ruble", "RUB"),
        ("Доллар США", "USD"),
        ("US Dollar", "USD"),
        ("USD ($)", "USD"),
        ("Евро", "EUR"),
        ("€", "EUR"),
        ("тенге", "KZT"),
        ("Казахстанский тенге", "KZT"),
        ("Белорусский рубль", "BYN"),
        ("бел. руб.", "BYN"),
        ("Br", "BYN"),
        ("Гривна", "UAH"),
        ("фунт стерлингов", "GBP"),
        ("китайский юань", "CNY"),
        ("Турецкая лира", "TRY"),
        ("сум", "UZS"),
        ("драм", "AMD"),
        ("Сомони", "TJS"),
        ("манат", "AZN"),
        ("туркменский манат", "TMT"),
        ("румынский лей", "RON"),
        ("Швейцарский франк", "CHF"),
        ("Дирхам ОАЭ", "AED"),
        ("Hong Kong Dollar", "HKD"),
    ],
)
def test_a_currency_is_known_by_code_sign_and_word(text, code):
    assert currency_code(text) == code


@pytest.mark.parametrize(
    "text", ["", None, "крона", "франк", "¥", "тыс. руб.", "млн руб", "сумма", "руб/шт", "RUB/USD", "BYR", "у.е.", "12", "XXX"]
)
def test_what_names_no_single_currency_gives_none(text):
    assert currency_code(text) is None


@given(st.text(max_size=70))
def test_no_text_makes_the_currency_reader_fail(text):
    assert currency_code(text) is None or len(currency_code(text)) == 3


def test_an_option_that_is_no_currency_is_refused():
    with pytest.raises(OptionError, match="currency is 'тугр', which is no currency; give an ISO 4217 code"):
        check_currency("currency", "тугр")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12500.50", "RUB", 1_250_050),
        ("0.005", "RUB", 1),
        ("-0.005", "RUB", -1),
        ("0.0049", "RUB", 0),
        ("300", "JPY", 300),
        ("1.2345", "KWD", 1235),
        ("1E-999999", "RUB", 0),
        ("999999999999999", "KWD", 999_999_999_999_999_000),
    ],
)
def test_an_amount_becomes_whole_minor_units(amount, currency, minor):
    assert to_minor(Decimal(amount), currency) == minor


@given(st.integers(-(10**16), 10**16), st.sampled_from(["RUB", "JPY", "KWD"]))
def test_minor_units_survive_the_way_there_and_back(minor, currency):
    amount = from_minor(minor, currency)
    if amount.adjusted() <= 14:
        assert to_minor(amount, currency) == minor


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1E+15", "1E+999999"])
def test_what_cannot_be_money_is_refused(amount):
    with pytest.raises(InputError, match=r"cannot be money; it must be a number below 10\^15"):
        to_minor(Decimal(amount), "RUB")


def test_the_rate_of_a_day_is_the_latest_on_or_before_it():
    table = parse_rates("date,currency,rate\n2026-02-01,USD,90\n2026-01-05,USD,80\n")
    assert table.rate("USD", date(2026, 1, 31)) == 80
    assert table.rate("USD", date(2026, 2, 1)) == 90
    assert table.rate("USD", date(2030, 1, 1)) == 90
    assert table.rate("RUB", date(2000, 1, 1)) == 1
    assert table.find("USD", date(2026, 1, 4)) is None


def test_a_day_before_the_first_rate_is_refused_with_that_day():
    table = parse_rates("date,currency,rate\n2026-01-05,USD,80\n")
    with pytest.raises(InputError, match="no rate of USD to RUB on or before 2026-01-04; the first one is of 2026-01-05"):
        table.rate("USD", date(2026, 1, 4))
    with pytest.raises(InputError, match="no rate of GBP to RUB; the table has RUB, USD"):
        table.convert(100, "GBP", date(2026, 1, 6))


def test_a_table_without_dates_holds_for_every_day():
    table = parse_rates("currency,rate\nдоллар США,80.5\nEUR,90\n")
    assert table.currencies == ("EUR", "RUB", "USD")
    assert table.convert(10_00, "USD", date(1999, 1, 1)) == 805_00
    assert table.convert(777, "RUB", date(1999, 1, 1)) == 777


def test_conversion_changes_the_number_of_decimals():
    table = RateTable("RUB", (Rate("JPY", date(2026, 1, 1), Decimal("0.55")),))
    assert table.convert(300, "JPY", date(2026, 1, 1)) == 165_00


def test_a_russian_file_with_semicolons_and_decimal_commas_is_read(tmp_path):
    path = tmp_path / "курсы.csv"
    path.write_bytes("Дата;Валюта;Курс\r\n01.02.2026;Доллар США;80,5\r\n".encode("cp1251"))
    assert read_rates(path).rates == (Rate("USD", date(2026, 2, 1), Decimal("80.5")),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "rates is empty"),
        ("a,b\n1,2", "must name the columns date,currency,rate"),
        ("date,date,currency,rate\n", "must name the columns date,currency,rate"),
        ("date,currency,rate\n2026-01-01,USD,80,5", "Line 2 of rates has 4 cells, its header 3"),
        ("currency,rate\nUSD", "Line 2 of rates has 1 cells, its header 2"),
        ("currency,rate\nUSD,0", "The rate '0' in line 2 of rates cannot be used"),
        ("currency,rate\nUSD,nan", "The rate 'nan' in line 2"),
        ("currency,rate\nUSD,1_0", "The rate '1_0' in line 2"),
        ("currency,rate\n\nUSD,-3", "The rate '-3' in line 3"),
        ("currency,rate\nQQQ,1", "The currency 'QQQ' in line 2 of rates is unknown"),
        ("currency,rate\nRUB,2", "The rate of RUB to itself is 2 in line 2"),
        ("currency,rate\nUSD,1\nUSD,2", "two rates of USD: 1 in line 2 and 2 in line 3"),
        ("date,currency,rate\n2026-13-01,USD,1", "The date '2026-13-01' in line 2 of rates cannot be read"),
    ],
)
def test_a_bad_rates_file_is_refused_with_its_line(text, sentence):
    with pytest.raises(InputError, match=sentence):
        parse_rates(text)


def test_a_missing_rates_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"The rates file none\.csv cannot be read"):
        read_rates(tmp_path / "none.csv")
