"""Writes of the room: make and revoke tokens, keep answers to keys."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from kogorta.desk.api.models import KeptAnswer, Token
from kogorta.desk.errors import DeskError, NotFoundError
from kogorta.desk.journal.actions import record
from kogorta.desk.language import now
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kogorta.desk.api.scopes import Scope
    from kogorta.desk.people.models import User

PREFIX: Final = "kgt_"
"""How a token begins, so that one that slipped into a repository is found by those who look for such things."""
ANSWERS_LAST: Final = timedelta(days=1)
_USED_EVERY: Final = timedelta(minutes=5)
_SAME: Final = 4


def digest_of(token: str) -> str:
    """The hash a token is kept as; it has 256 bits of chance, so no salt and no slow hash are needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token(by: User, name: str, scopes: Iterable[Scope], days: int | None = None) -> tuple[Token, str]:
    """Make a token.

    Args:
        by: in whose name the program asks.
        name: what it is for.
        scopes: what it may do; at least one thing.
        days: how long it works; None without end.

    Returns:
        The row, and the token itself, which is shown once.

    Raises:
        DeniedError: the role does not allow it.
        DeskError: there is no name or no scope.
    """
    authorise(by, Action.MANAGE_TOKENS)
    name, chosen = " ".join(name.split())[:100], sorted({scope.value for scope in scopes})
    if not name:
        raise DeskError("Say what the token is for.")
    if not chosen:
        raise DeskError("Choose what the token may do.")
    token = PREFIX + secrets.token_urlsafe(32)
    expires = now() + timedelta(days=days) if days else None
    row = Token.objects.create(name=name, digest=digest_of(token), tail=token[-_SAME:], scopes=chosen, created_by=by, expires_at=expires)
    record(by, "token.created", f"token:{row.pk}", details={"scopes": chosen})
    return row, token


def revoke_token(by: User, token_id: int) -> None:
    """Make a token stop working at once.

    Raises:
        DeniedError: the role does not allow it.
        NotFoundError: there is no such token that still works.
    """
    authorise(by, Action.MANAGE_TOKENS)
    if not Token.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=Now()):
        raise NotFoundError("There is no such token.")
    record(by, "token.revoked", f"token:{token_id}")


def note_use(token: Token) -> None:
    """Remember when a token was used last, to a few minutes: hardly any request writes for it."""
    if token.used_at is None or token.used_at < now() - _USED_EVERY:
        Token.objects.filter(pk=token.pk).update(used_at=Now())


def begin_answer(token_id: int, key: str, asked: str) -> tuple[KeptAnswer, bool]:
    """Take a key for a request, in its transaction; who comes second with the same key waits here for the first.

    Returns:
        The row, and whether the request is the first with this key.
    """
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(token_id=token_id, key=key, asked=asked), True
    except IntegrityError:
        return KeptAnswer.objects.get(token_id=token_id, key=key), False


def keep_answer(row_id: int, status: int, body: str) -> None:
    """Keep what the first request with a key was answered."""
    KeptAnswer.objects.filter(pk=row_id).update(status=status, body=body)


def forget_old_answers() -> int:
    """Delete answers nobody asks for any more; returns how many."""
    gone, _ = KeptAnswer.objects.filter(created_at__lt=now() - ANSWERS_LAST).delete()
    return gone
