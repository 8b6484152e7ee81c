"""Products bought instead of each other: whoever has one is not offered the other.

Two products of one kind (one category; without categories, names alike) that far fewer customers own both of than chance would give.
Chance is counted among the customers who own any product of the kind, so that an unpopular category is no evidence. The test is a Poisson
tail at half of the expected count, with the false discovery rate of Benjamini and Hochberg (1995) held over all pairs of a kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.recommendations.goods import Product
    from kogorta.recommendations.history import History, Matrix

HALF: Final = 0.5
"""Owned together at most half as often as chance would give."""
ALARM: Final = 0.05
FEWEST_EXPECTED: Final = 6
"""With fewer owners of both expected, even none at all proves nothing."""
ALIKE: Final = 0.5
"""Share of the words of two names that are the same, rare words weighing more."""
LARGEST_KIND: Final = 400
"""Of a larger kind only the products most bought are compared."""


@dataclass(frozen=True, eq=False)
class Substitutes:
    """Pairs of products bought instead of each other, both ways round."""

    matrix: Matrix

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Places of the products, the smaller first."""
        found = self.matrix.tocoo()
        return tuple((int(a), int(b)) for a, b in sorted(zip(found.row, found.col, strict=True)) if a < b)


def find_substitutes(history: History) -> Substitutes:
    """Learn them from who owns what.

    Args:
        history: purchases.
    """
    import scipy.sparse as sp
    from scipy.special import pdtr

    lefts: list[np.ndarray] = []
    rights: list[np.ndarray] = []
    chances: list[np.ndarray] = []
    owned = history.owned.tocsc()
    owned.sort_indices()
    owned_by = np.diff(owned.indptr).astype(np.float64)
    for kind in _kinds(history.goods.products):
        among = np.array(sorted(sorted(kind, key=lambda place: (-owned_by[place], place))[:LARGEST_KIND]))
        alone = owned_by[among]
        if np.partition(alone, -2)[-2] < FEWEST_EXPECTED:  # no pair of them can be expected often enough
            continue
        owners = np.concatenate([owned.indices[owned.indptr[place] : owned.indptr[place + 1]] for place in among])
        people, row = np.unique(owners, return_inverse=True)
        holds = np.zeros((len(people), len(among)), dtype=np.float32)
        holds[row, np.repeat(np.arange(len(among)), alone.astype(np.int64))] = 1
        expected = np.outer(alone, alone) / len(people)
        left, right = np.triu_indices(len(among), 1)
        lefts.append(among[left])
        rights.append(among[right])
        chances.append(pdtr((holds.T @ holds)[left, right], HALF * expected[left, right]))
    size = len(history.goods)
    if not lefts:
        lefts, rights, chances = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    left, right, chance = np.concatenate(lefts), np.concatenate(rights), np.concatenate(chances)
    found = _discoveries(chance)
    rows, columns = np.concatenate([left[found], right[found]]), np.concatenate([right[found], left[found]])
    matrix = sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(size, size))
    matrix.data[:] = 1
    return Substitutes(matrix)


@lru_cache(maxsize=4)
def _kinds(products: tuple[Product, ...]) -> tuple[tuple[int, ...], ...]:
    """Groups of products of one kind: a category, or a name's words shared with a product of no category."""
    by_category: dict[str, list[int]] = {}
    for place, product in enumerate(products):
        if product.category:
            by_category.setdefault(product.category, []).append(place)
    kinds = [tuple(kind) for _, kind in sorted(by_category.items()) if len(kind) > 1]
    nameless = [place for place, product in enumerate(products) if not product.category]
    return (*kinds, *_namesakes(products, nameless))


def _namesakes(products: Sequence[Product], places: Sequence[int]) -> list[tuple[int, ...]]:
    """Products whose names share most of their words, grouped around the name most bought."""
    vectors = name_vectors([products[place].name for place in places])
    if vectors.shape[1] == 0:
        return []
    near = (vectors @ vectors.T).tocsr()
    free = np.ones(len(places), dtype=bool)
    kinds = []
    for row in sorted(range(len(places)), key=lambda row: (-products[places[row]].customers, row)):
        if not free[row]:
            continue
        span = slice(near.indptr[row], near.indptr[row + 1])
        alike = [int(other) for other, value in zip(near.indices[span], near.data[span], strict=True) if value >= ALIKE and free[other]]
        free[row] = False
        if len(alike) > 1:
            free[alike] = False
            kinds.append(tuple(sorted(places[other] for other in alike)))
    return kinds


def name_vectors(names: Sequence[str]) -> Matrix:
    """Names as rows of unit length over their words; a rare word weighs more (tf-idf)."""
    import scipy.sparse as sp

    words = [sorted(set(re.findall(r"\w+", name.casefold()))) for name in names]
    counts: dict[str, int] = {}
    for found in words:
        for word in found:
            counts[word] = counts.get(word, 0) + 1
    shared = {word: place for place, word in enumerate(sorted(word for word, count in counts.items() if count > 1))}
    weight = {word: float(np.log((1 + len(names)) / (1 + count)) + 1) for word, count in counts.items()}
    rows, columns, values = [], [], []
    for row, found in enumerate(words):
        length = np.sqrt(sum(weight[word] ** 2 for word in found)) or 1.0
        for word in found:
            if word in shared:
                rows.append(row)
                columns.append(shared[word])
                values.append(weight[word] / length)
    return sp.csr_matrix((np.array(values, dtype=np.float32), (rows, columns)), shape=(len(names), len(shared)))


def _discoveries(chance: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg: which of the tests are findings."""
    order = np.argsort(chance, kind="stable")
    passed = chance[order] <= ALARM * np.arange(1, len(chance) + 1) / len(chance)
    found = np.zeros(len(chance), dtype=bool)
    if passed.any():
        found[order[: int(np.flatnonzero(passed)[-1]) + 1]] = True
    return found
