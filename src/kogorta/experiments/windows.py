"""Fixed windows after the assignment: the same number of days for every customer of every arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kogorta.experiments.sums import column_of, numbers_of
from kogorta.kit.checks import check_between
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from kogorta.experiments.sums import Column, Columns


@dataclass(frozen=True, eq=False)
class WindowOutcomes:
    """Outcomes of every assigned customer whose window has closed.

    Attributes:
        kept: which of the assigned customers are in, as row numbers; the others are still open.
        orders: orders within the window, per kept customer.
        amount: their sum, in the unit of the amounts.
        before: sum of the same number of days before the assignment (a covariate for CUPED).
        open_windows: customers left out because their window has not closed.
    """

    kept: NDArray[np.int64]
    orders: NDArray[np.float64]
    amount: NDArray[np.float64]
    before: NDArray[np.float64]
    open_windows: int


@dataclass(frozen=True)
class Window:
    """A window of `days` days after each customer's assignment, for all customers assigned, reached or not.

    Args:
        days: length in days; the day of assignment is day 0 and counts, day `days` does not.

    Example:
        >>> window = Window(14)
        >>> found = window.of(
        ...     units=["a", "b"], assigned_on=["2026-03-01", "2026-03-01"],
        ...     order_units=["a", "a"], ordered_on=["2026-03-05", "2026-02-20"], amounts=[100, 70], as_of="2026-04-01",
        ... )
        >>> found.amount.tolist(), found.before.tolist()
        ([100.0, 0.0], [70.0, 0.0])
    """

    days: int

    def __post_init__(self) -> None:
        check_between("days", self.days, 1, 3660)

    def of(
        self,
        *,
        units: Sequence[str],
        assigned_on: Column,
        order_units: Sequence[str],
        ordered_on: Column,
        amounts: Column,
        as_of: str | date,
    ) -> WindowOutcomes:
        """Sum the orders of each customer's window.

        Args:
            units: ids of all assigned customers, each once.
            assigned_on: their days of assignment.
            order_units: customer of each order; orders of others are ignored.
            ordered_on: day of each order.
            amounts: amount of each order.
            as_of: last day of the data.

        Returns:
            The outcomes, zeros for customers who did nothing.

        Raises:
            InputError: a day or an amount is missing, or a customer is assigned twice.
        """
        place = {unit: row for row, unit in enumerate(units)}
        if len(place) != len(units):
            raise InputError("a customer is assigned more than once; keep one row per customer and experiment.")
        start = days_of("assigned_on", assigned_on, len(units))
        when = days_of("ordered_on", ordered_on, len(order_units))
        sums = numbers_of({"amounts": amounts}, "amounts", len(order_units))
        row = np.asarray([place.get(unit, -1) for unit in order_units], dtype=np.int64)
        ours = row >= 0
        row, when, sums = row[ours], when[ours], sums[ours]
        age = (when - start[row]).astype(np.int64) if len(row) else np.empty(0, dtype=np.int64)
        inside, earlier = (age >= 0) & (age < self.days), (age < 0) & (age >= -self.days)
        size = len(units)
        end = np.datetime64(parse_day("as_of", as_of), "D")
        closed = start + np.timedelta64(self.days, "D") <= end + np.timedelta64(1, "D")
        kept = np.flatnonzero(closed)
        return WindowOutcomes(
            kept,
            np.bincount(row[inside], minlength=size)[kept].astype(np.float64),
            np.bincount(row[inside], sums[inside], size)[kept].astype(np.float64),
            np.bincount(row[earlier], sums[earlier], size)[kept].astype(np.float64),
            int(size - len(kept)),
        )


def days_of(name: str, values: Column, size: int) -> NDArray[np.datetime64]:
    """A column as days.

    Raises:
        InputError: it has another length, or a value is missing or not a date.
    """
    days = _moments(name, values).astype("datetime64[D]")
    if len(days) != size:
        raise InputError(
            "{name} has {days_count} values, but {size} are needed.",
            name=name,
            days_count=len(days),
            size=size,
        )
    if np.isnat(days).any():
        raise InputError(
            "{name} has no date in row {value}; every row needs one.",
            name=name,
            value=int(np.argmax(np.isnat(days))) + 1,
        )
    return days


def check_order(columns: Columns, assigned_at: str, outcome_at: str) -> None:
    """Refuse outcomes that happened before the assignment; a missing outcome is no outcome.

    Raises:
        InputError: an outcome is earlier than the assignment of its customer.
    """
    start = _moments(assigned_at, column_of(columns, assigned_at))
    outcome = _moments(outcome_at, column_of(columns, outcome_at))
    if len(start) != len(outcome):
        raise InputError(
            "{assigned_at} has {start_count} values and {outcome_at} has {outcome_count}.",
            assigned_at=assigned_at,
            start_count=len(start),
            outcome_at=outcome_at,
            outcome_count=len(outcome),
        )
    early = outcome < start
    if early.any():
        row = int(np.argmax(early))
        raise InputError(
            "outcomes before the assignment: {number}, the first in row {row}: {outcome} against {start}. "
            "Count only what happened after it.",
            number=int(early.sum()),
            row=row + 1,
            outcome=outcome[row],
            start=start[row],
        )


def _moments(name: str, values: Column) -> NDArray[np.datetime64]:
    try:
        return np.asarray([_plain(value) for value in values], dtype="datetime64[us]")
    except (TypeError, ValueError) as error:
        raise InputError(
            "{name} holds a value that is not a date; write YYYY-MM-DD.",
            name=name,
        ) from error


def _plain(value: object) -> object:
    """Empty text is no date; a zone is turned into UTC, which numpy does not do by itself."""
    if value is None or value == "":
        return None
    zone = getattr(value, "tzinfo", None)
    if zone is not None:
        from datetime import UTC

        return value.astimezone(UTC).replace(tzinfo=None)  # type: ignore[attr-defined]
    return value
