"""Reads of the room."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kogorta.desk.people.models import Session, User

_set_up = False
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("YaBrowser", "Yandex Browser"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


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


def people() -> list[User]:
    """Everybody, those who are switched off last."""
    return list(User.objects.order_by("-is_active", "name", "id"))


def names_of_people() -> dict[int, str]:
    """What everybody is called, by id."""
    return dict(User.objects.values_list("pk", "name"))


def find_person(user_id: int) -> User | None:
    """A person by her id."""
    return User.objects.filter(pk=user_id).first()


def count_sessions() -> int:
    """Signed-in sessions that have not run out."""
    return Session.objects.filter(user__isnull=False, expire_date__gt=datetime.now(UTC)).count()


@dataclass(frozen=True)
class ShownSession:
    """A signed-in browser as its owner sees it.

    Args:
        name: public name, by which it can be ended; its key stays secret.
        browser: such as `Firefox, Windows`.
        address: internet address it signed in from.
        created_at: when.
        is_this: whether it is the one asking.
    """

    name: str
    browser: str
    address: str
    created_at: datetime
    is_this: bool


def session_name(key: str) -> str:
    """The public name of a session: from it the key cannot be found."""
    return hashlib.sha256(f"session:{key}".encode()).hexdigest()[:20]


def own_sessions(user: User, this: str | None) -> list[ShownSession]:
    """Where a person is signed in, this browser first."""
    rows = Session.objects.filter(user=user).order_by("-created_at")
    found = [
        ShownSession(session_name(row.session_key), browser_told(row.browser), row.address or "", row.created_at, row.session_key == this)
        for row in rows
    ]
    return sorted(found, key=lambda session: not session.is_this)


def browser_told(agent: str) -> str:
    """A browser and its system out of what it says of itself."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return ", ".join(part for part in (browser, system) if part) or agent[:60]
