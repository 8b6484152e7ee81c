"""Recorded moves, for a rule that asks who entered or left a segment. The room that keeps them says at its start how they are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import filled_sql, register_mapping
from kogorta.segments.rules.leaves import InSegment, Moved
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.snapshot import Snapshot as RuleTables
    from kogorta.segments.rules.tree import Node

    Teller = Callable[[frozenset[str], str], Iterable["ToldMove"]]
    """Names of segments and the company's time zone -> moves of these segments."""

_tellers: Final[list[Teller]] = []


@dataclass(frozen=True)
class ToldMove:
    """A customer entered or left a segment.

    Args:
        customer_id: who.
        segment: name of the segment.
        way: `entered` or `left`.
        days_ago: business days from the move to today.
    """

    customer_id: str
    segment: str
    way: str
    days_ago: int


def tell_moves_by(teller: Teller) -> None:
    """Have recorded moves told; of each customer, segment and way the last one is enough."""
    _tellers[:] = [teller]


def with_moves(rules: Sequence[Node], snapshot: Snapshot, book: SegmentBook) -> RuleTables | None:
    """Tables of a snapshot, and among them the moves some rules ask about; None when they ask about none.

    A move of so many days ago is put so many days before the day of the snapshot: "in the last week" is the week up to today.

    Raises:
        InputError: there is no segment a rule refers to.
    """
    names = _asked_about(rules, book)
    if not names:
        return None
    moves = [move for teller in _tellers for move in teller(names, snapshot.time_zone)]
    tables = snapshot.rules()
    told = {
        "customer_id": [move.customer_id for move in moves],
        "segment": [move.segment for move in moves],
        "way": [move.way for move in moves],
        "day": [(snapshot.as_of - timedelta(days=move.days_ago)).isoformat() for move in moves],
    }
    register_mapping(tables.connection, "told_moves", told)
    dated = "(SELECT * REPLACE (CAST(day AS DATE) AS day) FROM told_moves)"
    query = filled_sql(
        "segments/rules", "transitions", {"as_of": snapshot.as_of.isoformat()}, {"customers": tables.customers, "transitions": dated}
    )
    tables.connection.execute(f"CREATE OR REPLACE TEMP TABLE moves_of_rules AS {query}")
    return replace(tables, transitions="moves_of_rules")


def tables_of(rule: Node, snapshot: Snapshot, book: SegmentBook) -> RuleTables:
    """What a rule reads of a snapshot, recorded moves among it when it asks about them."""
    return with_moves([rule], snapshot, book) or snapshot.rules()


def _asked_about(rules: Sequence[Node], book: SegmentBook) -> frozenset[str]:
    """Segments whose moves some rules, or segments they refer to, ask about."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(rules)
    while waiting:
        for leaf in leaves_of(waiting.pop()):
            if isinstance(leaf, Moved):
                found.add(leaf.name)
            elif isinstance(leaf, InSegment) and leaf.name not in seen:
                seen.add(leaf.name)
                waiting.append(book.rule(leaf.name))
    return frozenset(found)
