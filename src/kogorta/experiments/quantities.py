"""Quantities every method of the room needs: normal quantiles, checked shares and arm sizes, the Wilson interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """A two-sided interval; an infinite end means that this side is not bounded."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Distance between the ends."""
        return self.high - self.low

    def holds(self, value: float) -> bool:
        """Whether the value lies within, ends included."""
        return self.low <= value <= self.high


def open_share(name: str, value: float) -> float:
    """Return `value` if it is strictly between 0 and 1.

    Raises:
        OptionError: it is not.
    """
    if not 0 < value < 1:
        raise OptionError(
            "{name} is {value!r}; it must be above 0 and below 1, for example 0.05.",
            name=name,
            value=value,
        )
    return value


def arm_size(name: str, value: int) -> int:
    """Return the number of customers in an arm if there is at least one.

    Raises:
        OptionError: the arm is empty, or the value is not a whole number.
    """
    if not (math.isfinite(value) and value == int(value) and value >= 1):
        raise OptionError(
            "{name} is {value!r}; an arm needs a whole number of customers, at least 1.",
            name=name,
            value=value,
        )
    return int(value)


def normal_quantile(share: float) -> float:
    """The point of the standard normal below which `share` of it lies.

    Example:
        >>> round(normal_quantile(0.975), 6)
        1.959964
    """
    from scipy.special import ndtri

    return float(ndtri(share))


def two_sided_p(statistic: float) -> float:
    """Two-sided p of a standard normal statistic.

    Example:
        >>> round(two_sided_p(1.959964), 6)
        0.05
    """
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(statistic)))


@lru_cache(maxsize=16)
def log_binomial(size: int) -> NDArray[np.float64]:
    """Logarithms of the binomial coefficients of `size`, over 0..size; read-only."""
    from scipy.special import gammaln

    chosen = np.arange(size + 1)
    table = np.asarray(gammaln(size + 1) - gammaln(chosen + 1) - gammaln(size - chosen + 1))
    table.setflags(write=False)
    return table


def wilson_interval(successes: int, size: int, *, alpha: float = 0.05) -> Interval:
    """Interval of a rate that stays honest for small groups.

    Args:
        successes: customers who did it.
        size: customers in the group.
        alpha: error rate, 0-1.

    Returns:
        The interval, 0-1.

    Raises:
        OptionError: the group is empty or `successes` is outside 0..size.

    Example:
        >>> interval = wilson_interval(22, 87)
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.173, 0.353)

    Source: Wilson (1927), JASA 22.
    """
    size = arm_size("size", size)
    if not 0 <= successes <= size:
        raise OptionError(
            "successes is {successes!r}; it must be between 0 and the group size {size}.",
            successes=successes,
            size=size,
        )
    z = normal_quantile(1 - open_share("alpha", alpha) / 2)
    rate, squared = successes / size, z * z
    centre = (rate + squared / (2 * size)) / (1 + squared / size)
    half = z / (1 + squared / size) * math.sqrt(rate * (1 - rate) / size + squared / (4 * size * size))
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == size else centre + half
    return Interval(low, high)
