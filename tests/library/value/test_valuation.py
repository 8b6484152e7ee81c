"""From a base to a table of scores."""

from datetime import date

import pytest

import kogorta as kg
from kogorta.demo.school import write_school
from kogorta.value.valuation import Valuer, ledger_of

AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    folder = tmp_path_factory.mktemp("school")
    write_school(folder, seed=2026, as_of=AS_OF)
    base = kg.CustomerBase(None)
    base.add(kg.read_deals(folder / "deals.csv"), kg.IntakeOptions(received_on=AS_OF))
    return base


@pytest.fixture(scope="module")
def segments(school):
    return kg.RFM().fit(school, AS_OF).assign(school, AS_OF)


@pytest.fixture(scope="module")
def valued(school, segments):
    return Valuer().value(school, AS_OF, f"SELECT customer_id, segment_case AS segment FROM {segments.name}")


def test_totals_count_the_customers_of_each_segment(segments, valued):
    counted = {total.segment: total.customers for total in valued.forecast.totals}
    assert counted.pop("") == len(segments)
    assert counted == {slug: count for slug, count in segments.counts().items() if count}


def test_every_buyer_has_one_row_of_scores_in_the_engine(school, segments, valued):
    ids, low = school.connection.execute(
        f"SELECT count(DISTINCT customer_id), count(*) FILTER (clv_low > clv OR clv > clv_high) FROM {valued.scores}"
    ).fetchone()
    assert (ids, low) == (len(segments), 0)


def test_the_value_of_a_segment_is_the_sum_over_its_customers(school, segments, valued):
    sums = dict(
        school.connection.execute(
            f"SELECT segment_case, sum(clv) FROM {segments.name} JOIN {valued.scores} USING (customer_id) GROUP BY 1"
        ).fetchall()
    )
    for total in valued.forecast.totals[1:]:
        assert abs(total.clv - sums[total.segment]) <= total.customers  # each customer is rounded to a kopeck


def test_purchases_of_the_last_day_alone_are_not_valued(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text("customer_id,date,amount\na,2026-01-01,100\nb,2026-01-01,200\n")
    base = kg.CustomerBase(None)
    base.add(kg.read_deals(path))
    assert Valuer().value(base, date(2026, 1, 1)) is None


def test_a_free_order_is_a_purchase_only_where_it_is_asked_for(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text("customer_id,date,amount\na,2026-01-01,100\nb,2026-01-02,0\n")
    base = kg.CustomerBase(None)
    base.add(kg.read_deals(path))
    assert list(ledger_of(base, None).customer_ids) == ["a"]
    assert list(ledger_of(base, None, zero_sums=True).customer_ids) == ["a", "b"]
