"""Pages of duplicates: what was found and what joining would do, one pair side by side, decisions, undoing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.customers.words import segment_word
from kogorta.desk.duplicates import actions
from kogorta.desk.duplicates.found import read_found
from kogorta.desk.duplicates.models import Verdict
from kogorta.desk.duplicates.pairs import pair_effect
from kogorta.desk.duplicates.queries import decision_of, latest_decisions, latest_search, undecided
from kogorta.desk.errors import NotFoundError
from kogorta.desk.jobs.views import shown as shown_job
from kogorta.desk.language import current_language
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action, may
from kogorta.kit.language import message

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_SHOWN = 50
VERDICTS = {
    Verdict.SAME: message("are one customer"),
    Verdict.DIFFERENT: message("are different customers"),
    Verdict.FORGET: message("nothing is decided"),
    Verdict.APART: message("set apart"),
}


def _id(given: str) -> str:
    return given.strip()[:300].replace("\x00", "")


@require_GET
@allowed(Action.MERGE_CUSTOMERS)
def duplicates(request: HttpRequest) -> HttpResponse:
    """What was found, what joining it would do, what was decided."""
    found, search, language, state = read_found(), latest_search(), current_language(), base_state()
    review = undecided(found.review) if found else []
    snapshot = newest_snapshot()
    effect = found.effect if found else None
    context = {
        "base": state,
        "found": found,
        "is_current": found is not None and found.version == state.version,
        "search": shown_job(search) if search is not None and search.state != "done" else None,
        "joints": [(pair, pair.why[language.code]) for pair in found.joints[:_SHOWN]] if found else [],
        "review": [(pair, pair.why[language.code]) for pair in review[:_SHOWN]],
        "review_in_all": len(review),
        "effect": effect,
        "shifts": [
            (segment_word(language, effect["scheme"], item["segment"]), item)
            for item in effect["segments"]
            if item["customers_before"] != item["customers_after"] or item["money_before"] != item["money_after"]
        ]
        if effect
        else [],
        "decisions": [
            (row, VERDICTS[Verdict(row.verdict)], shown_job(row.job) if row.job and row.job.state != "done" else None)
            for row in latest_decisions()
        ],
        "currency": snapshot.currency if snapshot else state.currency or "RUB",
    }
    return render(request, "duplicates/duplicates.html", context)


@require_GET
@allowed(Action.MERGE_CUSTOMERS)
def pair(request: HttpRequest) -> HttpResponse:
    """Two customers side by side, and what they would be as one."""
    snapshot = newest_snapshot()
    left, right = _id(request.GET.get("left", "")), _id(request.GET.get("right", ""))
    shown = (
        pair_effect(snapshot, left, right, current_language(), with_contacts=may(request.user, Action.SEE_CONTACTS))
        if snapshot and left != right
        else None
    )
    if shown is None or snapshot is None:
        raise NotFoundError("There are no such two customers. Copy the id from the card of the other one.")
    decision = decision_of(left, right)
    context = {
        "pair": shown,
        "snapshot": snapshot,
        "decision": decision,
        "verdict": VERDICTS[Verdict(decision.verdict)] if decision else "",
        "sides": (shown.left, shown.right),
    }
    return render(request, "duplicates/pair.html", context)


@require_POST
@allowed(Action.MERGE_CUSTOMERS)
def look(request: HttpRequest) -> HttpResponse:
    """Ask for a search."""
    actions.look_for_duplicates(person(request))
    return redirect("duplicates")


@require_POST
@allowed(Action.MERGE_CUSTOMERS)
def merge(request: HttpRequest) -> HttpResponse:
    """Join everything that was found likely enough."""
    actions.merge_found(person(request), request.POST.get("version", ""))
    return redirect("duplicates")


@require_POST
@allowed(Action.MERGE_CUSTOMERS)
def decide(request: HttpRequest) -> HttpResponse:
    """Decide about a pair."""
    left, right, verdict = (_id(request.POST.get(name, "")) for name in ("left", "right", "verdict"))
    actions.decide(person(request), left, right, verdict)
    messages.success(request, current_language().text("Decided. The base and its figures follow in a moment."))
    if request.POST.get("back") == "pair":
        return redirect(reverse("duplicate_pair") + "?" + urlencode({"left": left, "right": right}))
    return redirect("duplicates")


@require_POST
@allowed(Action.MERGE_CUSTOMERS)
def set_apart(request: HttpRequest) -> HttpResponse:
    """Undo a merge."""
    actions.set_apart(person(request), _id(request.POST.get("record", "")))
    messages.success(request, current_language().text("The record is set apart. The base and its figures follow in a moment."))
    return redirect("customer", _id(request.POST.get("customer", "")) or "-")
