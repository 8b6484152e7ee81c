"""Reads of the room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Max, Q

from kogorta.desk.errors import NotFoundError
from kogorta.desk.language import now
from kogorta.desk.membership.models import Day, Difference, Member, Person, Subscription, Transition, Watch, Watched
from kogorta.desk.segments.queries import MemberQuery
from kogorta.desk.segments.told_moves import ToldMove
from kogorta.kit.clock import EPOCH
from kogorta.segments.membership.moments import Zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

STALE_AFTER: Final = timedelta(seconds=60)
"""Memberships nobody has looked after for so long are shown as stale."""


def moment_of(microseconds: int) -> datetime:
    """A kept moment as a moment with its zone."""
    return EPOCH + timedelta(microseconds=microseconds)


@dataclass(frozen=True)
class Freshness:
    """How current the memberships are.

    Args:
        seen_at: the moment they are true at; None before the first tick.
        took_ms: how long the last tick that found something took.
        looked_at: customers it looked at.
        is_stale: nobody has made sure for a minute.
        trouble: why ticks fail; empty when they do not.
        differences: differences the recount has found and nobody has put right yet.
        checked_at: the last recount.
    """

    seen_at: datetime | None
    took_ms: float
    looked_at: int
    is_stale: bool
    trouble: str
    differences: int
    checked_at: datetime | None


def freshness() -> Freshness:
    """Of all segments together: one tick keeps them all."""
    row = Watch.objects.first()
    if row is None or not row.seen_at:
        return Freshness(None, 0, 0, False, row.trouble if row else "", 0, None)
    seen = moment_of(row.seen_at)
    open_ones = Difference.objects.filter(healed_at=None).count()
    checked = moment_of(row.checked_at) if row.checked_at else None
    return Freshness(seen, row.took_ms, row.looked_at, now() - seen > STALE_AFTER, row.trouble, open_ones, checked)


@dataclass(frozen=True)
class Standing:
    """A segment kept current: how many are in it, who moved today."""

    segment: int
    name: str
    members: int
    entered: int
    left: int


def standings(today: date) -> list[Standing]:
    """Segments by name, with the moves of a day."""
    days = {row.segment: row for row in Day.objects.filter(day=today)}
    counts = dict(Member.objects.order_by().values_list("segment").annotate(n=Count("number")))
    found = []
    for row in Watched.objects.order_by("name"):
        day = days.get(row.segment)
        found.append(Standing(row.segment, row.name, counts.get(row.segment, 0), day.entered if day else 0, day.left if day else 0))
    return found


def find_watched(segment: int) -> Watched | None:
    """A segment kept current; None when the watch has not taken it up yet."""
    return Watched.objects.filter(segment=segment).first()


def names_of(numbers: Iterable[int]) -> dict[int, str]:
    """Ids of customers by their numbers."""
    return dict(Person.objects.filter(number__in=set(numbers)).values_list("number", "customer_id"))


def number_of(customer_id: str) -> int | None:
    """The number of a customer; None when the watch has not met him."""
    return Person.objects.filter(customer_id=customer_id).values_list("number", flat=True).first()


def transitions_after(sequence: int, size: int, segment: int | None = None, among: frozenset[int] | None = None) -> list[Transition]:
    """Moves after one of them, in their order; of some segments (`among`) where not all may be seen."""
    rows = Transition.objects.filter(sequence__gt=sequence)
    if segment is not None:
        rows = rows.filter(segment=segment)
    if among is not None:
        rows = rows.filter(segment__in=among)
    return list(rows.order_by("sequence")[:size])


def newest_transitions(
    size: int,
    *,
    segment: int | None = None,
    number: int | None = None,
    before: int | None = None,
    among: frozenset[int] | None = None,
) -> list[Transition]:
    """Moves, newest first; of some segments (`among`) where not all may be seen."""
    rows = Transition.objects.order_by("-sequence")
    if among is not None:
        rows = rows.filter(segment__in=among)
    if segment is not None:
        rows = rows.filter(segment=segment)
    if number is not None:
        rows = rows.filter(number=number)
    if before is not None:
        rows = rows.filter(sequence__lt=before)
    return list(rows[:size])


def last_sequence() -> int:
    """The number of the last move."""
    return Watch.objects.values_list("sequence", flat=True).first() or 0


def latest_moves(segments: frozenset[str], time_zone: str) -> Iterator[ToldMove]:
    """Of each customer the last time he entered and the last time he left each of some segments, whatever bore their names.

    Args:
        segments: names.
        time_zone: IANA zone business days are counted in.
    """
    zone = Zone(time_zone)
    today = zone.day_of((now() - EPOCH) // timedelta(microseconds=1))
    moves = Transition.objects.filter(name__in=segments)
    ids = dict(Person.objects.filter(number__in=moves.values("number")).values_list("number", "customer_id"))
    found = moves.order_by().values("number", "name", "entered").annotate(last=Max("at"))
    for number, name, entered, last in found.values_list("number", "name", "entered", "last"):
        days_ago = max((today - zone.day_of(last)).days, 0)
        yield ToldMove(ids[number], name, "entered" if entered else "left", days_ago)


def members_page(segment: int, after: int, size: int) -> list[Member]:
    """Members by number, from beyond one."""
    return list(Member.objects.filter(segment=segment, number__gt=after).order_by("number")[:size])


def members_at(segment: int, at: int) -> int:
    """How many were in a segment at a past moment."""
    rows = Transition.objects.filter(segment=segment, at__lte=at)
    found = rows.aggregate(came=Count("sequence", filter=Q(entered=True)), went=Count("sequence", filter=Q(entered=False)))
    return int(found["came"] - found["went"])


def memberships_at(number: int, at: int, among: frozenset[int] | None = None) -> list[str]:
    """Names of the segments a customer was in at a past moment; of some segments (`among`) where not all may be seen."""
    last: dict[int, Transition] = {}
    for row in Transition.objects.filter(number=number, at__lte=at).order_by("sequence"):
        if among is None or row.segment in among:
            last[row.segment] = row
    return sorted(row.name for row in last.values() if row.entered)


def days_of(segment: int, since: date) -> Sequence[Day]:
    """Days on which somebody moved, oldest first."""
    return list(Day.objects.filter(segment=segment, day__gte=since).order_by("day"))


@dataclass(frozen=True)
class Flow:
    """How many crossed from one segment to another in the same tick."""

    name: str
    customers: int


def flows_of(segment: int, *, entered: bool, since: int, most: int = 5) -> list[Flow]:
    """Where those who entered came from, or where those who left went: moves of other segments in the same tick."""
    table = Transition._meta.db_table
    query = f"""SELECT o.name, count(DISTINCT o.number) AS sequence FROM {table} t
        JOIN {table} o ON o.number = t.number AND o.at = t.at AND o.segment <> t.segment AND o.entered <> t.entered
        WHERE t.segment = %s AND t.entered = %s AND t.at >= %s GROUP BY o.name ORDER BY 2 DESC, 1 LIMIT %s"""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query, [segment, entered, since, most])
        return [Flow(name, customers) for name, customers in cursor.fetchall()]


def find_subscription(subscription_id: int) -> Subscription:
    """A subscription.

    Raises:
        NotFoundError: there is none.
    """
    row = Subscription.objects.filter(pk=subscription_id).first()
    if row is None:
        raise NotFoundError("There is no such subscription.")
    return row


def members_of(segment: int) -> MemberQuery:
    """Who is in a segment now, as a query."""
    numbers = Member.objects.filter(segment=segment).values("number")
    ids = list(Person.objects.filter(number__in=numbers).values_list("customer_id", flat=True))
    return MemberQuery("SELECT unnest($ids::VARCHAR[]) AS customer_id", {"ids": ids})


def count_of(segment: int) -> int:
    """How many are in a segment now."""
    return Member.objects.filter(segment=segment).count()
