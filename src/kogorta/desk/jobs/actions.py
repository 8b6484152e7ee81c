"""Writes of the room: ask for work, claim it, keep the lease, finish, cancel, retry.

Every write of a worker names the fencing token it was given. Time is the database's, so clocks of machines may differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from kogorta.desk.errors import ConflictError, NotFoundError
from kogorta.desk.jobs.models import Job, State
from kogorta.desk.jobs.registry import KINDS
from kogorta.desk.journal.actions import record
from kogorta.desk.settings import DESK
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import QuerySet

    from kogorta.kit.errors import KogortaError

_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(hours=1)
BROKE: Final = message("The work broke off unexpectedly: {kind}. The details are in the log; try again.")
DIED: Final = message("The worker died {attempts} times while doing this. The work may need more memory than the machine has.")


def enqueue(
    kind: str,
    arguments: Mapping[str, object] | None = None,
    *,
    key: str | None = None,
    run_at: datetime | None = None,
    by: AbstractBaseUser | None = None,
) -> Job:
    """Ask for work, in the transaction of the business row that needs it: both are kept or neither.

    Args:
        kind: a registered kind.
        arguments: what the handler needs to know: ids and ISO dates, no rows.
        key: the same key is never asked for twice; the job that has it is returned.
        run_at: not before this moment.
        by: who asked; None for the machine.

    Raises:
        KeyError: the kind is not registered.
    """
    found = KINDS[kind]
    row = {
        "kind": kind,
        "arguments": dict(arguments or {}),
        "run_at": run_at or Now(),
        "most_attempts": found.most_attempts,
        "created_by": by,
    }
    made = Job.objects.create(**row) if key is None else Job.objects.get_or_create(key=key, defaults=row)[0]
    return Job.objects.get(pk=made.pk)


@dataclass(frozen=True)
class Claim:
    """A job in the hands of a worker.

    Args:
        job: the row as it was when claimed.
        token: fencing token; later claims have a greater one.
    """

    job: Job
    token: int


def claim() -> Claim | None:
    """The next job that is due, or one whose worker fell silent, with a lease on it."""
    with transaction.atomic():
        due = Q(state=State.WAITING, run_at__lte=Now()) | Q(state=State.RUNNING, lease_until__lt=Now())
        rows = Job.objects.filter(due).order_by("run_at", "id")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        row = rows.first()
        if row is None:
            return None
        if row.cancel_asked:
            _finish(Job.objects.filter(pk=row.pk), State.CANCELLED)
            return None
        if row.attempts >= row.most_attempts:
            _finish(Job.objects.filter(pk=row.pk), State.FAILED, error=DIED, error_values={"attempts": row.attempts})
            return None
        token = row.lease_token + 1
        Job.objects.filter(pk=row.pk).update(
            state=State.RUNNING,
            lease_token=token,
            lease_until=Now() + timedelta(seconds=DESK.lease_seconds),
            attempts=F("attempts") + 1,
            started_at=Now(),
        )
        return Claim(Job.objects.get(pk=row.pk), token)


def _held(claim: Claim) -> QuerySet[Job]:
    return Job.objects.filter(pk=claim.job.pk, lease_token=claim.token, state=State.RUNNING)


def renew(claim: Claim, done: int, total: int | None, step: str) -> bool:
    """Keep the lease and show the progress; False when the lease is somebody else's now."""
    until = Now() + timedelta(seconds=DESK.lease_seconds)
    return bool(_held(claim).update(lease_until=until, done=done, total=total, step=step[:200]))


def hold(claim: Claim) -> bool:
    """Lock the row until the transaction ends; False when the lease is somebody else's now. Effects come after it."""
    return _held(claim).select_for_update().exists()


def is_cancelled(claim: Claim) -> bool:
    """Whether somebody asked to stop."""
    return Job.objects.filter(pk=claim.job.pk, cancel_asked=True).exists()


def remember(claim: Claim, checkpoint: Mapping[str, object]) -> bool:
    """Keep where the work stopped; a chunk proves that the work goes on, so attempts count anew."""
    return bool(_held(claim).update(checkpoint=dict(checkpoint), attempts=1))


def complete(claim: Claim, result: Mapping[str, object], done: int, total: int | None) -> bool:
    """The work is done."""
    return _finish(_held(claim), State.DONE, result=dict(result), done=done, total=total, step="", error="", error_values={})


def stop(claim: Claim) -> bool:
    """The work was stopped because somebody asked."""
    return _finish(_held(claim), State.CANCELLED, step="")


def refuse(claim: Claim, error: KogortaError) -> bool:
    """The work cannot be done; trying again would not help."""
    values = {name: value if isinstance(value, (int, float)) else str(value) for name, value in error.values.items()}
    return _finish(_held(claim), State.FAILED, error=error.template, error_values=values)


def put_off(claim: Claim, kind: str) -> bool:
    """The work broke off; try again after a pause that doubles, or give up after the last attempt."""
    if claim.job.attempts >= claim.job.most_attempts:
        return _finish(_held(claim), State.FAILED, error=BROKE, error_values={"kind": kind})
    pause = min(_PAUSE * 2 ** (claim.job.attempts - 1), _LONGEST_PAUSE)
    return bool(_held(claim).update(state=State.WAITING, lease_until=None, run_at=Now() + pause, error=BROKE, error_values={"kind": kind}))


def give_back(claim: Claim) -> bool:
    """A worker that is told to stop lets another one go on at once."""
    return bool(_held(claim).update(state=State.WAITING, lease_until=None, run_at=Now(), attempts=F("attempts") - 1))


def cancel(by: AbstractBaseUser, job_id: int) -> None:
    """Ask a job to stop: one that waits stops now, one that runs at its next step.

    Raises:
        NotFoundError: there is no such job.
        ConflictError: it is over.
    """
    row = Job.objects.select_for_update().filter(pk=job_id).first()
    if row is None:
        raise NotFoundError("There is no such job.")
    if row.is_over:
        raise ConflictError("The job is over already.")
    rows = Job.objects.filter(pk=job_id)
    rows.update(cancel_asked=True)
    if row.state == State.WAITING:
        _finish(rows, State.CANCELLED)
    record(by, "job.cancelled", f"job:{job_id}", details={"kind": row.kind})


def retry(by: AbstractBaseUser, job_id: int) -> None:
    """Try a job once more that failed or was cancelled; it goes on from where it stopped.

    Raises:
        NotFoundError: there is no such job.
        ConflictError: it has not failed.
    """
    row = Job.objects.select_for_update().filter(pk=job_id).first()
    if row is None:
        raise NotFoundError("There is no such job.")
    if row.state not in {State.FAILED, State.CANCELLED}:
        raise ConflictError("Only a job that failed or was cancelled can be tried again.")
    Job.objects.filter(pk=job_id).update(
        state=State.WAITING, run_at=Now(), attempts=0, cancel_asked=False, error="", error_values={}, finished_at=None, lease_until=None
    )
    record(by, "job.retried", f"job:{job_id}", details={"kind": row.kind})


def _finish(rows: QuerySet[Job], state: State, **values: object) -> bool:
    return bool(rows.update(state=state, lease_until=None, finished_at=Now(), **values))
