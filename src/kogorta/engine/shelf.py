"""Where results are kept: small ones as tables in memory, large ones as Parquet files behind views.

A table in the engine's memory is not compressed, and a column of empty cells takes as much room as a full one. The same rows as
Parquet take a tenth of it, are written as they stream by and are read column by column.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import quote
from kogorta.engine.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

LARGE: Final = 200_000
"""Rows from which results are kept as files."""
_KEYED_GROUP: Final = 8_192
"""Rows of a file read together when one of them is asked for by its key."""
_MOST_KEYS: Final = 2_000
"""Keys beyond which most groups have one of them."""


class Shelf:
    """Named results in one connection.

    Args:
        connection: where the tables and views are made.
        folder: where files are put; a temporary folder that goes away with the shelf when not given.

    Example:
        >>> import duckdb
        >>> shelf = Shelf(duckdb.connect())
        >>> shelf.keep("numbers", "SELECT range AS n FROM range(3)", large=True)
        >>> shelf.keep("numbers", "SELECT n + 1 AS n FROM numbers", large=True)
        >>> shelf.connection.execute("SELECT sum(n) FROM numbers").fetchone()
        (6,)
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path | None = None) -> None:
        self.connection = connection
        self._place = folder
        self._own: Path | None = None
        self._files: dict[str, Path] = {}
        self._kinds: dict[str, str] = {}
        self._written = 0
        self._safe: frozenset[Path] = frozenset()
        self._has_keyed = False

    def keep(self, name: str, query: str, *, large: bool) -> None:
        """Keep the rows of a query under a name; it may read what the name held before.

        Args:
            name: a name of our own, never typed by a user.
            query: the query with its values as literals: bound ones would keep the whole result in memory.
            large: as a file, not as a table.
        """
        if not large:
            seen = self._kinds.get(name) == "VIEW"
            self.connection.execute(f"CREATE OR REPLACE TABLE {'shelved' if seen else name} AS {query}")
            if seen:
                self.drop(name)
                self.connection.execute(f"ALTER TABLE shelved RENAME TO {name}")
            self._kinds[name] = "TABLE"
            return
        self._written += 1
        path = self._folder() / f"{self._written}.parquet"
        self.connection.sql(query).write_parquet(str(path), compression="snappy", row_group_size=100_000)
        self.show(name, f"SELECT * FROM read_parquet({quote(str(path))})")
        self._files[name] = path

    def keep_keyed(self, name: str, query: str, key: str, *, large: bool) -> None:
        """Keep the rows of a query so that `rows_with` finds some without reading the others.

        Args:
            name: as of `keep`; these rows stay as long as the shelf.
            query: the query with its values as literals.
            key: the column they are asked for by.
            large: in a file, not in memory.
        """
        rows = f"SELECT *, hash({key}) AS hash_of_key FROM ({query}) AS rows ORDER BY hash_of_key"
        if not large:
            self.keep(name, rows, large=False)
            return
        if not self._has_keyed:
            self.connection.execute(f"ATTACH {quote(str(self._folder() / 'keyed.duckdb'))} AS keyed (ROW_GROUP_SIZE {_KEYED_GROUP})")
            self._has_keyed = True
        self.connection.execute(f"CREATE TABLE keyed.{name} AS {rows}")
        self.show(name, f"SELECT * FROM keyed.{name}")

    def rows_with(self, name: str, key: str, wanted: str) -> str:
        """Query of the rows kept by `keep_keyed` that have a key another query names.

        Args:
            name: what they were kept under.
            key: the column, of that name in both.
            wanted: query of the keys as they are now; the answer is a query for now, too.

        Example:
            >>> import duckdb
            >>> shelf = Shelf(duckdb.connect())
            >>> shelf.keep_keyed("orders", "SELECT * FROM (VALUES ('a', 1), ('b', 2)) AS o(customer, sum)", "customer", large=False)
            >>> shelf.connection.execute(shelf.rows_with("orders", "customer", "SELECT 'b' AS customer")).fetchall()
            [('b', 2)]
        """
        hashes = self.connection.execute(f"SELECT DISTINCT hash({key}) FROM ({wanted}) AS rows LIMIT {_MOST_KEYS + 1}").fetchall()
        rows = f"SELECT * EXCLUDE (hash_of_key) FROM {name} SEMI JOIN ({wanted}) AS wanted USING ({key})"
        if len(hashes) > _MOST_KEYS:
            return rows
        listed = ", ".join(str(found) for (found,) in hashes) or "NULL"
        return f"{rows} WHERE hash_of_key IN ({listed})"  # groups of rows without one of them are not read

    def show(self, name: str, query: str) -> None:
        """Put a view of a query under a name."""
        self.drop(name)
        self.connection.execute(f"CREATE VIEW {name} AS {query}")
        self._kinds[name] = "VIEW"

    def drop(self, name: str) -> bool:
        """Forget a result, whatever holds it; says whether it was here."""
        kind = self._kinds.pop(name, None)
        if kind is not None:
            self.connection.execute(f"DROP {kind} {name}")
        path = self._files.pop(name, None)
        if path is not None and path not in self._safe:
            path.unlink(missing_ok=True)
        return kind is not None

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Undo at the end whatever is kept, shown or dropped within; cursors made of the connection see nothing of it.

        Example:
            >>> import duckdb
            >>> shelf = Shelf(duckdb.connect())
            >>> shelf.keep("numbers", "SELECT 1 AS n", large=False)
            >>> with shelf.trial():
            ...     shelf.keep("numbers", "SELECT n + 1 AS n FROM numbers", large=False)
            ...     shelf.connection.execute("FROM numbers").fetchone()
            (2,)
            >>> shelf.connection.execute("FROM numbers").fetchone()
            (1,)
        """
        kinds, files = dict(self._kinds), dict(self._files)
        self._safe = frozenset(files.values())
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK")
            for path in self._files.values():
                if path not in self._safe:
                    path.unlink(missing_ok=True)
            self._kinds, self._files, self._safe = kinds, files, frozenset()

    def _folder(self) -> Path:
        if self._own is None:
            self._own = Path(tempfile.mkdtemp(prefix="shelf-", dir=self._place or scratch_folder()))
            weakref.finalize(self, shutil.rmtree, self._own, ignore_errors=True)
        return self._own
