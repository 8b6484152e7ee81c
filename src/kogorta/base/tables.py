"""The tables of the base: names, columns, types. One definition; the store and the docs read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = tuple[tuple[str, str], ...]


def _columns(text: str) -> Schema:
    pairs = (part.split(":") for part in text.split())
    return tuple((name, kind) for name, kind in pairs)


_MOMENT: Final = "TIMESTAMPTZ"

TABLES: Final[Mapping[str, Schema]] = {
    # what sources said, before identities are matched
    "entities": _columns(
        "entity_id:VARCHAR kind:VARCHAR name:VARCHAR inn:VARCHAR kpp:VARCHAR ogrn:VARCHAR okved:VARCHAR industry_text:VARCHAR "
        "birth_on:DATE gender:VARCHAR education:VARCHAR income_band:VARCHAR country:VARCHAR region_text:VARCHAR city:VARCHAR "
        f"address:VARCHAR source:VARCHAR attributes:VARCHAR manager_id:VARCHAR created_at:{_MOMENT} seen_at:{_MOMENT} imports:BIGINT"
    ),
    "entity_keys": _columns("entity_id:VARCHAR kind:VARCHAR key:VARCHAR"),
    "entity_contacts": _columns(
        f"contact_id:VARCHAR entity_id:VARCHAR name:VARCHAR email:VARCHAR phone:VARCHAR job_title:VARCHAR seen_at:{_MOMENT}"
    ),
    "orders": _columns(
        "order_id:VARCHAR customer_id:VARCHAR entity_id:VARCHAR status:VARCHAR stage_status:VARCHAR "
        f"ordered_at:{_MOMENT} ordered_on:DATE closed_at:{_MOMENT} "
        "amount:BIGINT currency:VARCHAR amount_base:BIGINT net_amount_base:BIGINT refund_of:VARCHAR discount:BIGINT title:VARCHAR "
        "channel:VARCHAR manager_id:VARCHAR pipeline:VARCHAR stage:VARCHAR import_digest:VARCHAR"
    ),
    "order_lines": _columns(
        "order_id:VARCHAR line_no:BIGINT product_id:VARCHAR name:VARCHAR category:VARCHAR quantity:DOUBLE price:BIGINT discount:BIGINT "
        "amount:BIGINT"
    ),
    "quarantine": _columns("source:VARCHAR row_no:BIGINT reason:VARCHAR column:VARCHAR value:VARCHAR raw:VARCHAR import_digest:VARCHAR"),
    "imports": _columns(
        "digest:VARCHAR reading:VARCHAR source:VARCHAR layout:VARCHAR rows_read:BIGINT rows_used:BIGINT rows_merged:BIGINT "
        "rows_quarantined:BIGINT"
    ),
    "problems": _columns(
        "source:VARCHAR position:BIGINT code:VARCHAR fate:VARCHAR rows:BIGINT column:VARCHAR example_row:BIGINT example:VARCHAR "
        "import_digest:VARCHAR"
    ),
    "splits": _columns("entity_id:VARCHAR"),
    "shared_keys": _columns("place:BIGINT kind:VARCHAR key:VARCHAR side:VARCHAR entities:BIGINT"),
    "unusual_orders": _columns("order_id:VARCHAR customer_id:VARCHAR amount_base:BIGINT"),
    "unenriched": _columns("customer_id:VARCHAR"),
    # what the model or a person decided about two identities that no exact key joins; verdict: same or different
    "matches": _columns("left_id:VARCHAR right_id:VARCHAR verdict:VARCHAR decided_by:VARCHAR probability:DOUBLE evidence:VARCHAR"),
    # what follows from the tables above
    "customers": _columns(
        "customer_id:VARCHAR kind:VARCHAR name:VARCHAR email:VARCHAR phone:VARCHAR inn:VARCHAR kpp:VARCHAR ogrn:VARCHAR birth_on:DATE "
        "gender:VARCHAR education:VARCHAR income_band:VARCHAR city:VARCHAR region:VARCHAR country:VARCHAR time_zone:VARCHAR role:VARCHAR "
        f"okved:VARCHAR industry:VARCHAR source:VARCHAR manager_id:VARCHAR created_at:{_MOMENT} attributes:VARCHAR region_text:VARCHAR "
        "address:VARCHAR industry_text:VARCHAR job_title:VARCHAR"
    ),
    "contacts": _columns(
        "contact_id:VARCHAR customer_id:VARCHAR name:VARCHAR email:VARCHAR phone:VARCHAR job_title:VARCHAR role:VARCHAR is_primary:BOOLEAN"
    ),
    "products": _columns("product_id:VARCHAR name:VARCHAR category:VARCHAR price:BIGINT launched_on:DATE"),
    "merges": _columns(f"kept_id:VARCHAR merged_id:VARCHAR evidence:VARCHAR at:{_MOMENT}"),
    "customer_days": _columns("customer_id:VARCHAR day:DATE orders:BIGINT amount:BIGINT"),
    # filled by events and consents of later sources
    "events": _columns(
        f"event_id:VARCHAR customer_id:VARCHAR type:VARCHAR at:{_MOMENT} source:VARCHAR properties:VARCHAR entity_id:VARCHAR"
    ),
    "consents": _columns(
        f"customer_id:VARCHAR channel:VARCHAR purpose:VARCHAR state:VARCHAR at:{_MOMENT} text_version:VARCHAR source:VARCHAR "
        "entity_id:VARCHAR"
    ),
}
"""Table -> columns with DuckDB types. Money is BIGINT minor units, moments are UTC, `*_on` are dates in the company's zone."""


KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "entities": ("entity_id",),
    "entity_keys": ("entity_id", "kind", "key"),
    "entity_contacts": ("contact_id", "entity_id"),
    "orders": ("order_id",),
    "order_lines": ("order_id", "line_no"),
    "shared_keys": ("place", "kind", "key", "side"),
    "unusual_orders": ("order_id",),
    "unenriched": ("customer_id",),
    "customers": ("customer_id",),
    "contacts": ("contact_id", "customer_id"),
    "products": ("product_id",),
    "merges": ("merged_id",),
    "customer_days": ("customer_id", "day"),
    "events": ("event_id",),
}
"""Table -> columns that tell its rows apart, for the tables that are changed row by row."""

ORDER_OF_ROWS: Final[Mapping[str, tuple[str, ...]]] = {
    "customers": ("customer_id",),
    "contacts": ("customer_id", "contact_id"),
    "orders": ("ordered_at", "order_id"),
    "order_lines": ("order_id", "line_no"),
    "products": ("product_id",),
    "customer_days": ("customer_id", "day"),
    "quarantine": ("source", "row_no", "reason"),
    "merges": ("kept_id", "merged_id"),
    "matches": ("left_id", "right_id"),
    "imports": ("source", "digest"),
    "events": ("at", "event_id"),
    "consents": ("customer_id", "channel", "purpose"),
}
"""How the rows of a table are ordered when it is read."""
MONTH_OF: Final[Mapping[str, str]] = {"orders": "ordered_on", "customer_days": "day", "events": 'CAST("at" AS DATE)'}
"""Table -> the day a row belongs to, for the tables that are kept in months once they are large."""

TOLD: Final = "events"
"""Stands in the place of the digest of an import in orders that were told by events."""


def empty_query(table: str) -> str:
    """SQL of no rows of the shape of a table."""
    columns = ", ".join(f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in TABLES[table])
    return f"SELECT {columns} WHERE false"


def column_list(table: str) -> str:
    """The columns of a table, quoted, in order."""
    return ", ".join(f'"{column}"' for column, _ in TABLES[table])
