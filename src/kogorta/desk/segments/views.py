"""Pages of the room: saved segments, the page of a rule, freezing, export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.searching import named
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.errors import NotFoundError
from kogorta.desk.language import current_language
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action, may
from kogorta.desk.segments import actions
from kogorta.desk.segments.editing import Edited, answer, edited_form, edited_tree, shown_groups, what_options
from kogorta.desk.segments.export import csv_rows
from kogorta.desk.segments.models import FrozenList, Segment
from kogorta.desk.segments.queries import (
    all_segments,
    asks_for_moves,
    check_may_ask,
    find_list,
    find_segment,
    members_of_list,
    members_of_rule,
    saved_book,
    segment_counts,
    subject_of,
    used_in,
)
from kogorta.desk.segments.told_moves import explained
from kogorta.kit.errors import KogortaError
from kogorta.segments.rules.answers import read_rule
from kogorta.segments.rules.document import from_document
from kogorta.segments.rules.formula import parse_formula

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.segments.queries import MemberQuery
    from kogorta.segments.rules.tree import Node

FIRST_RULE = "recency_days > 30 and monetary > 100000"
"""What a new segment begins with: there is something to change at once."""
FORMULAS = """lifecycle = 'sleeping' and revenue(365d) > 100000
not bought('toys', 90d) or abc in ('A', 'B')
orders(180d, category = 'Toys') >= 3"""


@require_GET
@allowed(Action.SEE_FIGURES)
def segments(request: HttpRequest) -> HttpResponse:
    """Saved segments with their counts, and frozen lists."""
    snapshot = newest_snapshot()
    rows = all_segments()
    counts = segment_counts(snapshot, rows) if snapshot else {}
    shown = [(row, counts.get(row.pk)) for row in rows]
    lists = FrozenList.objects.select_related("made_by")[:50]
    context = {"snapshot": snapshot, "base": base_state(), "segments": shown, "lists": lists}
    return render(request, "segments/segments.html", context)


@require_GET
@allowed(Action.SEE_CUSTOMERS)
def new(request: HttpRequest) -> HttpResponse:
    """The page of a rule that is not saved yet; the address may bring a formula."""
    try:
        rule = read_rule(request.GET["formula"].replace("\x00", "")) if request.GET.get("formula") else parse_formula(FIRST_RULE)
    except KogortaError:
        rule = parse_formula(FIRST_RULE)
    return _page(request, edited_tree(rule), None, request.GET.get("name", "")[:200])


@require_GET
@allowed(Action.SEE_CUSTOMERS)
def segment(request: HttpRequest, segment_id: int) -> HttpResponse:
    """A saved segment."""
    row = find_segment(segment_id)
    return _page(request, edited_tree(from_document(row.tree)), row, row.name)


@require_POST
@allowed(Action.SEE_CUSTOMERS)
@transaction.non_atomic_requests
def rule(request: HttpRequest) -> HttpResponse:
    """The page of a rule after a control was changed or a button pressed; pressing "save" saves."""
    given = request.POST
    row = find_segment(int(given["segment"])) if given.get("segment", "").isascii() and given.get("segment", "").isdigit() else None
    lists = {name: given.getlist(name) for name in given if name.endswith("-values")}
    edited = edited_form({name: given[name] for name in given}, lists, current_language())
    name = given.get("name", "")[:200]
    if given.get("do") == "save" and edited.rule is not None:
        version = given.get("version", "")
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None
        try:
            with transaction.atomic():
                saved = actions.save_segment(person(request), name, edited.rule, row.pk if row else None, number)
        except KogortaError as error:
            if getattr(error, "status", 422) == 403:
                raise
            return _page(request, edited, row, name, error.told(current_language()), status=getattr(error, "status", 422))
        messages.success(request, current_language().text("The segment {name} is saved.", name=saved.name))
        address = reverse("segment", args=[saved.pk])
        return HttpResponse(headers={"HX-Redirect": address}) if request.headers.get("HX-Request") else redirect(address)
    return _page(request, edited, row, name)


@require_POST
@allowed(Action.EDIT_SEGMENTS)
def delete(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Forget a segment."""
    actions.delete_segment(person(request), segment_id)
    messages.success(request, current_language().text("The segment is deleted."))
    return redirect("segments")


