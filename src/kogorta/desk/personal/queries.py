"""Reads of the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.base.erasure import Erased
from kogorta.desk.environment import own_secret
from kogorta.desk.errors import ConflictError, NotFoundError
from kogorta.desk.personal.models import Channel, Consent, ConsentState, ErasedKey, Erasure
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from collections.abc import Iterable

SALT_FILE: Final = "erasure.salt"


@dataclass(frozen=True)
class ChannelConsent:
    """What holds for a channel now: the last thing said, None where nothing was."""

    channel: Channel
    last: Consent | None

    @property
    def is_given(self) -> bool:
        """Whether he may be reached by it."""
        return self.last is not None and self.last.state == ConsentState.GIVEN


def consents_of(customer_ids: Iterable[str]) -> list[Consent]:
    """Everything said by a customer and by whoever was joined to him, newest first."""
    return list(Consent.objects.filter(customer_id__in=list(customer_ids)).select_related("recorded_by"))


def channels_now(history: Iterable[Consent]) -> list[ChannelConsent]:
    """What holds for each channel.

    Args:
        history: newest first. Of two things said on one day the one written down last holds.
    """
    last: dict[str, Consent] = {}
    for row in history:
        last.setdefault(row.channel, row)
    return [ChannelConsent(channel, last.get(channel.value)) for channel in Channel]


def erased_people() -> Erased:
    """Hashes of everybody who was erased, with the salt they were made with.

    Raises:
        ConflictError: the salt is gone; hashes made with another one would recognise nobody.
    """
    rows = dict(ErasedKey.objects.values_list("digest", "erasure_id"))
    path = DESK.home / SALT_FILE
    if rows and not path.exists():
        raise ConflictError("The file {name} is missing: erased people could not be recognised. Restore it from a copy.", name=SALT_FILE)
    return Erased(own_secret(path), {digest: f"erased-{number}" for digest, number in rows.items()})


def find_erasure(erasure_id: int) -> Erasure:
    """An erasure by its number.

    Raises:
        NotFoundError: there is none.
    """
    row = Erasure.objects.select_related("job", "asked_by").filter(pk=erasure_id).first()
    if row is None:
        raise NotFoundError("There is no such erasure.")
    return row


def latest_erasures(size: int = 50) -> list[Erasure]:
    """Erasures, newest first."""
    return list(Erasure.objects.select_related("job", "asked_by")[:size])
