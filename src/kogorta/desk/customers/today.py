"""The first page of the morning: what to do, by money at stake, each with a way to its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.customers.words import segment_word
from kogorta.desk.language import current_language
from kogorta.desk.people.authority import allowed
from kogorta.desk.people.permissions import Action, may
from kogorta.reports.names import MOTIVES
from kogorta.reports.reasons import reasons

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.kit.language import Language
    from kogorta.waves.plan import Candidate

WAVE_SHOWN = 10
OTHERS_SHOWN = 2


@dataclass(frozen=True)
class ShownCandidate:
    """A segment considered, in words."""

    row: Candidate
    name: str
    motive: str


@require_GET
@allowed(Action.SEE_FIGURES)
def today(request: HttpRequest) -> HttpResponse:
    """What to do today; what to begin with while the base is empty."""
    snapshot = newest_snapshot()
    if snapshot is None:
        return render(request, "web/today.html", {"base": base_state()})
    figures, language = snapshot.figures(), current_language()
    first = next((item for item in figures.candidates if item.segment == figures.priority), None)
    others = sorted((item for item in figures.candidates if item is not first and item.at_stake > 0), key=lambda item: -item.at_stake)
    treated = [item for item in figures.wave if item.arm == "treated"]
    cautions = [(text, "") for text in figures.contradictions.get(language.code, ())]
    cautions += [(item.headline(language), item.body(language)) for item in figures.findings if item.tone == "caveat"][:4]
    sees_names = may(request.user, Action.SEE_CUSTOMERS)
    context = {
        "snapshot": snapshot,
        "figures": figures,
        "priority": _told("priority", snapshot, language),
        "stake": first.at_stake if first else None,
        "others": [_candidate(item, snapshot.scheme) for item in others[:OTHERS_SHOWN]],
        "leavers": _told("best_leavers", snapshot, language),
        "wave": [(item, reasons(language, item.why)) for item in treated[:WAVE_SHOWN]] if sees_names else [],
        "treated": len(treated),
        "control": len(figures.wave) - len(treated),
        "wave_in_all": len(figures.wave),
        "cautions": cautions,
    }
    return render(request, "web/today.html", context)


@dataclass(frozen=True)
class Told:
    """A finding in the reader's words."""

    headline: str
    body: str


def _told(code: str, snapshot: Snapshot, language: Language) -> Told | None:
    found = snapshot.figures().finding(code)
    return Told(found.headline(language), found.body(language)) if found else None


def _candidate(item: Candidate, scheme: str) -> ShownCandidate:
    language = current_language()
    motive = language.text(MOTIVES[item.motive]) if item.motive in MOTIVES else item.motive
    return ShownCandidate(item, segment_word(language, scheme, item.segment), motive[:1].upper() + motive[1:])
