"""The page of the journal: who did what. For the owner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from kogorta.desk.journal.queries import latest_entries
from kogorta.desk.journal.words import DEEDS
from kogorta.desk.people.authority import allowed
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.journal.models import Entry

PAGE_SIZE = 50


@dataclass(frozen=True)
class ShownEntry:
    """An entry with its words.

    Args:
        row: the entry.
        deed: what was done, English.
        details: what changed, as JSON.
    """

    row: Entry
    deed: str
    details: str


@require_GET
@allowed(Action.SEE_JOURNAL)
def journal(request: HttpRequest) -> HttpResponse:
    """Entries, newest first."""
    before = request.GET.get("before", "")
    found = latest_entries(int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None, PAGE_SIZE + 1)
    page = found[:PAGE_SIZE]
    entries = [
        ShownEntry(row, DEEDS.get(row.action, row.action), json.dumps(row.details, ensure_ascii=False) if row.details else "")
        for row in page
    ]
    after = f"?before={page[-1].pk}" if len(found) > PAGE_SIZE else ""
    return render(request, "people/journal.html", {"entries": entries, "after": after, "before": "?" if before else ""})
