"""The naive rate: a customer goes on as so far, x / T orders per unit of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from kogorta.value.purchase_model import FittedPurchases

if TYPE_CHECKING:
    from kogorta.value.purchase_model import Theta
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

PRIOR_ORDERS = 0.5  # Jeffreys' prior of a Poisson rate, centred on the base's rate


@dataclass(frozen=True, kw_only=True)
class NaiveRate(FittedPurchases):
    """Own rate of each customer; knows nothing of customers who left, so P(alive) is not a number.

    `base_rate` is the rate of all customers together; a history shorter than `shortest` counts as that long, so that
    two orders in two days do not become a hundred and eighty a year.

    Example:
        >>> from kogorta.value.summary import PurchaseSummary
        >>> summary = PurchaseSummary([3, 0], [20, 0], [39, 39])
        >>> NaiveRate.learn(summary).expected_orders(summary, 39).tolist()
        [3.0, 0.0]
    """

    code: ClassVar[str] = "naive"
    names: ClassVar[tuple[str, ...]] = ("base_rate", "shortest")

    @classmethod
    def learn(cls, summary: PurchaseSummary, *, floor: bool = False) -> NaiveRate:
        """Take the base's rate; with `floor`, a typical interval of the base becomes the shortest history."""
        counts = summary.counts
        purchases = float(counts @ summary.x)
        observed = float(counts @ summary.T)
        again = summary.x > 0
        typical = float(counts[again] @ summary.t_x[again]) / purchases if purchases else 0.0
        return cls(
            unit=summary.unit,
            values_=(max(purchases, PRIOR_ORDERS) / observed, typical if floor else 0.0),
            log_covariance_=((0.0, 0.0), (0.0, 0.0)),
            log_likelihood_=0.0,
            convergence_="converged",
            customers_=summary.customers,
            repeaters_=summary.repeaters,
            evaluations_=0,
        )

    def expected_orders_new(self, horizon: float) -> float:
        """The base's rate times `horizon`."""
        return self.values_[0] * horizon

    def _expected(self, theta: Theta, summary: PurchaseSummary, horizon: float) -> FloatArray:
        observed = np.maximum(summary.T, float(theta[1]))
        rate = np.divide(summary.x, observed, out=np.zeros(len(summary)), where=observed > 0)
        product: FloatArray = rate * horizon
        return product

    def _alive(self, theta: Theta, summary: PurchaseSummary) -> FloatArray:
        del theta
        return np.full(len(summary), np.nan)

    def sample_orders(
        self,
        theta: FloatArray,
        summary: PurchaseSummary,
        alive: FloatArray,
        horizons: tuple[float, float],
        repeats: int,
        rng: np.random.Generator,
    ) -> tuple[IntArray, IntArray]:
        """Poisson orders at a gamma rate that has seen the customer's own; see `FittedPurchases.sample_orders`."""
        del alive
        shape = (theta.shape[1] * repeats, len(summary))
        observed = summary.T + PRIOR_ORDERS / self.values_[0]
        rate = rng.standard_gamma(np.broadcast_to(summary.x + PRIOR_ORDERS, shape)) / observed
        short = rng.poisson(rate * horizons[0])
        return short, short + rng.poisson(rate * (horizons[1] - horizons[0]))
