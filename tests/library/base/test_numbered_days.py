"""Questions over every order of a large base are asked of a ledger with numbers for customers, and answered the same."""

from datetime import date

import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.segments.cohorts import cohort_table
from kogorta.segments.history import segment_history
from kogorta.segments.rfm import RFM
from kogorta.segments.summary import release
from kogorta.segments.yardstick import yardstick
from kogorta.value.churn import ChurnDetector
from kogorta.value.valuation import Valuer, ledger_of
from kogorta.waves.baseline import measure_baselines

AS_OF = date(2026, 6, 30)


@pytest.fixture
def pair(stage) -> tuple[CustomerBase, CustomerBase]:
    rows = [
        {
            "order_id": str(n),
            "customer_id": f"k{n * 7 % 61}",
            "date": f"{2024 + n % 3}-{1 + n * 5 % 6:02}-{1 + n % 28:02}",
            "amount": str((n * 37) % 900 - 40 * (n % 11 == 0)),
        }
        for n in range(900)
    ]
    small, large = CustomerBase(None), CustomerBase(None)
    for base in (small, large):
        base.add(stage(rows))
    large.is_large = True
    return small, large


def test_a_small_base_needs_no_numbers(pair: tuple[CustomerBase, CustomerBase]) -> None:
    assert pair[0].numbered_days() is None


def test_history_cohorts_and_baselines_are_the_same(pair: tuple[CustomerBase, CustomerBase]) -> None:
    told = []
    for base in pair:
        measure = yardstick(base, "case", AS_OF)
        told.append(
            (segment_history(base, measure, AS_OF), cohort_table(base, AS_OF), dict(measure_baselines(base, measure.rule, AS_OF, "case")))
        )
    assert told[0] == told[1]


def test_the_purchase_days_are_the_same(pair: tuple[CustomerBase, CustomerBase]) -> None:
    ours, theirs = (ledger_of(base, AS_OF) for base in pair)
    assert ours
    assert theirs
    assert (ours.customer_ids[ours.customer] == theirs.customer_ids[theirs.customer]).all()
    assert (ours.day == theirs.day).all()
    assert (ours.amount == theirs.amount).all()


def test_the_value_of_customers_is_the_same(pair: tuple[CustomerBase, CustomerBase]) -> None:
    scores = []
    for base in pair:
        named = "SELECT customer_id, CASE WHEN length(customer_id) = 2 THEN 'short' END AS segment FROM customers"
        found = Valuer(detector=ChurnDetector(false_alarms=0.5, late=0.5, gone_days=2000)).value(base, AS_OF, named)
        assert found
        rows = base.connection.execute(f"SELECT * FROM {found.scores} ORDER BY customer_id").fetchall()
        scores.append((rows, found.forecast.totals, found.churn, found.retention, found.vip))
    assert scores[0] == scores[1]
    assert scores[0][2]


def test_the_purchase_days_are_read_a_stretch_of_customers_at_a_time(
    monkeypatch: pytest.MonkeyPatch, pair: tuple[CustomerBase, CustomerBase]
) -> None:
    whole = ledger_of(pair[1], AS_OF, named=False)
    monkeypatch.setattr("kogorta.value.valuation._STRETCH", 7)
    monkeypatch.setattr("kogorta.value.valuation.ROWS", 200)
    parts = ledger_of(pair[1], AS_OF, named=False)
    assert whole
    assert parts
    for name in ("customer_ids", "customer", "day", "amount"):
        assert (getattr(whole, name) == getattr(parts, name)).all()


def test_a_change_of_the_base_makes_the_numbers_anew(stage) -> None:
    base = CustomerBase(None)
    base.add(stage([{"order_id": "1", "customer_id": "a", "date": "2026-01-01", "amount": "5"}]))
    base.is_large = True
    count = "SELECT n, count(*) FROM (SELECT count(*) AS n FROM customer_days GROUP BY customer_id) GROUP BY n"
    assert base.ask(count) == [(1, 1)]
    base.add(stage([{"order_id": "2", "customer_id": "a", "date": "2026-01-02", "amount": "5"}]))
    assert base.ask(count) == [(2, 1)]


def test_segments_of_a_large_base_lie_in_a_file_and_can_be_let_go(pair: tuple[CustomerBase, CustomerBase]) -> None:
    told = []
    for base in pair:
        segments = RFM().fit(base, AS_OF).assign(base, AS_OF)
        told.append((segments.counts(), sorted(base.connection.execute(f"SELECT customer_id, rfm_code FROM {segments.name}").fetchall())))
        release(base, segments.name)
        query = "SELECT count(*) FROM (SELECT table_name AS name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views())"
        assert base.connection.execute(f"{query} WHERE name = ?", [segments.name]).fetchone() == (0,)
        assert RFM().fit(base, AS_OF).assign(base, AS_OF).counts() == told[-1][0]
    assert told[0] == told[1]
