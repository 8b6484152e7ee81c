"""Pages of the room: segments as they are now, the feed of moves, the history of a segment and of a customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.errors import DeskError, NotFoundError
from kogorta.desk.language import current_language, current_zone, now
from kogorta.desk.membership import queries
from kogorta.desk.membership.actions import set_how_often
from kogorta.desk.membership.charts import history
from kogorta.desk.membership.models import Difference, Refit, Watch
from kogorta.desk.membership.ready import add_status, ready_statuses
from kogorta.desk.membership.refits import TITLES, HowOften
from kogorta.desk.membership.shown import called, is_customer, shown_moves, shown_refits, trouble_told
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action
from kogorta.desk.segments.actions import freeze_members
from kogorta.desk.segments.models import Segment
from kogorta.desk.segments.queries import check_may_ask, find_segment, open_segments, saved_book
from kogorta.desk.segments.views import analysed, csv_answer, tell_kept
from kogorta.kit.clock import EPOCH
from kogorta.segments.rules.document import from_document

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

    from kogorta.desk.segments.queries import MemberQuery

FEED: Final = 30
PAGE: Final = 100
DRAWN_DAYS: Final = 60


@require_GET
@allowed(Action.SEE_FIGURES)
def live(request: HttpRequest) -> HttpResponse:
    """Segments now, with how fresh they are, ready statuses and what the recount found."""
    snapshot = newest_snapshot()
    if snapshot is None:
        return render(request, "membership/live.html", {"base": base_state()})
    kept = queries.standings(now().astimezone(current_zone()).date())
    kept_every = Watch.objects.values_list("refit_every", flat=True).first() or HowOften.MONTH.value
    names = set(Segment.objects.values_list("name", flat=True))
    context = {
        "snapshot": snapshot,
        "fresh": queries.freshness(),
        "trouble": trouble_told(Watch.objects.first()),
        "segments": kept,
        "statuses": [status for status in ready_statuses(snapshot) if status.name not in names],
        "differences": Difference.objects.all()[:10],
        "refits": shown_refits(Refit.objects.all()[:12], snapshot.currency),
        "schedule": [(one.value, current_language().text(title), one.value == kept_every) for one, title in TITLES.items()],
    }
    return render(request, "membership/live.html", context | _feed(request))


@require_GET
@allowed(Action.SEE_CUSTOMERS)
def feed(request: HttpRequest) -> HttpResponse:
    """Moves, newest first; the part that looks again by itself."""
    template = "membership/parts/feed.html" if request.headers.get("HX-Request") else "membership/feed.html"
    return render(request, template, _feed(request))


def _feed(request: HttpRequest) -> dict[str, object]:
    before = request.GET.get("before", "")
    earlier = int(before) if before.isdecimal() and len(before) < 19 else None
    rows = queries.newest_transitions(FEED + 1, before=earlier, among=_among(request))
    more = f"{reverse('live_feed')}?before={rows[FEED - 1].sequence}" if len(rows) > FEED else ""
    return {"moves": shown_moves(rows[:FEED], newest_snapshot()), "older": more, "is_newest": not before}


@require_POST
@allowed(Action.EDIT_SEGMENTS)
def add_ready(request: HttpRequest, code: str) -> HttpResponse:
    """Save a ready status as a segment."""
    snapshot = newest_snapshot()
    if snapshot is None:
        raise NotFoundError("There is no such status.")
    row = add_status(person(request), code, snapshot)
    messages.success(request, current_language().text("Saved: {name}. Its members appear within a minute.", name=row.name))
    return redirect("live")


@require_POST
@allowed(Action.EDIT_SEGMENTS)
def schedule_refits(request: HttpRequest) -> HttpResponse:
    """Choose how often frozen borders are learnt anew."""
    asked = request.POST.get("every", "")
    if asked not in list(HowOften):
        raise DeskError("There is no such choice; choose one of the list.")
    set_how_often(person(request), HowOften(asked))
    messages.success(request, current_language().text("Saved."))
    return redirect("live")


@require_GET
@allowed(Action.SEE_CUSTOMERS)
def segment_history(request: HttpRequest, segment_id: int) -> HttpResponse:
    """The history of a segment: its chart, where people came from and went, its members now or at a past moment."""
    row = queries.find_watched(segment_id)
    if row is None:
        return _waiting(request, find_segment(segment_id))
    check_may_ask(person(request), from_document(row.tree), saved_book())
    today = now().astimezone(current_zone()).date()
    since = today - timedelta(days=DRAWN_DAYS - 1)
    after = request.GET.get("after", "")
    members = queries.members_page(segment_id, int(after) if after.isdecimal() and len(after) < 19 else -1, PAGE + 1)
    names = queries.names_of(member.number for member in members)
    snapshot = newest_snapshot()
    people = called(snapshot, names.values())
    ids = [(names.get(member.number, ""), queries.moment_of(member.since)) for member in members[:PAGE]]
    count = queries.count_of(segment_id)
    begin = (datetime(since.year, since.month, since.day, tzinfo=current_zone()) - EPOCH) // timedelta(microseconds=1)
    asked, then = _moment(request), None
    if asked is not None:
        then = queries.members_at(segment_id, asked)
    context = {
        "row": row,
        "count": count,
        "fresh": queries.freshness(),
        "chart": history(queries.days_of(segment_id, since), count, since, today),
        "came": queries.flows_of(segment_id, entered=True, since=begin),
        "went": queries.flows_of(segment_id, entered=False, since=begin),
        "members": [(one, people.get(one) or one, moment) for one, moment in ids],
        "further": f"?after={members[PAGE - 1].number}" if len(members) > PAGE else "",
        "moves": shown_moves(queries.newest_transitions(FEED, segment=segment_id, among=_among(request)), snapshot),
        "asked": request.GET.get("at", ""),
        "then": then,
        "is_saved": Segment.objects.filter(pk=segment_id).exists(),
    }
    return render(request, "membership/segment.html", context)


def _waiting(request: HttpRequest, row: Segment) -> HttpResponse:
    """A saved segment the watch has not taken up: whether and when it will."""
    context = {
        "row": row,
        "snapshot": newest_snapshot(),
        "base": base_state(),
        "fresh": queries.freshness(),
        "trouble": trouble_told(Watch.objects.first()),
    }
    return render(request, "membership/waiting.html", context)


@require_POST
@allowed(Action.EDIT_SEGMENTS)
def freeze(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Keep those who are in a segment at this moment."""
    row, members = find_segment(segment_id), _members(request, segment_id)
    tell_kept(request, freeze_members(person(request), row, members, analysed(), now().astimezone(current_zone()).date()))
    return redirect("segment", segment_id)


