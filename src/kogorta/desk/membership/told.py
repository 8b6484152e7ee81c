"""Orders of customers about whom orders or refunds came in as events: all of them, as the base will have them, for the tick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.base.coming import ComingOrders
from kogorta.base.told import TYPES
from kogorta.desk.membership.tables import as_events
from kogorta.engine.duck import filled_sql, register_mapping
from kogorta.segments.membership.changes import RowChanges
from kogorta.segments.membership.loading import BaseTables
from kogorta.segments.rules.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.base.customer_base import CustomerBase
    from kogorta.desk.membership.received import Received
    from kogorta.segments.membership.population import Population
    from kogorta.segments.rules.fields import Grain

GRAINS: Final[tuple[Grain, ...]] = ("orders", "lines")
MOST_TOLD: Final = 500_000
"""Events about orders held beside the base until all is loaded anew, from a base that has taken them in."""
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


class ToldOrders:
    """Has the base itself work the orders out, from what it had when the customers were loaded and the events since: as it will have them.

    Args:
        base: in the state the customers were loaded from, opened for this alone.
        whose: how the watch knows customers.
        population: customers in memory.
        records: number of the next record of orders and of lines.
    """

    def __init__(self, base: CustomerBase, whose: Whose, population: Population, records: Mapping[Grain, int]) -> None:
        self._coming = ComingOrders(base)
        self._whose, self._population, self._next = whose, population, dict(records)
        self._told = 0

    @property
    def is_full(self) -> bool:
        """Whether so many events are held that it is better to begin anew."""
        return self._told >= MOST_TOLD

    def prepare(self) -> None:
        """Put aside what the base has of orders, if events have told of orders before; else the first one that does waits for it."""
        if self._coming.has_told_base:
            self._coming.prepare()

    def close(self) -> None:
        """Let go of the base."""
        self._coming.base.connection.close()

    def changes(self, events: Sequence[Received], *, with_tellers: bool = False) -> Mapping[Grain, RowChanges]:
        """All orders of everybody whose orders some events change, in the place of those held.

        Args:
            events: what came in since the last time; of what others than those of orders tell, nothing is read.
            with_tellers: also of those whose events change nothing, because the base has them.
        """
        telling = {event.event_id: event for event in events if event.type in TYPES and self._whose.number(event.customer_id) is not None}
        if not telling:
            return {}
        if not with_tellers:
            self._told += len(telling)
        told = self._coming.tell(as_events(telling.values()))
        last = {name: max(telling[event].number for event in found) for name, found in told.items()}
        if with_tellers:
            for event in telling.values():
                name = self._whose.customer(event.customer_id)
                last[name] = max(last.get(name, -1), event.number)
        last = {name: number for name, number in last.items() if name in self._whose.numbers}
        if not last:
            return {}
        with self._coming.seen(last):
            return self._in_place(self._coming.base, list(last), {self._whose.numbers[name]: number for name, number in last.items()})

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
