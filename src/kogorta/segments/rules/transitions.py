"""Recorded moves between segments, from a file of the user: who entered or left which segment on which day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import first_row
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

COLUMNS: Final = ("customer_id", "segment", "way", "day")
TABLE: Final = "given_transitions"


def read_transitions(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Read recorded moves into the engine.

    Args:
        connection: the engine.
        path: `.csv` (UTF-8, with a header) or `.parquet` with customer_id, segment, way (`entered` or `left`), day (2026-11-22).

    Returns:
        Name of the table with those columns, for `take_snapshot(transitions=...)`.

    Raises:
        InputError: the file is not there, lacks a column, or has a way or a day that is not one.
    """
    import duckdb

    if not path.is_file():
        raise InputError("There is no file {path} of recorded moves; check its name.", path=path)
    try:
        if path.suffix.lower() == ".parquet":
            rows = connection.read_parquet(str(path))
        else:
            rows = connection.read_csv(str(path), header=True, all_varchar=True)
        lacking = [name for name in COLUMNS if name not in rows.columns]
        if lacking:
            raise InputError(
                "{path} lacks the column {column}; it must have {names}.", path=path, column=lacking[0], names=", ".join(COLUMNS)
            )
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE {TABLE} AS
            SELECT CAST(customer_id AS VARCHAR) AS customer_id, CAST(segment AS VARCHAR) AS segment,
                lower(trim(CAST(way AS VARCHAR))) AS way, TRY_CAST(day AS DATE) AS day, CAST(day AS VARCHAR) AS written FROM rows"""
        )
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise InputError("{path} cannot be read as recorded moves: {reason}", path=path, reason=reason[:200]) from error
    wrong = first_row(
        connection.execute(
            f"SELECT way, written FROM {TABLE} WHERE day IS NULL OR way IS NULL OR way NOT IN ('entered', 'left') ORDER BY ALL LIMIT 1"
        )
    )
    if wrong is not None:
        raise InputError(
            "{path} has a move of the way {way!r} on the day {day!r}; the way is entered or left, the day is like 2026-11-22.",
            path=path,
            way=wrong[0],
            day=wrong[1],
        )
    return TABLE
