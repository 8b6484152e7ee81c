"""What an address that guesses passwords is told, and how the address of a visitor is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from kogorta.desk.errors import error_page
from kogorta.desk.language import current_language
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def address_of(request: HttpRequest) -> str:
    """Where a request came from; headers are trusted only for as many proxies as the settings name."""
    hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if DESK.behind_proxy and len(hops) >= DESK.behind_proxy:
        return hops[-DESK.behind_proxy]
    return str(request.META.get("REMOTE_ADDR") or "127.0.0.1")


def locked(request: HttpRequest, *_: object, **__: object) -> HttpResponse:
    """The page shown during a pause."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    sentence = current_language().plural(
        "Too many wrong passwords. Try again in {count} minute.", "Too many wrong passwords. Try again in {count} minutes.", minutes
    )
    return error_page(request, 429, sentence)
