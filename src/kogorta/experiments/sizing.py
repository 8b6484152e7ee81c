"""How many customers a comparison needs, and what a given list can detect at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.experiments.quantities import arm_size, log_binomial, normal_quantile, open_share
from kogorta.kit.checks import check_between, check_choice, check_positive
from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT_LIMIT: Final = 250_000
"""Fisher's exact power is enumerated while treated x control is not above this; beyond it the normal formula agrees."""

MOST_NOISE: Final = 1e7
"""A difference this many times smaller than the deviation takes more customers than there are people, 10^15."""

LEAST_NOISE: Final = 1e-6

Formula = Literal["interval", "unpooled", "pooled", "null", "arcsine"]
FORMULAS: Final = ("interval", "unpooled", "pooled", "null", "arcsine")
PowerMethod = Literal["auto", "exact", "normal"]


@dataclass(frozen=True)
class SampleSize:
    """Customers needed per arm.

    Attributes:
        treated: customers in the treated arm, rounded up.
        control: customers in the control arm, rounded up.
        exact: the treated arm before rounding.
    """

    treated: int
    control: int
    exact: float

    @property
    def total(self) -> int:
        """Customers in both arms."""
        return self.treated + self.control

    @classmethod
    def of(cls, exact: float, ratio: float) -> SampleSize:
        """Round up both arms; `ratio` is control / treated."""
        return cls(math.ceil(exact - 1e-9), math.ceil(exact * ratio - 1e-9), exact)


def sample_size_proportions(
    baseline: float,
    target: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
    formula: Formula | None = None,
) -> SampleSize:
    """Customers per arm that find a rate moving from `baseline` to `target`.

    Args:
        baseline: rate of the control arm, 0-1.
        target: rate of the treated arm, 0-1.
        alpha: two-sided error rate, 0-1.
        power: probability of finding the difference when it is there, 0-1.
        ratio: control customers per treated customer.
        formula: `unpooled` (variances under the alternative), `interval` (power of Newcombe's interval itself), `pooled`
            (Fleiss), `null` (both arms at the baseline under the null, as a popular web calculator has it) or
            `arcsine` (Cohen's h). `None` = `unpooled` for equal arms, where it reaches its power, and `interval` for
            unequal ones, where it would miss it.

    Returns:
        The sizes, rounded up, and the unrounded figure.

    Raises:
        OptionError: a share is outside 0-1, or both rates are equal.

    Example:
        >>> sample_size_proportions(0.03, 0.036).treated
        13911

    Source: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions, ch. 4; Cohen (1988), ch. 6 for arcsine.
    """
    check_between("baseline", baseline, 0, 1)
    check_between("target", target, 0, 1)
    check_positive("ratio", ratio)
    if formula is None:
        formula = "unpooled" if ratio == 1 else "interval"
    check_choice("formula", formula, FORMULAS)
    if baseline == target:
        raise OptionError(
            "baseline and target are both {baseline!r}; name two different rates, for example 0.10 and 0.12.",
            baseline=baseline,
        )
    z_alpha, z_power = normal_quantile(1 - open_share("alpha", alpha) / 2), normal_quantile(open_share("power", power))
    difference = target - baseline
    spread = target * (1 - target) + baseline * (1 - baseline) / ratio
    if formula == "arcsine":
        effect = 2 * (math.asin(math.sqrt(target)) - math.asin(math.sqrt(baseline)))
        return SampleSize.of((z_alpha + z_power) ** 2 * (1 + 1 / ratio) / effect**2, ratio)
    plain = (z_alpha + z_power) ** 2 * spread / difference**2
    if formula == "unpooled":
        return SampleSize.of(plain, ratio)
    if formula == "interval":
        from scipy.optimize import brentq

        def shortfall(size: float) -> float:
            reach, error = _newcombe_reach(size, size * ratio, baseline, target, z_alpha)
            return reach + z_power * error - abs(difference)

        low, high = plain, plain
        while shortfall(low) < 0:
            low /= 2
        while shortfall(high) > 0:
            high *= 2
        return SampleSize.of(low if low == high else float(brentq(shortfall, low, high, xtol=1e-9)), ratio)
    common = baseline if formula == "null" else (target + ratio * baseline) / (1 + ratio)
    under_null = math.sqrt(common * (1 - common) * (1 + 1 / ratio))
    return SampleSize.of((z_alpha * under_null + z_power * math.sqrt(spread)) ** 2 / difference**2, ratio)


