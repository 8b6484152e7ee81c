"""Parquet: any column types to the same text cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.base.intake import ROW_NUMBER
from kogorta.engine.duck import first_row
from kogorta.kit.errors import InputError
from kogorta.sources.files.staging import clean, engine, literal, projection, write_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kogorta.sources.files.headers import Filling

_NUMBER: Final = "file_row_number"


def parquet_columns(path: Path, folder: Path) -> list[tuple[str, str]]:
    """Names and types of the columns.

    Raises:
        InputError: the file is broken.
    """
    import duckdb

    with engine(folder) as connection:
        try:
            rows = connection.execute(f"DESCRIBE SELECT * EXCLUDE ({_NUMBER}) FROM {_source(path)}").fetchall()
        except duckdb.Error as error:
            raise InputError(
                "{name} is a broken Parquet file ({first_line}); write or download it again.",
                name=path.name,
                first_line=first_line(error),
            ) from error
    return [(str(row[0]), str(row[1])) for row in rows]


def stage_parquet(path: Path, folder: Path, columns: Sequence[tuple[str, str]], fillings: Sequence[Filling], staged: Path) -> int:
    """Cast the columns that are used to text and write the staged file.

    Returns:
        Rows written.

    Raises:
        InputError: the file cannot be read to the end.
    """
    import duckdb

    cells = [clean(text_of(name, kind)) for name, kind in columns]
    query = f"SELECT {_NUMBER} + 2 AS {ROW_NUMBER}, {projection(fillings, cells)} FROM {_source(path)}"
    with engine(folder) as connection:
        try:
            write_parquet(connection, query, folder, staged)
            counted = first_row(connection.execute("SELECT count(*) FROM read_parquet(?)", [str(staged)]))
        except duckdb.Error as error:
            raise InputError(
                "{name} cannot be read to the end ({first_line}); write it again.",
                name=path.name,
                first_line=first_line(error),
            ) from error
    return int(counted[0]) if counted else 0


def text_of(name: str, kind: str) -> str:
    """SQL that casts a column to text: ISO dates, whole floats without `.0`, «Да» and «Нет», lists with commas."""
    column = '"' + name.replace('"', '""') + '"'
    if kind == "VARCHAR":
        return column
    if kind == "BOOLEAN":
        return f"CASE {column} WHEN true THEN 'Да' WHEN false THEN 'Нет' END"
    if kind in {"DOUBLE", "FLOAT"}:
        whole = f"abs({column}) < 1e18 AND {column} = trunc({column})"
        return (
            f"CASE WHEN isnan({column}) THEN NULL WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) "
            f"ELSE CAST({column} AS VARCHAR) END"
        )
    if kind.endswith("[]") and not kind.startswith("STRUCT"):
        return f"array_to_string({column}, ', ')"
    return f"CAST({column} AS VARCHAR)"


def _source(path: Path) -> str:
    name = literal(str(path.resolve()))
    return f"read_parquet({name}, binary_as_string = true, file_row_number = true, hive_partitioning = false)"


def first_line(error: Exception) -> str:
    """The first line of a database error, short enough for a sentence."""
    return " ".join(str(error).split("\n", 1)[0].split())[:160].rstrip(".")


def first_rows(path: Path, folder: Path, columns: Sequence[tuple[str, str]], rows: int) -> tuple[tuple[str, ...], ...]:
    """The first rows as text.

    Raises:
        InputError: the file is broken.
    """
    import duckdb

    cells = ", ".join(f"coalesce({clean(text_of(name, kind))}, '')" for name, kind in columns)
    with engine(folder) as connection:
        try:
            found = connection.execute(f"SELECT {cells} FROM {_source(path)} LIMIT {rows:d}").fetchall()
        except duckdb.Error as error:
            raise InputError(
                "{name} cannot be read ({first_line}); write it again.",
                name=path.name,
                first_line=first_line(error),
            ) from error
    return tuple(tuple(map(str, row)) for row in found)
