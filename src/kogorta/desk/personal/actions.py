"""Writes of the room: record a consent, ask for an erasure, forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models.functions import Now

from kogorta.desk.errors import ConflictError, DeskError
from kogorta.desk.jobs.actions import enqueue
from kogorta.desk.jobs.models import Job
from kogorta.desk.journal.actions import record
from kogorta.desk.language import local, now
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.permissions import Action
from kogorta.desk.personal.models import Channel, Consent, ConsentState, ErasedKey, Erasure
from kogorta.desk.personal.queries import erased_people

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kogorta.base.erasure import PersonKeys
    from kogorta.desk.people.models import User

NAMING_JOBS = ("rights.erase",)
"""Jobs whose arguments name customers."""


def record_consent(by: User, customer_id: str, channel: str, state: str, said_on: date, source: str) -> Consent:
    """Write down what a customer said; what he said before stays as history.

    Raises:
        DeniedError: the role does not allow it.
        DeskError: the channel, the state or the day cannot be, or it is not said where he said it.
    """
    authorise(by, Action.CHANGE_CONSENTS)
    if channel not in set(Channel) or state not in set(ConsentState):
        raise DeskError("Choose a channel, and whether the consent was given or withdrawn.")
    source = " ".join(source.replace("\x00", "").split())[:200]
    if not source:
        raise DeskError("Say where the customer said it: a form, a letter, a call.")
    if said_on > local(now()).date():
        raise DeskError("The day lies in the future. Give the day the customer said it.")
    row = Consent.objects.create(customer_id=customer_id, channel=channel, state=state, said_on=said_on, source=source, recorded_by=by)
    record(by, "consent.recorded", f"consent:{row.pk}", details={"channel": channel, "state": state})
    return row


def ask_for_erasure(by: User, customer_id: str, keys: PersonKeys) -> Erasure:
    """Keep the hashes of a person's keys, so that no file brings him back from now on, and ask for the work.

    Raises:
        DeniedError: the role does not allow it.
        ConflictError: he is being erased already.
    """
    authorise(by, Action.ERASE_PERSON)
    erased = erased_people()
    digests = erased.digests(keys)
    own = [erased.digest("entity", one) for one in keys.entities]
    if Erasure.objects.filter(keys__digest__in=own, done_at__isnull=True).exists():
        raise ConflictError("This person's data are being erased already.")
    row = Erasure.objects.create(asked_by=by)
    known = set(ErasedKey.objects.filter(digest__in=digests).values_list("digest", flat=True))
    ErasedKey.objects.bulk_create([ErasedKey(digest=digest, erasure=row) for digest in digests if digest not in known])
    row.job = enqueue("rights.erase", {"erasure_id": row.pk, "customer_id": customer_id}, key=f"rights.erase:{row.pk}", by=by)
    row.save(update_fields=["job"])
    record(by, "person.erasure_asked", f"erasure:{row.pk}")
    return row


def forget_consents(customer_ids: Iterable[str]) -> None:
    """Delete what a person said: he is nobody now."""
    Consent.objects.filter(customer_id__in=list(customer_ids)).delete()


def finish_erasure(erasure_id: int, customer_ids: Iterable[str], files: int) -> None:
    """The person is erased: arguments of jobs that name him are emptied too."""
    gone = set(customer_ids)
    for row in Job.objects.filter(kind__in=NAMING_JOBS).only("pk", "arguments").iterator():
        if gone & {str(value) for value in row.arguments.values()}:
            kept = {name: "" if value in gone else value for name, value in row.arguments.items()}
            Job.objects.filter(pk=row.pk).update(arguments=kept)
    if Erasure.objects.filter(pk=erasure_id, done_at__isnull=True).update(done_at=Now()):
        record(None, "person.erased", f"erasure:{erasure_id}", details={"files": files})
