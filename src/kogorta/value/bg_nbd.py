"""BG/NBD: customers order at their own steady rate and may leave for good after any repeat order.

Source: Fader, Hardie, Lee, "Counting Your Customers" the Easy Way, Marketing Science 24(2), 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from kogorta.kit.checks import check_positive
from kogorta.value import beta_geometric
from kogorta.value.purchase_model import FittedPurchases, PurchaseModel

if TYPE_CHECKING:
    from kogorta.value.cells import Cells
    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.purchase_model import Theta
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

EXTRA_CHANCES: Final = 0
"""Nobody leaves before the first repeat order."""


@dataclass(frozen=True, kw_only=True)
class FittedBgNbd(FittedPurchases):
    """A fitted BG/NBD: rate ~ Gamma(r, alpha) across customers, chance to leave ~ Beta(a, b)."""

    code: ClassVar[str] = "bg-nbd"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    def expected_orders_new(self, horizon: float) -> float:
        """Expected repeat purchases of a new customer within `horizon` after the first one."""
        check_positive("horizon", horizon)
        living = beta_geometric.orders_of_the_living(self.values_, np.zeros(1), np.full(1, float(EXTRA_CHANCES)), np.zeros(1), horizon)
        return float(living[0])

    def _expected(self, theta: Theta, summary: PurchaseSummary, horizon: float) -> FloatArray:
        return beta_geometric.expected(theta, summary, horizon, EXTRA_CHANCES)

    def _alive(self, theta: Theta, summary: PurchaseSummary) -> FloatArray:
        return beta_geometric.alive(theta, summary, EXTRA_CHANCES)

    def sample_orders(
        self,
        theta: FloatArray,
        summary: PurchaseSummary,
        alive: FloatArray,
        horizons: tuple[float, float],
        repeats: int,
        rng: np.random.Generator,
    ) -> tuple[IntArray, IntArray]:
        """Draw future orders; see `FittedPurchases.sample_orders`."""
        return beta_geometric.sample_orders(theta, summary, alive, horizons, repeats, rng, EXTRA_CHANCES)


class BgNbd(PurchaseModel):
    """BG/NBD before it has seen data.

    Example:
        >>> from kogorta.value.summary import PurchaseSummary
        >>> summary = PurchaseSummary([0, 1, 1, 2, 4, 9], [0, 2, 20, 9, 19, 29], [30] * 6, weights=[60, 20, 8, 8, 4, 6])
        >>> fit = BgNbd().fit(summary)
        >>> fit.convergence_, fit.params_["r"] > 0
        ('converged', True)
    """

    fitted = FittedBgNbd
    start = (0.7, 0.7, 0.8, 2.5)
    time_parameters = (1,)

    def objective(self, cells: Cells) -> Objective:
        """Log-likelihood and gradient in the logarithms of the parameters."""
        return beta_geometric.objective(cells, EXTRA_CHANCES)
