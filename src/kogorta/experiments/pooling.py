"""Several small waves read as one: each wave is compared within itself, then the effects are averaged."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from kogorta.experiments.quantities import Interval, arm_size, normal_quantile, open_share, two_sided_p
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.experiments.contrasts import MeanContrast


@dataclass(frozen=True)
class RateWave:
    """Response of one wave (or stratum).

    Attributes:
        treated: treated customers who did it.
        treated_size: treated customers.
        control: control customers who did it.
        control_size: control customers.
    """

    treated: int
    treated_size: int
    control: int
    control_size: int

    def __post_init__(self) -> None:
        arm_size("treated_size", self.treated_size)
        arm_size("control_size", self.control_size)
        if not (0 <= self.treated <= self.treated_size and 0 <= self.control <= self.control_size):
            raise InputError(
                "a wave has {treated} of {treated_size} and {control} of {control_size}; the customers who did it cannot "
                "outnumber their arm.",
                treated=self.treated,
                treated_size=self.treated_size,
                control=self.control,
                control_size=self.control_size,
            )


@dataclass(frozen=True)
class PooledEffect:
    """An effect averaged over waves.

    Attributes:
        effect: treated minus control, per customer.
        interval: its interval.
        p: two-sided p of no effect in any wave on average.
        heterogeneity_p: p of the waves having one common effect; small = the waves differ.
        waves: number of waves.
        customers: customers of both arms over all waves.
    """

    effect: float
    interval: Interval
    p: float
    heterogeneity_p: float | None
    waves: int
    customers: int

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {"interval": [self.interval.low, self.interval.high]}


def pool_rates(waves: Sequence[RateWave], *, alpha: float = 0.05) -> PooledEffect:
    """The common difference of rates over waves, also when single waves are tiny.

    Args:
        waves: the waves, each with its own control.
        alpha: error rate of the interval.

    Returns:
        The Mantel-Haenszel risk difference.

    Raises:
        InputError: there are no waves, or nobody did it in any of them.

    Example:
        >>> pooled = pool_rates([RateWave(18, 70, 2, 17), RateWave(20, 70, 2, 17), RateWave(15, 70, 1, 17)])
        >>> round(pooled.effect, 4), round(pooled.p, 3)
        (0.1543, 0.003)

    Source: Mantel and Haenszel (1959); variance of Sato (1989), Biometrics 45.
    """
    open_share("alpha", alpha)
    if not waves:
        raise InputError("there are no waves to pool; give at least one.")
    weight = difference = within = between = 0.0
    for wave in waves:
        n1, n0 = wave.treated_size, wave.control_size
        size = n1 + n0
        weight += n1 * n0 / size
        difference += (wave.treated * n0 - wave.control * n1) / size
        between += (n1**2 * wave.control - n0**2 * wave.treated + n1 * n0 * (n0 - n1) / 2) / size**2
        within += (wave.treated * (n0 - wave.control) + wave.control * (n1 - wave.treated)) / (2 * size)
    effect = difference / weight
    variance = (effect * between + within) / weight**2
    if variance <= 0:
        raise InputError("all customers of all waves did the same; there is nothing to compare yet.")
    return _pooled(effect, variance, [_rate_effect(wave) for wave in waves], sum(w.treated_size + w.control_size for w in waves), alpha)


def pool_means(waves: Sequence[MeanContrast], sizes: Sequence[tuple[int, int]], *, alpha: float = 0.05) -> PooledEffect:
    """The common difference of means over waves.

    Waves are weighted by customers, not by precision: with skewed money a wave without a large order looks precise and low
    at once, and weights by precision would pull the average down.

    Args:
        waves: the contrast of each wave.
        sizes: (treated, control) customers of each wave.
        alpha: error rate of the interval.

    Returns:
        The weighted average.

    Raises:
        InputError: there are no waves, or the lengths differ.

    Example:
        >>> from kogorta.experiments.contrasts import Estimate, MeanContrast
        >>> wave = MeanContrast(Estimate(1.5, 0.02), Estimate(1.0, 0.02))
        >>> round(pool_means([wave, wave], [(100, 100), (100, 100)]).p, 5)
        0.00041
    """
    open_share("alpha", alpha)
    if not waves or len(waves) != len(sizes):
        raise InputError(
            "there are {waves_count} waves and {sizes_count} sizes; give one pair of sizes per wave, at least one.",
            waves_count=len(waves),
            sizes_count=len(sizes),
        )
    weights = [treated * control / (treated + control) for treated, control in sizes]
    total = sum(weights)
    effects = [(wave.value - wave.control_value, wave.error**2) for wave in waves]
    effect = sum(weight * one for weight, (one, _) in zip(weights, effects, strict=True)) / total
    variance = sum(weight**2 * one for weight, (_, one) in zip(weights, effects, strict=True)) / total**2
    return _pooled(effect, variance, effects, sum(sum(pair) for pair in sizes), alpha)


def _rate_effect(wave: RateWave) -> tuple[float, float]:
    # half a customer is added to each cell only to keep the variance of a tiny wave above zero
    top, bottom = (wave.treated + 0.5) / (wave.treated_size + 1), (wave.control + 0.5) / (wave.control_size + 1)
    effect = wave.treated / wave.treated_size - wave.control / wave.control_size
    return effect, top * (1 - top) / wave.treated_size + bottom * (1 - bottom) / wave.control_size


def _pooled(effect: float, variance: float, effects: Sequence[tuple[float, float]], customers: int, alpha: float) -> PooledEffect:
    from scipy.special import chdtrc

    error = math.sqrt(variance)
    reach = normal_quantile(1 - alpha / 2) * error
    heterogeneity = None
    if len(effects) > 1:
        inverse = [1 / one for _, one in effects]
        middle = sum(w * one for w, (one, _) in zip(inverse, effects, strict=True)) / sum(inverse)
        spread = sum(w * (one - middle) ** 2 for w, (one, _) in zip(inverse, effects, strict=True))
        heterogeneity = float(chdtrc(len(effects) - 1, spread))
    return PooledEffect(
        effect, Interval(effect - reach, effect + reach), two_sided_p(effect / error), heterogeneity, len(effects), customers
    )
