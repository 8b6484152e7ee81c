import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.segments.hidden.gaps import Gap, deepest_strips, direction, strips_between
from kogorta.segments.hidden.grouping import find_centres, find_groups, gaps_between, parting_features, stability

CLOUDS = {
    "normal": lambda random, size: random.standard_normal((size, 3)),
    "skewed": lambda random, size: np.exp(0.7 * random.standard_normal((size, 3))),
    "flat": lambda random, size: random.random((size, 3)),
    "one-sided": lambda random, size: random.exponential(1, (size, 3)),
    "heavy": lambda random, size: random.standard_t(3, (size, 3)),
    "correlated": lambda random, size: random.standard_normal((size, 1)) + 0.4 * random.standard_normal((size, 3)),
}


def halved(size):
    return np.arange(size) % 2 == 0


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("shape", ["round", "long"])
def test_a_cloud_cut_in_groups_has_no_gaps(name, shape):
    wrong = 0
    for seed in range(8):
        cloud = CLOUDS[name](np.random.default_rng(seed), 400)
        for groups in (2, 3):
            labels = find_groups(cloud, groups, seed, shape).nearest(cloud)
            gaps = gaps_between(cloud, cloud, labels, halved(400), seed, shape) if labels.max() == groups - 1 else None
            wrong += gaps is not None and all(gap.p <= 0.005 and gap.depth <= 0.4 for gap in gaps)
    assert wrong == 0


@pytest.mark.parametrize("shape", ["round", "long"])
def test_groups_apart_have_gaps_and_come_back(shape):
    random = np.random.default_rng(0)
    truth = random.choice(3, 600, p=[0.5, 0.3, 0.2])
    cloud = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[truth] + random.standard_normal((600, 2))
    labels = find_groups(cloud, 3, 1, shape).nearest(cloud)
    gaps = gaps_between(cloud, cloud, labels, halved(600), 1, shape)
    assert all(gap.depth < 0.2 and gap.p < 1e-6 for gap in gaps)
    assert stability(cloud, labels, shape, seed=1, times=10).min() > 0.95


def test_a_feature_with_two_peaks_parts_customers_and_one_with_one_peak_does_not():
    random = np.random.default_rng(0)
    two = np.where(random.random(600) < 0.3, 5.0, 0.0) + random.standard_normal(600)
    assert parting_features(np.column_stack([random.standard_normal(600), two]), halved(600), 20) == [1]


def test_the_chance_of_a_gap_is_the_binomial_one():
    assert Gap(10, 0, 10).p == pytest.approx(0.5**10)
    assert Gap(10, 10, 10).p == pytest.approx(0.588, abs=1e-3)
    assert Gap(40, 5, 20).depth == 0.25
    assert Gap(3, 1, 2) + Gap(1, 1, 1) == Gap(4, 2, 3)


def test_nothing_is_apart_in_too_few_or_equal_values():
    assert strips_between(np.zeros(3), np.ones(3)) is None
    assert deepest_strips(np.ones(100), fewest=5) is None


def test_the_direction_between_groups_weighs_the_quiet_feature_more():
    random = np.random.default_rng(0)
    left, right = random.standard_normal((200, 2)) * [1, 5], random.standard_normal((200, 2)) * [1, 5] + [3, 3]
    axis = direction(left, right)
    assert abs(axis[0]) > 5 * abs(axis[1])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_centres_are_numbered_from_the_largest_group_and_do_not_change(seed, groups):
    cloud = np.random.default_rng(seed).standard_normal((120, 2))
    labels = find_centres(cloud, groups, seed).nearest(cloud)
    sizes = np.bincount(labels, minlength=groups)
    assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)
    assert find_centres(cloud, groups, seed).nearest(cloud).tolist() == labels.tolist()
