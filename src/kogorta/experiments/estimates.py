"""From moments to estimates: delta method for ratios, CUPED for covariates, post-stratification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kogorta.experiments.contrasts import Estimate, MeanContrast
from kogorta.experiments.sums import Moments
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.sums import Floats


@dataclass(frozen=True, eq=False)
class Piece:
    """One stratum of one arm with the weight it has in both arms.

    Attributes:
        weight: share of the stratum among the customers of both arms, 0-1; 1 without strata.
        moments: moments of the arm in the stratum.
    """

    weight: float
    moments: Moments


def mean_contrast(metric: Metric, treated: Sequence[Piece], control: Sequence[Piece]) -> MeanContrast:
    """Compare two arms on a mean or a ratio.

    Args:
        metric: what is compared; its covariate, when it has one, adjusts both arms.
        treated: strata of the treated arm.
        control: strata of the control arm, in the same order.

    Returns:
        The contrast.

    Raises:
        InputError: a denominator sums to zero, or the outcome never varies.

    Source: Deng, Xu, Kohavi, Walker (WSDM 2013) for CUPED; Deng, Knoblich, Lu (KDD 2018) for the delta method.
    """
    arms = [_Arm.of(metric, pieces) for pieces in (treated, control)]
    if metric.covariate is not None:
        together = _Arm.of(metric, [_joined(top, bottom) for top, bottom in zip(treated, control, strict=True)])
        total = together.total()
        slope = float(total[0, 1] / total[1, 1]) if total[1, 1] > 0 else 0.0
        arms = [arm.adjusted(slope, together.covariate) for arm in arms]
    top, bottom = (arm.estimate() for arm in arms)
    if top.variance + bottom.variance <= 0:
        raise InputError(
            "metric {name} is {bottom:g} for every customer of one arm and {top:g} for every one of the other; "
            "there is no variation to judge by. Wait for outcomes or leave the metric out.",
            name=metric.name,
            bottom=bottom.value,
            top=top.value,
        )
    return MeanContrast(top, bottom)


@dataclass(frozen=True, eq=False)
class _Arm:
    """One arm as a value and, per stratum, the covariance of (linearised outcome, covariate) means."""

    value: float
    covariate: float
    blocks: tuple[Floats, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, metric: Metric, pieces: Sequence[Piece]) -> _Arm:
        mean = np.sum([piece.weight * piece.moments.mean for piece in pieces], axis=0)
        places = {name: place for place, name in enumerate(metric.columns)}
        gradient = np.zeros((2, len(places)))
        value, gradient[0] = _linear(metric, mean, places, metric.column, metric.denominator)
        covariate = 0.0
        if metric.covariate is not None:
            covariate, gradient[1] = _linear(metric, mean, places, metric.covariate, metric.covariate_denominator)
        blocks = tuple(piece.weight**2 / piece.moments.n * (gradient @ piece.moments.covariance @ gradient.T) for piece in pieces)
        return cls(value, covariate, blocks, tuple(piece.moments.n for piece in pieces))

    def total(self) -> Floats:
        return np.asarray(np.sum(self.blocks, axis=0))

    def adjusted(self, slope: float, centre: float) -> _Arm:
        turn = np.array([1.0, -slope])
        blocks = tuple(np.array([[turn @ block @ turn, 0.0], [0.0, 0.0]]) for block in self.blocks)
        return _Arm(self.value - slope * (self.covariate - centre), centre, blocks, self.sizes)

    def estimate(self) -> Estimate:
        parts = [(float(block[0, 0]), size - 1) for block, size in zip(self.blocks, self.sizes, strict=True)]
        variance = sum(part for part, _ in parts)
        below = sum(part**2 / freedom for part, freedom in parts if part > 0)
        freedom = variance**2 / below if below > 0 else float(sum(freedom for _, freedom in parts))
        return Estimate(self.value, variance, freedom)


def _linear(metric: Metric, mean: Floats, places: dict[str, int], name: str, below: str | None) -> tuple[float, Floats]:
    """A mean or a ratio of means with its derivative by each column's mean."""
    gradient = np.zeros(len(places))
    top = float(mean[places[name]])
    if below is None:
        gradient[places[name]] = 1.0
        return top, gradient
    bottom = float(mean[places[below]])
    if bottom == 0:
        raise InputError(
            "metric {name}: column {below!r} sums to zero in an arm; a ratio needs something below the line.",
            name=metric.name,
            below=below,
        )
    gradient[places[name]] += 1 / bottom
    gradient[places[below]] -= top / bottom**2
    return top / bottom, gradient


def _joined(one: Piece, other: Piece) -> Piece:
    """Both arms of a stratum as one group."""
    n = one.moments.n + other.moments.n
    shift = one.moments.mean - other.moments.mean
    squares = (one.moments.n - 1) * one.moments.covariance + (other.moments.n - 1) * other.moments.covariance
    squares = squares + one.moments.n * other.moments.n / n * np.outer(shift, shift)
    mean = (one.moments.n * one.moments.mean + other.moments.n * other.moments.mean) / n
    return Piece(one.weight, Moments(n, mean, squares / (n - 1)))


def customer_deviation(metric: Metric, pieces: Sequence[Piece]) -> tuple[float, float]:
    """Value of a metric and the standard deviation per customer that its analysis will leave.

    Args:
        metric: a mean, a rate or a ratio; a covariate takes away what it explains.
        pieces: the strata of one group; only the variance within them is left.

    Returns:
        The value and the deviation.
    """
    arm = _Arm.of(metric, pieces)
    # a block is weight^2 / n times the covariance of its stratum, and the weight is n / size
    pooled = sum(arm.sizes) * arm.total()
    left = pooled[0, 0] - (pooled[0, 1] ** 2 / pooled[1, 1] if pooled[1, 1] > 0 else 0.0)
    return arm.value, float(np.sqrt(max(left, 0.0)))
