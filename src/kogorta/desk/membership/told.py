"""Orders of customers about whom orders or refunds came in as events: all of them, as the base will have them, for the tick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.base.told import TYPES
from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.desk.membership.received import received_waiting
from kogorta.desk.membership.tables import as_events
from kogorta.engine.duck import filled_sql, register_mapping
from kogorta.segments.membership.changes import RowChanges
from kogorta.segments.membership.loading import BaseTables
from kogorta.segments.rules.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kogorta.base.customer_base import CustomerBase
    from kogorta.desk.membership.received import Received
    from kogorta.segments.membership.population import Population
    from kogorta.segments.rules.fields import Grain

GRAINS: Final[tuple[Grain, ...]] = ("orders", "lines")
_LAST_DAY: Final = "9999-12-31"
"""Rows of days to come are held too: they are seen when their day has come."""


@dataclass(frozen=True)
class Whose:
    """How the watch knows customers.

    Args:
        numbers: customer_id -> his number.
        merged: card merged away -> customer it belongs to.
    """

    numbers: Mapping[str, int]
    merged: Mapping[str, str]

    def customer(self, card: str) -> str:
        """Id of the customer a card belongs to."""
        return self.merged.get(card, card)

    def number(self, card: str) -> int | None:
        """Number of the customer a card belongs to; None when the base does not know him."""
        return self.numbers.get(self.customer(card))


class Waiting:
    """Events about orders that the base has not taken in, tied to each other by customer and by order.

    Args:
        events: in their order.
        whose: how the watch knows customers.
    """

    def __init__(self, events: Iterable[Received], whose: Whose) -> None:
        self._whose = whose
        self._events: list[Received] = []
        self._customers: list[str] = []
        self._orders: list[str | None] = []
        self._of_customer: dict[str, list[int]] = {}
        self._of_order: dict[str, list[int]] = {}
        self.add(events)

    def add(self, events: Iterable[Received]) -> None:
        """Let later events wait too."""
        for event in events:
            place, customer, order = len(self._events), self._whose.customer(event.customer_id), event.order
            self._events.append(event)
            self._customers.append(customer)
            self._orders.append(order)
            self._of_customer.setdefault(customer, []).append(place)
            if order is not None:
                self._of_order.setdefault(order, []).append(place)

    def tied(self, customers: Iterable[str], orders: Iterable[str]) -> list[Received]:
        """Events of some customers and about some orders, of all who told of these orders, of all their orders, and so on."""
        found: set[int] = set()
        seen = [set[str](), set[str]()]
        new = [set(customers), set(orders)]
        while any(new):
            seen = [seen[0] | new[0], seen[1] | new[1]]
            places = {place for name in new[0] for place in self._of_customer.get(name, ())}
            places |= {place for name in new[1] for place in self._of_order.get(name, ())}
            found |= places
            tied = {order for place in places if (order := self._orders[place]) is not None}
            new = [{self._customers[place] for place in places} - seen[0], tied - seen[1]]
        return [self._events[place] for place in sorted(found)]

    def holds_all(self, customers: Iterable[str], events: Sequence[Received]) -> bool:
        """Whether some events are all that wait of some customers."""
        numbers = {event.number for event in events}
        return all(self._events[place].number in numbers for name in customers for place in self._of_customer.get(name, ()))


@dataclass(frozen=True)
class _Opened:
    """One state of the base, and the events about orders that it may lack."""

    version: str
    base: CustomerBase
    waiting: Waiting


class ToldOrders:
    """Has the base itself work the orders out, from what it has now and the events it lacks: as it will have them in a minute.

    The base stays open from one tick to the next, for as long as nobody has changed it.

    Args:
        whose: how the watch knows customers.
        population: customers in memory.
        records: number of the next record of orders and of lines.
    """

    def __init__(self, whose: Whose, population: Population, records: Mapping[Grain, int]) -> None:
        self._whose, self._population, self._next = whose, population, dict(records)
        self._opened: _Opened | None = None

    def changes(self, events: Sequence[Received], until: int) -> Mapping[Grain, RowChanges]:
        """All orders of everybody some events tell of, in the place of those held.

        Args:
            events: what came in since the last time.
            until: number of the last of them.
        """
        self.let_go_of_old()
        telling = [event for event in events if event.type in TYPES]
        if self._opened is not None:
            self._opened.waiting.add(telling)
        last = {number: event.number for event in telling if (number := self._whose.number(event.customer_id)) is not None}
        if not last:
            return {}
        opened = self._open(until)
        own = {self._whose.customer(event.customer_id) for event in telling}
        orders = {about for event in telling if (about := event.order) is not None}
        while True:
            found = opened.waiting.tied(own, orders)
            with opened.base.orders_told(as_events(found), of=sorted(own)) as names:
                if opened.waiting.holds_all(names, found):
                    return self._in_place(opened.base, [name for name in names if self._whose.number(name) is not None], last)
            own |= set(names)  # an order told of is another one's in the base, and events tell of him too

    def let_go_of_old(self) -> None:
        """Close the base when somebody has changed it: the files of this state are needed no more."""
        if self._opened is not None and self._opened.version != base_state().version:
            self._opened.base.connection.close()
            self._opened = None

    def _open(self, until: int) -> _Opened:
        if self._opened is None:
            # in this order: what is taken in between is told twice, and counts once
            version = base_state().version
            waiting = Waiting(received_waiting(TYPES, until), self._whose)
            self._opened = _Opened(version, open_desk_base(), waiting)
        return self._opened

    def _in_place(self, base: CustomerBase, names: Sequence[str], last: Mapping[int, int]) -> Mapping[Grain, RowChanges]:
        numbers = [self._whose.numbers[name] for name in names]
        register_mapping(base.connection, "whose", {"customer_id": names, "place": [str(place) for place in range(len(names))]})
        base.shelf.keep("told_whose", "SELECT customer_id, CAST(place AS BIGINT) AS customer_no FROM whose", large=False)
        for grain in GRAINS:
            query = filled_sql("segments/rules", grain, {"as_of": _LAST_DAY}, {"customers": "told_whose"})
            base.shelf.keep(f"told_{grain}_of_rules", query, large=False)
        held = Snapshot(base.connection, date.max, base.currency, "told_whose", "told_orders_of_rules", "told_lines_of_rules", "", "")
        return {grain: self._replaced(grain, BaseTables(held, self._population), numbers, last) for grain in GRAINS}

    def _replaced(self, grain: Grain, tables: BaseTables, numbers: Sequence[int], last: Mapping[int, int]) -> RowChanges:
        """New rows of some customers, and none for the records they had."""
        customers = np.array(numbers, dtype=np.int64)
        old, new = self._population.records(grain, customers), tables.rows(grain, customers)
        first = self._next[grain]
        self._next[grain] += len(new.records)
        owners = np.concatenate([self._population.rows[grain].owners(old), new.owners])
        return RowChanges(
            np.concatenate([old, first + np.arange(len(new.records))]),
            np.concatenate([np.zeros(len(old), dtype=np.int64), new.counts]),
            owners,
            new.columns,
            np.fromiter((last.get(owner, -1) for owner in owners.tolist()), dtype=np.int64, count=len(owners)),
        )
