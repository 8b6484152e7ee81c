"""Moves as pages and other programs see them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.desk.language import current_language
from kogorta.desk.membership.queries import moment_of, names_of
from kogorta.desk.segments.models import Segment
from kogorta.kit.language import message
from kogorta.segments.rules.document import from_document
from kogorta.segments.rules.leaves import Compare
from kogorta.segments.rules.printing import print_figure, print_formula
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.membership.models import Refit, Transition, Watch

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
    asked = _asked(found)
    return [
        ShownMove(
            row.sequence,
            row.segment,
            row.name,
            (customer := ids.get(row.number, str(row.number))),
            people.get(customer) or customer,
            row.entered,
            moment_of(row.at),
            _why(row),
            _decided(json.loads(row.decided), asked.get((row.segment, row.version), ())),
        )
        for row in found
    ]


def called(snapshot: Snapshot | None, ids: Iterable[str]) -> dict[str, str]:
    """Names of customers by their ids, where the last analysis knows them."""
    if snapshot is None:
        return {}
    query = "SELECT customer_id, name FROM customers WHERE list_contains($ids, customer_id) AND name IS NOT NULL"
    return dict(snapshot.cursor().execute(query, {"ids": sorted(set(ids))}).fetchall())


def _asked(rows: Iterable[Transition]) -> dict[tuple[int, int], tuple[str, ...]]:
    """What the conditions of a rule ask, from left to right, by segment and version; rules of earlier versions are not kept."""
    kept = Segment.objects.filter(pk__in={row.segment for row in rows})
    return {
        (row.pk, row.version): tuple(
            print_figure(leaf.figure) if isinstance(leaf, Compare) else print_formula(leaf) for leaf in leaves_of(from_document(row.tree))
        )
        for row in kept
    }


def _decided(values: list[object], asked: tuple[str, ...]) -> str:
    told = [_told(value) for value in values]
    return "; ".join(f"{name}: {value}" for name, value in zip(asked, told, strict=True)) if len(asked) == len(told) else ", ".join(told)


def _why(row: Transition) -> str:
    words = current_language()
    kind, _, name = row.reason.partition(":")
    if kind == "event" and name:
        return words.text("event {name}", name=name)
    if kind == "base":
        return words.text("a change of the base")
    return words.text(CAUSES[row.cause])


def _told(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool | int | float):
        return current_language().number(float(value), 0 if float(value).is_integer() else 2)
    return str(value)


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
                    ", ".join(words.money(bound, currency) if name == "money" else words.number(bound, 0) for bound in side) or "—"
                    for side in (was, now_)
                ]
                shifts.append(words.text("{name}: {before} → {after}", name=words.text(title), before=told[0], after=told[1]))
        found.append(ShownRefit(moment_of(row.at), row.moves, tuple(shifts)))
    return found


def trouble_told(row: Watch | None) -> str:
    """Why ticks wait, in the reader's language; empty when they do not."""
    if row is None or not row.trouble:
        return ""
    return current_language().text(row.trouble, **row.trouble_values) if row.trouble_values else current_language().phrase(row.trouble)
