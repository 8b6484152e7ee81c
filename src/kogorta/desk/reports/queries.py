"""Reads of the room."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kogorta.desk.errors import NotFoundError
from kogorta.desk.reports.files import PAGE, path_of
from kogorta.desk.reports.models import Report, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def reports_with(needles: Iterable[str]) -> list[tuple[int, tuple[str, ...]]]:
    """Reports and those of their files that hold a person: tables hold every customer, the page and the PDF whom they name.

    Args:
        needles: texts that give him away.
    """
    found = []
    for row in Report.objects.exclude(sizes={}):
        names = [name for name in row.sizes if name.endswith(".xlsx")]
        page = path_of(row.pk, PAGE)
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        if any(escape(one) in text or one in text for one in needles):
            names += [name for name in row.sizes if not name.endswith(".xlsx")]
        found.append((row.pk, tuple(names)))
    return found
