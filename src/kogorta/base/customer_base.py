"""The customer base: what a notebook, the command line and the desk open, add to and read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.base.assembly import assemble, latest
from kogorta.base.audit import Accounting, Audit, Fate, Problem
from kogorta.base.cleaning import read_rows
from kogorta.base.identity import match_identities
from kogorta.base.options import IntakeOptions
from kogorta.base.outliers import find_outliers
from kogorta.base.refunds import match_refunds
from kogorta.base.store import Store
from kogorta.base.tables import TABLES, column_list
from kogorta.engine.duck import DEFAULT_MEMORY, connect, filled_sql, literal, quote
from kogorta.engine.shelf import LARGE, Shelf
from kogorta.engine.table import Table
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import duckdb

    from kogorta.base.intake import Extract
    from kogorta.base.options import RefundPolicy
    from kogorta.kit.progress import Progress

ORDER_OF_ROWS: Final = {
    "customers": ("customer_id",),
    "contacts": ("customer_id", "contact_id"),
    "orders": ("ordered_at", "order_id"),
    "order_lines": ("order_id", "line_no"),
    "products": ("product_id",),
    "customer_days": ("customer_id", "day"),
    "quarantine": ("source", "row_no", "reason"),
    "merges": ("kept_id", "merged_id"),
    "imports": ("source", "digest"),
    "events": ("at", "event_id"),
    "consents": ("customer_id", "channel", "purpose"),
}

_BASE_PROBLEMS: Final = ("refund_unmatched", "outlier", "identity_merged", "identity_shared_key")
_DERIVED: Final = ("orders", "customers", "contacts", "products", "merges", "customer_days", "problems")


class CustomerBase:
    """One clean store of customers, orders and everything known about them.

    Args:
        folder: where the base lives; created when absent. None keeps it in memory for one analysis.
        memory: most memory the engine may take before it spills to disk.
        spill: folder for spilled rows; the engine's own choice when not given.

    Raises:
        InputError: the folder holds something that is not a base.

    Example:
        >>> base = CustomerBase(None)
        >>> len(base.table("customers"))
        0
    """

    def __init__(self, folder: Path | str | None, *, memory: str = DEFAULT_MEMORY, spill: Path | None = None) -> None:
        self.folder = Path(folder) if folder is not None else None
        self._store = Store(self.folder)
        self.connection: duckdb.DuckDBPyConnection = connect(memory=memory, spill=spill)
        self.shelf = Shelf(self.connection, spill)
        self._store.attach(self.shelf)
        self.is_large = self._rows_read() > LARGE
        self.generation = 0

    @property
    def currency(self) -> str:
        """ISO code of the base's money."""
        return self._store.state.currency or "RUB"

    @property
    def time_zone(self) -> str:
        """IANA zone business dates are counted in."""
        return self._store.state.time_zone or "Europe/Moscow"

    @property
    def refund_policy(self) -> str:
        """`net` or `ignore`: how refunds were taken in."""
        return self._store.state.refunds or "net"

    @property
    def enriched(self) -> bool:
        """Whether industry, region, zone and role were filled in since the last import."""
        return self._store.state.enriched

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the files imported, sorted."""
        return tuple(row[0] for row in self.connection.execute("SELECT DISTINCT source FROM imports ORDER BY 1").fetchall())

    def table(self, name: str) -> Table:
        """A table of the base by its name.

        Raises:
            OptionError: there is no such table.
        """
        if name not in TABLES:
            raise OptionError(
                "The base has no table {name!r}; it has {names}.",
                name=name,
                names=", ".join(sorted(TABLES)),
            )
        return Table(self.connection, name, ORDER_OF_ROWS.get(name, ()))

    def add(self, extract: Extract, options: IntakeOptions | None = None, *, progress: Progress = SILENT) -> Accounting:
        """Clean one extract, account for each of its rows and merge it into the base.

        The same bytes twice change nothing. A deal imported again replaces its earlier self.

        Args:
            extract: what a source read.
            options: currency, zone, refunds, stages, rates; the base's own currency, zone and refund rule win once it has data.
            progress: where the steps are announced.

        Returns:
            Where the rows went.

        Raises:
            InputError: the extract is in another currency or zone than the base.
        """
        with self._store.writing(self.shelf):
            options = self._settle(options or IntakeOptions())
            row = self.connection.execute(
                "SELECT rows_read, rows_used, rows_merged, rows_quarantined FROM imports WHERE digest = ?", [extract.digest]
            ).fetchone()
            if row is not None:
                return Accounting(*row)
            self.is_large = self._rows_read() + extract.rows > LARGE
            with progress.step("clean", extract.rows) as step:
                currency = read_rows(self.shelf, extract, options)
                assembled = assemble(self.shelf, extract, options, currency)
                step.advance(extract.rows)
            left_out = assembled.accounting.rows_quarantined
            if options.strict and left_out:
                first = assembled.problems[0]
                raise InputError(
                    "{source}: {rows} rows cannot be used and --strict was given; the first reason is {reason}, row {row}. "
                    "Without --strict they are listed in quarantine.csv.",
                    source=extract.source,
                    rows=left_out,
                    reason=first.code,
                    row=first.example_row,
                )
            with progress.step("match identities and refunds", None) as step:
                self._absorb(extract, assembled.accounting, assembled.problems)
                self._derive("new_orders_beside_old")
                step.advance(1)
            with progress.step("write the base", None) as step:
                self._store.commit(
                    self.shelf, TABLES, currency=currency, time_zone=options.time_zone, refunds=options.refunds, enriched=False
                )
                step.advance(1)
            self.generation += 1
        return assembled.accounting

    def audit(self) -> Audit:
        """Everything the audit found so far, most rows first within a fate."""
        row = self.connection.execute(
            """SELECT coalesce(sum(rows_read), 0), coalesce(sum(rows_used), 0), coalesce(sum(rows_merged), 0),
            coalesce(sum(rows_quarantined), 0) FROM imports"""
        ).fetchone()
        rows = self.connection.execute(
            'SELECT code, source, fate, rows, "column", example_row, example FROM problems ORDER BY source, position'
        ).fetchall()
        fates = list(Fate)
        problems = [Problem(code, source, Fate(fate), count, *rest) for code, source, fate, count, *rest in rows]
        problems.sort(key=lambda problem: (fates.index(problem.fate), -problem.rows, problem.code, problem.source))
        return Audit(Accounting(*(int(value) for value in row or (0, 0, 0, 0))), tuple(problems))

    def unmerge(self, merged_id: str) -> None:
        """Undo a merge: the identity is a customer of its own again, with its own orders, and stays so.

        Raises:
            OptionError: no merge with this id.
        """
        found = self.connection.execute("SELECT count(*) FROM merges WHERE merged_id = ?", [merged_id]).fetchone()
        if not found or not found[0]:
            raise OptionError(
                "No merge of {merged_id!r} is recorded; see the table merges for the ids.",
                merged_id=merged_id,
            )
        with self._store.writing(self.shelf):
            self._put("splits", f"SELECT entity_id FROM splits UNION SELECT {quote(merged_id)}")
            self._derive("orders")
            self._store.commit(self.shelf, (*_DERIVED, "splits"), enriched=False)
        self.generation += 1

    def replace_enriched(self, tables: Mapping[str, str]) -> None:
        """Put enriched copies of tables (tables of the same shape in the engine) in the place of its own, and drop the copies."""
        with self._store.writing(self.shelf):
            for name, enriched in tables.items():
                self._put(name, f"SELECT {column_list(name)} FROM {enriched}")
                if enriched.isidentifier() and enriched not in TABLES:
                    self.connection.execute(f"DROP TABLE IF EXISTS {enriched}")  # the copy of a large base is large
            self._store.commit(self.shelf, tables, enriched=True)
        self.generation += 1

    def vacuum(self) -> int:
        """Reclaim the space of earlier states; returns the number of files deleted."""
        return self._store.vacuum(self.shelf)

    def last_day(self) -> date | None:
        """The last business day anything was bought or refunded on."""
        row = self.connection.execute("SELECT max(day) FROM customer_days").fetchone()
        return row[0] if row else None

    def _rows_read(self) -> int:
        row = self.connection.execute("SELECT coalesce(sum(rows_read), 0) FROM imports").fetchone()
        return int(row[0]) if row else 0

    def _settle(self, options: IntakeOptions) -> IntakeOptions:
        from dataclasses import replace

        state = self._store.state
        if state.currency and options.currency and options.currency != state.currency:
            raise InputError(
                "The base is kept in {kept}; --currency {given} does not fit it. Give --rates to convert, or import into another base.",
                kept=state.currency,
                given=options.currency,
            )
        zone = state.time_zone or options.time_zone
        refunds: RefundPolicy = "ignore" if (state.refunds or options.refunds) == "ignore" else "net"
        return replace(options, currency=state.currency or options.currency, time_zone=zone, refunds=refunds)

    def _absorb(self, extract: Extract, accounting: Accounting, problems: tuple[Problem, ...]) -> None:
        """Put what the import brought beside what is there; a deal imported again replaces its earlier self, lines included."""
        columns = column_list("orders")
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW new_orders_beside_old AS
            SELECT {columns} FROM (SELECT CAST(NULL AS VARCHAR) AS customer_id, stage_status AS status, 0 AS net_amount_base,
                CAST(NULL AS VARCHAR) AS refund_of, * FROM new_orders)
            UNION ALL SELECT {columns} FROM orders ANTI JOIN new_orders USING (order_id)"""
        )
        columns = column_list("order_lines")
        self._put(
            "order_lines",
            f"SELECT {columns} FROM new_lines UNION ALL SELECT {columns} FROM order_lines ANTI JOIN new_orders USING (order_id)",
        )
        for table, key, chosen in (
            ("entities", "entity_id", self._entity_columns()),
            ("entity_contacts", "contact_id, entity_id", self._contact_columns()),
        ):
            columns = column_list(table)
            both = f"SELECT {columns} FROM {table} UNION ALL SELECT {columns} FROM new_{table.replace('entity_', '')}"
            self._put(table, f"SELECT {chosen} FROM ({both}) GROUP BY {key}")
        self._put("entity_keys", "SELECT * FROM entity_keys UNION SELECT entity_id, kind, key FROM new_keys")
        columns = column_list("quarantine")
        self._put("quarantine", f"SELECT {columns} FROM quarantine UNION ALL SELECT {columns} FROM new_quarantine")
        account = (accounting.rows_read, accounting.rows_used, accounting.rows_merged, accounting.rows_quarantined)
        row = ", ".join(literal(value) for value in (extract.digest, extract.source, extract.layout, *account))
        self._put("imports", f"SELECT * FROM imports UNION ALL SELECT {row}")
        self._add_problems(problems)

    def _entity_columns(self) -> str:
        """A later import knows better, but never erases what an earlier one knew."""
        kept = {
            "entity_id": "entity_id",
            "kind": "CASE WHEN bool_or(kind = 'company') THEN 'company' ELSE 'person' END AS kind",
            "created_at": "min(created_at) AS created_at",
            "seen_at": "max(seen_at) AS seen_at",
        }
        return ", ".join(kept.get(name, f"{latest(name, 'seen_at')} AS {name}") for name, _ in TABLES["entities"])

    def _contact_columns(self) -> str:
        kept = {"contact_id": "contact_id", "entity_id": "entity_id", "seen_at": "max(seen_at) AS seen_at"}
        return ", ".join(kept.get(name, f"{latest(name, 'seen_at')} AS {name}") for name, _ in TABLES["entity_contacts"])

    def _derive(self, orders: str) -> None:
        """Rebuild everything that follows from the sources: identities, refunds, customers, the day ledger.

        Args:
            orders: the table or view of orders to start from.
        """
        apart = match_identities(self.connection)
        for name in ("customers", "contacts", "products"):
            self._put(name, filled_sql("base", name, {}))
        self._put("merges", f"SELECT {column_list('merges')} FROM new_merges")
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW raw_orders AS SELECT {column_list('orders')} FROM {orders}")
        match_refunds(self.connection)
        self._put("orders", filled_sql("base", "net_orders", {}))
        self._put("customer_days", filled_sql("base", "customer_days", {}))
        for name in ("typed", "new_orders", "new_lines", "new_entities", "new_keys", "new_contacts", "new_quarantine"):
            self.shelf.drop(name)
        self._put("problems", f"SELECT * FROM problems WHERE code NOT IN ({', '.join(repr(code) for code in _BASE_PROBLEMS)})")
        found = list(find_outliers(self.connection))
        if apart:
            found.append(Problem("identity_shared_key", "", Fate.NOTED, len(apart), apart[0].kind, None, apart[0].key))
        self._add_problems(tuple(found))

    def _add_problems(self, problems: tuple[Problem, ...]) -> None:
        rows = [
            (item.source, place, item.code, item.fate.value, item.rows, item.column, item.example_row, item.example)
            for place, item in enumerate(problems)
        ]
        values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        if rows:
            self._put("problems", f"SELECT * FROM problems UNION ALL SELECT * FROM (VALUES {values}) AS found({column_list('problems')})")

    def _put(self, name: str, query: str) -> None:
        """Make the rows of a query the rows of a table of the base, in its types."""
        columns = ", ".join(f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in TABLES[name])
        self.shelf.keep(name, f"SELECT {columns} FROM ({query}) AS rows", large=self.is_large)


def open_base(folder: Path | str, *, memory: str = DEFAULT_MEMORY) -> CustomerBase:
    """Open a base, or start a new one where the folder is absent or empty.

    Args:
        folder: where the base lives.
        memory: most memory the engine may take before it spills to disk.

    Returns:
        The base.

    Raises:
        InputError: the folder holds something that is not a base.

    Example:
        >>> import tempfile
        >>> base = open_base(tempfile.mkdtemp())
        >>> base.sources
        ()
    """
    return CustomerBase(folder, memory=memory)
