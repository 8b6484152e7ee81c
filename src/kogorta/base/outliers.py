"""What only the whole base can show: amounts far from the rest, refunds without an order, identities that were joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.base.audit import Fate, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

FAR: Final = 5.0
"""Robust distance on the logarithmic scale, in scaled median absolute deviations (Iglewicz and Hoaglin 1993 use 3.5; money has
long tails, so it is kept for what is plainly wrong)."""
FEWEST: Final = 20
TIMES_NEXT: Final = 3.0


def find_outliers(connection: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    """Problems of the whole base, from `orders`, `refund_matches` and `merges`.

    An order is an outlier when its logarithm is more than `FAR` scaled median absolute deviations above the median, or when it is more
    than 20 times the customer's own median over at least four other orders; only then is it far from the rest and not a large customer.
    """
    rows = connection.execute(
        """
        WITH won AS (SELECT order_id, customer_id, ln(amount_base) AS size, amount_base FROM orders
            WHERE status = 'won' AND amount_base > 0),
        centre AS (SELECT median(size) AS middle, mad(size) * 1.4826 AS spread, count(*) AS n FROM won),
        own AS (SELECT customer_id, median(amount_base) AS usual, count(*) AS n FROM won GROUP BY customer_id)
        SELECT w.order_id, w.amount_base FROM won w CROSS JOIN centre c JOIN own o USING (customer_id)
        WHERE c.n >= $fewest AND ((c.spread > 0 AND (w.size - c.middle) / c.spread > $far)
            OR (o.n >= 5 AND w.amount_base > 20 * o.usual))
        ORDER BY w.amount_base DESC, w.order_id
        """,
        {"fewest": FEWEST, "far": FAR},
    ).fetchall()
    if rows:
        yield Problem("outlier", "", Fate.NOTED, len(rows), "amount", None, str(rows[0][0]))
    unmatched = connection.execute(
        """SELECT count(*), min(order_id) FROM orders
        WHERE stage_status = 'won' AND amount_base < 0 AND refund_of IS NULL"""
    ).fetchone()
    if unmatched and unmatched[0]:
        yield Problem("refund_unmatched", "", Fate.NOTED, unmatched[0], "amount", None, unmatched[1])
    merged = connection.execute("SELECT count(*), min(merged_id) FROM merges").fetchone()
    if merged and merged[0]:
        yield Problem("identity_merged", "", Fate.NOTED, merged[0], "customer_id", None, merged[1])
