"""What a customer spends per order: the shape of such models, and the plain one (own mean, else the base's)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import gammaincinv

from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

DEFAULT_SPREAD = 0.5  # coefficient of variation of orders where no customer shows two sums to tell it


@dataclass(frozen=True)
class FittedSpend(ABC):
    """A fitted model of spend per order, in minor units of money."""

    code: ClassVar[str]

    @abstractmethod
    def expected_spend(self, summary: PurchaseSummary) -> FloatArray:
        """Expected spend per order of each customer, shape (n,)."""

    @abstractmethod
    def draw_parameters(self, draws: int, rng: np.random.Generator) -> FloatArray:
        """Draws of the parameters, shape (p, draws, 1)."""

    @abstractmethod
    def spend_interval(self, summary: PurchaseSummary, level: float) -> tuple[FloatArray, FloatArray]:
        """Bounds of each customer's own mean spend per order, each of shape (n,)."""

    @abstractmethod
    def sample_sums(
        self, theta: FloatArray, summary: PurchaseSummary, orders: IntArray, repeats: int, rng: np.random.Generator
    ) -> FloatArray:
        """Draw the sum of so many orders of each customer.

        Args:
            theta: draws of the parameters, shape (p, draws, 1).
            summary: histories, n rows.
            orders: numbers of orders, shape (draws * repeats, n).
            repeats: outcomes per draw of the parameters.
            rng: source of randomness.

        Returns:
            The sums in minor units, shape (draws * repeats, n).
        """


@dataclass(frozen=True)
class NaiveSpend(FittedSpend):
    """The customer's own mean; the base's mean for those without one.

    Attributes:
        mean_: mean spend per order of the base.
        spread_: coefficient of variation of a customer's mean spend across the base.

    Example:
        >>> from kogorta.value.summary import PurchaseSummary
        >>> summary = PurchaseSummary([1, 3, 0], [2, 9, 0], [30, 30, 30], spend=[500, 900, 0])
        >>> NaiveSpend.learn(summary).expected_spend(summary).tolist()
        [500.0, 900.0, 800.0]
    """

    mean_: float
    spread_: float

    code: ClassVar[str] = "naive-spend"

    @classmethod
    def learn(cls, summary: PurchaseSummary) -> NaiveSpend:
        """Learn the base's mean, weighted by orders.

        Raises:
            InputError: the summary has no paid orders.
        """
        orders, spend = spend_columns(summary)
        paid = (orders > 0) & (spend > 0)
        behind = summary.counts[paid] * orders[paid]
        if not paid.any():
            raise InputError("not one order has a sum above zero; give the sums of orders or leave money out.")
        mean = float(behind @ spend[paid]) / float(behind.sum())
        deviation = float(np.sqrt(behind @ (spend[paid] - mean) ** 2 / behind.sum()))
        return cls(mean, deviation / mean if deviation > 0 else DEFAULT_SPREAD)

    def expected_spend(self, summary: PurchaseSummary) -> FloatArray:
        """Own mean, else the base's, shape (n,)."""
        orders, spend = spend_columns(summary)
        return np.where((orders > 0) & (spend > 0), spend, self.mean_)

    def draw_parameters(self, draws: int, rng: np.random.Generator) -> FloatArray:
        """The two figures, the same in every draw."""
        del rng
        return np.broadcast_to(np.array([self.mean_, self.spread_])[:, None, None], (2, draws, 1))

    def spend_interval(self, summary: PurchaseSummary, level: float) -> tuple[FloatArray, FloatArray]:
        """Bounds of each customer's own mean spend per order, each of shape (n,)."""
        own, _ = spend_columns(summary)
        expected, known = self.expected_spend(summary), (own + 1) / self.spread_**2
        low, high = (gammaincinv(known, edge) / known for edge in ((1 - level) / 2, (1 + level) / 2))
        return expected * low, expected * high

    def sample_sums(
        self, theta: FloatArray, summary: PurchaseSummary, orders: IntArray, repeats: int, rng: np.random.Generator
    ) -> FloatArray:
        """Orders spread around the mean as the base's are; see `FittedSpend.sample_sums`."""
        del theta, repeats
        own, _ = spend_columns(summary)
        shape = 1 / self.spread_**2
        outcome, row = np.nonzero(orders)
        known = (own[row] + 1) * shape
        mean = self.expected_spend(summary)[row] * rng.standard_gamma(known) / known
        total = np.zeros(orders.shape)
        total[outcome, row] = rng.standard_gamma(shape * orders[outcome, row]) / shape * mean
        return total


def spend_columns(summary: PurchaseSummary) -> tuple[FloatArray, FloatArray]:
    """Orders behind the mean spend, and the spend; orders without a sum count as none.

    Raises:
        InputError: the summary has no money.
    """
    if summary.spend is None:
        raise InputError("the summary holds no spend; give the mean sum of the orders of each customer.")
    orders = summary.x if summary.spend_orders is None else summary.spend_orders
    return np.where(summary.spend > 0, orders, 0.0), summary.spend
