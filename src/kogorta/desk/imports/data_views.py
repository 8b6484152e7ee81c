"""The page of data: where it came from, what is wrong with it, how full and how fresh it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from kogorta.desk.bases.snapshots import latest_snapshot
from kogorta.desk.company.queries import current_company
from kogorta.desk.imports.data import data_facts
from kogorta.desk.imports.findings import Found
from kogorta.desk.imports.queries import loaded_files
from kogorta.desk.imports.shown import ShownFile, shown_problem
from kogorta.desk.language import local, now
from kogorta.desk.people.authority import allowed
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
@allowed(Action.SEE_FIGURES)
def data(request: HttpRequest) -> HttpResponse:
    """Sources, problems, coverage, freshness; no personal data."""
    facts, company = data_facts(), current_company()
    snapshot = latest_snapshot(company.scheme) if company else None
    days = (local(now()).date() - facts.last_day).days if facts and facts.last_day else None
    shown = {
        "facts": facts,
        "days": days,
        "analysed": snapshot is not None and snapshot.is_current(),
        "snapshot": snapshot,
        "files": [ShownFile.of(row) for row in loaded_files()],
        "problems": [shown_problem(Found(code, fate, rows)) for code, fate, rows in facts.problems] if facts else [],
    }
    return render(request, "imports/data.html", shown)
