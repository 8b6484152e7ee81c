"""Cohort retention as a heat map: who came back, period after period, and what the cohort brought in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.reports import style
from kogorta.reports.canvas import Canvas, text_width
from kogorta.reports.chart import Chart, Grid
from kogorta.reports.moves_findings import told_of

if TYPE_CHECKING:
    from kogorta.reports.finding import Finding
    from kogorta.reports.wording import Wording
    from kogorta.segments.moves import Cohort

MOST_COHORTS: Final = 16
MOST_PERIODS: Final = 12
NARROW: Final = 5.0
PITCH: Final = 0.27


@dataclass(frozen=True)
class Row:
    """One cohort: its name, size, shares in words with how dark they are (None where it is too small to be shaded), totals."""

    name: str
    size: str
    cells: tuple[tuple[str, float | None], ...]
    totals: tuple[str, ...]


def cohorts_chart(say: Wording, finding: Finding) -> Chart | None:
    """One row per cohort, one column per period since the first purchase; small cohorts are left unshaded."""
    table = say.analysis.cohorts
    if table is None or not table.cohorts:
        return None
    cohorts = [item for item in table.cohorts if item.customers][-MOST_COHORTS:]
    if not cohorts:
        return None
    told = told_of(say)
    periods = min(max(len(item.active) for item in cohorts), MOST_PERIODS + 1)
    small = any(item.is_small for item in cohorts)
    compared = [item for item in cohorts if not item.is_small] or cohorts
    most = max((k / item.customers for item in compared for k in item.active[1:periods]), default=0.0) or 1.0

    def row(item: Cohort) -> Row:
        cells: list[tuple[str, float | None]] = []
        for k in range(1, min(periods, len(item.active))):
            part = k == len(item.active) - 1 and not table.last_is_complete
            share = item.active[k] / item.customers
            text = say.percent(share, 0) + ("*" if part else "")
            cells.append((text, min(share / most, 1.0) if item in compared else None))
        came = say.percent(item.returned[-1] / item.customers, 0) if len(item.returned) > 1 else ""
        name = told.period(table.period, item.starts_on) + (" †" if item.is_small else "")
        return Row(name, say.number(item.customers), tuple(cells), (came, say.money(sum(item.revenue)) if item.revenue else ""))

    rows = [row(item) for item in cohorts]
    totals = (say.text("came back"), say.text("revenue"))
    grid = Grid(
        (say.text("First purchase"), say.text("Customers"), *(str(k) for k in range(1, periods)), *totals),
        tuple(
            (one.name, one.size, *(text for text, _ in one.cells), *([""] * (periods - 1 - len(one.cells))), *one.totals) for one in rows
        ),
    )
    unit = {
        "month": say.text("Columns: months since the first purchase."),
        "quarter": say.text("Columns: quarters since the first purchase."),
        "year": say.text("Columns: years since the first purchase."),
    }[table.period]
    if not table.last_is_complete:
        unit += " " + say.text("* the period is not over yet.")
    if small:
        unit += " " + say.text("† fewer than 30 customers: too few to compare.")
    total = sum(item.customers for item in cohorts)
    return Chart(
        "cohorts",
        finding.headline,
        f"{unit} {say.note(total)}",
        grid,
        lambda _: 0.3 + PITCH * len(rows),
        lambda sheet: _paint(sheet, rows, periods - 1, totals),
    )


def _paint(sheet: Canvas, rows: list[Row], columns: int, totals: tuple[str, ...]) -> None:
    wide = sheet.width >= NARROW
    size = 8.5 if wide else 6.5
    left = max(text_width(row.name, size) for row in rows) + 0.1
    people = left + max(text_width(row.size, size) for row in rows) + 0.16
    margins = [max(text_width(text, size) for text in (head, *(row.totals[place] for row in rows))) for place, head in enumerate(totals)]
    margins = [margin + 0.14 for margin in margins] if wide else []
    width = min((sheet.width - people - sum(margins)) / max(columns, 1), 0.9)
    edges = [people + columns * width + sum(margins[: place + 1]) for place in range(len(margins))]
    for column in range(columns):
        sheet.text(people + (column + 0.5) * width, 0.12, str(column + 1), size=size, color=style.MUTED, align="center")
    for edge, head in zip(edges, totals, strict=False):
        sheet.text(edge, 0.12, head, size=size, color=style.MUTED, align="right")
    for number, row in enumerate(rows):
        y = 0.27 + PITCH * number
        sheet.text(0, y + 0.13, row.name, size=size)
        sheet.text(people - 0.08, y + 0.13, row.size, size=size, color=style.MUTED, align="right")
        for column, (text, share) in enumerate(row.cells):
            x = people + column * width
            sheet.rect(x, y, width - 0.02, PITCH - 0.02, style.PAPER if share is None else style.shade(share))
            shown = text if text_width(text, size) < width else text.rstrip("%*\u00a0")
            ink = style.MUTED if share is None else style.ink_on(share)
            sheet.text(x + width / 2 - 0.01, y + 0.125, shown, size=size, color=ink, align="center")
        for edge, text in zip(edges, row.totals, strict=False):
            sheet.text(edge, y + 0.13, text, size=size, align="right")
