"""Pages of the room: the customers, and the card of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.customers.card import customer_card
from kogorta.desk.customers.ordering import SORTS
from kogorta.desk.customers.overview import revenue_grid, segment_cards
from kogorta.desk.customers.people_list import CHOICES, Members, Only, Wanted, people_page
from kogorta.desk.customers.shown import shown_card, shown_people, titles
from kogorta.desk.errors import NotFoundError
from kogorta.desk.language import current_language, local, now
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action, may
from kogorta.desk.personal.forms import ConsentForm
from kogorta.desk.personal.queries import channels_now, consents_of
from kogorta.desk.personal.words import CHANNELS, STATES
from kogorta.desk.segments.queries import (
    all_segments,
    check_may_ask,
    find_list,
    find_segment,
    members_of_list,
    numbers_of_rule,
    saved_book,
)
from kogorta.desk.segments.told_moves import explained
from kogorta.segments.rules.document import from_document

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.bases.snapshots import Snapshot


@require_GET
@allowed(Action.SEE_CUSTOMERS)
def customers(request: HttpRequest) -> HttpResponse:
    """Who the customers are: segments, the grid, the list."""
    snapshot = newest_snapshot()
    if snapshot is None:
        return render(request, "customers/customers.html", {"base": base_state()})
    language = current_language()
    cards = segment_cards(snapshot, language)
    wanted = Wanted.read(request.GET, tuple(card.slug for card in cards), ("in", "list"))
    with_contacts = may(person(request), Action.SEE_CONTACTS)
    members, members_name = _members(request, wanted, snapshot)
    page = people_page(snapshot, wanted, request.GET, with_contacts=with_contacts, members=members)
    carrier = snapshot.figures().finding("revenue_carrier")
    return render(
        request,
        "customers/customers.html",
        {
            "snapshot": snapshot,
            "figures": snapshot.figures(),
            "cards": cards,
            "grid": revenue_grid(snapshot, language),
            "compared_days": _days_compared(snapshot),
            "carrier": carrier.headline(language) if carrier else "",
            "wanted": wanted,
            "page": page,
            "people": shown_people(page.people, snapshot, language),
            "sorts": [(name, wanted.sorted_by(name) + "#people") for name in SORTS],
            "sorted_by": {name: wanted.sorted_by(name) + "#people" for name in SORTS},
            "choices": {name: titles(language, name, slugs) for name, slugs in CHOICES.items()},
            "narrowed_by": [name for name in (members_name,) if name] + _narrowed_by(wanted, snapshot),
            "formula": _formula(wanted, snapshot),
        },
    )


def _days_compared(snapshot: Snapshot) -> int:
    earlier = snapshot.figures().compared_from
    return (snapshot.as_of - earlier).days if earlier else 0


@require_GET
@allowed(Action.SEE_CUSTOMERS)
def card(request: HttpRequest, customer_id: str) -> HttpResponse:
    """Everything about one customer."""
    snapshot = newest_snapshot()
    found = customer_card(snapshot, customer_id, with_contacts=may(person(request), Action.SEE_CONTACTS)) if snapshot else None
    if snapshot is None or found is None:
        raise NotFoundError("There is no such customer.")
    context: dict[str, object] = {"snapshot": snapshot, "card": found, "shown": shown_card(found, snapshot, current_language())}
    context["segments"] = all_segments()
    history = consents_of((customer_id, *(merge.merged_id for merge in found.merges)))
    context["consents"] = [(item, CHANNELS[item.channel], STATES[item.last.state] if item.last else "") for item in channels_now(history)]
    context["consent_history"] = [(row, CHANNELS[row.channel], STATES[row.state]) for row in history if row.channel in CHANNELS]
    context["consent_form"] = ConsentForm(initial={"said_on": local(now()).date()})
    asked = _number(request.GET.get("segment", ""))
    if asked:
        row, book = find_segment(asked), saved_book()
        rule = from_document(row.tree)
        check_may_ask(request.user, rule, book)
        context["asked"] = row
        context["told"] = explained(rule, snapshot, customer_id, book).told(current_language()).splitlines()
    return render(request, "customers/card.html", context)


def _members(request: HttpRequest, wanted: Wanted, snapshot: Snapshot) -> tuple[Only | None, str]:
    """The people of a saved segment or a frozen list the address asks for, and its name."""
    saved, frozen = _number(wanted.extra.get("in", "")), _number(wanted.extra.get("list", ""))
    if saved:
        row, book = find_segment(saved), saved_book()
        rule = from_document(row.tree)
        check_may_ask(request.user, rule, book)
        return numbers_of_rule(rule, snapshot, book), row.name
    if frozen:
        kept = find_list(frozen)
        found = members_of_list(kept)
        return Members(found.sql, found.parameters), kept.name
    return None, ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _narrowed_by(wanted: Wanted, snapshot: Snapshot) -> list[str]:
    """What the list is narrowed to, in words."""
    language = current_language()
    words = []
    if wanted.segment:
        words += [title for slug, title in titles(language, snapshot.scheme, (wanted.segment,))]
    if wanted.r:
        words.append(f"R = {wanted.r}")
    if wanted.f:
        words.append(f"F = {wanted.f}")
    for name in CHOICES:
        if getattr(wanted, name):
            words += [title for slug, title in titles(language, name, (getattr(wanted, name),))]
    if wanted.search:
        words.append(language.text("“{text}”", text=wanted.search))
    return words


def _formula(wanted: Wanted, snapshot: Snapshot) -> str:
    """The same condition in the rule language, to build a segment from; empty where there is none."""
    parts = []
    if wanted.segment:
        parts.append(f"segment_{snapshot.scheme} = '{wanted.segment}'")
    parts += [f"{name} = {getattr(wanted, name)}" for name in ("r", "f") if getattr(wanted, name)]
    parts += [f"{name} = '{getattr(wanted, name)}'" for name in CHOICES if getattr(wanted, name)]
    return " and ".join(parts)
