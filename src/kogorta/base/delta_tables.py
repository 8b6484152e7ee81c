"""The Delta Lake tables in the folder of a base: which files a version reads, and how a new version is written.

A large table that knows its days is kept in parts, one a month, so that a change rewrites the months it touches and nothing else.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from kogorta.base.tables import MONTH_OF, TABLES, column_list
from kogorta.engine.duck import quote
from kogorta.kit.errors import InputError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import duckdb
    from deltalake import DeltaTable

MONTHLY_FROM: Final = 1_000_000
"""Rows from which a table is kept in months: below it, parts would be small files."""

_KINDS: Final = {
    "VARCHAR": "string",
    "BIGINT": "long",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMPTZ": "timestamp",
}
_LACKS: Final = message("The base {folder} lacks its table {table}; restore the folder from a copy or import the files anew.")
_BROKEN: Final = message("The log of the table {table} in {folder} cannot be read ({reason}); restore the folder from a copy.")
_MISSING: Final = message("The base lacks the file {path}; restore the folder from a copy or import the files anew.")
_CUT: Final = message(
    "The file {path} is damaged: it has {found} bytes and was written with {written}; "
    "restore the folder from a copy or import the files anew."
)
_FOREIGN: Final = message("The table {path} is not of this base: its columns are {found}, and a base has {known}. Restore it from a copy.")


@dataclass(frozen=True)
class Part:
    """One file of a version of a table; `month` is None where the table is not kept in months."""

    path: Path
    size: int
    month: str | None


def month_sql(table: str) -> str:
    """SQL of the month a row of a monthly table belongs to, such as `2026-11`."""
    return f"coalesce(strftime({MONTH_OF[table]}, '%Y-%m'), 'none')"


def parts_of(folder: Path, table: str, version: int) -> list[Part]:
    """The files a version of a table reads, each known to be there and whole in length.

    Raises:
        InputError: the table, its log or a file is missing, cut or not of this base; the sentence names it.
    """
    opened = _open(folder, table, version)
    _check_schema(folder / table, table, opened)
    actions: Any = opened.get_add_actions(flatten=True)
    parts = []
    for name, size in zip(actions.column("path").to_pylist(), actions.column("size_bytes").to_pylist(), strict=True):
        path = (folder / table / unquote(str(name))).absolute()  # the working directory of a notebook may change
        month = re.search(r"(?:^|/)month=([^/]+)/", str(name))
        parts.append(Part(path, int(size), month[1] if month else None))
    for part in parts:
        try:
            found = part.path.stat().st_size
        except FileNotFoundError as error:
            raise InputError(_MISSING, path=part.path) from error
        if found != part.size:
            raise InputError(_CUT, path=part.path, found=found, written=part.size)
    return sorted(parts, key=lambda part: str(part.path))


def read_parts(table: str, parts: Sequence[Part]) -> str:
    """SQL of the rows of these files; there must be at least one."""
    paths = ", ".join(quote(str(part.path)) for part in parts)
    return f"SELECT {column_list(table)} FROM read_parquet([{paths}], hive_partitioning = false)"


def settle(folder: Path, table: str, version: int | None) -> bool:
    """Make the version of the base the newest one: a writer that was killed may have left a newer one nobody points at.

    Returns:
        Whether the table is kept in months.
    """
    if version is None:
        shutil.rmtree(folder / table, ignore_errors=True)  # left by a first import that was killed
        return False
    try:
        newest = _open(folder, table, None)
    except InputError:
        _forget_after(folder / table / "_delta_log", version)  # a log entry cut short by a power failure
        newest = _open(folder, table, None)
    if newest.version() != version:
        newest.restore(version)
    return bool(newest.metadata().partition_columns)


def write_whole(folder: Path, table: str, relation: duckdb.DuckDBPyRelation, *, monthly: bool) -> int:
    """Write a table anew; returns its version."""
    from deltalake import write_deltalake

    write_deltalake(
        folder / table,
        relation,
        mode="overwrite",
        schema_mode="overwrite",
        partition_by=["month"] if monthly else None,
        writer_properties=_properties(),
    )
    return newest_version(folder, table)


def append(folder: Path, table: str, relation: duckdb.DuckDBPyRelation) -> int:
    """Put rows beside those of the newest version; returns the version."""
    from deltalake import write_deltalake

    write_deltalake(folder / table, relation, mode="append", writer_properties=_properties())
    return newest_version(folder, table)


def replace_months(folder: Path, table: str, relation: duckdb.DuckDBPyRelation, months: Iterable[str]) -> int:
    """Put rows in the place of those of some months; returns the version."""
    from deltalake import write_deltalake

    named = ", ".join(quote(month) for month in sorted(months))
    write_deltalake(folder / table, relation, mode="overwrite", predicate=f"month IN ({named})", writer_properties=_properties())
    return newest_version(folder, table)


def begin_log_anew(folder: Path, table: str) -> None:
    """Put what the log of a table says into one checkpoint, and delete the entries before it."""
    opened = _open(folder, table, None)
    opened.create_checkpoint()
    for entry in (folder / table / "_delta_log").iterdir():
        number = entry.name.partition(".")[0]
        if number.isdigit() and int(number) < opened.version():
            entry.unlink()


def newest_version(folder: Path, table: str) -> int:
    """The newest version in the log of a table."""
    return int(_open(folder, table, None).version())


def _open(folder: Path, table: str, version: int | None) -> DeltaTable:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    try:
        return DeltaTable(folder / table, version=version)
    except TableNotFoundError as error:
        raise InputError(_LACKS, folder=folder, table=table) from error
    except (DeltaError, OSError, ValueError) as error:
        if not any((folder / table).glob("_delta_log/*.json")):
            raise InputError(_LACKS, folder=folder, table=table) from error
        raise InputError(_BROKEN, folder=folder, table=table, reason=str(error).splitlines()[0]) from error


def _forget_after(log: Path, version: int) -> None:
    for entry in log.glob("*.json"):
        if entry.stem.isdigit() and int(entry.stem) > version:
            entry.unlink()


def _check_schema(path: Path, table: str, opened: DeltaTable) -> None:
    found = {field.name: getattr(field.type, "type", "") for field in opened.schema().fields}
    known = {column: _KINDS[kind] for column, kind in TABLES[table]}
    if any(found.get(column) != kind for column, kind in known.items()):
        raise InputError(_FOREIGN, path=path, found=_listed(found), known=_listed(known))


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _properties() -> Any:  # noqa: ANN401  the writer's own type has no stubs
    from deltalake import WriterProperties

    return WriterProperties(compression="ZSTD", compression_level=1)
