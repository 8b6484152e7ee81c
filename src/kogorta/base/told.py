"""Orders and refunds told as events: they stay events of the base, and what they say of orders is put among its orders.

An event of type `order` says an order whole: its id, amount, status, where it came from, one item. The event of the latest moment counts,
whatever order they come in. An event of type `refund` gives money of an order back. Who speaks last of an order counts: a file that has it
takes the place of what events said before, and an event told later the place of what the file said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.base.refunds import match_refunds
from kogorta.base.tables import KEYS, TOLD, column_list
from kogorta.engine.duck import filled_sql, literal, register_mapping
from kogorta.kit.language import minor_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.base.draft import Draft

ORDER: Final = "order"
REFUND: Final = "refund"
TYPES: Final = (ORDER, REFUND)
"""Types of events that say something of orders."""
_PROPERTIES: Final = "CASE WHEN json_valid(properties) THEN properties END"
_CHANGED: Final = ("orders", "order_lines", "customer_days", "unusual_orders", "products")


def said_of_orders(events: str, *, currency: str, time_zone: str, refunds: bool) -> str:
    """Query of what the events of a table say of orders, in the base's currency: a row for each order and each refund.

    Args:
        events: a table of the shape of `events`.
        currency: of the base; amounts of events are in its major units.
        time_zone: in which a day ends.
        refunds: whether refunds are subtracted in this base.
    """
    return newest_of(f"({said_by(events, refunds=refunds)})", currency=currency, time_zone=time_zone)


def said_by(events: str, *, refunds: bool) -> str:
    """Query of what each event of a table says: the id of its order, and what is told of it.

    Args:
        events: a table of the shape of `events`.
        refunds: whether refunds are subtracted in this base.
    """
    return filled_sql("base", "said_of_orders", {"refunds": refunds}, {"events": events})


def newest_of(said: str, *, currency: str, time_zone: str) -> str:
    """Query of the orders told, each as its latest event says.

    Args:
        said: a table of the shape of `said_by`.
        currency: of the base; amounts of events are in its major units.
        time_zone: in which a day ends.
    """
    return filled_sql("base", "told_orders", {"unit": 10 ** minor_digits(currency), "zone": time_zone}, {"said": said})


def events_telling(fresh: str) -> str:
    """Query of all events that say something of the orders new ones speak of, in the columns of `events`.

    Args:
        fresh: a table of new events; `events` may have them already.
    """
    columns = column_list("events")
    about = f"json_extract_string({_PROPERTIES}, '$.order_id')"
    types = ", ".join(map(literal, TYPES))
    return f"""SELECT {columns} FROM events ANTI JOIN {fresh} USING (event_id) WHERE type = {literal(ORDER)} AND {about} IN (
            SELECT {about} FROM {fresh} WHERE type = {literal(ORDER)})
        UNION ALL SELECT {columns} FROM {fresh} WHERE type IN ({types})"""


def change_orders(draft: Draft, said: str, currency: str) -> None:
    """Put what events say of orders among the orders of a base, and follow it through all tables.

    Args:
        draft: where the changed rows go.
        said: query as of `said_of_orders`.
        currency: of the base.
    """
    draft.keep_old(_CHANGED)
    _retell(draft, said, currency)
    columns = column_list("order_lines")
    draft.keep("was_lines", f"SELECT {columns} FROM old_order_lines SEMI JOIN told USING (order_id)")
    draft.differ("order_lines", KEYS["order_lines"], "was_lines", "told_lines")
    for name in ("customer_days", "unusual_orders"):
        for time in ("was", "now"):
            draft.keep(f"{time}_{name}", filled_sql("base", name, {}, {"orders": f"{time}_orders"}))
    for name in ("orders", "customer_days", "unusual_orders"):
        draft.differ(name, KEYS[name], f"was_{name}", f"now_{name}")
    sold = "SELECT coalesce(product_id, name) FROM (FROM was_lines UNION ALL FROM told_lines)"
    draft.keep("was_products", f"SELECT * FROM old_products WHERE product_id IN ({sold})")
    draft.keep("touched_lines", f"SELECT * FROM order_lines WHERE coalesce(product_id, name) IN ({sold})")
    draft.keep("now_products", filled_sql("base", "products", {}, {"lines": "touched_lines"}))
    draft.differ("products", KEYS["products"], "was_products", "now_products")


def _retell(draft: Draft, said: str, currency: str) -> None:
    """Make `now_orders` and `told_lines`: all orders of the customers events speak of, net of refunds, and the items of those told.

    Also `told` (orders told), `told_customers`, and `was_orders`. A customer is spoken of by any event about an order that is or was his.

    Args:
        draft: where they go.
        said: query as of `said_of_orders`.
        currency: of the base.
    """
    draft.keep("told", f"SELECT * FROM ({said}) AS said")
    draft.keep(
        "told_customers",
        """SELECT DISTINCT customer_id FROM (
            SELECT coalesce(m.kept_id, t.teller) AS customer_id
            FROM (SELECT unnest(tellers) AS teller FROM told) t LEFT JOIN merges m ON m.merged_id = t.teller
            UNION ALL SELECT customer_id FROM orders SEMI JOIN told USING (order_id)) AS whose""",
    )
    draft.keep("was_orders", f"SELECT {column_list('orders')} FROM orders SEMI JOIN told_customers USING (customer_id)")
    net_with(draft, "was_orders ANTI JOIN told USING (order_id)", "told", currency)
    draft.keep("told_lines", lines_of("told"))


def net_with(draft: Draft, others: str, told: str, currency: str) -> None:
    """Make `now_orders`: all orders of some customers net of refunds, with those told among them.

    Args:
        draft: where they go.
        others: what `FROM` takes: their orders that were not told, in the shape of `orders`.
        told: table of their orders that were, as of `newest_of`.
        currency: of the base.
    """
    connection = draft.shelf.connection
    draft.keep("told_raw", f"SELECT {column_list('orders')} FROM {others} UNION ALL {_orders(told, currency)}")
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_map AS SELECT DISTINCT entity_id, coalesce(m.kept_id, entity_id) AS customer_id
        FROM told_raw LEFT JOIN merges m ON m.merged_id = entity_id"""
    )
    connection.execute("CREATE OR REPLACE TEMP VIEW raw_orders AS SELECT * FROM told_raw")
    match_refunds(connection)
    draft.keep("now_orders", f"SELECT {column_list('orders')} FROM ({filled_sql('base', 'net_orders', {})}) AS net")
    connection.execute("DROP VIEW raw_orders")


