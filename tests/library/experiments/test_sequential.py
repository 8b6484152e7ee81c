import math

import numpy as np
import pytest

from kogorta.experiments.always_valid import AlwaysValid
from kogorta.experiments.contrasts import Estimate, MeanContrast, RateContrast
from kogorta.experiments.looks import LookPlan
from kogorta.experiments.sequential import (
    conditional_power,
    even_looks,
    sample_inflation,
    sequential_bounds,
    sequential_power,
    spent,
)
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language


# two-sided 5 %, tolerance 1e-3; the quadratic rows are those of spotify-confidence
@pytest.mark.parametrize(
    ("looks", "spending", "bounds"),
    [
        (5, "obrien_fleming", (4.8769, 3.3570, 2.6803, 2.2898, 2.0310)),
        (5, "pocock", (2.4380, 2.4268, 2.4102, 2.3966, 2.3860)),
        (5, "quadratic", (3.090232, 2.714078, 2.472737, 2.279811, 2.113968)),
        (5, "obrien_fleming_two_sided", (4.3826, 3.0997, 2.5534, 2.2538, 2.0635)),
        (2, "obrien_fleming", (2.9626, 1.9686)),
        (2, "pocock", (2.1570, 2.2010)),
        (2, "quadratic", (2.4977, 2.0183)),
    ],
)
def test_published_bounds(looks, spending, bounds):
    assert sequential_bounds(even_looks(looks), spending=spending).values == pytest.approx(bounds, abs=1e-3)


def test_one_look_is_the_ordinary_test():
    assert sequential_bounds([1.0]).values == pytest.approx([1.959964], abs=1e-6)
    assert sequential_power(sequential_bounds([1.0]), 2.8016)[0] == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("looks", [3, 14, 60])
def test_all_looks_together_spend_exactly_the_error_rate(looks):
    assert sequential_power(sequential_bounds(even_looks(looks)), 0.0)[0] == pytest.approx(0.05, abs=1e-8)


def test_uneven_looks_spend_what_their_share_allows():
    bounds = sequential_bounds([0.3, 0.9, 1.0])
    assert bounds.levels[0] == pytest.approx(spent(0.3, 0.05, "obrien_fleming"), rel=1e-9)


def test_looking_often_needs_a_few_percent_more_customers():
    assert 1.02 < sample_inflation(sequential_bounds(even_looks(5)), 0.8) < 1.03
    assert sample_inflation(sequential_bounds([1.0]), 0.8) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("fractions", [[], [0.5, 0.5], [0.6, 0.4], [0, 1], [0.5, 1.1], [float("nan")]])
def test_impossible_looks_are_refused(fractions):
    with pytest.raises(OptionError, match="increasing shares"):
        sequential_bounds(fractions)


def test_conditional_power_ends_at_what_is_known():
    assert conditional_power(5.0, 0.99, 1.97, drift=0) > 0.999
    assert conditional_power(-2.0, 0.9, 1.97, drift=2.8) < 0.001


def test_the_always_valid_interval_of_growthbook():
    # Hillstrom, men's mail, spend; tuned for 5,000
    error = 0.769827156 / 5.300140358
    contrast = MeanContrast(Estimate(1.422616511, error**2), Estimate(0.652789355, 0.0))
    mode, customers = AlwaysValid(5000), 42_613
    interval = mode.interval(contrast, customers)
    assert (interval.low, interval.high) == pytest.approx((0.302066, 1.237589), abs=2e-6)
    assert mode.p(contrast, customers) == pytest.approx(8.08e-06, abs=5e-8)


def test_always_valid_p_and_interval_never_disagree():
    mode = AlwaysValid(1000)
    for z in np.linspace(2.5, 4.5, 41):
        contrast = MeanContrast(Estimate(z, 1.0), Estimate(0.0, 0.0))
        assert (mode.p(contrast, 3000) < 0.05) == (not mode.interval(contrast, 3000).holds(0))


def rates(treated, control, size):
    return RateContrast(treated, size, control, size)


def test_a_proven_difference_stops_the_experiment():
    look = LookPlan(planned=20_000).look(rates(260, 150, 5000))
    assert (look.decision, look.verdict) == ("stop_proven", "up")
    assert look.stops
    assert not look.interval.holds(0)


def test_a_difference_that_a_single_test_would_call_proven_goes_on_at_an_early_look():
    contrast = rates(190, 150, 5000)
    assert contrast.p < 0.05
    look = LookPlan(planned=40_000).look(contrast)
    assert (look.decision, look.verdict) == ("go_on", "too_few_data")


def test_a_glance_before_its_time_decides_nothing():
    look = LookPlan(planned=40_000).look(rates(100, 20, 1000))
    assert (look.decision, look.verdict) == ("not_due", "too_few_data")


def test_harm_stops_earlier_than_proof():
    plan = LookPlan(planned=40_000)
    look = plan.look(rates(120, 165, 5000))
    assert look.harm_bound < look.bound
    assert look.decision == "stop_harm"
    mirrored = LookPlan(planned=40_000, direction="down").look(rates(165, 120, 5000))
    assert mirrored.decision == "stop_harm"


def test_a_hopeless_experiment_may_stop():
    plan = LookPlan(planned=20_000)
    first = plan.look(rates(75, 75, 2500))
    second = plan.look(rates(150, 150, 5000), past=[first])
    third = plan.look(rates(222, 230, 7500), past=[first, second])
    assert third.decision == "stop_futile"
    assert not third.stops


def test_the_last_look_spends_what_is_left_also_after_an_early_end():
    plan = LookPlan(planned=20_000)
    first = plan.look(rates(75, 70, 2500))
    last = plan.look(rates(180, 140, 4000), past=[first], last=True)
    assert last.decision in ("stop_proven", "stop_end")
    assert last.bound == pytest.approx(1.9600, abs=0.001)


def test_an_overrun_is_the_end():
    plan = LookPlan(planned=10_000, fractions=(0.5, 1.0))
    first = plan.look(rates(75, 70, 2500))
    assert plan.look(rates(180, 175, 6000), past=[first]).decision == "stop_end"


def test_no_difference_can_be_the_verdict_of_the_end():
    plan = LookPlan(planned=200_000, fractions=(1.0,))
    assert plan.look(rates(10_000, 10_010, 100_000), margin=0.005).verdict == "no_difference"


def test_looks_must_follow_each_other():
    plan = LookPlan(planned=20_000)
    first = plan.look(rates(75, 75, 2500))
    with pytest.raises(InputError, match="had 5000"):
        plan.look(rates(75, 75, 2500), past=[first])
    with pytest.raises(InputError, match="customers is not given"):
        plan.look(MeanContrast(Estimate(1, 0.1), Estimate(0, 0.1)))


def test_the_always_valid_mode_may_look_at_any_time():
    plan = LookPlan(planned=20_000, always_valid=True)
    look = plan.look(rates(60, 20, 731))
    assert look.decision == "stop_proven"


def test_a_look_says_in_words_what_to_do():
    look = LookPlan(planned=20_000).look(rates(260, 150, 5000))
    assert look.words(Language("ru")) == "Просмотр 1, набрано 50\xa0% от плана. Можно остановить: разница доказана. Вывод: вырос."
    assert math.isfinite(look.to_dict()["interval"][0])
