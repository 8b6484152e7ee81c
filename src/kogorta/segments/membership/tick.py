"""The tick: what happened goes in, who crossed the border of a segment comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.segments.membership.changes import NOTHING
from kogorta.segments.membership.deciding import Seen
from kogorta.segments.membership.derived import Definitions, Derived
from kogorta.segments.membership.masks import Masks, crossed
from kogorta.segments.membership.moments import NEVER, Zone
from kogorta.segments.membership.population import Population
from kogorta.segments.membership.ruleset import RuleSet
from kogorta.segments.membership.transitions import CAUSES, Crossings
from kogorta.segments.membership.waiting import WaitingRoom
from kogorta.segments.rules.columns import Evaluation
from kogorta.segments.rules.matching import day_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from kogorta.segments.membership.changes import Changes
    from kogorta.segments.membership.ruleset import WatchedRule
    from kogorta.segments.membership.transitions import Cause

    Ints = NDArray[np.int64]

CHUNK: Final = 65_536
"""Customers looked at together when all of them are."""
_EVENT, _TIME, _RULE = (CAUSES.index(cause) for cause in ("event", "time", "rule"))


@dataclass(frozen=True)
class Outcome:
    """What one tick found.

    Args:
        at: the moment the memberships are true at, microseconds.
        looked_at: how many customers were evaluated.
        crossings: transitions, by rule.
    """

    at: int
    looked_at: int
    crossings: tuple[Crossings, ...]

    @property
    def transitions(self) -> int:
        """How many there are."""
        return sum(map(len, self.crossings))


class Membership:
    """Who is in which segment, kept current.

    Time never runs back: a tick at an earlier moment than the last one is held at the last one.

    Args:
        time_zone: IANA zone of the company; its days are the days of rules.
        unit: minor units in a major one.
        definitions: frozen cut points and stages.

    Example:
        >>> from kogorta.segments.membership.ruleset import WatchedRule
        >>> from kogorta.segments.rules.formula import parse_formula
        >>> members = Membership(time_zone="Europe/Moscow")
        >>> members.set_rules({"big": WatchedRule("big", 1, parse_formula("revenue(30d) > 1000"))}, at=0).transitions
        0
    """

    def __init__(self, *, time_zone: str, unit: int = 100, definitions: Definitions | None = None) -> None:
        self.zone = Zone(time_zone)
        self.population = Population(unit=unit)
        self.definitions = definitions or Definitions()
        self.rules = RuleSet()
        self.waiting = WaitingRoom()
        self.now = -NEVER
        self._masks = Masks()
        self._again = np.empty(0, dtype=np.int64)
        self._moves = 0
        self._knows_moves = True  # nobody has moved yet

    @property
    def nbytes(self) -> int:
        """Memory of state and masks, bytes."""
        return self.population.nbytes + self._masks.nbytes + self.waiting.moments.nbytes

    def members(self, segment: str) -> Ints:
        """Numbers of the customers in a segment, ascending."""
        slot = next(slot for slot, rule in self.rules.taken() if rule.name == segment)
        return self._masks.members(slot)

    def counts(self) -> Mapping[str, int]:
        """How many customers are in each segment."""
        return {rule.name: len(self.members(rule.name)) for _, rule in self.rules.taken()}

    def restore(self, segment: str, members: Ints) -> None:
        """Put recorded members back after a restart: no transition comes of it."""
        slot = next(slot for slot, rule in self.rules.taken() if rule.name == segment)
        self._fit()
        self._masks.clear(slot)
        self._masks.add(slot, members)
        self._knows_moves = False

    def restore_moves(self, customers: Ints, segments: Sequence[str], entered: NDArray[np.bool_], days: NDArray[np.int32]) -> None:
        """Put all recorded moves back, in their order, in the place of those held: after a restart, or for the first rule about moves.

        Until then a rule about moves is refused: moves nobody told of would look like moves that never were.

        Args:
            customers: shape (k,), who moved.
            segments: names, one for each move.
            entered: shape (k,), whether each entered; else he left.
            days: shape (k,), business days since 1970.
        """
        names, ways = self.population.lexicon("transitions", "segment"), self.population.lexicon("transitions", "way")
        count = len(customers)
        self._knows_moves, self._moves = True, count
        self.population.forget_moves()
        if not count:
            return
        columns = {
            "day": days.astype(np.int32),
            "segment": names.codes(segments),
            "way": np.where(entered, ways.code("entered"), ways.code("left")).astype(np.int32),
        }
        rows = self.population.rows["transitions"]
        rows.grow(self.population.customers)
        rows.replace(np.arange(count), np.ones(count, dtype=np.int64), customers, columns)

    def tick(self, changes: Changes = NOTHING, *, at: int) -> Outcome:
        """Take in what happened and look at everybody concerned: those touched, and those whose moment has come.

        Args:
            changes: what happened since the last tick.
            at: the moment of this tick, microseconds since 1970 in UTC.

        Returns:
            Who crossed which border, and why.
        """
        self.now = max(self.now, at)
        touched = self.population.apply(changes, self.rules.event_types)
        customers, events, slightly = touched.customers, touched.events, touched.slightly
        due = self.waiting.due(self.now)
        if len(self._again):
            due, self._again = np.union1d(due, self._again), np.empty(0, dtype=np.int64)
        if len(due):
            customers = np.union1d(touched.customers, due)
            place = np.searchsorted(customers, touched.customers)
            events = np.full(len(customers), -1, dtype=np.int64)
            events[place] = touched.events
            slightly = np.zeros(len(customers), dtype=np.bool_)
            slightly[place] = touched.slightly & ~np.isin(touched.customers, due)
        if not slightly.any():
            return self._look(customers, events, None)
        whole = self._look(customers[~slightly], events[~slightly], None)
        slight = self._glance(customers[slightly], events[slightly])
        return Outcome(self.now, whole.looked_at + slight.looked_at, (*whole.crossings, *slight.crossings))

    @property
    def has_second_looks(self) -> bool:
        """Whether somebody moved in the last tick and a rule asks about moves: he is looked at again by the next one."""
        return len(self._again) > 0

    def prepare(self, rules: Mapping[str, WatchedRule]) -> None:
        """Take rules over without looking at anybody: members are put back by `restore`, then `recompute` looks."""
        self.rules = self.rules.with_rules(rules)
        self.population.know_salts(self.rules.salts)

    def set_rules(self, rules: Mapping[str, WatchedRule | None], *, at: int, cause: Cause = "rule") -> Outcome:
        """Create, edit (same name) or delete (None) rules while running; everybody is looked at.

        Returns:
            Who entered and left by the change; members of a deleted segment leave it.

        Raises:
            ValueError: a rule asks about moves and those of before were not put back; nothing has changed then.
        """
        self._check_moves(self.rules.with_rules(rules))
        self.now = max(self.now, at)
        gone = [self._dissolved(slot, rule) for slot, rule in self.rules.taken() if rule.name in rules and rules[rule.name] is None]
        self.rules = self.rules.with_rules(rules)
        self.population.know_salts(self.rules.salts)
        found = self._look_at_all(cause, frozenset(rules))
        for one in gone:  # moves of this change, so rules see them from the next tick on
            self._record(one.segment, one.customers, one.entered)
        return Outcome(self.now, found.looked_at, (*(one for one in gone if len(one)), *found.crossings))

    def refit(self, definitions: Definitions, *, at: int) -> Outcome:
        """Take over cut points learnt anew; the transitions say that it was the cut points that moved."""
        self.now = max(self.now, at)
        self.definitions = definitions
        return self._look_at_all("refit")

    def recompute(self, *, at: int, cause: Cause = "healed") -> Outcome:
        """Look at everybody: after a restart, or to put right what a full recompute found wrong."""
        self.now = max(self.now, at)
        return self._look_at_all(cause)

    def _look_at_all(self, cause: Cause, changed: frozenset[str] | None = None) -> Outcome:
        """Look at everybody; crossings of rules that did not change come of time."""
        looked = 0
        found: list[Crossings] = []
        everybody = np.arange(self.population.customers)
        for start in range(0, len(everybody), CHUNK):
            part = everybody[start : start + CHUNK]
            outcome = self._look(part, np.full(len(part), -1, dtype=np.int64), CAUSES.index(cause))
            looked += outcome.looked_at
            found += (crossings.apart() for crossings in outcome.crossings)
        by_rule: dict[str, list[Crossings]] = {}
        for one in found:
            other = changed is not None and one.segment not in changed
            by_rule.setdefault(one.segment, []).append(replace(one, causes=np.full_like(one.causes, _TIME)) if other else one)
        return Outcome(self.now, looked, tuple(_joined(parts) for parts in by_rule.values()))

    def _look(self, customers: Ints, events: Ints, cause: int | None) -> Outcome:
        """Evaluate all rules for some customers, keep their masks and next moments."""
        self._check_moves(self.rules)
        self._fit()
        crossings: list[Crossings] = []
        there = self.population.is_customer(customers)
        if not there.all():
            crossings += self._leave(customers[~there], events[~there], cause)
            customers, events = customers[there], events[there]
        if len(customers):
            crossings += self._evaluate(self.rules, customers, events, cause)
        return Outcome(self.now, len(there), tuple(crossings))

    def _glance(self, customers: Ints, events: Ints) -> Outcome:
        """Evaluate the rules that read events for customers to whom nothing else came and whose moment has not: the others stand."""
        self._fit()
        rules = self.rules.of_events
        found = self._evaluate(rules, customers, events, None) if rules.questions.slots else []
        return Outcome(self.now, len(customers), tuple(found))

    def _evaluate(self, rules: RuleSet, customers: Ints, events: Ints, cause: int | None) -> list[Crossings]:
        evaluation, derived, later = self._evaluation(rules, customers)
        questions = rules.questions
        answers = questions.ask(evaluation)
        moments = self._moments(rules, evaluation, derived, later)
        if rules is not self.rules:
            np.minimum(moments, self.waiting.of(customers), out=moments)
        self.waiting.put(customers, moments)
        found = crossed(self._masks.of(customers), {slot: answers.truth(slot) for slot in questions.slots})
        return self._crossings(found, customers, events, cause, partial(questions.seen, answers))

    def _rule(self, slot: int) -> WatchedRule:
        rule = self.rules.slots[slot]
        assert rule is not None  # noqa: S101  (bits are set for slots in use)
        return rule

    def _crossings(
        self,
        borders: list[tuple[int, Ints]],
        customers: Ints,
        events: Ints,
        cause: int | None,
        seen: Callable[[int, Ints], Callable[[], tuple[Seen, ...]]],
    ) -> list[Crossings]:
        """Turn the bits of those who crossed, and tell their transitions by rule: of all of them at once, and each rule has its part.

        Args:
            borders: slots, and for each the places among the customers who crossed its border.
            customers: who was looked at.
            events: what happened to each, -1 where nothing did.
            cause: why, when it is the same for all.
            seen: how to look up the values the conditions of a slot saw of some places.
        """
        if not borders:
            return []
        places = np.concatenate([some for _, some in borders])
        ends = np.cumsum([len(some) for _, some in borders]).tolist()
        who, what = customers.take(places), events.take(places)
        way = self._masks.flip(who, np.repeat([slot for slot, _ in borders], [len(some) for _, some in borders]))
        why = np.where(what >= 0, np.int8(_EVENT), np.int8(_TIME)) if cause is None else np.full(len(places), cause, dtype=np.int8)
        found: list[Crossings] = []
        for (slot, some), end in zip(borders, ends, strict=True):
            part, rule = slice(end - len(some), end), self._rule(slot)
            self._record(rule.name, who[part], way[part])
            found.append(Crossings(rule.name, rule.version, self.now, who[part], way[part], why[part], what[part], seen(slot, some)))
        return found

    def _record(self, segment: str, customers: Ints, entered: NDArray[np.bool_]) -> None:
        """Moves are rows of history too; who moved is looked at again, for rules about moves."""
        if "transitions" not in self.rules.grains:
            self._knows_moves = self._knows_moves and not len(customers)
            return
        rows = self.population.rows["transitions"]
        rows.grow(self.population.customers)
        first = self._moves
        self._moves += len(customers)
        names, ways = self.population.lexicon("transitions", "segment"), self.population.lexicon("transitions", "way")
        way = np.where(entered, ways.code("entered"), ways.code("left"))
        today = day_number(self.zone.day_of(self.now))
        columns = {
            "day": np.full(len(customers), today, dtype=np.int32),
            "segment": np.full(len(customers), names.code(segment), dtype=np.int32),
            "way": way.astype(np.int32),
        }
        rows.replace(np.arange(first, self._moves), np.ones(len(customers), dtype=np.int64), customers, columns)
        self._again = np.union1d(self._again, customers)

    def _leave(self, customers: Ints, events: Ints, cause: int | None) -> list[Crossings]:
        """Cards merged into others are in no segment and wait for nothing."""
        self.waiting.put(customers, np.full(len(customers), NEVER))
        nowhere = np.zeros(len(customers), dtype=np.bool_)
        found = crossed(self._masks.of(customers), {slot: nowhere for slot, _ in self.rules.taken()})
        return self._crossings(found, customers, events, cause, lambda *_: tuple)

    def _check_moves(self, rules: RuleSet) -> None:
        if "transitions" in rules.grains and not self._knows_moves:
            raise ValueError("a rule asks who entered or left: put the recorded moves back with restore_moves before it is watched")

    def _dissolved(self, slot: int, rule: WatchedRule) -> Crossings:
        """Everybody out of a segment that is no more."""
        members = self._masks.members(slot)
        self._masks.clear(slot)
        out = np.zeros(len(members), dtype=np.bool_)
        why, what = np.full(len(members), _RULE, dtype=np.int8), np.full(len(members), -1, dtype=np.int64)
        return Crossings(rule.name, rule.version, self.now, members, out, why, what)

    def _evaluation(self, rules: RuleSet, customers: Ints) -> tuple[Evaluation, Derived | None, Ints]:
        """The rules' view of some customers now, and the day of the first row each has still ahead."""
        today = self.zone.day_of(self.now)
        state, later = self.population.state_of(customers, rules.fields, rules.grains, today)
        derived = None
        if rules.derived:
            derived = Derived.of(state.histories["orders"], self.definitions, day_number(today))
            state = state.with_columns(derived.columns(rules.derived))
        return Evaluation(state, today, rules.whole, now=self.now, windows=rules.clockwork.windows), derived, later

    def _moments(self, rules: RuleSet, evaluation: Evaluation, derived: Derived | None, later: Ints) -> Ints:
        """When each is to be looked at again."""
        days = np.minimum(rules.clockwork.next_days(evaluation, derived), later)
        moments = self.zone.midnights(days, evaluation.as_of)
        np.minimum(moments, rules.clockwork.next_hours(evaluation), out=moments)
        return moments

    def _fit(self) -> None:
        """Room in the masks for every customer and every slot."""
        self._masks.grow(self.population.customers, len(self.rules.slots))


def _joined(parts: list[Crossings]) -> Crossings:
    """Crossings of one rule found in several chunks, as one."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    width = min(len(part.values) for part in parts)
    return Crossings(
        first.segment,
        first.version,
        first.at,
        np.concatenate([part.customers for part in parts]),
        np.concatenate([part.entered for part in parts]),
        np.concatenate([part.causes for part in parts]),
        np.concatenate([part.events for part in parts]),
        lambda: tuple(Seen.joined([part.values[place] for part in parts]) for place in range(width)),
    )
