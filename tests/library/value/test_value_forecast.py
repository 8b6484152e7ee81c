import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.kit.errors import InputError, OptionError
from kogorta.value.bg_nbd import BgNbd
from kogorta.value.forecast import ValueForecaster
from kogorta.value.gamma_gamma import GammaGamma
from kogorta.value.naive_rate import NaiveRate
from kogorta.value.registry import PURCHASE_MODELS
from kogorta.value.spend_model import NaiveSpend
from kogorta.value.summary import PurchaseSummary


@pytest.fixture(scope="module")
def fits(cdnow):
    return BgNbd().fit(cdnow), GammaGamma().fit(cdnow)


@pytest.fixture(scope="module")
def forecast(cdnow, fits):
    segments = np.where(cdnow.x > 2, "often", "seldom")
    return ValueForecaster(horizon_days=273, discount_rate=0.0).predict(cdnow, *fits, segments, "USD")


def test_figures_agree_with_the_models(forecast, cdnow, fits):
    orders = fits[0].expected_orders(cdnow, 39.0)
    assert forecast.expected_orders == pytest.approx(fits[0].expected_orders(cdnow, 90 / 7))
    assert forecast.clv == pytest.approx(orders * fits[1].expected_spend(cdnow), abs=0.51)
    assert forecast.p_alive == pytest.approx(fits[0].p_alive(cdnow))
    assert (forecast.clv.dtype, forecast.model, forecast.spend_model) == (np.int64, "bg-nbd", "gamma-gamma")


@pytest.mark.parametrize("figure", ["clv", "p_alive", "spend"])
def test_bounds_hold_their_figure(forecast, figure):
    low, middle, high = (getattr(forecast, figure + end) for end in ("_low", "", "_high"))
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert (low < high).any()


def test_bounds_hold_what_happened_as_often_as_they_say(cdnow, holdout, fits):
    whole = ValueForecaster(horizon_days=273, orders_days=273, level=0.9).predict(cdnow, *fits)
    held = (whole.orders_low <= holdout.orders) & (holdout.orders <= whole.orders_high)
    assert 0.9 <= held.mean() <= 0.97  # counts are whole: bounds hold a little more than they must


def test_totals_add_up(forecast, cdnow):
    everyone, often, seldom = forecast.totals
    assert [total.segment for total in forecast.totals] == ["", "often", "seldom"]
    assert everyone.customers == 2357 == often.customers + seldom.customers
    assert often.customers == int((cdnow.x > 2).sum())
    assert everyone.orders == pytest.approx(1653.409, abs=5e-3)
    assert everyone.clv == pytest.approx(often.clv + seldom.clv, abs=1)
    assert everyone.clv == pytest.approx(forecast.clv.sum(), rel=1e-4)
    assert everyone.clv_low < everyone.clv < everyone.clv_high


def test_the_interval_of_a_total_is_narrower_than_the_sum_of_intervals(forecast):
    total = forecast.totals[0]
    assert total.clv_high - total.clv_low < (forecast.clv_high - forecast.clv_low).sum() / 5


def test_drift_widens_totals_and_nothing_else(cdnow, fits):
    part = cdnow.take(np.arange(300))
    still, moving = (ValueForecaster(draws=1000).predict(part, *fits, drift=drift) for drift in (0.0, 0.5))
    assert np.array_equal(still.clv_high, moving.clv_high)
    assert moving.totals[0].clv_high - moving.totals[0].clv_low > 2 * (still.totals[0].clv_high - still.totals[0].clv_low)


def test_discounting_lowers_value_as_the_integral_says(cdnow, fits):
    part = cdnow.take(np.arange(50))
    rate = 0.3
    plain = ValueForecaster(discount_rate=0.0, draws=50).predict(part, *fits).clv
    discounted = ValueForecaster(discount_rate=rate, draws=50).predict(part, *fits).clv
    edges = np.linspace(0, 365 / 7, 366)
    curve = np.array([np.zeros(50), *(fits[0].expected_orders(part, edge) for edge in edges[1:])])
    middle = (edges[1:] + edges[:-1]) / 2 * 7 / 365
    exact = (np.diff(curve, axis=0) * (1 + rate) ** -middle[:, None]).sum(axis=0) * fits[1].expected_spend(part)
    assert discounted == pytest.approx(exact, rel=1e-5, abs=1)
    assert (discounted < plain).all()


