"""Moves as pages and other programs see them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.desk.events.models import ReceivedEvent
from kogorta.desk.events.words import event_word
from kogorta.desk.language import current_language
from kogorta.desk.membership.queries import moment_of, names_of
from kogorta.desk.segments.models import Segment, SegmentVersion
from kogorta.kit.language import message
from kogorta.segments.rules.document import from_document
from kogorta.segments.rules.telling import tell
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.membership.models import Refit, Transition, Watch
    from kogorta.segments.rules.telling import Saw
    from kogorta.segments.rules.tree import LeafNode

CAUSES: Final = {
    "event": message("something happened to him"),
    "time": message("time has passed"),
    "rule": message("the rule was changed"),
    "refit": message("the borders were learnt anew"),
    "healed": message("the recount put it right"),
}


@dataclass(frozen=True)
class ShownMove:
    """A move in words."""

    sequence: int
    segment: int
    name: str
    is_saved: bool
    customer_id: str
    customer: str
    entered: bool
    at: datetime
    why: str
    values: str


def shown_moves(rows: Iterable[Transition], snapshot: Snapshot | None) -> list[ShownMove]:
    """Moves for a page, in their order; people by their names where the last analysis knows them."""
    found = list(rows)
    ids = names_of(row.number for row in found)
    people = called(snapshot, ids.values())
    kinds = _kinds(found)
    saved = set(Segment.objects.filter(pk__in={row.segment for row in found}).values_list("pk", flat=True))
    conditions, currency = _asked(found), snapshot.currency if snapshot else "RUB"
    return [
        ShownMove(
            row.sequence,
            row.segment,
            row.name,
            row.segment in saved,
            (customer := ids.get(row.number, str(row.number))),
            people.get(customer) or customer,
            row.entered,
            moment_of(row.at),
            _why(row, kinds),
            _decided(json.loads(row.decided), conditions.get((row.segment, row.version), ()), currency),
        )
        for row in found
    ]


def called(snapshot: Snapshot | None, ids: Iterable[str]) -> dict[str, str]:
    """Names of customers by their ids, where the last analysis knows them."""
    if snapshot is None:
        return {}
    query = "SELECT customer_id, name FROM customers WHERE list_contains($ids, customer_id) AND name IS NOT NULL"
    return dict(snapshot.cursor().execute(query, {"ids": sorted(set(ids))}).fetchall())


def is_customer(snapshot: Snapshot | None, customer_id: str) -> bool:
    """Whether the last analysis knows a customer."""
    query = "SELECT 1 FROM customers WHERE customer_id = $id"
    return snapshot is not None and snapshot.cursor().execute(query, {"id": customer_id}).fetchone() is not None


def _asked(rows: Iterable[Transition]) -> dict[tuple[int, int], tuple[LeafNode, ...]]:
    """Conditions of the rules at the time of some moves, from left to right, by segment and version."""
    wanted = {(row.segment, row.version) for row in rows}
    kept = SegmentVersion.objects.filter(segment__in={segment for segment, _ in wanted}, number__in={number for _, number in wanted})
    trees = kept.values_list("segment_id", "number", "tree")
    return {(segment, number): tuple(leaves_of(from_document(tree))) for segment, number, tree in trees if (segment, number) in wanted}


def _decided(saw: list[Saw], conditions: tuple[LeafNode, ...], currency: str) -> str:
    """What was seen, each figure once; of a segment that is no more only its values."""
    words = current_language()
    if len(conditions) != len(saw):
        return ", ".join(_plain(value) for value in saw)
    return "; ".join(dict.fromkeys(tell(leaf, value, words, currency=currency) for leaf, value in zip(conditions, saw, strict=True)))


def _kinds(rows: Iterable[Transition]) -> dict[str, str]:
    """Types of the events some moves came of, by the ids of those still kept."""
    ids = {name for row in rows for kind, _, name in [row.reason.partition(":")] if kind == "event" and name}
    return dict(ReceivedEvent.objects.filter(event_id__in=ids).values_list("event_id", "type"))


def _why(row: Transition, kinds: Mapping[str, str]) -> str:
    words = current_language()
    kind, _, name = row.reason.partition(":")
    if kind == "event" and name:
        return event_word(words, kinds[name]) if name in kinds else words.text("event {name}", name=name)
    if kind == "base":
        return words.text("a change of the base")
    return words.text(CAUSES[row.cause])


def _plain(value: Saw) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else current_language().number(value, 0 if float(value).is_integer() else 2)


def documents(rows: Iterable[Transition]) -> list[dict[str, object]]:
    """Moves for other programs, in their order; `sequence` is the key by which a repeated one is known."""
    found = list(rows)
    names = names_of(row.number for row in found)
    return [
        {
            "sequence": row.sequence,
            "segment_id": row.segment,
            "segment": row.name,
            "rule_version": row.version,
            "customer_id": names.get(row.number, ""),
            "way": "entered" if row.entered else "left",
            "at": moment_of(row.at).isoformat(),
            "cause": row.cause,
            "reason": row.reason,
            "values": json.loads(row.decided),
        }
        for row in found
    ]


@dataclass(frozen=True)
class ShownRefit:
    """Cut points learnt anew: each that moved, from what to what."""

    at: datetime
    moves: int
    shifts: tuple[str, ...]


BORDERS: Final = {
    "recency": message("days since the last purchase"),
    "frequency": message("number of purchases"),
    "money": message("sum of purchases"),
}


def shown_refits(rows: Iterable[Refit], currency: str) -> list[ShownRefit]:
    """Refits for a page."""
    words = current_language()
    found = []
    for row in rows:
        before, after = row.before.get("rfm") or {}, row.after.get("rfm") or {}
        shifts = []
        for name, title in BORDERS.items():
            was, now_ = before.get(name) or [], after.get(name) or []
            if list(was) != list(now_):
                told = [
                    _listed([words.money(bound, currency) if name == "money" else words.number(bound, 0) for bound in side])
                    for side in (was, now_)
                ]
                shifts.append(words.text("{name}: {before} → {after}", name=words.text(title), before=told[0], after=told[1]))
        found.append(ShownRefit(moment_of(row.at), row.moves, tuple(shifts)))
    return found


def _listed(texts: list[str]) -> str:
    """`300 and 909`: a comma between figures would read as one of them."""
    if len(texts) < 2:
        return texts[0] if texts else "—"
    return current_language().text("{some} and {last}", some="; ".join(texts[:-1]), last=texts[-1])


def trouble_told(row: Watch | None) -> str:
    """Why ticks wait, in the reader's language; empty when they do not."""
    if row is None or not row.trouble:
        return ""
    return current_language().text(row.trouble, **row.trouble_values) if row.trouble_values else current_language().phrase(row.trouble)
