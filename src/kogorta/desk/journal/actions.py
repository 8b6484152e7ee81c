"""The one way to add to the journal."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from kogorta.desk.journal.models import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.base_user import AbstractBaseUser

present_token: Final[ContextVar[int | None]] = ContextVar("present_token", default=None)
"""Token of the program the present request came from, when it is a program that asks in a person's name."""

visitor_address: Final[ContextVar[str | None]] = ContextVar("visitor_address", default=None)
"""Internet address the present request came from; set for each request by the web."""


def record(by: AbstractBaseUser | None, action: str, subject: str = "", *, details: Mapping[str, object] | None = None) -> None:
    """Say in the journal who did what, in the transaction of the deed itself.

    Args:
        by: the person; None for the machine.
        action: slug of room and verb: `import.accepted`.
        subject: kind and id of what it was done to: `import:12`.
        details: what changed; no personal data of customers.
    """
    token = present_token.get()
    told = {**(details or {}), **({"token": token} if token is not None else {})}
    Entry.objects.create(actor_id=by.pk if by else None, action=action, subject=subject, details=told, address=visitor_address.get())
