import numpy as np
import pytest

from kogorta.kit.errors import OptionError
from kogorta.value.mbg_cnbd_k import MbgCnbdK
from kogorta.value.registry import purchase_model
from kogorta.value.simulation import simulate

TRUTHS = {
    "bg-nbd": {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5},
    "mbg-nbd": {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.5},
    "pareto-nbd": {"r": 0.6, "alpha": 8.0, "s": 0.6, "beta": 12.0},
    "mbg-cnbd-k": {"r": 0.8, "alpha": 3.0, "a": 0.8, "b": 3.0},
}


@pytest.mark.parametrize("code", list(TRUTHS))
def test_fits_find_the_truth_again(code):
    base = simulate(code, TRUTHS[code], np.random.default_rng(1).uniform(26, 78, 6000), seed=3, k=2)
    fitted = purchase_model(code).fit(base)
    for name, (low, high) in fitted.intervals_(0.999).items():
        assert low < TRUTHS[code][name] < high, name


@pytest.mark.parametrize("code", list(TRUTHS))
def test_new_customers_order_as_often_as_expected(code):
    base = simulate(code, TRUTHS[code], np.random.default_rng(2).integers(360, 368, 20_000) / 7.0, seed=5, k=1)
    fitted = (MbgCnbdK(1) if code == "mbg-cnbd-k" else purchase_model(code)).fit(base)
    error = base.x.std() / np.sqrt(20_000)
    assert fitted.expected_orders_new(52.0) == pytest.approx(base.x.mean(), abs=3 * error)


def test_histories_are_possible_and_the_seed_decides_them():
    one, other = (simulate("mbg-cnbd-k", TRUTHS["mbg-cnbd-k"], np.full(500, 30.0), seed=9, k=3) for _ in range(2))
    assert np.array_equal(one.t_x, other.t_x)
    assert np.isfinite(one.log_intervals).all()


def test_a_parameter_that_is_missing_is_named():
    with pytest.raises(OptionError, match="needs s, beta above zero"):
        simulate("pareto-nbd", {"r": 1.0, "alpha": 1.0}, np.ones(3), seed=1)
