"""Tables kept beside the row of each customer: what rules read, and what the card of a customer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.segments.rules.snapshot import Snapshot as RuleTables
from kogorta.segments.rules.snapshot import take_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import duckdb

    from kogorta.analysis import Analysis
    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.rfm import RFMRule

_RULE_TABLES: Final = ("customers", "orders", "lines", "events", "attributes")
_ROW_GROUP: Final = 50_000
_CARD_ROW_GROUP: Final = 10_000
_CARD: Final[Mapping[str, str]] = {
    "card_facts": """SELECT customer_id, city, country, birth_on, gender, role, source, manager_id, created_at, okved, kpp, ogrn, address
        FROM customers ORDER BY customer_id""",
    "card_orders": """SELECT customer_id, order_id, ordered_on, status, amount_base, net_amount_base, title, channel, stage, refund_of
        FROM orders ORDER BY customer_id, ordered_on, order_id""",
    "card_lines": """SELECT o.customer_id, l.order_id, l.line_no, l.name, l.category, l.quantity
        FROM order_lines l JOIN orders o USING (order_id) ORDER BY o.customer_id, l.order_id, l.line_no""",
    "card_contacts": """SELECT customer_id, contact_id, name, email, phone, job_title, is_primary
        FROM contacts ORDER BY customer_id, is_primary DESC, contact_id""",
    "card_events": 'SELECT customer_id, event_id, type, "at", source FROM events ORDER BY customer_id, "at", event_id',
    "card_merges": 'SELECT kept_id AS customer_id, merged_id, evidence, "at" FROM merges ORDER BY kept_id, merged_id',
}
"""Rows of one customer stand together, so that a card reads little of a file."""


def write_prepared(base: CustomerBase, analysis: Analysis, folder: Path) -> None:
    """Write the tables into the folder of a snapshot.

    Args:
        base: the base that was analysed.
        analysis: its analysis: rules see the same levels, classes and values.
        folder: where the files go.
    """
    scores = analysis.valuation.scores if analysis.valuation else None
    tables = take_snapshot(base, analysis.as_of, rfm=analysis.rule, values=scores)
    for name in _RULE_TABLES:
        order = "ORDER BY customer_no"
        _write(base.connection, f"SELECT * FROM {getattr(tables, name)} {order}", folder / f"rules_{name}.parquet")
    for name, query in _CARD.items():
        _write(base.connection, query, folder / f"{name}.parquet", _CARD_ROW_GROUP)


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path, row_group: int = _ROW_GROUP) -> None:
    connection.sql(query).write_parquet(str(path), compression="zstd", row_group_size=row_group)


def rule_tables(connection: duckdb.DuckDBPyConnection, as_of: date, currency: str, rfm: RFMRule | None) -> RuleTables:
    """What the rule language reads, over the views of a snapshot."""
    customers, orders, lines, events, attributes = (f"rules_{name}" for name in _RULE_TABLES)
    return RuleTables(connection, as_of, currency, customers, orders, lines, events, attributes, rfm=rfm)
