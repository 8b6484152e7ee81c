import numpy as np
import pytest

from kogorta.experiments.assignment import Arms
from kogorta.experiments.bandits import ArmRewards, Bandit, BanditPeriod, read_bandit
from kogorta.kit.errors import InputError, OptionError


def rewards(*pairs):
    return [ArmRewards(f"arm{place}", n, total, total) for place, (n, total) in enumerate(pairs)]


def test_the_better_of_two_arms_gets_the_traffic_less_the_floor():
    weights = Bandit(seed=1, top_two=True).weights(rewards((1000, 50), (1000, 120)))
    assert weights.arms.shares == pytest.approx((0.05, 0.95), abs=0.001)
    assert weights.chances[1] > 0.999


def test_a_cost_metric_prefers_the_lower_arm_with_two_and_three_arms():
    cheap = [ArmRewards("dear", 500, 5000, 60_000), ArmRewards("cheap", 500, 3000, 25_000)]
    assert Bandit(direction="down", kind="mean").weights(cheap).arms.shares[1] > 0.9
    three = [*cheap, ArmRewards("middle", 500, 4000, 40_000)]
    assert Bandit(direction="down", kind="mean", top_two=True).weights(three).arms.shares[1] > 0.4


def test_no_weights_are_learned_before_every_arm_has_enough_closed_rewards():
    weights = Bandit().weights(rewards((5000, 500), (99, 0)))
    assert not weights.learning
    assert weights.arms.shares == (0.5, 0.5)


def test_every_arm_keeps_its_floor():
    weights = Bandit(floor=0.1).weights(rewards((1000, 10), (1000, 100), (1000, 12)))
    assert min(weights.arms.shares) >= 0.1 - 1e-12
    assert sum(weights.arms.shares) == pytest.approx(1)


def test_equal_arms_share_evenly():
    shares = Bandit(seed=3).weights(rewards((1000, 100), (1000, 100), (1000, 100))).arms.shares
    assert shares == pytest.approx((1 / 3,) * 3, abs=0.02)


def test_draws_are_repeatable():
    assert Bandit(seed=5).weights(rewards((200, 20), (200, 25))) == Bandit(seed=5).weights(rewards((200, 20), (200, 25)))


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: Bandit().weights(rewards((100, 1))), InputError, "two or more"),
        (lambda: Bandit(floor=0.4).weights(rewards((100, 1), (100, 1), (100, 1))), OptionError, "at most 0.333"),
        (lambda: Bandit().weights(rewards((100, 150), (100, 1))), InputError, "kind 'mean'"),
        (lambda: ArmRewards("a", 10, float("nan"), 1), InputError, "not rewards"),
    ],
)
def test_unusable_bandits_are_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


def period(shares, rates, size, random):
    assigned = random.choice(2, size, p=shares)
    return BanditPeriod(Arms.of({"A": shares[0], "B": shares[1]}), assigned, random.binomial(1, np.asarray(rates)[assigned]).astype(float))


def test_reading_by_period_is_not_fooled_by_a_season():
    random = np.random.default_rng(1)
    # no effect; the season doubles the rate while the weights lean to B
    periods = [period((0.5, 0.5), (0.05, 0.05), 4000, random), period((0.1, 0.9), (0.10, 0.10), 4000, random)]
    pooled = [np.concatenate([one.rewards[one.assigned == arm] for one in periods]).mean() for arm in (0, 1)]
    assert pooled[1] - pooled[0] > 0.015
    reading = read_bandit(periods, treated="B", control="A")
    assert reading.contrast.interval(0.05).holds(0)
    assert len(reading.splits) == 2
    assert not any(check.broken for check in reading.splits)


def test_a_period_that_did_not_follow_its_weights_is_seen():
    random = np.random.default_rng(2)
    honest = period((0.5, 0.5), (0.05, 0.06), 4000, random)
    lying = BanditPeriod(Arms.of({"A": 0.8, "B": 0.2}), honest.assigned, honest.rewards)
    assert read_bandit([lying], treated="B", control="A").splits[0].broken


def test_reading_nothing_is_refused():
    with pytest.raises(InputError, match="no closed periods"):
        read_bandit([], treated="B", control="A")
    random = np.random.default_rng(2)
    with pytest.raises(InputError, match="no arm 'C'"):
        read_bandit([period((0.5, 0.5), (0.05, 0.06), 400, random)], treated="C", control="A")
