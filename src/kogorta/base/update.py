"""What a change touches, and nothing else, made anew: the same tables as from the beginning, for a small part of the work.

A change begins with some identities: those an import names, those whose orders it replaces. It touches whoever shares a key with them,
directly or through others, or was one customer with them before; nobody else's identity, refunds, days or golden record can differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.base.derivation import merged_contacts, merged_entities, new_order_rows, shared_key_rows
from kogorta.base.following import follow_moved
from kogorta.base.identity import LARGEST_GROUP, match_identities
from kogorta.base.refunds import match_refunds
from kogorta.base.tables import KEYS, column_list
from kogorta.engine.duck import filled_sql

if TYPE_CHECKING:
    import duckdb

    from kogorta.base.draft import Draft

_CHANGED: Final = (
    "entities",
    "entity_keys",
    "entity_contacts",
    "splits",
    "orders",
    "order_lines",
    "merges",
    "shared_keys",
    "unusual_orders",
    "unenriched",
    "customers",
    "contacts",
    "products",
    "customer_days",
)


ROW_BY_ROW: Final = 0.1
"""An import of at most this share of the rows read so far is followed row by row; a larger one makes the derived tables anew."""
ROW_BY_ROW_FROM: Final = 100_000
"""Rows read so far from which it pays: of a small base everything is made anew in less time than it takes to ask what changed."""


class Update:
    """One change of a base, row by row.

    Args:
        draft: where the changed rows go.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.connection: duckdb.DuckDBPyConnection = draft.shelf.connection
        draft.keep_old(_CHANGED)

    def absorb(self, digest: str) -> None:
        """Put what an import brought (`new_...` tables) beside what is there, and follow it through all tables.

        Rows of `dropped_orders` and `dropped_entities` leave.
        """
        self.draft.keep("coming_orders", new_order_rows(digest))
        self._replaced("SELECT order_id FROM new_orders UNION SELECT order_id FROM dropped_orders")
        self._seed(
            """SELECT entity_id FROM new_entities UNION SELECT entity_id FROM replaced_orders
            UNION SELECT entity_id FROM dropped_entities"""
        )
        self._patch_sources()
        self._follow()

    def forget_orders(self) -> None:
        """Take the orders of `dropped_orders` out; their customers stay."""
        self.draft.keep("coming_orders", f"SELECT {column_list('orders')} FROM orders WHERE false")
        self._replaced("SELECT order_id FROM dropped_orders")
        self._seed("SELECT entity_id FROM replaced_orders")
        self._patch_lines("SELECT * FROM order_lines WHERE false")
        self._follow()

    def split_off(self, entity: str) -> None:
        """Follow an identity that was put into `splits`.

        Args:
            entity: SQL literal of its id.
        """
        self.draft.keep("coming_orders", f"SELECT {column_list('orders')} FROM orders WHERE false")
        self._replaced("SELECT order_id FROM orders WHERE false")
        self._seed(f"SELECT {entity} AS entity_id")
        self.draft.keep("line_products", "SELECT CAST(NULL AS VARCHAR) AS product_id WHERE false")
        self._follow()

    def _replaced(self, leaving: str) -> None:
        self.draft.keep(
            "replaced_orders", f"SELECT order_id, entity_id FROM old_orders WHERE order_id IN (SELECT order_id FROM ({leaving}) AS leaving)"
        )

    def _seed(self, entities: str) -> None:
        self.draft.keep("seeds", f"SELECT DISTINCT entity_id FROM ({entities}) AS found")

    def _patch_sources(self) -> None:
        draft = self.draft
        draft.keep(
            "same_entities",
            "SELECT * FROM old_entities SEMI JOIN new_entities USING (entity_id) ANTI JOIN dropped_entities USING (entity_id)",
        )
        draft.patch(
            "entities",
            KEYS["entities"],
            "SELECT entity_id FROM same_entities UNION ALL SELECT entity_id FROM dropped_entities",
            merged_entities("same_entities", "new_entities"),
        )
        draft.keep(
            "same_contacts",
            """SELECT * FROM old_entity_contacts SEMI JOIN new_contacts USING (contact_id, entity_id)
            ANTI JOIN dropped_entities USING (entity_id)""",
        )
        draft.patch(
            "entity_contacts",
            KEYS["entity_contacts"],
            """SELECT contact_id, entity_id FROM same_contacts
            UNION ALL SELECT contact_id, entity_id FROM old_entity_contacts SEMI JOIN dropped_entities USING (entity_id)""",
            merged_contacts("same_contacts", "new_contacts"),
        )
        draft.patch(
            "entity_keys",
            KEYS["entity_keys"],
            "SELECT entity_id, kind, key FROM old_entity_keys SEMI JOIN dropped_entities USING (entity_id)",
            """SELECT n.entity_id, n.kind, n.key FROM new_keys n ANTI JOIN (SELECT entity_id, kind, key FROM old_entity_keys
            SEMI JOIN new_entities USING (entity_id) ANTI JOIN dropped_entities USING (entity_id)) o USING (entity_id, kind, key)""",
        )
        self._patch_lines("SELECT * FROM new_lines")

    def _patch_lines(self, fresh: str) -> None:
        draft = self.draft
        draft.keep("leaving_lines", "SELECT * FROM old_order_lines SEMI JOIN replaced_orders USING (order_id)")
        draft.patch("order_lines", ("order_id",), "SELECT DISTINCT order_id FROM leaving_lines", fresh)
        draft.keep(
            "line_products",
            """SELECT DISTINCT coalesce(product_id, name) AS product_id FROM
            (FROM leaving_lines UNION ALL FROM fresh_order_lines) WHERE coalesce(product_id, name) IS NOT NULL""",
        )

    def _follow(self) -> None:
        """Everything that follows from the change."""
        self._touch()
        draft, connection = self.draft, self.connection
        apart = match_identities(connection, keys="near_keys", scope="touched")
        draft.keep(
            "old_identity_map",
            """SELECT entity_id, coalesce(m.kept_id, entity_id) AS customer_id FROM touched
            LEFT JOIN old_merges m ON m.merged_id = entity_id""",
        )
        draft.keep("old_apart", "SELECT * FROM old_shared_keys SEMI JOIN near_keys USING (place, kind, key, side)")
        draft.keep("now_apart", shared_key_rows(connection, apart))
        draft.differ(
            "shared_keys",
            KEYS["shared_keys"],
            "old_apart",
            "(SELECT * REPLACE (CAST(place AS BIGINT) AS place, CAST(entities AS BIGINT) AS entities) FROM now_apart)",
        )
        draft.keep("was_merged", "SELECT * FROM old_merges WHERE merged_id IN (SELECT entity_id FROM touched)")
        draft.differ("merges", KEYS["merges"], "was_merged", "new_merges")
        follow_moved(draft)
        for name in ("customers", "contacts"):
            draft.keep(f"was_{name}", filled_sql("base", name, {}, {"past": "old_"}))
            draft.keep(f"now_{name}", filled_sql("base", name, {}, {"past": ""}))
            draft.differ(name, KEYS[name], f"was_{name}", f"now_{name}")
        draft.keep("was_unenriched", "SELECT * FROM old_unenriched SEMI JOIN old_identity_map USING (customer_id)")
        draft.keep("now_unenriched", "SELECT DISTINCT customer_id FROM identity_map SEMI JOIN customers USING (customer_id)")
        draft.differ("unenriched", KEYS["unenriched"], "was_unenriched", "now_unenriched")
        self._orders()
        draft.keep("was_products", "SELECT * FROM old_products SEMI JOIN line_products USING (product_id)")
        draft.keep("touched_lines", "SELECT * FROM order_lines WHERE coalesce(product_id, name) IN (SELECT product_id FROM line_products)")
        draft.keep("now_products", filled_sql("base", "products", {}, {"lines": "touched_lines"}))
        draft.differ("products", KEYS["products"], "was_products", "now_products")

    def _orders(self) -> None:
        draft, connection = self.draft, self.connection
        draft.keep("was_orders", "SELECT * FROM old_orders SEMI JOIN touched USING (entity_id)")
        columns = column_list("orders")
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW raw_orders AS SELECT {columns} FROM was_orders ANTI JOIN replaced_orders USING (order_id)
            UNION ALL SELECT {columns} FROM coming_orders"""
        )
        match_refunds(connection)
        draft.keep("now_orders", filled_sql("base", "net_orders", {}))
        connection.execute("DROP VIEW raw_orders")
        for name in ("customer_days", "unusual_orders"):
            for time in ("was", "now"):
                draft.keep(f"{time}_{name}", filled_sql("base", name, {}, {"orders": f"{time}_orders"}))
        for name in ("orders", "customer_days", "unusual_orders"):
            draft.differ(name, KEYS[name], f"was_{name}", f"now_{name}")

    def _touch(self) -> None:
        """Make `touched`, and `near_keys`: every identity that has one of their keys, now or before."""
        draft, connection = self.draft, self.connection
        for past in ("", "old_"):
            connection.execute(
                f"CREATE OR REPLACE TEMP VIEW {past}identity_keys AS {filled_sql('base', 'identity_keys', {}, {'past': past})}"
            )
        columns = "place, kind, key, side"
        draft.keep("touched", "SELECT entity_id FROM seeds")
        # what the seeds were known by before, and are no longer, concerns whoever else is known by it
        draft.keep("seed_keys", f"SELECT DISTINCT {columns} FROM old_identity_keys SEMI JOIN seeds USING (entity_id)")
        while True:
            before = draft.count("touched")
            draft.keep(
                "keys_met",
                f"SELECT {columns} FROM seed_keys UNION SELECT {columns} FROM identity_keys SEMI JOIN touched USING (entity_id)",
            )
            draft.keep("near_keys", f"SELECT DISTINCT {columns}, entity_id FROM identity_keys SEMI JOIN keys_met USING ({columns})")
            # a key on too many joins nobody; it matters where it would without the seeds, for then it may have joined before
            draft.keep(
                "joining_keys",
                f"""SELECT {columns} FROM near_keys GROUP BY {columns}
                HAVING kind = 'inn' OR count(*) FILTER (entity_id NOT IN (SELECT entity_id FROM seeds)) <= {LARGEST_GROUP}""",
            )
            draft.keep(
                "touched_now",
                f"""SELECT entity_id FROM touched UNION SELECT entity_id FROM near_keys SEMI JOIN joining_keys USING ({columns})
                UNION SELECT unnest([o.kept_id, o.merged_id]) FROM old_merges o
                WHERE o.kept_id IN (
                    SELECT coalesce(m.kept_id, t.entity_id) FROM touched t LEFT JOIN old_merges m ON m.merged_id = t.entity_id)
                UNION SELECT entity_id FROM (
                    SELECT d.left_id AS entity_id FROM matches d JOIN touched t ON t.entity_id = d.right_id
                    UNION SELECT d.right_id FROM matches d JOIN touched t ON t.entity_id = d.left_id) decided
                SEMI JOIN entities USING (entity_id)""",
            )
            draft.keep("touched", "SELECT entity_id FROM touched_now")
            if draft.count("touched") == before:
                return
