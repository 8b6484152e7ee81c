"""Writes of the room. Each says in the journal what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Now

from kogorta.desk.bases.opening import base_state
from kogorta.desk.errors import ConflictError, NotFoundError
from kogorta.desk.imports.cleaned import forget_cleaned
from kogorta.desk.imports.models import SentFile, State
from kogorta.desk.imports.queries import demo_file, find_by_key
from kogorta.desk.imports.reading import Reading, look_at
from kogorta.desk.imports.storage import forget_file, quarantine_of, take
from kogorta.desk.jobs.actions import enqueue
from kogorta.desk.journal.actions import record
from kogorta.desk.language import local, now

if TYPE_CHECKING:
    from kogorta.desk.imports.findings import Findings
    from kogorta.desk.imports.storage import ArrivedFile
    from kogorta.desk.jobs.models import Job
    from kogorta.desk.people.models import User

OPEN = frozenset({State.NEW, State.CHECKING, State.CHECKED, State.UNDONE})
"""States in which the base has nothing of the file, so that it may be read otherwise, or removed."""


def receive(by: User, arrived: ArrivedFile) -> tuple[SentFile, bool]:
    """Keep a file as it was sent; the same bytes twice are one file.

    Returns:
        The file, and whether it is new.

    Raises:
        InputError: it is not a table that can be read; nothing is kept.
    """
    known = find_by_key(arrived.digest)
    if known is not None:
        return known, False
    look_at(arrived.path, arrived.shown_name)
    take(arrived)
    reading = Reading.first(local(now()).date())
    try:
        with transaction.atomic():
            row = SentFile.objects.create(
                digest=arrived.digest, name=arrived.shown_name, size=arrived.length, reading=reading.kept(), sent_by=by
            )
            record(by, "import.sent", f"import:{row.pk}", details={"bytes": row.size})
    except IntegrityError:  # sent by somebody else at the same moment
        return SentFile.objects.get(digest=arrived.digest), False
    return row, True


def _locked(file_id: int) -> SentFile:
    row = SentFile.objects.select_for_update().filter(pk=file_id).first()
    if row is None:
        raise NotFoundError("There is no such file.")
    if row.is_working:
        raise ConflictError("The machine is still at work on this file. Wait till it is done, or stop the job.")
    return row


def read_as(by: User, file_id: int, reading: Reading, *, check: bool) -> None:
    """Say how a file is to be read, and ask for its audit.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: it is in the base, or a job is at work on it.
    """
    row = _locked(file_id)
    if row.state not in OPEN:
        raise ConflictError("The file is in the base. To read it otherwise, undo the import first.")
    row.reading, row.found, row.state, row.base_digest = reading.kept(), {}, State.NEW, ""
    if check:
        row.state, row.job = State.CHECKING, enqueue("imports.check", {"file_id": row.pk}, by=by)
    row.save()


def tell_findings(file_id: int, found: Findings) -> None:
    """The audit is done."""
    SentFile.objects.filter(pk=file_id, state=State.CHECKING).update(state=State.CHECKED, found=found.kept(), base_digest=found.digest)


def accept(by: User, file_id: int) -> None:
    """Add an audited file to the base.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: it was not audited, or is in the base already.
    """
    row = _locked(file_id)
    if row.state not in {State.CHECKED, State.ACCEPTING}:
        raise ConflictError("Audit the file first: nothing is added to the base unseen.")
    if not row.is_demo and demo_file() is not None:
        raise ConflictError("The base holds invented data. Remove the demo base first, then load your own file.")
    row.state, row.accepted_by = State.ACCEPTING, by
    row.job = enqueue("imports.accept", {"file_id": row.pk}, by=by)
    row.save()
    record(by, "import.accepted", f"import:{row.pk}", details={"rows": row.found["read"], "left_out": row.found["quarantined"]})


def finish_loading(file_id: int, found: Findings) -> None:
    """The file is in the base; what it brought was said by the audit and stays."""
    row = SentFile.objects.select_for_update().get(pk=file_id)
    if row.state != State.ACCEPTING:
        return
    place = (SentFile.objects.aggregate(last=Max("place"))["last"] or 0) + 1
    kept = {**found.kept(), "before": row.found["before"]}
    SentFile.objects.filter(pk=file_id).update(state=State.LOADED, found=kept, base_digest=found.digest, place=place, loaded_at=Now())
    account = {"rows": found.read, "used": found.used, "merged": found.merged, "quarantined": found.quarantined}
    record(None, "import.loaded", f"import:{file_id}", details=account)


def undo(by: User, file_id: int) -> None:
    """Take a whole file out of the base.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: it is not in the base.
    """
    row = _locked(file_id)
    if row.state not in {State.LOADED, State.ACCEPTING, State.UNDOING}:
        raise ConflictError("The file is not in the base: there is nothing to undo.")
    row.state, row.job = State.UNDOING, enqueue("imports.undo", {"file_id": row.pk}, by=by)
    row.save()
    record(by, "import.undo_asked", f"import:{row.pk}")


def finish_undoing(file_id: int) -> None:
    """The base has nothing of the file any more; the file itself stays."""
    row = SentFile.objects.filter(pk=file_id, state=State.UNDOING).first()
    if row is not None and row.is_demo:
        digest = row.digest
        row.delete()
        record(None, "import.demo_removed", f"import:{file_id}")
        transaction.on_commit(lambda: _forget(digest))
    elif SentFile.objects.filter(pk=file_id, state=State.UNDOING).update(
        state=State.UNDONE, place=None, loaded_at=None, found={}, base_digest=""
    ):
        record(None, "import.undone", f"import:{file_id}")


def remove(by: User, file_id: int) -> None:
    """Delete a file that is not in the base.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: it is in the base.
    """
    row = _locked(file_id)
    if row.state not in OPEN:
        raise ConflictError("The file is in the base. Undo the import first.")
    digest = row.digest
    row.delete()
    record(by, "import.removed", f"import:{file_id}")
    transaction.on_commit(lambda: _forget(digest))


def _forget(digest: str) -> None:
    forget_file(digest)
    forget_cleaned(digest)


def ask_for_demo(by: User) -> Job:
    """Ask for a base of invented data, to look around in.

    Raises:
        ConflictError: the base holds something already, or the demo is on its way.
    """
    if not base_state().is_empty or demo_file() is not None:
        raise ConflictError("The demo is loaded into an empty base only.")
    job = enqueue("imports.demo", {"user_id": by.pk}, by=by)
    record(by, "import.demo_asked", f"job:{job.pk}")
    return job


def keep_demo(digest: str, name: str, size: int, user_id: int, job_id: int) -> SentFile:
    """The row of the invented export; made once."""
    reading = Reading.first(local(now()).date())
    before = {"customers": 0, "orders": 0, "won": 0, "revenue": 0}
    row, _ = SentFile.objects.get_or_create(
        digest=digest,
        defaults={
            "name": name,
            "size": size,
            "state": State.ACCEPTING,
            "reading": reading.kept(),
            "found": {"before": before},
            "is_demo": True,
            "sent_by_id": user_id,
            "accepted_by_id": user_id,
            "job_id": job_id,
        },
    )
    return row


def note_cleaned(file_id: int, *, renamed: bool) -> None:
    """Somebody was erased in a file: one that is not in the base is to be audited anew; a name that gave him away is another one now."""
    row = SentFile.objects.get(pk=file_id)
    if renamed:
        SentFile.objects.filter(pk=file_id).update(name=f"file-{file_id}")
    if row.state in {State.NEW, State.CHECKED, State.UNDONE}:
        SentFile.objects.filter(pk=file_id).update(state=State.NEW, found={}, base_digest="")
        quarantine_of(row.digest).unlink(missing_ok=True)


def remove_unreadable(file_id: int) -> None:
    """Delete a file that cannot be read, so that nobody can say whom it holds; it is not in the base."""
    row = SentFile.objects.get(pk=file_id)
    digest = row.digest
    row.delete()
    record(None, "import.removed", f"import:{file_id}")
    transaction.on_commit(lambda: _forget(digest))
