"""Is there a gap between two groups, or were they cut out of one cloud?

Whatever continuum is cut in two, however its features go together, the density at the cut is no lower than on the lower of its two sides.
Groups and the direction between them are found on one half of the customers; the gap is looked for on the other half, who had no say in
it. There, in three strips of equal width (a peak, the gap, the other peak), customers are counted. Under a single peak the strip between
holds at least as many as the poorer of the two others, so the binomial test below errs at most as often as it says.

Source of the idea: the excess mass and dip tests of multimodality (Hartigan and Hartigan 1985, Annals of Statistics 13; Mueller and
Sawitzki 1991, JASA 86), with data splitting (Cox 1975, Biometrika 62) in place of simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from kogorta.segments.hidden.features import Floats

GRID: Final = 256


@dataclass(frozen=True)
class Strips:
    """Where to count: centres of the peak, the gap and the other peak, and the width of each strip."""

    left: float
    middle: float
    right: float
    width: float

    def count(self, values: Floats) -> Gap:
        """Customers in each strip."""
        inside = [int((np.abs(values - place) <= self.width / 2).sum()) for place in (self.left, self.middle, self.right)]
        return Gap(*inside)


@dataclass(frozen=True)
class Gap:
    """Customers counted on the half that had no say: in one peak, between, in the other peak."""

    left: int = 0
    middle: int = 0
    right: int = 0

    def __add__(self, other: Gap) -> Gap:
        return Gap(self.left + other.left, self.middle + other.middle, self.right + other.right)

    @property
    def depth(self) -> float:
        """Customers between as a share of those in the lower peak: 0 is an empty gap, 1 or more is none."""
        return self.middle / max(min(self.left, self.right), 1)

    @property
    def p(self) -> float:
        """Chance of so empty a gap, or an emptier one, in a cloud with one peak."""
        from scipy.special import bdtr

        return max(float(bdtr(self.middle, self.middle + side, 0.5)) for side in (self.left, self.right))


def strips_between(left: Floats, right: Floats) -> Strips | None:
    """Where the gap between two groups would be, from the half that may choose; None when they are not apart at all."""
    if len(left) < 5 or len(right) < 5:
        return None
    if np.median(left) > np.median(right):
        left, right = right, left
    low, high = float(np.median(left)), float(np.median(right))
    grid, density = _density(np.concatenate([left, right]), min(_scale(left), _scale(right)))
    between = np.flatnonzero((grid >= low) & (grid <= high))
    if len(between) < 5:
        return None
    valley = int(between[np.argmin(density[between])])
    if valley in (int(between[0]), int(between[-1])):
        return None
    peak = int(np.argmax(density[: valley + 1]))
    other = valley + int(np.argmax(density[valley:]))
    return _strips(float(grid[peak]), float(grid[valley]), float(grid[other]))


def deepest_strips(values: Floats, *, fewest: int) -> Strips | None:
    """The deepest valley of one feature with at least `fewest` customers on each side, from the half that may choose."""
    if len(values) < 2 * fewest or _scale(values) == 0:
        return None
    grid, density = _density(values, _scale(values) * 0.7)
    inner = np.flatnonzero((density[1:-1] < density[:-2]) & (density[1:-1] <= density[2:])) + 1
    best: tuple[float, Strips] | None = None
    for valley in inner:
        before = int((values < grid[valley]).sum())
        if min(before, len(values) - before) < fewest:
            continue
        peak = int(np.argmax(density[: valley + 1]))
        other = int(valley) + int(np.argmax(density[valley:]))
        depth = float(density[valley] / min(density[peak], density[other]))
        strips = _strips(float(grid[peak]), float(grid[valley]), float(grid[other]))
        if strips is not None and (best is None or depth < best[0]):
            best = depth, strips
    return best[1] if best else None


def direction(left: Floats, right: Floats) -> Floats:
    """The axis that parts two groups best (Fisher 1936), with the within-group scatter drawn a little to its diagonal."""
    centred = np.vstack([left - left.mean(axis=0), right - right.mean(axis=0)])
    scatter = centred.T @ centred / max(len(centred) - 2, 1)
    diagonal = np.diag(np.maximum(np.diag(scatter), 1e-6))
    return np.linalg.solve(0.9 * scatter + 0.1 * diagonal, right.mean(axis=0) - left.mean(axis=0))


def _strips(left: float, middle: float, right: float) -> Strips | None:
    width = 0.5 * min(middle - left, right - middle)
    return Strips(left, middle, right, width) if width > 0 else None


def _scale(values: Floats) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    spread = min(float(values.std()), float(high - low) / 1.34) or float(values.std())
    return float(spread * len(values) ** -0.2)


def _density(values: Floats, scale: float) -> tuple[Floats, Floats]:
    """A kernel estimate on a grid; Silverman's rule with the narrower of the two scales."""
    low, high = np.quantile(values, [0.005, 0.995])
    bandwidth = max(0.9 * scale, (high - low) / 200) or 1.0
    edges = np.linspace(low - 3 * bandwidth, high + 3 * bandwidth, GRID + 1)
    grid = (edges[1:] + edges[:-1]) / 2
    counts, _ = np.histogram(values, edges)
    kernel = np.exp(-0.5 * ((grid[:, None] - grid[None, :]) / bandwidth) ** 2)
    return grid, kernel @ counts / (len(values) * bandwidth * np.sqrt(2 * np.pi))
