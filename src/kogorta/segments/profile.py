"""One row per customer with everything the segmentations say about him: the table behind `customers.csv`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.engine.table import Table
from kogorta.segments.summary import customer_summary, materialise

if TYPE_CHECKING:
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.abc_xyz import AbcXyz
    from kogorta.segments.lifecycle import Lifecycle
    from kogorta.segments.rfm import Segments

CUSTOMER_COLUMNS: Final = (
    "customer_id", "name", "kind", "inn", "industry", "region", "time_zone", "first_order_on", "last_order_on", "recency_days",
    "frequency", "monetary", "average_check", "r", "f", "m", "rfm_code", "rfm_category", "segment_case", "segment_guide", "abc", "xyz",
    "lifecycle", "p_alive", "expected_orders_90d", "clv", "clv_low", "clv_high", "email", "phone",
)  # fmt: skip
"""The contract of `customers.csv`, in order. Money is in minor units here."""

VALUE_COLUMNS: Final = ("p_alive", "expected_orders_90d", "clv", "clv_low", "clv_high")


def customer_profile(
    base: CustomerBase,
    as_of: date,
    segments: Segments | None,
    abc_xyz: AbcXyz,
    lifecycle: Lifecycle,
    values: str | None = None,
) -> Table:
    """Everything about each customer at a date.

    Args:
        base: the base, enriched.
        as_of: the date.
        segments: RFM codes at that date; None when nobody has bought.
        abc_xyz: how ABC and XYZ classes are made.
        lifecycle: how stages are made.
        values: engine table with customer_id and the five value columns; None leaves them empty.

    Returns:
        A table with the contract columns, ordered by customer_id.
    """
    summary = customer_summary(base, as_of)
    classes = abc_xyz.assign(base, as_of).name
    stages = lifecycle.assign(base, as_of).name
    if segments is not None:
        codes = ", ".join(f"g.{name}" for name in ("r", "f", "m", "rfm_code", "rfm_category", "segment_case", "segment_guide"))
        join = f"LEFT JOIN {segments.name} g USING (customer_id)"
    else:
        codes = "CAST(NULL AS INTEGER) AS r, CAST(NULL AS INTEGER) AS f, CAST(NULL AS INTEGER) AS m, " + ", ".join(
            f"CAST(NULL AS VARCHAR) AS {name}" for name in ("rfm_code", "rfm_category", "segment_case", "segment_guide")
        )
        join = ""
    if values is None:
        worth = ", ".join(f"CAST(NULL AS DOUBLE) AS {name}" for name in VALUE_COLUMNS)
        worth_join = ""
    else:
        worth = ", ".join(f"v.{name}" for name in VALUE_COLUMNS)
        worth_join = f"LEFT JOIN {values} v USING (customer_id)"
    query = f"""
        SELECT customer_id, c.name, c.kind, c.inn, c.industry, c.region, c.time_zone, s.first_order_on, s.last_order_on, s.recency_days,
            coalesce(s.frequency, 0) AS frequency, coalesce(s.monetary, 0) AS monetary,
            CASE WHEN s.monetary < 0 THEN -((s.frequency - 2 * s.monetary) // nullif(2 * s.frequency, 0))
                ELSE (2 * s.monetary + s.frequency) // nullif(2 * s.frequency, 0) END AS average_check,
            {codes}, a.abc, CASE WHEN s.frequency > 0 THEN a.xyz END AS xyz, coalesce(l.lifecycle, 'prospect') AS lifecycle,
            {worth}, c.email, c.phone
        FROM customers c
        LEFT JOIN {summary} s USING (customer_id)
        LEFT JOIN {classes} a USING (customer_id)
        LEFT JOIN {stages} l USING (customer_id)
        {join}
        {worth_join}"""
    key = f"profile_{as_of:%Y%m%d}_{classes}_{stages}_{segments.name if segments else 'none'}_{values or 'none'}"
    return Table(base.connection, materialise(base, key, query, {}, wide=True, here=True), ("customer_id",))
