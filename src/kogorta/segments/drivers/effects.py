"""Effects whose intervals never contradict their p: differences of shares (Newcombe), ratios of typical sums (Welch on logarithms)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

SMALL_EXPECTED: Final = 10.0
"""Below this expected count in a cell of the 2 x 2 table Fisher's exact test has to agree."""


@dataclass(frozen=True)
class Bounds:
    """An interval."""

    low: float
    high: float


@dataclass(frozen=True)
class RateEffect:
    """Difference of two shares: those with the level against everybody else whose level is known.

    Args:
        hits, size: who did and how many there are, with the level.
        other_hits, other_size: the same of the others.

    Example:
        >>> effect = RateEffect(56, 70, 48, 80)
        >>> round(effect.interval(0.05).low, 4), round(effect.interval(0.05).high, 4)
        (0.0524, 0.3339)

    Source: Newcombe (1998), Statistics in Medicine 17, method 10 (the example is his).
    """

    hits: int
    size: int
    other_hits: int
    other_size: int

    @property
    def own(self) -> float:
        """Share with the level."""
        return self.hits / self.size

    @property
    def others(self) -> float:
        """Share of the others."""
        return self.other_hits / self.other_size

    @property
    def value(self) -> float:
        """Difference of the shares."""
        return self.own - self.others

    def interval(self, alpha: float) -> Bounds:
        """Interval of the difference at 1 - alpha."""
        from scipy.special import ndtri

        return self._at(float(-ndtri(alpha / 2)))

    @property
    def p(self) -> float:
        """Two-sided p: the level at which the interval touches zero; at small counts not below Fisher's exact p."""
        from scipy.special import ndtr

        if self.value == 0:
            return 1.0
        low, high = 0.0, 40.0
        for _ in range(60):
            middle = (low + high) / 2
            bounds = self._at(middle)
            low, high = (middle, high) if bounds.low > 0 or bounds.high < 0 else (low, middle)
        p = float(2 * ndtr(-low))
        everybody = self.size + self.other_size
        did = self.hits + self.other_hits
        smallest = min(self.size, self.other_size) * min(did, everybody - did) / everybody
        if smallest >= SMALL_EXPECTED:
            return p
        return max(p, fisher_p(self.hits, self.size, self.other_hits, self.other_size))

    def _at(self, z: float) -> Bounds:
        low, high = wilson(self.hits, self.size, z)
        other_low, other_high = wilson(self.other_hits, self.other_size, z)
        down = math.hypot(self.own - low, other_high - self.others)
        up = math.hypot(high - self.own, self.others - other_low)
        return Bounds(self.value - down, self.value + up)


@dataclass(frozen=True)
class RatioEffect:
    """Ratio of two typical sums (geometric means), Welch's t on the logarithms.

    Args:
        mean, variance, size: of the logarithms with the level.
        other_mean, other_variance, other_size: of the others.

    Example:
        >>> effect = RatioEffect(7.0, 0.25, 50, 6.8, 0.16, 200)
        >>> round(effect.value, 3), round(effect.interval(0.05).low, 3)
        (1.221, 1.049)

    Source: Welch (1947), Biometrika 34.
    """

    mean: float
    variance: float
    size: int
    other_mean: float
    other_variance: float
    other_size: int

    @property
    def own(self) -> float:
        """Typical sum with the level."""
        return math.exp(self.mean)

    @property
    def others(self) -> float:
        """Typical sum of the others."""
        return math.exp(self.other_mean)

    @property
    def value(self) -> float:
        """Ratio of the two."""
        return math.exp(self.mean - self.other_mean)

    @property
    def error(self) -> float:
        """Standard error of the difference of the logarithms."""
        return math.sqrt(self.variance / self.size + self.other_variance / self.other_size)

    @property
    def freedom(self) -> float:
        """Welch-Satterthwaite degrees of freedom."""
        one, other = self.variance / self.size, self.other_variance / self.other_size
        below = one**2 / max(self.size - 1, 1) + other**2 / max(self.other_size - 1, 1)
        return (one + other) ** 2 / below if below > 0 else 1.0

    def interval(self, alpha: float) -> Bounds:
        """Interval of the ratio at 1 - alpha."""
        from scipy.special import stdtrit

        half = float(-stdtrit(self.freedom, alpha / 2)) * self.error
        difference = self.mean - self.other_mean
        return Bounds(math.exp(difference - half), math.exp(difference + half))

    @property
    def p(self) -> float:
        """Two-sided p of no difference."""
        from scipy.special import stdtr

        if self.error == 0:
            return 1.0
        return float(2 * stdtr(self.freedom, -abs(self.mean - self.other_mean) / self.error))


