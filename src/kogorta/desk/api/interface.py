"""The interface put together: every room of it under `/api/v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.desk.api import customers, events, imports, jobs, moves, reports, segments, transitions
from kogorta.desk.api.door import DeskAPI

if TYPE_CHECKING:
    from ninja import Router

VERSION: Final = "1.0.0"
DESCRIPTION: Final = """Customers, segments, moves, imports, reports, events and jobs of a desk, for other programs.

Send `Authorization: Bearer <token>`; the owner of the desk makes tokens on the page Tokens. Money is in whole minor units, moments are
ISO 8601 with their zone, days are those of the company. Lists are pages: pass `next_cursor` back as `cursor` until it is null. Every error
is a problem document (RFC 9457)."""

ROUTERS: Final[tuple[tuple[str, Router], ...]] = (
    ("/customers", customers.router),
    ("/segments", segments.router),
    ("/transitions", transitions.router),
    ("/moves", moves.router),
    ("/imports", imports.router),
    ("/reports", reports.router),
    ("/events", events.router),
    ("/jobs", jobs.router),
)

api = DeskAPI(title="Kogorta", version=VERSION, description=DESCRIPTION, urls_namespace="interface")
for prefix, router in ROUTERS:
    api.add_router(prefix, router)
