"""The folder a base lives in: Delta Lake tables, and `base.json` that names one version of each.

A reader opens `base.json` once and sees one consistent state of all tables. A writer writes new versions first and swaps `base.json` by
an atomic rename last: killed at any moment before, it has changed nothing.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from kogorta.base.tables import TABLES, column_list, empty_query
from kogorta.engine.duck import quote
from kogorta.kit.errors import InputError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from kogorta.engine.shelf import Shelf

STATE_FILE: Final = "base.json"
FORMAT: Final = 1
_LACKS: Final = message("The base {folder} lacks its table {table}; restore the folder from a copy or import the files anew.")


@dataclass(frozen=True)
class State:
    """What `base.json` says: settings of the base and the version of each table."""

    currency: str | None = None
    time_zone: str | None = None
    refunds: str | None = None
    enriched: bool = False
    versions: Mapping[str, int] = field(default_factory=dict)


class Store:
    """Tables of one base in a folder, or in memory when there is no folder.

    Args:
        folder: where the base lives; None keeps everything in the engine's memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.state = self._read_state()

    def attach(self, shelf: Shelf) -> None:
        """Make every table of the base readable under its name."""
        for name in TABLES:
            self._show(shelf, name)

    def commit(self, shelf: Shelf, changed: Iterable[str], **settings: object) -> None:
        """Write the changed tables as new versions and make them the state of the base, all at once."""
        versions = dict(self.state.versions)
        names = list(changed)
        if self.folder is not None:
            from deltalake import DeltaTable, write_deltalake

            for name in names:
                path = self.folder / name
                relation = shelf.connection.sql(f"SELECT {column_list(name)} FROM {name}")
                write_deltalake(path, relation, mode="overwrite", schema_mode="overwrite")
                versions[name] = DeltaTable(path).version()
        self.state = replace(self.state, versions=versions, **settings)  # type: ignore[arg-type]
        if self.folder is not None:
            _swap(
                self.folder / STATE_FILE,
                {
                    "format": FORMAT,
                    "currency": self.state.currency,
                    "time_zone": self.state.time_zone,
                    "refunds": self.state.refunds,
                    "enriched": self.state.enriched,
                    "tables": dict(sorted(versions.items())),
                },
            )
            for name in names:
                self._show(shelf, name)

    def _show(self, shelf: Shelf, name: str) -> None:
        version = self.state.versions.get(name)
        files = self._files(name, version) if version is not None else []
        if files:
            from duckdb import IOException

            paths = ", ".join(quote(path) for path in files)
            try:
                shelf.show(name, f"SELECT {column_list(name)} FROM read_parquet([{paths}])")
            except IOException as error:
                raise InputError(_LACKS, folder=self.folder, table=name) from error
        else:
            shelf.keep(name, empty_query(name), large=False)

    def vacuum(self, shelf: Shelf) -> int:
        """Delete files that the current state does not need; earlier states of the base can no longer be read.

        Returns:
            Number of files deleted.
        """
        if self.folder is None:
            return 0
        from deltalake import DeltaTable

        deleted = 0
        with self.writing(shelf):
            versions = dict(self.state.versions)
            obsolete = {name: len(self._unneeded(name, version)) for name, version in versions.items()}
            for name in [name for name, files in obsolete.items() if files]:
                table = DeltaTable(self.folder / name)
                if table.version() != versions[name]:
                    table.restore(versions[name])
                    versions[name] = table.version()
            self._write_versions(versions)
            for name, files in obsolete.items():
                if files:
                    DeltaTable(self.folder / name).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
                deleted += files
        return deleted

    @contextmanager
    def writing(self, shelf: Shelf) -> Iterator[None]:
        """Hold the base for writing; a second writer waits, and then goes on from what the first one wrote."""
        if self.folder is None:
            yield
            return
        import fcntl

        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                found = self._read_state()
                if found != self.state:
                    self.state = found
                    self.attach(shelf)
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def _unneeded(self, name: str, version: int) -> list[str]:
        """Files of a table that its present version does not read."""
        if self.folder is None:
            return []
        read = {file.rpartition("/")[2] for file in self._files(name, version)}
        return [path.name for path in (self.folder / name).glob("*.parquet") if path.name not in read]

    def _write_versions(self, versions: Mapping[str, int]) -> None:
        self.state = replace(self.state, versions=versions)
        if self.folder is not None:
            state = json.loads((self.folder / STATE_FILE).read_text(encoding="utf-8"))
            _swap(self.folder / STATE_FILE, {**state, "tables": dict(sorted(versions.items()))})

    def _files(self, name: str, version: int) -> list[str]:
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        if self.folder is None:
            return []
        try:
            return sorted(DeltaTable(self.folder / name, version=version).file_uris())
        except TableNotFoundError as error:
            raise InputError(_LACKS, folder=self.folder, table=name) from error

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
                    "The base {folder} has format {found}; this version reads format {known}.",
                    folder=self.folder,
                    found=raw["format"],
                    known=FORMAT,
                )
            versions = {name: int(version) for name, version in raw["tables"].items()}
            return State(raw["currency"], raw["time_zone"], raw["refunds"], bool(raw["enriched"]), versions)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("{path} cannot be read as the state of a base; restore it from a copy.", path=path) from error


def _swap(path: Path, content: Mapping[str, object]) -> None:
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
