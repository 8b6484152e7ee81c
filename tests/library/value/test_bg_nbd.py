"""Golden numbers: CLVTools tests, BTYD walkthrough and lifetimes, gathered in shared/reference/analytics.md 2.1."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc

from kogorta.kit.errors import InputError
from kogorta.value.bg_nbd import BgNbd, FittedBgNbd
from kogorta.value.summary import PurchaseSummary


@pytest.fixture(scope="module")
def fitted(cdnow):
    return BgNbd().fit(cdnow)


def test_cdnow_gives_the_published_maximum(fitted):
    assert fitted.log_likelihood_ == pytest.approx(-9582.4292, abs=1e-3)
    assert fitted.params_["r"] == pytest.approx(0.2425945, rel=5e-5)
    assert fitted.params_["alpha"] == pytest.approx(4.4136020, rel=5e-5)
    assert fitted.params_["a"] == pytest.approx(0.7929220, rel=2e-4)
    assert fitted.params_["b"] == pytest.approx(2.4259068, rel=2e-4)
    assert fitted.convergence_ == "converged"


def test_rounded_histories_are_another_data_set(monetary):
    fit = BgNbd().fit(monetary)
    assert fit.log_likelihood_ == pytest.approx(-9582.4256, abs=1e-3)
    assert fit.params_["alpha"] == pytest.approx(4.413532, rel=5e-5)


def test_days_change_alpha_alone_and_shift_the_likelihood(fitted, cdnow):
    in_days = BgNbd().fit(cdnow.in_unit("day"))
    assert in_days.params_["alpha"] == pytest.approx(7 * fitted.params_["alpha"], rel=1e-7)
    assert in_days.params_["b"] == pytest.approx(fitted.params_["b"], rel=1e-6)
    assert in_days.log_likelihood_ == pytest.approx(fitted.log_likelihood_ - 2457 * np.log(7), abs=1e-6)


def test_a_model_in_days_reads_histories_in_weeks(fitted, cdnow):
    in_days = BgNbd().fit(cdnow.in_unit("day"))
    assert in_days.expected_orders(cdnow, 273.0).sum() == pytest.approx(fitted.expected_orders(cdnow, 39.0).sum())


def test_expected_orders_in_the_holdout_sum_to_the_known_figure(fitted, cdnow, holdout):
    expected = fitted.expected_orders(cdnow, 39.0)
    assert expected.sum() == pytest.approx(1653.409, abs=5e-3)
    assert np.abs(expected - holdout.orders).mean() == pytest.approx(0.78545, abs=1e-5)
    assert np.sqrt(np.mean((expected - holdout.orders) ** 2)) == pytest.approx(1.60798, abs=1e-5)
    assert np.corrcoef(expected, holdout.orders)[0, 1] == pytest.approx(0.62565, abs=1e-5)
    assert fitted.p_alive(cdnow).sum() == pytest.approx(1917.2777, abs=5e-3)


def test_expected_orders_by_calibration_purchases_match_the_table(fitted, cdnow):
    expected = fitted.expected_orders(cdnow, 39.0)
    level = np.minimum(cdnow.x, 7)
    table = [expected[level == x].mean() for x in range(8)]
    assert table == pytest.approx([0.225087, 0.523131, 1.044134, 1.52028, 2.163866, 2.653846, 3.504042, 6.157191], rel=3e-5)


def test_single_histories_match_the_walkthrough(fitted, walkthrough):
    expected = fitted.expected_orders(walkthrough, 52.0)
    assert expected == pytest.approx([25.75659, 0.3474606, 0.04283391, 0.004158973, 0.0003583685], rel=2e-3)
    assert expected[:2] == pytest.approx([25.75659, 0.3474606], rel=2e-4)
    assert fitted.p_alive(walkthrough)[0] == pytest.approx(0.9688523, abs=1e-5)


def test_new_customers_order_as_published(fitted):
    assert fitted.expected_orders_new(52.0) == pytest.approx(1.444004, rel=1e-4)
    curve = [fitted.expected_orders_new(t) for t in (0.1429, 1, 3, 31.8571, 32, 78)]
    assert curve == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], abs=1e-3)


def test_standard_errors_agree_with_refits_of_simulated_bases(fitted):
    # Hessian errors of another code: none published for BG/NBD; the bootstrap is the witness (test_bootstrap)
    assert fitted.standard_errors_["r"] == pytest.approx(0.01256, rel=1e-3)
    low, high = fitted.intervals_(0.95)["r"]
    assert low < 0.2425945 < high


def test_weights_stand_for_repeated_rows(cdnow):
    part = cdnow.take(np.arange(300))
    repeated = PurchaseSummary(np.tile(part.x, 3), np.tile(part.t_x, 3), np.tile(part.T, 3))
    weighted = PurchaseSummary(part.x, part.t_x, part.T, weights=np.full(300, 3.0))
    one, other = BgNbd().fit(repeated), BgNbd().fit(weighted)
    assert one.values_ == pytest.approx(other.values_, rel=1e-9)
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, rel=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_leaves_no_trace(cdnow, fitted, seed):
    shuffled = cdnow.take(np.random.default_rng(seed).permutation(len(cdnow)))
    assert BgNbd().fit(shuffled).to_json() == fitted.to_json()


def test_the_fit_survives_json(fitted, cdnow):
    again = FittedBgNbd.from_json(fitted.to_json())
    assert again == fitted
    assert json.loads(fitted.to_json())["model"] == "bg-nbd"
    assert np.array_equal(again.p_alive(cdnow), fitted.p_alive(cdnow))


def test_json_of_another_model_is_refused(fitted):
    with pytest.raises(InputError, match="holds the model 'mbg-nbd'"):
        FittedBgNbd.from_json(fitted.to_json().replace("bg-nbd", "mbg-nbd"))
    with pytest.raises(InputError, match="not a fitted bg-nbd model"):
        FittedBgNbd.from_json("{}")


def test_heavy_buyers_do_not_overflow(fitted):
    heavy = PurchaseSummary([3000, 3000], [100.0, 20.0], [100.0, 100.0])
    expected = fitted.expected_orders(heavy, 52.0)
    r, alpha, a, b = fitted.values_
    order = np.arange(1, 4000)
    enough = betainc(order, r + 3000, 52 / (alpha + 152))  # chance of so many orders, were nobody to leave
    stays = np.cumprod(np.append(1.0, (b + 3000 + order[:-1] - 1) / (a + b + 3000 + order[:-1] - 1)))
    assert expected[0] == pytest.approx(fitted.p_alive(heavy)[0] * enough @ stays, rel=1e-9)
    assert expected[1] == 0.0


def test_a_base_where_nobody_bought_twice_is_refused():
    with pytest.raises(InputError, match="none of 3 customers bought twice"):
        BgNbd().fit(PurchaseSummary([0, 0, 0], [0, 0, 0], [5, 6, 7]))


def test_a_single_customer_is_refused():
    with pytest.raises(InputError, match="only one customer"):
        BgNbd().fit(PurchaseSummary([3], [4], [5]))


def test_a_horizon_that_is_not_positive_is_refused(fitted, cdnow):
    with pytest.raises(ValueError, match="horizon is 0"):
        fitted.expected_orders(cdnow, 0)
