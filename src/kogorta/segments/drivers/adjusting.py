"""A finding seen among customers alike in the factor most likely to stand behind it.

Customers are split by that factor; within each part those with the level are compared with the others, and the differences are put together
with the weights of Mantel and Haenszel. What is left is not explained by this factor; others, also those nobody measured, may still stand
behind it.

Source: Mantel and Haenszel (1959), J. Natl. Cancer Inst. 22; of the difference of shares and its error: Greenland and Robins (1985),
Biometrics 41, and Sato (1989), Biometrics 45.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.segments.drivers.effects import Bounds, cramers_v

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from kogorta.segments.drivers.factors import Factor
    from kogorta.segments.drivers.facts import Column, Facts

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

Z: Final = 1.959964
WEAK: Final = 0.05
"""Strength below which a factor cannot stand behind a finding."""
EXPLAINED: Final = 1 / 3
"""A finding of which less than this share is left is mostly explained by the other factor."""


@dataclass(frozen=True)
class Adjusted:
    """A difference within parts of customers alike in another factor.

    Args:
        by: the other factor.
        value: difference of shares, or ratio of typical sums.
        bounds: its 95 % interval.
        kept: what is left of the plain difference (of its logarithm for a ratio); 1 is all, 0 nothing, below 0 turned over.
        customers: customers compared.
    """

    by: Factor
    value: float
    bounds: Bounds
    kept: float
    customers: int

    @property
    def explained(self) -> bool:
        """Whether the other factor explains most of the finding."""
        return self.kept < EXPLAINED


def adjust(facts: Facts, column: Column, place: int, strengths: Mapping[str, float]) -> Adjusted | None:
    """A comparison within levels of the factor most likely to stand behind it; None when no other factor goes with both.

    Only traits and what was measured before can stand behind a finding: an earlier habit may lie between the factor and the outcome.

    Args:
        facts: the outcome beside the factors.
        column: the factor of the finding.
        place: its level.
        strengths: how strongly each factor goes with the outcome, by name.
    """
    usable = ~np.isnan(facts.target) & (column.codes >= 0)
    own = np.where(usable, (column.codes == place).astype(np.intp), -1)
    best: tuple[float, Column] | None = None
    for other in facts.columns:
        name = other.factor.name
        if name == column.factor.name or other.factor.timing not in ("before", "fixed") or strengths.get(name, 0.0) < WEAK:
            continue
        together = cramers_v(own, other.codes)
        if together >= WEAK and (best is None or together * strengths[name] > best[0]):
            best = together * strengths[name], other
    if best is None:
        return None
    other = best[1]
    both = usable & (other.codes >= 0)
    target, has, parts = facts.target[both], own[both] == 1, other.codes[both]
    plain = float(target[has].mean() - target[~has].mean()) if has.any() and not has.all() else 0.0
    found = rate_difference(target, has, parts) if facts.is_rate else mean_difference(target, has, parts)
    if found is None or plain == 0:
        return None
    value, error = found
    low, high = value - Z * error, value + Z * error
    if facts.is_rate:
        return Adjusted(other.factor, value, Bounds(low, high), value / plain, int(both.sum()))
    return Adjusted(other.factor, math.exp(value), Bounds(math.exp(low), math.exp(high)), value / plain, int(both.sum()))


def rate_difference(target: Floats, has: NDArray[np.bool_], parts: Codes) -> tuple[float, float] | None:
    """Mantel-Haenszel difference of shares and its standard error (Sato); None when no part holds both sides.

    Example:
        >>> target = np.repeat([1.0, 0, 1, 0, 1, 0, 1, 0], [8, 2, 60, 40, 20, 80, 1, 9])
        >>> has, parts = np.repeat([True, False, True, False], [10, 100, 100, 10]), np.repeat([0, 1], [110, 110])
        >>> round(rate_difference(target, has, parts)[0], 3)
        0.15
    """
    one, none = _sums(target, has, parts), _sums(target, ~has, parts)
    size = one[0] + none[0]
    kept = (one[0] > 0) & (none[0] > 0)
    if not kept.any():
        return None
    (n1, a), (n0, b), n = (one[0][kept], one[1][kept]), (none[0][kept], none[1][kept]), size[kept]
    weight = float((n1 * n0 / n).sum())
    value = float(((a * n0 - b * n1) / n).sum()) / weight
    p = (n1**2 * b - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2
    q = (a * (n0 - b) + b * (n1 - a)) / (2 * n)
    return value, math.sqrt(max(value * float(p.sum()) + float(q.sum()), 0.0)) / weight


def mean_difference(target: Floats, has: NDArray[np.bool_], parts: Codes) -> tuple[float, float] | None:
    """Difference of means within parts with the same weights, and its standard error; None when no part holds two of both sides."""
    one, none = _sums(target, has, parts), _sums(target, ~has, parts)
    kept = (one[0] > 1) & (none[0] > 1)
    if not kept.any():
        return None
    (n1, a, aa), (n0, b, bb) = (tuple(item[kept] for item in side) for side in (one, none))
    weights = n1 * n0 / (n1 + n0)
    weights = weights / weights.sum()
    variances = (aa - a**2 / n1) / (n1 - 1) / n1 + (bb - b**2 / n0) / (n0 - 1) / n0
    return float((weights * (a / n1 - b / n0)).sum()), math.sqrt(max(float((weights**2 * variances).sum()), 0.0))


def _sums(target: Floats, side: NDArray[np.bool_], parts: Codes) -> tuple[Floats, Floats, Floats]:
    """Customers, sums and sums of squares of one side in each part."""
    top = int(parts.max()) + 1 if len(parts) else 1
    own, values = parts[side], target[side]
    counts = np.bincount(own, minlength=top).astype(np.float64)
    sums, squares = (np.bincount(own, one, minlength=top).astype(np.float64) for one in (values, values**2))
    return counts, sums, squares
