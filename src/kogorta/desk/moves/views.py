"""The page of the room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from kogorta.desk.bases.kept_moves import read_moves
from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.errors import DeskError
from kogorta.desk.jobs.models import Job, State
from kogorta.desk.jobs.words import error_told
from kogorta.desk.language import current_language
from kogorta.desk.moves.handlers import ask_for_moves
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action, may
from kogorta.reports.moves_told import Told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.segments.moves import Flow, Migration, Mover

NAMES_SHOWN = 50
FLOWS_SHOWN = 20


@dataclass(frozen=True)
class ShownFlow:
    """A move in words; `width` is its part of the largest by money, 0-100."""

    flow: Flow
    source: str
    target: str
    width: float
    is_loss: bool


@dataclass(frozen=True)
class ShownMover:
    """A customer who left, and where to."""

    row: Mover
    target: str


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Action.SEE_FIGURES)
def changes(request: HttpRequest) -> HttpResponse:
    """What changed between two days; days not compared yet are counted by a job."""
    snapshot = newest_snapshot()
    if snapshot is None:
        return render(request, "moves/changes.html", {"base": base_state()})
    given = request.POST if request.method == "POST" else request.GET
    default = snapshot.figures().compared_from or snapshot.as_of - timedelta(days=30)
    from_on, to_on = _day(given.get("from"), default), _day(given.get("to"), snapshot.as_of)
    if from_on >= to_on or to_on > snapshot.as_of:
        raise DeskError(
            "The first day must be before the second, and the second not after {day}.", day=current_language().day(snapshot.as_of)
        )
    moves = read_moves(snapshot.folder, from_on, to_on)
    if request.method == "POST":
        if moves is None:
            ask_for_moves(person(request), snapshot, from_on, to_on)
        return redirect(reverse("changes") + "?" + urlencode({"from": from_on.isoformat(), "to": to_on.isoformat()}))
    context = {"snapshot": snapshot, "from_on": from_on, "to_on": to_on, "moves": moves}
    if moves is None:
        job = Job.objects.filter(kind="moves.count", arguments__from_on=from_on.isoformat(), arguments__to_on=to_on.isoformat()).first()
        waits = job is not None and job.state in {State.WAITING, State.RUNNING}
        failed = error_told(job) if job is not None and job.state == State.FAILED else ""
        return render(request, "moves/changes.html", {**context, "waits": waits, "failed": failed})
    return render(request, "moves/changes.html", context | _shown(moves, snapshot, with_names=may(request.user, Action.SEE_CUSTOMERS)))


def _shown(moves: Migration, snapshot: Snapshot, *, with_names: bool) -> dict[str, object]:
    told = Told(current_language(), snapshot.currency, moves.scheme)
    moved = [flow for flow in moves.flows if flow.source != flow.target]
    moved.sort(key=lambda flow: (-max(flow.year_before, flow.year_after), -flow.customers, flow.source, flow.target))
    most = max((max(flow.year_before, flow.year_after) for flow in moved), default=0)
    headline, body = told.leavers(moves)
    return {
        "headline": headline,
        "body": body,
        "best": told.name(moves.best),
        "flows": [
            ShownFlow(
                flow,
                told.name(flow.source),
                told.name(flow.target),
                round(100 * max(flow.year_before, flow.year_after) / most, 2) if most > 0 else 0.0,
                flow.year_after < flow.year_before,
            )
            for flow in moved[:FLOWS_SHOWN]
        ],
        "top": told.top_moves(moves)[:5],
        "stayed": sum(flow.customers for flow in moves.flows if flow.source == flow.target),
        "moved": sum(flow.customers for flow in moved),
        "leavers": [ShownMover(item, told.name(item.target)) for item in moves.leavers[:NAMES_SHOWN]] if with_names else [],
        "leavers_in_all": len(moves.leavers),
        "definition": told.rule_definition(moves.learnt_on),
        "money_definition": told.money_definition(moves),
    }


def _day(text: str | None, default: date) -> date:
    try:
        return date.fromisoformat(text) if text else default
    except ValueError as error:
        raise DeskError("“{text}” is no day; choose one in the calendar.", text=(text or "")[:40]) from error
