"""Purchase days: one row per customer and day, refunds taken off the orders they reverse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError
from kogorta.value.cells import tally
from kogorta.value.columns import joined
from kogorta.value.summary import UNIT_DAYS, PurchaseSummary, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from kogorta.value.summary import FloatArray, IdArray, IntArray

Refunds: TypeAlias = Literal["net", "refuse"]
SpendFrom: TypeAlias = Literal["repeat", "all"]
EPOCH: Final = date(1970, 1, 1)
ROWS: Final = 2_000_000
"""Purchase days of a stretch of customers: what is worked out of them on the way then takes some tens of megabytes."""


def day_number(day: date) -> int:
    """Days since 1970-01-01.

    Example:
        >>> day_number(date(1970, 1, 3))
        2
    """
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True, eq=False)
class DayLedger:
    """Days on which customers bought, ascending by customer and day.

    Attributes:
        customer_ids: every customer once, ascending, shape (c,).
        customer: code of the row's customer, an index into `customer_ids`, shape (n,).
        day: days since 1970-01-01, shape (n,).
        amount: net sum of the day, minor units, shape (n,).
        currency: ISO code of `amount`.
    """

    customer_ids: IdArray
    customer: IntArray
    day: IntArray
    amount: IntArray
    currency: str = "RUB"

    @classmethod
    def from_orders(
        cls,
        customers: npt.ArrayLike,
        days: npt.ArrayLike | Sequence[date],
        amounts: npt.ArrayLike | None = None,
        currency: str | Sequence[str] = "RUB",
        refunds: Refunds = "net",
    ) -> DayLedger:
        """Merge orders of one day; take a refund off the customer's latest orders before it.

        Args:
            customers: identifier of the customer of each order.
            days: its day: dates, `datetime64` or days since 1970-01-01.
            amounts: its sum in minor units; a negative one is a refund. Zeros when not given.
            currency: one ISO code, or one per order (all must be equal).
            refunds: `net` takes refunds off earlier orders, `refuse` raises on the first one.

        Returns:
            The ledger; a day refunded in full is not a purchase day.

        Raises:
            InputError: mixed currencies, a missing day, fractions of minor units, a refund when refused.

        Example:
            >>> ledger = DayLedger.from_orders(["a", "a", "b"], [1, 1, 5], [500, 700, 900])
            >>> ledger.day.tolist(), ledger.amount.tolist()
            ([1, 5], [1200, 900])
        """
        check_choice("refunds", refunds, ("net", "refuse"))
        ids, codes = _coded_customers(customers)
        numbers = _day_numbers(days)
        sums = np.zeros(codes.size, dtype=np.int64) if amounts is None else _minor_units(amounts)
        if not codes.size == numbers.size == sums.size:
            raise InputError(
                "there are {size} customers, {size_2} days and {size_3} amounts; give one each.",
                size=codes.size,
                size_2=numbers.size,
                size_3=sums.size,
            )
        if codes.size == 0:
            raise InputError("there are no orders; give at least one with a customer, a day and an amount.")
        if (sums < 0).any() and refunds == "refuse":
            row = int(np.argmax(sums < 0))
            raise InputError(
                "the amount in row {row} is {sums}; refunds are refused here: net them or pass 'net'.",
                row=row,
                sums=sums[row],
            )
        order = np.lexsort((numbers, codes))
        codes, numbers, sums = codes[order].astype(np.int64), numbers[order], sums[order]
        if (sums < 0).any():
            codes, numbers, sums = _net(codes, numbers, sums)
        new = np.concatenate(([True], (codes[1:] != codes[:-1]) | (numbers[1:] != numbers[:-1])))[: codes.size]
        starts = np.flatnonzero(new)
        if starts.size == 0:
            raise InputError("every order was refunded, so there is not one purchase day; check the signs of the amounts.")
        return cls(ids, codes[starts], numbers[starts], np.add.reduceat(sums, starts), _one_currency(currency))

    @property
    def first_day(self) -> int:
        """Day number of the earliest purchase."""
        return int(self.day.min())

    @property
    def last_day(self) -> int:
        """Day number of the latest purchase."""
        return int(self.day.max())

    def until(self, day: int) -> DayLedger:
        """Purchase days up to and with `day`; the customers keep their codes."""
        kept = self.day <= day
        if kept.all():
            return self
        return DayLedger(self.customer_ids, self.customer[kept], self.day[kept], self.amount[kept], self.currency)

    def parts(self, until: int, rows: int | None = None) -> Iterator[DayLedger]:
        """Purchase days up to and with a day, a stretch of whole customers at a time; no part is empty.

        Args:
            until: day number.
            rows: about how many purchase days a part looks at, `ROWS` when not given. It is a view; where days fall away, a copy of
                that part is made.

        Example:
            >>> ledger = DayLedger.from_orders(["a", "a", "b", "c"], [0, 14, 7, 9])
            >>> [part.customer.tolist() for part in ledger.parts(10, rows=1)]
            [[0], [1], [2]]
        """
        begin, size, most = 0, self.customer.size, rows or ROWS
        while begin < size:
            end = min(begin + most, size)
            if end < size:
                end = int(np.searchsorted(self.customer, self.customer[end - 1], side="right"))
            part = slice(begin, end)
            seen = DayLedger(self.customer_ids, self.customer[part], self.day[part], self.amount[part], self.currency).until(until)
            if seen.customer.size:
                yield seen
            begin = end


@dataclass(frozen=True, eq=False)
class Holdout:
    """What the customers of a summary did in the days after it, row by row."""

    orders: FloatArray
    amount: FloatArray
    days: int


def summarise(ledger: DayLedger, as_of: date, unit: Unit = "week", spend_from: SpendFrom = "repeat") -> PurchaseSummary:
    """One row per customer who bought by `as_of`: x, t_x, T and mean spend.

    Args:
        ledger: purchase days.
        as_of: end of observation, that day included.
        unit: unit of the times; a week is seven days, never a calendar week, so no two days merge.
        spend_from: `repeat` averages the repeat orders, `all` the first one too.

    Returns:
        The summary, in ascending order of customer.

    Raises:
        InputError: nobody bought by `as_of`, or nobody before it.

    Example:
        >>> ledger = DayLedger.from_orders(["a", "a", "b"], [0, 14, 7], [500, 700, 900])
        >>> summary = summarise(ledger, date(1970, 1, 29))
        >>> summary.x.tolist(), summary.t_x.tolist(), summary.T.tolist(), summary.spend.tolist()
        ([1.0, 0.0], [2.0, 0.0], [4.0, 3.0], [700.0, 0.0])
    """
    check_choice("unit", unit, tuple(UNIT_DAYS))
    end = day_number(as_of)
    return _summary(ledger, [_histories(seen, end, unit, spend_from) for seen in ledger.parts(end)], as_of, unit, spend_from)


def _histories(seen: DayLedger, end: int, unit: Unit, spend_from: SpendFrom) -> list[FloatArray]:
    """Columns of the customers of a part: code, repeat orders, t_x, T, mean spend, sum of the logarithms of the intervals."""
    starts = np.flatnonzero(np.concatenate(([True], seen.customer[1:] != seen.customer[:-1])))
    sizes = np.diff(np.append(starts, seen.customer.size))
    first, last = seen.day[starts], seen.day[starts + sizes - 1]
    step = UNIT_DAYS[unit]
    repeats = (sizes - 1).astype(np.float64)
    total = np.add.reduceat(seen.amount, starts).astype(np.float64)
    behind = repeats if spend_from == "repeat" else repeats + 1
    money = total - seen.amount[starts] if spend_from == "repeat" else total
    gaps = np.diff(seen.day, prepend=seen.day[:1])
    gaps[starts] = 1
    return [
        seen.customer[starts],
        repeats,
        (last - first) / step,
        (end - first) / step,
        np.maximum(np.divide(money, behind, out=np.zeros_like(money), where=behind > 0), 0.0),
        np.add.reduceat(np.log(np.maximum(gaps, 1)), starts) - repeats * np.log(step),
    ]


def _summary(ledger: DayLedger, pieces: list[list[FloatArray]], as_of: date, unit: Unit, spend_from: SpendFrom) -> PurchaseSummary:
    if not pieces:
        earliest = day_of(ledger.first_day)
        raise InputError(
            "nobody bought by {as_of}; the first purchase is of {earliest}, so choose a day from then on.",
            as_of=as_of,
            earliest=earliest,
        )
    codes, repeats, last, age, spend, logs = joined(pieces)
    return PurchaseSummary(
        repeats,
        last,
        age,
        spend=spend if spend.any() else None,
        customer_ids=ledger.customer_ids if codes.size == ledger.customer_ids.size else ledger.customer_ids[codes.astype(np.int64)],
        spend_orders=repeats if spend_from == "repeat" else repeats + 1,
        log_intervals=logs,
        unit=unit,
    )


def split(
    ledger: DayLedger, calibration_end: date, as_of: date, unit: Unit = "week", spend_from: SpendFrom = "repeat"
) -> tuple[PurchaseSummary, Holdout]:
    """Histories up to `calibration_end`, and what the same customers did afterwards up to `as_of`.

    Raises:
        InputError: `calibration_end` is not before `as_of`.
    """
    if calibration_end >= as_of:
        raise InputError(
            "calibration ends on {calibration_end}, and the data on {as_of}; end calibration earlier.",
            calibration_end=calibration_end,
            as_of=as_of,
        )
    check_choice("unit", unit, tuple(UNIT_DAYS))
    begin, end = day_number(calibration_end), day_number(as_of)
    histories, deeds = [], []
    for part in ledger.parts(end):
        seen = part.until(begin)
        if seen.customer.size:
            histories.append(_histories(seen, begin, unit, spend_from))
            deeds.append(_deeds(part, begin, histories[-1][0]))
    known = _summary(ledger, histories, calibration_end, unit, spend_from)
    orders, amount = joined(deeds)
    return known, Holdout(orders, amount, end - begin)


def _deeds(part: DayLedger, begin: int, codes: FloatArray) -> list[FloatArray]:
    """Orders after a day, and their sums, of the customers with these codes."""
    later = part.day > begin
    lowest = part.customer[0]
    size = int(part.customer[-1] - lowest) + 1
    place, wanted = part.customer[later] - lowest, codes - lowest
    orders = tally(place, np.ones(place.size), size)[wanted]
    return [orders, tally(place, part.amount[later].astype(np.float64), size)[wanted]]


def _net(codes: IntArray, numbers: IntArray, sums: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Take each refund off the customer's latest purchases not later than it; drop days left with nothing."""
    left = sums.copy()
    gone = sums < 0
    for row in np.flatnonzero(gone):
        owed = -int(sums[row])
        after = row + 1
        while after < codes.size and codes[after] == codes[row] and numbers[after] == numbers[row]:
            after += 1
        for place in range(after - 1, -1, -1):
            if owed == 0 or codes[place] != codes[row]:
                break
            if sums[place] > 0 and left[place] > 0:
                taken = min(owed, int(left[place]))
                left[place] -= taken
                owed -= taken
    kept = ~gone & ~((sums > 0) & (left == 0))
    return codes[kept], numbers[kept], left[kept]


