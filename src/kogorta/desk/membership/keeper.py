"""The memberships in memory: begin from the base and the events, tick, hand each outcome to one transaction."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.base.told import TYPES
from kogorta.desk.bases.opening import open_desk_base_twice
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.membership import actions
from kogorta.desk.membership.actions import Move, Shift, Written
from kogorta.desk.membership.models import Member, Person, Transition, Watch, Watched
from kogorta.desk.membership.received import Received, newest_number, received_after
from kogorta.desk.membership.refits import is_due
from kogorta.desk.membership.tables import opened_tables
from kogorta.desk.membership.told import GRAINS, ToldOrders, Whose
from kogorta.desk.segments.models import Segment
from kogorta.kit.clock import EPOCH
from kogorta.kit.language import minor_digits
from kogorta.segments.membership.changes import Changes
from kogorta.segments.membership.derived import Definitions
from kogorta.segments.membership.facts import encode
from kogorta.segments.membership.loading import BaseTables
from kogorta.segments.membership.ruleset import WatchedRule
from kogorta.segments.membership.tick import Membership
from kogorta.segments.rfm import RFMRule
from kogorta.segments.rules.document import from_document
from kogorta.segments.rules.matching import day_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.segments.membership.facts import Fact
    from kogorta.segments.membership.tick import Outcome
    from kogorta.segments.rules.document import Json

SEEN_EVERY: Final = 5.0
"""Seconds between two words that memberships are still as they were."""
MOST_EVENTS: Final = 20_000
"""Events taken in by one tick."""
_PIECE: Final = 50_000


@dataclass(frozen=True)
class _Rule:
    """A segment as it was read from the table."""

    name: str
    version: int
    tree: Json


class Keeper:
    """Keeps all saved segments current while it holds the watch.

    Everything it knows can be made anew: from the base, the events up to the place reached, and the members written. A step that fails
    leaves nothing behind in the database; the keeper is thrown away then and a new one begins.

    Args:
        token: of the watch.
        clock: the moment, microseconds since 1970 in UTC.
    """

    def __init__(self, token: int, clock: Callable[[], int] | None = None) -> None:
        self._token = token
        self._clock = clock or _moment_now
        self._members: Membership | None = None
        self._rules: dict[int, _Rule] = {}
        self._whose = Whose({}, {})
        self._orders: ToldOrders | None = None
        self._there: frozenset[int] = frozenset()
        self._snapshot = ""
        self._position = 0
        self._records = 0
        self._told = 0.0
        self._definitions: dict[str, object] = {}

    def step(self) -> int:
        """Do what there is to do now.

        Returns:
            Number of the transitions written; 0 also when nothing had changed.

        Raises:
            WatchLostError: another process has the watch.
        """
        snapshot = newest_snapshot()
        if snapshot is None:
            actions.keep_watch(self._token)
            return 0
        row = Watch.objects.get(pk=actions.WATCH)
        if self._members is not None and snapshot.folder.name != self._snapshot and self._rules:
            self._tick()  # what time and events did is told as theirs, not as the import's
        full = self._orders is not None and self._orders.is_full
        if self._members is None or row.heal_asked or snapshot.folder.name != self._snapshot or full:
            return self._begin(snapshot, healing=row.heal_asked)
        wanted = _saved()
        if wanted != self._rules:
            return self._take_rules(wanted)
        written = self._tick()  # before borders move, so that what time and events did is told as theirs
        return written + self._refit(snapshot) if self._is_refit_due(row, new_analysis=False) else written

    # ---- one tick

    def _tick(self) -> int:
        members = self._held()
        now = max(self._clock(), members.now)
        events = received_after(self._position, MOST_EVENTS)
        if not events and members.waiting.next_moment() > now and not members.has_second_looks:
            self._seen(now)
            return 0
        begin = time.perf_counter()
        position = events[-1].number if events else self._position
        changes = self._changes(members, events)
        outcome = members.tick(changes, at=now)
        reasons = {event.number: f"event:{event.event_id}" for event in events}
        moves = self._moves_of([outcome], lambda number: reasons.get(number, ""))
        return self._write(moves, begin, outcome.looked_at, position=position)

    def _seen(self, now: int) -> None:
        """Say now and then that nothing has changed; an idle tick writes nothing."""
        if time.monotonic() - self._told >= SEEN_EVERY:
            self._told = time.monotonic()
            actions.keep_watch(self._token, now)

    def _changes(self, members: Membership, events: Sequence[Received]) -> Changes:
        """What came in, as a tick takes it: the events, and what they tell of orders."""
        new = [event for event in events if event.number not in self._there]
        changes = encode(self._facts(new), members.population, members.zone)
        assert self._orders is not None  # noqa: S101  (the beginning makes it)
        return replace(changes, rows={**changes.rows, **self._orders.changes(new)})

    def _facts(self, events: Iterable[Received]) -> Iterator[Fact]:
        for event in events:
            customer = self._whose.number(event.customer_id)
            if customer is None:
                continue  # the base does not know him; his events are taken in with him
            self._records += 1
            yield event.fact(self._records, customer)

    # ---- rules

    def _take_rules(self, wanted: dict[int, _Rule]) -> int:
        members, begin = self._held(), time.perf_counter()
        before = self._rules
        taken = {rule.name: segment for segment, rule in before.items()}
        # a name that passes from one segment to another is free first and taken in the next step
        wanted = {segment: rule for segment, rule in wanted.items() if taken.get(rule.name, segment) == segment}
        changed: dict[str, WatchedRule | None] = {}
        for segment, rule in before.items():
            if segment not in wanted or wanted[segment].name != rule.name:
                changed[rule.name] = None
        for segment, rule in wanted.items():
            if before.get(segment) != rule:
                changed[rule.name] = WatchedRule(rule.name, rule.version, from_document(rule.tree))
        names = {rule.name: segment for segment, rule in [*before.items(), *wanted.items()]}
        if "transitions" in members.rules.with_rules(changed).grains and "transitions" not in members.rules.grains:
            _restore_moves(members)
        self._rules = wanted
        outcome = members.set_rules(changed, at=max(self._clock(), members.now))
        moves = self._moves_of([outcome], lambda _: "", names=names)
        return self._write(moves, begin, outcome.looked_at, rules=True)

    # ---- borders

    def _is_refit_due(self, row: Watch, *, new_analysis: bool) -> bool:
        members = self._held()
        return is_due(row.refit_every, row.refit_at, max(self._clock(), members.now), members.zone, new_analysis=new_analysis)

    def _refit(self, snapshot: Snapshot) -> int:
        """Take over the borders of the last analysis: their day has come."""
        members, begin = self._held(), time.perf_counter()
        moves, looked, shift = list[Move](), 0, None
        before, fresh = self._definitions, _learnt(snapshot)
        if fresh != before:
            outcome = members.refit(_definitions(fresh), at=max(self._clock(), members.now))
            moves, looked = self._moves_of([outcome], lambda _: ""), outcome.looked_at
            shift, self._definitions = Shift(before, fresh, outcome.transitions), fresh
        else:
            members.now = max(members.now, self._clock())
        return self._write(moves, begin, looked, shift=shift, refit=True)

    # ---- the beginning

    def _begin(self, snapshot: Snapshot, *, healing: bool) -> int:
        """Make the state anew from the base and the events, put the members back, and see what has changed since."""
        begin = time.perf_counter()
        row = Watch.objects.get(pk=actions.WATCH)
        old = self._members
        now = max(self._clock(), row.at, old.now if old else 0)
        held = {found.segment: _Rule(found.name, found.version, found.tree) for found in Watched.objects.all()}
        definitions = dict(row.definitions) or _learnt(snapshot)
        members = Membership(time_zone=snapshot.time_zone, unit=_unit(snapshot), definitions=_definitions(definitions))
        position = row.position if row.snapshot else newest_number()
        self._load(members, snapshot, position, now)
        trees = {rule.name: WatchedRule(rule.name, rule.version, from_document(rule.tree)) for rule in held.values()}
        members.prepare(trees)
        self._restore(members, held)
        same = row.snapshot == snapshot.folder.name
        outcomes = [members.recompute(at=now, cause="healed" if healing else "time" if same else "event")]
        looked = outcomes[0].looked_at
        due = not row.definitions or is_due(row.refit_every, row.refit_at, now, members.zone, new_analysis=not same)
        fresh = _learnt(snapshot) if due else definitions
        shift = None
        if fresh != definitions:
            outcomes.append(members.refit(_definitions(fresh), at=now))
            shift = Shift(definitions, fresh, outcomes[-1].transitions)
        self._members, self._rules, self._position = members, held, position
        self._snapshot, self._definitions = snapshot.folder.name, fresh
        reason = f"base:{snapshot.version}"
        moves = self._moves_of(outcomes, lambda _: reason, names={rule.name: segment for segment, rule in held.items()})
        return self._write(moves, begin, looked, shift=shift, refit=due, healed=healing)

    def _load(self, members: Membership, snapshot: Snapshot, position: int, now: int) -> None:
        today = members.zone.day_of(now)
        if self._orders is not None:
            self._orders.close()
        base, kept = open_desk_base_twice()
        with opened_tables(snapshot, today, members.definitions.rfm, base=base) as opened:
            tables = BaseTables(opened.tables, members.population)
            ids = tables.ids()
            known = dict(Person.objects.values_list("customer_id", "number").iterator(chunk_size=_PIECE))
            first = len(known)
            new = [name for name in ids if name not in known]
            known.update((name, first + place) for place, name in enumerate(new))
            for place in range(0, len(new), _PIECE):
                actions.know_people(self._token, [(first + place + step, name) for step, name in enumerate(new[place : place + _PIECE])])
            numbers = np.array([known[name] for name in ids], dtype=np.int64)
            changes = tables.changes(ids, numbers)
            self._whose = Whose(known, opened.merged)
            records = {grain: int(changes.rows[grain].records.max(initial=-1)) + 1 for grain in GRAINS}
            self._orders = ToldOrders(kept, self._whose, members.population, records)
            self._orders.prepare()
            self._records = len(changes.rows["events"].records)
            members.population.apply(changes)
            for rows in members.population.rows.values():
                rows.compact()
            after, telling = 0, list[Received]()
            while part := received_after(after, MOST_EVENTS, position):
                after = part[-1].number
                lacking = opened.lacking(part)
                telling += (event for event in lacking if event.type in TYPES)
                members.population.apply(encode(self._facts(lacking), members.population, members.zone))
                actions.keep_watch(self._token)
            members.population.apply(Changes(None, self._orders.changes(telling, with_tellers=True)))
            # what the base has taken in beyond the position is there already
            there: set[int] = set()
            while part := received_after(after, MOST_EVENTS):
                after = part[-1].number
                there |= {event.number for event in part} - {event.number for event in opened.lacking(part)}
            self._there = frozenset(there)

    def _restore(self, members: Membership, held: Mapping[int, _Rule]) -> None:
        for segment, rule in held.items():
            found = Member.objects.filter(segment=segment).values_list("number", flat=True).iterator(chunk_size=_PIECE)
            members.restore(rule.name, np.fromiter(found, dtype=np.int64))
        if "transitions" in members.rules.grains:
            _restore_moves(members)

    # ---- what is written

    def _held(self) -> Membership:
        assert self._members is not None  # noqa: S101  (a step begins it)
        return self._members

    def _moves_of(self, outcomes: Sequence[Outcome], reason: Callable[[int], str], names: Mapping[str, int] | None = None) -> list[Move]:
        """Transitions of some outcomes; who left and entered one segment at once has not moved."""
        segments = names or {rule.name: segment for segment, rule in self._rules.items()}
        moves: list[Move] = []
        for outcome in outcomes:
            for crossings in outcome.crossings:
                segment = segments[crossings.segment]
                for one in crossings:
                    why = reason(one.event if one.event is not None else -1) if one.cause in ("event", "healed") else ""
                    moves.append(Move(segment, one.segment, one.version, one.customer, one.way == "entered", one.cause, why, one.values))
        return _netted(moves)

    def _write(
        self,
        moves: list[Move],
        begin: float,
        looked_at: int,
        *,
        position: int | None = None,
        rules: bool = False,
        shift: Shift | None = None,
        refit: bool = False,
        healed: bool = False,
    ) -> int:
        members = self._held()
        self._position = self._position if position is None else position
        watched = {segment: (rule.name, rule.version, rule.tree) for segment, rule in self._rules.items()} if rules else None
        actions.write_tick(
            self._token,
            Written(
                at=members.now,
                day=members.zone.day_of(members.now),
                moves=moves,
                position=self._position,
                snapshot=self._snapshot,
                definitions=self._definitions,
                took_ms=1000 * (time.perf_counter() - begin),
                looked_at=looked_at,
                watched=watched,
                shift=shift,
                refit=refit,
                healed=healed,
            ),
        )
        return len(moves)


def _restore_moves(members: Membership) -> None:
    """Put the moves written so far back, for rules about them."""
    rows = list(Transition.objects.order_by("sequence").values_list("number", "name", "entered", "at"))
    days = [day_number(members.zone.day_of(at)) for _, _, _, at in rows]
    members.restore_moves(
        np.array([row[0] for row in rows], dtype=np.int64),
        [row[1] for row in rows],
        np.array([row[2] for row in rows], dtype=np.bool_),
        np.array(days, dtype=np.int32),
    )


def _netted(moves: list[Move]) -> list[Move]:
    last: dict[tuple[int, int], list[Move]] = {}
    for move in moves:
        last.setdefault((move.segment, move.number), []).append(move)
    if len(last) == len(moves):
        return moves
    return [found[-1] for found in last.values() if len(found) % 2]


def _saved() -> dict[int, _Rule]:
    return {
        segment: _Rule(name, version, tree) for segment, name, version, tree in Segment.objects.values_list("pk", "name", "version", "tree")
    }


def _moment_now() -> int:
    return (datetime.now(tz=EPOCH.tzinfo) - EPOCH) // timedelta(microseconds=1)


def _unit(snapshot: Snapshot) -> int:
    return int(10 ** minor_digits(snapshot.currency))


def _text(rule: RFMRule | None) -> object:
    return json.loads(rule.to_json()) if rule is not None else None


def _learnt(snapshot: Snapshot) -> dict[str, object]:
    """Borders of an analysis."""
    return {"rfm": _text(snapshot.figures().rule)}


def _definitions(kept: Mapping[str, object]) -> Definitions:
    rfm = kept.get("rfm")
    return Definitions(RFMRule.from_json(json.dumps(rfm)) if rfm else None)
