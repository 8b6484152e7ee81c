"""Errors of the desk: a sentence, a code for programs, a status; and their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from kogorta.desk.language import choose_language, current_language, speaking
from kogorta.kit.errors import KogortaError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from django.http import HttpRequest


class DeskError(KogortaError):
    """Base of the errors the desk raises on purpose: expected, told to the person, no alarm."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422


class DeniedError(DeskError):
    """The role of the person does not allow the action."""

    code = "denied"
    status = 403


class NotFoundError(DeskError):
    """There is no such thing, or it is not this person's."""

    code = "not_found"
    status = 404


class ConflictError(DeskError):
    """The thing has changed meanwhile, or is already there."""

    code = "conflict"
    status = 409


def error_page(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """A page that says what was wrong and what to do next."""
    return render(request, "web/error.html", {"status": status, "sentence": sentence}, status=status)


def _page(request: HttpRequest, status: int, english: str) -> HttpResponse:
    with speaking(choose_language(request)):
        return error_page(request, status, current_language().phrase(english))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """400."""
    return _page(request, 400, message("The request could not be read. Go back and try again."))


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """403."""
    return _page(request, 403, message("Your role does not allow this. Ask the owner of the desk."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """404."""
    return _page(request, 404, message("There is no such page. It may have been removed, or the address is mistyped."))


def broken(request: HttpRequest) -> HttpResponse:
    """500; the page needs no database, which may be what broke."""
    with speaking(choose_language(request, ask_database=False)):
        return HttpResponse(render_to_string("web/broken.html", {"language": current_language()}), status=500)


def forgery(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403 of a form without its token."""
    return _page(request, 403, message("The form has expired or came from another site. Open the page again and repeat."))