def keep_told(draft: Draft, said: str, currency: str, others: str, nameless: Mapping[str, str]) -> None:
    """Make `kept_orders` and `kept_lines`: orders told by events that other orders, which take the place of these, have not.

    Args:
        draft: of the base they are told to.
        said: query of what all its events say of orders, as of `said_of_orders`.
        currency: of the base.
        others: query of the other orders.
        nameless: id of an identity or customer that is erased -> the id his orders stay under.
    """
    register_mapping(draft.shelf.connection, "leaving", {"gone": list(nameless), "nameless": list(nameless.values())})
    columns = column_list("orders")
    draft.keep("other_orders", f"SELECT order_id FROM ({others}) AS o", large=draft.large)
    draft.keep(
        "told_before",
        f"""SELECT o.* REPLACE (coalesce(i.nameless, c.nameless, o.entity_id) AS entity_id)
        FROM (SELECT {columns} FROM orders WHERE import_digest = {literal(TOLD)}) o
        LEFT JOIN leaving i ON i.gone = o.entity_id LEFT JOIN leaving c ON c.gone = o.customer_id
        ANTI JOIN other_orders USING (order_id)""",
    )
    draft.keep("told", f"SELECT * FROM ({said}) AS said ANTI JOIN other_orders USING (order_id) ANTI JOIN told_before USING (order_id)")
    draft.keep("kept_orders", f"SELECT {columns} FROM told_before UNION ALL {_orders('told', currency)}")
    lines = column_list("order_lines")
    draft.keep("kept_lines", f"SELECT {lines} FROM order_lines SEMI JOIN told_before USING (order_id) UNION ALL {lines_of('told')}")


def customers_told(draft: Draft) -> tuple[str, ...]:
    """Ids of the customers whose orders `change_orders` told anew."""
    return tuple(name for (name,) in draft.shelf.connection.execute("SELECT customer_id FROM told_customers ORDER BY 1").fetchall())


def _orders(told: str, currency: str) -> str:
    """Query of orders told, in the shape of `orders`; what refunds left of them is not known yet."""
    return f"""SELECT {column_list("orders")} FROM (SELECT order_id, entity_id, stage_status, ordered_at, ordered_on, amount,
        amount AS amount_base, discount, title, channel, manager_id, pipeline, {literal(currency)} AS currency,
        CAST(NULL AS VARCHAR) AS customer_id, stage_status AS status, CAST(NULL AS TIMESTAMPTZ) AS closed_at,
        CAST(0 AS BIGINT) AS net_amount_base, CAST(NULL AS VARCHAR) AS refund_of, CAST(NULL AS VARCHAR) AS stage,
        {literal(TOLD)} AS import_digest FROM {told})"""


def lines_of(told: str) -> str:
    """Query of the items of orders told, in the shape of `order_lines`."""
    return f"""SELECT {column_list("order_lines")} FROM (SELECT order_id, CAST(1 AS BIGINT) AS line_no, product_id, product AS name,
        category, quantity, CASE WHEN quantity > 0 THEN CAST(round(amount / quantity) AS BIGINT) END AS price, discount, amount
        FROM {told} WHERE NOT is_refund AND coalesce(product_id, product, category) IS NOT NULL)"""
