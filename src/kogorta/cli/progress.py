"""Progress on a terminal as bars, in a pipe as plain lines."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kogorta.kit.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.kit.language import Language
    from kogorta.kit.progress import Progress, Step

SHOWN_AFTER = 1.0
"""Steps shorter than this many seconds are not worth a line in a pipe."""


class _CountedStep:
    def __init__(self) -> None:
        self.rows = 0

    def advance(self, rows: int) -> None:
        """Count rows."""
        self.rows += rows


class PlainLines:
    """One line on standard error when a step that took over a second ends."""

    def __init__(self, language: Language) -> None:
        self.language = language

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:
        """Time a step and say what it did."""
        counted = _CountedStep()
        start = time.monotonic()
        yield counted
        seconds = time.monotonic() - start
        if seconds < SHOWN_AFTER:
            return
        rows = counted.rows or total or 0
        spent = self.language.number(seconds, 1)
        line = self.language.text("{step}: {seconds} s", step=self.language.phrase(name), seconds=spent)
        if rows > 1:
            line += self.language.text(", {rate} rows/s", rate=self.language.number(rows / seconds))
        sys.stderr.write(line + "\n")


class Bars:
    """A bar per step on a terminal."""

    def __init__(self, language: Language) -> None:
        self.language = language

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:
        """Show a step while it runs."""
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"), TimeElapsedColumn())
        start = time.monotonic()
        with RichProgress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(self.language.phrase(name), total=total, rate="")
            language = self.language

            class Bar:
                done = 0

                def advance(self, rows: int) -> None:
                    """Move the bar and refresh the rate."""
                    self.done += rows
                    rate = self.done / max(time.monotonic() - start, 0.001)
                    text = language.text("{rate} rows/s", rate=language.number(rate)) if self.done > 1 else ""
                    shown.update(task, advance=rows, rate=text)

            yield Bar()


def choose_progress(language: Language, *, quiet: bool) -> Progress:
    """Bars on a terminal, lines in a pipe, nothing when quiet."""
    if quiet:
        return SILENT
    return Bars(language) if sys.stderr.isatty() else PlainLines(language)
