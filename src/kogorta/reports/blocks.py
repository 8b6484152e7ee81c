"""The parts a report is made of, before it becomes a PDF or a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.kit.language import LanguageCode
    from kogorta.reports.chart import Chart

Align = Literal["l", "r", "c"]
CalloutTone = Literal["accent", "warning", "neutral"]


@dataclass(frozen=True)
class Text:
    """A paragraph; `lead` stands before it in bold."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Subheading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Callout:
    """A box that must not be overlooked."""

    tone: CalloutTone
    title: str
    text: str


@dataclass(frozen=True)
class Figures:
    """Large figures side by side, each with what it is."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Statements:
    """Findings one below another: tag (may be empty), headline, body."""

    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Drawing:
    """A chart with its headline, a comment and a caption."""

    chart: Chart
    comment: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table. Its first column names the row.

    Args:
        head: column headings.
        rows: cells as text.
        align: `l`, `r` or `c` per column.
        widths: share of the width per column, 0 = as wide as its content.
        accents: numbers of rows in bold accent.
        note: a line under it.
        small: smaller type, for long lists.
        label: what the table is, for readers who hear it.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: tuple[Align, ...]
    widths: tuple[float, ...]
    accents: frozenset[int] = frozenset()
    note: str = ""
    small: bool = False
    label: str = ""


@dataclass(frozen=True)
class Card:
    """A proposal: title, a line of figures, goal, steps, and lines with a bold lead."""

    title: str
    figures: str
    goal: str
    steps: tuple[str, ...]
    remarks: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Facts:
    """Terms and what they mean."""

    items: tuple[tuple[str, str], ...]


Block = Text | Subheading | Bullets | Callout | Figures | Statements | Drawing | Sheet | Card | Facts


@dataclass(frozen=True)
class Section:
    """A chapter: slug, heading, blocks; `breaks` starts it on a new page."""

    slug: str
    title: str
    blocks: tuple[Block, ...]
    breaks: bool = False


@dataclass(frozen=True)
class Document:
    """The whole report."""

    language: LanguageCode
    title: str
    verdict: str
    figures: tuple[tuple[str, str], ...]
    cover_lines: tuple[str, ...]
    footer: str
    labels: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]

    def drawings(self) -> Sequence[Chart]:
        """Charts in reading order."""
        return [block.chart for section in self.sections for block in section.blocks if isinstance(block, Drawing)]