@require_POST
@allowed(Action.EXPORT_CUSTOMERS)
def export(request: HttpRequest, segment_id: int) -> StreamingHttpResponse:
    """Those who are in a segment at this moment, as CSV."""
    row, members = find_segment(segment_id), _members(request, segment_id)
    return csv_answer(request, analysed(), members, row)


def _members(request: HttpRequest, segment_id: int) -> MemberQuery:
    row = queries.find_watched(segment_id)
    if row is None:
        raise NotFoundError("The segment is not counted yet.")
    check_may_ask(person(request), from_document(row.tree), saved_book())
    return queries.members_of(segment_id)


@require_GET
@allowed(Action.SEE_CUSTOMERS)
def customer_history(request: HttpRequest, customer_id: str) -> HttpResponse:
    """The moves of one customer, and where he was at a past moment."""
    number, snapshot = queries.number_of(customer_id), newest_snapshot()
    if number is None and not is_customer(snapshot, customer_id):
        raise NotFoundError("There is no such customer.")
    asked = _moment(request)
    at = asked if asked is not None else (now() - EPOCH) // timedelta(microseconds=1)
    among = _among(request)
    rows = queries.newest_transitions(PAGE, number=number, among=among) if number is not None else []
    context = {
        "customer_id": customer_id,
        "name": called(snapshot, [customer_id]).get(customer_id) or customer_id,
        "moves": shown_moves(rows, snapshot),
        "there": queries.memberships_at(number, at, among) if number is not None else [],
        "asked": request.GET.get("at", ""),
    }
    return render(request, "membership/customer.html", context)


def _among(request: HttpRequest) -> frozenset[int] | None:
    return open_segments(person(request))


def _moment(request: HttpRequest) -> int | None:
    """The end of the minute asked for, in the company's zone; None when none was."""
    text = request.GET.get("at", "")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text).replace(tzinfo=current_zone()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DeskError("This is no day and time; choose them in the field.") from error
    return (found - EPOCH) // timedelta(microseconds=1) + 59_999_999