def test_margin_scales_value(cdnow, fits):
    part = cdnow.take(np.arange(100))
    whole, third = (ValueForecaster(margin=margin, draws=100).predict(part, *fits) for margin in (1.0, 1 / 3))
    assert third.clv == pytest.approx(whole.clv / 3, abs=1)
    assert third.clv_high == pytest.approx(whole.clv_high / 3, abs=1)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_leaves_no_trace(cdnow, fits, seed):
    part = cdnow.take(np.arange(200))
    rows = np.random.default_rng(seed).permutation(200)
    segments = np.where(np.arange(200) % 3 == 0, "a", "b")
    straight = ValueForecaster(draws=100).predict(part, *fits, segments)
    shuffled = ValueForecaster(draws=100).predict(part.take(rows), *fits, segments[rows])
    for figure in ("clv", "clv_low", "clv_high", "orders_high", "p_alive_low"):
        assert np.array_equal(getattr(straight, figure)[rows], getattr(shuffled, figure)), figure
    for one, other in zip(straight.totals, shuffled.totals, strict=True):
        assert (one.clv, one.customers) == (other.clv, other.customers)
        assert (one.clv_low, one.clv_high) == pytest.approx((other.clv_low, other.clv_high), rel=1e-9)


def test_equal_histories_get_equal_bounds(cdnow, fits):
    twins = cdnow.take(np.array([5, 80, 5, 5, 80]))
    found = ValueForecaster(draws=100).predict(twins, *fits)
    assert len(set(found.clv_high[[0, 2, 3]])) == 1
    assert len(set(found.clv_high[[1, 4]])) == 1


@pytest.mark.parametrize("code", list(PURCHASE_MODELS))
def test_draws_average_to_the_expectation(cdnow, code):
    part = cdnow.take(np.arange(120))
    fit = PURCHASE_MODELS[code]().fit(cdnow)
    theta = np.array(fit.values_)[:, None, None]
    alive = fit.p_alive_draws(theta, part)
    short, long = fit.sample_orders(theta, part, alive, (10.0, 52.0), 4000, np.random.default_rng(8))
    for horizon, drawn in ((10.0, short), (52.0, long)):
        error = drawn.std(axis=0).sum() / np.sqrt(4000)
        assert drawn.mean(axis=0).sum() == pytest.approx(fit.expected_orders(part, horizon).sum(), abs=error)
    assert (short <= long).all()


def test_the_naive_rate_knows_no_life_and_bounds_what_it_says(cdnow):
    found = ValueForecaster(draws=200).predict(cdnow, NaiveRate.learn(cdnow, floor=True), NaiveSpend.learn(cdnow))
    assert np.isnan(found.p_alive).all()
    assert (found.clv_low <= found.clv).all()
    assert (found.clv <= found.clv_high).all()
    assert found.clv[cdnow.x == 0].max() == 0 < found.clv_high[cdnow.x == 0].max()


def test_without_money_value_is_zero_and_orders_are_not(cdnow, fits):
    found = ValueForecaster(draws=50).predict(cdnow.take(np.arange(20)), fits[0])
    assert not found.clv.any()
    assert found.expected_orders.all()
    assert found.spend_model == ""


def test_a_customer_of_today_gets_a_forecast(fits):
    today = PurchaseSummary([0, 1], [0, 2.0], [0, 9.0], spend=[0, 500.0])
    found = ValueForecaster(draws=50).predict(today, *fits)
    assert found.p_alive[0] == 1.0
    assert found.clv[0] > 0


def test_options_that_cannot_be_are_refused(cdnow, fits):
    with pytest.raises(OptionError, match="margin is 30"):
        ValueForecaster(margin=30)
    with pytest.raises(OptionError, match="orders_days is 400"):
        ValueForecaster(orders_days=400)
    with pytest.raises(OptionError, match="draws is 3"):
        ValueForecaster(draws=3)
    with pytest.raises(InputError, match="one code per customer"):
        ValueForecaster(draws=50).predict(cdnow, *fits, ["a"])
