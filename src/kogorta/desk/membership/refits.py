"""How often frozen borders are learnt anew: by each analysis, once a week, once a month, or never by themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from datetime import date

    from kogorta.segments.membership.moments import Zone


class HowOften(StrEnum):
    """When the borders of the last analysis take the place of the frozen ones."""

    ANALYSIS = "analysis"
    WEEK = "week"
    MONTH = "month"
    NEVER = "never"


TITLES: Final = {
    HowOften.ANALYSIS: message("With each analysis"),
    HowOften.WEEK: message("Once a week, on Monday"),
    HowOften.MONTH: message("Once a month, on the first"),
    HowOften.NEVER: message("Never by themselves"),
}


def is_due(how_often: str, last: int, now: int, zone: Zone, *, new_analysis: bool) -> bool:
    """Whether borders are to be learnt anew.

    Args:
        how_often: see `HowOften`.
        last: the moment they were learnt last, microseconds since 1970 in UTC.
        now: the moment now.
        zone: the company's: its weeks and months.
        new_analysis: whether there is an analysis they have not been held against.
    """
    if how_often == HowOften.ANALYSIS:
        return new_analysis
    before, today = zone.day_of(last), zone.day_of(now)
    return how_often != HowOften.NEVER and _period(how_often, today) > _period(how_often, before)


def _period(how_often: str, day: date) -> tuple[int, int]:
    return (day.year, day.month) if how_often == HowOften.MONTH else day.isocalendar()[:2]
