"""Refits on resampled customers: what the parameters would have been with another draw of the same base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kogorta.kit.checks import check_between
from kogorta.value.cells import group
from kogorta.value.summary import PurchaseSummary

if TYPE_CHECKING:
    from kogorta.value.purchase_model import PurchaseModel
    from kogorta.value.summary import FloatArray


@dataclass(frozen=True, eq=False)
class Bootstrapped:
    """Refitted parameters.

    Attributes:
        names: parameters.
        values_: their draws, shape (draws, p).
        failed_: refits that found no maximum; left out of `values_`.
    """

    names: tuple[str, ...]
    values_: FloatArray
    failed_: int

    def intervals_(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Percentile intervals of the parameters."""
        check_between("level", level, 0.5, 0.999)
        low, high = np.quantile(self.values_, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return {name: (float(a), float(b)) for name, a, b in zip(self.names, low, high, strict=True)}


def bootstrap(model: PurchaseModel, summary: PurchaseSummary, draws: int = 1000, seed: int = 20_26) -> Bootstrapped:
    """Resample customers with replacement and refit, each time from the fit to all of them.

    Args:
        model: model of repeat purchases.
        summary: histories.
        draws: refits.
        seed: seed of the resampling.

    Returns:
        The parameters of the refits.

    Raises:
        InputError: the model cannot be fitted to these histories.

    Example:
        >>> from kogorta.value.bg_nbd import BgNbd
        >>> from kogorta.value.simulation import simulate
        >>> params = {"r": 0.25, "alpha": 4.4, "a": 0.8, "b": 2.4}
        >>> base = simulate("bg-nbd", params, np.full(2000, 39.0), seed=1)
        >>> bootstrap(BgNbd(), base, draws=20).values_.shape
        (20, 4)
    """
    check_between("draws", draws, 2, 100_000)
    cells = group(summary)
    rows = PurchaseSummary(cells.x, cells.t_x, cells.T, weights=cells.count, unit=summary.unit)
    fitted = model.fit(summary)
    rng = np.random.default_rng(seed)
    customers = round(cells.customers)
    shares = cells.count / cells.count.sum()
    found, failed = [], 0
    for _ in range(draws):
        weights = rng.multinomial(customers, shares).astype(np.float64)
        again = model.fit(rows.reweighted(weights), warm_start=fitted)
        if again.convergence_ == "failed":
            failed += 1
        else:
            found.append(again.values_)
    return Bootstrapped(fitted.names, np.array(found).reshape(-1, len(fitted.names)), failed)
