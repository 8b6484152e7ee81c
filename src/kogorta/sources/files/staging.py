"""Text cells on their way into one Parquet file: cleaned, put under the names of the base, numbered."""

from __future__ import annotations

import csv
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.base.intake import ROW_NUMBER
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import duckdb

    from kogorta.kit.progress import Step
    from kogorta.sources.files.headers import Filling
    from kogorta.sources.files.rows import Record

MEMORY: Final = "600MB"
BATCH: Final = 10_000
LONGEST: Final = 160 << 20
"""Bytes of the longest normalised row: a record of 32 million characters, four bytes each, and its quotes."""

SPACES: Final = (
    "".join(map(chr, (*range(9, 14), *range(28, 33), *range(0x2000, 0x200C)))) + "\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""Characters stripped from both ends of a cell."""

_CLASS: Final = "[" + "".join(f"\\x{{{ord(char):x}}}" for char in SPACES) + "]"


@contextmanager
def engine(workspace: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of bounded memory that spills into the workspace."""
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "temp_directory": str(workspace / "spill"),
            "autoinstall_known_extensions": "false",
        }
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


@contextmanager
def scratch(workspace: Path) -> Iterator[Path]:
    """A folder inside the workspace that is removed at the end.

    Raises:
        InputError: the workspace cannot be written.
    """
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="reading-", dir=workspace)
    except OSError as error:
        raise InputError(
            "The folder {workspace} cannot be written ({strerror}); name another workspace.",
            workspace=workspace,
            strerror=error.strerror,
        ) from error
    with folder as name:
        yield Path(name)


def clean(column: str) -> str:
    """SQL of a cell without outer white space; an empty one is NULL."""
    return (
        f"CASE WHEN regexp_matches({column}, '^{_CLASS}|{_CLASS}$') "
        f"THEN nullif(trim({column}, {literal(SPACES)}), '') ELSE nullif({column}, '') END"
    )


def projection(fillings: Sequence[Filling], cells: Sequence[str]) -> str:
    """SQL select list: every filled field from its columns.

    Args:
        fillings: what fills what.
        cells: SQL of the cleaned text of each column of the file.
    """
    parts = []
    for item in fillings:
        if item.keys:
            parts.append(f"{_object(item, cells)} AS {item.field}")
            continue
        groups = [
            cells[group[0]]
            if len(group) == 1
            else f"nullif(concat_ws({literal(item.separator)}, {', '.join(cells[column] for column in group)}), '')"
            for group in item.groups
        ]
        value = groups[0] if len(groups) == 1 else f"coalesce({', '.join(groups)})"
        parts.append(f"{value} AS {item.field}")
    return ", ".join(parts)


def _object(item: Filling, cells: Sequence[str]) -> str:
    """SQL of a JSON object of the filled cells, keys in the order of columns; NULL when all are empty."""
    pairs = ", ".join(f"{{'k': {literal(key)}, 'v': {cells[column]}}}" for key, column in zip(item.keys, item.columns, strict=True))
    return f"nullif(CAST(to_json(map_from_entries(list_filter([{pairs}], lambda pair: pair.v IS NOT NULL))) AS VARCHAR), '{{}}')"


def write_normalised(path: Path, rows: Iterable[Record], columns: Sequence[int], step: Step) -> int:
    """Write the columns that are used as UTF-8 CSV with the row number first.

    Returns:
        Rows written.
    """
    written = 0
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        batch: list[list[object]] = []
        for number, cells in rows:
            batch.append([number, *[cells[column] for column in columns]])
            if len(batch) >= BATCH:
                writer.writerows(batch)
                written += len(batch)
                step.advance(len(batch))
                batch.clear()
        writer.writerows(batch)
        written += len(batch)
        step.advance(len(batch))
    return written


def stage_normalised(folder: Path, text: Path, fillings: Sequence[Filling], width: int, staged: Path) -> None:
    """Turn a normalised CSV into the Parquet file of an extract."""
    import duckdb

    used = sorted({column for item in fillings for column in item.columns})
    cells = [clean(f"c{column}") for column in range(width)]
    query = f"SELECT n AS {ROW_NUMBER}, {projection(fillings, cells)} FROM "
    for options in ("", f"max_line_size = {LONGEST}, buffer_size = {LONGEST + 1024}, parallel = false"):
        table = csv_source(text, ["n BIGINT", *(f"c{column} VARCHAR" for column in used)], ",", options)
        with engine(folder) as connection:
            try:
                write_parquet(connection, query + table, folder, staged)
            except (duckdb.InvalidInputException, duckdb.NotImplementedException):
                if options:
                    raise
            else:
                return


def csv_source(text: Path, columns: Sequence[str], delimiter: str, options: str = "") -> str:
    """SQL of a UTF-8 text table read by the book: a row that is not refused has exactly these columns.

    Args:
        text: the file.
        columns: names with types.
        delimiter: one character.
        options: more options of `read_csv`.
    """
    named = ", ".join(f"'{name}': '{kind}'" for name, kind in (column.split() for column in columns))
    return (
        f"read_csv({literal(str(text))}, columns = {{{named}}}, header = false, auto_detect = false, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', strict_mode = true{', ' * bool(options)}{options})"
    )


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, staged: Path) -> None:
    """Run a query into a Parquet file that appears at once or not at all; it grows in `folder`.

    The query holds its values as literals: a bound one would make the engine keep the whole result in memory.
    """
    growing = folder / staged.name
    connection.sql(query).write_parquet(str(growing), compression="zstd", row_group_size=100_000)
    growing.replace(staged)


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
