"""An engine beside the embedded one: it holds the tables of a base and runs what walks over every order.

Queries come in the DuckDB dialect and are translated on the way; results come back as Parquet files that the embedded engine reads, or
as rows when they are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kogorta.engine.dialects import Dialect

UNREACHABLE = message("{engine} at {address} does not answer: {reason}. Check the address and that it is running.")
DIED = message("{engine} stopped answering while it made {table}: {reason}. Nothing of the base was changed; start it and run again.")
DAMAGED = message("The file {path} of table {table} cannot be read: {reason}. Restore it from a copy or import the files anew.")
MISSING = message("The file {path} of table {table} is missing. Restore it from a copy or import the files anew.")
FOREIGN = message(
    "Table {table} has another shape than expected: {column} is {found}, not {wanted}. Name the folder of a base or of its tables."
)
REFUSED = message("{engine} could not make {table}: {reason}.")


class RemoteEngine(Protocol):
    """What an engine must do to carry the heavy part of an analysis."""

    name: str
    dialect: Dialect

    def read(self, table: str, files: Sequence[str], columns: Mapping[str, str]) -> None:
        """Make the Parquet files of a table readable under its name."""

    def keep(self, table: str, query: str) -> Path:
        """Keep the result of a query under a name, in that engine and as Parquet files in the folder returned."""

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """The few rows of a result."""

    def has(self, table: str) -> bool:
        """Whether a result is kept here under this name."""

    def drop(self, table: str) -> None:
        """Forget a result."""

    def close(self) -> None:
        """Let go of the engine."""
