"""Every error as a problem document (RFC 9457), in the reader's language."""

from __future__ import annotations

import json
import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, UnreadablePostError
from ninja.errors import AuthenticationError, HttpError, ValidationError

from kogorta.desk.errors import DeskError
from kogorta.desk.language import current_language
from kogorta.kit.errors import KogortaError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest

log = logging.getLogger("kogorta.desk.api")
CONTENT_TYPE: Final = "application/problem+json"

TITLES: Final[Mapping[int, str]] = {
    400: message("The request cannot be read"),
    401: message("No token that works"),
    403: message("Not allowed"),
    404: message("Not found"),
    405: message("No such method here"),
    409: message("Does not fit what is there"),
    413: message("Too large"),
    415: message("Not JSON"),
    422: message("Something in the request is not allowed"),
    429: message("Too many requests"),
    500: message("Broken on our side"),
    503: message("Busy"),
}

_FAULTS: Final[Mapping[str, str]] = {
    "missing": message("This is required."),
    "extra_forbidden": message("There is no such field."),
    "string_type": message("A text is expected."),
    "string_too_short": message("The text is too short: at least {min_length} characters."),
    "string_too_long": message("The text is too long: at most {max_length} characters."),
    "string_pattern_mismatch": message("The text has characters, or a form, that are not allowed."),
    "int_type": message("A whole number is expected."),
    "int_parsing": message("A whole number is expected."),
    "int_from_float": message("A whole number is expected."),
    "int_parsing_size": message("The number is too large."),
    "bool_type": message("true or false is expected."),
    "bool_parsing": message("true or false is expected."),
    "greater_than_equal": message("The number is too small: at least {ge}."),
    "less_than_equal": message("The number is too large: at most {le}."),
    "literal_error": message("The value is none of those allowed: {expected}."),
    "enum": message("The value is none of those allowed: {expected}."),
    "date_from_datetime_parsing": message("A day is expected, such as 2026-11-22."),
    "date_from_datetime_inexact": message("A day is expected, such as 2026-11-22."),
    "date_parsing": message("A day is expected, such as 2026-11-22."),
    "date_type": message("A day is expected, such as 2026-11-22."),
    "datetime_parsing": message("A moment with its zone is expected, such as 2026-11-22T10:00:00+03:00."),
    "datetime_type": message("A moment with its zone is expected, such as 2026-11-22T10:00:00+03:00."),
    "datetime_from_date_parsing": message("A moment with its zone is expected, such as 2026-11-22T10:00:00+03:00."),
    "timezone_aware": message("A moment with its zone is expected, such as 2026-11-22T10:00:00+03:00."),
    "list_type": message("A list is expected."),
    "too_short": message("The list is too short: at least {min_length}."),
    "too_long": message("The list is too long: at most {max_length}."),
    "dict_type": message("An object is expected."),
    "order_untold": message(
        "An order needs properties: order_id, amount as a number, status won, open, lost or cancelled, "
        "ordered_at with its zone if it is given."
    ),
    "refund_untold": message("A refund needs properties: amount as a number above zero, and order_id of the order it is about."),
    "model_attributes_type": message("An object is expected."),
    "model_type": message("An object is expected."),
}
"""Kind of a fault, as pydantic names it, and what is said of it."""


class UnreadableError(DeskError):
    """The request could not be read."""

    code = "unreadable"
    status = 400


class UnauthorisedError(DeskError):
    """There is no token, or it does not work."""

    code = "unauthorised"
    status = 401


class TooLargeError(DeskError):
    """More was sent than is taken."""

    code = "too_large"
    status = 413


class NotJsonError(DeskError):
    """The body has another type."""

    code = "not_json"
    status = 415


class TooManyError(DeskError):
    """More was asked for than the limit allows.

    Args:
        wait: seconds until it may be asked again.
    """

    code = "too_many"
    status = 429

    def __init__(self, wait: float) -> None:
        self.wait = max(1, math.ceil(wait))
        super().__init__(message("The limit of this token is reached. Ask again in {seconds} s."), seconds=self.wait)


class ScopeError(DeskError):
    """The token, or the role of who made it, does not allow this.

    Args:
        scope: what would be needed.
    """

    code = "denied"
    status = 403
    challenge: ClassVar[str] = 'Bearer error="insufficient_scope", scope="{scope}"'

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(message("The token has no scope {scope}, or the role of the person who made it does not allow it."), scope=scope)


def problem(
    status: int, detail: str, code: str, *, errors: Sequence[Mapping[str, str]] = (), headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """An error as a document."""
    words = current_language()
    title = words.phrase(TITLES[status]) if status in TITLES else HTTPStatus(status).phrase
    document: dict[str, object] = {"type": f"urn:kogorta:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    if errors:
        document["errors"] = list(errors)
    return HttpResponse(json.dumps(document, ensure_ascii=False), status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def problem_of(request: HttpRequest, error: Exception) -> HttpResponse:
    """The document of an error, whatever it is; one that nobody expected is written into the log and says nothing of itself."""
    words = current_language()
    match error:
        case TooManyError():
            return problem(error.status, error.told(words), error.code, headers={"Retry-After": str(error.wait)})
        case ScopeError():
            return problem(
                error.status,
                error.told(words),
                error.code,
                headers={"WWW-Authenticate": error.challenge.format(scope=error.scope)},
            )
        case UnauthorisedError():
            return problem(error.status, error.told(words), error.code, headers={"WWW-Authenticate": "Bearer"})
        case AuthenticationError():
            return problem_of(request, UnauthorisedError(message("Send the header “Authorization: Bearer …” with a token that works.")))
        case DeskError():
            return problem(error.status, error.told(words), error.code)
        case KogortaError():
            return problem(422, error.told(words), "refused")
        case ValidationError():
            return problem(
                422,
                words.text("The request has values that are not allowed; see errors."),
                "invalid",
                errors=[_fault(item) for item in error.errors[:20]],
            )
        case RequestDataTooBig():
            return problem_of(request, TooLargeError(message("The body is larger than is taken. Send less at a time.")))
        case Http404():
            return problem(404, words.text("There is no such address. See /api/v1/openapi.json."), "not_found")
        case UnreadablePostError() | SuspiciousOperation():
            return problem_of(request, UnreadableError(message("The request could not be read. Go back and try again.")))
        case HttpError():
            return problem_of(request, UnreadableError(message("The body is not JSON.")))
        case _:
            log.error("the interface broke", exc_info=error, extra={"path": request.path})
            return problem(500, words.text("Something broke on our side. It is in the log; nothing was changed."), "broken")


def _fault(found: Mapping[str, object]) -> dict[str, str]:
    """Where a value stands, and what is wrong with it."""
    words, kind = current_language(), str(found["type"])
    place, raw = found["loc"], found.get("ctx")
    source, *path = (str(part) for part in place) if isinstance(place, (tuple, list)) else (str(place),)
    if source == "body":
        path = path[1:]  # the first name is that of our own parameter
    values = {str(name): value for name, value in raw.items()} if isinstance(raw, dict) else {}
    text = _FAULTS.get(kind)
    try:
        told = words.text(text, **values) if text else words.text("The value is not allowed here.")
    except KeyError:
        told = words.text("The value is not allowed here.")
    where = "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)
    return {"in": source, "pointer": f"/{where}" if where else "", "detail": told}
