"""Addresses of the room: the interface, its description, the page of tokens."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, cast

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import include, path, re_path

from kogorta.desk.api import views
from kogorta.desk.api.door import guarded
from kogorta.desk.api.interface import api
from kogorta.desk.api.openapi import query_names

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kogorta.desk.api.door import View


@cache
def _described() -> bytes:
    return JsonResponse(api.get_openapi_schema(path_prefix="/api/v1/"), json_dumps_params={"ensure_ascii": False}).content


def describe(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document; it has no data, so no token is asked for."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    return HttpResponse(_described(), content_type="application/json; charset=utf-8")


def unknown(request: HttpRequest) -> HttpResponse:
    """Any other address of the interface."""
    raise Http404(request.path)


_operations, _, _ = api.urls
_names = query_names(api.get_openapi_schema(path_prefix=""))
for _pattern in _operations:
    _path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(_pattern.pattern))
    _pattern.callback = guarded(cast("View", _pattern.callback), _names.get(_path))

urlpatterns = [
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", views.revoke, name="revoke_token"),
    path("api/v1/openapi.json", guarded(describe), name="openapi"),
    path("api/v1/", include((_operations, "interface"))),
    re_path("^api/", guarded(unknown), name="no_interface"),
]
