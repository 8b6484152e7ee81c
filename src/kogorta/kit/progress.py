"""Progress of long steps: one protocol, so that a terminal, a pipe and a web page can each show it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class Step(Protocol):
    """One running step."""

    def advance(self, rows: int) -> None:
        """Say that `rows` more rows are done."""


class Progress(Protocol):
    """Where steps announce themselves."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        """Open a step; `total` is its number of rows when known."""


class _SilentStep:
    def advance(self, rows: int) -> None:
        """Do nothing."""


class Silent:
    """Progress that shows nothing: the default of the library."""

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:  # noqa: ARG002
        """Open a step that is not shown."""
        yield _SilentStep()


SILENT = Silent()
