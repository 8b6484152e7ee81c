import math

import pytest

from kogorta.experiments.quantities import wilson_interval
from kogorta.experiments.sizing import (
    FORMULAS,
    power_of_proportions,
    sample_size_exact,
    sample_size_means,
    sample_size_proportions,
    smallest_detectable_rate,
)
from kogorta.kit.errors import OptionError


@pytest.mark.parametrize(
    ("treated", "control", "percents"),
    [(44, 43, (28, 37, 44)), (61, 26, (31, 39, 47)), (70, 17, (37, 45, 53))],
)
def test_the_power_table_of_87_companies_is_reproduced(treated, control, percents):
    found = [smallest_detectable_rate(treated, control, baseline) for baseline in (0.05, 0.10, 0.15)]
    assert [math.ceil(rate * 100) for rate in found] == list(percents)


# (pooled variance under the null only, arcsine, unpooled), per arm; tolerance of a printed digit
@pytest.mark.parametrize(
    ("baseline", "target", "null", "arcsine", "unpooled"),
    [
        (0.20, 0.25, 1030.2, 1091.9, 1091.0),
        (0.10, 0.11, 14312.9, 14744.1, 14748.0),
        (0.03, 0.036, 13050.2, 13886.5, 13910.8),
        (0.05, 0.055, 30244.4, 31217.4, 31230.7),
    ],
)
def test_published_sample_sizes_of_proportions(baseline, target, null, arcsine, unpooled):
    for formula, expected in (("null", null), ("arcsine", arcsine), ("unpooled", unpooled)):
        assert sample_size_proportions(baseline, target, formula=formula).exact == pytest.approx(expected, abs=0.11)


def test_pooling_waves_needs_the_published_numbers():
    found = [sample_size_proportions(a, b, formula="pooled").exact for a, b in ((0.10, 0.20), (0.10, 0.15), (0.05, 0.07))]
    assert found == pytest.approx([199, 686, 2212], abs=0.5)


def test_g_power_references():
    # spotify-confidence test values, power 0.85; total of both arms, tolerance 0.5 % as published
    assert sample_size_proportions(0.34, 0.343, power=0.85).total == pytest.approx(897_348, rel=0.005)
    assert sample_size_proportions(0.34, 0.343, alpha=0.14, power=0.85).total == pytest.approx(630_710, rel=0.005)
    assert sample_size_proportions(0.34, 0.343, alpha=0.14, power=0.67).total == pytest.approx(366_424, rel=0.005)
    assert 738 <= sample_size_proportions(0.34, 0.44, power=0.85).total <= 852
    assert sample_size_means(0.3, 10, power=0.85).total == 39_906


def test_t_test_sizes_agree_with_statsmodels():
    assert sample_size_means(0.2, 1).exact == pytest.approx(393.4057, abs=1e-4)
    assert sample_size_means(0.5, 1).exact == pytest.approx(63.7656, abs=1e-4)


@pytest.mark.parametrize(
    ("total", "at_three", "at_twenty_five"),
    [(87, 12.3, 26.6), (200, 7.7, 17.5), (500, 4.7, 11.0), (1000, 3.2, 7.8), (5000, 1.4, 3.5)],
)
def test_published_detectable_points_of_two_equal_arms(total, at_three, at_twenty_five):
    # the published points have one decimal and take both variances at the baseline under the null
    for baseline, points in ((0.03, at_three), (0.25, at_twenty_five)):
        sizes = [sample_size_proportions(baseline, baseline + (points + half) / 100, formula="null").exact for half in (-0.06, 0.06)]
        assert sizes[1] <= total / 2 <= sizes[0]


def test_unpooled_and_interval_agree_for_equal_arms():
    for baseline, target in ((0.03, 0.036), (0.2, 0.25), (0.3, 0.2)):
        one = sample_size_proportions(baseline, target, formula="unpooled").exact
        assert sample_size_proportions(baseline, target, formula="interval").exact == pytest.approx(one, rel=0.015)


def test_exact_power_is_the_sum_over_all_tables():
    from scipy.stats import binom, fisher_exact

    expected = sum(
        binom.pmf(x, 7, 0.8) * binom.pmf(y, 6, 0.2)
        for x in range(8)
        for y in range(7)
        if fisher_exact([[x, 7 - x], [y, 6 - y]]).pvalue <= 0.05
    )
    assert power_of_proportions(7, 6, 0.2, 0.8) == pytest.approx(expected, abs=1e-12)


def test_power_reaches_the_plan_at_the_exact_size_and_not_much_below():
    size = sample_size_exact(0.10, 0.25)
    assert power_of_proportions(size.treated, size.control, 0.10, 0.25) >= 0.8
    assert power_of_proportions(size.treated - 12, size.control - 12, 0.10, 0.25) < 0.8


def test_unequal_arms_keep_the_power():
    size = sample_size_proportions(0.05, 0.06, ratio=0.25)
    assert size.control == pytest.approx(size.treated / 4, abs=1)
    assert power_of_proportions(size.treated, size.control, 0.05, 0.06, method="normal") == pytest.approx(0.8, abs=0.001)


def test_a_list_that_finds_nothing_has_no_smallest_rate():
    assert smallest_detectable_rate(3, 2, 0.1) is None
    assert smallest_detectable_rate(50, 50, 1.0) is None


def test_wilson_interval_of_the_source_case():
    assert (round(wilson_interval(22, 87).low, 3), round(wilson_interval(22, 87).high, 3)) == (0.173, 0.353)
    assert (round(wilson_interval(26, 87).low, 2), round(wilson_interval(26, 87).high, 2)) == (0.21, 0.40)
    assert wilson_interval(0, 5).low == 0
    assert wilson_interval(5, 5).high == 1


@pytest.mark.parametrize("formula", FORMULAS)
def test_equal_rates_are_refused(formula):
    with pytest.raises(OptionError, match=r"both 0\.1"):
        sample_size_proportions(0.1, 0.1, formula=formula)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sample_size_proportions(1.2, 0.1),
        lambda: sample_size_proportions(0.1, 0.2, alpha=0),
        lambda: sample_size_proportions(0.1, 0.2, power=1),
        lambda: sample_size_proportions(0.1, 0.2, ratio=-1),
        lambda: sample_size_proportions(float("nan"), 0.2),
        lambda: sample_size_means(0, 1),
        lambda: sample_size_means(1, 0),
        lambda: smallest_detectable_rate(0, 10, 0.1),
        lambda: smallest_detectable_rate(10, 10.5, 0.1),
        lambda: wilson_interval(6, 5),
    ],
)
def test_impossible_plans_are_refused_in_a_sentence(call):
    with pytest.raises(OptionError, match=r"\bit must\b|\bat least 1\b|\bmust be\b"):
        call()
