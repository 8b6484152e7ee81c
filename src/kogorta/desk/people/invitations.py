"""Writes about invitations and links for a new password: each link works once and not for long.

The token is in the link alone; the database keeps its hash.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from kogorta.desk.errors import ConflictError, NotFoundError
from kogorta.desk.journal.actions import record
from kogorta.desk.people.actions import create_person, end_sessions
from kogorta.desk.people.models import Invitation, User
from kogorta.desk.people.permissions import Role
from kogorta.kit.language import message

if TYPE_CHECKING:
    from django.db.models import QuerySet

INVITATION_LASTS: Final = timedelta(days=7)
PASSWORD_LINK_LASTS: Final = timedelta(days=1)
_STALE: Final = message("This link has been used, taken back or is too old. Ask the owner of the desk for a new one.")


def invite(by: User, email: str, role: Role) -> str:
    """Make a link for a new person; an earlier link for the same e-mail stops working.

    Returns:
        The token of the link, shown once.

    Raises:
        ConflictError: there is a person with this e-mail already.
    """
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise ConflictError("There is already a person with this e-mail.")
    _open().filter(email=email).update(revoked_at=datetime.now(UTC))
    token, row = _make(by, email, role, None, INVITATION_LASTS)
    record(by, "user.invited", f"invitation:{row.pk}", details={"role": role.value})
    return token


def offer_new_password(by: User | None, user_id: int) -> str:
    """Make a link with which a person chooses a new password; her old one works until then.

    Returns:
        The token of the link, shown once.

    Raises:
        NotFoundError: there is no such person.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise NotFoundError("There is no such person.")
    _open().filter(user=user).update(revoked_at=datetime.now(UTC))
    token, row = _make(by, user.email, Role(user.role), user, PASSWORD_LINK_LASTS)
    record(by, "user.password_link_made", f"user:{user.pk}", details={"invitation": row.pk})
    return token


def offer_new_password_by_email(email: str) -> str:
    """The same for who has the machine but not the password, by the e-mail of the person.

    Raises:
        NotFoundError: there is no such person.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFoundError("There is no such person.")
    return offer_new_password(None, user.pk)


def find_invitation(token: str) -> Invitation:
    """The invitation a link stands for, if it still works.

    Raises:
        NotFoundError: it does not.
    """
    row = _open().select_related("user").filter(digest=_digest(token)).first()
    if row is None or (row.user is not None and not row.user.is_active):
        raise NotFoundError(_STALE)
    return row


def accept(token: str, name: str, password: str, language: str) -> User:
    """Use a link: a new person comes to the desk, or a known one gets her new password.

    Raises:
        NotFoundError: the link does not work any more.
        ConflictError: somebody with this e-mail came another way.
    """
    row = find_invitation(token)
    if not _open().filter(pk=row.pk).update(used_at=datetime.now(UTC)):
        raise NotFoundError(_STALE)
    if row.user is None:
        if User.objects.filter(email=row.email).exists():
            raise ConflictError("There is already a person with this e-mail.")
        return create_person(row.invited_by, email=row.email, name=name, role=Role(row.role), password=password, language=language)
    row.user.set_password(password)
    row.user.save(update_fields=["password"])
    end_sessions(row.user)
    record(row.user, "user.password_changed", f"user:{row.user.pk}", details={"invitation": row.pk})
    return row.user


def revoke_invitation(by: User, invitation_id: int) -> None:
    """Take a link back.

    Raises:
        NotFoundError: there is no such link that still works.
    """
    if not _open().filter(pk=invitation_id).update(revoked_at=datetime.now(UTC)):
        raise NotFoundError("There is no such invitation.")
    record(by, "invitation.revoked", f"invitation:{invitation_id}")


def open_invitations() -> list[Invitation]:
    """Links of new people that still work, newest first."""
    return list(_open().filter(user=None).select_related("invited_by"))


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.filter(used_at=None, revoked_at=None, expires_at__gt=datetime.now(UTC))


def _make(by: User | None, email: str, role: Role, user: User | None, lasts: timedelta) -> tuple[str, Invitation]:
    token = secrets.token_urlsafe(32)
    row = Invitation.objects.create(
        digest=_digest(token), email=email, role=role.value, user=user, invited_by=by, expires_at=datetime.now(UTC) + lasts
    )
    return token, row


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
