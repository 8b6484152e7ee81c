"""One treated arm against the control: effect, interval, p and relative effect that never contradict each other.

A contrast is built from limits of each arm. The difference combines them by the square-and-add rule, and the relative
effect solves the same rule for the ratio, so at every level both exclude "no effect" together; p is the level at which
the interval touches zero. Means give Welch and Fieller in this way, rates give Newcombe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from kogorta.experiments.exact import fisher_p
from kogorta.experiments.quantities import Interval, normal_quantile, two_sided_p

if TYPE_CHECKING:
    from collections.abc import Callable

    from kogorta.experiments.sums import Floats

SMALL_EXPECTED: Final = 5.0
"""Below this many expected customers in a cell of the 2 x 2 table Fisher's exact test has to agree as well."""


class Contrast(Protocol):
    """A treated arm against the control on one metric."""

    @property
    def value(self) -> float:
        """Estimate in the treated arm."""

    @property
    def control_value(self) -> float:
        """Estimate in the control arm."""

    @property
    def p(self) -> float:
        """Two-sided p of no effect."""

    def interval(self, alpha: float) -> Interval:
        """Interval of the absolute effect."""

    def relative(self, alpha: float) -> Interval | None:
        """Interval of the relative effect, or `None` when it has no finite bounds."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its uncertainty.

    Attributes:
        value: the estimate.
        variance: its variance (of the estimate, not of a customer).
        freedom: degrees of freedom of the variance.
    """

    value: float
    variance: float
    freedom: float = math.inf


@dataclass(frozen=True)
class MeanContrast:
    """Welch for the difference and Fieller for the ratio, from two independent estimates.

    Args:
        treated: estimate in the treated arm.
        control: estimate in the control arm.

    Example:
        >>> contrast = MeanContrast(Estimate(1.4, 0.010), Estimate(1.0, 0.006))
        >>> round(contrast.interval(0.05).low, 4)
        0.1521

    Source: Welch (1947); Fieller (1954), J. Royal Stat. Soc. B 16.
    """

    treated: Estimate
    control: Estimate

    @property
    def value(self) -> float:
        """Estimate in the treated arm."""
        return self.treated.value

    @property
    def control_value(self) -> float:
        """Estimate in the control arm."""
        return self.control.value

    @property
    def error(self) -> float:
        """Standard error of the difference."""
        return math.sqrt(self.treated.variance + self.control.variance)

    @property
    def freedom(self) -> float:
        """Welch-Satterthwaite degrees of freedom."""
        parts = (self.treated, self.control)
        below = sum(part.variance**2 / part.freedom for part in parts if part.variance > 0)
        return sum(part.variance for part in parts) ** 2 / below if below > 0 else math.inf

    @property
    def statistic(self) -> float:
        """Difference over its standard error."""
        return (self.treated.value - self.control.value) / self.error

    @property
    def p(self) -> float:
        """Two-sided p of no effect."""
        if math.isinf(self.freedom):
            return two_sided_p(self.statistic)
        from scipy.special import stdtr

        return float(2 * stdtr(self.freedom, -abs(self.statistic)))

    def critical(self, alpha: float) -> float:
        """How many standard errors the interval reaches."""
        if math.isinf(self.freedom):
            return normal_quantile(1 - alpha / 2)
        from scipy.special import stdtrit

        return float(-stdtrit(self.freedom, alpha / 2))

    def interval(self, alpha: float) -> Interval:
        """Interval of the absolute effect."""
        effect, half = self.treated.value - self.control.value, self.critical(alpha) * self.error
        return Interval(effect - half, effect + half)

    def relative(self, alpha: float) -> Interval | None:
        """Fieller interval of treated / control - 1; `None` when the control is not clearly off zero."""
        squared = self.critical(alpha) ** 2
        return fieller(self.treated.value, self.treated.variance, self.control.value, self.control.variance, squared)