def _coded_customers(customers: npt.ArrayLike) -> tuple[IdArray, IntArray]:
    try:
        column = np.asarray(customers)
        ids, codes = np.unique(column, return_inverse=True)
    except (TypeError, ValueError) as error:
        raise InputError(
            "the customers cannot be told apart ({error}); give one text or number each, none missing.",
            error=error,
        ) from error
    if column.ndim != 1 or (column.dtype.kind == "f" and np.isnan(column).any()):
        raise InputError("a customer is missing or the column is not flat; give one identifier per order.")
    return ids, codes.astype(np.int64)


def _day_numbers(days: npt.ArrayLike | Sequence[date]) -> IntArray:
    column = np.asarray(days)
    if column.dtype.kind in "iu":
        return column.astype(np.int64)
    try:
        moments = column.astype("datetime64[D]")
    except (TypeError, ValueError) as error:
        raise InputError(
            "the days cannot be read ({error}); give dates, datetime64 or days since 1970-01-01.",
            error=error,
        ) from error
    if np.isnat(moments).any():
        row = int(np.argmax(np.isnat(moments)))
        raise InputError(
            "the day in row {row} is missing; leave the order out or give its day.",
            row=row,
        )
    return moments.astype(np.int64)


def _minor_units(amounts: npt.ArrayLike) -> IntArray:
    column = np.asarray(amounts)
    if column.dtype.kind in "iu":
        return column.astype(np.int64)
    try:
        values = column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "the amounts hold something that is not a number ({error}); give whole minor units.",
            error=error,
        ) from error
    bad = ~np.isfinite(values) | (values != np.rint(values)) | (np.abs(values) > 2**53)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            "the amount in row {row} is {values:g}; give money in whole minor units (kopecks, cents).",
            row=row,
            values=values[row],
        )
    return values.astype(np.int64)


def _one_currency(currency: str | Sequence[str]) -> str:
    if isinstance(currency, str):
        return currency
    found = sorted(set(currency))
    if len(found) != 1:
        raise InputError(
            "the amounts are in {value}; convert them to one at the day of the deal.",
            value=", ".join(found) or "no currency",
        )
    return found[0]
