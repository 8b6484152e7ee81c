"""A watch in this process, and the same members asked of SQL over the base and the events."""

from datetime import UTC, datetime, timedelta

from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.events.models import ReceivedEvent
from kogorta.desk.membership import actions
from kogorta.desk.membership.keeper import Keeper
from kogorta.desk.membership.models import Member, Person, Transition, Watch
from kogorta.desk.membership.received import received_after
from kogorta.desk.membership.tables import opened_tables
from kogorta.kit.clock import EPOCH
from kogorta.segments.membership.moments import Zone
from kogorta.segments.rules.document import from_document
from kogorta.segments.rules.sql import emit_sql

NOON = datetime(2026, 11, 25, 9, tzinfo=UTC)


class Clock:
    def __init__(self, at=NOON):
        self.at = at

    def __call__(self):
        return (self.at - EPOCH) // timedelta(microseconds=1)


def keeper_of(clock=None):
    token = actions.take_watch("test", force=True)
    return Keeper(token, clock or Clock())


def watch_row():
    return Watch.objects.get(pk=actions.WATCH)


def live_names(segment):
    numbers = Member.objects.filter(segment=segment).values_list("number", flat=True)
    return set(Person.objects.filter(number__in=list(numbers)).values_list("customer_id", flat=True))


def members_in_sql(tree):
    row, snapshot = watch_row(), newest_snapshot()
    today = Zone(snapshot.time_zone).day_of(row.at)
    rfm = newest_snapshot().figures().rule
    with opened_tables(snapshot, today, rfm, events=received_after(0, 1_000_000, row.position)) as opened:
        statement = emit_sql([from_document(tree)], opened.tables, now=row.at)
        rows = opened.base.connection.execute(statement.text, dict(statement.parameters)).fetchall()
        ids = dict(opened.base.connection.execute("SELECT customer_no, customer_id FROM held_customers").fetchall())
        return {ids[number] for number, held in rows if held}


def send(*events):
    """Events as another program sends them: (id, customer, type, moment)."""
    for event_id, customer, kind, at in events:
        ReceivedEvent.objects.create(
            event_id=event_id, customer_id=customer, type=kind, at=at, source="site", properties="{}", received_at=at
        )


def settled(keeper):
    for _ in range(4):  # the base, the rules, second looks
        keeper.step()
    return keeper


def held(segment):
    return set(Member.objects.filter(segment=segment).values_list("number", flat=True))


def folded():
    """Members as the moves alone say."""
    found = {}
    for row in Transition.objects.order_by("sequence"):
        place = found.setdefault(row.segment, set())
        assert (row.number in place) != row.entered, "entered twice or left without having entered"
        (place.add if row.entered else place.remove)(row.number)
    return found
