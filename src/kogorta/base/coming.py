"""Orders of a base as they will be once it has taken in events that come one after the other.

What the base has is put aside once, so that a telling costs what it tells and not what the base has. Orders are told one by one: only
those it speaks of, and of customers only those who lose or get an order by it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from kogorta.base.draft import Draft
from kogorta.base.events import keep_new, note_coming
from kogorta.base.tables import column_list
from kogorta.base.told import ORDER, TYPES, lines_of, net_with, newest_of, said_by
from kogorta.engine.duck import first_row, literal, register_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.events import Event

_TELLING: Final = f"type IN ({', '.join(map(literal, TYPES))})"


class ComingOrders:
    """What events say of the orders of a base, before it has taken them in; nothing of it is ever written.

    Args:
        base: opened for this alone, and not written to by it.

    Example:
        >>> from kogorta.base.customer_base import CustomerBase
        >>> coming = ComingOrders(CustomerBase(None))
        >>> coming.tell([])
        {}
    """

    def __init__(self, base: CustomerBase) -> None:
        self.base = base
        self._draft = Draft(base.shelf, None, large=False)
        self._is_prepared = False

    @property
    def has_told_base(self) -> bool:
        """Whether the base itself has events that tell of orders."""
        return first_row(self.base.connection.execute(f"SELECT 1 FROM events WHERE {_TELLING} LIMIT 1")) is not None

    def prepare(self) -> None:
        """Put aside what the base has, so that nothing of its files is read afterwards; the first telling does it otherwise."""
        if self._is_prepared:
            return
        shelf, large = self.base.shelf, self.base.is_large
        orders, events = column_list("orders"), column_list("events")
        shelf.keep_keyed("base_orders", f"SELECT {orders} FROM orders", "customer_id", large=large)
        shelf.keep_keyed("base_owners", "SELECT order_id, customer_id FROM orders", "order_id", large=large)
        shelf.keep_keyed("base_lines", f"SELECT {column_list('order_lines')} FROM order_lines", "order_id", large=large)
        shelf.keep_keyed("base_customers", "SELECT customer_id FROM customers", "customer_id", large=large)
        shelf.keep_keyed("base_told", f"SELECT {events} FROM events WHERE {_TELLING}", "event_id", large=large)
        said = self._said_by(f"(SELECT {events} FROM base_told WHERE type = {literal(ORDER)})")
        shelf.keep_keyed("base_said", said, "order_id", large=large)
        shelf.keep("merges", f"SELECT {column_list('merges')} FROM merges", large=False)
        shelf.keep("coming_said", "SELECT * EXCLUDE (hash_of_key) FROM base_said LIMIT 0", large=False)
        shelf.keep("coming_told", self._newest_of("coming_said"), large=False)
        self._is_prepared = True

    def tell(self, events: Sequence[Event]) -> Mapping[str, Sequence[str]]:
        """Take in more events.

        Args:
            events: as `CustomerBase.add_events` takes them; those the base has, those of customers it does not know and those that tell of
                no order are passed over.

        Returns:
            Ids of the customers whose orders may be others now -> ids of the events that did it.
        """
        if not events:
            return {}
        self.prepare()
        draft, connection, shelf = self._draft, self.base.connection, self.base.shelf
        note_coming(draft, events)
        there = shelf.rows_with("base_told", "event_id", "SELECT event_id FROM coming_events")
        known = shelf.rows_with("base_customers", "customer_id", "SELECT customer_id FROM coming_events")
        keep_new(draft, there=f"({there}) AS there", known=f"({known}) AS known")
        draft.keep("fresh", f"SELECT * FROM ({self._said_by('new_events')}) AS s ANTI JOIN coming_said USING (event_id)")
        first = "SELECT DISTINCT order_id FROM fresh ANTI JOIN coming_told USING (order_id)"
        owners, said = shelf.rows_with("base_owners", "order_id", first), shelf.rows_with("base_said", "order_id", first)
        draft.keep("owners_before", f"SELECT order_id, customer_id FROM coming_told SEMI JOIN fresh USING (order_id) UNION ALL {owners}")
        connection.execute(f"INSERT INTO coming_said {said} UNION ALL FROM fresh")
        draft.keep("retold", self._newest_of("(FROM coming_said SEMI JOIN fresh USING (order_id))"))
        connection.execute("DELETE FROM coming_told WHERE order_id IN (SELECT order_id FROM fresh)")
        connection.execute("INSERT INTO coming_told FROM retold")
        found = connection.execute(
            """SELECT customer_id, list(DISTINCT event_id) FROM fresh JOIN (
                FROM owners_before UNION ALL SELECT order_id, customer_id FROM retold) AS o USING (order_id)
            GROUP BY customer_id ORDER BY customer_id"""
        ).fetchall()
        draft.clear()
        return dict(found)

    @contextmanager
    def seen(self, customers: Iterable[str]) -> Iterator[None]:
        """See in `orders` and `order_lines` of the base all orders of some customers alone, as they will be; within the block.

        Args:
            customers: ids of customers.
        """
        self.prepare()
        shelf = self.base.shelf
        with shelf.trial():
            draft = Draft(shelf, None, large=False)
            register_mapping(shelf.connection, "alone", {"customer_id": list(customers)})
            theirs = shelf.rows_with("base_orders", "customer_id", "FROM alone")
            draft.keep("told", "FROM coming_told SEMI JOIN alone USING (customer_id)")
            net_with(draft, f"({theirs}) AS o ANTI JOIN coming_told USING (order_id)", "told", self.base.currency)
            lines = shelf.rows_with("base_lines", "order_id", "SELECT order_id FROM now_orders ANTI JOIN told USING (order_id)")
            draft.keep("now_lines", f"{lines} UNION ALL {lines_of('told')}")
            shelf.show("orders", "FROM now_orders")
            shelf.show("order_lines", "FROM now_lines")
            yield

    def _said_by(self, events: str) -> str:
        return said_by(events, refunds=self.base.refund_policy == "net")

    def _newest_of(self, said: str) -> str:
        """Query of the orders told, as of `newest_of`, and whose they are."""
        newest = newest_of(said, currency=self.base.currency, time_zone=self.base.time_zone)
        return f"""SELECT t.* EXCLUDE (tellers), coalesce(m.kept_id, t.entity_id) AS customer_id
            FROM ({newest}) t LEFT JOIN merges m ON m.merged_id = t.entity_id"""
