import numpy as np
import pytest

from kogorta.kit.errors import InputError
from kogorta.value.sbg import FittedShiftedBetaGeometric, ShiftedBetaGeometric, Tenures

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [(REGULAR, 0.7041, 1.1820, -1680.2652), (HIGH_END, 0.6681, 3.8061, -1611.1581)],
)
def test_the_two_series_of_the_paper_give_their_maximum(survivors, alpha, beta, log_likelihood):
    fit = ShiftedBetaGeometric().fit(Tenures.from_survivors(survivors))
    assert fit.log_likelihood_ == pytest.approx(log_likelihood, abs=1e-3)
    assert fit.values_ == pytest.approx((alpha, beta), abs=1e-4)


def test_survival_follows_from_retention():
    fit = ShiftedBetaGeometric().fit(Tenures.from_survivors(REGULAR))
    assert fit.survival(7) == pytest.approx(np.prod(fit.retention(np.arange(1, 8))))
    assert fit.survival(7) == pytest.approx(0.241, abs=0.003)


def test_longer_customers_renew_more():
    fit = ShiftedBetaGeometric().fit(Tenures.from_survivors(REGULAR))
    fresh, old = fit.expected_renewals([0, 5], horizon=20, discount_rate=0.1)
    assert old > 2 * fresh > 0
    assert fit.expected_renewals([2], 1)[0] == pytest.approx(fit.retention(3))


def test_contracts_one_by_one_tell_what_counts_tell():
    tenures = Tenures([1] * 4 + [2] * 3 + [2] * 5, [True] * 7 + [False] * 5)
    counted = Tenures.from_survivors([12, 8, 5])
    one, other = ShiftedBetaGeometric().fit(tenures), ShiftedBetaGeometric().fit(counted)
    assert one.values_ == pytest.approx(other.values_, rel=1e-9)


def test_the_fit_survives_json():
    fit = ShiftedBetaGeometric().fit(Tenures.from_survivors(REGULAR))
    assert FittedShiftedBetaGeometric.from_json(fit.to_json()) == fit


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="grow from 900 to 950"):
        Tenures.from_survivors([1000, 900, 950])
    with pytest.raises(InputError, match="fewer than two counts"):
        Tenures.from_survivors([1000])
    with pytest.raises(InputError, match="whole numbers from 1"):
        Tenures([0, 2], [True, False])
    with pytest.raises(InputError, match="no contract has ended"):
        ShiftedBetaGeometric().fit(Tenures([3, 4], [False, False]))