@require_POST
@allowed(Action.EDIT_SEGMENTS)
def freeze(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Keep the people of a segment as they are now."""
    made = actions.freeze_segment(person(request), segment_id, analysed())
    tell_kept(request, made)
    return redirect("segment", segment_id)


def tell_kept(request: HttpRequest, made: FrozenList) -> None:
    """Say how many were kept as a list."""
    text = current_language().plural("{count} customer is kept as a list.", "{count} customers are kept as a list.", made.customers)
    messages.success(request, text)


@require_POST
@allowed(Action.EXPORT_CUSTOMERS)
def export(request: HttpRequest, segment_id: int) -> StreamingHttpResponse:
    """The people of a segment as CSV."""
    row = find_segment(segment_id)
    book = saved_book()
    found = from_document(row.tree)
    check_may_ask(request.user, found, book)
    snapshot = analysed()
    return csv_answer(request, snapshot, members_of_rule(found, snapshot, book), row)


@require_POST
@allowed(Action.EXPORT_CUSTOMERS)
def export_list(request: HttpRequest, list_id: int) -> StreamingHttpResponse:
    """The people of a frozen list as CSV."""
    row = find_list(list_id)
    return csv_answer(request, analysed(), members_of_list(row), row)


def csv_answer(request: HttpRequest, snapshot: Snapshot, members: MemberQuery, source: Segment | FrozenList) -> StreamingHttpResponse:
    """A list of customers as a file; the journal says that it left the desk."""
    count, rows = csv_rows(snapshot, members, current_language())
    actions.note_export(person(request), source, count)
    name = subject_of(source).replace(":", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}-{snapshot.as_of:%Y-%m-%d}.csv"'}
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)


def analysed() -> Snapshot:
    """The newest snapshot.

    Raises:
        NotFoundError: the base has not been analysed yet.
    """
    found = newest_snapshot()
    if found is None:
        raise NotFoundError("The base has not been analysed yet. Load a file, and wait for the analysis.")
    return found


def _page(request: HttpRequest, edited: Edited, row: Segment | None, name: str, error: str = "", status: int = 200) -> HttpResponse:
    """The page of a rule, or its fragment for htmx."""
    snapshot, language = newest_snapshot(), current_language()
    if snapshot is None:
        return render(request, "segments/rule.html", {"base": base_state(), "segment": row})
    book = saved_book()
    saved = from_document(row.tree) if row else None
    found = None
    trouble = error or edited.error
    if edited.rule is not None:
        try:
            found = answer(edited.rule, snapshot, book, language, request.user, saved)
        except KogortaError as refusal:
            if getattr(refusal, "status", 422) == 403 and request.method == "GET":
                raise
            trouble = trouble or refusal.told(language)
    others = [other for other in book.rules if row is None or other != row.name]
    context = {
        "snapshot": snapshot,
        "edited": edited,
        "segment": row,
        "name": name,
        "found": found,
        "is_watched": edited.rule is not None and found is not None and asks_for_moves(edited.rule, book),
        "error": trouble,
        "groups": shown_groups(edited.groups, language, others, "₽" if snapshot.currency == "RUB" else snapshot.currency),
        "whats": what_options(language, with_contacts=may(request.user, Action.SEE_CONTACTS), has_segments=bool(others)),
        "examples": FORMULAS,
        "is_saved": saved is not None and edited.rule == saved,
    }
    if request.headers.get("HX-Request"):
        return render(request, "segments/parts/rule.html", context, status=status)
    if row is not None:
        context |= {"versions": row.versions.select_related("saved_by")[:20], "lists": row.lists.all()[:20], "used_in": used_in(row.name)}
        context["is_kept_live"] = saved is not None and asks_for_moves(saved, book)
        customer = request.GET.get("customer", "").strip()[:1000]
        if customer and saved is not None and found is not None:
            context |= {"customer": customer} | _why(saved, snapshot, customer, with_contacts=may(request.user, Action.SEE_CONTACTS))
    return render(request, "segments/rule.html", context, status=status)


def _why(saved: Node, snapshot: Snapshot, asked: str, *, with_contacts: bool) -> dict[str, object]:
    """Why a customer is in or not. Whoever is not named by his id is looked for; several of one name are there to choose from."""
    found = named(snapshot, asked, with_contacts=with_contacts)
    if len(found) > 1:
        return {"namesakes": found}
    customer = found[0].customer_id if found else asked
    try:
        book = saved_book()
        told = explained(saved, snapshot, customer, book).told(current_language()).splitlines()
    except KogortaError as error:
        return {"told": [error.told(current_language())]}
    return {"told": told, "asked": found[0] if found else None}
