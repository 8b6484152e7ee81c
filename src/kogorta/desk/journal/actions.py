"""The one way to add to the journal."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from kogorta.desk.journal.models import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.base_user import AbstractBaseUser

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
    Entry.objects.create(
        actor_id=by.pk if by else None, action=action, subject=subject, details=dict(details or {}), address=visitor_address.get()
    )