Effect = RateEffect | RatioEffect


def wilson(hits: int, size: int, z: float) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927)."""
    share, square = hits / size, z * z
    centre = share + square / (2 * size)
    half = z * math.sqrt(share * (1 - share) / size + square / (4 * size * size))
    below = 1 + square / size
    return max((centre - half) / below, 0.0), min((centre + half) / below, 1.0)


def fisher_p(hits: int, size: int, other_hits: int, other_size: int) -> float:
    """Two-sided exact p of a 2 x 2 table with given margins (Fisher 1935): the chance of all tables no likelier than this one.

    Example:
        >>> round(fisher_p(8, 10, 1, 6), 4)
        0.035
    """
    from scipy.special import gammaln

    did, everybody = hits + other_hits, size + other_size
    counts = np.arange(max(0, did - other_size), min(did, size) + 1)

    def ways(n: int, k: NDArray[np.intp]) -> Floats:
        found: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        return found

    logs = ways(size, counts) + ways(other_size, did - counts) - ways(everybody, np.array([did]))
    chances = np.exp(logs)
    return min(float(chances[chances <= chances[hits - counts[0]] * (1 + 1e-7)].sum()), 1.0)


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for their number (Benjamini and Hochberg 1995).

    Example:
        >>> [round(p, 4) for p in adjusted([0.118, 0.0211, 0.0213, 0.00218])]
        [0.118, 0.0284, 0.0284, 0.0087]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    found = np.empty(len(values))
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return [float(one) for one in found]


def cramers_v(codes: Codes, other: Codes) -> float:
    """Strength of association of two factors, 0-1, corrected for chance; codes below zero are unknown.

    Source: Cramer (1946); the correction of Bergsma (2013), J. Korean Stat. Soc. 42.
    """
    both = (codes >= 0) & (other >= 0)
    if both.sum() < 2:
        return 0.0
    _, one = np.unique(codes[both], return_inverse=True)
    _, two = np.unique(other[both], return_inverse=True)
    counts = np.zeros((one.max() + 1, two.max() + 1))
    np.add.at(counts, (one, two), 1)
    n, (rows, columns) = counts.sum(), counts.shape
    if min(rows, columns) < 2:
        return 0.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    square = float(((counts - expected) ** 2 / expected).sum()) / n
    square = max(square - (rows - 1) * (columns - 1) / (n - 1), 0.0)
    rows, columns = rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    return float(min(math.sqrt(square / max(min(rows, columns) - 1, 1e-9)), 1.0))


def correlation_ratio(codes: Codes, values: Floats) -> float:
    """Strength of association of a factor with a figure, 0-1, corrected for chance: the root of omega squared (Hays 1963)."""
    has = (codes >= 0) & ~np.isnan(values)
    found, places = np.unique(codes[has], return_inverse=True)
    own = values[has]
    groups, n = len(found), len(own)
    if groups < 2 or n <= groups:
        return 0.0
    sizes = np.bincount(places)
    means = np.bincount(places, own) / sizes
    between = float((sizes * (means - own.mean()) ** 2).sum())
    whole = float(((own - own.mean()) ** 2).sum())
    within = (whole - between) / (n - groups)
    return math.sqrt(max((between - (groups - 1) * within) / (whole + within), 0.0)) if whole + within > 0 else 0.0
