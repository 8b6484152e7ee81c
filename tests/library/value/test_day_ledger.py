from datetime import date
from importlib import resources

import duckdb
import numpy as np
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.kit.errors import InputError
from kogorta.value.day_ledger import DayLedger, day_number, day_of, split, summarise


def test_cdnow_gives_the_known_summary(ledger, cdnow, holdout):
    assert len(cdnow) == 2357
    assert cdnow.x.sum() == 2457
    assert cdnow.repeaters == 946
    assert holdout.orders.sum() == 1882
    assert (holdout.days, cdnow.unit) == (273, "week")
    assert len(set(zip(cdnow.x, cdnow.t_x, cdnow.T, strict=True))) == 1016


def test_two_orders_of_one_day_are_one_purchase():
    ledger = DayLedger.from_orders(["a", "a"], [date(2026, 1, 5)] * 2, [100, 250])
    assert (ledger.day.size, ledger.amount.tolist()) == (1, [350])


def test_a_week_is_seven_days_and_never_a_calendar_week():
    ledger = DayLedger.from_orders(["a"] * 3, [0, 1, 6])
    assert summarise(ledger, date(1970, 1, 8), "week").x.tolist() == [2.0]


def test_a_refund_in_full_takes_the_purchase_away():
    ledger = DayLedger.from_orders(["a", "a", "a"], [1, 11, 12], [900, 500, -500])
    assert (ledger.day.tolist(), ledger.amount.tolist()) == ([1], [900])


def test_a_refund_in_part_lowers_the_sum_of_the_latest_orders_before_it():
    ledger = DayLedger.from_orders(["a"] * 4 + ["b"], [1, 5, 9, 7, 8], [900, 500, 300, -600, 40])
    assert ledger.amount.tolist() == [800, 300, 40]
    assert ledger.day.tolist() == [1, 9, 8]


def test_a_refund_without_an_order_before_it_takes_nothing_from_others():
    ledger = DayLedger.from_orders(["a", "b", "b"], [1, 1, 3], [900, -50, 70])
    assert ledger.amount.tolist() == [900, 70]


def test_refunds_can_be_refused():
    with pytest.raises(InputError, match="amount in row 1 is -500"):
        DayLedger.from_orders(["a", "a"], [1, 2], [900, -500], refunds="refuse")


def test_a_free_order_is_a_purchase():
    assert DayLedger.from_orders(["a", "a"], [1, 2], [0, 0]).day.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((["a"], [1], [1.5]), "whole minor units"),
        ((["a"], [1], [float("nan")]), "amount in row 0 is nan"),
        ((["a", "b"], [1], [1]), "2 customers, 1 days and 1 amounts"),
        (([], [], []), "there are no orders"),
        ((["a"], [np.datetime64("NaT")], [1]), "day in row 0 is missing"),
        ((["a"], ["yesterday"], [1]), "days cannot be read"),
        ((["a"], [1], [1], ["RUB", "USD"]), "amounts are in RUB, USD; convert them to one"),
        ((["a", "a"], [1, 1], [5, -5]), "every order was refunded"),
    ],
)
def test_orders_that_cannot_be_are_refused(arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        DayLedger.from_orders(*arguments)


def test_a_day_before_every_purchase_is_refused(ledger):
    with pytest.raises(InputError, match="nobody bought by 1996-12-31; the first purchase is of 1997-01-01"):
        summarise(ledger, date(1996, 12, 31))
    with pytest.raises(InputError, match="end calibration earlier"):
        split(ledger, date(1998, 1, 1), date(1998, 1, 1))


def test_spend_may_count_the_first_order_too():
    ledger = DayLedger.from_orders(["a", "a", "b"], [0, 10, 3], [100, 300, 70])
    repeat, every = (summarise(ledger, date(1970, 2, 1), spend_from=rule) for rule in ("repeat", "all"))
    assert (repeat.spend.tolist(), repeat.spend_orders.tolist()) == ([300.0, 0.0], [1.0, 0.0])
    assert (every.spend.tolist(), every.spend_orders.tolist()) == ([200.0, 70.0], [2.0, 1.0])


ORDERS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.integers(1, 999)), min_size=1, max_size=60)


@settings(max_examples=80, deadline=None)
@given(ORDERS, st.integers(0, 9))
def test_the_order_of_rows_leaves_no_trace(orders, seed):
    shuffled = [orders[row] for row in np.random.default_rng(seed).permutation(len(orders))]
    one, other = (DayLedger.from_orders(*map(list, zip(*rows, strict=True))) for rows in (orders, shuffled))
    for name in ("customer_ids", "customer", "day", "amount"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert one.amount.sum() == sum(amount for _, _, amount in orders)


def test_the_sql_tells_what_the_arrays_tell(ledger, cdnow, holdout):
    query = (resources.files("kogorta.value") / "summary.sql").read_text()
    connection = duckdb.connect()
    connection.execute("CREATE TABLE customer_days(customer_id VARCHAR, day DATE, orders BIGINT, amount BIGINT)")
    names = [str(name) for name in ledger.customer_ids[ledger.customer]]
    days, amounts = [day_of(day) for day in ledger.day], ledger.amount.tolist()
    connection.execute("INSERT INTO customer_days SELECT UNNEST(?), UNNEST(?), 1, UNNEST(?)", [names, days, amounts])
    connection.execute("INSERT INTO customer_days VALUES ('ghost', DATE '1997-02-01', 0, -500)")
    found = connection.execute(query, {"as_of": date(1998, 6, 30), "calibration_end": date(1997, 9, 30)}).fetchnumpy()
    assert found["customer_id"].tolist() == cdnow.customer_ids.tolist()
    assert np.array_equal(found["x"], cdnow.x)
    assert np.array_equal(found["t_x"] / 7, cdnow.t_x)
    assert np.array_equal(found["T"] / 7, cdnow.T)
    assert found["spend"] == pytest.approx(cdnow.spend)
    assert np.array_equal(found["holdout_orders"], holdout.orders)
    assert np.array_equal(found["holdout_amount"].astype(float), holdout.amount)


def test_the_sql_parses_for_other_engines():
    query = (resources.files("kogorta.value") / "summary.sql").read_text()
    for engine in ("spark", "postgres", "clickhouse"):
        assert "customer_days" in sqlglot.transpile(query, read="duckdb", write=engine)[0]


def test_day_numbers_lead_back_to_dates():
    assert day_of(day_number(date(2026, 11, 22))) == date(2026, 11, 22)
