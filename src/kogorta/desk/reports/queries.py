"""Reads of the room."""

from __future__ import annotations

from kogorta.desk.errors import NotFoundError
from kogorta.desk.reports.models import Report, Schedule


def find_report(report_id: int) -> Report:
    """A report by its number.

    Raises:
        NotFoundError: there is no such report.
    """
    row = Report.objects.select_related("job", "made_by", "schedule").filter(pk=report_id).first()
    if row is None:
        raise NotFoundError("There is no such report. It may have been deleted.")
    return row


def latest_reports(before: int | None = None, size: int = 20) -> list[Report]:
    """Reports, newest first, from below a number."""
    rows = Report.objects.select_related("job", "made_by")
    return list((rows.filter(pk__lt=before) if before else rows)[:size])


def all_schedules() -> list[Schedule]:
    """Schedules, in the order they were made."""
    return list(Schedule.objects.select_related("made_by"))
