"""Cohort retention: of those who first bought in a period, how many bought again in each later one."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from kogorta.engine.duck import read_sql
from kogorta.segments.moves import Cohort, CohortTable
from kogorta.segments.summary import settle_as_of

if TYPE_CHECKING:
    from kogorta.base.customer_base import CustomerBase


def choose_period(first: date, last: date) -> str:
    """The grain that gives a readable triangle: months up to 14, quarters up to 14, else years.

    Example:
        >>> from datetime import date
        >>> choose_period(date(2010, 12, 1), date(2011, 12, 9)), choose_period(date(2014, 1, 1), date(2026, 1, 1))
        ('month', 'year')
    """
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months <= 14:
        return "month"
    return "quarter" if months <= 42 else "year"


def cohort_table(base: CustomerBase, as_of: date | str | None = None, period: str | None = None) -> CohortTable | None:
    """Cohorts by the period of the first purchase.

    Args:
        base: the base.
        as_of: end of this day; default the last day of the data.
        period: `month`, `quarter` or `year`; default the one that gives a readable triangle.

    Returns:
        The table, or None when nobody has bought by then.
    """
    day = settle_as_of(base, as_of)
    first: Any = base.ask("SELECT min(day) FROM customer_days WHERE orders > 0 AND day <= CAST($as_of AS DATE)", {"as_of": day.isoformat()})
    if first[0][0] is None:
        return None
    grain = period or choose_period(first[0][0], day)
    rows: Any = base.ask(read_sql("segments", "cohorts"), {"as_of": day.isoformat(), "period": grain})
    cells: dict[date, dict[int, list[int]]] = {}
    for starts_on, period_on, *figures in rows:
        # a refund without an order may come before the first purchase; it belongs to the cohort's first period
        age = max(periods_between(starts_on, period_on, grain), 0)
        one = cells.setdefault(starts_on, {}).setdefault(age, [0, 0, 0])
        for place, figure in enumerate(figures):
            one[place] += int(figure)
    cohorts = []
    for starts_on, ages in sorted(cells.items()):
        line = [ages.get(age, [0, 0, 0]) for age in range(periods_between(starts_on, day, grain) + 1)]
        active, returned, revenue = zip(*line, strict=True)
        cohorts.append(Cohort(starts_on, active[0], active, tuple(accumulate(returned)), revenue))
    tomorrow = day + timedelta(days=1)
    return CohortTable(grain, tuple(cohorts), starts_period(tomorrow, grain))


def periods_between(start: date, end: date, grain: str) -> int:
    """How many periods later the period of one day is than that of another."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if grain == "month":
        return months
    if grain == "quarter":
        return (end.year - start.year) * 4 + (end.month - 1) // 3 - (start.month - 1) // 3
    return end.year - start.year


def starts_period(day: date, grain: str) -> bool:
    """Whether a period begins on this day."""
    if day.day != 1:
        return False
    return grain == "month" or (grain == "quarter" and day.month % 3 == 1) or (grain == "year" and day.month == 1)


def shift_period(start: date, count: int, grain: str) -> date:
    """First day of the period `count` periods after the one that begins on a day.

    Example:
        >>> from datetime import date
        >>> shift_period(date(2025, 10, 1), 2, "quarter")
        datetime.date(2026, 4, 1)
    """
    months = start.year * 12 + start.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[grain]
    return date(months // 12, months % 12 + 1, 1)
