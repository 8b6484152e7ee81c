"""Grids: the 27 RFM categories, the ABC/XYZ matrix, the triangle of cohort retention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.reports import style
from kogorta.reports.canvas import Canvas, text_width
from kogorta.reports.chart import Chart, Grid
from kogorta.reports.names import FREQUENCY, RECENCY, segment_name

if TYPE_CHECKING:
    from kogorta.reports.finding import Finding
    from kogorta.reports.wording import Wording

NARROW: Final = 5.0
LEVELS: Final = (3, 2, 1)


@dataclass(frozen=True)
class Cell:
    """One cell: number, a smaller line under it, how dark it is (0-1), None for nobody."""

    text: str
    note: str
    share: float | None


def categories_chart(say: Wording, finding: Finding) -> Chart | None:
    """Heat map of the RFM categories: recency by rows, frequency and level of money by columns."""
    found: dict[tuple[int, int, int], tuple[int, int]] = {}
    for item in say.analysis.categories:
        key = (item.recency, item.frequency, item.monetary)
        people, money = found.get(key, (0, 0))
        found[key] = (people + item.customers, money + item.revenue)
    most = max((people for people, _ in found.values()), default=0)
    if not most:
        return None
    columns = [(frequency, monetary) for frequency in (1, 2, 3) for monetary in LEVELS]
    rows = [say.text(RECENCY[recency]) for recency in (1, 2, 3)]
    heads = [say.text(FREQUENCY[frequency]) for frequency in (1, 2, 3)]
    cells = []
    for recency in (1, 2, 3):
        line = []
        for frequency, monetary in columns:
            people, money = found.get((recency, frequency, monetary), (0, 0))
            share = people / most if people else None
            line.append(Cell(say.number(people), say.money(money), share))
        cells.append(line)
    table = Grid(
        (say.text("Recency"), *(f"{say.text(FREQUENCY[f])}-{m}" for f, m in columns)),
        tuple((row, *(cell.text for cell in line)) for row, line in zip(rows, cells, strict=True)),
    )
    caption = say.text("In each cell: customers, below them net revenue. Levels of money: 3 is highest, 1 is lowest.")
    total = sum(people for people, _ in found.values())
    return Chart(
        "rfm_categories",
        finding.headline,
        f"{caption} {say.note(total)}",
        table,
        lambda width: 0.5 + 3 * (0.56 if width >= NARROW else 0.42) + 0.02,
        lambda sheet: _paint_categories(sheet, rows, heads, cells),
    )


def _paint_categories(sheet: Canvas, rows: list[str], heads: list[str], cells: list[list[Cell]]) -> None:
    wide = sheet.width >= NARROW
    size = 9.0 if wide else 7.5
    left = max(text_width(row, size) for row in rows) + 0.12
    gap = 0.1
    width = (sheet.width - left - 2 * gap) / 9
    height = 0.56 if wide else 0.42
    for column in range(9):
        x = left + column * width + (column // 3) * gap
        if column % 3 == 0:
            sheet.text(x + 1.5 * width - 0.01, 0.11, heads[column // 3], size=size, bold=True, align="center")
            sheet.line((x, 0.25), (x + 3 * width - 0.02, 0.25), style.RULE)
        sheet.text(x + width / 2 - 0.01, 0.37, str(LEVELS[column % 3]), size=size - 0.5, color=style.MUTED, align="center")
        for row in range(3):
            y = 0.5 + row * height
            if column == 0:
                sheet.text(left - 0.1, y + height / 2 - 0.01, rows[row], size=size, align="right")
            _paint_cell(sheet, (x, y, width - 0.02, height - 0.02), cells[row][column], 11 if wide else 8.5)


def _paint_cell(sheet: Canvas, box: tuple[float, float, float, float], cell: Cell, size: float) -> None:
    x, y, width, height = box
    if cell.share is None:
        sheet.rect(x, y, width, height, style.PAPER)
        sheet.text(x + width / 2, y + height / 2, cell.text, size=size * 0.8, color=style.MUTED, align="center")
        return
    shown = cell.share**0.7
    sheet.rect(x, y, width, height, style.shade(shown))
    ink = style.ink_on(shown)
    small = size * 0.6
    if cell.note and text_width(cell.note, small) < width - 0.04:
        sheet.text(x + width / 2, y + height * 0.4, cell.text, size=size, color=ink, align="center")
        sheet.text(x + width / 2, y + height * 0.75, cell.note, size=small, color=ink, align="center")
    else:
        sheet.text(x + width / 2, y + height / 2, cell.text, size=size, color=ink, align="center")


def matrix_chart(say: Wording, finding: Finding) -> Chart | None:
    """The ABC/XYZ matrix: shade is the share of revenue."""
    found = {(item.abc, item.xyz): item for item in say.analysis.matrix}
    if not found:
        return None
    rows = [slug for slug in ("A", "B", "C", "none") if any(abc == slug for abc, _ in found)]
    columns = [slug for slug in ("X", "Y", "Z", "early") if slug != "early" or any(xyz == slug for _, xyz in found)]
    money = sum(item.revenue for item in found.values() if item.revenue > 0)
    most = max(item.revenue for item in found.values()) or 1
    steadiness = {"X": say.text("steady"), "Y": say.text("fluctuating"), "Z": say.text("irregular"), "early": ""}
    row_names = [segment_name(say.analysis, say.language, slug, "abc") for slug in rows]
    column_names = [segment_name(say.analysis, say.language, slug, "xyz") for slug in columns]
    cells = []
    for abc in rows:
        line = []
        for xyz in columns:
            item = found.get((abc, xyz))
            if item is None:
                line.append(Cell("0", "", None))
            else:
                share = item.revenue / money if money else 0.0
                line.append(Cell(say.customers(item.customers), say.percent(share), max(item.revenue, 0) / most if most > 0 else 0))
        cells.append(line)
    table = Grid(
        (say.text("Class"), *column_names),
        tuple(
            (name, *(f"{cell.text}, {cell.note}" if cell.note else cell.text for cell in line))
            for name, line in zip(row_names, cells, strict=True)
        ),
    )
    total = sum(item.customers for item in found.values())
    heads = [(name, steadiness[slug]) for name, slug in zip(column_names, columns, strict=True)]
    caption = say.text("In each cell: customers and their share of net revenue; the darker, the more revenue.")
    return Chart(
        "abc_xyz",
        finding.headline,
        f"{caption} {say.note(total)}",
        table,
        lambda _: 0.42 + 0.52 * len(rows),
        lambda sheet: _paint_matrix(sheet, row_names, heads, cells),
    )


def _paint_matrix(sheet: Canvas, rows: list[str], heads: list[tuple[str, str]], cells: list[list[Cell]]) -> None:
    wide = sheet.width >= NARROW
    left = max(text_width(row, 10, bold=True) for row in rows) + 0.18
    width = (sheet.width - left) / len(heads)
    for column, (name, word) in enumerate(heads):
        x = left + column * width
        middle = x + width / 2 - 0.01
        sheet.text(middle, 0.1 if word else 0.18, name, size=10 if wide else 8, bold=True, align="center")
        if word:
            sheet.text(middle, 0.28, word, size=8 if wide else 7, color=style.MUTED, align="center")
        for row, label in enumerate(rows):
            y = 0.42 + 0.52 * row
            if column == 0:
                sheet.text(left - 0.12, y + 0.25, label, size=10, bold=True, align="right")
            cell = cells[row][column]
            box = (x, y, width - 0.02, 0.5)
            if cell.share is None:
                _paint_cell(sheet, box, cell, 9)
                continue
            ink = style.ink_on(cell.share)
            sheet.rect(*box, style.shade(cell.share))
            sheet.text(middle, y + 0.17, cell.note, size=10 if wide else 9, bold=True, color=ink, align="center")
            sheet.text(middle, y + 0.36, cell.text, size=8 if wide else 6.8, color=ink, align="center")
