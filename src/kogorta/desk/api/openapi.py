"""What the framework leaves out of the description: problems, headers, limits, scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninja.openapi.schema import OpenAPISchema

_PROBLEM: Final[Mapping[str, Any]] = {
    "title": "Problem",
    "description": "An error as RFC 9457 tells it; title and detail are in the language of Accept-Language.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:kogorta:problem:not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "For programs; it does not depend on the language."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "detail"],
                "properties": {
                    "in": {"type": "string", "enum": ["body", "query", "path", "header"]},
                    "pointer": {"type": "string", "description": "JSON Pointer to the value."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_ALWAYS: Final[Mapping[int, str]] = {
    401: "No token that works",
    403: "The token has no such scope, or the role of its maker does not allow it",
    422: "A value is not allowed",
    429: "Too many requests; Retry-After says how many seconds to wait",
}
_OF_WRITES: Final[Mapping[int, str]] = {
    400: "The body is not JSON",
    409: "Does not fit what is there, or the key was used for another request",
    413: "The body is too large",
    415: "The body is not application/json",
    503: "The database is busy",
}
_KEY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "Any unique word. The same request with the same key within 24 hours is answered as before and writes nothing.",
}
_LANGUAGE: Final[Mapping[str, Any]] = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Language of the sentences in answers and problems: ru or en.",
}
NO_KEY: Final = "x-no-key"
"""Extra of an operation that needs no key: it is known by what is sent."""
NOT_FOUND: Final[Mapping[str, Any]] = {"responses": {404: {"description": "There is no such thing"}}}
"""Extra of an operation about one thing."""


def completed(schema: OpenAPISchema, scopes: Mapping[str, Sequence[str]]) -> OpenAPISchema:
    """The description with what every operation may answer besides.

    Args:
        schema: as the framework makes it.
        scopes: id of an operation -> scopes it asks for.
    """
    schema["components"]["schemas"]["Problem"] = dict(_PROBLEM)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            responses = operation["responses"]
            wanted = {**_ALWAYS, **(_OF_WRITES if method != "get" else {})}
            for status, text in wanted.items():
                responses.setdefault(status, {"description": text})
            for status, told in responses.items():
                if int(status) >= 400:
                    told["content"] = content
            responses[429]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
            parameters = operation.setdefault("parameters", [])
            parameters.append(dict(_LANGUAGE))
            if method != "get" and not operation.pop(NO_KEY, False):
                parameters.append(dict(_KEY))
            operation["responses"] = {str(status): told for status, told in sorted(responses.items(), key=lambda item: int(item[0]))}
            operation["security"] = [{"Bearer": list(scopes[operation["operationId"]])}]
    return schema


def query_names(schema: Mapping[str, Any]) -> dict[str, dict[str, frozenset[str]]]:
    """Path -> method -> names a query may have."""
    return {
        path: {
            method.upper(): frozenset(item["name"] for item in operation["parameters"] if item["in"] == "query")
            for method, operation in methods.items()
        }
        for path, methods in schema["paths"].items()
    }
