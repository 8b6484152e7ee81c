"""Proposals: groups in a view of the features; whether they come back; whether there are gaps between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.segments.hidden.gaps import Gap, deepest_strips, direction, strips_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kogorta.segments.hidden.features import Floats

    Labels = NDArray[np.intp]

Shape = Literal["round", "long"]
"""`round`: k-means; `long`: a Gaussian mixture that starts from it, whose groups may be stretched and of unlike width."""
SHAPES: Final[tuple[Shape, ...]] = ("long", "round")

STARTS: Final = 6
STARTED: Final = 1e-3
SETTLED: Final = 1e-6
"""Share of the loss a step must save to be followed by another: of each start, and of the best one."""
PARTING_P: Final = 0.02
PARTING_DEPTH: Final = 0.7
"""A feature alone parts customers when its own gap is at least so sure and so deep."""
SAME: Final = 0.6
"""Jaccard likeness below which the groups of one half are not those of the whole."""


@dataclass(frozen=True, eq=False)
class Centres:
    """Centres of groups, shape (k, p)."""

    points: Floats

    def nearest(self, matrix: Floats) -> Labels:
        """The nearest centre of each row."""
        squares = (self.points**2).sum(axis=1) - 2 * matrix @ self.points.T
        found: Labels = np.argmin(squares, axis=1)
        return found


def find_centres(matrix: Floats, groups: int, seed: int) -> Centres:
    """k-means (Lloyd 1982) from several k-means++ starts (Arthur and Vassilvitskii 2007): each goes some way, the tightest to the end.

    Groups are numbered from the largest.
    """
    random = np.random.default_rng(seed)
    squares = (matrix**2).sum(axis=1)
    tried = [_moved(matrix, squares, _start(matrix, groups, random), STARTED) for _ in range(STARTS)]
    points, _ = _moved(matrix, squares, min(tried, key=lambda one: one[1])[0], SETTLED)
    sizes = np.bincount(Centres(points).nearest(matrix), minlength=groups)
    return Centres(points[np.lexsort((points[:, 0], -sizes))])


def _moved(matrix: Floats, squares: Floats, points: Floats, settled: float) -> tuple[Floats, float]:
    """Centres moved until the loss falls by less than a share `settled` of itself, and the loss."""
    rows, groups = np.arange(len(matrix)), len(points)
    loss = np.inf
    for _step in range(60):
        away = (points**2).sum(axis=1) - 2 * (matrix @ points.T)
        labels = np.argmin(away, axis=1)
        gaps = np.maximum(squares + away[rows, labels], 0)
        taken = np.zeros((len(matrix), groups))
        taken[rows, labels] = 1.0
        sizes = taken.sum(axis=0)
        points = (taken.T @ matrix) / np.maximum(sizes, 1.0)[:, None]
        points[sizes == 0] = matrix[int(np.argmax(gaps))]
        before, loss = loss, float(gaps.sum())
        if before - loss <= settled * max(loss, 1e-12):
            break
    return points, loss


@dataclass(frozen=True, eq=False)
class Mixture:
    """Gaussian groups.

    Args:
        means: shape (k, p).
        roots: shape (k, p, p), Cholesky factors of the inverse covariances.
        logs: shape (k,), logarithms of shares and determinants together.
    """

    means: Floats
    roots: Floats
    logs: Floats

    def nearest(self, matrix: Floats) -> Labels:
        """The likeliest group of each row."""
        found: Labels = np.argmax(self.log_shares(matrix), axis=1)
        return found

    def log_shares(self, matrix: Floats) -> Floats:
        """Logarithm of share times density for each row and group, up to a constant; shape (n, k)."""
        parts = [(((matrix - mean) @ root) ** 2).sum(axis=1) for mean, root in zip(self.means, self.roots, strict=True)]
        return self.logs - 0.5 * np.column_stack(parts)


def find_groups(matrix: Floats, groups: int, seed: int, shape: Shape) -> Centres | Mixture:
    """Groups of a shape.

    Source of the mixture: expectation-maximisation (Dempster, Laird and Rubin 1977), covariances drawn a little to their diagonal.
    """
    centres = find_centres(matrix, groups, seed)
    if shape == "round":
        return centres
    shares = np.eye(groups)[centres.nearest(matrix)]
    before = -np.inf
    for _ in range(30):
        mixture = _maximised(matrix, shares)
        logs = mixture.log_shares(matrix)
        top = logs.max(axis=1, keepdims=True)
        total = top + np.log(np.exp(logs - top).sum(axis=1, keepdims=True))
        shares = np.exp(logs - total)
        likelihood = float(total.mean())
        if likelihood - before < 3e-4:
            break
        before = likelihood
    return mixture


def _maximised(matrix: Floats, shares: Floats) -> Mixture:
    size = np.maximum(shares.sum(axis=0), 1e-9)
    means = (shares.T @ matrix) / size[:, None]
    floor = 1e-3 * np.maximum(matrix.var(axis=0), 1e-6)
    roots, logs = [], []
    for group in range(len(size)):
        centred = matrix - means[group]
        scatter = (shares[:, group, None] * centred).T @ centred / size[group]
        weight = min(0.02 + matrix.shape[1] / size[group], 1.0)
        scatter = (1 - weight) * scatter + weight * np.diag(np.diag(scatter)) + np.diag(floor)
        root = np.linalg.cholesky(np.linalg.inv(scatter))
        roots.append(root)
        logs.append(np.log(size[group] / len(matrix)) + np.log(np.diag(root)).sum())
    return Mixture(means, np.stack(roots), np.array(logs))


def parting_features(matrix: Floats, half: NDArray[np.bool_], fewest: int) -> list[int]:
    """Columns that have a gap of their own, found on one half and confirmed on the other."""
    found = []
    for place in range(matrix.shape[1]):
        values, gap = matrix[:, place], Gap()
        for chosen in (half, ~half):
            strips = deepest_strips(values[chosen], fewest=max(fewest // 2, 5))
            if strips is None:
                break
            gap = gap + strips.count(values[~chosen])
        else:
            if gap.p <= PARTING_P and gap.depth <= PARTING_DEPTH:
                found.append(place)
    return found


def gaps_between(clipped: Floats, free: Floats, labels: Labels, half: NDArray[np.bool_], seed: int, shape: Shape) -> list[Gap] | None:
    """Gaps of all pairs of groups, counted on the halves that had no say in them; None when the halves find no common groups.

    Args:
        clipped: shape (n, p), what groups are looked for in.
        free: shape (n, q), what gaps are measured in: all features, not winsorised.
        labels: groups of all customers together, shape (n,).
        half: which customers are in the first half, shape (n,).
        seed: of the starts.
        shape: of the groups.
    """
    groups = int(labels.max()) + 1
    sums: dict[tuple[int, int], Gap] = {}
    for chosen in (half, ~half):
        own = find_groups(clipped[chosen], groups, seed, shape).nearest(clipped)
        shared = np.zeros((groups, groups))
        np.add.at(shared, (own, labels), 1)
        matched = np.argmax(shared, axis=1)  # groups this much alike share more than half of either, so the largest part tells the pair
        alike = shared[np.arange(groups), matched]
        if len(set(matched.tolist())) < groups or (alike < SAME * (shared.sum(axis=1) + shared.sum(axis=0)[matched] - alike)).any():
            return None
        own = matched[own]
        for one, other in combinations(range(groups), 2):
            left, right = free[chosen & (own == one)], free[chosen & (own == other)]
            if min(len(left), len(right)) < 5:
                return None
            axis = direction(left, right)
            strips = strips_between(left @ axis, right @ axis)
            if strips is None:
                return None
            rest = free[~chosen & ((own == one) | (own == other))] @ axis
            sums[one, other] = sums.get((one, other), Gap()) + strips.count(rest)
    return list(sums.values())


def stability(clipped: Floats, labels: Labels, shape: Shape, *, seed: int, times: int, share: float = 0.5) -> Floats:
    """Mean Jaccard likeness of each group to its nearest one among groups found in random parts of the customers.

    Source: Hennig (2007), Cluster-wise assessment of cluster stability, CSDA 52: 0.75 and more is a stable group.
    """
    groups = int(labels.max()) + 1
    random = np.random.default_rng([seed, groups])
    total = np.zeros(groups)
    size = max(int(len(labels) * share), groups)
    own = np.bincount(labels, minlength=groups)
    for number in range(times):
        part = np.sort(random.choice(len(labels), size, replace=False))
        again = find_groups(clipped[part], groups, seed + number + 1, shape).nearest(clipped)
        shared = np.zeros((groups, groups))
        np.add.at(shared, (labels, again), 1)
        union = own[:, None] + np.bincount(again, minlength=groups)[None, :] - shared
        total += (shared / union).max(axis=1)
    return total / times


def _start(matrix: Floats, groups: int, random: np.random.Generator) -> Floats:
    chosen = [int(random.integers(len(matrix)))]
    gaps = ((matrix - matrix[chosen[0]]) ** 2).sum(axis=1)
    for _ in range(groups - 1):
        total = gaps.sum()
        place = int(np.searchsorted(np.cumsum(gaps), random.random() * total)) if total > 0 else int(random.integers(len(matrix)))
        chosen.append(min(place, len(matrix) - 1))
        gaps = np.minimum(gaps, ((matrix - matrix[chosen[-1]]) ** 2).sum(axis=1))
    return matrix[chosen].copy()
