"""The shape all models of repeat purchases share: options, fit, a frozen result that leaves as JSON."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

import numpy as np

from kogorta.kit.checks import check_positive
from kogorta.kit.errors import InputError
from kogorta.value.cells import Cells, group, sampled, tally
from kogorta.value.columns import CUSTOMERS, stretches
from kogorta.value.fitted_parameters import FittedParameters, as_rows
from kogorta.value.likelihood_fit import maximise, search
from kogorta.value.summary import UNIT_DAYS, PurchaseSummary, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.summary import FloatArray, IntArray

Theta: TypeAlias = "Sequence[FloatArray] | Sequence[float] | FloatArray"

LARGE: Final = 8192
"""Different histories beyond which the search begins on a sample of about so many."""

ENOUGH: Final = 200_000
"""Customers beyond which so many are fitted: what a parameter may miss by is about a hundredth then, and the intervals count it in."""


@dataclass(frozen=True, kw_only=True)
class FittedPurchases(FittedParameters, ABC):
    """A fitted model of repeat purchases; asks for histories, answers in orders and probabilities.

    Attributes:
        unit: unit of time of the parameters and of the likelihood, `day` or `week`.
        repeaters_: customers behind the fit with a repeat purchase.
        evaluations_: likelihood evaluations spent.
    """

    unit: Unit
    repeaters_: float
    evaluations_: int

    def expected_orders(self, summary: PurchaseSummary, horizon: float) -> FloatArray:
        """Expected orders of each customer within `horizon` after the end of observation.

        Args:
            summary: histories; another unit is converted.
            horizon: length of the forecast in this model's unit.

        Returns:
            Expected orders, shape (n,).
        """
        check_positive("horizon", horizon)
        same = summary.in_unit(self.unit)
        return in_stretches(same, lambda part: self._expected(self.values_, part, horizon))

    def p_alive(self, summary: PurchaseSummary) -> FloatArray:
        """Probability that each customer has not left for good, shape (n,)."""
        same = summary.in_unit(self.unit)
        return in_stretches(same, lambda part: self._alive(self.values_, part))

    @abstractmethod
    def expected_orders_new(self, horizon: float) -> float:
        """Expected repeat purchases of a new customer within `horizon` after the first one."""

    @abstractmethod
    def _expected(self, theta: Theta, summary: PurchaseSummary, horizon: float) -> FloatArray: ...

    @abstractmethod
    def _alive(self, theta: Theta, summary: PurchaseSummary) -> FloatArray: ...

    @abstractmethod
    def sample_orders(
        self,
        theta: FloatArray,
        summary: PurchaseSummary,
        alive: FloatArray,
        horizons: tuple[float, float],
        repeats: int,
        rng: np.random.Generator,
    ) -> tuple[IntArray, IntArray]:
        """Draw the orders each customer will make within a short and a long horizon.

        Args:
            theta: draws of the parameters, shape (p, draws, 1).
            summary: histories in this model's unit, n rows.
            alive: `p_alive_draws(theta, summary)`, shape (draws, n).
            horizons: the short and the long one, in this model's unit.
            repeats: outcomes per draw of the parameters.
            rng: source of randomness.

        Returns:
            Orders within the short and within the long horizon, each of shape (draws * repeats, n).
        """

    def p_alive_draws(self, theta: FloatArray, summary: PurchaseSummary) -> FloatArray:
        """P(alive) under each draw of the parameters, shape (draws, n)."""
        return np.broadcast_to(self._alive(theta, summary), (theta.shape[1], len(summary)))


def in_stretches(summary: PurchaseSummary, figure: Callable[[PurchaseSummary], FloatArray]) -> FloatArray:
    """A figure of every history, worked out for so many at a time, shape (n,)."""
    if len(summary) <= CUSTOMERS:
        return np.asarray(figure(summary))
    found = np.empty(len(summary))
    for rows in stretches(len(summary), CUSTOMERS):
        found[rows] = figure(summary.take(rows))
    return found


class PurchaseModel(ABC):
    """A model of repeat purchases before it has seen data."""

    fitted: ClassVar[type[FittedPurchases]]
    start: ClassVar[tuple[float, ...]]
    time_parameters: ClassVar[tuple[int, ...]]
    """Places of the parameters measured in time."""

    def fit(self, summary: PurchaseSummary, warm_start: FittedPurchases | None = None) -> FittedPurchases:
        """Learn the parameters by maximum likelihood.

        Args:
            summary: purchase histories.
            warm_start: an earlier fit of the same model to start from.

        Returns:
            The fitted model, frozen.

        Raises:
            InputError: one customer only, or nobody bought twice.
        """
        check_fittable(summary)
        cells = group(summary)
        if cells.customers > ENOUGH:
            cells = sampled(cells, ENOUGH)
        scale = float(cells.count @ cells.T) / cells.purchases  # time per purchase: makes the fit free of units
        start = np.log(self.start)
        if warm_start is not None:
            start = np.log(warm_start.values_)
            start[list(self.time_parameters)] += np.log(UNIT_DAYS[warm_start.unit] / UNIT_DAYS[summary.unit] / scale)
        told = scaled(cells, scale)
        if warm_start is None and told.x.size > LARGE:
            sample = thinned(told, told.x.size // LARGE + 1)
            beginning = search(self.objective(sample), start, sample.customers)
            maximum = maximise(self.objective(told), beginning, cells.customers)
        else:
            maximum = maximise(self.objective(told), start, cells.customers)
        point = maximum.point.copy()
        point[list(self.time_parameters)] += math.log(scale)
        return self.fitted(
            unit=summary.unit,
            values_=tuple(float(value) for value in np.exp(point)),
            log_covariance_=as_rows(maximum),
            log_likelihood_=maximum.log_likelihood - cells.purchases * math.log(scale),
            convergence_=maximum.convergence,
            customers_=cells.customers,
            repeaters_=float(cells.count[cells.x > 0].sum()),
            evaluations_=maximum.evaluations,
        )

    @abstractmethod
    def objective(self, cells: Cells) -> Objective:
        """Log-likelihood and gradient in the logarithms of the parameters."""


def scaled(cells: Cells, scale: float) -> Cells:
    """The same cells with time divided by `scale`."""
    return Cells(
        x=cells.x,
        t_x=cells.t_x / scale,
        T=cells.T / scale,
        count=cells.count,
        log_intervals=cells.log_intervals - cells.purchases * math.log(scale),
        x_code=cells.x_code,
        x_table=cells.x_table,
        x_count=cells.x_count,
    )


def thinned(cells: Cells, step: int) -> Cells:
    """Every `step`-th cell: a sample to start a search from."""
    kept = slice(step // 2, None, step)
    code, count = cells.x_code[kept], cells.count[kept]
    return Cells(
        x=cells.x[kept],
        t_x=cells.t_x[kept],
        T=cells.T[kept],
        count=count,
        log_intervals=0.0,
        x_code=code,
        x_table=cells.x_table,
        x_count=tally(code, count, cells.x_table.size),
    )


def check_fittable(summary: PurchaseSummary) -> None:
    """Refuse a base that no model of repeat purchases can learn from.

    Raises:
        InputError: fewer than two customers, or nobody bought twice.
    """
    if summary.customers < 2:
        raise InputError("there is only one customer, and a model learns from many; use the customer's own rate instead.")
    if summary.repeaters == 0:
        raise InputError(
            "none of {customers:g} customers bought twice, so repeat purchases cannot be modelled; use a longer history or the naive rate.",
            customers=summary.customers,
        )
