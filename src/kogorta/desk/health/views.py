"""`/healthz` and `/metrics`."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kogorta import __version__
from kogorta.desk.health.metrics import metrics
from kogorta.desk.jobs.queries import oldest_silent
from kogorta.desk.people.lockout import address_of
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from django.http import HttpRequest


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 when the database answers; `worker` says whether jobs that were begun are being done."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        worker = "silent" if oldest_silent() else "ok"
    except DatabaseError:
        return JsonResponse({"status": "failing", "database": "unreachable", "version": __version__}, status=503)
    return JsonResponse({"status": "ok", "database": "ok", "worker": worker, "version": __version__})


@never_cache
@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Metrics for who has the token; without a token set, for the loopback address alone."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if DESK.metrics_token:
        known = hmac.compare_digest(given.encode(), DESK.metrics_token.encode())
    else:
        known = address_of(request) in {"127.0.0.1", "::1"} and "X-Forwarded-For" not in request.headers
    if not known:
        return HttpResponse("401: set KOGORTA_DESK_METRICS_TOKEN and send it as a bearer token\n", status=401, content_type="text/plain")
    return HttpResponse(metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")
