"""Flows, names, cohorts and the history of segments agree with plain Python on any ledger."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from brute_force import abc, lifecycle, summaries
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from kogorta.kit.errors import OptionError
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.cohorts import cohort_table
from kogorta.segments.history import segment_history
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.migration import migration, movers, rule_shift
from kogorta.segments.naming import SCHEMES
from kogorta.segments.rfm import RFM
from kogorta.segments.yardstick import Yardstick, yardstick

START = date(2023, 11, 1)
EDGES = [date(2024, 2, 29), date(2024, 3, 1), date(2024, 12, 31), date(2025, 1, 1), date(2025, 3, 31), date(2025, 4, 1)]
DAYS = st.one_of(st.sampled_from(EDGES), st.integers(0, 800).map(lambda number: START + timedelta(days=number)))
ROWS = st.lists(
    st.tuples(
        st.sampled_from([f"c{number}" for number in range(10)]),
        DAYS,
        st.sampled_from([100, 100, 250, 700, 5_000, 123_456, -100, -300]),
    ),
    min_size=1,
    max_size=50,
)
CAREFUL = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
REFUND_FIRST = [("c0", date(2024, 2, 29), -100), ("c0", date(2024, 3, 1), 250), ("c1", date(2024, 2, 29), 100)]


def place(measure, one, as_of):
    """The segment of one customer, from his own days and sums."""
    if one is None or not one["days"]:
        return measure.absent
    silent, orders, money = (as_of - max(one["days"])).days, one["orders"], one["money"]
    if measure.scheme == "lifecycle":
        return lifecycle({"x": one}, as_of, "fixed")["x"]
    if measure.scheme == "abc":
        if money <= 0:
            return "none"
        return "A" if money >= measure.rule.a else "B" if money >= measure.rule.b else "C"
    return SCHEMES[measure.scheme].segment_of(measure.rule.code(recency_days=silent, frequency=orders, money=money))


def earned(one, start, end):
    return sum(money for day, money in one["ledger"].items() if start <= day <= end) if one else 0


def bought(one, start, end):
    return any(start <= day <= end for day in one["days"]) if one else False


@pytest.mark.parametrize("scheme", ["case", "guide", "abc", "lifecycle"])
@CAREFUL
@given(rows=ROWS, later=DAYS, back=st.integers(1, 500))
@example(rows=REFUND_FIRST, later=date(2025, 3, 1), back=366)
def test_every_customer_of_either_date_is_in_exactly_one_flow(ledger, rows, later, back, scheme):
    after = summaries(rows, later)
    assume(any(one["orders"] for one in after.values()))
    earlier = later - timedelta(days=back)
    before = summaries(rows, earlier)
    base = ledger(rows)
    measure = yardstick(base, scheme, later)
    moves = migration(base, measure, earlier, later, names=1000)
    everybody = {who for who, _, _ in rows}
    span = max(min(365, (earlier - min(day for _, day, _ in rows)).days + 1), 1)
    assert moves.money_days == span
    expected = defaultdict(lambda: [0] * 6)
    names = {}
    for who in everybody:
        one, old = after.get(who), before.get(who)
        path = place(measure, old, earlier), place(measure, one, later)
        if scheme != "lifecycle" and path == (measure.absent, measure.absent):
            continue
        year = timedelta(days=span - 1)
        figures = (
            1,
            earned(one, date.min, later),
            earned(old, date.min, earlier),
            earned(one, earlier - year, earlier),
            earned(one, later - year, later),
            int(bought(one, earlier + timedelta(days=1), later)),
        )
        expected[path] = [a + b for a, b in zip(expected[path], figures, strict=True)]
        names[who] = path, figures[3], figures[4]
    found = {
        (flow.source, flow.target): [
            flow.customers, flow.revenue, flow.revenue_before, flow.year_before, flow.year_after, flow.bought,
        ]
        for flow in moves.flows
    }  # fmt: skip
    assert found == dict(expected)
    assert sum(moves.sizes(after=False).values()) == sum(moves.sizes(after=True).values()) == len(names)
    left = {who: (path, a, b) for who, (path, a, b) in names.items() if path[0] == measure.best != path[1]}
    assert {m.customer_id: ((m.source, m.target), m.year_before, m.year_after) for m in moves.leavers} == left
    everyone = movers(base, measure, earlier, later)
    assert {m.customer_id: (m.source, m.target) for m in everyone} == {
        who: path for who, (path, _, _) in names.items() if len(set(path)) == 2
    }
    assert list(everyone) == sorted(everyone, key=lambda m: (-m.year_before, -m.revenue, m.customer_id))
    one_segment = movers(base, measure, earlier, later, measure.best)
    assert list(one_segment) == [m for m in everyone if measure.best in {m.source, m.target}]


@CAREFUL
@given(rows=ROWS, later=DAYS, back=st.integers(1, 500))
def test_flows_sum_to_the_segment_tables_of_both_dates(ledger, rows, later, back):
    assume(any(one["orders"] for one in summaries(rows, later).values()))
    base = ledger(rows)
    rule = RFM().fit(base, later)
    earlier = later - timedelta(days=back)
    moves = migration(base, rule, earlier, later)
    for day, after in ((earlier, False), (later, True)):
        table = rule.assign(base, day).table.dicts()
        counts = {slug: n for slug, n in moves.sizes(after=after).items() if slug != "none"}
        assert counts == Counter(row["segment_case"] for row in table)
        money = sum((f.revenue if after else f.revenue_before) for f in moves.flows if (f.target if after else f.source) != "none")
        assert money == sum(row["monetary"] for row in table)
    stages = Lifecycle().assign(base, later).dicts()
    sizes = migration(base, yardstick(base, "lifecycle"), earlier, later).sizes(after=True)
    assert Counter(row["lifecycle"] for row in stages) + Counter(prospect=len({who for who, _, _ in rows}) - len(stages)) == Counter(sizes)


@CAREFUL
@given(rows=ROWS, as_of=DAYS)
def test_frozen_abc_sums_put_nobody_below_the_class_abc_itself_gives(ledger, rows, as_of):
    found = summaries(rows, as_of)
    assume(any(one["orders"] for one in found.values()))
    base = ledger(rows)
    measure = yardstick(base, "abc", as_of)
    given_classes = abc(found)
    assert {row["customer_id"]: row["abc"] for row in AbcXyz().assign(base, as_of).dicts()} == given_classes
    sums = Counter(one["money"] for one in found.values())
    for who, one in found.items():
        if not one["orders"]:
            continue
        mine = place(measure, one, as_of)
        assert "ABCnone".index(mine) <= "ABCnone".index(given_classes[who])
        if sums[one["money"]] == 1:
            assert mine == given_classes[who]


@CAREFUL
@given(rows=ROWS, later=DAYS, back=st.integers(1, 500))
def test_own_moves_and_moved_borders_add_up_to_the_change(ledger, rows, later, back):
    earlier = later - timedelta(days=back)
    before, after = summaries(rows, earlier), summaries(rows, later)
    assume(any(one["orders"] for one in before.values()))
    base = ledger(rows)
    old, new = yardstick(base, "case", earlier), yardstick(base, "case", later)
    shift = rule_shift(base, "case", earlier, later)
    for one in shift.shifts:
        assert one.before == sum(place(old, person, earlier) == one.segment for person in before.values())
        assert one.after == sum(place(new, person, later) == one.segment for person in after.values())
        assert one.before + one.own + one.borders == one.after
    known = [who for who, one in before.items() if one["orders"]]
    elsewhere = [who for who in known if place(old, before[who], earlier) != place(new, after[who], later)]
    assert shift.moved == len(elsewhere)
    assert shift.moved_by_themselves == sum(place(old, before[who], earlier) != place(old, after[who], later) for who in elsewhere)
    for digit in "RFM":
        levels = [item for item in shift.drifts if item.digit == digit]
        assert sum(item.share_before for item in levels) == pytest.approx(1)
        assert sum(item.share_after for item in levels) == pytest.approx(1)


@pytest.mark.parametrize("period", ["month", "quarter", "year"])
@CAREFUL
@given(rows=ROWS, as_of=DAYS)
@example(rows=REFUND_FIRST, as_of=date(2025, 1, 1))
def test_cohorts_tell_who_came_back_by_when_and_with_what_money(ledger, rows, as_of, period):
    def number(day):
        return {"month": day.year * 12 + day.month - 1, "quarter": day.year * 4 + (day.month - 1) // 3, "year": day.year}[period]

    buyers = {who: one for who, one in summaries(rows, as_of).items() if one["days"]}
    assume(buyers)
    table = cohort_table(ledger(rows), as_of, period)
    for cohort in table.cohorts:
        mine = [one for one in buyers.values() if number(min(one["days"])) == number(cohort.starts_on)]
        for age in range(len(cohort.active)):
            later = [{number(day) - number(cohort.starts_on) for day in one["days"]} for one in mine]
            assert cohort.returned[age] == sum(any(1 <= step <= age for step in steps) for steps in later)
            money = sum(sum(m for day, m in one["ledger"].items() if max(number(day) - number(cohort.starts_on), 0) == age) for one in mine)
            assert cohort.revenue[age] == money
    assert sum(sum(cohort.revenue) for cohort in table.cohorts) == sum(one["money"] for one in buyers.values())


@pytest.mark.parametrize(("scheme", "grain"), [("case", "month"), ("abc", "quarter"), ("lifecycle", "quarter")])
@CAREFUL
@given(rows=ROWS, as_of=DAYS)
@example(rows=REFUND_FIRST, as_of=date(2024, 5, 29))
@example(rows=REFUND_FIRST, as_of=date(2024, 6, 29))
def test_history_counts_each_customer_where_he_was_on_the_eve(ledger, rows, as_of, scheme, grain):
    assume(any(one["orders"] for one in summaries(rows, as_of).values()))
    base = ledger(rows)
    measure = yardstick(base, scheme, as_of)
    history = segment_history(base, measure, as_of, grain, 4)
    assume(history is not None)
    assert [period.starts_on for period in history.periods] == sorted(period.starts_on for period in history.periods)
    assert history.periods[-1].ends_on == as_of
    for period in history.periods:
        eve = period.starts_on - timedelta(days=1)
        was, became, whole = summaries(rows, eve), summaries(rows, period.ends_on), summaries(rows, as_of)
        soon = period.starts_on + timedelta(days=89)
        expected = defaultdict(lambda: [0] * 6)
        for who in whole:
            old, new = place(measure, was.get(who), eve), place(measure, became.get(who), period.ends_on)
            days = (period.starts_on, period.ends_on)
            spent = earned(whole[who], *days)
            orders = sum(days[0] <= day <= days[1] for day in whole[who]["days"])
            came = bought(whole[who], period.starts_on, min(soon, as_of))
            member = not old == new == measure.absent
            figures = (member, old == new != measure.absent, orders > 0, orders, spent, came)
            expected[old] = [a + b for a, b in zip(expected[old], figures, strict=True)]
        for item in period.segments:
            found = [item.members, item.stayed, item.buyers, item.orders, item.revenue]
            assert found == expected[item.segment][:5]
            assert item.returned == (expected[item.segment][5] if soon <= as_of else None)
        everything = sum(m for one in whole.values() for day, m in one["ledger"].items() if period.starts_on <= day <= period.ends_on)
        assert period.revenue == everything


@CAREFUL
@given(rows=ROWS, as_of=DAYS)
def test_a_later_purchase_changes_no_membership_of_the_past(ledger, rows, as_of):
    assume(any(one["orders"] for one in summaries(rows, as_of).values()))
    base = ledger(rows)
    measure = yardstick(base, "case", as_of)
    history = segment_history(base, measure, as_of, "month", 3)
    assume(history is not None)
    richer = segment_history(ledger([*rows, ("c0", as_of, 999_999), ("new", as_of, 5)]), measure, as_of, "month", 3)
    sizes = [[item.members for item in period.segments[:-1]] for period in history.periods]
    assert [[item.members for item in period.segments[:-1]] for period in richer.periods][-len(sizes) :] == sizes


def test_a_rhythm_of_ones_own_is_refused_as_a_yardstick():
    with pytest.raises(OptionError, match="rhythm"):
        Yardstick("lifecycle", Lifecycle(mode="rhythm"))
    with pytest.raises(OptionError, match="another kind"):
        Yardstick("abc", Lifecycle())
