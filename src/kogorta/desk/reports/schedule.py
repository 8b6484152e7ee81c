"""When a scheduled report is due: days and hours of the company's zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kogorta.desk.company.queries import current_company
from kogorta.desk.jobs.registry import due
from kogorta.desk.reports.actions import ask_for_scheduled
from kogorta.desk.reports.models import Rhythm
from kogorta.desk.reports.queries import all_schedules

if TYPE_CHECKING:
    from kogorta.desk.reports.models import Schedule


def last_slot(rhythm: str, day: int, hour: int, moment: datetime, zone: str) -> datetime:
    """The last moment a schedule was due at or before a moment, in UTC.

    Args:
        rhythm: `weekly` or `monthly`.
        day: of the week (1 is Monday), or of the month; the last one where a month is shorter.
        hour: of the zone. An hour that the clock skips comes as the next one.
        moment: when it is asked.
        zone: IANA name.

    Example:
        >>> last_slot("monthly", 31, 7, datetime(2026, 3, 15, tzinfo=UTC), "Europe/Moscow").isoformat()
        '2026-02-28T04:00:00+00:00'
    """
    here = moment.astimezone(ZoneInfo(zone))
    if rhythm == Rhythm.WEEKLY:
        on = here.date() - timedelta(days=(here.isoweekday() - day) % 7)
        before = on - timedelta(days=7)
    else:
        on = _in_month(here.year, here.month, day)
        earlier = here.date().replace(day=1) - timedelta(days=1)
        before = _in_month(earlier.year, earlier.month, day)
    slots = [datetime.combine(one, time(hour), ZoneInfo(zone)).astimezone(UTC) for one in (on, before)]
    return next(slot for slot in slots if slot <= moment or slot is slots[-1])


def next_slot(schedule: Schedule, moment: datetime, zone: str) -> datetime:
    """The first moment after a moment at which a schedule is due."""
    step = timedelta(days=1)
    later = moment + step
    while (found := last_slot(schedule.rhythm, schedule.day, schedule.hour, later, zone)) <= moment:
        later += step
    return found


@due("reports")
def ask_for_due(moment: datetime) -> int:
    """Ask for every report whose time has come; one that was missed while the desk was off is made up for once."""
    company = current_company()
    if company is None:
        return 0
    asked = 0
    for schedule in all_schedules():
        slot = last_slot(schedule.rhythm, schedule.day, schedule.hour, moment, company.time_zone)
        if slot >= schedule.made_at:
            asked += ask_for_scheduled(schedule, slot.astimezone(ZoneInfo(company.time_zone)).date())
    return asked


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
