"""Reads of the room."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.functions import Now

from kogorta.desk.api.actions import digest_of
from kogorta.desk.api.models import Token


def find_token(token: str) -> Token | None:
    """The token that still works, with its maker."""
    lives = Q(expires_at=None) | Q(expires_at__gt=Now())
    return Token.objects.select_related("created_by").filter(lives, digest=digest_of(token), revoked_at=None).first()


def tokens() -> list[Token]:
    """All tokens, those that were revoked last."""
    return list(Token.objects.select_related("created_by").order_by("revoked_at", "-id"))
