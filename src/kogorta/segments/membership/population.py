"""Customers in memory: their cards, the rows of their histories, and which cards are one person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kogorta.segments.membership.changes import ROW_KINDS
from kogorta.segments.membership.lexicon import Lexicon
from kogorta.segments.membership.moments import NEVER
from kogorta.segments.membership.rows import Kind, Rows, order_of, starts_of
from kogorta.segments.rules.fields import FIELDS, family
from kogorta.segments.rules.snapshot import TEXT_COLUMNS
from kogorta.segments.rules.state import History, Numbers, State, Texts, buckets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from numpy.typing import NDArray

    from kogorta.segments.membership.changes import CardChanges, Changes, Merge, RowChanges
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.state import Column

    Ints = NDArray[np.int64]
    Columns = dict[str, NDArray[Any]]

CARD_TYPES: Mapping[str, type[np.generic]] = {"day": np.int32, "share": np.float64, "number": np.float64}
"""Types of number fields by kind; the others are whole numbers."""


@dataclass(frozen=True, eq=False)
class Touched:
    """To whom something happened.

    Args:
        customers: shape (k,), different customers, ascending.
        events: shape (k,), the last sequence number that touched each.
        slightly: shape (k,), whether nothing but events came to a customer known before.
    """

    customers: Ints
    events: Ints
    slightly: NDArray[np.bool_]


class Population:
    """Customers and their histories.

    Args:
        unit: minor units in a major one.

    Example:
        >>> Population(unit=100).customers
        0
    """

    def __init__(self, *, unit: int) -> None:
        self.unit = unit
        self.lexicons: dict[tuple[str, str], Lexicon] = {}
        self.rows: dict[Grain, Rows] = {grain: Rows(kinds) for grain, kinds in ROW_KINDS.items()}
        self.texts = frozenset((grain, name) for grain, names in TEXT_COLUMNS.items() for name in names)
        self._used = 0
        self._ids: list[str] = []
        self._kept = np.empty(0, dtype=np.int64)
        self._there: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._families = Families()
        self._numbers: dict[str, tuple[Ints, NDArray[np.bool_]]] = {}
        self._texts: dict[str, NDArray[np.int32]] = {}
        self._buckets: dict[str, Ints] = {}

    @property
    def customers(self) -> int:
        """Cards held, merged ones too."""
        return self._used

    @property
    def nbytes(self) -> int:
        """Memory of cards and rows, bytes (ids and texts left out)."""
        cards = sum(values.nbytes + known.nbytes for values, known in self._numbers.values())
        return cards + sum(codes.nbytes for codes in self._texts.values()) + sum(rows.nbytes for rows in self.rows.values())

    def id_of(self, customer: int) -> str:
        """The id of a customer."""
        return self._ids[customer]

    def lexicon(self, grain: str, column: str) -> Lexicon:
        """The texts of a column of rows, or of a field when the grain is `customers`."""
        return self.lexicons.setdefault((grain, column), Lexicon())

    def is_customer(self, customers: Ints) -> NDArray[np.bool_]:
        """Whether something has been told of each card and it is not merged into another."""
        return np.asarray(self._there.take(customers) & (self._kept.take(customers) == customers))

    def roots(self, customers: Ints) -> Ints:
        """The customer each card belongs to."""
        return self._kept[customers]

    def field_of(self, name: str, customers: Ints) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """What is held of a field for some cards (codes of a text), and whether it is known; a card not held yet has nothing."""
        there = customers < self._used
        inside = np.where(there, customers, 0)
        codes = self._texts.get(name)
        if codes is not None:
            found = np.where(there, codes[inside], -1)
            return found, found >= 0
        pair = self._numbers.get(name)
        if pair is None:
            missing = -1 if family(FIELDS[name].kind) != "number" else 0
            return np.full(len(customers), missing), np.zeros(len(customers), dtype=np.bool_)
        return pair[0][inside], pair[1][inside] & there

    def apply(self, changes: Changes, event_types: frozenset[str] | None = None) -> Touched:
        """Take in what happened.

        Args:
            changes: what happened.
            event_types: a new event of another type touches nobody; None when any does.
        """
        touched: list[Ints] = []
        events: list[Ints] = []
        slight = 0
        # events come last: who is touched by nothing else is told apart
        for grain, found in sorted(changes.rows.items(), key=lambda item: item[0] == "events"):
            rows = self.rows[grain]
            self._reserve(int(found.owners.max(initial=-1)) + 1)
            before = rows.owners(found.records)
            rows.replace(found.records, found.counts, found.owners, found.columns)
            moved = (before >= 0) & (before != found.owners)
            owners, numbers = found.owners, found.events
            if grain == "events" and event_types is not None:
                concern = (before >= 0) | ~self._there.take(owners) | self._is_of(event_types, found)
                owners, numbers = owners[concern], numbers[concern]
            touched += [owners, before[moved]]
            events += [numbers, found.events[moved]]
            slight = len(owners) + int(moved.sum()) if grain == "events" else 0
        if changes.cards is not None:
            self._take_cards(changes.cards)
            touched.insert(0, changes.cards.customers)
            events.insert(0, changes.cards.events)
        for merge in changes.merges:
            both = np.array(self._merge(merge), dtype=np.int64)
            touched.insert(0, both)
            events.insert(0, np.full(len(both), merge.event, dtype=np.int64))
        if not touched:
            return Touched(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_))
        whose, numbers = np.concatenate(touched), np.concatenate(events)
        new = ~self._there.take(whose)
        new[: len(new) - slight] = True
        self._there[whose] = True
        roots = self._kept.take(whose)
        new |= roots != whose
        if changes.merges:
            # a card that was merged away is looked at too: it must leave everything
            whose, numbers, new = np.concatenate([whose, roots]), np.concatenate([numbers, numbers]), np.concatenate([new, new])
        else:
            whose = roots
        order = order_of(whose)
        whose, numbers, new = whose.take(order), numbers.take(order), new.take(order)
        first = np.ones(len(whose), dtype=np.bool_)
        first[1:] = whose[1:] != whose[:-1]
        customers, last, slightly = whose[first], numbers[first], ~new[first]
        again = np.flatnonzero(~first)
        group = np.searchsorted(customers, whose.take(again))
        np.maximum.at(last, group, numbers.take(again))
        slightly[group[new.take(again)]] = False
        return Touched(customers, last, slightly)

    def _is_of(self, event_types: frozenset[str], events: RowChanges) -> NDArray[np.bool_]:
        """Whether each event is of one of some types."""
        lexicon = self.lexicon("events", "type")
        asked = np.zeros(len(lexicon) + 1, dtype=np.bool_)  # the place after the last stands for no type
        asked[lexicon.places("in", tuple(sorted(event_types)))] = True
        found = np.zeros(len(events.records), dtype=np.bool_)
        found[np.repeat(np.arange(len(found)), events.counts)[asked[events.columns["type"]]]] = True
        return found

    def state_of(self, customers: Ints, fields: Iterable[str], grains: Mapping[Grain, frozenset[str]], as_of: date) -> tuple[State, Ints]:
        """What rules read, for some customers on a day.

        Args:
            customers: shape (k,), different customers, none merged into another.
            fields: columns of customers wanted; not those that follow from orders.
            grains: columns of rows wanted, by grain.
            as_of: the day; rows after it are not seen.

        Returns:
            The state, and for each customer the day of his first row not seen yet, the largest number where there is none.
        """
        columns = {name: self._column(name, customers) for name in fields}
        histories: dict[Grain, History] = {}
        later = np.full(len(customers), NEVER)
        for grain, wanted in grains.items():
            histories[grain], next_one = self.history(grain, customers, wanted, as_of)
            np.minimum(later, next_one, out=later)
        buckets = {salt: found[customers] for salt, found in self._buckets.items()}
        return State(as_of, self.unit, customers, columns, histories, buckets), later

    def history(self, grain: Grain, customers: Ints, columns: Iterable[str], as_of: date) -> tuple[History, Ints]:
        """Rows of some customers up to a day, those of cards merged into them among them.

        Returns:
            The rows, and for each customer the day of his first row after the day, the largest number where there is none.
        """
        rows = self.rows[grain]
        rows.grow(self._used)
        # attributes and moves are of the card a customer is known by, histories of all his cards
        columns = tuple(columns)
        wanted = {"day", *("record" if name == "order_no" else name for name in columns)}
        wanted |= {f"has_{name}" for name in columns if f"has_{name}" in rows.names}
        found, starts = (rows.of if grain in ("attributes", "transitions") else partial(self._rows_of, rows))(customers, wanted)
        whose = np.repeat(np.arange(len(customers)), np.diff(starts))
        later = np.full(len(customers), NEVER)
        unseen = found["day"] > as_of.toordinal() - 719_163
        if unseen.any():
            np.minimum.at(later, whose[unseen], found["day"][unseen].astype(np.int64))
            found, whose = {name: values[~unseen] for name, values in found.items()}, whose[~unseen]
            starts = starts_of(whose, len(customers))
        return History(whose, starts, {name: self._history_column(grain, name, found) for name in columns}), later

    def _history_column(self, grain: Grain, name: str, found: Columns) -> Column:
        values = found["record" if name == "order_no" else name]
        if (grain, name) in self.texts:
            return Texts(values, self.lexicon(grain, name))
        return Numbers(values, found.get(f"has_{name}"))

    def records(self, grain: Grain, customers: Ints) -> Ints:
        """Numbers of the records some customers have, ascending."""
        rows = self.rows[grain]
        rows.grow(self._used)
        found, _ = self._rows_of(rows, customers, {"record", "day"})
        return np.unique(found["record"]).astype(np.int64)

    def forget_moves(self) -> None:
        """Let go of all recorded moves."""
        self.rows["transitions"] = Rows(ROW_KINDS["transitions"])
        self.rows["transitions"].grow(len(self._kept))

    def know_salts(self, salts: Iterable[str]) -> None:
        """Draw the buckets of random shares for everybody."""
        for salt in salts:
            if salt not in self._buckets:
                self._buckets[salt] = np.empty(0, dtype=np.int64)
            self._draw(salt)

    def _draw(self, salt: str) -> None:
        drawn = self._buckets[salt]
        if len(drawn) < self._used:
            more = buckets_of(salt, self._ids[len(drawn) : self._used])
            self._buckets[salt] = np.concatenate([drawn, more])

    def _rows_of(self, rows: Rows, customers: Ints, names: set[str]) -> tuple[Columns, Ints]:
        extra = self._families.parts_of(customers)
        if not extra:
            return rows.of(customers, names)
        whose = np.concatenate([np.arange(len(customers)), np.array([place for place, _ in extra], dtype=np.int64)])
        parts = np.array([part for _, part in extra], dtype=np.int64)
        found, starts = rows.of(np.concatenate([customers, parts]), {*names, "day", "record"})
        owner = np.repeat(whose, np.diff(starts))
        order = np.lexsort((found["record"], found["day"], owner))
        return {name: values[order] for name, values in found.items()}, starts_of(owner[order], len(customers))

    def _column(self, name: str, customers: Ints) -> Column:
        kind = FIELDS[name].kind
        if family(kind) != "number":
            codes = self._texts.get(name)
            found = np.full(len(customers), -1, dtype=np.int32) if codes is None else codes.take(customers)
            return Texts(found, self.lexicon("customers", name))
        pair = self._numbers.get(name)
        if pair is None:
            return Numbers(np.zeros(len(customers), dtype=np.int64), np.zeros(len(customers), dtype=np.bool_))
        return Numbers(pair[0].take(customers), pair[1].take(customers))

    def _take_cards(self, cards: CardChanges) -> None:
        self._reserve(int(cards.customers.max(initial=-1)) + 1)
        size = len(self._kept)
        for place, customer in enumerate(cards.customers.tolist()):
            self._ids[customer] = cards.ids[place]
        for salt, drawn in self._buckets.items():
            drawn[cards.customers] = buckets_of(salt, cards.ids)
        for name, (values, known) in cards.numbers.items():
            if name not in self._numbers:
                kind = CARD_TYPES.get(FIELDS[name].kind, np.int64)
                self._numbers[name] = np.zeros(size, dtype=kind), np.zeros(size, dtype=np.bool_)
            held, there = self._numbers[name]
            if values.dtype.kind == "f" and held.dtype.kind != "f":
                held = held.astype(np.float64)  # forecasts are not whole minor units
                self._numbers[name] = held, there
            held[cards.customers], there[cards.customers] = values, known
        for name, codes in cards.texts.items():
            if name not in self._texts:
                self._texts[name] = np.full(size, -1, dtype=np.int32)
            self._texts[name][cards.customers] = codes

    def _reserve(self, customers: int) -> None:
        """Room for customers; arrays grow by a tenth at least, so that growing stays cheap."""
        if customers <= self._used:
            return
        self._ids.extend(str(number) for number in range(self._used, customers))
        if customers > len(self._kept):
            size = max(customers, int(1.1 * len(self._kept)) + 1024)
            self._kept = np.concatenate([self._kept, np.arange(len(self._kept), size)])
            self._there = _padded(self._there, size, 0)
            self._numbers = {name: (_padded(values, size, 0), _padded(known, size, 0)) for name, (values, known) in self._numbers.items()}
            self._texts = {name: _padded(codes, size, -1) for name, codes in self._texts.items()}
        self._used = customers
        for rows in self.rows.values():
            rows.grow(len(self._kept))
        for salt in self._buckets:
            self._draw(salt)

    def _merge(self, merge: Merge) -> list[int]:
        """Put a card under a customer, or on its own again; returns the customers concerned."""
        self._reserve(max(merge.merged, merge.kept) + 1)
        before, kept = int(self._kept[merge.merged]), int(self._kept[merge.kept])
        for card, root in self._families.move(merge.merged, merge.kept).items():
            self._kept[card] = root
        return sorted({merge.merged, merge.kept, before, kept, int(self._kept[merge.merged])})


class Families:
    """Which cards are parts of which customer.

    Example:
        >>> families = Families()
        >>> families.move(1, 0), families.move(2, 1), families.move(1, 1)
        ({1: 0}, {2: 0}, {1: 1, 2: 1})
    """

    def __init__(self) -> None:
        self._above: dict[int, int] = {}
        self._below: dict[int, list[int]] = {}

    def root(self, card: int) -> int:
        """The customer a card belongs to."""
        while card in self._above:
            card = self._above[card]
        return card

    def move(self, card: int, under: int) -> dict[int, int]:
        """Put a card under another, or on its own when both are the same; returns the new customer of every card that has one.

        Raises:
            ValueError: the other card belongs to this one.
        """
        if card != under and self.root(under) == card:
            raise ValueError(f"card {under} belongs to card {card}; take it out before merging {card} into it")
        above = self._above.pop(card, None)
        if above is not None:
            self._below[above].remove(card)
            if not self._below[above]:
                del self._below[above]
        if card != under:
            self._above[card] = under
            self._below.setdefault(under, []).append(card)
        root = self.root(card)
        return dict.fromkeys([card, *self._under(card)], root)

    def parts_of(self, customers: Ints) -> list[tuple[int, int]]:
        """Place among the customers asked and number of every other card that belongs to them."""
        if not self._below:
            return []
        heads = np.array(sorted(self._below), dtype=np.int64)
        places = np.flatnonzero(np.isin(customers, heads))
        return [(int(place), part) for place in places for part in self._under(int(customers[place]))]

    def _under(self, card: int) -> list[int]:
        found = []
        waiting = list(self._below.get(card, ()))
        while waiting:
            part = waiting.pop()
            found.append(part)
            waiting += self._below.get(part, ())
        return found


def _padded(array: NDArray[Kind], size: int, fill: int) -> NDArray[Kind]:
    return np.concatenate([array, np.full(size - len(array), fill, dtype=array.dtype)])
