"""Would one order more or less, or one week earlier or later, have changed a customer's code?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import first_row
from kogorta.engine.table import Table
from kogorta.segments.figures import Stability
from kogorta.segments.rfm import level_expressions, money_expression
from kogorta.segments.summary import materialise

if TYPE_CHECKING:
    from kogorta.segments.rfm import Segments

WEEK: Final = 7
_NEIGHBOURS: Final = {
    "one_order_more": ("recency_days", "frequency + 1"),
    "one_order_less": ("recency_days", "greatest(frequency - 1, 1)"),
    "week_earlier": (f"recency_days + {WEEK}", "frequency"),
    "week_later": (f"greatest(recency_days - {WEEK}, 0)", "frequency"),
}


def code_stability(segments: Segments) -> tuple[Stability, Table]:
    """How firm the codes are. Money is left as it is: an order more changes F only, which is the digit people count.

    Args:
        segments: the codes at a date.

    Returns:
        The counts, and a table: customer_id, rfm_code, stable, and the code under each of the four small changes.
    """
    rule, connection = segments.rule, segments.base.connection
    money = money_expression(rule.monetary)
    columns = []
    for name, (recency, frequency) in _NEIGHBOURS.items():
        r, f, m = level_expressions(rule, f"({recency})", f"({frequency})", money)
        columns.append(f"CAST(({r}) * 100 + ({f}) * 10 + ({m}) AS VARCHAR) AS {name}")
    unchanged = " AND ".join(f"{name} = rfm_code" for name in _NEIGHBOURS)
    query = f"""
        WITH near AS (SELECT customer_id, rfm_code, {", ".join(columns)} FROM {segments.name})
        SELECT customer_id, rfm_code, {unchanged} AS stable, {", ".join(_NEIGHBOURS)} FROM near"""
    name = materialise(segments.base, f"stability_{segments.name}", query, {}, wide=True, here=True)
    row = first_row(
        connection.execute(
            f"""SELECT count(*), count(*) FILTER (stable),
            count(*) FILTER (one_order_more <> rfm_code OR one_order_less <> rfm_code),
            count(*) FILTER (week_earlier <> rfm_code OR week_later <> rfm_code) FROM {name}"""
        )
    )
    return Stability(*(row or (0, 0, 0, 0))), Table(connection, name, ("customer_id",))
