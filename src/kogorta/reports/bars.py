"""Bars: customers by segment, revenue by segment, lifecycle, segments within industries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.reports import style
from kogorta.reports.canvas import Canvas, lines, text_width
from kogorta.reports.chart import Chart, Grid
from kogorta.reports.names import of_scheme
from kogorta.reports.segment_findings import subject_segment, top_industries
from kogorta.reports.value_findings import value_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kogorta.reports.finding import Finding
    from kogorta.reports.wording import Wording

PITCH: Final = 0.31
THICK: Final = 0.2
NARROW: Final = 5.0
LABELS: Final = 0.36
"""Most of the width that labels beside bars may take."""
INSIDE: Final = 0.28
"""Inches a stacked part must be wide to carry its own label."""
MOST_SERIES: Final = 7


@dataclass(frozen=True)
class Bar:
    """One bar: label, value >= 0, text at its end, whether it is the one in question, a mark to compare with."""

    label: str
    value: float
    note: str
    accent: bool
    mark: float | None = None


def segments_chart(say: Wording, finding: Finding) -> Chart:
    """Customers by segment of the leading scheme."""
    segments = of_scheme(say.analysis)
    total = sum(item.customers for item in segments)
    subject = subject_segment(say)
    bars = [
        Bar(
            say.bare_segment(item.segment),
            item.customers,
            f"{say.number(item.customers)} · {say.percent(item.customers / total)}",
            item.segment == subject,
        )
        for item in segments
    ]
    table = Grid(
        (say.text("Segment"), say.text("Customers"), say.text("Share")),
        tuple((bar.label, say.number(bar.value), say.percent(bar.value / total)) for bar in bars),
    )
    return _bar_chart("segments", finding.headline, say.note(total), bars, table)


def revenue_chart(say: Wording, finding: Finding) -> Chart:
    """Net revenue by segment; a tick shows where the bar would end if all customers brought the same."""
    segments = sorted(of_scheme(say.analysis), key=lambda item: (-item.revenue, item.segment))
    total = sum(item.revenue for item in segments)
    people = sum(item.customers for item in segments)
    subject = subject_segment(say)
    bars = [
        Bar(
            say.bare_segment(item.segment),
            max(item.revenue, 0),
            f"{say.money(item.revenue)} · {say.percent(item.revenue / total)}",
            item.segment == subject,
            total * item.customers / people,
        )
        for item in segments
    ]
    table = Grid(
        (say.text("Segment"), say.text("Net revenue"), say.text("Share")),
        tuple((say.bare_segment(i.segment), say.money(i.revenue), say.percent(i.revenue / total)) for i in segments),
    )
    caption = say.text("The tick is where the bar would end if every customer brought the same.") + " " + say.note(people)
    return _bar_chart("revenue", finding.headline, caption, bars, table)


def lifecycle_chart(say: Wording, finding: Finding) -> Chart:
    """Customers by stage of the lifecycle, in the order of the stages."""
    stages = of_scheme(say.analysis, "lifecycle")
    total = sum(item.customers for item in stages)
    bars = [
        Bar(
            say.bare_segment(item.segment, "lifecycle"),
            item.customers,
            f"{say.number(item.customers)} · {say.percent(item.customers / total)}",
            item.segment in {"new", "active"},
        )
        for item in stages
    ]
    table = Grid(
        (say.text("Stage"), say.text("Customers"), say.text("Share")),
        tuple((bar.label, say.number(bar.value), say.percent(bar.value / total)) for bar in bars),
    )
    return _bar_chart("lifecycle", finding.headline, say.note(total, say.customers(total)), bars, table)


def value_chart(say: Wording, finding: Finding) -> Chart:
    """Expected value of ten equal parts of the customers, most valuable first."""
    parts = value_parts(say)
    total = sum(value for _, value in parts)
    people = sum(count for count, _ in parts)
    bars = [
        Bar(
            say.text("tenth {number}", number=number + 1),
            max(value, 0),
            f"{say.money(value)} · {say.percent(value / total)}",
            number == 0,
        )
        for number, (_, value) in enumerate(parts)
    ]
    table = Grid(
        (say.text("Tenth of customers"), say.text("Customers"), say.text("Expected value"), say.text("Share")),
        tuple(
            (bar.label, say.number(count), say.money(value), say.percent(value / total))
            for bar, (count, value) in zip(bars, parts, strict=True)
        ),
    )
    caption = say.text("Customers in order of expected value, in ten equal parts.")
    return _bar_chart("value", finding.headline, f"{caption} {say.note(people)}", bars, table)


def _bar_chart(name: str, title: str, caption: str, bars: list[Bar], table: Grid) -> Chart:
    def paint(sheet: Canvas) -> None:
        paint_bars(sheet, bars)

    return Chart(name, title, caption, table, lambda width: bars_height(bars, width), paint)


def bars_height(bars: Sequence[Bar], width: float) -> float:
    """Height a set of bars needs, inches."""
    return 0.06 + (PITCH if _beside(bars, width) else PITCH + 0.14) * len(bars)


def _beside(bars: Sequence[Bar], width: float) -> bool:
    """Whether labels stand to the left of their bars: on a wide sheet, when the longest is not cut there."""
    return width >= NARROW and max(text_width(bar.label, 9, bold=bar.accent) for bar in bars) + 0.12 <= width * LABELS


def paint_bars(sheet: Canvas, bars: Sequence[Bar]) -> None:
    """Sorted horizontal bars from zero, label on the left (above on a narrow sheet, or where it is long), value at the end."""
    wide = _beside(bars, sheet.width)
    labels = max(text_width(bar.label, 9, bold=bar.accent) for bar in bars) + 0.12 if wide else 0.0
    notes = max(text_width(bar.note, 9, bold=bar.accent) for bar in bars) + 0.14
    room = sheet.width - labels - notes
    longest = max([bar.value for bar in bars] + [bar.mark or 0 for bar in bars]) or 1
    pitch = PITCH if wide else PITCH + 0.14
    for number, bar in enumerate(bars):
        middle = 0.03 + pitch * (number + 0.5) + (0 if wide else 0.1)
        color = style.ACCENT if bar.accent else style.NEUTRAL
        ink = style.ACCENT if bar.accent else style.INK
        length = room * bar.value / longest
        if wide:
            rows = lines(bar.label, labels - 0.1, 9, bold=bar.accent, limit=1)
            sheet.text(labels - 0.1, middle, rows[0], size=9, align="right", bold=bar.accent, color=ink)
        else:
            sheet.text(0, middle - 0.18, lines(bar.label, sheet.width, 8.5, limit=1)[0], size=8.5, bold=bar.accent, color=ink)
        sheet.rect(labels, middle - THICK / 2, max(length, 0.012), THICK, color)
        end = length
        if bar.mark is not None:
            tick = room * bar.mark / longest
            ink_of_tick = "#ffffff" if bar.accent and tick < length else style.MUTED
            reach = THICK / 2 if tick < length else 0.125
            sheet.line((labels + tick, middle - reach), (labels + tick, middle + reach), ink_of_tick, 1.4)
            if length < tick < length + notes:
                end = tick
        sheet.text(labels + end + 0.08, middle, bar.note, size=9, bold=bar.accent, color=ink)


def industries_chart(say: Wording, finding: Finding) -> Chart | None:
    """Segments within the five largest industries, 100 % stacked, the one in question first."""
    tops = top_industries(say)
    if not tops:
        return None
    order = _series(say)
    cells = {(item.industry, item.segment): item.customers for item in say.analysis.industries}
    known = {slug for slug, _ in order}
    shares = []
    for industry, size in tops:
        row = [cells.get((industry, slug), 0) / size for slug, _ in order]
        if "" in known:
            row[-1] = sum(n for (name, slug), n in cells.items() if name == industry and slug not in known) / size
        shares.append(row)
    names = [name for _, name in order]
    table = Grid(
        (say.text("Industry"), say.text("Customers"), *names),
        tuple(
            (say.industry(industry), say.number(size), *(say.percent(share, 0) for share in row))
            for (industry, size), row in zip(tops, shares, strict=True)
        ),
    )
    labels = [(say.industry(industry), say.customers(size)) for industry, size in tops]
    total = sum(size for _, size in tops)
    return Chart(
        "industries",
        finding.headline,
        say.note(total, say.customers(total)),
        table,
        lambda width: _legend_height(names, width) + (0.44 if width >= NARROW else 0.56) * len(labels) + 0.05,
        lambda sheet: _paint_stacks(sheet, names, labels, shares, lambda share: say.percent(share, 0)),
    )


def _series(say: Wording) -> list[tuple[str, str]]:
    subject = subject_segment(say)
    present = {item.segment for item in say.analysis.industries if item.customers}
    order = [item.segment for item in of_scheme(say.analysis) if item.segment in present]
    order.sort(key=lambda slug: slug != subject)
    if len(order) <= MOST_SERIES:
        return [(slug, say.bare_segment(slug)) for slug in order]
    return [(slug, say.bare_segment(slug)) for slug in order[: MOST_SERIES - 1]] + [("", say.text("Others"))]


def _legend(names: Sequence[str], width: float) -> list[tuple[float, int]]:
    places, x, row = [], 0.0, 0
    for name in names:
        need = 0.2 + text_width(name, 8.5) + 0.18
        if x and x + need > width:
            x, row = 0.0, row + 1
        places.append((x, row))
        x += need
    return places


def _legend_height(names: Sequence[str], width: float) -> float:
    return 0.22 * (_legend(names, width)[-1][1] + 1) + 0.12


def _paint_stacks(
    sheet: Canvas,
    names: Sequence[str],
    labels: Sequence[tuple[str, str]],
    shares: Sequence[Sequence[float]],
    percent: Callable[[float], str],
) -> None:
    for number, (name, (x, row)) in enumerate(zip(names, _legend(names, sheet.width), strict=True)):
        y = 0.11 + 0.22 * row
        sheet.rect(x, y - 0.06, 0.13, 0.12, style.SERIES[number])
        sheet.text(x + 0.18, y, name, bold=number == 0)
    top = _legend_height(names, sheet.width)
    wide = sheet.width >= NARROW
    column = min(max(text_width(label, 9) for label, _ in labels) + 0.14, 1.75) if wide else 0.0
    pitch = 0.44 if wide else 0.56
    for number, ((label, note), parts) in enumerate(zip(labels, shares, strict=True)):
        middle = top + pitch * (number + 0.5) + (0 if wide else 0.1)
        if wide:
            for line, text in enumerate(lines(label, column - 0.1, 9, limit=1)):
                sheet.text(column - 0.1, middle - 0.075 + 0.15 * line, text, size=9, align="right")
            sheet.text(column - 0.1, middle + 0.085, note, size=7, align="right", color=style.MUTED)
        else:
            head = lines(label, sheet.width - text_width(note, 7) - 0.15, 8.5, limit=1)[0]
            sheet.text(0, middle - 0.21, head)
            sheet.text(sheet.width, middle - 0.21, note, size=7, align="right", color=style.MUTED)
        x = column
        for index, share in enumerate(parts):
            length = (sheet.width - column) * share
            if length <= 0:
                continue
            sheet.rect(x, middle - 0.14, max(length - 0.015, 0.004), 0.28, style.SERIES[index])
            text = percent(share)
            if length > text_width(text, 8.5) + 0.08:
                ink = style.ink_over(style.SERIES[index])
                sheet.text(x + length / 2, middle, text, color=ink, align="center", bold=index == 0)
            x += length
