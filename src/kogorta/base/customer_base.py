"""The customer base: what a notebook, the command line and the desk open, add to and read."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kogorta.base.assembly import assemble
from kogorta.base.audit import Accounting, Audit, Fate, Problem
from kogorta.base.cleaning import read_rows
from kogorta.base.derivation import NEW_TABLES, Derivation, note_problems, note_whole_base
from kogorta.base.draft import Draft
from kogorta.base.events import absorb
from kogorta.base.matching.decisions import rows_of, told_by_person, undone, with_rows, without_pair
from kogorta.base.numbered_days import NumberedDays
from kogorta.base.options import IntakeOptions
from kogorta.base.store import Store
from kogorta.base.tables import KEYS, ORDER_OF_ROWS, TABLES, column_list, empty_query
from kogorta.base.told import change_orders, customers_told, events_telling, keep_told, said_of_orders
from kogorta.base.update import ROW_BY_ROW, ROW_BY_ROW_FROM, Update
from kogorta.engine.duck import DEFAULT_MEMORY, bound, connect, first_row, literal, quote, register_mapping
from kogorta.engine.scratch import scratch_folder
from kogorta.engine.shelf import LARGE, Shelf
from kogorta.engine.table import Table
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    import duckdb

    from kogorta.base.assembly import Assembled
    from kogorta.base.events import Event, EventsTaken
    from kogorta.base.intake import Extract
    from kogorta.base.matching.likely import Duplicates, LikelyMatcher
    from kogorta.base.options import RefundPolicy
    from kogorta.engine.remote import RemoteEngine
    from kogorta.kit.progress import Progress


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
        self.row_by_row, self.row_by_row_from = ROW_BY_ROW, ROW_BY_ROW_FROM
        self.generation = 0
        self.remote: RemoteEngine | None = None
        self._numbered: tuple[int, NumberedDays] | None = None

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
    def versions(self) -> Mapping[str, int]:
        """The version of each table as it is read here; empty in memory."""
        return dict(self._store.state.versions)

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

        The same bytes read in the same way twice change nothing. Read in another way (other columns, stages or rates), they take the place
        of what they said before. A deal imported again replaces its earlier self.

        Args:
            extract: what a source read.
            options: currency, zone, refunds, stages, rates; the base's own currency, zone and refund rule win once it has data.
            progress: where the steps are announced.

        Returns:
            Where the rows went.

        Raises:
            InputError: the extract is in another currency or zone than the base.
            StorageError: the disk is full; the base stays as it was.
        """
        with self._store.writing(self.shelf, large=self._rows_read() + extract.rows > LARGE) as draft:
            options = self._settle(options or IntakeOptions())
            digest, reading = import_digest(extract), reading_of(extract, options)
            earlier = self._earlier(digest)
            if earlier is not None and earlier[0] == reading:
                return Accounting(*earlier[1:])
            self.is_large = self._rows_read() + extract.rows > LARGE
            draft.large = self.is_large
            with progress.step("clean", extract.rows) as step:
                currency = read_rows(self.shelf, extract, options)
                assembled = assemble(self.shelf, extract, options, currency)
                step.advance(extract.rows)
            if options.strict and assembled.accounting.rows_quarantined:
                self._refuse(extract, assembled)
            with progress.step("match identities and refunds", None) as step:
                self._absorb(draft, extract, assembled, digest, reading)
                step.advance(1)
            for name in NEW_TABLES:
                self.shelf.drop(name)
            with progress.step("write the base", None) as step:
                self._store.commit(draft, currency=currency, time_zone=options.time_zone, refunds=options.refunds, **self._unsettled(draft))
                step.advance(1)
            self.generation += 1
        return assembled.accounting

    def forget_orders(self, order_ids: Iterable[str]) -> int:
        """Take orders out that no longer exist where they came from, with their lines; their customers stay.

        Args:
            order_ids: ids of the orders, as in the table `orders`; those that are not there are passed over.

        Returns:
            How many orders were taken out.
        """
        with self._store.writing(self.shelf, large=self.is_large) as draft:
            register_mapping(self.connection, "leaving_ids", {"order_id": sorted(set(order_ids))})
            draft.keep("dropped_orders", "SELECT order_id FROM orders SEMI JOIN leaving_ids USING (order_id)")
            taken = draft.count("dropped_orders")
            if taken:
                Update(draft).forget_orders()
                note_whole_base(draft)
                self._store.commit(draft, **self._unsettled(draft))
                self.generation += 1
        return taken

    def add_events(self, events: Sequence[Event]) -> EventsTaken:
        """Put events of customers into the base; the same event id twice is one event.

        Args:
            events: in any order. Those whose customer the base does not know are named in the answer and not taken. What events of the
                types `order` and `refund` say is put among the orders (see `told`).

        Returns:
            How many were added, and the ids of those not taken.
        """
        with self._store.writing(self.shelf, large=self.is_large) as draft:
            taken = absorb(draft, events)
            if taken.of_orders:
                change_orders(draft, self._said(), self.currency)
                note_whole_base(draft)
            if draft.changed:
                self._store.commit(draft)
                self.generation += 1
        return taken

    def suppose_events(self, events: Sequence[Event]) -> tuple[str, ...]:
        """See the base as if it had some events: in this connection alone, from now on; nothing of it is ever written.

        Args:
            events: as `add_events` takes them.

        Returns:
            Ids of the customers the events tell orders of.
        """
        draft = Draft(self.shelf, None, large=self.is_large)
        try:
            if not absorb(draft, events).of_orders:
                return ()
            change_orders(draft, self._said(), self.currency)
            return customers_told(draft)
        finally:
            draft.clear()
            self.generation += 1

    def _said(self) -> str:
        """Query of what new events, with the earlier ones about the same orders, say of orders."""
        telling = f"({events_telling('new_events')})"
        return said_of_orders(telling, currency=self.currency, time_zone=self.time_zone, refunds=self.refund_policy == "net")

    def rebuild(self) -> None:
        """Make everything that follows from the imports anew; it gives what is there already, and puts large tables in months."""
        with self._store.writing(self.shelf, large=self.is_large) as draft:
            draft.keep("orders_before", f"SELECT {column_list('orders')} FROM orders", large=self.is_large)
            draft.replace("order_lines", f"SELECT {column_list('order_lines')} FROM order_lines")
            Derivation(draft).derive("orders_before")
            note_whole_base(draft)
            self._store.commit(draft, **self._unsettled(draft))
        self.generation += 1

    def take_over(self, other: CustomerBase, *, nameless: Mapping[str, str] | None = None) -> None:
        """Put what the imports of another base said in the place of what those of this one did, all at once.

        What people decided here (customers kept apart), events, orders told by events that `other` has not, and consents stay; all that
        follows is made anew.

        Args:
            other: a base in a folder; it is only read.
            nameless: id of an identity or customer that was erased -> the nameless id he has in `other`: what was decided about him goes,
                his events go on under that id without their properties, his consents go.
        """
        rows = other._store.rows
        with self._store.writing(self.shelf, large=other.is_large) as draft:
            self.is_large = other.is_large
            whole = said_of_orders("events", currency=other.currency, time_zone=other.time_zone, refunds=other.refund_policy == "net")
            keep_told(draft, whole, other.currency, rows("orders"), nameless or {})
            draft.keep("orders_taken", f"{rows('orders')} UNION ALL BY NAME FROM kept_orders", large=draft.large)
            lines = column_list("order_lines")
            draft.replace("order_lines", f"SELECT {lines} FROM ({rows('order_lines')}) AS o UNION ALL SELECT {lines} FROM kept_lines")
            for name in ("imports", "quarantine", "problems", "entities", "entity_keys", "entity_contacts"):
                draft.replace(name, rows(name))
            if nameless:
                self._make_nameless(draft, nameless)
            Derivation(draft).derive("orders_taken")
            note_whole_base(draft)
            state = other._store.state
            self._store.commit(draft, currency=state.currency, time_zone=state.time_zone, refunds=state.refunds, **self._unsettled(draft))
        self.generation += 1

    def _make_nameless(self, draft: Draft, nameless: Mapping[str, str]) -> None:
        register_mapping(self.connection, "erased_ids", {"gone": list(nameless), "nameless": list(nameless.values())})
        gone = "(SELECT gone FROM erased_ids)"
        draft.replace("splits", f"SELECT * FROM splits WHERE entity_id NOT IN {gone}")
        draft.replace("matches", f"SELECT * FROM matches WHERE left_id NOT IN {gone} AND right_id NOT IN {gone}")
        named = "coalesce(entity_id, customer_id)"
        draft.replace(
            "consents", f"SELECT {column_list('consents')} FROM consents WHERE {named} NOT IN {gone} AND customer_id NOT IN {gone}"
        )
        draft.replace(
            "events",
            f"""SELECT {column_list("events")} FROM (SELECT e.* REPLACE (
                    coalesce(i.nameless, c.nameless, e.customer_id) AS customer_id,
                    coalesce(i.nameless, c.nameless, e.entity_id) AS entity_id,
                    CASE WHEN i.nameless IS NULL AND c.nameless IS NULL THEN e.properties END AS properties)
                FROM events e LEFT JOIN erased_ids i ON i.gone = e.entity_id LEFT JOIN erased_ids c ON c.gone = e.customer_id)""",
        )

    def audit(self) -> Audit:
        """Everything the audit found so far, most rows first within a fate."""
        account = """SELECT coalesce(sum(rows_read), 0), coalesce(sum(rows_used), 0), coalesce(sum(rows_merged), 0),
            coalesce(sum(rows_quarantined), 0) FROM imports"""
        row = first_row(self.connection.execute(account))
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
        found = first_row(self.connection.execute("SELECT count(*) FROM merges WHERE merged_id = ?", [merged_id]))
        if not found or not found[0]:
            raise OptionError(
                "No merge of {merged_id!r} is recorded; see the table merges for the ids.",
                merged_id=merged_id,
            )
        if rows := undone(self.connection, merged_id):
            self._decide(with_rows(rows))
            return
        with self._store.writing(self.shelf, large=self.is_large) as draft:
            change = Update(draft)
            draft.patch(
                "splits", (), "", f"SELECT entity_id FROM (SELECT {quote(merged_id)} AS entity_id) ANTI JOIN splits USING (entity_id)"
            )
            change.split_off(quote(merged_id))
            note_whole_base(draft)
            self._store.commit(draft, **self._unsettled(draft))
        self.generation += 1

    def likely_duplicates(self, matcher: LikelyMatcher | None = None) -> Duplicates:
        """Customers that no exact key joins and that are likely one; the base stays as it is.

        Args:
            matcher: thresholds; the usual ones when not given.

        Raises:
            MissingExtraError: the extra `match` is not installed.
        """
        from kogorta.base.matching.likely import LikelyMatcher

        return (matcher or LikelyMatcher()).find(self)

    def merge_duplicates(self, found: Duplicates) -> int:
        """Merge what was found; each merge can be undone with `unmerge`.

        Returns:
            Number of merges the base now has because of it.
        """
        before = len(self.table("customers"))
        if found.joints:
            self._decide(with_rows(rows_of(found.joints)))
        return before - len(self.table("customers"))

    def confirm_duplicate(self, left: str, right: str) -> None:
        """A person says that two customers are one; they are merged.

        Raises:
            OptionError: an id is not known, or the cards have different INN, KPP or birth dates.
        """
        self._decide(with_rows([told_by_person(self.connection, left, right, "same")]))

    def reject_duplicate(self, left: str, right: str) -> None:
        """A person says that two customers are different; they are never proposed or merged again.

        Raises:
            OptionError: an id is not known, or both are one customer already.
        """
        self._decide(with_rows([told_by_person(self.connection, left, right, "different")]))

    def forget_decision(self, left: str, right: str) -> None:
        """Forget what was decided about a pair, by a person or by the model.

        Raises:
            OptionError: nothing was decided about the pair.
        """
        pair = [min(left, right), max(left, right)]
        row = first_row(self.connection.execute("SELECT count(*) FROM matches WHERE left_id = ? AND right_id = ?", pair))
        if not row or not row[0]:
            raise OptionError("Nothing was decided about {left} and {right}.", left=left, right=right)
        self._decide(without_pair(left, right))

    def _decide(self, matches: str) -> None:
        """Make the rows of a query the decisions of the base, and merge or part accordingly."""
        with self._store.writing(self.shelf, large=self.is_large) as draft:
            draft.keep("orders_before", f"SELECT {column_list('orders')} FROM orders", large=self.is_large)
            draft.replace("matches", matches)
            Derivation(draft).derive("orders_before")
            note_whole_base(draft)
            self._store.commit(draft, **self._unsettled(draft))
        self.generation += 1

    def copy(self) -> CustomerBase:
        """A copy in memory, to try on it what the base itself must not feel yet."""
        other = CustomerBase(None)
        for name in TABLES:
            with tempfile.NamedTemporaryFile(suffix=".parquet", dir=scratch_folder()) as file:
                self.connection.sql(f"SELECT {column_list(name)} FROM {name}").write_parquet(file.name)
                other.shelf.keep(name, f"SELECT * FROM read_parquet({quote(file.name)})", large=self.is_large)
        other._store.state = replace(self._store.state, versions={})
        other.is_large = self.is_large
        return other

    def unenriched(self, industries: str) -> str | None:
        """Table of the ids of customers that changed since they were enriched; None when all are to be enriched.

        Args:
            industries: name of the map of industries.
        """
        return "unenriched" if self._store.state.industries == industries else None

    def replace_enriched(self, tables: Mapping[str, str], industries: str) -> None:
        """Put enriched rows in the place of the base's own.

        Args:
            tables: table of the base -> table of the engine with rows of its shape, which is dropped.
            industries: name of the map of industries they were enriched with; the rows are all of them where the map is another.
        """
        with self._store.writing(self.shelf, large=self.is_large) as draft:
            whole = self.unenriched(industries) is None
            draft.keep_old(("unenriched", *(() if whole else tables)))
            for name, enriched in tables.items():
                columns, keys = column_list(name), ", ".join(KEYS[name])
                if whole:
                    draft.replace(name, f"SELECT {columns} FROM {enriched}")
                else:
                    draft.keep(f"was_{name}", f"SELECT {columns} FROM old_{name} SEMI JOIN {enriched} USING ({keys})", large=self.is_large)
                    draft.differ(name, KEYS[name], f"was_{name}", enriched)
                self.connection.execute(f"DROP TABLE IF EXISTS {enriched}")  # the copy of a large base is large
            draft.replace("unenriched", empty_query("unenriched"))
            self._store.commit(draft, enriched=True, industries=industries)
        self.generation += 1

    def check(self) -> int:
        """Read every cell of the base's files; returns the number of files.

        Raises:
            InputError: a file cannot be read; the sentence names it.
        """
        return self._store.check(self.shelf)

    def vacuum(self, *, logs: bool = False) -> int:
        """Reclaim the space of earlier states; returns the number of files deleted.

        Files of an earlier state that somebody opened and still reads stay until the next time.

        Args:
            logs: forget the logs of earlier states too, which hold the least and the greatest value of each column, and leave nothing to
                readers of earlier states: they have to open the base again.
        """
        return self._store.vacuum(self.shelf, logs=logs)

    def last_day(self) -> date | None:
        """The last business day anything was bought or refunded on."""
        row = self.ask("SELECT max(day) FROM customer_days")[0]
        return row[0]  # type: ignore[return-value]

    def ask(self, query: str, parameters: Mapping[str, object] | None = None) -> list[tuple[object, ...]]:
        """The few rows of a query that walks over every order: asked of the engine beside, where there is one.

        Args:
            query: portable SQL (`engine.allow_list`) that gives no ids of customers.
            parameters: what its `$names` stand for: settings of our own.
        """
        if self.remote is not None:
            return self.remote.rows(bound(query, parameters or {}))
        numbered = self.numbered_days() if "GROUP BY" in query else None
        query = numbered.asked(query) if numbered else query
        return self.connection.execute(query, dict(parameters or {})).fetchall()

    def numbered_days(self) -> NumberedDays | None:
        """The day ledger by numbers of customers, made once for a state of a large base; None of a small one or beside another engine."""
        if self.remote is not None or not self.is_large:
            return None
        if self._numbered is None or self._numbered[0] != self.generation:
            self._numbered = self.generation, NumberedDays.keep(self.shelf)
        return self._numbered[1]

    def files(self, name: str) -> list[str]:
        """Parquet files of a table of a base in a folder, of the version that is its present state."""
        return self._store.files(name)

    def work_elsewhere(self, remote: RemoteEngine) -> None:
        """Let another engine, which has the tables of the base, make what is made of them from now on."""
        self.remote = remote
        self.generation += 1

    def tell_of_waiting(self, on_wait: Callable[[], None]) -> None:
        """What to call, once, when a change has to wait until another program has written to the base."""
        self._store.on_wait = on_wait

    def _rows_read(self) -> int:
        row = first_row(self.connection.execute("SELECT coalesce(sum(rows_read), 0) FROM imports"))
        return int(row[0]) if row else 0

    def _settle(self, options: IntakeOptions) -> IntakeOptions:
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

    def _earlier(self, digest: str) -> tuple[str, int, int, int, int] | None:
        """How these bytes were read before, and where their rows went."""
        query = "SELECT reading, rows_read, rows_used, rows_merged, rows_quarantined FROM imports WHERE digest = ?"
        return first_row(self.connection.execute(query, [digest]))

    def _refuse(self, extract: Extract, assembled: Assembled) -> None:
        first = assembled.problems[0]
        raise InputError(
            "{source}: {rows} rows cannot be used and --strict was given; the first reason is {reason}, row {row}. "
            "Without --strict they are listed in quarantine.csv.",
            source=extract.source,
            rows=assembled.accounting.rows_quarantined,
            reason=first.code,
            row=first.example_row,
        )

    def _unsettled(self, draft: Draft) -> dict[str, object]:
        """What a change says about enrichment: made anew, all customers are to be enriched again; else those that changed."""
        return {"enriched": False, "industries": None} if "customers" in draft.whole else {"enriched": False}

    def _absorb(self, draft: Draft, extract: Extract, assembled: Assembled, digest: str, reading: str) -> None:
        """Put what the import brought beside what is there, row by row where it is a small part of the base."""
        small = self._is_small(extract.rows)
        draft.keep("dropped_orders", f"SELECT order_id, entity_id FROM orders WHERE import_digest = {quote(digest)}", large=draft.large)
        draft.keep(
            "dropped_entities",
            """SELECT entity_id FROM entities WHERE imports = 1 AND entity_id IN (SELECT entity_id FROM dropped_orders)""",
            large=draft.large,
        )
        others = f"import_digest <> {quote(digest)}"
        if self._earlier(digest) is None:
            draft.append("quarantine", f"SELECT *, {quote(digest)} AS import_digest FROM new_quarantine")
        else:
            columns = column_list("quarantine")
            draft.replace(
                "quarantine",
                f"SELECT {columns} FROM quarantine WHERE {others} UNION ALL SELECT *, {quote(digest)} FROM new_quarantine",
            )
            draft.replace("problems", f"SELECT * FROM problems WHERE {others}")
        accounting = assembled.accounting
        account = (accounting.rows_read, accounting.rows_used, accounting.rows_merged, accounting.rows_quarantined)
        row = ", ".join(literal(value) for value in (digest, reading, extract.source, extract.layout, *account))
        draft.replace("imports", f"SELECT * FROM imports WHERE digest <> {quote(digest)} UNION ALL SELECT {row}")
        if small:
            Update(draft).absorb(digest)
        else:
            Derivation(draft).absorb(digest)
        note_problems(draft, digest, assembled.problems)
        note_whole_base(draft)

    def _is_small(self, rows: int) -> bool:
        """Whether an import is so small a part of the base that following it row by row is less work than making everything anew."""
        before = self._rows_read()
        return before >= self.row_by_row_from and rows <= self.row_by_row * before


def import_digest(extract: Extract) -> str:
    """What an import is known by: its bytes, and the sheet where a workbook has several."""
    sheet = extract.options.get("sheet")
    return f"{extract.digest}#{sheet}" if sheet else extract.digest


def reading_of(extract: Extract, options: IntakeOptions) -> str:
    """How the bytes of an import were understood, as a digest: the layout, the columns, the stages, the rates."""
    said = (extract.layout, sorted(extract.headers.items()), sorted(options.stages.items()), repr(options.rates))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


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
