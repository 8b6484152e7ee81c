"""What follows from what the sources said: who is who, refunds, customers, the day ledger; all of it, from the beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.base.assembly import latest
from kogorta.base.following import follow_all
from kogorta.base.identity import match_identities
from kogorta.base.outliers import find_outliers
from kogorta.base.refunds import match_refunds
from kogorta.base.tables import TABLES, column_list
from kogorta.engine.duck import filled_sql, literal, register_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from kogorta.base.audit import Problem
    from kogorta.base.draft import Draft
    from kogorta.base.identity import SharedKey

NEW_TABLES: Final = ("typed", "new_orders", "new_lines", "new_entities", "new_keys", "new_contacts", "new_quarantine")
_BASE_PROBLEMS: Final = ("refund_unmatched", "outlier", "identity_merged", "identity_chained", "identity_shared_key")


def new_order_rows(digest: str) -> str:
    """Query of the orders an import brought, in the shape of `orders`; what refunds left of them is not known yet."""
    return f"""SELECT {column_list("orders")} FROM (SELECT CAST(NULL AS VARCHAR) AS customer_id, stage_status AS status,
        0 AS net_amount_base, CAST(NULL AS VARCHAR) AS refund_of, {literal(digest)} AS import_digest, * FROM new_orders)"""


def merged_entities(old: str, new: str) -> str:
    """Query of two tables of identities as one: a later import knows better, but never erases what an earlier one knew."""
    kept = {
        "entity_id": "entity_id",
        "kind": "CASE WHEN bool_or(kind = 'company') THEN 'company' ELSE 'person' END AS kind",
        "created_at": "min(created_at) AS created_at",
        "seen_at": "max(seen_at) AS seen_at",
        "imports": "sum(imports) AS imports",
    }
    chosen = ", ".join(kept.get(name, f"{latest(name, 'seen_at')} AS {name}") for name, _ in TABLES["entities"])
    columns = column_list("entities")
    both = f"SELECT {columns} FROM {old} UNION ALL SELECT {columns} FROM (SELECT *, 1 AS imports FROM {new})"
    return f"SELECT {chosen} FROM ({both}) GROUP BY entity_id"


def merged_contacts(old: str, new: str) -> str:
    """Query of two tables of people of companies as one."""
    kept = {"contact_id": "contact_id", "entity_id": "entity_id", "seen_at": "max(seen_at) AS seen_at"}
    chosen = ", ".join(kept.get(name, f"{latest(name, 'seen_at')} AS {name}") for name, _ in TABLES["entity_contacts"])
    columns = column_list("entity_contacts")
    return f"SELECT {chosen} FROM (SELECT {columns} FROM {old} UNION ALL SELECT {columns} FROM {new}) GROUP BY contact_id, entity_id"


class Derivation:
    """Everything of a base made anew from its sources.

    Args:
        draft: where the changed tables go.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.connection: duckdb.DuckDBPyConnection = draft.shelf.connection

    def absorb(self, digest: str) -> None:
        """Put what an import brought beside what is there; a deal imported again replaces its earlier self, lines included.

        Rows of `dropped_orders` and `dropped_entities` leave. Makes the view `raw_orders`.
        """
        draft = self.draft
        draft.keep(
            "orders_beside",
            f"""{new_order_rows(digest)} UNION ALL SELECT {column_list("orders")} FROM orders
            ANTI JOIN new_orders USING (order_id) ANTI JOIN dropped_orders USING (order_id)""",
            large=draft.large,
        )
        columns = column_list("order_lines")
        draft.replace(
            "order_lines",
            f"""SELECT {columns} FROM new_lines UNION ALL SELECT {columns} FROM order_lines
            ANTI JOIN new_orders USING (order_id) ANTI JOIN dropped_orders USING (order_id)""",
        )
        stay = "(SELECT * FROM {table} ANTI JOIN dropped_entities USING (entity_id))"
        draft.replace("entities", merged_entities(stay.format(table="entities"), "new_entities"))
        draft.replace("entity_contacts", merged_contacts(stay.format(table="entity_contacts"), "new_contacts"))
        draft.replace(
            "entity_keys",
            f"SELECT entity_id, kind, key FROM {stay.format(table='entity_keys')} UNION SELECT entity_id, kind, key FROM new_keys",
        )
        self.derive("orders_beside")

    def derive(self, orders: str = "orders") -> None:
        """Make identities, refunds, customers and the day ledger anew.

        Args:
            orders: the table of orders to start from.
        """
        draft, connection = self.draft, self.connection
        connection.execute(f"CREATE OR REPLACE TEMP VIEW identity_keys AS {filled_sql('base', 'identity_keys', {}, {'past': ''})}")
        apart = match_identities(connection, keys="identity_keys")
        draft.replace("shared_keys", shared_key_rows(connection, apart))
        for name in ("customers", "contacts"):
            draft.replace(name, filled_sql("base", name, {}, {"past": ""}))
        draft.replace("products", filled_sql("base", "products", {}, {"lines": "order_lines"}))
        draft.replace("merges", f"SELECT {column_list('merges')} FROM new_merges")
        follow_all(draft)
        connection.execute(f"CREATE OR REPLACE TEMP VIEW raw_orders AS SELECT {column_list('orders')} FROM {orders}")
        match_refunds(connection)
        draft.replace("orders", filled_sql("base", "net_orders", {}))
        connection.execute("DROP VIEW raw_orders")
        draft.replace("customer_days", filled_sql("base", "customer_days", {}, {"orders": "orders"}))
        draft.replace("unusual_orders", filled_sql("base", "unusual_orders", {}, {"orders": "orders"}))
        draft.replace("unenriched", "SELECT CAST(NULL AS VARCHAR) AS customer_id WHERE false")


def shared_key_rows(connection: duckdb.DuckDBPyConnection, apart: Iterable[SharedKey]) -> str:
    """Query of keys that stay apart, in the shape of `shared_keys`."""
    rows = list(apart)
    register_mapping(
        connection,
        "apart_keys",
        {
            "place": [str(item.place) for item in rows],
            "kind": [item.kind for item in rows],
            "key": [item.key for item in rows],
            "side": [item.side for item in rows],
            "entities": [str(item.entities) for item in rows],
        },
    )
    return "SELECT place, kind, key, side, entities FROM apart_keys"


def note_problems(draft: Draft, digest: str, problems: Iterable[Problem]) -> None:
    """Put what an import noticed beside what earlier ones did."""
    _add(draft, digest, tuple(problems))


def note_whole_base(draft: Draft) -> None:
    """Say anew what only the whole base can show."""
    codes = ", ".join(map(repr, _BASE_PROBLEMS))
    draft.replace("problems", f"SELECT * FROM problems WHERE code NOT IN ({codes})")
    _add(draft, "", tuple(find_outliers(draft.shelf.connection)))


def _add(draft: Draft, digest: str, problems: tuple[Problem, ...]) -> None:
    rows = [
        (item.source, place, item.code, item.fate.value, item.rows, item.column, item.example_row, item.example, digest)
        for place, item in enumerate(problems)
    ]
    values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    if rows:
        columns = column_list("problems")
        draft.replace("problems", f"SELECT * FROM problems UNION ALL SELECT * FROM (VALUES {values}) AS found({columns})")
