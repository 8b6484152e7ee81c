"""A result that stays in the engine until somebody looks at it, prints well and leaves in any shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.engine.duck import first_row
from kogorta.kit.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Cell = object


@dataclass(frozen=True)
class Table:
    """Rows of one table or view in an engine connection.

    Args:
        connection: open DuckDB connection that holds the table.
        name: name of the table or view there; chosen by us, never typed by a user.
        order: column names that fix the order of rows, so that the same data always print the same.

    Example:
        >>> import duckdb
        >>> c = duckdb.connect()
        >>> _ = c.execute("CREATE TABLE t AS SELECT 2 AS id UNION ALL SELECT 1 ORDER BY 1")
        >>> Table(c, "t", ("id",)).rows()
        [(1,), (2,)]
    """

    connection: duckdb.DuckDBPyConnection
    name: str
    order: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The query that gives the rows in their fixed order."""
        order = " ORDER BY " + ", ".join(f'"{name}"' for name in self.order) if self.order else ""
        return f"SELECT * FROM {self.name}{order}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(str(name) for name in self.connection.table(self.name).columns)

    def __len__(self) -> int:
        row = first_row(self.connection.execute(f"SELECT count(*) FROM {self.name}"))
        return int(row[0]) if row else 0

    def rows(self, limit: int | None = None) -> list[tuple[Cell, ...]]:
        """Rows as tuples, in the fixed order."""
        bound = "" if limit is None else f" LIMIT {int(limit)}"
        return self.connection.execute(self.sql + bound).fetchall()

    def dicts(self, limit: int | None = None) -> list[dict[str, Cell]]:
        """Rows as dictionaries, in the fixed order."""
        names = self.columns
        return [dict(zip(names, row, strict=True)) for row in self.rows(limit)]

    def batches(self, size: int = 10_000) -> Iterator[list[tuple[Cell, ...]]]:
        """Rows in batches, so that a large table never has to fit in memory."""
        cursor = self.connection.cursor()
        cursor.execute(self.sql)
        while rows := cursor.fetchmany(size):
            yield rows

    def to_numpy(self) -> dict[str, np.ndarray]:
        """Columns as NumPy arrays."""
        return self.connection.execute(self.sql).fetchnumpy()

    def to_pandas(self) -> pd.DataFrame:
        """A pandas data frame.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas  # noqa: F401, ICN001
        except ImportError as error:
            raise MissingExtraError("pandas", "frames") from error
        return self.connection.execute(self.sql).df()

    def to_polars(self) -> pl.DataFrame:
        """A polars data frame.

        Raises:
            MissingExtraError: polars is not installed.
        """
        try:
            import polars as pl
        except ImportError as error:
            raise MissingExtraError("polars", "frames") from error
        return pl.DataFrame(self.connection.sql(self.sql))

    def to_arrow(self) -> pa.Table:
        """A pyarrow table.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        try:
            import pyarrow as pa
        except ImportError as error:
            raise MissingExtraError("pyarrow", "frames") from error
        return pa.table(self.connection.sql(self.sql))

    def write_parquet(self, path: Path) -> None:
        """Write the rows as zstd Parquet in the fixed order."""
        self.connection.sql(self.sql).write_parquet(str(path), compression="zstd")

    def __repr__(self) -> str:
        from rich.console import Console
        from rich.table import Table as Grid
        from rich.text import Text

        shown = 20
        grid = Grid(*self.columns, box=None, header_style="bold")
        for row in self.rows(shown):
            grid.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
        console = Console(width=200, record=True, file=None, quiet=False, color_system=None)
        with console.capture() as capture:
            console.print(grid)
            if len(self) > shown:
                console.print(f"... {len(self) - shown} more rows")
        return capture.get().rstrip()

    def _repr_html_(self) -> str:
        from html import escape

        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{'' if cell is None else escape(str(cell))}</td>" for cell in row) + "</tr>" for row in self.rows(20)
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{len(self)} rows</p>"
