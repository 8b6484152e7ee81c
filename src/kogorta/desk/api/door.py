"""The door of the interface: one transaction for a request that writes, one answer to one key, every error a problem document."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from django.db import OperationalError, transaction
from django.http import HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from pydantic_core import from_json, to_json

from kogorta.desk.api.callers import SameKeyError, hold_key, keep, know_query
from kogorta.desk.api.openapi import completed
from kogorta.desk.api.problems import CONTENT_TYPE, NotJsonError, problem, problem_of
from kogorta.desk.journal.actions import present_token
from kogorta.desk.language import current_language
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from ninja.openapi.schema import OpenAPISchema

    View = Callable[..., HttpResponseBase]

_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
UPLOADS: Final = frozenset({"/api/v1/imports"})
"""Addresses whose body is streamed to disk."""
OWN_TRANSACTION: Final = UPLOADS | {"/api/v1/events", "/api/v1/events/batch"}
"""Addresses that open their transaction themselves: after the stream, or together with others."""


class StrictParser(Parser):
    """JSON without NaN, without endless depth, and quick."""

    def parse_body(self, request: HttpRequest) -> Any:  # noqa: ANN401
        """The body; what is not JSON is told so."""
        try:
            return from_json(request.body, allow_inf_nan=False)
        except ValueError as error:
            raise HttpError(400, "not JSON") from error


class Renderer(JSONRenderer):
    """JSON as pydantic writes it, quick and the same everywhere."""

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ANN401, ARG002
        """The body."""
        return to_json(data)


class DeskAPI(NinjaAPI):
    """The interface with its problems, its parser and its description."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        super().__init__(parser=StrictParser(), renderer=Renderer(), openapi_url=None, docs_url=None, **options)
        self.add_exception_handler(Exception, _answer_of)

    def set_default_exception_handlers(self) -> None:
        """None of those of the framework: every error is a problem document."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:  # noqa: ANN401
        """The description, with what the framework leaves out."""
        scopes = {
            str(operation.operation_id): [scope.value for item in operation.auth_callbacks for scope in getattr(item, "scopes", ())]
            for router in self._get_bound_routers()
            for view in router.path_operations.values()
            for operation in view.operations
        }
        return completed(super().get_openapi_schema(**options), scopes)


def _answer_of(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    if isinstance(error, SameKeyError):
        return HttpResponse(
            error.answer.body,
            status=error.answer.status,
            content_type="application/json; charset=utf-8",
            headers={"Idempotency-Replayed": "true"},
        )
    if isinstance(error, OperationalError):  # a database that is busy is told so; the transaction is undone by the door
        raise error
    return problem_of(request, error if isinstance(error, Exception) else error())


def guarded(view: View, names: Mapping[str, frozenset[str]] | None = None) -> View:
    """A view of the interface behind the door.

    Args:
        view: the view.
        names: method -> names its query may have; None where it looks for itself.
    """

    @functools.wraps(view, assigned=())
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        mark = present_token.set(None)
        if names is not None and request.method is not None and request.method in names:
            know_query(request, names[request.method])
        try:
            response = _in_transaction(view, request, *args, **kwargs)
        except OperationalError:
            return problem(503, current_language().text("The database is busy. Ask again."), "busy", headers={"Retry-After": "1"})
        except Exception as error:  # noqa: BLE001  every error is an answer here; an unexpected one is in the log
            return problem_of(request, error)
        finally:
            present_token.reset(mark)
        return _finished(request, response)

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie is looked at
    answer.interface = view  # type: ignore[attr-defined]
    return transaction.non_atomic_requests(answer)  # the errors of the framework are answers: undoing is done here


def _in_transaction(view: View, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
    if request.method not in _WRITES:
        return view(request, *args, **kwargs)
    # read before the transaction begins, so that a slow sender holds no lock
    if request.path not in UPLOADS and request.body and request.content_type != "application/json":
        raise NotJsonError(message("The body is taken as application/json alone."))
    if request.path in OWN_TRANSACTION:
        return view(request, *args, **kwargs)
    with transaction.atomic():
        hold_key(request)
        response = view(request, *args, **kwargs)
        if response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            keep(request, response)
    return response


def _finished(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code >= 400 and response.headers.get("Content-Type") != CONTENT_TYPE:
        allowed = {"Allow": response.headers["Allow"]} if response.headers.get("Allow") else None
        response = problem(response.status_code, current_language().text("This address knows other methods."), "method", headers=allowed)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers["Vary"] = "Authorization, Accept-Language, Accept-Encoding"
    if isinstance(response, HttpResponse):
        response = GZipMiddleware(_nothing).process_response(request, response)
        response = ConditionalGetMiddleware(_nothing).process_response(request, response)
    return response


def _nothing(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse()
