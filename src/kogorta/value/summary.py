"""What a purchase model reads about each customer: repeat purchases, the last one, the time observed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

Unit: TypeAlias = Literal["day", "week"]
UNIT_DAYS: Final[dict[str, float]] = {"day": 1.0, "week": 7.0}
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
IdArray: TypeAlias = npt.NDArray[np.str_] | npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PurchaseSummary:
    """Purchase histories, one row per customer (or per group of equal customers, with `weights`).

    Args:
        x: repeat purchases, the first one not counted; whole numbers, shape (n,).
        t_x: time from the first purchase to the last, in `unit`; 0 for those who bought once.
        T: time from the first purchase to the end of observation, in `unit`.
        spend: mean sum of the repeat orders, minor units of money; 0 where there are none.
        weights: how many customers a row stands for.
        customer_ids: one identifier per row.
        spend_orders: how many orders stand behind `spend`; `x` when not given.
        log_intervals: sum of the logarithms of the intervals between purchases, in `unit`; only the model
            of regular buyers needs it, to choose how regular they are.
        unit: the unit of `t_x`, `T` and `log_intervals`: `day` or `week`.

    Raises:
        InputError: a history that cannot be, named with its row.

    Example:
        >>> summary = PurchaseSummary(x=[2, 0], t_x=[30.0, 0.0], T=[38.0, 38.0])
        >>> summary.customers, summary.repeaters
        (2.0, 1.0)
    """

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    spend: FloatArray | None = None
    weights: FloatArray | None = None
    customer_ids: IdArray | None = None
    spend_orders: FloatArray | None = None
    log_intervals: FloatArray | None = None
    unit: Unit = "week"

    def __init__(
        self,
        x: npt.ArrayLike,
        t_x: npt.ArrayLike,
        T: npt.ArrayLike,  # noqa: N803 - the name every paper on these models gives it
        spend: npt.ArrayLike | None = None,
        weights: npt.ArrayLike | None = None,
        customer_ids: npt.ArrayLike | Sequence[str] | None = None,
        spend_orders: npt.ArrayLike | None = None,
        log_intervals: npt.ArrayLike | None = None,
        unit: Unit = "week",
    ) -> None:
        check_choice("unit", unit, tuple(UNIT_DAYS))
        columns = {
            "x": x,
            "t_x": t_x,
            "T": T,
            "spend": spend,
            "weights": weights,
            "spend_orders": spend_orders,
            "log_intervals": log_intervals,
        }
        for name, values in columns.items():
            object.__setattr__(self, name, None if values is None else _column(name, values))
        ids = None if customer_ids is None else np.asarray(customer_ids)
        object.__setattr__(self, "customer_ids", ids)
        object.__setattr__(self, "unit", unit)
        self._check()

    def _check(self) -> None:
        if self.x.size == 0:
            raise InputError("there is not one customer to summarise; give at least one row with x, t_x and T.")
        for field in fields(self):
            values = getattr(self, field.name)
            if isinstance(values, np.ndarray) and values.shape != self.x.shape:
                raise InputError(
                    "{name} has shape {shape} and x has {shape_2}; give one per customer.",
                    name=field.name,
                    shape=values.shape,
                    shape_2=self.x.shape,
                )
        _refuse(self.x != np.floor(self.x), "x", self.x, "repeat purchases are counted, so x must be a whole number")
        for name in ("x", "t_x", "T", "spend", "spend_orders"):
            values = getattr(self, name)
            if values is not None:
                _refuse(values < 0, name, values, f"{name} cannot be negative")
        if self.weights is not None:
            _refuse(self.weights <= 0, "weights", self.weights, "a weight must be greater than zero")
        _refuse(self.t_x > self.T, "t_x", self.t_x, "the last purchase lies after the end of observation T")
        _refuse((self.x > 0) & (self.t_x == 0), "t_x", self.t_x, "repeat purchases need t_x above zero: merge one day")
        _refuse((self.x == 0) & (self.t_x > 0), "t_x", self.t_x, "without repeat purchases (x = 0) t_x must be zero")
        if not self.T.any():
            raise InputError("T is 0 for every customer, so nothing was observed yet; end the observation at a later day.")
        if self.spend is not None and self.x.any() and not self.spend.any():
            raise InputError("spend is zero for every customer; give the sums of orders or leave spend out.")

    def __len__(self) -> int:
        return int(self.x.size)

    @property
    def counts(self) -> FloatArray:
        """How many customers each row stands for."""
        return np.ones(len(self)) if self.weights is None else self.weights

    @property
    def customers(self) -> float:
        """Customers in all, weights included."""
        return float(len(self) if self.weights is None else self.weights.sum())

    @property
    def repeaters(self) -> float:
        """Customers with at least one repeat purchase."""
        return float(self.counts[self.x > 0].sum())

    def in_unit(self, unit: Unit) -> PurchaseSummary:
        """The same histories with times in another unit.

        Example:
            >>> PurchaseSummary([1], [1.0], [2.0], unit="week").in_unit("day").T.tolist()
            [14.0]
        """
        check_choice("unit", unit, tuple(UNIT_DAYS))
        factor = UNIT_DAYS[self.unit] / UNIT_DAYS[unit]
        if factor == 1:
            return self
        logs = None if self.log_intervals is None else self.log_intervals + self.x * np.log(factor)
        return PurchaseSummary(
            self.x,
            self.t_x * factor,
            self.T * factor,
            self.spend,
            self.weights,
            self.customer_ids,
            self.spend_orders,
            logs,
            unit,
        )

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> PurchaseSummary:
        """The rows named, in the order given; of a slice, a view."""
        parts = {field.name: getattr(self, field.name)[rows] for field in fields(self) if isinstance(getattr(self, field.name), np.ndarray)}
        return PurchaseSummary(**parts, unit=self.unit)

    def reweighted(self, weights: FloatArray) -> PurchaseSummary:
        """The same rows standing for other numbers of customers; rows with none are left out."""
        kept = weights > 0
        return replace_weights(self.take(kept), weights[kept])


def replace_weights(summary: PurchaseSummary, weights: FloatArray) -> PurchaseSummary:
    """`summary` with other weights."""
    return replace(summary, weights=weights)


def _column(name: str, values: npt.ArrayLike) -> FloatArray:
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "{name} holds something that is not a number; give one number per customer.",
            name=name,
        ) from error
    if column.ndim != 1:
        raise InputError(
            "{name} has {ndim} dimensions; give a flat array with one number per customer.",
            name=name,
            ndim=column.ndim,
        )
    _refuse(~np.isfinite(column), name, column, f"{name} must be a finite number in every row")
    return column


def _refuse(bad: npt.NDArray[np.bool_], name: str, values: FloatArray, why: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        others = int(bad.sum()) - 1
        more = f" and in {others} more" if others else ""
        raise InputError(
            "{name} is {values:g} in row {row}{more}: {why}; correct or leave out those rows.",
            name=name,
            values=values[row],
            row=row,
            more=more,
            why=why,
        )
