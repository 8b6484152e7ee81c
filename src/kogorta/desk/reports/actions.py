"""Writes of the room: ask for a report, keep what was made, delete, schedule. Each deed of a person is in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from kogorta.desk.bases.opening import base_state
from kogorta.desk.company.queries import current_company
from kogorta.desk.errors import ConflictError, DeskError, NotFoundError
from kogorta.desk.jobs.actions import enqueue
from kogorta.desk.journal.actions import record
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.permissions import Action
from kogorta.desk.reports.files import forget_files, path_of
from kogorta.desk.reports.models import Report, Rhythm, Schedule
from kogorta.desk.reports.queries import find_report
from kogorta.kit.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kogorta.desk.people.models import User

MOST_SCHEDULES = 20


def ask_for_report(by: User, language: str, as_of: date | None = None) -> Report:
    """Ask for a report of the base as it is.

    Args:
        by: who asks.
        language: `ru` or `en`.
        as_of: end of this day; the last day of the data when not given.

    Raises:
        DeniedError: the role does not allow it.
        DeskError: the language is not known.
        ConflictError: the base is empty.
    """
    authorise(by, Action.MAKE_REPORTS)
    _check_language(language)
    company = current_company()
    if company is None or base_state().is_empty:
        raise ConflictError("There is nothing to report on yet: load a file first.")
    row = Report.objects.create(language=language, scheme=company.scheme, as_of=as_of, made_by=by)
    _enqueue(row, by)
    record(by, "report.asked", f"report:{row.pk}")
    return row


def ask_for_scheduled(schedule: Schedule, slot: date) -> int:
    """Ask for the report of a slot of a schedule, once; returns 1 when it was not asked for before."""
    company = current_company()
    if company is None or base_state().is_empty:
        return 0
    key = f"schedule:{schedule.pk}:{slot.isoformat()}"
    if Report.objects.filter(key=key).exists():
        return 0
    with transaction.atomic():
        if not Schedule.objects.select_for_update().filter(pk=schedule.pk).exists():
            return 0
        row, made = Report.objects.get_or_create(
            key=key, defaults={"schedule": schedule, "language": schedule.language, "scheme": company.scheme}
        )
        if made:
            _enqueue(row, None)
    return int(made)


def _enqueue(row: Report, by: User | None) -> None:
    row.job = enqueue("reports.make", {"report_id": row.pk}, key=f"reports.make:{row.pk}", by=by)
    row.save(update_fields=["job"])


def keep_report(report_id: int, as_of: date, customers: int, headline: str, sizes: Mapping[str, int], policy: str) -> None:
    """The report is made: its files are in their place."""
    made = Report.objects.filter(pk=report_id, ready_at__isnull=True).update(
        as_of=as_of, customers=customers, headline=headline, sizes=dict(sizes), policy=policy, ready_at=Now()
    )
    if made:
        record(None, "report.made", f"report:{report_id}")


def delete_report(by: User, report_id: int) -> None:
    """Delete a report and its files.

    Raises:
        DeniedError: the role does not allow it.
        NotFoundError: there is no such report.
        ConflictError: it is being made.
    """
    authorise(by, Action.MANAGE_REPORTS)
    Report.objects.select_for_update().filter(pk=report_id).first()
    row = find_report(report_id)
    if row.is_working:
        raise ConflictError("The report is being made. Stop its job first.")
    row.delete()
    record(by, "report.deleted", f"report:{report_id}")
    transaction.on_commit(lambda: forget_files(report_id))


def note_download(by: User, report_id: int, name: str) -> None:
    """Say in the journal that a table of customers left the desk."""
    record(by, "report.downloaded", f"report:{report_id}", details={"file": name})


def take_away(report_id: int, names: Iterable[str]) -> None:
    """Delete files of a report that hold a person who was erased."""
    gone = set(names)
    row = Report.objects.select_for_update().get(pk=report_id)
    for name in gone:
        path_of(report_id, name).unlink(missing_ok=True)
    row.sizes = {name: size for name, size in row.sizes.items() if name not in gone}
    row.save(update_fields=["sizes"])


def add_schedule(by: User, rhythm: str, day: int, hour: int, language: str) -> Schedule:
    """Let reports be made by themselves.

    Raises:
        DeniedError: the role does not allow it.
        DeskError: there is no such day or hour.
        ConflictError: there are too many schedules.
    """
    authorise(by, Action.MANAGE_REPORTS)
    _check_language(language)
    most = {Rhythm.WEEKLY.value: 7, Rhythm.MONTHLY.value: 31}.get(rhythm, 0)
    if not 1 <= day <= most or not 0 <= hour <= 23:
        raise DeskError("Choose a day of the week from 1 to 7, or of the month from 1 to 31, and an hour from 0 to 23.")
    if Schedule.objects.count() >= MOST_SCHEDULES:
        raise ConflictError("There are {count} schedules already; delete one first.", count=MOST_SCHEDULES)
    row = Schedule.objects.create(rhythm=rhythm, day=day, hour=hour, language=language, made_by=by)
    record(by, "report.scheduled", f"schedule:{row.pk}", details={"rhythm": rhythm, "day": day, "hour": hour, "language": language})
    return row


def delete_schedule(by: User, schedule_id: int) -> None:
    """Make no more reports by it; those made stay.

    Raises:
        DeniedError: the role does not allow it.
        NotFoundError: there is no such schedule.
    """
    authorise(by, Action.MANAGE_REPORTS)
    row = Schedule.objects.select_for_update().filter(pk=schedule_id).first()
    if row is None:
        raise NotFoundError("There is no such schedule. It may have been deleted.")
    row.delete()
    record(by, "report.schedule_deleted", f"schedule:{schedule_id}")


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise DeskError("A report is made in Russian or in English.")
