"""The shape all models of repeat purchases share: options, fit, a frozen result that leaves as JSON."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
from scipy.special import ndtri

from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError
from kogorta.value.cells import Cells, group
from kogorta.value.likelihood_fit import Convergence, Maximum, maximise
from kogorta.value.summary import UNIT_DAYS, PurchaseSummary, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.summary import FloatArray, IntArray

Theta: TypeAlias = "Sequence[FloatArray] | Sequence[float] | FloatArray"


@dataclass(frozen=True)
class FittedPurchases(ABC):
    """A fitted model of repeat purchases; asks for histories, answers in orders and probabilities.

    Attributes:
        unit: unit of time of the parameters, `day` or `week`.
        values_: parameters in the order of `names`.
        log_covariance_: covariance of their logarithms, shape (p, p).
        log_likelihood_: of the whole sample, in `unit`.
        convergence_: `converged`, `flat`, `edge` or `failed`.
        customers_: customers behind the fit.
        repeaters_: those of them with a repeat purchase.
        evaluations_: likelihood evaluations spent.
    """

    unit: Unit
    values_: tuple[float, ...]
    log_covariance_: tuple[tuple[float, ...], ...]
    log_likelihood_: float
    convergence_: Convergence
    customers_: float
    repeaters_: float
    evaluations_: int

    code: ClassVar[str]
    names: ClassVar[tuple[str, ...]]

    @property
    def params_(self) -> dict[str, float]:
        """Parameters by name."""
        return dict(zip(self.names, self.values_, strict=True))

    @property
    def standard_errors_(self) -> dict[str, float]:
        """Standard errors of the parameters (delta method from their logarithms)."""
        deviations = np.sqrt(np.diag(np.array(self.log_covariance_)))
        return {name: value * float(sd) for name, value, sd in zip(self.names, self.values_, deviations, strict=True)}

    def intervals_(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Intervals of the parameters, symmetric in their logarithms."""
        check_between("level", level, 0.5, 0.999)
        reach = float(ndtri(0.5 + level / 2)) * np.sqrt(np.diag(np.array(self.log_covariance_)))
        return {
            name: (value * math.exp(-half), value * math.exp(half))
            for name, value, half in zip(self.names, self.values_, reach, strict=True)
        }

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
        return self._expected(self.values_, same, horizon)

    def p_alive(self, summary: PurchaseSummary) -> FloatArray:
        """Probability that each customer has not left for good, shape (n,)."""
        same = summary.in_unit(self.unit)
        return np.asarray(self._alive(self.values_, same))

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

    def draw_parameters(self, draws: int, rng: np.random.Generator) -> FloatArray:
        """Draws of the parameters from the asymptotic normal of their logarithms, shape (p, draws, 1)."""
        values, vectors = np.linalg.eigh(np.array(self.log_covariance_))
        noise = rng.standard_normal((draws, len(self.values_)))
        noise -= noise.mean(axis=0)  # the centre of the draws is the estimate itself
        shifts = np.clip(noise * np.sqrt(np.maximum(values, 0)) @ vectors.T, -4, 4)
        draws_of: FloatArray = (np.array(self.values_) * np.exp(shifts)).T[:, :, None]
        return draws_of

    def to_json(self) -> str:
        """The rule as one JSON document; `read_model` reads it back."""
        return json.dumps(
            {
                "model": self.code,
                "unit": self.unit,
                "params": self.params_,
                "log_covariance": self.log_covariance_,
                "log_likelihood": self.log_likelihood_,
                "convergence": self.convergence_,
                "customers": self.customers_,
                "repeaters": self.repeaters_,
                "evaluations": self.evaluations_,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> FittedPurchases:
        """Read back what `to_json` wrote.

        Raises:
            InputError: the text is not a fitted model of this kind.
        """
        try:
            document = json.loads(text)
            if document["model"] != cls.code:
                raise InputError(
                    f"the document holds the model {document['model']!r}, not {cls.code!r}; read it as such."
                )
            if document["unit"] not in UNIT_DAYS:
                raise InputError(f"the unit of the model is {document['unit']!r}; it must be 'day' or 'week'.")
            return cls(
                unit=document["unit"],
                values_=tuple(float(document["params"][name]) for name in cls.names),
                log_covariance_=tuple(tuple(float(cell) for cell in row) for row in document["log_covariance"]),
                log_likelihood_=float(document["log_likelihood"]),
                convergence_=document["convergence"],
                customers_=float(document["customers"]),
                repeaters_=float(document["repeaters"]),
                evaluations_=int(document["evaluations"]),
            )
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise InputError(
                f"the text is not a fitted {cls.code} model ({error}); pass what to_json() wrote."
            ) from error


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
        scale = float(cells.count @ cells.T) / cells.purchases  # time per purchase: makes the fit free of units
        start = np.log(self.start)
        if warm_start is not None:
            start = np.log(warm_start.values_)
            start[list(self.time_parameters)] += np.log(UNIT_DAYS[warm_start.unit] / UNIT_DAYS[summary.unit] / scale)
        maximum = maximise(self.objective(scaled(cells, scale)), start, cells.customers)
        point = maximum.point.copy()
        point[list(self.time_parameters)] += math.log(scale)
        return self.fitted(
            unit=summary.unit,
            values_=tuple(float(value) for value in np.exp(point)),
            log_covariance_=as_rows(maximum),
            log_likelihood_=maximum.log_likelihood - cells.purchases * math.log(scale),
            convergence_=maximum.convergence,
            customers_=summary.customers,
            repeaters_=summary.repeaters,
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


def as_rows(maximum: Maximum) -> tuple[tuple[float, ...], ...]:
    """The covariance as nested tuples."""
    return tuple(tuple(float(cell) for cell in row) for row in maximum.covariance)


def check_fittable(summary: PurchaseSummary) -> None:
    """Refuse a base that no model of repeat purchases can learn from.

    Raises:
        InputError: fewer than two customers, or nobody bought twice.
    """
    if summary.customers < 2:
        raise InputError(
            "there is only one customer, and a model learns from many; use the customer's own rate instead."
        )
    if summary.repeaters == 0:
        raise InputError(
            f"none of {summary.customers:g} customers bought twice, so repeat purchases cannot be modelled; "
            "use a longer history or the naive rate."
        )
