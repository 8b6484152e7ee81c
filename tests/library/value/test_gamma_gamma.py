import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.kit.errors import InputError
from kogorta.value.gamma_gamma import FittedGammaGamma, GammaGamma
from kogorta.value.summary import PurchaseSummary


@pytest.fixture(scope="module")
def fitted(monetary):
    return GammaGamma().fit(monetary)


def test_cdnow_gives_the_known_maximum(fitted):
    # lifetimes 0.11.3 to seven digits; the paper prints 6.25 / 3.74 / 15.44
    assert fitted.log_likelihood_ == pytest.approx(-4055.92324, abs=1e-3)
    assert fitted.values_ == pytest.approx((6.248803, 3.744588, 15.447748), rel=1e-6)
    assert fitted.customers_ == 946
    assert fitted.population_mean_ == pytest.approx(35.1710, abs=1e-4)
    assert fitted.correlation_ == pytest.approx(0.11388, abs=1e-5)


def test_unrounded_spend_gives_the_likelihood_of_the_r_package(cdnow):
    in_dollars = PurchaseSummary(cdnow.x, cdnow.t_x, cdnow.T, spend=cdnow.spend / 100)
    assert GammaGamma().fit(in_dollars).log_likelihood_ == pytest.approx(-4055.9177, abs=1e-3)


def test_expected_spend_of_the_first_ten_customers_is_as_published(fitted, monetary):
    expected = fitted.expected_spend(monetary)[:10]
    known = [24.6586, 18.9115, 35.171, 35.171, 35.171, 71.4629, 18.9115, 35.171, 27.2824, 35.171]
    assert expected == pytest.approx(known, abs=1e-4)


@settings(max_examples=5, deadline=None)
@given(unit=st.sampled_from([0.01, 1.0, 100.0, 9000.0]), seed=st.integers(0, 1000))
def test_the_unit_of_money_and_the_order_of_rows_change_nothing_else(monetary, fitted, unit, seed):
    rows = np.random.default_rng(seed).permutation(len(monetary))
    other = PurchaseSummary(monetary.x, monetary.t_x, monetary.T, spend=monetary.spend * unit).take(rows)
    fit = GammaGamma().fit(other)
    assert fit.values_[:2] == pytest.approx(fitted.values_[:2], rel=1e-5)
    assert fit.values_[2] == pytest.approx(fitted.values_[2] * unit, rel=1e-5)


def test_free_orders_are_left_out_and_counted(monetary):
    spend = monetary.spend.copy()
    spend[np.flatnonzero(monetary.x > 0)[:4]] = 0
    fit = GammaGamma().fit(PurchaseSummary(monetary.x, monetary.t_x, monetary.T, spend=spend))
    assert (fit.customers_, fit.excluded_) == (942, 4)


def test_draws_of_sums_average_to_the_expectation(fitted, monetary):
    rows = monetary.take(np.arange(40))
    rng = np.random.default_rng(3)
    theta = np.array(fitted.values_)[:, None, None]
    orders = np.full((20_000, 40), 2)
    drawn = fitted.sample_sums(theta, rows, orders, 20_000, rng)
    assert drawn.mean(axis=0) == pytest.approx(2 * fitted.expected_spend(rows), rel=0.05)


def test_bounds_of_spend_hold_the_expectation(fitted, monetary):
    low, high = fitted.spend_interval(monetary, 0.9)
    expected = fitted.expected_spend(monetary)
    assert ((low < expected) & (expected < high)).all()


def test_the_fit_survives_json(fitted):
    assert FittedGammaGamma.from_json(fitted.to_json()) == fitted


def test_a_summary_without_money_is_refused(cdnow):
    with pytest.raises(InputError, match="holds no spend"):
        GammaGamma().fit(PurchaseSummary(cdnow.x, cdnow.t_x, cdnow.T))


def test_two_customers_are_too_few():
    with pytest.raises(InputError, match="customers with paid orders to learn from: 2"):
        GammaGamma().fit(PurchaseSummary([1, 1, 0], [1, 1, 0], [5, 5, 5], spend=[3, 4, 0]))
