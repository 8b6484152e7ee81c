"""Days of the company's zone as moments, and how far a row is from falling out of a window."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from kogorta.kit.clock import EPOCH, day_begins
from kogorta.segments.rules.matching import day_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kogorta.segments.rules.windows import Window

    Ints = NDArray[np.int64]

NEVER: Final = int(np.iinfo(np.int64).max)
_SPAN: Final = 4_000
"""Days for which midnights are worked out at once."""


class Zone:
    """A time zone in microseconds since 1970.

    Example:
        >>> zone = Zone("Europe/Moscow")
        >>> zone.day_of(zone.midnight(date(2026, 11, 22)))
        datetime.date(2026, 11, 22)
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._first = 0
        self._midnights = np.empty(0, dtype=np.int64)

    def day_of(self, moment: int) -> date:
        """The calendar day a moment lies in."""
        return (EPOCH + timedelta(microseconds=moment)).astimezone(self._zone).date()

    def midnight(self, day: date) -> int:
        """The moment a day begins."""
        return day_begins(day, self.name)

    def midnights(self, days: Ints, today: date) -> Ints:
        """Moments at which days begin; a day beyond eleven years is looked at again by then, `NEVER` stays `NEVER`."""
        first = day_number(today)
        if not self._first <= first < self._first + _SPAN // 10 or not len(self._midnights):
            self._first = first
            self._midnights = _midnights(self.name, today)
        place = np.clip(days - self._first, 0, len(self._midnights) - 1)
        return np.where(days == NEVER, NEVER, self._midnights.take(place))


@lru_cache(maxsize=8)
def _midnights(zone: str, first: date) -> Ints:
    """Moments at which days begin, from a day on."""
    last = min(first.toordinal() + _SPAN, date.max.toordinal())
    return np.array([day_begins(date.fromordinal(number), zone) for number in range(first.toordinal(), last)], dtype=np.int64)


@lru_cache(maxsize=256)
def _first_days(window: Window) -> tuple[Ints, int]:
    """First day covered by a window of months for each day from 1970 on, and the number of the first of them."""
    begin, end = date(1970, 1, 1), date(2120, 1, 1)
    days = (date.fromordinal(number) for number in range(begin.toordinal(), end.toordinal()))
    starts = [window.start(day) for day in days]
    return np.array([day_number(start) if start else -NEVER for start in starts], dtype=np.int64), day_number(begin)


def exits(days: Ints, window: Window) -> Ints:
    """The first day on which rows of these days are no longer covered by a window.

    Args:
        days: shape (n,), days since 1970.
        window: not `all`.

    Example:
        >>> from kogorta.segments.rules.windows import Window
        >>> exits(np.array([day_number(date(2026, 2, 28))]), Window(1, "m")).tolist() == [day_number(date(2026, 3, 28))]
        True
    """
    if window.unit in "dw":
        return days + window.length * (7 if window.unit == "w" else 1)
    starts, begin = _first_days(window)
    return begin + np.searchsorted(starts, days, side="right")
