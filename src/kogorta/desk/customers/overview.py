"""The page of customers above its list: cards of segments, the grid of recency and frequency, bars of revenue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.desk.bases.kept_moves import read_moves
from kogorta.desk.customers.words import level_bounds, level_word, segment_word

if TYPE_CHECKING:
    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.kit.language import Language

HEATS = 7
"""Steps of the colour of the grid: `heat-0` .. `heat-6` of the style sheet."""


@dataclass(frozen=True)
class SegmentCard:
    """A segment of the leading scheme; `change` is customers now less those of the earlier day, None when it is not known."""

    slug: str
    name: str
    series: int
    customers: int
    share: float
    revenue: int
    revenue_share: float
    width: float
    change: int | None
    is_first: bool

    @property
    def way(self) -> str:
        """Class of the change: `up` or `down`."""
        return "up" if (self.change or 0) > 0 else "down"


@dataclass(frozen=True)
class Cell:
    """A cell of the grid: `heat` is the step of its colour, by revenue."""

    r: int
    f: int
    customers: int
    revenue: int
    heat: int
    name: str


@dataclass(frozen=True)
class Level:
    """A row or a column of the grid: its digit, its word and its bounds."""

    level: int
    word: str
    bounds: str


@dataclass(frozen=True)
class Grid:
    """The grid; `rows` are pairs of a level of recency and its cells. `top` is the cell with most revenue, `top_share` its share."""

    columns: tuple[Level, ...]
    rows: tuple[tuple[Level, tuple[Cell, ...]], ...]
    top: Cell
    top_share: float


def segment_cards(snapshot: Snapshot, language: Language) -> tuple[SegmentCard, ...]:
    """Cards, most revenue first."""
    figures = snapshot.figures()
    found = figures.of_scheme(snapshot.scheme)
    most = max((item.revenue for item in found), default=0)
    changes = _changes(snapshot)
    return tuple(
        SegmentCard(
            slug=item.segment,
            name=segment_word(language, snapshot.scheme, item.segment),
            series=place % 7 + 1,
            customers=item.customers,
            share=item.customer_share,
            revenue=item.revenue,
            revenue_share=item.revenue_share,
            width=round(100 * max(item.revenue, 0) / most, 2) if most > 0 else 0.0,
            change=changes.get(item.segment) if changes is not None else None,
            is_first=item.segment == figures.priority,
        )
        for place, item in enumerate(found)
    )


def _changes(snapshot: Snapshot) -> dict[str, int] | None:
    earlier = snapshot.figures().compared_from
    moves = read_moves(snapshot.folder, earlier, snapshot.as_of) if earlier else None
    if moves is None:
        return None
    found: dict[str, int] = {}
    for flow in moves.flows:
        found[flow.target] = found.get(flow.target, 0) + flow.customers
        found[flow.source] = found.get(flow.source, 0) - flow.customers
    return found


def revenue_grid(snapshot: Snapshot, language: Language) -> Grid | None:
    """Recency by frequency; None while nobody has bought."""
    figures = snapshot.figures()
    rule = figures.rule
    if rule is None or not figures.grid:
        return None
    cells = {(item.r, item.f): item for item in figures.grid}
    most = max(item.revenue for item in figures.grid)
    whole = sum(item.revenue for item in figures.grid)
    levels = range(1, rule.levels + 1)

    def level(digit: str, number: int) -> Level:
        return Level(number, level_word(language, digit, number, rule.levels), level_bounds(language, rule, digit, number))

    def cell(r: int, f: int) -> Cell:
        found = cells.get((r, f))
        customers, revenue = (found.customers, found.revenue) if found else (0, 0)
        heat = min(HEATS - 1, int(HEATS * max(revenue, 0) / most)) if most > 0 else 0
        name = f"{level_word(language, 'r', r, rule.levels)} · {level_word(language, 'f', f, rule.levels).lower()}"
        return Cell(r, f, customers, revenue, heat, name)

    rows = tuple((level("r", r), tuple(cell(r, f) for f in levels)) for r in levels)
    top = max((one for _, row in rows for one in row), key=lambda one: (one.revenue, -one.r, -one.f))
    return Grid(tuple(level("f", f) for f in levels), rows, top, top.revenue / whole if whole > 0 else 0.0)
