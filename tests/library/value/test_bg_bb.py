"""Golden numbers: BTYD walkthrough and lifetimes' tests, gathered in shared/reference/analytics.md 2.3."""

from datetime import date

import pytest

from kogorta.kit.errors import InputError
from kogorta.value.bg_bb import BgBb, FittedBgBb, OpportunitySummary, opportunities
from kogorta.value.day_ledger import DayLedger


@pytest.fixture(scope="module")
def gifts(donations):
    return OpportunitySummary(*donations)


@pytest.fixture(scope="module")
def fitted(gifts):
    return BgBb().fit(gifts)


def test_donations_give_the_published_maximum(fitted):
    assert fitted.log_likelihood_ == pytest.approx(-33225.5813, abs=1e-2)
    assert fitted.values_ == pytest.approx((1.203521, 0.749716, 0.656721, 2.783455), rel=2e-4)


def test_expectations_match_the_walkthrough(fitted, gifts):
    assert fitted.expected_orders_new(10) == pytest.approx(3.179805, rel=2e-5)
    single = fitted.expected_orders(OpportunitySummary([0, 4], [0, 5], [6, 6]), 10)
    assert single == pytest.approx([0.1302169, 3.627858], rel=5e-5)
    assert gifts.weights @ fitted.expected_orders(gifts, 5) == pytest.approx(12884.2, abs=0.1)


def test_fitted_numbers_of_donors_match_lifetimes(fitted):
    assert 11104 * fitted.p_orders_new(0, 6) == pytest.approx(3454.9, abs=0.1)
    assert 11104 * fitted.p_orders_new(6, 6) == pytest.approx(1253.1, abs=0.1)
    assert sum(fitted.p_orders_new(gifts, 6) for gifts in range(7)) == pytest.approx(1)


def test_those_who_just_gave_are_likelier_alive(fitted):
    early, late = fitted.p_alive(OpportunitySummary([3, 3], [3, 6], [6, 6]))
    assert early < late < 1


def test_weights_stand_for_repeated_rows():
    weighted = OpportunitySummary([0, 1, 2, 4], [0, 1, 4, 5], [5] * 4, weights=[5, 2, 2, 3])
    repeated = OpportunitySummary([0] * 5 + [1] * 2 + [2] * 2 + [4] * 3, [0] * 5 + [1] * 2 + [4] * 2 + [5] * 3, [5] * 12)
    assert BgBb().fit(weighted).values_ == pytest.approx(BgBb().fit(repeated).values_, rel=1e-9)


def test_the_fit_survives_json(fitted):
    assert FittedBgBb.from_json(fitted.to_json()) == fitted


def test_opportunities_run_on_each_customers_own_clock():
    ledger = DayLedger.from_orders(["a", "a", "a", "a", "b"], [0, 5, 12, 37, 20])
    found = opportunities(ledger, date(1970, 2, 14), period_days=10)
    # as of day 44: a had periods 1..3 (days 10-39), bought in the first and the third; b had period 1 (days 30-39)
    assert (found.x.tolist(), found.t_x.tolist(), found.n.tolist()) == ([2.0, 0.0], [3.0, 0.0], [3.0, 1.0])


def test_contradicting_counts_are_refused():
    with pytest.raises(InputError, match="x cannot exceed t_x"):
        OpportunitySummary([3], [2], [5])
    with pytest.raises(InputError, match="t_x is 0 when x is"):
        OpportunitySummary([0], [2], [5])
    with pytest.raises(InputError, match="whole numbers"):
        OpportunitySummary([float("nan")], [2], [5])
    with pytest.raises(InputError, match="nobody bought at any opportunity"):
        BgBb().fit(OpportunitySummary([0, 0], [0, 0], [5, 5]))
