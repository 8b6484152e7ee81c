"""What only the whole base can show: amounts far from the rest, refunds without an order, identities that were joined."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from kogorta.base.audit import Fate, Problem
from kogorta.base.identity import LARGEST_GROUP
from kogorta.base.spread import middle_and_spread
from kogorta.engine.duck import first_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

FAR: Final = 5.0
"""Robust distance on the logarithmic scale, in scaled median absolute deviations (Iglewicz and Hoaglin 1993 use 3.5; money has
long tails, so it is kept for what is plainly wrong)."""
FEWEST: Final = 20


def find_outliers(connection: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    """Problems of the whole base, from `orders`, `unusual_orders`, `merges` and `shared_keys`.

    An order is an outlier when its logarithm is more than `FAR` scaled median absolute deviations above the median, or when it is more
    than 20 times the customer's own median over at least four other orders (`unusual_orders`); only then is it far from the rest and not
    a large customer.
    """
    count, middle, spread = middle_and_spread(connection)
    if count >= FEWEST:
        # nothing below this sum can be far; the exact test is for the few above it
        least = max(0, math.floor(math.exp(min(middle + FAR * spread, 41.0)) * 0.999))
        far = "(ln(amount_base) - $middle) / $spread > $far" if spread > 0 else "false"
        found = first_row(
            connection.execute(
                f"""
            WITH far AS (SELECT order_id, amount_base FROM orders WHERE status = 'won' AND amount_base > {least} AND {far}),
            both_kinds AS (FROM far UNION SELECT order_id, amount_base FROM unusual_orders)
            SELECT count(*), arg_min(order_id, (-amount_base, order_id)) FROM both_kinds
            """,
                {"middle": middle, "spread": spread, "far": FAR} if spread > 0 else {},
            )
        )
        if found and found[0]:
            yield Problem("outlier", "", Fate.NOTED, found[0], "amount", None, str(found[1]))
    unmatched = first_row(
        connection.execute(
            """SELECT count(*), min(order_id) FROM orders
        WHERE stage_status = 'won' AND amount_base < 0 AND refund_of IS NULL"""
        )
    )
    if unmatched and unmatched[0]:
        yield Problem("refund_unmatched", "", Fate.NOTED, unmatched[0], "amount", None, unmatched[1])
    merged = first_row(connection.execute("SELECT count(*), min(merged_id) FROM merges"))
    if merged and merged[0]:
        yield Problem("identity_merged", "", Fate.NOTED, merged[0], "customer_id", None, merged[1])
    chained = first_row(
        connection.execute(
            f"""WITH chains AS (SELECT kept_id, count(*) + 1 AS cards FROM merges WHERE evidence NOT LIKE 'inn%'
            GROUP BY kept_id HAVING cards > {LARGEST_GROUP})
        SELECT CAST(sum(cards) AS BIGINT), arg_max(kept_id, (cards, kept_id)) FROM chains"""
        )
    )
    if chained and chained[0]:
        yield Problem("identity_chained", "", Fate.NOTED, chained[0], "customer_id", None, chained[1])
    apart = first_row(connection.execute("SELECT count(*), arg_min((kind, key), (place, key, side)) FROM shared_keys"))
    if apart and apart[0]:
        kind, key = apart[1]
        yield Problem("identity_shared_key", "", Fate.NOTED, apart[0], kind, None, key)
