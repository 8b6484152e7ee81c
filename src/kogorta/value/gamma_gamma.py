"""Gamma-Gamma: what a customer spends per order, drawn to the base's mean by as much as little is known.

Source: Fader, Hardie, Lee, RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal of Marketing
Research 42(4), 2005; likelihood as in Fader and Hardie, The Gamma-Gamma Model of Monetary Value, note 025, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from scipy.special import gammaincinv, gammaln, psi

from kogorta.kit.errors import InputError
from kogorta.value.cells import tally
from kogorta.value.fitted_parameters import FittedParameters, as_rows
from kogorta.value.likelihood_fit import maximise
from kogorta.value.spend_model import FittedSpend, spend_columns

if TYPE_CHECKING:
    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

ENOUGH: Final = 200_000
"""Customers with paid orders beyond which every second, third and so on is fitted, in the order of orders and sums."""


@dataclass(frozen=True, kw_only=True)
class FittedGammaGamma(FittedParameters, FittedSpend):
    """A fitted Gamma-Gamma model: orders of shape p, their scale Gamma(q, v) across customers; v in minor units.

    Attributes:
        customers_: customers with paid orders, used in the fit.
        excluded_: customers left out, for their orders were free of charge.
        correlation_: of the number of orders and the mean spend; the model takes it for zero.
    """

    excluded_: float
    correlation_: float

    code: ClassVar[str] = "gamma-gamma"
    names: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    @property
    def population_mean_(self) -> float:
        """Mean spend per order across customers; infinite when q <= 1."""
        p, q, v = self.values_
        return p * v / (q - 1) if q > 1 else float("inf")

    def expected_spend(self, summary: PurchaseSummary) -> FloatArray:
        """Expected spend per order of each customer, shape (n,)."""
        orders, spend = spend_columns(summary)
        p, q, v = self.values_
        known = p * orders + q - 1
        mean: FloatArray = np.where(known > 0, p * (v + orders * spend) / np.where(known > 0, known, 1.0), np.inf)
        return mean

    def spend_interval(self, summary: PurchaseSummary, level: float) -> tuple[FloatArray, FloatArray]:
        """Bounds of each customer's own mean spend per order, each of shape (n,)."""
        known, spend = spend_columns(summary)
        p, q, v = self.values_
        scale = p * (v + known * spend)
        low, high = (scale / gammaincinv(p * known + q, edge) for edge in ((1 + level) / 2, (1 - level) / 2))
        return low, high

    def sample_sums(
        self, theta: FloatArray, summary: PurchaseSummary, orders: IntArray, repeats: int, rng: np.random.Generator
    ) -> FloatArray:
        """Draw the sum of `orders` orders of each customer; see `FittedSpend.sample_sums`."""
        known, spend = spend_columns(summary)
        outcome, row = np.nonzero(orders)
        p, q, v = theta[:, outcome // repeats, 0]
        rate = rng.standard_gamma(p * known[row] + q) / (v + known[row] * spend[row])
        total = np.zeros(orders.shape)
        total[outcome, row] = rng.standard_gamma(p * orders[outcome, row]) / rate
        return total


class GammaGamma:
    """Gamma-Gamma before it has seen data.

    Example:
        >>> from kogorta.value.summary import PurchaseSummary
        >>> summary = PurchaseSummary([1, 2, 3, 0], [2, 9, 20, 0], [30, 30, 30, 30], spend=[500, 900, 700, 0])
        >>> GammaGamma().fit(summary).customers_
        3.0
    """

    def fit(self, summary: PurchaseSummary) -> FittedGammaGamma:
        """Learn p, q, v by maximum likelihood from customers with paid orders.

        Raises:
            InputError: no money in the summary, or fewer than three customers with paid orders.
        """
        orders, spend = spend_columns(summary)
        counts = summary.counts
        used = (orders > 0) & (spend > 0)
        if counts[used].sum() < 3:
            raise InputError(
                "customers with paid orders to learn from: {value:g}; a model of spend needs three at least.",
                value=counts[used].sum(),
            )
        orders, spend, weights = orders[used], spend[used], counts[used]
        step = orders.size // ENOUGH
        if step > 1:
            kept = np.lexsort((weights, spend, orders))[step // 2 :: step]
            orders, spend, weights = orders[kept], spend[kept], weights[kept]
        level = float(weights @ spend) / float(weights.sum())
        pairs, place = np.unique(np.column_stack((orders, spend)), axis=0, return_inverse=True)
        count = tally(place.reshape(-1), weights, len(pairs))
        maximum = maximise(_objective(pairs[:, 0], pairs[:, 1] / level, count), np.log([4.0, 4.0, 0.8]), count.sum())
        point = maximum.point + np.array([0.0, 0.0, np.log(level)])
        return FittedGammaGamma(
            values_=tuple(float(value) for value in np.exp(point)),
            log_covariance_=as_rows(maximum),
            log_likelihood_=float(maximum.log_likelihood) - float(count.sum()) * float(np.log(level)),
            convergence_=maximum.convergence,
            customers_=float(count.sum()),
            excluded_=float(counts[(summary.x > 0) & ~used].sum()),
            correlation_=_correlation(orders, spend, weights),
        )


def _objective(orders: FloatArray, spend: FloatArray, count: FloatArray) -> Objective:
    table, code = np.unique(orders, return_inverse=True)
    table_count = tally(code, count, table.size)
    log_spend = float(count @ np.log(spend))
    orders_log_spend = float((count * orders) @ np.log(spend))
    orders_log_orders = float((table_count * table) @ np.log(table))
    total = float(count.sum())
    money = orders * spend

    def at(point: FloatArray) -> tuple[float, FloatArray]:
        p, q, v = np.exp(point)
        shape = p * table
        log_known = np.log(money + v)
        weighted = count * log_known
        per_order = (
            table_count @ (gammaln(shape + q) - gammaln(shape))
            - total * gammaln(q)
            + total * q * point[2]
            + p * (orders_log_spend + orders_log_orders)
            - log_spend
        )
        value = per_order - p * (weighted @ orders) - q * weighted.sum()
        psi_both = psi(shape + q)
        slope_p = (table_count * table) @ (psi_both - psi(shape)) + orders_log_spend + orders_log_orders - weighted @ orders
        slope_q = table_count @ psi_both - total * psi(q) + total * point[2] - weighted.sum()
        slope_v = total * q / v - (count * (p * orders + q)) @ (1 / (money + v))
        return float(value), np.array([slope_p * p, slope_q * q, slope_v * v])

    return at


def _correlation(orders: FloatArray, spend: FloatArray, weights: FloatArray) -> float:
    total = weights.sum()
    off_orders = orders - weights @ orders / total
    off_spend = spend - weights @ spend / total
    spread = float(np.sqrt((weights @ off_orders**2) * (weights @ off_spend**2)))
    return float(weights @ (off_orders * off_spend)) / spread if spread > 0 else 0.0
