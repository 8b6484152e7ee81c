"""What a writer has changed and not yet made the state of the base: whole tables, or some rows of them.

The changed tables are seen under their own names at once, in this connection alone; nobody else sees them before the commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.base.delta_tables import month_sql
from kogorta.base.tables import MONTH_OF, TABLES, column_list
from kogorta.engine.duck import first_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kogorta.engine.shelf import Shelf


class Draft:
    """Changes of one writer.

    Args:
        shelf: where the tables are seen.
        stored: SQL of the rows of a table as the base has them on disk; None where a base lives in memory.
        large: whether results are kept as files.

    A row-by-row change of a table `t` rests on three tables of the shelf: `gone_t` has the keys of rows that leave (and their `month`
    where `t` is monthly), `fresh_t` the rows that come, `old_t` is `t` before the change.
    """

    def __init__(self, shelf: Shelf, stored: Callable[[str], str] | None, *, large: bool) -> None:
        self.shelf = shelf
        self.large = large
        self.whole: set[str] = set()
        self.patched: dict[str, tuple[str, ...]] = {}
        self._stored = stored
        self._scratch: set[str] = set()

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the tables that changed."""
        return tuple(sorted({*self.whole, *self.patched}))

    def replace(self, name: str, query: str) -> None:
        """Make the rows of a query the rows of a table, in its types."""
        columns = ", ".join(f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in TABLES[name])
        self.shelf.keep(name, f"SELECT {columns} FROM ({query}) AS rows", large=self.large)
        self.whole.add(name)
        self.patched.pop(name, None)

    def keep_old(self, names: Iterable[str]) -> None:
        """Show tables as they are now under `old_` names, whatever happens to them afterwards."""
        for name in names:
            if self._stored is None:
                self.keep(f"old_{name}", f"SELECT {column_list(name)} FROM {name}", large=self.large)
            else:
                self._scratch.add(f"old_{name}")
                self.shelf.show(f"old_{name}", self._stored(name))

    def keep(self, name: str, query: str, *, large: bool = False) -> None:
        """Keep an intermediate result until the draft is done."""
        self._scratch.add(name)
        self.shelf.keep(name, query, large=large)

    def append(self, name: str, fresh: str) -> None:
        """Put the rows of a query beside those of a table."""
        self.patch(name, (), "", fresh)

    def patch(self, name: str, keys: tuple[str, ...], gone: str, fresh: str) -> None:
        """Change some rows of a table, once in a draft; `old_t` must be there when rows leave.

        Args:
            name: the table.
            keys: columns that name the rows that leave.
            gone: query of these keys, of a monthly table with the column of its day.
            fresh: query of the rows that come, in the columns of the table.
        """
        month = f", {month_sql(name)} AS month" if name in MONTH_OF and keys else ""
        if keys:
            self.keep(f"gone_{name}", f"SELECT {', '.join(keys)}{month} FROM ({gone}) AS rows")
        columns = ", ".join(f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in TABLES[name])
        self.keep(f"fresh_{name}", f"SELECT {columns} FROM ({fresh}) AS rows")
        left = f" ANTI JOIN gone_{name} USING ({', '.join(keys)})" if keys else ""
        before = self._stored(name) if self._stored else f"SELECT * FROM old_{name}" if keys else f"SELECT * FROM {name}"
        after = f"SELECT {column_list(name)} FROM ({before}) AS rows{left} UNION ALL SELECT {column_list(name)} FROM fresh_{name}"
        if self._stored is None:
            self.shelf.keep(name, after, large=self.large)
            self.whole.add(name)
        else:
            self.shelf.show(name, after)
            self.patched[name] = keys

    def differ(self, name: str, keys: tuple[str, ...], before: str, after: str) -> None:
        """Change the rows of a table that differ between two tables of rows of its shape: what was, and what shall be."""
        columns = column_list(name)
        self.patch(
            name,
            keys,
            f"SELECT {columns} FROM {before} EXCEPT SELECT {columns} FROM {after}",
            f"SELECT {columns} FROM {after} EXCEPT SELECT {columns} FROM {before}",
        )

    def count(self, table: str) -> int:
        """Rows of a table of the shelf."""
        row = first_row(self.shelf.connection.execute(f"SELECT count(*) FROM {table}"))
        return int(row[0]) if row else 0

    def clear(self) -> None:
        """Forget what the changes rested on."""
        for name in sorted(self._scratch):
            self.shelf.drop(name)
        self._scratch.clear()
