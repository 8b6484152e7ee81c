"""Pages of a person's rights: all that is kept of him as a file; erasure, after a page that says what goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from kogorta.desk.errors import DeskError
from kogorta.desk.jobs.views import shown as shown_job
from kogorta.desk.journal.actions import record
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action
from kogorta.desk.personal.actions import ask_for_erasure
from kogorta.desk.personal.queries import find_erasure, latest_erasures
from kogorta.desk.rights.export import as_book, as_json
from kogorta.desk.rights.queries import kept_of, keys_in_base, touched_by

if TYPE_CHECKING:
    from django.http import HttpRequest

_KINDS = {
    "json": (as_json, "application/json"),
    "xlsx": (as_book, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def _customer(given: str) -> str:
    return given[:1000].replace("\x00", "")


@require_POST
@allowed(Action.EXPORT_PERSON)
def export(request: HttpRequest) -> HttpResponse:
    """All that is kept of one person, as JSON or XLSX."""
    kind = request.POST.get("kind", "")
    if kind not in _KINDS:
        raise DeskError("A person's data are given as JSON or as XLSX.")
    tables = kept_of(_customer(request.POST.get("customer", "")))
    written, content_type = _KINDS[kind]
    record(person(request), "person.exported", details={"kind": kind, "rows": sum(len(table.rows) for table in tables)})
    return HttpResponse(
        written(tables),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="person.{kind}"', "Cache-Control": "no-store"},
    )


@never_cache
@require_GET
@allowed(Action.ERASE_PERSON)
def confirm(request: HttpRequest) -> HttpResponse:
    """What goes and what stays, before anything is done."""
    customer_id = _customer(request.GET.get("customer", ""))
    return render(request, "rights/confirm.html", {"customer_id": customer_id, "touched": touched_by(customer_id)})


@require_POST
@allowed(Action.ERASE_PERSON)
def erase(request: HttpRequest) -> HttpResponse:
    """Ask for the erasure; it is begun only when it was said to be understood."""
    customer_id = _customer(request.POST.get("customer", ""))
    if request.POST.get("understood") != "yes":
        raise DeskError("Nothing was erased: tick that the data cannot be brought back.")
    row = ask_for_erasure(person(request), customer_id, keys_in_base(customer_id))
    return redirect("erasure", row.pk)


@require_GET
@allowed(Action.ERASE_PERSON)
def erasure(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """How far an erasure is."""
    row = find_erasure(erasure_id)
    return render(request, "rights/erasure.html", {"erasure": row, "job": shown_job(row.job) if row.job else None})


@require_GET
@allowed(Action.ERASE_PERSON)
def erasures(request: HttpRequest) -> HttpResponse:
    """Erasures, newest first; nobody is named."""
    return render(request, "rights/erasures.html", {"erasures": latest_erasures()})
