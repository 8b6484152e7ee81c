"""Bounds for planned looks: how strong a result must be at each look so that all looks together keep the error rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.experiments.quantities import normal_quantile, open_share, two_sided_p
from kogorta.kit.checks import check_choice
from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Spending = Literal["obrien_fleming", "pocock", "quadratic", "obrien_fleming_two_sided"]
SPENDINGS: Final = ("obrien_fleming", "pocock", "quadratic", "obrien_fleming_two_sided")
NODES: Final = 160
"""Gauss-Legendre nodes over the region of going on; bounds are then exact to more than 6 digits."""
FAR: Final = 8.5
"""Bounds are not sought beyond this many standard errors."""


@dataclass(frozen=True)
class Bounds:
    """Bounds of the standardised effect at each look.

    Attributes:
        fractions: share of the planned sample at each look, 0-1.
        values: bound at each look; the effect is proven when |z| is above it.
        alpha: error rate over all looks, two-sided.
        spending: how the error rate is spent.
    """

    fractions: tuple[float, ...]
    values: tuple[float, ...]
    alpha: float
    spending: Spending

    @property
    def levels(self) -> tuple[float, ...]:
        """Two-sided p a single look must reach."""
        return tuple(two_sided_p(value) for value in self.values)


def spent(fraction: float, alpha: float, spending: Spending) -> float:
    """Two-sided error rate spent up to this share of the sample.

    Args:
        fraction: share of the planned sample, 0-1.
        alpha: error rate over all looks.
        spending: `obrien_fleming` (each side spends its half; the default), `obrien_fleming_two_sided` (both sides as
            one), `pocock` or `quadratic`.

    Source: Lan and DeMets (1983), Biometrika 70.
    """
    if fraction >= 1:
        return alpha
    if spending == "obrien_fleming":
        return 2 * two_sided_p(normal_quantile(1 - alpha / 4) / math.sqrt(fraction))
    if spending == "obrien_fleming_two_sided":
        return two_sided_p(normal_quantile(1 - alpha / 2) / math.sqrt(fraction))
    if spending == "pocock":
        return alpha * math.log(1 + (math.e - 1) * fraction)
    return alpha * fraction**2


def sequential_bounds(fractions: Sequence[float], *, alpha: float = 0.05, spending: Spending = "obrien_fleming") -> Bounds:
    """Bounds for looks at these shares of the planned sample.

    Args:
        fractions: increasing shares of the planned sample, the last one 1 when the experiment ends as planned.
        alpha: two-sided error rate over all looks.
        spending: how the error rate is spent.

    Returns:
        One bound per look.

    Raises:
        OptionError: the shares are not increasing within 0-1.

    Example:
        >>> [round(value, 4) for value in sequential_bounds([0.5, 1]).values]
        [2.9626, 1.9686]

    Source: Armitage, McPherson, Rowe (1969); Jennison and Turnbull (2000), ch. 19.
    """
    open_share("alpha", alpha)
    check_choice("spending", spending, SPENDINGS)
    shares = tuple(float(share) for share in fractions)
    rising = all(later > earlier for earlier, later in pairwise(shares))
    if not shares or not rising or not all(0 < share <= 1 for share in shares):
        raise OptionError(
            "the looks are at {value}; they must be increasing shares above 0 and up to 1.",
            value=list(shares),
        )
    return Bounds(shares, bounds_at(shares, alpha, spending, final=False), alpha, spending)


def even_looks(count: int) -> tuple[float, ...]:
    """`count` looks at even shares of the sample.

    Example:
        >>> even_looks(4)
        (0.25, 0.5, 0.75, 1.0)
    """
    if count < 1:
        raise OptionError(
            "looks is {count!r}; at least one look is needed.",
            count=count,
        )
    return tuple(number / count for number in range(1, count + 1))


@lru_cache(maxsize=256)
def bounds_at(shares: tuple[float, ...], alpha: float, spending: Spending, *, final: bool) -> tuple[float, ...]:
    """Bounds at looks as they happened; shares may pass 1 after an overrun, and a final look spends all that is left."""
    walk = _Walk()
    found, before = [], 0.0
    for number, share in enumerate(shares, start=1):
        total = alpha if final and number == len(shares) else spent(share, alpha, spending)
        bound = walk.bound_for(share, max(total - before, 0.0))
        before = total
        walk.step(share, bound)
        found.append(bound)
    return tuple(found)


class _Walk:
    """The score process, conditioned on not having crossed a bound yet.

    It keeps the density of z * sqrt(share) at quadrature nodes inside the bounds; `drift` is the expected standardised
    effect at the full sample, 0 = no effect.
    """

    def __init__(self, drift: float = 0.0) -> None:
        self.drift = drift
        self.share = 0.0
        self.nodes: NDArray[np.float64] = np.zeros(1)
        self.mass: NDArray[np.float64] = np.ones(1)

    def bound_for(self, share: float, probability: float) -> float:
        """The bound whose first crossing at this share has the given two-sided probability."""
        from scipy.optimize import brentq

        if self.crossing(share, FAR) >= probability:
            return FAR
        return float(brentq(lambda bound: self.crossing(share, bound) - probability, 0.0, FAR, xtol=1e-12))

    def crossing(self, share: float, bound: float) -> float:
        """Probability of crossing +-bound at this share for the first time."""
        from scipy.special import ndtr

        spread, edge = math.sqrt(share - self.share), bound * math.sqrt(share)
        moved = self.nodes + self.drift * (share - self.share)
        above, below = ndtr((moved - edge) / spread), ndtr((-edge - moved) / spread)
        return float(self.mass @ (above + below))

    def step(self, share: float, bound: float) -> None:
        """Go on to this share, losing what has crossed."""
        edge, spread = bound * math.sqrt(share), math.sqrt(share - self.share)
        points, weights = _legendre()
        nodes = points * edge
        moved = self.nodes + self.drift * (share - self.share)
        steps = (nodes[:, None] - moved[None, :]) / spread
        kernel = np.exp(-0.5 * steps**2) / (spread * math.sqrt(2 * math.pi))
        self.mass = weights * edge * (kernel @ self.mass)
        self.nodes, self.share = nodes, share


@lru_cache(maxsize=1)
def _legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points, weights = np.polynomial.legendre.leggauss(NODES)
    return points, weights


def sequential_power(bounds: Bounds, drift: float) -> tuple[float, float]:
    """Power of planned looks and the expected share of the sample used.

    Args:
        bounds: the bounds.
        drift: expected standardised effect at the full sample.

    Returns:
        Probability of crossing a bound at any look, and the mean fraction at which the experiment stops.

    Example:
        >>> power, used = sequential_power(sequential_bounds(even_looks(5)), drift=2.8016)
        >>> round(power, 3), round(used, 2)
        (0.79, 0.81)
    """
    walk = _Walk(drift)
    power = used = 0.0
    for share, bound in zip(bounds.fractions, bounds.values, strict=True):
        crossed = walk.crossing(share, bound)
        power += crossed
        used += share * crossed
        walk.step(share, bound)
    return power, used + bounds.fractions[-1] * (1 - power)


def sample_inflation(bounds: Bounds, power: float) -> float:
    """How much larger the sample must be than for a single look, to keep the power.

    Example:
        >>> round(sample_inflation(sequential_bounds(even_looks(5)), 0.8), 3)
        1.025
    """
    open_share("power", power)
    from scipy.optimize import brentq

    plain = normal_quantile(1 - bounds.alpha / 2) + normal_quantile(power)
    needed = brentq(lambda drift: sequential_power(bounds, drift)[0] - power, 0.01, 3 * plain, xtol=1e-10)
    return max(1.0, (float(needed) / plain) ** 2)


def conditional_power(z: float, fraction: float, bound: float, *, drift: float) -> float:
    """Probability that the last look crosses its bound upwards, given what has been seen.

    Args:
        z: standardised effect now.
        fraction: share of the planned sample seen, above 0 and below 1.
        bound: bound of the last look.
        drift: expected standardised effect at the full sample: `z / sqrt(fraction)` for the trend seen, or
            z(1 - alpha / 2) + z(power) for the planned effect.

    Returns:
        A probability, 0-1.

    Example:
        >>> round(conditional_power(0.2, 0.5, 1.97, drift=2.8), 2)
        0.27

    Source: Lan, Simon, Halperin (1982); Lan and Wittes (1988), Biometrics 44.
    """
    from scipy.special import ndtr

    open_share("fraction", fraction)
    reached = z * math.sqrt(fraction) + drift * (1 - fraction)
    return float(ndtr((reached - bound) / math.sqrt(1 - fraction)))
