import numpy as np
import pytest

from kogorta.kit.errors import InputError, OptionError
from kogorta.value.cells import group
from kogorta.value.mbg_cnbd_k import FittedMbgCnbdK, MbgCnbdK
from kogorta.value.simulation import simulate
from kogorta.value.summary import PurchaseSummary

TRUTH = {"r": 0.8, "alpha": 2.0, "a": 0.8, "b": 3.0}


@pytest.fixture(scope="module")
def regular():
    return simulate("mbg-cnbd-k", TRUTH, np.random.default_rng(5).uniform(26, 78, 4000), seed=5, k=3)


def test_regularity_is_found_by_likelihood(regular):
    fit = MbgCnbdK().fit(regular)
    assert fit.k == 3
    for name, (low, high) in fit.intervals_(0.999).items():
        assert low < TRUTH[name] < high


def test_cdnow_shows_no_regularity(cdnow):
    assert MbgCnbdK().fit(cdnow).k == 1


def test_the_gradient_is_the_slope_of_the_likelihood(cdnow):
    objective = MbgCnbdK(3).objective(group(cdnow.take(np.arange(300))))
    point = np.array([0.1, 0.4, -0.3, 0.8])
    slope = [(objective(point + e)[0] - objective(point - e)[0]) / 2e-5 for e in np.eye(4) * 1e-5]
    assert objective(point)[1] == pytest.approx(slope, rel=1e-6)


def test_days_and_weeks_tell_the_same(regular):
    weeks, days = MbgCnbdK(3).fit(regular), MbgCnbdK(3).fit(regular.in_unit("day"))
    assert days.params_["alpha"] == pytest.approx(7 * weeks.params_["alpha"], rel=1e-7)
    assert days.log_likelihood_ == pytest.approx(weeks.log_likelihood_ - regular.x.sum() * np.log(7), abs=1e-6)


def test_regularity_survives_json(regular):
    fit = MbgCnbdK(3).fit(regular)
    assert FittedMbgCnbdK.from_json(fit.to_json()) == fit


def test_choosing_k_needs_the_intervals():
    with pytest.raises(InputError, match="no log_intervals to choose k by"):
        MbgCnbdK().fit(PurchaseSummary([1, 2], [3, 4], [5, 6]))
    with pytest.raises(OptionError, match="k is 0"):
        MbgCnbdK(k=0)
