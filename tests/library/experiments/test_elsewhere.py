import pytest

from kogorta.experiments.always_valid import AlwaysValid
from kogorta.experiments.contrasts import Estimate, MeanContrast
from kogorta.experiments.elsewhere import (
    eppo_shard,
    growthbook_share,
    linear_reading,
    optimizely_bucket,
    posthog_share,
    statsig_bucket,
)

USERS = ("user-1", "user-2", "12345")


def test_growthbook_hash_cases():
    # GrowthBook sdk-js cases.json
    pairs = [("seed", "a", 0.0505), ("seed", "b", 0.2696), ("foo", "ab", 0.2575), ("90850943850283058242805", "123", 0.7516)]
    assert [growthbook_share(unit, seed) for seed, unit, _ in pairs] == [share for *_, share in pairs]
    assert growthbook_share("a", "", version=1) == 0.22
    assert growthbook_share("a", "b", version=1) == 0.946


def test_buckets_of_other_platforms():
    assert [eppo_shard(user, "exp1") for user in USERS] == [6437, 6771, 2607]
    assert [round(posthog_share(user, "exp1", "variant"), 8) for user in USERS] == [0.71187769, 0.24473614, 0.34698188]
    assert [optimizely_bucket(user, "exp1") for user in USERS] == [7635, 4004, 8210]
    assert [statsig_bucket(user, "exp1") for user in USERS] == [124, 409, 382]


def of_sums(n, total, squares):
    return Estimate(total / n, (squares - total**2 / n) / (n - 1) / n, n - 1)


def of_rate(did, n):
    return Estimate(did / n, did / n * (1 - did / n) / n, n - 1)


# gbstats unit tests
A, B = of_sums(3407, 1396.87, 52377.9767), of_sums(3461, 2422.7, 134698.29)


def test_gbstats_absolute_and_linear_relative_readings():
    contrast = MeanContrast(B, A)
    assert (contrast.interval(0.05).low, contrast.interval(0.05).high) == pytest.approx((0.04538, 0.53462), abs=5e-6)
    assert contrast.p == pytest.approx(0.02016, abs=5e-6)
    reading = linear_reading(contrast)
    found = (reading.relative, reading.interval.low, reading.interval.high, reading.p)
    assert found == pytest.approx((0.70732, -0.03526, 1.44989, 0.06191), abs=5e-6)


def test_gbstats_proportions():
    reading = linear_reading(MeanContrast(of_rate(16, 30), of_rate(14, 28)))
    assert (reading.interval.low, reading.interval.high, reading.p) == pytest.approx((-0.47767, 0.61101, 0.80707), abs=5e-6)


def test_gbstats_sequential_readings():
    reach = AlwaysValid(1000).reach(3000 + 3461)
    mean = linear_reading(MeanContrast(B, of_sums(3000, 1396.87, 52377.9767)), reach=reach)
    assert (mean.relative, mean.interval.low, mean.interval.high) == pytest.approx((0.50336, -0.55844, 1.56516), abs=5e-6)
    tuned = AlwaysValid(5000).reach(3000 + 3461)  # the published figure of the rates is tuned for the default of 5,000
    rate = linear_reading(MeanContrast(of_rate(2422, 3461), of_rate(1396, 3000)), reach=tuned)
    assert (rate.relative, rate.interval.low, rate.interval.high) == pytest.approx((0.50386, 0.40098, 0.60675), abs=5e-6)


def test_gbstats_bayesian_reading():
    reading = linear_reading(MeanContrast(of_rate(51, 100), of_rate(49, 100)), bayesian=True)
    found = (reading.relative, reading.interval.low, reading.interval.high, reading.chance_to_win)
    assert found == pytest.approx((0.04082, -0.24779, 0.32943, 0.60918), abs=5e-6)
    assert (reading.risk_of_control, reading.risk_of_treated) == pytest.approx((0.0814, 0.04058), abs=5e-5)
