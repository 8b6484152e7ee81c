"""A customer's own rhythm: the usual interval between orders, and when the next one is due.

Regularity is taken from the base as a whole: of three successive orders the place of the middle one between its
neighbours spreads the less the more regular buying is. Source: Wheat and Morrison, Estimating Purchase Regularity with Two
Interpurchase Times, Journal of Marketing Research 27(1), 1990.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import gammainc, gammaincinv

from kogorta.kit.checks import check_between
from kogorta.kit.errors import InputError
from kogorta.value.day_ledger import day_number

if TYPE_CHECKING:
    from datetime import date

    from kogorta.value.day_ledger import DayLedger
    from kogorta.value.summary import FloatArray, IdArray, IntArray

BASE_WEIGHT: Final = 1.0  # the base's interval counts as one interval of the customer's own
LARGEST_SHAPE: Final = 50.0


@dataclass(frozen=True)
class BaseRhythm:
    """What a base as a whole tells of the rhythm of its customers.

    Attributes:
        interval_days: median interval between two orders of a customer.
        shape: regularity: 1 is chance, 2 and more a rhythm.
    """

    interval_days: float
    shape: float

    @classmethod
    def learn(cls, ledger: DayLedger, as_of: date) -> BaseRhythm:
        """Take it from all purchase days up to `as_of`.

        Raises:
            InputError: nobody bought twice by then.

        Example:
            >>> from datetime import date
            >>> from kogorta.value.day_ledger import DayLedger
            >>> BaseRhythm.learn(DayLedger.from_orders(["a"] * 4, [0, 30, 60, 99]), date(1970, 4, 11)).interval_days
            30.0
        """
        counts = np.zeros(0, dtype=np.int64)
        spread, thrice, anybody = 0.0, 0, False
        for seen in ledger.parts(day_number(as_of)):
            anybody = True
            same = seen.customer[1:] == seen.customer[:-1]
            gaps = np.diff(seen.day)
            found = np.bincount(gaps[same])
            counts, found = (found, counts) if found.size > counts.size else (counts, found)
            counts[: found.size] += found
            twice = same[1:] & same[:-1]
            before = gaps[:-1][twice].astype(np.float64)
            places = before / (before + gaps[1:][twice])
            spread += float(np.sum((places - 0.5) ** 2))
            thrice += before.size
        if not anybody:
            raise InputError(
                "nobody bought by {as_of}; choose a later day.",
                as_of=as_of,
            )
        if not counts.any():
            raise InputError(
                "nobody bought twice by {as_of}, so no rhythm can be seen; choose a later day.",
                as_of=as_of,
            )
        return cls(_median(counts), _regularity(spread, thrice))


@dataclass(frozen=True, eq=False)
class Rhythm:
    """When customers order, one row per customer with a purchase.

    Attributes:
        customer_ids: identifiers, ascending.
        orders: purchase days so far.
        interval_days: usual interval, the customer's own drawn to the base's when orders are few.
        silent_days: days since the last order.
        last_day: day number of the last order.
        due_day: day number the next order is expected on; `due_low` and `due_high` bound it.
        lateness: probability of a silence shorter than this one if the rhythm held, 0-1.
        shape_: regularity of the base: 1 is chance, 2 and more a rhythm.
    """

    customer_ids: IdArray
    orders: IntArray
    interval_days: FloatArray
    silent_days: IntArray
    last_day: IntArray
    due_day: IntArray
    due_low: IntArray
    due_high: IntArray
    lateness: FloatArray
    shape_: float


def rhythm(ledger: DayLedger, as_of: date, level: float = 0.8, base: BaseRhythm | None = None) -> Rhythm:
    """Learn the rhythm of every customer who bought by `as_of`.

    Args:
        ledger: purchase days.
        as_of: end of observation, that day included.
        level: probability that the next order falls between `due_low` and `due_high` if the rhythm holds.
        base: rhythm of the whole base, where the ledger is a part of it; learnt from the ledger when not given.

    Raises:
        InputError: nobody bought by `as_of`; without `base`, nobody bought twice.

    Example:
        >>> from datetime import date
        >>> from kogorta.value.day_ledger import DayLedger
        >>> ledger = DayLedger.from_orders(["a"] * 4, [0, 30, 60, 90])
        >>> rhythm(ledger, date(1970, 4, 11)).due_day.tolist()
        [120]
    """
    check_between("level", level, 0.5, 0.99)
    known = base or BaseRhythm.learn(ledger, as_of)
    seen = ledger.until(day_number(as_of))
    if seen.day.size == 0:
        raise InputError(
            "nobody bought by {as_of}; choose a later day.",
            as_of=as_of,
        )
    starts = np.flatnonzero(np.concatenate(([True], seen.customer[1:] != seen.customer[:-1])))
    orders = np.diff(np.append(starts, seen.day.size))
    last = seen.day[starts + orders - 1]
    own = (last - seen.day[starts]).astype(np.float64)
    interval = (own + BASE_WEIGHT * known.interval_days) / (orders - 1 + BASE_WEIGHT)
    shape = known.shape
    silent = day_number(as_of) - last
    low, high = (gammaincinv(shape, edge) / shape for edge in ((1 - level) / 2, (1 + level) / 2))
    return Rhythm(
        customer_ids=ledger.customer_ids[seen.customer[starts]],
        orders=orders.astype(np.int64),
        interval_days=interval,
        silent_days=silent,
        last_day=last,
        due_day=last + np.rint(interval).astype(np.int64),
        due_low=last + np.floor(interval * low).astype(np.int64),
        due_high=last + np.ceil(interval * high).astype(np.int64),
        lateness=np.asarray(gammainc(shape, shape * silent / interval), dtype=np.float64),
        shape_=shape,
    )


def _median(counts: IntArray) -> float:
    """Median of whole numbers, of each of which there are so many."""
    below = np.cumsum(counts)
    middle = (int(below[-1]) - 1) // 2, int(below[-1]) // 2
    low, high = (int(np.searchsorted(below, place, side="right")) for place in middle)
    return (low + high) / 2


def _regularity(spread: float, count: int) -> float:
    """Shape of gamma intervals by the method of moments; 1 where nobody bought three times."""
    if count < 2:
        return 1.0
    mean = max(spread / count, 1e-9)
    return float(np.clip((1 - 4 * mean) / (8 * mean), 1.0, LARGEST_SHAPE))
