"""How strongly products go together, in one basket or with one customer.

Method: item-item collaborative filtering with the shrunk cosine (Sarwar, Karypis, Konstan and Riedl, "Item-based collaborative filtering
recommendation algorithms", 2001; shrinkage after Bell and Koren, 2007). Significance of a pair: the log-likelihood ratio G2 of its
two-by-two table (Dunning, 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from kogorta.recommendations.history import History, Matrix

Level = Literal["basket", "customer"]
LEVELS: Final[tuple[Level, ...]] = ("basket", "customer")
SHRINKAGE: Final = 10.0
FEWEST_TOGETHER: Final = 3
"""Two products bought together fewer times than this say nothing."""


@dataclass(frozen=True, eq=False)
class Together:
    """Counts of products and of pairs of products over baskets or over customers.

    Attributes:
        counts: products x products, how many units held both; the diagonal is empty.
        alone: how many units held each product.
        units: baskets or customers in all.
    """

    counts: Matrix
    alone: np.ndarray
    units: int

    @classmethod
    def of(cls, history: History, level: Level) -> Together:
        """Count a history."""
        held = history.baskets if level == "basket" else history.owned
        both = (held.T @ held).tocsr()
        alone = both.diagonal().astype(np.float64)
        both.setdiag(0)
        both.eliminate_zeros()
        both.sort_indices()
        return cls(both, alone, held.shape[0])

    @cached_property
    def cosine(self) -> np.ndarray:
        """Shrunk cosine of every two products, zero where they met too seldom; dense, four bytes each."""
        scale = (1 / np.sqrt(self.alone + SHRINKAGE)).astype(np.float32)
        found: np.ndarray = self.counts.toarray()
        found[found < FEWEST_TOGETHER] = 0
        found *= scale[:, None]
        found *= scale[None, :]
        return found

    def pair(self, left: int, right: int) -> Pair:
        """One pair of products."""
        return Pair(left, right, int(self.counts[left, right]), int(self.alone[left]), int(self.alone[right]), self.units)

    def strongest(self, most: int, *, fewest: int = 10, each: int = 2) -> tuple[Pair, ...]:
        """Pairs that go together beyond chance, most evidence first; no product in more than `each` of them.

        Args:
            most: how many pairs.
            fewest: a pair met fewer times is not told.
            each: how often one product may be named.
        """
        upper = self.counts.tocoo()
        kept = (upper.row < upper.col) & (upper.data >= fewest)
        left, right, both = upper.row[kept], upper.col[kept], upper.data[kept].astype(np.float64)
        if not len(left):
            return ()
        lift = both * self.units / (self.alone[left] * self.alone[right])
        evidence = np.where(lift > 1, _g2(both, self.alone[left], self.alone[right], self.units), 0)
        tests = max(len(self.alone) * (len(self.alone) - 1) / 2, 1)
        bar = _chi2_bar(0.05 / tests)
        order = np.lexsort((right, left, -evidence))
        named: dict[int, int] = {}
        found: list[Pair] = []
        for place in order:
            if len(found) == most or evidence[place] < bar:
                break
            ends = (int(left[place]), int(right[place]))
            if all(named.get(end, 0) < each for end in ends):
                found.append(self.pair(*ends))
                for end in ends:
                    named[end] = named.get(end, 0) + 1
        return tuple(found)


@dataclass(frozen=True)
class Pair:
    """Two products and how often they met.

    Example:
        >>> pair = Pair(0, 1, both=30, left_alone=40, right_alone=60, units=1000)
        >>> pair.share, pair.usual_share, pair.lift
        (0.75, 0.06, 12.5)
    """

    left: int
    right: int
    both: int
    left_alone: int
    right_alone: int
    units: int

    @property
    def share(self) -> float:
        """Of the units with the left product, how many held the right one too."""
        return self.both / self.left_alone if self.left_alone else 0.0

    @property
    def usual_share(self) -> float:
        """Of all units, how many held the right one."""
        return self.right_alone / self.units if self.units else 0.0

    @property
    def lift(self) -> float:
        """How many times more often than by chance."""
        return self.share / self.usual_share if self.usual_share else 0.0


def _g2(both: np.ndarray, left: np.ndarray, right: np.ndarray, units: int) -> np.ndarray:
    """Twice the log-likelihood ratio of the two-by-two tables against independence."""
    cells = (
        (both, left * right / units),
        (left - both, left * (units - right) / units),
        (right - both, (units - left) * right / units),
        (units - left - right + both, (units - left) * (units - right) / units),
    )
    total = np.zeros(len(both))
    for seen, expected in cells:
        with np.errstate(divide="ignore", invalid="ignore"):
            total += np.where(seen > 0, seen * np.log(np.where(seen > 0, seen, 1) / expected), 0)
    return 2 * total


def _chi2_bar(chance: float) -> float:
    from scipy.stats import chi2

    return float(chi2.isf(chance, 1))
