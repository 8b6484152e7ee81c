"""Money of different currencies is converted at a given rate or left out, never added up as it stands."""

from datetime import date
from decimal import Decimal

import pytest

from kogorta.kit.money import read_rates

ROWS = [
    {"order_id": "1", "customer_id": "1", "date": "2026-01-05", "amount": "1000", "currency": "RUB"},
    {"order_id": "2", "customer_id": "1", "date": "2026-01-06", "amount": "10", "currency": "USD"},
    {"order_id": "3", "customer_id": "1", "date": "2026-01-07", "amount": "2000", "currency": "Российский рубль"},
    {"order_id": "4", "customer_id": "1", "date": "2026-01-08", "amount": "5", "currency": "тугрик лунный"},
]


@pytest.fixture
def rates(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text("date,currency,rate\n2026-01-01,USD,90.5\n", encoding="utf-8")
    return read_rates(path, "RUB")


def test_without_rates_foreign_rows_are_left_out_by_name(make_base):
    base = make_base(ROWS)
    assert base.currency == "RUB"
    assert [(row["row_no"], row["reason"], row["value"]) for row in base.table("quarantine").dicts()] == [
        (3, "currency_without_rate", "USD"),
        (5, "currency_unknown", "тугрик лунный"),
    ]
    assert sum(row["amount"] for row in base.table("customer_days").dicts()) == 300_000


def test_with_rates_foreign_rows_are_converted_at_the_rate_of_their_day(make_base, rates):
    base = make_base(ROWS, rates=rates, currency="RUB")
    orders = {row["order_id"]: row for row in base.table("orders").dicts()}
    assert (orders["2"]["amount"], orders["2"]["currency"], orders["2"]["amount_base"]) == (1_000, "USD", 90_500)
    assert sum(row["amount"] for row in base.table("customer_days").dicts()) == 300_000 + 90_500
    assert Decimal(orders["2"]["amount_base"]) / orders["2"]["amount"] == Decimal("90.5")


def test_a_deal_in_two_currencies_is_kept_in_the_money_of_the_base(make_base, rates):
    lines = [
        {"invoice": "1", "customer_id": "7", "date": "2026-01-05", "product": "a", "amount": "100", "currency": "RUB"},
        {"invoice": "1", "customer_id": "7", "date": "2026-01-05", "product": "b", "amount": "10", "currency": "USD"},
    ]
    base = make_base(lines, reading={"layout": "order-lines"}, rates=rates, currency="RUB")
    (order,) = base.table("orders").dicts()
    assert (order["currency"], order["amount"], order["amount_base"]) == ("RUB", 100_500, 100_500)


def test_the_currency_most_rows_are_in_is_the_currency_of_the_base(make_base):
    base = make_base([{"customer_id": str(number), "date": "2026-01-05", "amount": f"{number} €"} for number in range(1, 4)])
    assert base.currency == "EUR"


def test_a_currency_without_cents_has_none(make_base):
    base = make_base([{"customer_id": "1", "date": "2026-01-05", "amount": "1500", "currency": "JPY"}])
    assert [(row["day"], row["amount"]) for row in base.table("customer_days").dicts()] == [(date(2026, 1, 5), 1_500)]


def test_a_currency_or_a_day_without_a_rate_is_left_out_beside_the_others(make_base, rates):
    rows = [
        {"order_id": "1", "customer_id": "7", "date": "2026-01-05", "amount": "100", "currency": "RUB"},
        {"order_id": "2", "customer_id": "7", "date": "2025-12-31", "amount": "10", "currency": "USD"},
        {"order_id": "3", "customer_id": "7", "date": "2026-01-05", "amount": "10", "currency": "EUR"},
    ]
    base = make_base(rows, rates=rates, currency="RUB")
    assert [(row["row_no"], row["reason"]) for row in base.table("quarantine").dicts()] == [
        (3, "currency_without_rate"),
        (4, "currency_without_rate"),
    ]
    assert sum(row["amount"] for row in base.table("customer_days").dicts()) == 10_000
