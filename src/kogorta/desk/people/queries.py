"""Reads of the room."""

from __future__ import annotations

from kogorta.desk.people.models import User

_set_up = False


def is_set_up() -> bool:
    """Whether the desk has an owner. Once it has one it stays so, and nothing more is asked of the database."""
    global _set_up
    if not _set_up:
        _set_up = User.objects.exists()
    return _set_up


def forget_set_up() -> None:
    """Ask the database again: after a restore, and between tests."""
    global _set_up
    _set_up = False
