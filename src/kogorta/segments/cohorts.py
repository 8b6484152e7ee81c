"""Cohort retention: of those who first bought in a period, how many bought again in each later one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.engine.duck import read_sql
from kogorta.segments.figures import Cohort, CohortTable
from kogorta.segments.summary import settle_as_of

if TYPE_CHECKING:
    from datetime import date

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
    from datetime import timedelta

    day = settle_as_of(base, as_of)
    row = base.connection.execute(
        "SELECT min(day) FROM customer_days WHERE orders > 0 AND day <= CAST(? AS DATE)", [day.isoformat()]
    ).fetchone()
    if row is None or row[0] is None:
        return None
    grain = period or choose_period(row[0], day)
    rows = base.connection.execute(read_sql("segments", "cohorts"), {"as_of": day.isoformat(), "period": grain}).fetchall()
    counts: dict[date, dict[int, int]] = {}
    for starts_on, age, customers in rows:
        counts.setdefault(starts_on, {})[age] = customers
    oldest = max(age for ages in counts.values() for age in ages)
    last_period = max(_periods_between(starts_on, day, grain) for starts_on in counts)
    ages_seen = max(oldest, last_period)
    cohorts = tuple(
        Cohort(
            starts_on,
            ages[0],
            tuple(ages.get(age, 0) for age in range(min(ages_seen, _periods_between(starts_on, day, grain)) + 1)),
        )
        for starts_on, ages in sorted(counts.items())
    )
    tomorrow = day + timedelta(days=1)
    return CohortTable(grain, cohorts, _starts_period(tomorrow, grain))


def _periods_between(start: date, end: date, grain: str) -> int:
    months = (end.year - start.year) * 12 + end.month - start.month
    if grain == "month":
        return months
    if grain == "quarter":
        return (end.year - start.year) * 4 + (end.month - 1) // 3 - (start.month - 1) // 3
    return end.year - start.year


def _starts_period(day: date, grain: str) -> bool:
    if day.day != 1:
        return False
    return grain == "month" or (grain == "quarter" and day.month % 3 == 1) or (grain == "year" and day.month == 1)
