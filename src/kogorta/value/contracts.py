"""Contracts read out of purchases: a period without one ends the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kogorta.kit.checks import check_positive
from kogorta.kit.errors import InputError
from kogorta.value.day_ledger import day_number
from kogorta.value.sbg import Tenures

if TYPE_CHECKING:
    from datetime import date

    from kogorta.value.day_ledger import DayLedger


def tenures_of(ledger: DayLedger, as_of: date, period_days: int) -> Tenures:
    """Renewals of each customer: a contract runs while every complete period after the first purchase has one.

    Args:
        ledger: purchase days.
        as_of: end of observation, that day included.
        period_days: length of a period; each customer's clock starts on the day of the first purchase.

    Returns:
        Contracts that had at least one renewal to decide.

    Raises:
        InputError: nobody was observed for two periods.

    Example:
        >>> from datetime import date
        >>> from kogorta.value.day_ledger import DayLedger
        >>> ledger = DayLedger.from_orders(["a", "a", "b"], [0, 10, 0], [100, 100, 100])
        >>> tenures = tenures_of(ledger, date(1970, 1, 31), 10)
        >>> tenures.periods.tolist(), tenures.ended.tolist()
        ([2.0, 1.0], [True, True])
    """
    check_positive("period_days", period_days)
    end = day_number(as_of)
    seen = ledger.until(end)
    periods: list[int] = []
    ended: list[bool] = []
    edges = np.flatnonzero(np.diff(seen.customer)) + 1
    for days in np.split(seen.day, edges):
        if not len(days):
            continue
        complete = (end + 1 - int(days[0])) // period_days
        active = set(((days - days[0]) // period_days).tolist())
        first_gap = next((place for place in range(1, complete) if place not in active), None)
        if complete < 2:
            continue
        periods.append(first_gap if first_gap is not None else complete - 1)
        ended.append(first_gap is not None)
    if not periods:
        raise InputError("nobody was observed for two periods of {days} days; choose a shorter period.", days=period_days)
    return Tenures(np.array(periods, dtype=np.float64), np.array(ended, dtype=bool))
