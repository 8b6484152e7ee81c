"""The oracle: who is in which segment by SQL over the base and the events, compared with what the ticks have written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction

from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.membership.actions import WATCH
from kogorta.desk.membership.models import Difference, Member, Person, Transition, Watch, Watched
from kogorta.desk.membership.queries import names_of
from kogorta.desk.membership.received import received_after
from kogorta.desk.membership.tables import opened_tables
from kogorta.segments.membership.moments import Zone
from kogorta.segments.membership.ruleset import every_leaf
from kogorta.segments.rfm import RFMRule
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.document import from_document
from kogorta.segments.rules.leaves import Moved
from kogorta.segments.rules.sql import emit_sql

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kogorta.desk.bases.snapshots import Snapshot

NAMED: Final = 100
"""Customers named in an alarm, for each segment."""
_PIECE: Final = 50_000


@dataclass(frozen=True)
class Recount:
    """What a recount found.

    Args:
        at: the moment both sides are true at.
        customers, segments: how many were compared.
        differences: one for each segment that differs; not saved yet.
    """

    at: int
    customers: int
    segments: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class _Held:
    """What the ticks have written, read in one transaction."""

    watch: Watch
    rules: list[Watched]
    members: dict[int, set[int]]
    numbers: dict[str, int]
    moves: list[tuple[int, str, bool, int]]


def recount(found_at: int, breathe: Callable[[], None] = lambda: None) -> Recount | None:
    """Compare once.

    Args:
        found_at: the moment of the recount, for its rows.
        breathe: called between steps; may stop it by an error.

    Returns:
        What was found; None while there is nothing to compare, or when the base was analysed anew and the watch has not seen it yet.
    """
    snapshot = newest_snapshot()
    held = _read()
    if snapshot is None or held is None or held.watch.snapshot != snapshot.folder.name:
        return None
    breathe()
    found = _in_sql(snapshot, held, breathe)
    if Watch.objects.get(pk=WATCH).snapshot != held.watch.snapshot:
        return None
    differences = []
    for row in held.rules:
        only_held, only_found = held.members[row.segment] - found[row.segment], found[row.segment] - held.members[row.segment]
        if only_held or only_found:
            names = names_of([*sorted(only_held)[:NAMED], *sorted(only_found)[:NAMED]])
            differences.append(
                Difference(
                    found_at=found_at,
                    at=held.watch.at,
                    segment=row.segment,
                    name=row.name,
                    only_held=[names.get(number, str(number)) for number in sorted(only_held)[:NAMED]],
                    only_found=[names.get(number, str(number)) for number in sorted(only_found)[:NAMED]],
                    customers=len(only_held) + len(only_found),
                )
            )
    return Recount(held.watch.at, len(held.numbers), len(held.rules), tuple(differences))


def _read() -> _Held | None:
    """One state of everything the ticks have written; inside a transaction already begun, what that one sees."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        watch = Watch.objects.filter(pk=WATCH).first()
        if watch is None or not watch.snapshot:
            return None
        rules = list(Watched.objects.all())
        members: dict[int, set[int]] = {row.segment: set() for row in rules}
        for segment, number in Member.objects.values_list("segment", "number").iterator(chunk_size=_PIECE):
            members.setdefault(segment, set()).add(number)
        numbers = dict(Person.objects.values_list("customer_id", "number").iterator(chunk_size=_PIECE))
        trees = [from_document(row.tree) for row in rules]
        book = SegmentBook({row.name: tree for row, tree in zip(rules, trees, strict=True)})
        asks = any(isinstance(leaf, Moved) for leaf in every_leaf(trees, book))
        # moves of the newest tick are seen by rules from the next one on
        rows = Transition.objects.filter(at__lt=watch.at).order_by("sequence").values_list("number", "name", "entered", "at")
        return _Held(watch, rules, members, numbers, list(rows) if asks else [])


def _in_sql(snapshot: Snapshot, held: _Held, breathe: Callable[[], None]) -> dict[int, set[int]]:
    zone = Zone(snapshot.time_zone)
    today = zone.day_of(held.watch.at)
    kept = held.watch.definitions.get("rfm")
    rfm = None if not kept else _rule(kept)
    ids = {number: name for name, number in held.numbers.items()}
    moves: list[tuple[str, str, str, date]] = [
        (ids[number], name, "entered" if entered else "left", zone.day_of(at)) for number, name, entered, at in held.moves
    ]
    events = []
    after = 0
    while part := received_after(after, _PIECE, held.watch.position):
        after = part[-1].number
        events += part
        breathe()
    book = SegmentBook({row.name: from_document(row.tree) for row in held.rules})
    found: dict[int, set[int]] = {}
    with opened_tables(snapshot, today, rfm, events=events, moves=moves) as opened:
        run = opened.base.connection
        for row in held.rules:
            breathe()
            statement = emit_sql([from_document(row.tree)], opened.tables, book=book, now=held.watch.at)
            query = f"SELECT k.customer_id FROM {opened.tables.customers} k JOIN ({statement.text}) d USING (customer_no) WHERE d.rule_0"
            names = run.execute(query, dict(statement.parameters)).fetchall()
            found[row.segment] = {held.numbers.get(name, -1) for (name,) in names}
    return found


def _rule(kept: object) -> RFMRule:
    return RFMRule.from_json(json.dumps(kept))
