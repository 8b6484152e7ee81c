"""Buckets and readings as other platforms compute them, to take over an experiment that was started there."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kogorta.experiments.contrasts import Estimate, MeanContrast
from kogorta.experiments.qini import Ranking
from kogorta.experiments.quantities import Interval, arm_size, normal_quantile, open_share, two_sided_p
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from kogorta.experiments.sums import Floats

_WORD = 0xFFFFFFFF


def growthbook_share(unit: str, seed: str, *, version: int = 2) -> float:
    """Place 0-1 of a customer in GrowthBook; version 1 is kept by old experiments, whose splits are correlated.

    Example:
        >>> growthbook_share("a", "seed"), growthbook_share("a", "", version=1)
        (0.0505, 0.22)

    Source: GrowthBook SDK specification (FNV-1a, 32 bits).
    """
    if version == 1:
        return _fnv1a(unit + seed) % 1000 / 1000
    return _fnv1a(str(_fnv1a(seed + unit))) % 10000 / 10000


def eppo_shard(unit: str, salt: str, shards: int = 10000) -> int:
    """Shard of a customer in Eppo.

    Example:
        >>> eppo_shard("user-1", "exp1")
        6437
    """
    return int(hashlib.md5(f"{salt}-{unit}".encode(), usedforsecurity=False).hexdigest()[:8], 16) % shards


def posthog_share(unit: str, key: str, salt: str = "") -> float:
    """Place 0-1 of a customer in PostHog.

    Example:
        >>> round(posthog_share("user-1", "exp1", "variant"), 8)
        0.71187769
    """
    digest = hashlib.sha1(f"{key}.{unit}{salt}".encode(), usedforsecurity=False).hexdigest()[:15]
    return int(digest, 16) / 0xFFFFFFFFFFFFFFF


def optimizely_bucket(unit: str, experiment: str) -> int:
    """Bucket 0-9999 of a customer in Optimizely.

    Example:
        >>> optimizely_bucket("user-1", "exp1")
        7635
    """
    return math.floor(_murmur3((unit + experiment).encode(), 1) / 2**32 * 10000)


def statsig_bucket(unit: str, salt: str, buckets: int = 1000) -> int:
    """Bucket of a customer in Statsig.

    Example:
        >>> statsig_bucket("user-1", "exp1")
        124
    """
    digest = hashlib.sha256(f"{salt}.{unit}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % buckets


def _fnv1a(text: str) -> int:
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & _WORD
    return value


def _murmur3(text: bytes, seed: int) -> int:
    """MurmurHash3, 32 bits (Appleby, public domain description)."""

    def turn(value: int, by: int) -> int:
        return (value << by | value >> (32 - by)) & _WORD

    def mix(block: int) -> int:
        return turn(block * 0xCC9E2D51 & _WORD, 15) * 0x1B873593 & _WORD

    state, whole = seed, len(text) // 4 * 4
    for start in range(0, whole, 4):
        state = turn(state ^ mix(int.from_bytes(text[start : start + 4], "little")), 13) * 5 + 0xE6546B64 & _WORD
    if whole < len(text):
        state ^= mix(int.from_bytes(text[whole:], "little"))
    state ^= len(text)
    state = (state ^ state >> 16) * 0x85EBCA6B & _WORD
    state = (state ^ state >> 13) * 0xC2B2AE35 & _WORD
    return state ^ state >> 16


@dataclass(frozen=True)
class LinearReading:
    """Relative effect with a symmetric interval, as GrowthBook shows it; it undercovers on small samples.

    Attributes:
        relative: treated / control - 1.
        interval: its symmetric interval.
        p: two-sided p from the same approximation.
        chance_to_win: Gaussian probability that the effect is above zero, with a flat prior.
        risk_of_treated: expected relative loss if the treated arm is chosen and is worse.
        risk_of_control: expected relative loss if the control is kept and is worse.
    """

    relative: float
    interval: Interval
    p: float
    chance_to_win: float
    risk_of_treated: float
    risk_of_control: float


def linear_reading(contrast: MeanContrast, *, alpha: float = 0.05, reach: float | None = None, bayesian: bool = False) -> LinearReading:
    """Read a contrast as the linear delta method does; never used for our own verdicts.

    Args:
        contrast: the contrast.
        alpha: error rate of the interval.
        reach: standard errors of the interval, for example of an always-valid one; `None` = t quantile.
        bayesian: use the normal quantile, as a flat Gaussian prior does.

    Example:
        >>> from kogorta.experiments.contrasts import Estimate, MeanContrast
        >>> reading = linear_reading(MeanContrast(Estimate(0.7, 0.01), Estimate(0.5, 0.01)))
        >>> round(reading.relative, 2)
        0.4
    """
    from scipy.special import ndtr, stdtr, stdtrit

    top, bottom = contrast.treated, contrast.control
    ratio = top.value / bottom.value
    error = math.sqrt(top.variance + ratio**2 * bottom.variance) / abs(bottom.value)
    relative, freedom = ratio - 1, contrast.freedom
    z = relative / error
    if reach is None:
        reach = normal_quantile(1 - alpha / 2) if bayesian or math.isinf(freedom) else float(-stdtrit(freedom, alpha / 2))
    p = two_sided_p(z) if bayesian or math.isinf(freedom) else float(2 * stdtr(freedom, -abs(z)))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    chance = float(ndtr(z))
    return LinearReading(
        relative,
        Interval(relative - reach * error, relative + reach * error),
        p,
        chance,
        error * density - relative * (1 - chance),
        error * density + relative * chance,
    )


def log_reading(contrast: MeanContrast, *, alpha: float = 0.05) -> Interval:
    """Interval of treated / control - 1 by the delta method on logarithms, as tea-tasting shows it.

    It may contradict the test of the absolute effect and undercovers on small skewed samples; never used for our own verdicts.

    Args:
        contrast: the contrast.
        alpha: error rate of the interval.

    Raises:
        InputError: an estimate is not above zero, so that it has no logarithm.

    Example:
        >>> interval = log_reading(MeanContrast(Estimate(1.2, 0.01), Estimate(1.0, 0.01)))
        >>> round(interval.low, 4), round(interval.high, 4)
        (-0.0702, 0.5488)
    """
    open_share("alpha", alpha)
    sides = (contrast.treated, contrast.control)
    for side in sides:
        if not side.value > 0:
            raise InputError("an estimate is {value:g}; a logarithm needs one above zero.", value=side.value)
    logs = [Estimate(math.log(side.value), side.variance / side.value**2, side.freedom) for side in sides]
    found = MeanContrast(*logs).interval(alpha)
    return Interval(math.expm1(found.low), math.expm1(found.high))


def pooled_z(treated: int, treated_size: int, control: int, control_size: int) -> tuple[float, float]:
    """The z test of two rates with one pooled variance: its statistic and two-sided p.

    Args:
        treated: customers of the treated arm who did it.
        treated_size: customers of the treated arm.
        control: customers of the control arm who did it.
        control_size: customers of the control arm.

    Raises:
        InputError: all customers did the same.

    Example:
        >>> z, p = pooled_z(267, 21307, 122, 21306)
        >>> round(z, 4), float(f"{p:.3e}")
        (7.3851, 1.523e-13)

    Source: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions, ch. 3.
    """
    top, bottom = arm_size("treated_size", treated_size), arm_size("control_size", control_size)
    share = (treated + control) / (top + bottom)
    if not 0 < share < 1:
        raise InputError("the outcome never varies; there is nothing to compare yet.")
    z = (treated / top - control / bottom) / math.sqrt(share * (1 - share) * (1 / top + 1 / bottom))
    return z, two_sided_p(z)


@dataclass(frozen=True)
class WalkedScores:
    """Areas of a ranking walked customer by customer, as causalml has them.

    Attributes:
        auuc: mean height of the uplift curve over its end; about 0.5 for a random order.
        qini: mean height of the Qini curve over its end, less that of a random order; 0 for a random order.
    """

    auuc: float
    qini: float


def walked_scores(score: Floats, outcome: Floats, treated: Floats) -> WalkedScores:
    """Areas as causalml computes them: every customer is a step, also among equal scores.

    Among equal scores the steps follow the order of rows, so another order of the same customers gives another figure; our own
    `qini_score` and `uplift_score` keep equal scores together.

    Args:
        score: larger = contact first.
        outcome: 0/1 or an amount.
        treated: 1 for treated, 0 for control.

    Raises:
        InputError: the data cannot be ranked, or the whole effect is zero.

    Example:
        >>> found = walked_scores(np.array([4.0, 3, 2, 1]), np.array([1.0, 0, 1, 1]), np.array([1.0, 0, 1, 0]))
        >>> found.auuc, round(found.qini, 6)
        (0.75, 0.4)
    """
    ranking = Ranking.of(score, outcome, treated)
    steps = np.arange(1.0, len(ranking.outcome) + 1)
    n1, y1 = np.cumsum(ranking.treated), np.cumsum(ranking.treated * ranking.outcome)
    n0, y0 = steps - n1, np.cumsum((1 - ranking.treated) * ranking.outcome)
    places, some, both = np.concatenate([[0.0], steps]), n0 > 0, (n1 > 0) & (n0 > 0)
    # where a group has no customer yet, the curves are drawn straight from zero
    lift = np.interp(places, np.append(0.0, steps[both]), np.append(0.0, y1[both] / n1[both] - y0[both] / n0[both]))
    gain = np.interp(places, np.append(0.0, steps[some]), np.append(0.0, y1[some] - y0[some] * n1[some] / n0[some]))
    if lift[-1] == 0:
        raise InputError("the whole effect is zero; the areas cannot be scaled by it.")
    uplift = lift * places
    auuc, qini = (float(curve.mean() / abs(curve[-1])) for curve in (uplift, gain))
    return WalkedScores(auuc, qini - math.copysign(0.5, float(gain[-1])))
