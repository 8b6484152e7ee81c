"""Exact methods for tiny groups: Fisher's test for rates, all re-drawings for means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.quantities import Interval, arm_size, log_binomial
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kogorta.experiments.contrasts import Contrast

ALL_DRAWINGS: Final = 200_000
"""Up to this many different draws every one is looked at; beyond it this many random ones are."""


def fisher_p(treated: int, treated_size: int, control: int, control_size: int) -> float:
    """Fisher's exact two-sided p of two rates being equal.

    Args:
        treated: customers of the treated arm who did it.
        treated_size: customers of the treated arm.
        control: customers of the control arm who did it.
        control_size: customers of the control arm.

    Returns:
        Probability of a table at most as likely as this one, given its margins.

    Raises:
        OptionError: an arm is empty.
        InputError: more customers did it than there are.

    Example:
        >>> round(fisher_p(8, 10, 1, 10), 6)
        0.005477

    Source: Fisher (1935); the two-sided rule of R's fisher.test.
    """
    arm_size("treated_size", treated_size)
    arm_size("control_size", control_size)
    if not (0 <= treated <= treated_size and 0 <= control <= control_size):
        raise InputError(
            "{treated} of {treated_size} and {control} of {control_size} is not a table of two groups; the customers "
            "who did it cannot outnumber their arm.",
            treated=treated,
            treated_size=treated_size,
            control=control,
            control_size=control_size,
        )
    total = treated + control
    rows = np.arange(max(0, total - control_size), min(treated_size, total) + 1)
    weights = log_binomial(treated_size)[rows] + log_binomial(control_size)[total - rows]
    chances = np.exp(weights - weights.max())
    own = chances[treated - rows[0]]
    return min(1.0, float(chances[chances <= own * (1 + 1e-7)].sum() / chances.sum()))


def permutation_p(treated: Sequence[float], control: Sequence[float], *, seed: int) -> float:
    """Exact two-sided p of two means being equal, from re-drawing the arms.

    Args:
        treated: outcomes of the treated arm.
        control: outcomes of the control arm.
        seed: of the random draws, used when there are too many to look at all.

    Returns:
        Share of draws whose difference of means is at least as far from zero.

    Raises:
        InputError: an arm is empty or holds a value that is not finite.

    Example:
        >>> permutation_p([5, 6, 7], [1, 2, 3], seed=1)
        0.1

    Source: Fisher (1935), Design of Experiments, ch. 3.
    """
    values: NDArray[np.float64] = np.asarray([*treated, *control], dtype=np.float64)
    size, other = len(treated), len(control)
    if size == 0 or other == 0:
        raise InputError("an arm is empty; both arms need at least one customer.")
    if not np.isfinite(values).all():
        raise InputError("an outcome is empty or infinite; write 0 where the customer did nothing.")
    values = values - values.mean()
    own = abs(float(values[:size].sum()))
    tolerance = 1e-9 * max(1.0, float(np.abs(values).sum()))
    if math.comb(size + other, size) <= ALL_DRAWINGS:
        sums = _all_sums(values, size)
        return float(np.mean(np.abs(sums) >= own - tolerance))
    random = np.random.default_rng(seed)
    hits, done, chunk = 0, 0, max(1, 2_000_000 // len(values))
    while done < ALL_DRAWINGS:
        draws = min(chunk, ALL_DRAWINGS - done)
        shuffled = random.permuted(np.broadcast_to(values, (draws, len(values))), axis=1)
        hits += int(np.count_nonzero(np.abs(shuffled[:, :size].sum(axis=1)) >= own - tolerance))
        done += draws
    return (hits + 1) / (done + 1)


def _all_sums(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Sums of every choice of `size` values, built one value at a time."""
    by_count: list[NDArray[np.float64]] = [np.zeros(1)] + [np.empty(0)] * size
    for value in values:
        for count in range(size, 0, -1):
            by_count[count] = np.concatenate([by_count[count], by_count[count - 1] + value])
    return by_count[size]


@dataclass(frozen=True)
class ExactlyChecked:
    """A contrast that an exact test has to confirm: p is the larger one, and the interval reaches zero if it does not.

    Args:
        contrast: the contrast.
        exact_p: p of the exact test.
    """

    contrast: Contrast
    exact_p: float

    @property
    def value(self) -> float:
        """Estimate in the treated arm."""
        return self.contrast.value

    @property
    def control_value(self) -> float:
        """Estimate in the control arm."""
        return self.contrast.control_value

    @property
    def p(self) -> float:
        """The larger p."""
        return max(self.contrast.p, self.exact_p)

    def interval(self, alpha: float) -> Interval:
        """The interval, widened to zero when the exact test finds nothing at this level."""
        return self._widened(self.contrast.interval(alpha), alpha)

    def relative(self, alpha: float) -> Interval | None:
        """The relative interval, widened in the same way."""
        found = self.contrast.relative(alpha)
        return None if found is None else self._widened(found, alpha)

    def _widened(self, interval: Interval, alpha: float) -> Interval:
        if self.exact_p <= alpha:
            return interval
        return Interval(min(interval.low, 0.0), max(interval.high, 0.0))
