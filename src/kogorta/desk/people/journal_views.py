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
        details: what changed, in a line.
    """

    row: Entry
    deed: str
    details: str


def _plain(value: object) -> str:
    """A value of the details without brackets and quotes where it has none of its own."""
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@require_GET
@allowed(Action.SEE_JOURNAL)
def journal(request: HttpRequest) -> HttpResponse:
    """Entries, newest first."""
    before = request.GET.get("before", "")
    found = latest_entries(int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None, PAGE_SIZE + 1)
    page = found[:PAGE_SIZE]
    entries = [
        ShownEntry(row, DEEDS.get(row.action, row.action), " · ".join(f"{name}: {_plain(value)}" for name, value in row.details.items()))
        for row in page
    ]
    after = f"?before={page[-1].pk}" if len(found) > PAGE_SIZE else ""
    return render(request, "people/journal.html", {"entries": entries, "after": after, "before": "?" if before else ""})
