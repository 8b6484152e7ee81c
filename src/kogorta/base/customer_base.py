"""The customer base: what a notebook, the command line and the desk open, add to and read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.base.assembly import assemble
from kogorta.base.audit import Accounting, Audit, Fate, Problem
from kogorta.base.cleaning import read_rows
from kogorta.base.identity import match_identities
from kogorta.base.options import IntakeOptions
from kogorta.base.outliers import find_outliers
from kogorta.base.refunds import match_refunds
from kogorta.base.store import Store
from kogorta.base.tables import TABLES, column_list, create_statement
from kogorta.engine.duck import connect, run_sql
from kogorta.engine.table import Table
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import duckdb

    from kogorta.base.intake import Extract
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

    def __init__(self, folder: Path | str | None, *, memory: str = "1500MB", spill: Path | None = None) -> None:
        self.folder = Path(folder) if folder is not None else None
        self._store = Store(self.folder)
        self.connection: duckdb.DuckDBPyConnection = connect(memory=memory, spill=spill)
        self._store.attach(self.connection)
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
            raise OptionError(f"The base has no table {name!r}; it has {', '.join(sorted(TABLES))}.")
        return Table(self.connection, name, ORDER_OF_ROWS.get(name, ()))

    def add(self, extract: Extract, options: IntakeOptions | None = None, *, progress: Progress = SILENT) -> Accounting:
        """Clean one extract, account for each of its rows and merge it into the base.

        The same bytes twice change nothing. A deal imported again replaces its earlier self.

        Args:
            extract: what a source read.
            options: currency, zone, refunds, stages, rates; the base's own currency and zone win once it has data.
            progress: where the steps are announced.

        Returns:
            Where the rows went.

        Raises:
            InputError: the extract is in another currency or zone than the base.
        """
        options = self._settle(options or IntakeOptions())
        with self._store.writing():
            if self._known(extract.digest):
                row = self.connection.execute(
                    "SELECT rows_read, rows_used, rows_merged, rows_quarantined FROM imports WHERE digest = ?",
                    [extract.digest],
                ).fetchone()
                return Accounting(*row) if row else Accounting(0, 0, 0, 0)
            with progress.step("clean", extract.rows) as step:
                currency = read_rows(self.connection, extract, options)
                assembled = assemble(self.connection, extract, options, currency)
                step.advance(extract.rows)
            with progress.step("match identities and refunds", None) as step:
                self._absorb(extract, assembled.accounting, assembled.problems)
                self._derive()
                step.advance(1)
            with progress.step("write the base", None) as step:
                self._store.commit(
                    self.connection, TABLES, currency=currency, time_zone=options.time_zone, refunds=options.refunds, enriched=False
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
            raise OptionError(f"No merge of {merged_id!r} is recorded; see the table merges for the ids.")
        with self._store.writing():
            self._replace("splits", "SELECT entity_id FROM splits UNION SELECT CAST(? AS VARCHAR)", [merged_id])
            self._derive()
            self._store.commit(self.connection, (*_DERIVED, "splits"), enriched=False)
        self.generation += 1

    def replace_enriched(self, tables: Mapping[str, str]) -> None:
        """Put enriched copies of tables (tables of the same shape in the connection) in the place of the base's own."""
        with self._store.writing():
            for name, enriched in tables.items():
                self._replace(name, f"SELECT {column_list(name)} FROM {enriched}")
            self._store.commit(self.connection, tables, enriched=True)
        self.generation += 1

    def vacuum(self) -> int:
        """Reclaim the space of earlier states; returns the number of files deleted."""
        return self._store.vacuum()

    def last_day(self) -> date | None:
        """The last business day anything was bought or refunded on."""
        row = self.connection.execute("SELECT max(day) FROM customer_days").fetchone()
        return row[0] if row else None

    def _known(self, digest: str) -> bool:
        return bool(self.connection.execute("SELECT 1 FROM imports WHERE digest = ?", [digest]).fetchone())

    def _settle(self, options: IntakeOptions) -> IntakeOptions:
        from dataclasses import replace

        state = self._store.state
        if state.currency and options.currency and options.currency != state.currency:
            raise InputError(
                f"The base is kept in {state.currency}; --currency {options.currency} does not fit it. Give --rates to convert, "
                "or import into another base."
            )
        zone = state.time_zone or options.time_zone
        return replace(options, currency=state.currency or options.currency, time_zone=zone)

    def _absorb(self, extract: Extract, accounting: Accounting, problems: tuple[Problem, ...]) -> None:
        """Put what the import brought beside what is there; the new row of the same key wins."""
        run = self.connection.execute
        for table, incoming, key in (
            (
                "orders",
                "SELECT CAST(NULL AS VARCHAR) AS customer_id, stage_status AS status, 0 AS net_amount_base, NULL AS refund_of, * "
                "FROM new_orders",
                "order_id",
            ),
            ("order_lines", "SELECT * FROM new_lines", "order_id"),
            ("entity_contacts", "SELECT * FROM new_contacts", "contact_id, entity_id"),
        ):
            self._merge(table, incoming, key)
        self._replace(
            "entities",
            f"""SELECT {self._entity_columns()} FROM (
                SELECT {column_list("entities")} FROM entities UNION ALL SELECT {column_list("entities")} FROM new_entities)
            GROUP BY entity_id""",
        )
        self._replace("entity_keys", "SELECT * FROM entity_keys UNION SELECT * FROM new_keys")
        run(
            f"CREATE OR REPLACE TEMP TABLE next_quarantine AS SELECT * FROM quarantine UNION ALL SELECT {column_list('quarantine')} "
            "FROM new_quarantine"
        )
        self._replace("quarantine", "SELECT * FROM next_quarantine")
        account = (accounting.rows_read, accounting.rows_used, accounting.rows_merged, accounting.rows_quarantined)
        self._replace(
            "imports",
            "SELECT * FROM imports UNION ALL SELECT ?, ?, ?, ?, ?, ?, ?",
            [extract.digest, extract.source, extract.layout, *account],
        )
        self._add_problems(problems)

    def _entity_columns(self) -> str:
        """A later import knows better, but never erases what an earlier one knew."""
        chosen = []
        for name, _ in TABLES["entities"]:
            if name == "entity_id":
                chosen.append(name)
            elif name == "kind":
                chosen.append("CASE WHEN bool_or(kind = 'company') THEN 'company' ELSE 'person' END AS kind")
            elif name == "created_at":
                chosen.append("min(created_at) AS created_at")
            elif name == "seen_at":
                chosen.append("max(seen_at) AS seen_at")
            else:
                chosen.append(f"arg_max({name}, (seen_at, {name})) FILTER ({name} IS NOT NULL) AS {name}")
        return ", ".join(chosen)

    def _merge(self, table: str, incoming: str, key: str) -> None:
        columns = column_list(table)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE incoming_rows AS {incoming}")
        self._replace(
            table,
            f"SELECT {columns} FROM {table} WHERE ({key}) NOT IN (SELECT ({key}) FROM incoming_rows) "
            f"UNION ALL SELECT {columns} FROM incoming_rows",
        )
        self.connection.execute("DROP TABLE incoming_rows")

    def _derive(self) -> None:
        """Rebuild everything that follows from the sources: identities, refunds, customers, the day ledger."""
        apart = match_identities(self.connection)
        run_sql(self.connection, "base", "derived")
        for name in ("orders", "customers", "contacts", "products"):
            self._replace(name, f"SELECT {column_list(name)} FROM next_{name}")
        self._replace("merges", f"SELECT {column_list('merges')} FROM new_merges")
        match_refunds(self.connection)
        run_sql(self.connection, "base", "day_ledger")
        self._replace("orders", f"SELECT {column_list('orders')} FROM next_orders")
        self._replace("customer_days", "SELECT customer_id, day, orders, amount FROM next_customer_days")
        self._replace("problems", f"SELECT * FROM problems WHERE code NOT IN ({', '.join(repr(code) for code in _BASE_PROBLEMS)})")
        found = list(find_outliers(self.connection))
        if apart:
            found.append(Problem("identity_shared_key", "", Fate.NOTED, len(apart), apart[0].kind, None, apart[0].key))
        self._add_problems(tuple(found))

    def _add_problems(self, problems: tuple[Problem, ...]) -> None:
        for position, problem in enumerate(problems):
            values = [problem.source, position, problem.code, problem.fate.value, problem.rows]
            self._insert_problem([*values, problem.column, problem.example_row, problem.example])

    def _insert_problem(self, values: list[object]) -> None:
        self._own("problems")
        self.connection.execute("INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _own(self, name: str) -> None:
        """Make a table of the base writable in the engine: a view over files becomes a table."""
        if self.connection.execute("SELECT 1 FROM duckdb_views() WHERE view_name = ?", [name]).fetchone():
            self._replace(name, f"SELECT * FROM {name}")

    def _replace(self, name: str, query: str, parameters: list[object] | None = None) -> None:
        columns = column_list(name)
        self.connection.execute(create_statement("replacing", name))
        self.connection.execute(f"INSERT INTO replacing ({columns}) SELECT {columns} FROM ({query}) AS rows", parameters or [])
        is_view = self.connection.execute("SELECT 1 FROM duckdb_views() WHERE view_name = ?", [name]).fetchone()
        self.connection.execute(f"DROP {'VIEW' if is_view else 'TABLE'} IF EXISTS {name}")
        self.connection.execute(f"ALTER TABLE replacing RENAME TO {name}")


def open_base(folder: Path | str, *, memory: str = "1500MB") -> CustomerBase:
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
