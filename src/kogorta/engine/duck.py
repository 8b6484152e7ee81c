"""One DuckDB connection set up the same way everywhere, and the SQL files that live beside the Python that names them."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from kogorta.engine.scratch import scratch_folder
from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb

DEFAULT_MEMORY = "1000MB"
"""The rest of a computer's 2 GB is for what Python itself holds of a large base."""


def connect(*, memory: str = DEFAULT_MEMORY, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory connection in UTC with bounded memory.

    Args:
        memory: most memory the engine may take, such as `1500MB`; beyond it, it spills to disk.
        spill: folder for spilled rows; one of the connection's own among the temporary files of the system when not given.

    Returns:
        An open connection.

    Raises:
        OptionError: the limit is not a size.
    """
    import duckdb

    if not re.fullmatch(r"\s*\d+(\.\d+)?\s*[KMGT]i?B\s*", memory, re.IGNORECASE):
        raise OptionError("The memory limit is {memory!r}; write a number with MB or GB, such as 1500MB.", memory=memory)
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET enable_progress_bar = false")
    # the files read are local and mostly read once: a copy of them in memory only takes room
    connection.execute("SET enable_external_file_cache = false")
    # of arrays of objects only texts are handed over; a look at a thousand empty ones breaks off instead of taking them for texts
    connection.execute("SET pandas_analyze_sample = 0")
    connection.execute(f"SET memory_limit = '{memory}'")
    # made when something spills and deleted with the connection; never in the folder somebody happens to work in
    spill = spill or scratch_folder() / f"spilled-{uuid4().hex}"
    connection.execute(f"SET temp_directory = {quote(str(spill))}")
    return connection


def quote(text: str) -> str:
    """A SQL string literal; used for file paths of our own only, values of users are bound.

    Example:
        >>> quote("it's")
        "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


@cache
def read_sql(room: str, name: str) -> str:
    """The text of `kogorta/<room>/sql/<name>.sql`."""
    return (resources.files("kogorta") / room / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def literal(value: object) -> str:
    """A value of our own as a SQL literal: a setting that was checked, never a cell.

    Example:
        >>> literal("Europe/Moscow"), literal(None), literal(True), literal(100)
        ("'Europe/Moscow'", 'NULL', 'TRUE', '100')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, (int, float)) else quote(str(value))


def filled_sql(room: str, name: str, parameters: Mapping[str, object], pieces: Mapping[str, str] | None = None) -> str:
    """The text of a SQL file with its `$parameters` as literals and its `{pieces}` as SQL: what a view or a file can be made of."""
    text = read_sql(room, name)
    for piece, sql in (pieces or {}).items():
        text = text.replace("{" + piece + "}", sql)
    return bound(text, parameters)


def bound(query: str, parameters: Mapping[str, object]) -> str:
    """A query with its `$parameters` as literals.

    Example:
        >>> bound("SELECT $day, $share", {"day": "2026-11-22", "share": 0.5})
        "SELECT '2026-11-22', 0.5"
    """
    return re.sub(r"\$(\w+)", lambda found: literal(parameters[found[1]]), query)


def run_sql(
    connection: duckdb.DuckDBPyConnection,
    room: str,
    name: str,
    parameters: Mapping[str, object] | None = None,
    pieces: Mapping[str, str] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Run the statements of one SQL file, its `$parameters` filled in as literals."""
    for statement in filled_sql(room, name, parameters or {}, pieces).split(";\n"):
        if re.sub(r"--[^\n]*", "", statement).strip():
            connection.execute(statement)
    return connection


def first_row(asked: duckdb.DuckDBPyConnection | duckdb.DuckDBPyRelation) -> tuple[Any, ...] | None:
    """The first row of an answer, None when it has none; the answer is read to its end, for one half read holds the connection.

    Example:
        >>> first_row(connect().execute("SELECT 1, 'a'"))
        (1, 'a')
    """
    rows: list[tuple[Any, ...]] = asked.fetchall()
    return rows[0] if rows else None


def register_mapping(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Sequence[object]]) -> None:
    """Make a temporary table of text columns out of Python sequences."""
    import numpy as np

    arrays = {key: np.array(list(values), dtype=object) for key, values in columns.items()}
    length = len(next(iter(arrays.values())))
    names = ", ".join(f"{key} VARCHAR" for key in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({names})")
    if length:
        connection.register("incoming_mapping", arrays)
        connection.execute(f"INSERT INTO {name} SELECT {', '.join(columns)} FROM incoming_mapping")
        connection.unregister("incoming_mapping")
