"""The short way of a batch of events: what is right is written down and answered here, past everything pages need.

Whatever is not right in every respect (the token, the body, the limit, the database) goes on to the ordinary door with its body untouched:
that one knows all errors and tells them.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import DatabaseError

from kogorta.desk.api.callers import memory
from kogorta.desk.api.events import AHEAD, wait_of
from kogorta.desk.api.quick_events import read_batch
from kogorta.desk.api.scopes import Scope
from kogorta.desk.events.actions import take_in_texts
from kogorta.desk.language import now
from kogorta.kit.errors import KogortaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

PATH: Final = "/api/v1/events/batch"
_HEADERS: Final = [("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "private, no-cache")]


def with_quick_intake(application: Application) -> Application:
    """An application whose batches of events take the short way."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "POST":
            return application(environ, start_response)
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isascii() or not length.isdigit() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return application(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        told = _kept(environ, body)
        if told is None:
            return application({**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}, start_response)
        start_response("202 Accepted", [*_HEADERS, ("Content-Length", str(len(told)))])
        return [told]

    return answer


def _kept(environ: dict[str, Any], body: bytes) -> bytes | None:
    """The answer; None for whatever the ordinary door is to answer."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme != "Bearer" or environ.get("CONTENT_TYPE", "").partition(";")[0].strip() != "application/json":
        return None
    try:
        caller = memory.caller(token)
        if caller is None or not caller.may(Scope.EVENTS_WRITE):
            return None
        events = read_batch(body, now() + AHEAD)
        if wait_of(caller, len(events)):
            return None
        new = take_in_texts(events)
    except (ValueError, KogortaError, DatabaseError):
        return None
    return b'{"accepted":%d,"known":%d}' % (new, len(events) - new)
