"""The folder a base lives in: Delta Lake tables, and `base.json` that names one version of each.

A reader opens `base.json` once and sees one consistent state of all tables. A writer writes new versions first and swaps `base.json` by
an atomic rename last: killed at any moment before, it has changed nothing.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final

from kogorta.base.delta_tables import (
    MONTHLY_FROM,
    append,
    begin_log_anew,
    month_sql,
    newest_version,
    parts_of,
    read_parts,
    replace_months,
    settle,
    write_whole,
)
from kogorta.base.draft import Draft
from kogorta.base.leases import Lease, files_in_use
from kogorta.base.storage_errors import reason_of, writing_errors
from kogorta.base.tables import MONTH_OF, TABLES, column_list, empty_query
from kogorta.engine.duck import quote
from kogorta.kit.errors import InputError, KogortaError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from kogorta.base.delta_tables import Part
    from kogorta.engine.shelf import Shelf

STATE_FILE: Final = "base.json"
FORMAT: Final = 2
MOST_PARTS: Final = 8
"""Files of one month, or of a table without months, from which `vacuum` puts them together."""

_UNREADABLE: Final = message("The table {table} of {folder} cannot be read ({reason}); restore the folder from a copy.")
_UNREADABLE_FILE: Final = message("The file {path} cannot be read ({reason}); restore it from a copy or import the files anew.")


@dataclass(frozen=True)
class State:
    """What `base.json` says: settings of the base and the version of each table.

    `industries` names the map of industries the customers were enriched with.
    """

    currency: str | None = None
    time_zone: str | None = None
    refunds: str | None = None
    enriched: bool = False
    industries: str | None = None
    versions: Mapping[str, int] = field(default_factory=dict)


class Store:
    """Tables of one base in a folder, or in memory when there is no folder.

    Args:
        folder: where the base lives; None keeps everything in the engine's memory.
        monthly_from: rows from which a table is kept in months.
    """

    def __init__(self, folder: Path | None, *, monthly_from: int = MONTHLY_FROM) -> None:
        self.folder = folder
        self.monthly_from = monthly_from
        self.state = self._read_state()
        self.on_wait: Callable[[], None] = _in_silence
        self._parts: dict[str, list[Part]] = {}
        self._lease = Lease(folder) if folder is not None else None

    def attach(self, shelf: Shelf) -> None:
        """Make every table of the base readable under its name."""
        self._parts = {}
        self._take_lease()
        for name in TABLES:
            self._show(shelf, name)

    def _take_lease(self) -> None:
        """Need the files of the state and no others; whoever vacuums leaves them.

        A state that was vacuumed away between being read and being leased is not the state any more: the new one is taken.
        """
        if self.folder is None or self._lease is None:
            return
        while True:
            try:
                self._lease.hold(part.path for name in TABLES for part in self._parts_of(name))
            except InputError:
                if self._read_state() == self.state:
                    raise
            found = self._read_state()
            if found == self.state:
                return
            self.state, self._parts = found, {}

    def rows(self, name: str) -> str:
        """SQL of the rows of a table as the base has them on disk."""
        parts = self._parts_of(name)
        return read_parts(name, parts) if parts else empty_query(name)

    def files(self, name: str) -> list[str]:
        """Parquet files of the present version of a table."""
        return [str(part.path) for part in self._parts_of(name)]

    def commit(self, draft: Draft, **settings: object) -> None:
        """Write what a draft changed as new versions and make them the state of the base, all at once.

        Raises:
            StorageError: the disk is full or cannot be written; the base stays as it was.
        """
        versions = dict(self.state.versions)
        if self.folder is None:
            self.state = replace(self.state, **settings)  # type: ignore[arg-type]
            return
        for name in draft.changed:
            version = self._write(draft, name)
            if version is not None:
                versions[name] = version
        state = replace(self.state, versions=versions, **settings)  # type: ignore[arg-type]
        _swap(self.folder / STATE_FILE, state)
        self.state = state
        for name in draft.changed:
            self._parts.pop(name, None)
            self._show(draft.shelf, name)
        self._take_lease()

    def _write(self, draft: Draft, name: str) -> int | None:
        """Write one changed table; None when nothing changed."""
        folder = self._home()
        monthly = settle(folder, name, self.state.versions.get(name))
        connection, columns = draft.shelf.connection, column_list(name)
        month = f", {month_sql(name)} AS month" if name in MONTH_OF else ""
        becomes_monthly = name in MONTH_OF and not monthly and draft.count(name) >= self.monthly_from
        if name in draft.whole or name not in self.state.versions or becomes_monthly:
            monthly = monthly or becomes_monthly
            return write_whole(folder, name, connection.sql(f"SELECT {columns}{month if monthly else ''} FROM {name}"), monthly=monthly)
        gone = draft.count(f"gone_{name}") if draft.patched[name] else 0
        fresh = draft.count(f"fresh_{name}")
        if not gone and not fresh:
            return None
        if not monthly:
            if gone or len(self._parts_of(name)) >= 4 * MOST_PARTS:
                return write_whole(folder, name, connection.sql(f"SELECT {columns} FROM {name}"), monthly=False)
            return append(folder, name, connection.sql(f"SELECT {columns} FROM fresh_{name}"))
        return self._write_months(draft, name, gone=bool(gone))

    def _write_months(self, draft: Draft, name: str, *, gone: bool) -> int | None:
        """Write the months that rows leave anew, and put the other rows that come beside what is there."""
        folder, connection = self._home(), draft.shelf.connection
        columns, month = column_list(name), f"{month_sql(name)} AS month"
        touched = {row[0] for row in connection.execute(f"SELECT DISTINCT month FROM gone_{name}").fetchall()} if gone else set()
        parts = self._parts_of(name)
        crowded = Counter(part.month for part in parts)
        touched |= {item for item in self._months(draft, name) if crowded[item] >= 4 * MOST_PARTS}
        version = None
        inside = f"{month_sql(name)} IN ({', '.join(map(quote, sorted(touched))) or 'NULL'})"
        beside = connection.sql(f"SELECT {columns}, {month} FROM fresh_{name} WHERE ({inside}) IS NOT TRUE")
        if beside.count("*").fetchall() != [(0,)]:
            version = append(folder, name, beside)
        if touched:
            left = f"ANTI JOIN gone_{name} USING ({', '.join(draft.patched[name])})" if gone else ""
            old = read_parts(name, [part for part in parts if part.month in touched])
            rows = f"SELECT {columns} FROM ({old}) AS rows {left} UNION ALL SELECT {columns} FROM fresh_{name} WHERE {inside}"
            version = replace_months(folder, name, connection.sql(f"SELECT {columns}, {month} FROM ({rows})"), touched)
        return version

    def _months(self, draft: Draft, name: str) -> list[str]:
        rows = draft.shelf.connection.execute(f"SELECT DISTINCT {month_sql(name)} FROM fresh_{name}").fetchall()
        return [str(row[0]) for row in rows]

    def _show(self, shelf: Shelf, name: str) -> None:
        if not self._parts_of(name):
            shelf.keep(name, empty_query(name), large=False)
            return
        from duckdb import Error

        try:
            shelf.show(name, self.rows(name))
        except Error as error:
            raise InputError(_UNREADABLE, folder=self.folder, table=name, reason=reason_of(error)) from error

    def _parts_of(self, name: str) -> list[Part]:
        version = self.state.versions.get(name)
        if version is None or self.folder is None:
            return []
        if name not in self._parts:
            self._parts[name] = parts_of(self.folder, name, version)
        return self._parts[name]

    def _home(self) -> Path:
        if self.folder is None:
            raise KogortaError("A base in memory has no folder.")
        return self.folder

    def vacuum(self, shelf: Shelf, *, logs: bool = False) -> int:
        """Delete files that neither the present state nor a reader of an earlier one needs.

        Months that many small imports left in many files are put together first.

        Args:
            shelf: where the tables are shown.
            logs: begin the log of each table anew, and leave no file to readers of earlier states: what was erased goes at once.

        Returns:
            Number of files deleted.
        """
        if self.folder is None:
            return 0
        deleted = 0
        with self.writing(shelf, large=True):
            self._put_together(shelf)
            others = set() if logs else files_in_use(self.folder)
            for name in self.state.versions:
                read = {part.path for part in self._parts_of(name)} | others
                for path in sorted((self.folder / name).rglob("*.parquet")):
                    if path.absolute() not in read and "_delta_log" not in path.parts:
                        path.unlink()
                        deleted += 1
                if logs:
                    begin_log_anew(self.folder, name)
        return deleted

    def _put_together(self, shelf: Shelf) -> None:
        folder, versions = self._home(), dict(self.state.versions)
        for name, version in self.state.versions.items():
            monthly = settle(folder, name, version)
            parts = self._parts_of(name)
            counted = Counter(part.month for part in parts)
            crowded = {month for month, count in counted.items() if count > MOST_PARTS}
            if not crowded:
                versions[name] = newest_version(folder, name)
                continue
            rows = read_parts(name, [part for part in parts if part.month in crowded])
            month = f", {month_sql(name)} AS month" if monthly else ""
            relation = shelf.connection.sql(f"SELECT {column_list(name)}{month} FROM ({rows}) AS rows")
            if monthly:
                versions[name] = replace_months(folder, name, relation, {str(item) for item in crowded})
            else:
                versions[name] = write_whole(folder, name, relation, monthly=False)
        if versions != self.state.versions:
            state = replace(self.state, versions=versions)
            _swap(folder / STATE_FILE, state)
            self.state = state
            self.attach(shelf)

    def check(self, shelf: Shelf) -> int:
        """Read every cell of every table.

        Returns:
            Number of files read.

        Raises:
            InputError: a file cannot be read; the sentence names it.
        """
        from duckdb import Error

        read = 0
        for name in self.state.versions:
            for part in self._parts_of(name):
                columns = ", ".join(f'count("{column}"), bit_xor(hash("{column}"))' for column, _ in TABLES[name])
                try:
                    shelf.connection.execute(f"SELECT {columns} FROM ({read_parts(name, [part])}) AS rows").fetchall()
                except Error as error:
                    raise InputError(_UNREADABLE_FILE, path=part.path, reason=reason_of(error)) from error
                read += 1
        return read

    @contextmanager
    def writing(self, shelf: Shelf, *, large: bool) -> Iterator[Draft]:
        """Hold the base for writing; a second writer waits, and then goes on from what the first one wrote.

        Whatever fails on the way, the base and what is seen of it stay as they were.
        """
        if self.folder is None:
            draft = Draft(shelf, None, large=large)
            yield draft
            draft.clear()
            return
        import fcntl

        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.on_wait()
                fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                found = self._read_state()
                if found != self.state:
                    self.state = found
                    self.attach(shelf)
                draft = Draft(shelf, self.rows, large=large)
                try:
                    with writing_errors(self.folder):
                        yield draft
                except BaseException:
                    self.attach(shelf)
                    raise
                finally:
                    draft.clear()
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def _read_state(self) -> State:
        if self.folder is None:
            return State()
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError("{folder} is a file; a base is a folder. Name another path.", folder=self.folder)
        path = self.folder / STATE_FILE
        if not path.exists():
            if self.folder.exists() and any(self.folder.iterdir()):
                # a first import that was killed leaves tables without a state
                known = {*TABLES, f"{STATE_FILE}.new"}
                if not all(item.name in known or item.name.startswith(".") for item in self.folder.iterdir()):
                    raise InputError(
                        "{folder} is not a base: it has files but no {state}. Name an empty folder.", folder=self.folder, state=STATE_FILE
                    )
            self.folder.mkdir(parents=True, exist_ok=True)
            return State()
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if raw["format"] != FORMAT:
                raise InputError(
                    "The base {folder} has format {found}; this version reads format {known}. Import the files anew into another folder.",
                    folder=self.folder,
                    found=raw["format"],
                    known=FORMAT,
                )
            versions = {name: int(version) for name, version in raw["tables"].items()}
            return State(raw["currency"], raw["time_zone"], raw["refunds"], bool(raw["enriched"]), raw["industries"], versions)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("{path} cannot be read as the state of a base; restore it from a copy.", path=path) from error


def _in_silence() -> None:
    """Wait without a word."""


def _swap(path: Path, state: State) -> None:
    content = {"format": FORMAT, **asdict(state)}
    content["tables"] = dict(sorted(content.pop("versions").items()))
    temporary = path.with_suffix(".json.new")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
