"""Findings about the future: how the expected value is spread, whether a model or the past rate speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.reports.finding import SMALL, Finding

if TYPE_CHECKING:
    from kogorta.reports.wording import Wording

PARTS = 10


def value_spread(say: Wording) -> Finding | None:
    """How much of the expected value the most valuable tenth of customers holds."""
    parts = value_parts(say)
    total = sum(value for _, value in parts)
    people = sum(count for count, _ in parts)
    if people < SMALL or total <= 0:
        return None
    share = parts[0][1] / total
    headline = say.text("The most valuable tenth of customers holds {share} of expected value", share=say.percent(share, 0))
    valuation = say.analysis.valuation
    if valuation is None or not valuation.modelled:
        body = say.text("Expected margin by the plain past rate: no model has beaten it on this base.")
    else:
        body = say.text("Expected discounted margin by a model that beat the plain past rate on this base's own history.")
    if say.setting("clv_margin", 1.0) == 1.0:
        body += " " + say.text("No margin is given, so value is revenue here.")
    return Finding("value_spread", headline, body, (("share", share), ("total", total)))


def value_parts(say: Wording) -> list[tuple[int, int]]:
    """Customers and expected value (minor units) of ten equal parts of those who have a value, most valuable first."""
    table = say.analysis.customers
    if "clv" not in table.columns:
        return []
    rows = table.connection.execute(
        f"""
        WITH placed AS (SELECT clv, row_number() OVER (ORDER BY clv DESC, customer_id) - 1 AS place, count(*) OVER () AS everyone
            FROM {table.name} WHERE clv IS NOT NULL)
        SELECT count(*), CAST(sum(clv) AS BIGINT) FROM placed GROUP BY place * {PARTS} // everyone ORDER BY place * {PARTS} // everyone
        """
    ).fetchall()
    return [(int(count), int(value)) for count, value in rows]
