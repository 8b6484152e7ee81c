import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kogorta.segments.drivers.effects import RateEffect, RatioEffect, adjusted, correlation_ratio, cramers_v

counts = st.integers(0, 60).flatmap(lambda size: st.tuples(st.integers(0, size + 10), st.just(size + 10)))


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_intervals_are_those_newcombe_published(cells, low, high):
    bounds = RateEffect(*cells).interval(0.05)
    assert (bounds.low, bounds.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(counts, counts)
def test_p_and_interval_of_shares_agree_and_sides_can_be_swapped(own, others):
    effect, swapped = RateEffect(*own, *others), RateEffect(*others, *own)
    assert effect.p == pytest.approx(swapped.p)
    bounds = effect.interval(0.05)
    assert -1 <= bounds.low <= effect.value <= bounds.high <= 1
    if effect.p < 0.049:
        assert bounds.low > 0 or bounds.high < 0


def test_small_counts_are_not_surer_than_fisher():
    table = [[4, 26], [0, 40]]
    assert RateEffect(4, 30, 0, 40).p >= stats.fisher_exact(table).pvalue - 1e-12


def test_ratios_are_welch_on_logarithms():
    random = np.random.default_rng(0)
    one, other = random.normal(8, 1, 40), random.normal(7.5, 0.5, 90)
    effect = RatioEffect(one.mean(), one.var(ddof=1), 40, other.mean(), other.var(ddof=1), 90)
    known = stats.ttest_ind(one, other, equal_var=False)
    assert effect.p == pytest.approx(known.pvalue)
    bounds, interval = effect.interval(0.05), known.confidence_interval(0.95)
    assert (np.log(bounds.low), np.log(bounds.high)) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert effect.value == pytest.approx(np.exp(one.mean() - other.mean()))


def test_adjusted_p_values_are_those_of_scipy():
    p_values = np.random.default_rng(1).random(50) ** 3
    assert adjusted(p_values) == pytest.approx(stats.false_discovery_control(p_values).tolist())
    assert adjusted([]) == []


def test_strength_is_zero_by_chance_and_one_for_a_copy():
    random = np.random.default_rng(0)
    codes, other = random.integers(0, 4, 2000), random.integers(0, 3, 2000)
    assert cramers_v(codes, other) < 0.05
    assert cramers_v(codes, 3 - codes) == pytest.approx(1.0, abs=0.01)
    assert cramers_v(np.full(10, -1), codes[:10]) == 0.0
    assert correlation_ratio(codes, codes * 5.0) == pytest.approx(1.0)
    assert correlation_ratio(codes, random.normal(size=2000)) < 0.06
    assert correlation_ratio(codes, np.full(2000, np.nan)) == 0.0
