import numpy as np
import pytest

from kogorta.value.bg_nbd import BgNbd
from kogorta.value.likelihood_fit import maximise, search
from kogorta.value.simulation import simulate
from kogorta.value.summary import PurchaseSummary


def bowl(point):
    weights = np.array([1.0, 40.0])
    off = point - np.array([0.5, -1.0])
    return -float(weights @ off**2), -2 * weights * off


def test_the_peak_its_errors_and_its_verdict_are_found():
    peak = maximise(bowl, [3.0, 3.0], 1)
    assert peak.point == pytest.approx([0.5, -1.0], abs=1e-7)
    assert np.diag(peak.covariance) == pytest.approx([1 / 2, 1 / 80], rel=1e-6)
    assert peak.convergence == "converged"


def test_a_ridge_is_called_flat():
    ridge = maximise(lambda p: (-float((p[0] + p[1] - 1) ** 2), -2 * (p[0] + p[1] - 1) * np.ones(2)), [0.0, 0.0], 1)
    assert ridge.convergence == "flat"


def test_a_slope_without_end_is_called_an_edge():
    assert maximise(lambda p: (float(p[0]), np.ones(1)), [0.0], 1).convergence == "edge"


def test_a_likelihood_that_is_not_a_number_is_called_failed():
    assert maximise(lambda p: (float("nan"), np.zeros(1)), [0.0], 1).convergence == "failed"


def test_a_wrong_gradient_is_called_failed():
    assert maximise(lambda p: (-float(p @ p), 2 * p + 1.0), [1.0], 1).convergence == "failed"


def test_a_beginning_from_a_sample_leads_to_the_same_peak():
    beginning = search(bowl, np.array([2.0, 2.0]), 1)
    assert maximise(bowl, beginning, 1).point == pytest.approx([0.5, -1.0], abs=1e-8)


def test_a_large_base_gives_the_same_fit_with_and_without_a_sample(monkeypatch):
    params = {"r": 0.4, "alpha": 5.0, "a": 0.8, "b": 2.5}
    base = simulate("bg-nbd", params, np.random.default_rng(2).uniform(20, 90, 20_000), seed=2)
    sampled = BgNbd().fit(base)
    monkeypatch.setattr("kogorta.value.purchase_model.LARGE", 10**9)
    whole = BgNbd().fit(base)
    assert sampled.values_ == pytest.approx(whole.values_, rel=1e-7)


@pytest.mark.parametrize(
    "params",
    [
        {"r": 3.0, "alpha": 2.0, "a": 0.5, "b": 20.0},  # heavy business buyers
        {"r": 0.05, "alpha": 5.0, "a": 0.8, "b": 2.5},  # 5 % of repeaters
        {"r": 0.5, "alpha": 5.0, "a": 0.02, "b": 10.0},  # hardly anyone leaves
        {"r": 0.8, "alpha": 3.0, "a": 3.0, "b": 1.0},  # most leave at once
    ],
)
@pytest.mark.parametrize("unit", ["week", "day"])
def test_the_search_reaches_lifetimes_maximum_where_it_is_hard(params, unit):
    from lifetimes import BetaGeoFitter

    drawn = simulate("bg-nbd", params, np.random.default_rng(1).integers(50, 500, 3000) / 7.0, seed=1)
    last = np.where(drawn.x > 0, np.clip(np.rint(drawn.t_x * 7), 1, drawn.T * 7), 0) / 7
    summary = PurchaseSummary(drawn.x, last, drawn.T).in_unit(unit)
    ours = BgNbd().fit(summary)
    theirs = BetaGeoFitter()
    theirs.fit(drawn.x, last, drawn.T, verbose=False)
    scale = 7 if unit == "day" else 1
    found = [theirs.params_[name] * (scale if name == "alpha" else 1) for name in ("r", "alpha", "a", "b")]
    assert ours.convergence_ in ("converged", "flat")
    if ours.convergence_ == "converged":
        assert ours.values_ == pytest.approx(found, rel=5e-3)
