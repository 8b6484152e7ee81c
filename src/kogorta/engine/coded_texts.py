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
        >>> connection.execute("SELECT count(*) FROM lines WHERE category = 'книги'").fetchall()
        [(2,)]
        >>> coded_as(connection, "lines", ["category"])
        {'category': ('книги', 'обувь')}
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


def coded_as(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Of the coded ones among some columns, the different texts in the order of their codes.

    Args:
        connection: the engine.
        table: name of a table of ours.
        columns: columns of it.
    """

    def asked(names: Sequence[str], function: str) -> dict[str, object]:
        listed = ", ".join(f"{function}({name})" for name in names)
        row = first_row(connection.execute(f"SELECT {listed} FROM {table} LIMIT 1")) if names else None
        return {} if row is None else dict(zip(names, row, strict=True))

    coded = [name for name, kind in asked(columns, "typeof").items() if str(kind).startswith("ENUM")]
    return {name: tuple(texts) for name, texts in asked(coded, "enum_range").items() if isinstance(texts, list)}
