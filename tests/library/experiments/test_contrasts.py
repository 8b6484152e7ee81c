import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.experiments.contrasts import Estimate, MeanContrast, QuantileContrast, RateContrast, fieller
from kogorta.experiments.exact import ExactlyChecked, fisher_p, permutation_p
from kogorta.kit.errors import InputError

HILLSTROM_MEN = RateContrast(267, 21307, 122, 21306)


def test_newcombe_interval_of_hillstrom_conversions():
    interval = HILLSTROM_MEN.interval(0.05)
    assert (interval.low, interval.high) == pytest.approx((0.005014, 0.008641), abs=5e-7)
    assert HILLSTROM_MEN.p == pytest.approx(1.5e-13, abs=1e-12)


def test_newcombe_interval_of_the_published_example():
    # Newcombe (1998), method 10, 56/70 against 48/80
    interval = RateContrast(56, 70, 48, 80).interval(0.05)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0524, 0.3339)


rates = st.tuples(st.integers(1, 400), st.integers(1, 400)).flatmap(
    lambda sizes: st.tuples(st.integers(0, sizes[0]), st.just(sizes[0]), st.integers(0, sizes[1]), st.just(sizes[1]))
)


@given(rates.filter(lambda table: 0 < table[0] + table[2] < table[1] + table[3]), st.sampled_from([0.2, 0.05, 0.01, 0.001]))
def test_interval_relative_interval_and_p_of_rates_never_disagree(table, alpha):
    contrast = RateContrast(*table)
    if abs(contrast.p - alpha) < 1e-9:
        return
    interval = contrast.interval(alpha)
    found = interval.low > 0 or interval.high < 0
    assert found == (contrast.p < alpha)
    relative = contrast.relative(alpha)
    if relative is not None:
        assert (relative.low > 0 or relative.high < 0) == found
    assert interval.low <= contrast.value - contrast.control_value <= interval.high
    if contrast.small and fisher_p(*table) > alpha:
        assert not found


values = st.floats(-100, 100, allow_nan=False).filter(lambda value: abs(value) > 1e-3)
variances = st.floats(1e-4, 1e4)


@given(values, variances, values, variances, st.floats(3, 500), st.sampled_from([0.2, 0.05, 0.01]))
def test_interval_fieller_and_p_of_means_never_disagree(top, top_variance, bottom, bottom_variance, freedom, alpha):
    contrast = MeanContrast(Estimate(top, top_variance, freedom), Estimate(bottom, bottom_variance, freedom))
    if abs(contrast.p - alpha) < 1e-6:
        return
    interval, relative = contrast.interval(alpha), contrast.relative(alpha)
    found = interval.low > 0 or interval.high < 0
    assert found == (contrast.p < alpha)
    if relative is not None:
        assert (relative.low > 0 or relative.high < 0) == found


def test_fieller_solves_its_own_equation():
    found = fieller(1.4, 0.01, 1.0, 0.006, 3.8416)
    for end in (found.low + 1, found.high + 1):
        assert (1.4 - end) ** 2 == pytest.approx(3.8416 * (0.01 + end**2 * 0.006), rel=1e-9)


def test_fieller_is_unbounded_when_the_control_may_be_zero():
    assert MeanContrast(Estimate(1, 0.1), Estimate(0.1, 0.1)).relative(0.05) is None
    assert RateContrast(5, 50, 0, 50).relative(0.05) is None


def test_a_small_control_rate_bounds_the_ratio_on_both_sides():
    relative = RateContrast(40, 400, 1, 50).relative(0.05)
    assert relative.low < 4 < relative.high < math.inf


def test_welch_agrees_with_scipy():
    from scipy.stats import ttest_ind

    random = np.random.default_rng(2)
    top, bottom = random.normal(1, 3, 17), random.normal(0, 1, 40)
    ours = MeanContrast(*(Estimate(x.mean(), x.var(ddof=1) / len(x), len(x) - 1) for x in (top, bottom)))
    theirs = ttest_ind(top, bottom, equal_var=False)
    assert ours.p == pytest.approx(theirs.pvalue, abs=1e-12)
    assert (ours.interval(0.05).low, ours.interval(0.05).high) == pytest.approx(tuple(theirs.confidence_interval()), abs=1e-12)


def test_fisher_agrees_with_scipy():
    from scipy.stats import fisher_exact

    random = np.random.default_rng(3)
    for _ in range(200):
        n1, n0 = random.integers(1, 60, 2)
        x1, x0 = random.integers(0, n1 + 1), random.integers(0, n0 + 1)
        assert fisher_p(int(x1), int(n1), int(x0), int(n0)) == pytest.approx(fisher_exact([[x1, n1 - x1], [x0, n0 - x0]]).pvalue, abs=1e-10)


def test_all_redrawings_are_counted():
    top, bottom = [3.1, 4.4, 9.0, 2.2], [1.0, 2.0, 2.2, 0.3, 1.1]
    everybody = [*top, *bottom]
    own = abs(np.mean(top) - np.mean(bottom))
    draws = [set(draw) for draw in itertools.combinations(range(9), 4)]
    far = [
        abs(np.mean([everybody[one] for one in draw]) - np.mean([everybody[one] for one in range(9) if one not in draw])) >= own - 1e-9
        for draw in draws
    ]
    assert permutation_p(top, bottom, seed=0) == pytest.approx(sum(far) / len(far), abs=1e-12)


def test_random_redrawings_are_repeatable_and_near_welch():
    random = np.random.default_rng(4)
    top, bottom = random.normal(0.5, 1, 40), random.normal(0, 1, 40)
    first = permutation_p(top, bottom, seed=7)
    assert first == permutation_p(top, bottom, seed=7)
    contrast = MeanContrast(*(Estimate(x.mean(), x.var(ddof=1) / 40, 39) for x in (top, bottom)))
    assert first == pytest.approx(contrast.p, abs=0.01)


def test_an_exact_test_that_finds_nothing_widens_the_interval_to_zero():
    plain = MeanContrast(Estimate(5, 0.1), Estimate(1, 0.1))
    checked = ExactlyChecked(plain, 0.2)
    assert checked.p == 0.2
    assert checked.interval(0.05).low == 0
    assert checked.relative(0.05).low == 0
    assert checked.interval(0.25) == plain.interval(0.25)


def test_a_quantile_interval_covers_and_agrees_with_its_p():
    random = np.random.default_rng(5)
    hits = 0
    for _ in range(60):
        top, bottom = np.sort(random.gamma(2, 1, 400)), np.sort(random.gamma(2, 1, 300))
        contrast = QuantileContrast(top, bottom, 0.5)
        interval = contrast.interval(0.05)
        hits += interval.holds(0)
        assert interval.holds(0) == (contrast.p > 0.05)
    assert 0.88 <= hits / 60 <= 1.0


def test_impossible_tables_are_refused():
    with pytest.raises(InputError, match="outnumber"):
        fisher_p(11, 10, 0, 10)
    with pytest.raises(InputError, match="arm is empty"):
        permutation_p([], [1.0], seed=0)
    with pytest.raises(InputError, match="empty or infinite"):
        permutation_p([float("nan")], [1.0], seed=0)
