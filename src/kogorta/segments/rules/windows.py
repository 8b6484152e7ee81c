"""Windows of time counted back from a day: `30d`, `2w`, `12m`, `1y`, `all`."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS: Final[Mapping[str, str]] = {"d": "day", "w": "week", "m": "month", "y": "year"}
_LONGEST: Final[Mapping[str, int]] = {"d": 36_500, "w": 5_200, "m": 1_200, "y": 100}
_PATTERN: Final = re.compile(r"([0-9]{1,6})([dwmy])")


@dataclass(frozen=True)
class Window:
    """A stretch of days that ends with the day of evaluation.

    `30d` at a day D covers D-29 .. D, thirty days with both ends. `12m` covers the days after the same date twelve months earlier
    (the last day of a shorter month): at 2026-03-31, `1m` covers 2026-03-01 .. 2026-03-31. `all` (length 0) has no beginning.

    Args:
        length: number of units; 0 is `all`.
        unit: `d`, `w`, `m` or `y`.

    Raises:
        InputError: the length is not between 1 and about a hundred years.

    Example:
        >>> Window(30, "d").start(date(2026, 3, 31)), str(Window(30, "d"))
        (datetime.date(2026, 3, 2), '30d')
    """

    length: int = 0
    unit: str = "d"

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise InputError(
                "A window cannot be counted in {unit!r}; write d, w, m or y, for example 30d, or all.",
                unit=self.unit,
            )
        if self.length == 0:
            object.__setattr__(self, "unit", "d")
        elif not 1 <= self.length <= _LONGEST[self.unit]:
            raise InputError(
                "The window {length}{unit} is out of range; give 1{unit} to {longest}{unit}, or all.",
                length=self.length,
                unit=self.unit,
                longest=_LONGEST[self.unit],
            )

    def start(self, as_of: date) -> date | None:
        """The first day covered; None when there is no beginning."""
        if self.length == 0:
            return None
        if self.unit in "dw":
            days = self.length * (7 if self.unit == "w" else 1) - 1
            return as_of - timedelta(days=min(days, as_of.toordinal() - 1))
        months = self.length * (12 if self.unit == "y" else 1)
        return add_months(as_of, -months) + timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.length}{self.unit}" if self.length else "all"


ALL_TIME: Final = Window()


def parse_window(text: str) -> Window:
    """A window from its text.

    Raises:
        InputError: the text is not a window.

    Example:
        >>> parse_window("12m")
        Window(length=12, unit='m')
    """
    if text == "all":
        return ALL_TIME
    found = _PATTERN.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise InputError(
            "{text!r} is not a window; write for example 30d, 2w, 12m, 1y, or all.",
            text=text[:40],
        )
    return Window(int(found[1]), found[2])


def add_months(day: date, months: int) -> date:
    """The same date some months away, or the last day of a shorter month; never before the first day of the calendar.

    Example:
        >>> add_months(date(2026, 3, 31), -1)
        datetime.date(2026, 2, 28)
    """
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    if year < 1:
        return date.min
    if year > 9999:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
