"""A chart: its title is the finding, it carries its own table, n and date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from kogorta.reports.canvas import draw, draw_titled
from kogorta.reports.style import CHART_WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kogorta.reports.canvas import Canvas

PHONE_WIDTH = 3.3
"""Inches of the drawing made for narrow screens: letters of 8.5 units stay above 10 CSS pixels at 320."""


@dataclass(frozen=True)
class Grid:
    """The numbers of a chart as a table: the first column names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """One drawing.

    Args:
        name: slug, the name of its files.
        title: the finding it shows.
        caption: how many it is about, and as of which day.
        table: the same numbers, for those who do not see the drawing.
        height: height in inches for a width in inches.
        paint: draws it on a canvas of that size.
    """

    name: str
    title: str
    caption: str
    table: Grid
    height: Callable[[float], float]
    paint: Callable[[Canvas], None]

    @property
    def alt(self) -> str:
        """The finding and the numbers in one text, for readers who do not see the drawing."""
        rows = "; ".join(": ".join((row[0], ", ".join(row[1:]))) for row in self.table.rows[:30])
        return f"{self.title}. {rows}"

    def svg(self, width: float = CHART_WIDTH) -> str:
        """The drawing without title, as an SVG element."""
        if width not in self._drawn:
            self._drawn[width] = draw(self.paint, width, self.height(width))
        return self._drawn[width]

    @cached_property
    def _drawn(self) -> dict[float, str]:
        """Drawings by width: PDF and HTML show the same one."""
        return {}

    def file(self, kind: Literal["svg", "png"], width: float = CHART_WIDTH) -> bytes:
        """The drawing with title and caption, as the bytes of a file of its own."""
        return self.files((kind,), width)[0]

    def files(self, kinds: Sequence[Literal["svg", "png"]] = ("svg", "png"), width: float = CHART_WIDTH) -> tuple[bytes, ...]:
        """The same in several kinds, drawn once."""
        return draw_titled(self.paint, width, self.height(width), self.title, self.caption, kinds)
