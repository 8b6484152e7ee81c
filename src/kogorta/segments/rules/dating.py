"""Comparisons of days passed and of ages as comparisons of the dates themselves, which no engine has to count for every row."""

from __future__ import annotations

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import TYPE_CHECKING, Final

from kogorta.segments.rules.steps import Comparison

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.segments.rules.leaves import Scalar

_TURNED: Final[Mapping[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!=", "between": "between", "in": "in"}


def passed(column: str, op: str, days: Sequence[Scalar], as_of: date) -> Comparison | None:
    """Days from a date to the day of evaluation, compared.

    Args:
        column: the date.
        op: a comparison with numbers.
        days: the numbers.
        as_of: the day of evaluation.

    Returns:
        The same of the date; None where a number is no whole one, or its day is not in the calendar.

    Example:
        >>> passed("last_order_on", ">", (30,), date(2026, 3, 31))
        Comparison(subject='last_order_on', way='steps', op='<', values=(datetime.date(2026, 3, 1),))
    """
    ordinals = [as_of.toordinal() - number for number in days if type(number) is int]
    if op not in _TURNED or len(ordinals) < len(days) or not all(1 <= one <= date.max.toordinal() for one in ordinals):
        return None
    dates = tuple(date.fromordinal(one) for one in ordinals)
    return Comparison(column, "steps", _TURNED[op], dates[::-1] if op == "between" else dates)


def aged(column: str, op: str, years: Sequence[Scalar], as_of: date) -> Comparison | None:
    """An age in whole years, compared; who is not born yet has none.

    Returns:
        The same of the date of birth; None where it cannot be said so.

    Example:
        >>> aged("birth_on", "between", (18, 24), date(2026, 11, 27))
        Comparison(subject='birth_on', way='steps', op='between', values=(datetime.date(2001, 11, 28), datetime.date(2008, 11, 27)))
    """
    given = [number for number in years if type(number) is int]
    if len(given) < len(years) or op not in ("<", "<=", ">", ">=", "=", "between"):
        return None
    youngest = {">=": given[0], ">": given[0] + 1, "=": given[0], "between": given[0]}.get(op)
    oldest = {"<": given[0] - 1, "<=": given[0], "=": given[0], "between": given[-1]}.get(op)
    if any(number is not None and not MINYEAR < as_of.year - number - 1 <= as_of.year - number < MAXYEAR for number in (youngest, oldest)):
        return None
    last = as_of if youngest is None else min(as_of, _birthday(as_of, youngest))
    if oldest is None:
        return Comparison(column, "steps", "<=", (last,))
    return Comparison(column, "steps", "between", (_birthday(as_of, oldest + 1) + timedelta(days=1), last))


def _birthday(as_of: date, years: int) -> date:
    """The latest date of birth of somebody who is so many years old."""
    year = as_of.year - years
    return date(year, as_of.month, min(as_of.day, monthrange(year, as_of.month)[1]))
