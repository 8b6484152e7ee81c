import numpy as np
import pytest

from kogorta.segments.drivers.adjusting import mean_difference, rate_difference
from kogorta.segments.drivers.factors import Factor, Level
from kogorta.segments.drivers.facts import Column, Facts
from kogorta.segments.drivers.search import Drivers


def column(name, codes, timing="before"):
    return Column(Factor(name, name, timing, own=True), (Level("no"), Level("yes")), codes.astype(np.intp))


def facts(random, *, own_effect, timing="before"):
    """A confounder that moves both the factor and the outcome; the factor itself moves it by `own_effect`."""
    behind = random.random(6000) < 0.5
    factor = random.random(6000) < np.where(behind, 0.8, 0.2)
    target = (random.random(6000) < 0.2 + 0.4 * behind + own_effect * factor).astype(float)
    return Facts("repeat", None, 90, "RUB", target, (column("factor", factor), column("behind", behind, timing)))


def finding(made):
    report = Drivers(outcomes=("repeat",)).weigh([made])
    return next(one for one in report.of("repeat").findings if one.factor.name == "factor")


def test_a_factor_that_only_goes_with_the_cause_is_explained_by_it():
    one = finding(facts(np.random.default_rng(1), own_effect=0.0))
    assert abs(one.effect.value) > 0.2
    assert one.adjusted.by.name == "behind"
    assert abs(one.adjusted.value) < 0.04
    assert one.adjusted.bounds.low < 0 < one.adjusted.bounds.high
    assert one.adjusted.explained


def test_an_effect_of_its_own_stays():
    one = finding(facts(np.random.default_rng(2), own_effect=0.2))
    assert one.adjusted.bounds.low < (0.2 if one.up else -0.2) < one.adjusted.bounds.high
    assert not one.adjusted.explained


@pytest.mark.parametrize("timing", ["habit", "current", "inside"])
def test_what_may_come_after_the_factor_is_never_held_fixed(timing):
    assert finding(facts(np.random.default_rng(3), own_effect=0.0, timing=timing)).adjusted is None


def test_one_part_gives_the_plain_difference():
    target, has = np.array([1.0, 0, 1, 1, 0, 0, 0, 1]), np.repeat([True, False], 4)
    parts = np.zeros(8, dtype=np.intp)
    assert rate_difference(target, has, parts)[0] == pytest.approx(0.75 - 0.25)
    assert mean_difference(target, has, parts)[0] == pytest.approx(0.5)
    assert rate_difference(target, has, has.astype(np.intp)) is None