def fieller(top: float, top_variance: float, bottom: float, bottom_variance: float, squared: float) -> Interval | None:
    """Interval of top / bottom - 1 for independent estimates; `None` when it is not bounded.

    Args:
        top: estimate above the line.
        top_variance: its variance.
        bottom: estimate below the line.
        bottom_variance: its variance.
        squared: squared critical value.
    """
    lead = bottom * bottom - squared * bottom_variance
    if lead <= 0:
        return None
    centre = top * bottom / lead
    rest = centre * centre - (top * top - squared * top_variance) / lead
    half = math.sqrt(max(rest, 0.0))
    return Interval(centre - half - 1, centre + half - 1)


@dataclass(frozen=True)
class RateContrast:
    """Two rates: Newcombe's interval, its inversion for p, and Fisher's exact test when the table is small.

    Where Fisher's test finds nothing the interval is widened to zero and p is the larger of the two, so that the reader
    never sees a finding that the exact test denies.

    Args:
        treated: customers of the treated arm who did it.
        treated_size: customers of the treated arm.
        control: customers of the control arm who did it.
        control_size: customers of the control arm.

    Example:
        >>> contrast = RateContrast(267, 21307, 122, 21306)
        >>> round(contrast.interval(0.05).low, 6), round(contrast.interval(0.05).high, 6)
        (0.005014, 0.008641)

    Source: Newcombe (1998), Statistics in Medicine 17, method 10; Donner and Zou (2012) for the ratio.
    """

    treated: int
    treated_size: int
    control: int
    control_size: int

    @property
    def value(self) -> float:
        """Rate of the treated arm."""
        return self.treated / self.treated_size

    @property
    def control_value(self) -> float:
        """Rate of the control arm."""
        return self.control / self.control_size

    @property
    def small(self) -> bool:
        """Whether a cell of the table is expected to hold fewer than 5 customers."""
        share = (self.treated + self.control) / (self.treated_size + self.control_size)
        return min(share, 1 - share) * min(self.treated_size, self.control_size) < SMALL_EXPECTED

    @property
    def exact_p(self) -> float:
        """Fisher's two-sided p."""
        return fisher_p(self.treated, self.treated_size, self.control, self.control_size)

    @property
    def p(self) -> float:
        """Two-sided p of no effect: the level at which the interval touches zero."""
        p = inverted_p(self.value - self.control_value, self._reach_to_zero)
        return max(p, self.exact_p) if self.small else p

    def _reach_to_zero(self, z: float) -> float:
        """How far the interval at `z` reaches from the estimate towards zero."""
        low, high = self._ends(z)
        effect = self.value - self.control_value
        return effect - low if effect > 0 else high - effect

    def _ends(self, z: float) -> tuple[float, float]:
        top, bottom = self.value, self.control_value
        top_low, top_high = _wilson(top, self.treated_size, z)
        bottom_low, bottom_high = _wilson(bottom, self.control_size, z)
        return (
            top - bottom - math.hypot(top - top_low, bottom_high - bottom),
            top - bottom + math.hypot(top_high - top, bottom - bottom_low),
        )

    def interval(self, alpha: float) -> Interval:
        """Newcombe's interval of the absolute effect."""
        low, high = self._ends(normal_quantile(1 - alpha / 2))
        if self.small and self.exact_p > alpha:
            low, high = min(low, 0.0), max(high, 0.0)
        return Interval(low, high)

    def relative(self, alpha: float) -> Interval | None:
        """Interval of the rate ratio - 1; the upper end is infinite while the control rate may be zero."""
        if self.control == 0:
            return None
        z = normal_quantile(1 - alpha / 2)
        found = ratio_of_limits(
            self.value,
            _wilson(self.value, self.treated_size, z),
            self.control_value,
            _wilson(self.control_value, self.control_size, z),
        )
        if found is not None and self.small and self.exact_p > alpha:
            return Interval(min(found.low, 0.0), max(found.high, 0.0))
        return found


def _wilson(rate: float, size: int, z: float) -> tuple[float, float]:
    squared = z * z
    below = 1 + squared / size
    centre = (rate + squared / (2 * size)) / below
    half = z / below * math.sqrt(rate * (1 - rate) / size + squared / (4 * size * size))
    return (0.0 if rate == 0 else max(centre - half, 0.0)), (1.0 if rate == 1 else min(centre + half, 1.0))


