"""Customers of a large base whose histories foretell the same: outcomes are drawn once for all of them.

Given the parameters, what a customer will do rests on three figures: repeat purchases, the time observed and the probability of being
alive. Customers who differ in them by less than a step are kin; one history of each kin is drawn, its bounds are carried over to the
others. Sums scale with the expected spend of an order, the odds of having left with the customer's own odds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.value.cells import tally
from kogorta.value.columns import stretches

if TYPE_CHECKING:
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

FROM_ROWS: Final = 50_000
"""Customers from which kin are drawn instead of everyone."""
STEP: Final = 0.04
"""Time observed and many repeat purchases of kin differ by less than 4 %."""
EXACT: Final = 10
"""Repeat purchases up to which kin have the same number."""
ODDS_STEP: Final = 0.1
"""The logarithm of the odds of being alive of kin differs by less than this: the probability by 2.5 points at most."""
LARGEST_ODDS: Final = 8.0


@dataclass(frozen=True, eq=False)
class Kin:
    """Kin of a base, in an order that depends on histories only.

    Attributes:
        of: the kin of each row, shape (n,).
        row: the row whose history stands for each kin, shape (k,).
    """

    of: IntArray
    row: IntArray

    @classmethod
    def find(cls, summary: PurchaseSummary, alive: FloatArray) -> Kin:
        """Put rows together.

        Args:
            summary: histories.
            alive: probability of being alive of each, not a number where the rule knows none.

        Returns:
            The kin; which row stands for them does not depend on the order of the rows but among equal histories.

        Example:
            >>> from kogorta.value.summary import PurchaseSummary
            >>> summary = PurchaseSummary([0, 0, 1], [0, 0, 3], [30, 30.1, 30])
            >>> Kin.find(summary, np.array([1.0, 1.0, 0.8])).of.tolist()
            [0, 0, 1]
        """
        orders = summary.x if summary.spend_orders is None else summary.spend_orders
        paid = orders if summary.spend is None else np.where(summary.spend > 0, orders, 0.0)
        key = np.zeros(len(summary), dtype=np.int64)
        for level, column in ((_count_level, summary.x), (_count_level, paid), (_time_level, summary.T), (_odds_level, alive)):
            codes = np.empty(key.size, dtype=np.int32)
            for rows in stretches(key.size):
                codes[rows] = level(column[rows])
            key *= int(codes.max()) + 1
            key += codes
        del paid, codes
        order = np.lexsort((summary.t_x, summary.T, summary.x, key))
        key = key[order]
        new = np.concatenate(([True], key[1:] != key[:-1]))
        del key
        starts = np.flatnonzero(new)
        sizes = np.diff(np.append(starts, order.size))
        of = np.empty(order.size, dtype=np.int64)
        of[order] = np.cumsum(new) - 1
        return cls(of, order[starts + sizes // 2])

    def __len__(self) -> int:
        return int(self.row.size)

    def histories(self, summary: PurchaseSummary) -> PurchaseSummary:
        """One history of each kin; whoever paid spends the same on an order: sums are scaled afterwards."""
        chosen = replace(summary.take(self.row), weights=None)
        if chosen.spend is None or summary.spend is None:
            return chosen
        paid = summary.spend > 0
        usual = float(np.exp(np.log(summary.spend[paid]).mean())) if paid.any() else 0.0
        return replace(chosen, spend=np.where(chosen.spend > 0, round(usual, 2), 0.0))

    def alive_bounds(self, bounds: FloatArray, alive: FloatArray, rows: slice) -> FloatArray:
        """Bounds of the probability of being alive of these rows, shape (2, n), from those of the kin, shape (2, k)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            own = (1 - alive[self.row]) / alive[self.row]
            left = np.where(own > 0, (1 - bounds) / bounds / own, 1.0)
            odds = (1 - alive[rows]) / alive[rows]
            found: FloatArray = 1 / (1 + left[:, self.of[rows]] * odds)
        return found


@dataclass(frozen=True, eq=False)
class KinTotals:
    """Totals by segment out of outcomes of kin.

    Totals of many customers are normal around their mean under the parameters drawn: the mean and the variance are those of the kin.

    Args:
        weights: customers of a segment (or what their outcomes are to be multiplied with) by kin, shape (segments, k).
        squares: sums of the squares of the same.
        means: means of the outcomes of each kin by draw of the parameters, shape (p, k).
        variances: variance of the outcomes of each kin under one draw of the parameters, shape (k,).
        repeats: outcomes behind each mean.
    """

    weights: FloatArray
    squares: FloatArray
    means: FloatArray
    variances: FloatArray
    repeats: int

    def draw(self, noise: FloatArray) -> FloatArray:
        """Outcomes of the totals, shape (segments, p * repeats).

        Means of few outcomes differ more from draw to draw than the parameters make them; by how much is known, and is taken off.

        Args:
            noise: standard normal deviates, shape (p * repeats,).
        """
        totals = self.weights @ self.means.T
        centre = totals.mean(axis=1, keepdims=True)
        by_chance = (self.weights**2 @ self.variances) / self.repeats
        seen = totals.var(axis=1, ddof=1)
        kept = np.sqrt(np.clip(1 - np.divide(by_chance, seen, out=np.zeros_like(seen), where=seen > 0), 0.0, 1.0))
        around = np.repeat(centre + (totals - centre) * kept[:, None], self.repeats, axis=1)
        spread = np.sqrt(self.squares @ self.variances)
        return np.maximum(around + spread[:, None] * noise, 0.0)


def by_kin(values: FloatArray, codes: IntArray, segments: int, of: IntArray, kin: int) -> FloatArray:
    """Sums of a column by segment and kin (`of` each row), shape (segments, kin)."""
    return tally(codes.astype(np.int64) * kin + of, values, segments * kin).reshape(segments, kin)


def _count_level(count: FloatArray) -> IntArray:
    many = EXACT + np.floor(np.log(np.maximum(count, 1.0) / EXACT) / STEP) + 1
    return np.where(count <= EXACT, count, many).astype(np.int64)


def _time_level(time: FloatArray) -> IntArray:
    level: IntArray = np.floor(np.log1p(time) / STEP).astype(np.int64)
    return level


def _odds_level(alive: FloatArray) -> IntArray:
    known = np.clip(np.nan_to_num(alive, nan=1.0), 1e-9, 1 - 1e-9)
    odds = np.clip(np.log(known) - np.log1p(-known), -LARGEST_ODDS, LARGEST_ODDS)
    level: IntArray = np.floor((odds + LARGEST_ODDS) / ODDS_STEP).astype(np.int64)
    return level
