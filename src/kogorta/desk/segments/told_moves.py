"""Recorded moves, for a rule that asks who entered or left a segment. The room that keeps them says at its start how they are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from kogorta.desk.language import local, now
from kogorta.engine.duck import filled_sql, register_mapping
from kogorta.segments.membership.ruleset import every_leaf
from kogorta.segments.rules.explain import explain
from kogorta.segments.rules.leaves import Moved
from kogorta.segments.rules.tree import Not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.explain import Explanation, Reason
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
    names = frozenset(leaf.name for leaf in every_leaf(rules, book) if isinstance(leaf, Moved))
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


def explained(rule: Node, snapshot: Snapshot, customer: str, book: SegmentBook) -> Explanation:
    """Why a customer is in the segment of a rule or not, by the moves recorded so far too; these keep their own days.

    Raises:
        InputError: there is no such customer, or segment.
    """
    tables = with_moves([rule], snapshot, book)
    if tables is None:
        return explain(rule, snapshot.rules(), customer, book=book)
    found = explain(rule, tables, customer, book=book)
    lag = local(now()).date() - snapshot.as_of
    # when it changes by itself is not told: moves are counted up to today, the rest up to the analysis
    return replace(found, reasons=tuple(_dated(reason, lag) for reason in found.reasons), changes_on=None)


def _dated(reason: Reason, lag: timedelta) -> Reason:
    leaf = reason.condition.part if isinstance(reason.condition, Not) else reason.condition
    value = reason.value + lag if isinstance(leaf, Moved) and isinstance(reason.value, date) else reason.value
    return replace(reason, value=value, inside=tuple(_dated(one, lag) for one in reason.inside))