def _newcombe_reach(treated: float, control: float, baseline: float, target: float, z: float) -> tuple[float, float]:
    """How far Newcombe's interval reaches from the expected difference towards zero, and the error of its end there.

    The reach moves with the rates that are observed, so the end of the interval varies more or less than the difference.
    """

    def limit(rate: float, size: float, sign: int) -> float:
        below = 1 + z * z / size
        return (rate + z * z / (2 * size) + sign * z * math.sqrt(rate * (1 - rate) / size + z * z / (4 * size * size))) / below

    def reach(top: float, bottom: float) -> float:
        return math.hypot(top - limit(top, treated, -up), limit(bottom, control, up) - bottom)

    up = 1 if target > baseline else -1
    spreads = math.sqrt(target * (1 - target) / treated), math.sqrt(baseline * (1 - baseline) / control)
    here, step = reach(target, baseline), 1e-3
    by_top = up - (reach(_inside(target + step * spreads[0]), baseline) - here) / (step * spreads[0] or 1.0)
    by_bottom = up + (reach(target, _inside(baseline + step * spreads[1])) - here) / (step * spreads[1] or 1.0)
    return here, math.hypot(by_top * spreads[0], by_bottom * spreads[1])


def _inside(rate: float) -> float:
    return min(max(rate, 0.0), 1.0)


def sample_size_means(
    difference: float,
    deviation: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
    control_deviation: float | None = None,
) -> SampleSize:
    """Customers per arm that find a difference of means.

    Args:
        difference: smallest difference worth finding, in the metric's unit; its sign does not matter.
        deviation: standard deviation of the metric, same unit.
        alpha: two-sided error rate, 0-1.
        power: probability of finding the difference when it is there, 0-1.
        ratio: control customers per treated customer.
        control_deviation: standard deviation in the control arm when it is another one.

    Returns:
        The sizes from the non-central t distribution (so that small samples are right too).

    Raises:
        OptionError: the difference or the deviation is not positive.

    Example:
        >>> round(sample_size_means(0.5, 1).exact, 4)
        63.7656

    Source: Cohen (1988), ch. 2.
    """
    check_positive("difference", abs(difference))
    check_positive("deviation", deviation)
    check_positive("ratio", ratio)
    control = deviation if control_deviation is None else check_positive("control_deviation", control_deviation)
    if not (math.isfinite(difference) and max(deviation, control) / abs(difference) <= MOST_NOISE):
        raise OptionError(
            "the difference is {difference!r} beside a deviation of {deviation!r}; no list is long enough to find it, name larger effects.",
            difference=difference,
            deviation=deviation,
        )
    open_share("alpha", alpha)
    open_share("power", power)
    # in units of the difference, which must not vanish beside it
    spread = max(deviation / abs(difference), LEAST_NOISE) ** 2 + max(control / abs(difference), LEAST_NOISE) ** 2 / ratio
    z = normal_quantile(1 - alpha / 2) + normal_quantile(power)
    first = max(z * z * spread, 2 / min(1.0, ratio))
    if first > 1e6:  # t and z agree to 7 digits
        return SampleSize.of(first, ratio)
    from scipy.optimize import brentq

    def shortfall(size: float) -> float:
        return _power_of_t(size, 1.0, spread, alpha, ratio) - power

    low = 1.0 + 1.0 / ratio
    if shortfall(low) >= 0:
        return SampleSize.of(low, ratio)
    return SampleSize.of(float(brentq(shortfall, low, 2 * first + 20, xtol=1e-10, rtol=1e-13)), ratio)


