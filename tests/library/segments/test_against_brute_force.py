"""RFM, ABC, XYZ, lifecycle, migration and stability agree with plain Python on any ledger."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from brute_force import abc, codes, lifecycle, summaries, xyz
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.cohorts import cohort_table
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.migration import migration
from kogorta.segments.naming import SCHEMES
from kogorta.segments.rfm import RFM
from kogorta.segments.stability import code_stability

START = date(2024, 1, 1)
DAYS = st.integers(0, 900).map(lambda number: START + timedelta(days=number))
ROWS = st.lists(
    st.tuples(
        st.sampled_from([f"c{number}" for number in range(12)]),
        DAYS,
        st.sampled_from([100, 100, 250, 700, 5_000, 123_456, -100, -300]),
    ),
    min_size=1,
    max_size=60,
)
AS_OF = DAYS
CAREFUL = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows_of(table):
    return {row["customer_id"]: row for row in table.dicts()}


@pytest.mark.parametrize("levels", [3, 4, 5])
@CAREFUL
@given(rows=ROWS, as_of=AS_OF)
def test_codes_and_cut_points(ledger, rows, as_of, levels):
    found = summaries(rows, as_of)
    assume(any(one["orders"] for one in found.values()))
    base = ledger(rows)
    rule = RFM(levels).fit(base, as_of)
    expected, cuts = codes(found, as_of, levels)
    assert [list(rule.recency), list(rule.frequency), list(rule.money)] == cuts
    table = rows_of(rule.assign(base, as_of).table)
    assert {who: row["rfm_code"] for who, row in table.items()} == expected
    for row in table.values():
        assert row["segment_case"] == SCHEMES["case"].segment_of(row["rfm_code"], levels)
        assert row["segment_guide"] == SCHEMES["guide"].segment_of(row["rfm_code"], levels)
        assert rule.code(recency_days=row["recency_days"], frequency=row["frequency"], money=row["monetary"]) == row["rfm_code"]


@CAREFUL
@given(rows=ROWS, as_of=AS_OF)
def test_abc_and_xyz(ledger, rows, as_of):
    found = summaries(rows, as_of)
    table = rows_of(AbcXyz().assign(ledger(rows), as_of))
    assert {who: row["abc"] for who, row in table.items()} == abc(found)
    for who, (name, cv) in xyz(found, as_of).items():
        assert table[who]["cv"] == (pytest.approx(cv, abs=1e-9) if cv is not None else None), who
        if cv is None or min(abs(cv - 0.5), abs(cv - 1.0)) > 1e-9:
            assert table[who]["xyz"] == name, who


@pytest.mark.parametrize("mode", ["fixed", "rhythm"])
@CAREFUL
@given(rows=ROWS, as_of=AS_OF)
def test_stages_of_life(ledger, rows, as_of, mode):
    table = rows_of(Lifecycle(mode).assign(ledger(rows), as_of))
    assert {who: row["lifecycle"] for who, row in table.items()} == lifecycle(summaries(rows, as_of), as_of, mode)


@CAREFUL
@given(rows=ROWS, as_of=AS_OF, back=st.integers(1, 400))
def test_flows_between_two_days_add_up(ledger, rows, as_of, back):
    found = summaries(rows, as_of)
    assume(any(one["orders"] for one in found.values()))
    base = ledger(rows)
    rule = RFM().fit(base, as_of)
    earlier = as_of - timedelta(days=back)
    moves = migration(base, rule, earlier, as_of)
    before = {row["customer_id"]: row["segment_case"] for row in rule.assign(base, earlier).table.dicts()}
    after = {row["customer_id"]: row["segment_case"] for row in rule.assign(base, as_of).table.dicts()}
    assert set(before) <= set(after)
    assert {(flow.source, flow.target): flow.customers for flow in moves.flows} == Counter(
        (before.get(who, "none"), name) for who, name in after.items()
    )
    assert sum(flow.revenue for flow in moves.flows) == sum(one["money"] for one in found.values() if one["orders"])


@CAREFUL
@given(rows=ROWS, as_of=AS_OF)
def test_stability_is_what_four_small_changes_would_do(ledger, rows, as_of):
    assume(any(one["orders"] for one in summaries(rows, as_of).values()))
    base = ledger(rows)
    rule = RFM().fit(base, as_of)
    segments = rule.assign(base, as_of)
    counted, table = code_stability(segments)
    told = rows_of(table)
    stable = order = week = 0
    for who, row in rows_of(segments.table).items():

        def code(days=0, orders=0, row=row):
            return rule.code(
                recency_days=max(row["recency_days"] + days, 0), frequency=max(row["frequency"] + orders, 1), money=row["monetary"]
            )

        wanted = (code(orders=1), code(orders=-1), code(days=7), code(days=-7))
        names = ("one_order_more", "one_order_less", "week_earlier", "week_later")
        assert tuple(told[who][name] for name in names) == wanted
        stable += all(one == row["rfm_code"] for one in wanted)
        order += any(one != row["rfm_code"] for one in wanted[:2])
        week += any(one != row["rfm_code"] for one in wanted[2:])
    assert (counted.buyers, counted.stable, counted.changed_by_order, counted.changed_by_week) == (len(told), stable, order, week)


@pytest.mark.parametrize("period", ["month", "quarter", "year"])
@CAREFUL
@given(rows=ROWS, as_of=AS_OF)
def test_cohorts(ledger, rows, as_of, period):
    def number(day):
        return {"month": day.year * 12 + day.month - 1, "quarter": day.year * 4 + (day.month - 1) // 3, "year": day.year}[period]

    active = defaultdict(lambda: defaultdict(set))
    for who, one in summaries(rows, as_of).items():
        for day in one["days"]:
            active[number(min(one["days"]))][number(day) - number(min(one["days"]))].add(who)
    table = cohort_table(ledger(rows), as_of, period)
    if not active:
        assert table is None
        return
    assert [number(cohort.starts_on) for cohort in table.cohorts] == sorted(active)
    for cohort in table.cohorts:
        ages = active[number(cohort.starts_on)]
        assert cohort.customers == cohort.active[0] == len(ages[0])
        assert len(cohort.active) == number(as_of) - number(cohort.starts_on) + 1
        assert list(cohort.active) == [len(ages.get(age, ())) for age in range(len(cohort.active))]
    tomorrow = as_of + timedelta(days=1)
    assert table.last_is_complete == (number(tomorrow) != number(as_of))
