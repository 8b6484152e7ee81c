"""The language a reader is spoken to in: who chose it, and texts that wait for it."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.functional import lazy

from kogorta.kit.clock import DEFAULT_TIME_ZONE
from kogorta.kit.language import LANGUAGES, Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

COOKIE: Final = "kogorta_language"
_current: ContextVar[Language | None] = ContextVar("language", default=None)
_zone: ContextVar[str] = ContextVar("zone", default=DEFAULT_TIME_ZONE)


def current_language() -> Language:
    """The language of the page being made; the desk's own one outside of a page."""
    found = _current.get()
    if found is None:
        from django.conf import settings

        return Language("en" if settings.LANGUAGE_CODE == "en" else "ru")
    return found


def current_zone() -> ZoneInfo:
    """The company's zone, in which moments are shown."""
    return ZoneInfo(_zone.get())


def local(moment: datetime) -> datetime:
    """A moment in the company's zone."""
    return moment.astimezone(current_zone())


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


@contextmanager
def speaking(language: Language, zone: str | None = None) -> Iterator[None]:
    """Speak a language for a while: texts of the project and those of Django alike."""
    token = _current.set(language)
    zone_token = _zone.set(zone or _zone.get())
    try:
        with translation.override(language.code):
            yield
    finally:
        _current.reset(token)
        _zone.reset(zone_token)


def choose_language(request: HttpRequest, *, ask_database: bool = True) -> Language:
    """Own choice of a person, then a cookie, then what the browser asks for, then the desk's own."""
    from django.conf import settings

    user = getattr(request, "user", None) if ask_database else None
    chosen = getattr(user, "language", "") or request.COOKIES.get(COOKIE, "")
    if chosen not in LANGUAGES:
        asked = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("Accept-Language", "").split(",")]
        chosen = next((code for code in asked if code in LANGUAGES), settings.LANGUAGE_CODE)
    return Language("en" if chosen == "en" else "ru")


def _text(english: str) -> str:
    return current_language().phrase(english)


lazy_text = lazy(_text, str)
"""A text that is translated when a page shows it: for labels that are written once, when a module is read."""
