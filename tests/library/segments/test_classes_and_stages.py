"""ABC, XYZ and stages of life at their very thresholds."""

from datetime import date, timedelta

import pytest

from kogorta.kit.errors import OptionError
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.lifecycle import Lifecycle

AS_OF = date(2026, 3, 31)


def classes(ledger, rows, as_of=AS_OF, **options):
    return {row["customer_id"]: row for row in AbcXyz(**options).assign(ledger(rows), as_of).dicts()}


def abc(ledger, money):
    rows = [(who, AS_OF, amount) for who, amount in money.items()]
    return {who: row["abc"] for who, row in classes(ledger, rows).items()}


def test_a_customer_with_most_of_the_revenue_is_a(ledger):
    assert abc(ledger, {"big": 85, "mid": 10, "small": 5}) == {"big": "A", "mid": "B", "small": "C"}


def test_shares_exactly_on_a_threshold_open_the_next_class(ledger):
    assert abc(ledger, {"a": 80, "b": 15, "c": 5}) == {"a": "A", "b": "B", "c": "C"}
    assert abc(ledger, {"a": 79, "b": 16, "c": 5}) == {"a": "A", "b": "A", "c": "C"}


def test_ties_are_broken_by_id(ledger):
    assert abc(ledger, {"d": 25, "a": 25, "c": 25, "b": 25}) == {"a": "A", "b": "A", "c": "A", "d": "A"}
    assert abc(ledger, {str(place): 10 for place in range(10)})["7"] == "A"
    assert abc(ledger, {str(place): 10 for place in range(10)})["8"] == "B"


def test_no_revenue_is_a_class_of_its_own_outside_the_shares(ledger):
    found = abc(ledger, {"a": 100, "debtor": -40})
    assert found == {"a": "A", "debtor": "none"}


QUARTERS = [date(2025, 2, 1), date(2025, 5, 1), date(2025, 8, 1), date(2025, 11, 1)]


def test_the_same_sum_every_quarter_is_steady(ledger):
    row = classes(ledger, [("a", day, 100) for day in QUARTERS], date(2025, 12, 31))["a"]
    assert (row["xyz"], row["cv"]) == ("X", 0)


def test_empty_quarters_count_as_zeros(ledger):
    row = classes(ledger, [("a", QUARTERS[0], 100), ("a", QUARTERS[2], 100)], date(2025, 12, 31))["a"]
    assert (row["xyz"], row["cv"]) == ("Y", pytest.approx(1.0))


def test_the_quarter_under_way_is_left_out(ledger):
    rows = [("a", day, 100) for day in QUARTERS]
    late = [*rows, ("a", date(2026, 1, 10), 9_000)]
    assert classes(ledger, late, date(2026, 2, 15))["a"]["cv"] == 0
    assert classes(ledger, late, date(2026, 3, 31))["a"]["cv"] > 1


def test_too_few_complete_quarters_are_too_early(ledger):
    row = classes(ledger, [("a", QUARTERS[2], 100), ("a", QUARTERS[3], 100)], date(2025, 12, 31))["a"]
    assert (row["xyz"], row["cv"]) == ("early", None)


def test_limits_and_shares_out_of_order_are_refused():
    for options in ({"limit_x": 1.0, "limit_y": 0.5}, {"limit_x": 0}, {"share_a": 0.9, "share_b": 0.5}, {"share_a": 2}, {"period": "week"}):
        with pytest.raises(OptionError):
            AbcXyz(**options)


def test_shares_finer_than_a_percent_are_kept(ledger):
    rows = [("a", AS_OF, 803), ("b", AS_OF, 150), ("c", AS_OF, 47)]
    assert classes(ledger, rows, share_a=0.802)["b"]["abc"] == "B"
    assert classes(ledger, rows, share_a=0.804)["b"]["abc"] == "A"


def stage(ledger, *ago, mode="fixed", **options):
    rows = [("a", AS_OF - timedelta(days=days), 100) for days in ago]
    return next(row["lifecycle"] for row in Lifecycle(mode, **options).assign(ledger(rows), AS_OF).dicts())


def test_stages_change_the_day_after_their_threshold(ledger):
    assert [stage(ledger, days) for days in (0, 30, 31, 180, 181)] == ["new", "new", "sleeping", "sleeping", "gone"]
    assert [stage(ledger, days, days + 5) for days in (30, 31, 180, 181)] == ["active", "sleeping", "sleeping", "gone"]


def test_rhythm_gives_each_customer_his_own_threshold(ledger):
    assert stage(ledger, 100, 160, 220, mode="rhythm") == "active"
    assert stage(ledger, 121, 181, 241, mode="rhythm") == "sleeping"
    assert stage(ledger, 14, 15, 16, mode="rhythm") == "active"
    assert stage(ledger, 15, 16, 17, mode="rhythm") == "sleeping"


def test_who_only_returned_goods_has_not_begun(ledger):
    rows = [("a", AS_OF, -100)]
    assert [row["lifecycle"] for row in Lifecycle().assign(ledger(rows), AS_OF).dicts()] == ["prospect"]


def test_days_that_are_not_positive_are_refused():
    for name in ("new_within", "sleeping_after", "gone_after", "shortest"):
        with pytest.raises(OptionError, match=name):
            Lifecycle(**{name: 0})
    with pytest.raises(OptionError, match="mode"):
        Lifecycle("weekly")
