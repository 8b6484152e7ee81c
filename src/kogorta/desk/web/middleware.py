"""What happens around every view: language, first start, errors a person can act on, one transaction."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect

from kogorta.desk.company.queries import current_company
from kogorta.desk.errors import DeskError, error_page
from kogorta.desk.journal.actions import visitor_address
from kogorta.desk.language import choose_language, current_language, speaking
from kogorta.desk.people.lockout import address_of
from kogorta.desk.people.queries import is_set_up
from kogorta.desk.people.sessions import SEEN_KEY, USER_KEY
from kogorta.kit.errors import KogortaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Answer = Callable[[HttpRequest], HttpResponseBase]

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_SEEN_EVERY: Final = 3600
_FOR_MACHINES: Final = frozenset({"/healthz", "/metrics"})
_ALWAYS_OPEN: Final = ("/start/", "/static/", "/healthz", "/metrics", "/language/", "/api/")


class CompressPages(GZipMiddleware):
    """Pages go out compressed where the browser asks for it; a few random bytes hide how long they are, and tokens in them are masked.

    Downloads and static files go as they are.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress a page."""
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class SpeakLanguage:
    """Speaks the visitor's language, and shows moments in the company's zone, while a page is made."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the language chosen."""
        if request.path in _FOR_MACHINES:
            return self.get_response(request)
        company = current_company()
        language = choose_language(request)
        token = visitor_address.set(address_of(request))
        try:
            with speaking(language, company.time_zone if company else None):
                response = self.get_response(request)
        finally:
            visitor_address.reset(token)
        response.headers["Content-Language"] = language.code
        return response


class KeepSession:
    """A session that is used goes on: its end is put off, written at most once an hour."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and put the end of the session off when an hour of it has passed."""
        response = self.get_response(request)
        session = request.session
        if session.accessed and not session.is_empty() and session.get(USER_KEY):
            now = int(time.time())
            if now - int(session.get(SEEN_KEY, 0)) >= _SEEN_EVERY:
                session[SEEN_KEY] = now
        return response


class StartFirst:
    """Until a desk has an owner, every page leads to the one that creates him."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or lead to the first page."""
        if not request.path.startswith(_ALWAYS_OPEN) and not is_set_up():
            return redirect("start")
        return self.get_response(request)


class TellErrors:
    """Turns an error raised on purpose into a page that says what to do; it is no alarm."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; the errors come by the way of `process_exception` and of `OneTransaction`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A page for an expected error, nothing for an unexpected one."""
        return told_error(request, error)


class OneTransaction:
    """A request that may write is one transaction: all of it is kept or none. Reads take no lock."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        """Run a view that may write inside a transaction; a view marked `non_atomic_requests` looks after itself."""
        if request.method in _READS or getattr(view, "_non_atomic_requests", None):
            return None
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        except (DeskError, KogortaError) as error:
            return told_error(request, error)


def told_error(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
    """The page of an error raised on purpose."""
    if isinstance(error, DeskError):
        return error_page(request, error.status, error.told(current_language()))
    if isinstance(error, KogortaError):
        return error_page(request, 422, error.told(current_language()))
    return None
