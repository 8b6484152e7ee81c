"""The rules a base is held against: each in a slot of the masks, with its version."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.segments.membership.asking import Questions
from kogorta.segments.membership.derived import DERIVED
from kogorta.segments.membership.due import Clockwork
from kogorta.segments.rules.book import EMPTY_BOOK, SegmentBook
from kogorta.segments.rules.fields import FILTERS, fold
from kogorta.segments.rules.leaves import Attribute, Compare, InSegment, Measure, Moved, RandomShare
from kogorta.segments.rules.state import needs_of
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.tree import LeafNode, Node


@dataclass(frozen=True)
class WatchedRule:
    """A segment whose members are kept current.

    Args:
        name: name of the segment, as other rules refer to it.
        version: grows with every edit; part of the reason of a transition.
        tree: its rule.
    """

    name: str
    version: int
    tree: Node


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Rules by slot. A slot is a bit of the masks; an edit keeps its slot, a deleted rule frees it.

    Args:
        slots: slot -> rule; None where the slot is free.
        book: saved segments rules may refer to besides those watched.

    Raises:
        InputError: a rule refers to itself through others, or to a segment that is not there.
    """

    slots: tuple[WatchedRule | None, ...] = ()
    book: SegmentBook = field(default=EMPTY_BOOK)

    def __post_init__(self) -> None:
        names = [rule.name for _, rule in self.taken()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError("Two segments have the name {name!r}; rename one.", name=twice[0])
        whole = SegmentBook({**self.book.rules, **{rule.name: rule.tree for _, rule in self.taken()}})
        object.__setattr__(self, "whole", whole)
        trees = [rule.tree for _, rule in self.taken()]
        needs = needs_of(trees, whole)
        object.__setattr__(self, "fields", needs.columns - DERIVED)
        object.__setattr__(self, "derived", needs.columns & DERIVED)
        object.__setattr__(self, "grains", _columns_read(trees, whole, derived=bool(needs.columns & DERIVED)))
        object.__setattr__(self, "clockwork", Clockwork(every_leaf(trees, whole)))
        object.__setattr__(self, "questions", Questions({slot: rule.tree for slot, rule in self.taken()}, whole))

    whole: SegmentBook = field(init=False)
    fields: frozenset[str] = field(init=False)
    derived: frozenset[str] = field(init=False)
    grains: Mapping[Grain, frozenset[str]] = field(init=False)
    clockwork: Clockwork = field(init=False)
    questions: Questions = field(init=False)

    @cached_property
    def of_events(self) -> RuleSet:
        """The rules, in their slots, whose answer can change by an event alone; the others are left out."""
        slots = tuple(rule if rule is not None and self._reads_events(rule.tree) else None for rule in self.slots)
        found = RuleSet(slots, self.whole_without(slots))
        # what time does to their other conditions was told when those were looked at
        leaves = every_leaf([rule.tree for _, rule in found.taken()], found.whole)
        object.__setattr__(found, "clockwork", Clockwork(leaf for leaf in leaves if _is_of_events(leaf)))
        return found

    @cached_property
    def event_types(self) -> frozenset[str] | None:
        """Types of events the rules ask about, in comparable form; None when an event of any type may matter."""
        found: set[str] = set()
        for leaf in every_leaf([rule.tree for _, rule in self.taken()], self.whole):
            if isinstance(leaf, Compare) and isinstance(leaf.figure, Measure) and leaf.figure.grain == "events":
                asked = next((item for item in leaf.figure.where if item.name == "type" and item.op in ("=", "in")), None)
                if asked is None:
                    return None
                values = asked.value if isinstance(asked.value, tuple) else (asked.value,)
                found.update(fold(str(value)) for value in values)
        return frozenset(found)

    def whole_without(self, slots: tuple[WatchedRule | None, ...]) -> SegmentBook:
        """All segments but those of some slots."""
        taken = {rule.name for rule in slots if rule is not None}
        return SegmentBook({name: tree for name, tree in self.whole.rules.items() if name not in taken})

    def _reads_events(self, rule: Node) -> bool:
        return any(map(_is_of_events, every_leaf([rule], self.whole)))

    def taken(self) -> Iterator[tuple[int, WatchedRule]]:
        """Slots in use with their rules."""
        for slot, rule in enumerate(self.slots):
            if rule is not None:
                yield slot, rule

    @property
    def salts(self) -> frozenset[str]:
        """Salts of random shares the rules draw."""
        trees = [rule.tree for _, rule in self.taken()]
        return frozenset(leaf.salt for leaf in every_leaf(trees, self.whole) if isinstance(leaf, RandomShare))

    def with_rules(self, rules: Mapping[str, WatchedRule | None]) -> RuleSet:
        """The set after some rules were created, edited (same name) or deleted (None)."""
        slots = list(self.slots)
        places = {rule.name: slot for slot, rule in self.taken()}
        for name in rules:
            if rules[name] is None and name in places:
                slots[places[name]] = None
        for name, rule in rules.items():
            if rule is None:
                continue
            if name in places:
                slots[places[name]] = rule
            elif None in slots:
                slots[slots.index(None)] = rule
            else:
                slots.append(rule)
        return RuleSet(tuple(slots), self.book)


def every_leaf(rules: Iterable[Node], book: SegmentBook) -> Iterator[LeafNode]:
    """Leaves of some rules and of the segments they refer to."""
    waiting, seen = list(rules), set()
    while waiting:
        for leaf in leaves_of(waiting.pop()):
            yield leaf
            if isinstance(leaf, InSegment) and leaf.name not in seen:
                seen.add(leaf.name)
                waiting.append(book.rule(leaf.name))


def _is_of_events(leaf: LeafNode) -> bool:
    return isinstance(leaf, Compare) and isinstance(leaf.figure, Measure) and leaf.figure.grain == "events"


_READ: Final[Mapping[str, tuple[str, ...]]] = {
    "revenue": ("amount",),
    "average_check": ("amount",),
    "largest_order": ("amount",),
    "discount": ("discount",),
    "items": ("quantity",),
    "categories": ("category",),
    "products": ("product",),
    "event_sum": ("value",),
    "event_average": ("value",),
    "hours_unanswered": ("moment",),
}
"""Columns functions read besides those of their filters."""


def _columns_read(rules: Iterable[Node], book: SegmentBook, *, derived: bool) -> Mapping[Grain, frozenset[str]]:
    """Columns of rows some rules read, by grain."""
    found: dict[Grain, set[str]] = {}
    if derived:
        found["orders"] = {"amount"}
    for leaf in every_leaf(rules, book):
        if isinstance(leaf, Moved):
            found.setdefault("transitions", set()).update(("segment", "way"))
        elif isinstance(leaf, Compare) and isinstance(leaf.figure, Attribute):
            found.setdefault("attributes", set()).update(("key", "text", "number"))
        elif isinstance(leaf, Compare) and isinstance(leaf.figure, Measure):
            measure = leaf.figure
            read = found.setdefault(measure.grain, set())
            read.update(_READ.get(measure.function, ()))
            read.update(column for item in measure.where for column in FILTERS[item.name].columns)
            if measure.kind == "hours":
                found.setdefault("orders", set()).add("moment")
            if measure.function == "order_share":
                found.setdefault("orders", set())
    for grain, columns in found.items():
        columns.add("day")
        if grain in ("orders", "lines"):
            columns.add("is_order")
        if grain == "lines":
            columns.add("order_no")
    return {grain: frozenset(columns) for grain, columns in found.items()}
