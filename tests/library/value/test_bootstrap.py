import numpy as np
import pytest

from kogorta.value.bg_nbd import BgNbd
from kogorta.value.bootstrap import bootstrap
from kogorta.value.simulation import simulate


def test_refits_spread_as_the_standard_errors_say(cdnow):
    fitted = BgNbd().fit(cdnow)
    refits = bootstrap(BgNbd(), cdnow, draws=150, seed=4)
    assert refits.failed_ == 0
    spread = np.log(refits.values_).std(axis=0, ddof=1)
    errors = np.sqrt(np.diag(np.array(fitted.log_covariance_)))
    assert spread == pytest.approx(errors, rel=0.25)
    low, high = refits.intervals_(0.95)["r"]
    assert low < fitted.params_["r"] < high


def test_the_seed_decides_the_draws():
    base = simulate("bg-nbd", {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5}, np.full(800, 52.0), seed=2)
    one, other = (bootstrap(BgNbd(), base, draws=5, seed=seed).values_ for seed in (1, 1))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, bootstrap(BgNbd(), base, draws=5, seed=2).values_)
