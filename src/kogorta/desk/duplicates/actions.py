"""Writes of the room: look for duplicates, decide about two, set one apart, join all. The base itself is changed by jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from kogorta.desk.bases.opening import base_state
from kogorta.desk.duplicates.models import Decision, Verdict
from kogorta.desk.errors import ConflictError, DeskError
from kogorta.desk.jobs.actions import enqueue
from kogorta.desk.journal.actions import record
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kogorta.desk.jobs.models import Job
    from kogorta.desk.people.models import User


def look_for_duplicates(by: User) -> Job:
    """Ask for a search; the base stays as it is.

    Raises:
        DeniedError: the role does not allow it.
        ConflictError: the base is empty.
    """
    authorise(by, Action.MERGE_CUSTOMERS)
    if base_state().is_empty:
        raise ConflictError("The base is empty: there is nobody to compare.")
    return enqueue("duplicates.find", by=by)


def merge_found(by: User, version: str) -> Job:
    """Join everything that was found likely enough in a state of the base.

    Raises:
        DeniedError: the role does not allow it.
        ConflictError: the base is another one now.
    """
    authorise(by, Action.MERGE_CUSTOMERS)
    if version != base_state().version:
        raise ConflictError("The base has changed since the search. Look for duplicates again.")
    job = enqueue("duplicates.merge", {"version": version}, key=f"duplicates.merge:{version}", by=by)
    record(by, "duplicates.merged", f"job:{job.pk}")
    return job


def decide(by: User, left_id: str, right_id: str, verdict: str) -> Decision:
    """Say that two customers are one, are different, or that nothing is decided.

    Raises:
        DeniedError: the role does not allow it.
        DeskError: it is one customer twice, or no such verdict.
    """
    authorise(by, Action.MERGE_CUSTOMERS)
    if verdict not in {Verdict.SAME, Verdict.DIFFERENT, Verdict.FORGET} or not left_id or not right_id or left_id == right_id:
        raise DeskError("Name two different customers, and whether they are one.")
    row = Decision.objects.create(left_id=min(left_id, right_id), right_id=max(left_id, right_id), verdict=verdict, made_by=by)
    _enqueue(row, by)
    record(by, "duplicates.decided", f"decision:{row.pk}", details={"verdict": verdict})
    return row


def set_apart(by: User, merged_id: str) -> Decision:
    """Undo a merge: the record is a customer of its own again.

    Raises:
        DeniedError: the role does not allow it.
        DeskError: no record is named.
    """
    authorise(by, Action.MERGE_CUSTOMERS)
    if not merged_id:
        raise DeskError("Name the record to be set apart.")
    row = Decision.objects.create(left_id=merged_id, verdict=Verdict.APART, made_by=by)
    _enqueue(row, by)
    record(by, "duplicates.set_apart", f"decision:{row.pk}")
    return row


def _enqueue(row: Decision, by: User) -> None:
    row.job = enqueue("duplicates.decide", {"decision_id": row.pk}, key=f"duplicates.decide:{row.pk}", by=by)
    row.save(update_fields=["job"])


def forget_decisions(customer_ids: Iterable[str]) -> None:
    """Delete decisions that name a person who was erased."""
    ids = list(customer_ids)
    Decision.objects.filter(Q(left_id__in=ids) | Q(right_id__in=ids)).delete()