def ratio_of_limits(top: float, top_limits: tuple[float, float], bottom: float, bottom_limits: tuple[float, float]) -> Interval | None:
    """Interval of top / bottom - 1 from each estimate's own limits, all of them at or above zero.

    Returns:
        The interval, its upper end infinite when the lower limit below the line is zero; `None` when `bottom` is zero.

    Source: Donner and Zou (2012), Statistical Methods in Medical Research 21.
    """
    if bottom <= 0:
        return None
    product = top * bottom
    top_low = top_limits[0] * (2 * top - top_limits[0])
    top_high = top_limits[1] * (2 * top - top_limits[1])
    bottom_low = bottom_limits[0] * (2 * bottom - bottom_limits[0])
    bottom_high = bottom_limits[1] * (2 * bottom - bottom_limits[1])
    root = math.sqrt(max(product * product - top_low * bottom_high, 0.0))
    low = top_low / (product + root) if product + root > 0 else 0.0
    if bottom_low <= 0:
        return Interval(low - 1, math.inf)
    high = (product + math.sqrt(max(product * product - top_high * bottom_low, 0.0))) / bottom_low
    return Interval(low - 1, high - 1)


@dataclass(frozen=True, eq=False)
class QuantileContrast:
    """Difference of a quantile, with distribution-free limits in each arm.

    Args:
        treated: outcomes of the treated arm, sorted.
        control: outcomes of the control arm, sorted.
        share: which quantile, 0-1.

    Source: Woodruff (1952), JASA 47, joined by the square-and-add rule (Zou and Donner, 2008).
    """

    treated: Floats
    control: Floats
    share: float

    @property
    def value(self) -> float:
        """Quantile of the treated arm."""
        return float(np.quantile(self.treated, self.share))

    @property
    def control_value(self) -> float:
        """Quantile of the control arm."""
        return float(np.quantile(self.control, self.share))

    @property
    def p(self) -> float:
        """Two-sided p of no effect: the level at which the interval touches zero."""
        effect = self.value - self.control_value

        def reach(z: float) -> float:
            low, high = self._ends(z)
            return effect - low if effect > 0 else high - effect

        return inverted_p(effect, reach)

    def _ends(self, z: float) -> tuple[float, float]:
        top, bottom = self.value, self.control_value
        top_low, top_high = self._limits(self.treated, z)
        bottom_low, bottom_high = self._limits(self.control, z)
        return (
            top - bottom - math.hypot(top - top_low, bottom_high - bottom),
            top - bottom + math.hypot(top_high - top, bottom - bottom_low),
        )

    def _limits(self, values: Floats, z: float) -> tuple[float, float]:
        half = z * math.sqrt(self.share * (1 - self.share) / len(values))
        low, high = max(self.share - half, 0.0), min(self.share + half, 1.0)
        return float(np.quantile(values, low)), float(np.quantile(values, high))

    def interval(self, alpha: float) -> Interval:
        """Interval of the absolute effect."""
        return Interval(*self._ends(normal_quantile(1 - alpha / 2)))

    def relative(self, alpha: float) -> Interval | None:
        """Interval of the ratio of quantiles - 1; `None` unless both are above zero."""
        z = normal_quantile(1 - alpha / 2)
        top, bottom = self._limits(self.treated, z), self._limits(self.control, z)
        if top[0] < 0 or bottom[0] < 0:
            return None
        return ratio_of_limits(self.value, top, self.control_value, bottom)


def inverted_p(effect: float, reach: Callable[[float], float]) -> float:
    """The two-sided level at which an interval that reaches `reach(z)` from the estimate touches zero."""
    if effect == 0:
        return 1.0
    distance, low, high = abs(effect), 0.0, 1.0
    while reach(high) < distance:
        low, high = high, high * 2
        if high > 1000:
            return 0.0
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if reach(middle) < distance:
            low = middle
        else:
            high = middle
    return two_sided_p(high)