def smallest_detectable_mean(treated: int, control: int, deviation: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest difference of means that these two arms would find.

    Args:
        treated: customers in the treated arm.
        control: customers in the control arm.
        deviation: standard deviation of the metric, after cap, covariate and strata.
        alpha: two-sided error rate, 0-1.
        power: probability of finding the difference, 0-1.

    Returns:
        The difference, in the metric's unit.

    Raises:
        OptionError: an arm is empty, both hold fewer than 3 customers together, or the deviation is not positive.

    Example:
        >>> round(smallest_detectable_mean(64, 64, 1.0), 2)
        0.5

    Source: Cohen (1988), ch. 2; the inverse of `sample_size_means`.
    """
    treated, control = arm_size("treated", treated), arm_size("control", control)
    check_positive("deviation", deviation)
    reach = normal_quantile(1 - open_share("alpha", alpha) / 2) + normal_quantile(open_share("power", power))
    if treated + control < 3:
        raise OptionError("treated and control have one customer each; a mean must be compared over at least 3 customers.")
    if not math.isfinite(deviation):
        raise OptionError("deviation is {deviation!r}; it must be a number.", deviation=deviation)
    first = max(reach, 1e-3) * math.sqrt(1 / treated + 1 / control)
    if treated > 1e6:  # t and z agree to 7 digits
        return first * deviation
    from scipy.optimize import brentq

    spread, ratio = 1 + treated / control, control / treated  # in units of the deviation

    def shortfall(difference: float) -> float:
        return _power_of_t(treated, difference, spread, alpha, ratio) - power

    low, high = first / 2, first
    while shortfall(low) > 0:
        low /= 2
    while shortfall(high) < 0:
        high *= 2
    return deviation * float(brentq(shortfall, low, high, xtol=1e-12 * high, rtol=1e-13))


def _power_of_t(size: float, difference: float, spread: float, alpha: float, ratio: float) -> float:
    from scipy import stats

    freedom = size * (1 + ratio) - 2
    shift = abs(difference) / math.sqrt(spread / size)
    bound = float(stats.t.isf(alpha / 2, freedom))
    return float(stats.nct.sf(bound, freedom, shift) + stats.nct.cdf(-bound, freedom, shift))


def power_of_proportions(
    treated: int, control: int, baseline: float, target: float, *, alpha: float = 0.05, method: PowerMethod = "auto"
) -> float:
    """Probability that the difference between two rates is found.

    Args:
        treated: customers in the treated arm.
        control: customers in the control arm.
        baseline: true rate of the control arm, 0-1.
        target: true rate of the treated arm, 0-1.
        alpha: two-sided error rate, 0-1.
        method: `exact` (Fisher's exact test, all outcomes enumerated), `normal` (Newcombe's interval, which for equal
            arms is the z test) or `auto`: exact for small lists, normal for large ones.

    Returns:
        Power, 0-1.

    Raises:
        OptionError: an arm is empty or a share is outside 0-1.

    Example:
        >>> round(power_of_proportions(44, 43, 0.10, 0.275), 2)
        0.47
    """
    treated, control = arm_size("treated", treated), arm_size("control", control)
    check_between("baseline", baseline, 0, 1)
    check_between("target", target, 0, 1)
    open_share("alpha", alpha)
    check_choice("method", method, ("auto", "exact", "normal"))
    if method == "exact" or (method == "auto" and treated * control <= EXACT_LIMIT):
        return _power_of_fisher(treated, control, baseline, target, alpha)
    error = math.sqrt(target * (1 - target) / treated + baseline * (1 - baseline) / control)
    if error == 0:
        return float(baseline != target)
    from scipy.special import ndtr

    z, shift = normal_quantile(1 - alpha / 2), abs(target - baseline)
    reach = z * error
    if treated != control and baseline != target:
        reach, error = _newcombe_reach(treated, control, baseline, target, z)
    return float(ndtr((shift - reach) / error) + ndtr((-shift - reach) / error))


def sample_size_exact(baseline: float, target: float, *, alpha: float = 0.05, power: float = 0.8, ratio: float = 1.0) -> SampleSize:
    """Customers per arm that find the difference with Fisher's exact test; the normal formula where lists are long.

    Args:
        baseline: rate of the control arm, 0-1.
        target: rate of the treated arm, 0-1.
        alpha: two-sided error rate, 0-1.
        power: probability of finding the difference, 0-1.
        ratio: control customers per treated customer.

    Returns:
        The sizes; `exact` is the treated arm.

    Raises:
        OptionError: as in `sample_size_proportions`.

    Example:
        >>> sample_size_exact(0.10, 0.25).treated
        110
    """
    first = sample_size_proportions(baseline, target, alpha=alpha, power=power, ratio=ratio)
    low, high = 0, max(first.treated, 2)

    def found(treated: int) -> bool:
        control = max(1, round(treated * ratio))
        return power_of_proportions(treated, control, baseline, target, alpha=alpha) >= power

    while not found(high):
        low, high = high, math.ceil(high * 1.25) + 1
        if high * max(1, round(high * ratio)) > EXACT_LIMIT:
            return first if first.treated * first.control > EXACT_LIMIT else SampleSize.of(high, ratio)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return SampleSize(high, max(1, round(high * ratio)), high)


def smallest_detectable_rate(
    treated: int,
    control: int,
    baseline: float,
    alpha: float = 0.05,
    power: float = 0.8,
    *,
    method: PowerMethod = "auto",
) -> float | None:
    """The lowest treated rate that these two arms would find, given the baseline.

    Args:
        treated: customers in the treated arm.
        control: customers in the control arm.
        baseline: rate expected without the action, 0-1.
        alpha: two-sided error rate, 0-1.
        power: probability of finding the difference, 0-1.
        method: as in `power_of_proportions`.

    Returns:
        A rate above the baseline, 0-1; `None` when even 100 % would not be found.

    Raises:
        OptionError: an arm is empty or a share is outside 0-1.

    Example:
        >>> round(smallest_detectable_rate(44, 43, 0.10), 3)
        0.364
        >>> smallest_detectable_rate(3, 2, 0.10) is None
        True

    Source: Fisher's exact test; power by full enumeration.
    """
    treated, control = arm_size("treated", treated), arm_size("control", control)
    check_between("baseline", baseline, 0, 1)
    open_share("alpha", alpha)
    open_share("power", power)
    if baseline == 1 or power_of_proportions(treated, control, baseline, 1.0, alpha=alpha, method=method) < power:
        return None
    low, high = baseline, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        if power_of_proportions(treated, control, baseline, middle, alpha=alpha, method=method) >= power:
            high = middle
        else:
            low = middle
    return high


def _power_of_fisher(treated: int, control: int, baseline: float, target: float, alpha: float) -> float:
    region = _fisher_region(treated, control, alpha)
    return float(_binomial(treated, target) @ region @ _binomial(control, baseline))


@lru_cache(maxsize=8)
def _fisher_region(treated: int, control: int, alpha: float) -> NDArray[np.float64]:
    """1 where Fisher's two-sided p is at or below alpha; rows = treated successes, columns = control successes."""
    from_treated, from_control = log_binomial(treated), log_binomial(control)
    weights = from_treated[:, None] + from_control[None, :]
    region = np.zeros((treated + 1, control + 1))
    for total in range(treated + control + 1):
        rows = np.arange(max(0, total - control), min(treated, total) + 1)
        chances = np.exp(weights[rows, total - rows] - np.max(weights[rows, total - rows]))
        chances /= chances.sum()
        order = np.argsort(chances, kind="stable")
        running = np.cumsum(chances[order])
        # outcomes as likely as this one, up to rounding, belong to its tail
        last = np.searchsorted(chances[order], chances * (1 + 1e-7), side="right") - 1
        region[rows, total - rows] = running[last] <= alpha
    return region


def _binomial(size: int, rate: float) -> NDArray[np.float64]:
    if rate in (0.0, 1.0):
        point = np.zeros(size + 1)
        point[round(rate * size)] = 1.0
        return point
    successes = np.arange(size + 1)
    return np.asarray(np.exp(log_binomial(size) + successes * math.log(rate) + (size - successes) * math.log1p(-rate)))
