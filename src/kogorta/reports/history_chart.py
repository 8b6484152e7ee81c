"""Revenue of segments over time: one line each, the segment in question in the accent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.reports import style
from kogorta.reports.chart import Chart, Grid
from kogorta.reports.flows import spread
from kogorta.reports.moves_tables import newcomers
from kogorta.reports.moves_told import Told

if TYPE_CHECKING:
    from kogorta.reports.canvas import Canvas
    from kogorta.reports.finding import Finding
    from kogorta.reports.wording import Wording
    from kogorta.segments.history import SegmentHistory

NARROW: Final = 5.0
FOOT: Final = 0.3
HEAD: Final = 0.16


@dataclass(frozen=True)
class Line:
    """One segment: name, last figure in words, revenue by complete period, whether it is the one in question."""

    name: str
    note: str
    values: tuple[int, ...]
    accent: bool


def history_chart(say: Wording, finding: Finding) -> Chart | None:
    """Net revenue of each segment's members by complete period; the numbers beneath also have the part-period."""
    history = say.analysis.history
    if history is None or len(history.complete) < 3:
        return None
    told = Told(say.language, say.analysis.currency, history.scheme)
    done = history.complete
    slugs = [item.segment for item in done[-1].segments if any(period.of(item.segment).revenue for period in done)]
    lines = [
        Line(
            newcomers(told, history, slug),
            say.money(done[-1].of(slug).revenue),
            tuple(period.of(slug).revenue for period in done),
            slug == history.best,
        )
        for slug in slugs
    ]
    names = [told.period(history.grain, period.starts_on) for period in done]
    members = done[-1].of(history.best).members
    about = say.text("{customers} in {segment}", customers=say.customers(members), segment=told.quoted(history.best))
    caption = say.text("A customer counts in the segment he was in on the eve of the period; nothing later is looked at.")
    return Chart(
        "segment_history",
        finding.headline,
        f"{caption} {say.note(members, about)}",
        _numbers(history, told),
        lambda width: 3.1 if width >= NARROW else 2.9,
        lambda sheet: _paint(sheet, names, lines),
    )


def _numbers(history: SegmentHistory, told: Told) -> Grid:
    heads = [told.period(history.grain, period.starts_on) + ("" if period.is_complete else "*") for period in history.periods]
    slugs = [item.segment for item in history.periods[0].segments]
    return Grid(
        (told.language.text("Segment"), *heads),
        tuple((newcomers(told, history, slug), *(told.money(period.of(slug).revenue) for period in history.periods)) for slug in slugs),
    )


def _paint(sheet: Canvas, names: list[str], lines: list[Line]) -> None:
    from kogorta.reports.canvas import fit, text_width

    wide = sheet.width >= NARROW
    size = 8.5 if wide else 6.8
    labels = [f"{line.name} {line.note}" for line in lines]
    margin = min(max(text_width(label, size, bold=True) for label in labels) + 0.14, sheet.width * 0.42)
    right, floor = sheet.width - margin, sheet.height - FOOT
    most = max(max(line.values) for line in lines) or 1
    least = min(0, *(min(line.values) for line in lines))
    high = floor - HEAD

    def y(value: float) -> float:
        return floor - (value - least) / (most - least) * high

    widest = max(text_width(name, size) for name in names)
    left = text_width(names[0], size) / 2
    step = (right - left) / max(len(names) - 1, 1)
    sheet.line((0, y(0)), (right, y(0)), style.RULE)
    every = next(every for every in range(1, len(names) + 1) if every * step > widest + 0.08 or every == len(names))
    for place, name in enumerate(names):
        if (len(names) - 1 - place) % every == 0:
            sheet.text(left + place * step, floor + 0.17, name, size=size, color=style.MUTED, align="center")
    ordered = sorted(range(len(lines)), key=lambda place: (-lines[place].values[-1], place))
    places = dict(zip(ordered, spread([y(lines[place].values[-1]) for place in ordered], floor + 0.08), strict=True))
    for place in sorted(ordered, key=lambda one: lines[one].accent):
        line = lines[place]
        color = style.ACCENT if line.accent else style.NEUTRAL
        points = [(left + number * step, y(value)) for number, value in enumerate(line.values)]
        if len(points) > 1:
            sheet.path(points, color, 2.2 if line.accent else 1.2)
        if line.accent:
            for x, height in points:
                sheet.dot(x, height, 0.032, color)
        ink = style.ACCENT if line.accent else style.INK
        sheet.line((right + 0.02, points[-1][1]), (right + 0.1, places[place]), style.RULE, 0.6)
        label = fit(labels[place], margin - 0.13, size, bold=line.accent)
        sheet.text(right + 0.13, places[place], label, size=size, bold=line.accent, color=ink)
