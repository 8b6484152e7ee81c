"""Buckets and readings as other platforms compute them, to take over an experiment that was started there."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.experiments.quantities import Interval, normal_quantile, two_sided_p

if TYPE_CHECKING:
    from kogorta.experiments.contrasts import MeanContrast

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
