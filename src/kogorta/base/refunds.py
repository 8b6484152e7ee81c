"""Which order a refund reverses."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from kogorta.base.tables import TOLD
from kogorta.engine.duck import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

BATCH: Final = 10_000


def match_refunds(connection: duckdb.DuckDBPyConnection) -> None:
    """Match every refund (won, negative amount) to one order of the same customer.

    The order a refund names, where an event told of it, is taken first if it still has enough left; then an order of exactly the refunded
    amount, the latest one before the refund; else the latest earlier order that still has enough left. Reads `raw_orders` (of the shape of
    `orders`) and `identity_map(entity_id, customer_id)`; makes `refund_matches(refund_id, order_id, amount)` with `amount` > 0 in minor
    units. A refund without a match is not in the table.

    The answer does not depend on the order of rows: refunds are taken by moment, then id.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE refund_matches (refund_id VARCHAR, order_id VARCHAR, amount BIGINT)")
    rows = connection.execute(
        f"""
        WITH won AS (
            SELECT i.customer_id, o.order_id, o.ordered_at, o.amount_base,
                CASE WHEN o.import_digest = {literal(TOLD)} AND o.amount_base < 0 THEN o.title END AS named
            FROM raw_orders o JOIN identity_map i USING (entity_id)
            WHERE o.stage_status = 'won' AND o.amount_base <> 0)
        FROM won WHERE customer_id IN (SELECT customer_id FROM won WHERE amount_base < 0)
        ORDER BY customer_id, ordered_at, order_id
        """
    )
    matches: list[tuple[str, str, int]] = []
    for _, group in groupby(_stream(rows), key=lambda row: row[0]):
        left: list[list[object]] = []
        ordered = sorted(group, key=lambda row: (row[2], row[3] < 0, row[1]))  # type: ignore[operator]
        for _customer, order_id, _at, amount, named in ordered:
            money = int(str(amount))
            if money > 0:
                left.append([order_id, money, money])
                continue
            meant = next((item for item in left if item[0] == named and int(str(item[1])) >= -money), None)
            exact = meant or next((item for item in reversed(left) if item[1] == item[2] == -money), None)
            found = exact or next((item for item in reversed(left) if int(str(item[1])) >= -money), None)
            if found is not None:
                found[1] = int(str(found[1])) + money
                matches.append((str(order_id), str(found[0]), -money))
    if matches:
        import numpy as np

        columns = {
            "refund_id": np.array([item[0] for item in matches], dtype=object),
            "order_id": np.array([item[1] for item in matches], dtype=object),
            "amount": np.array([item[2] for item in matches], dtype=np.int64),
        }
        connection.register("incoming_matches", columns)
        connection.execute("INSERT INTO refund_matches SELECT refund_id, order_id, amount FROM incoming_matches")
        connection.unregister("incoming_matches")


def _stream(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Rows a batch at a time: the customers with refunds may be many."""
    while rows := result.fetchmany(BATCH):
        yield from rows
