"""Texts of tables kept as codes of their different values: a comparison is then of small numbers, and a row takes a byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import first_row, quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

MOST_CODED: Final = 20_000
"""A text with more different values stays as it is: most of them stand once, and the list of them is all the size."""
_MOST_GUESSED: Final = 2 * MOST_CODED


def code_texts(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> None:
    """Keep texts of a table as codes (the engine's ENUM) where their different values are few; what a query answers stays the same.

    Args:
        connection: the engine.
        table: name of a table of ours.
        columns: its text columns.

    Example:
        >>> import duckdb
        >>> connection = duckdb.connect()
        >>> _ = connection.execute("CREATE TABLE lines AS SELECT unnest(['книги', 'обувь', 'книги']) AS category")
        >>> code_texts(connection, "lines", ["category"])
        >>> coded_as(connection, "lines", "category"), connection.execute("SELECT count(*) FROM lines WHERE category = 'книги'").fetchall()
        (('книги', 'обувь'), [(2,)])
    """
    if not columns:
        return
    guesses = first_row(
        connection.execute(f"SELECT {', '.join(f'approx_count_distinct({column}) AS {column}' for column in columns)} FROM {table}")
    )
    for column, guess in zip(columns, guesses or (), strict=True):
        if guess <= _MOST_GUESSED:
            texts = connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1").fetchall()
            if 0 < len(texts) <= MOST_CODED and not any("\0" in text for (text,) in texts):
                connection.execute(f"ALTER TABLE {table} ALTER {column} TYPE ENUM({', '.join(quote(text) for (text,) in texts)})")


def coded_as(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> tuple[str, ...] | None:
    """The different texts of a coded column in the order of their codes; None when it is kept as texts.

    Args:
        connection: the engine.
        table: name of a table of ours.
        column: its column.
    """
    kind = first_row(connection.execute(f"SELECT typeof({column}), {column} FROM {table} LIMIT 1"))
    if kind is None or not str(kind[0]).startswith("ENUM"):
        return None
    listed = first_row(connection.execute(f"SELECT enum_range({column}) FROM {table} LIMIT 1"))
    return None if listed is None else tuple(listed[0])
