"""Charts of the chapter on hidden groups: what goes with an outcome, and the groups by their share and their money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.reports import style
from kogorta.reports.bars import Bar, bars_height, paint_bars
from kogorta.reports.canvas import Canvas, lines, text_width
from kogorta.reports.chart import Chart, Grid
from kogorta.reports.insight_findings import both_sides, level_of, outcome_of, shown
from kogorta.segments.drivers.effects import RateEffect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.reports.finding import Finding
    from kogorta.reports.wording import Wording
    from kogorta.segments.drivers.report import Association

NARROW: Final = 5.0
PITCH: Final = 0.35
PITCH_NARROW: Final = 0.56
LEGEND: Final = 0.24


@dataclass(frozen=True)
class Pair:
    """One finding: factor and level, the figure with the level and without it, both in words, whether it leads."""

    label: str
    note: str
    own: float
    others: float
    text: str
    accent: bool


def drivers_chart(say: Wording, finding: Finding) -> Chart | None:
    """Findings of an outcome: a filled dot for those with the level, a hollow one for the others."""
    outcome = finding.code.removeprefix("drivers_")
    one = outcome_of(say, outcome)
    if one is None:
        return None
    rows = shown(one)
    pairs = [_pair(say, found, number == 0) for number, found in enumerate(rows)]
    table = Grid(
        (say.text("Factor"), say.text("Level"), say.text("Customers"), say.text("With it"), say.text("Others"), say.text("Difference")),
        tuple((*level_of(say, found), say.number(found.effect.size), *both_sides(say, found), difference(say, found)) for found in rows),
    )
    caption = say.text("Filled dot: customers with the level; hollow dot: all others.")
    legend = (say.text("with it"), say.text("others"))
    return Chart(
        f"drivers_{outcome.removeprefix('average_')}",
        finding.headline,
        f"{caption} {say.note(one.customers, say.customers(one.customers))}",
        table,
        lambda width: LEGEND + (PITCH if width >= NARROW else PITCH_NARROW) * len(pairs) + 0.05,
        lambda sheet: _paint_pairs(sheet, pairs, legend),
    )


def _pair(say: Wording, found: Association, accent: bool) -> Pair:  # noqa: FBT001
    label, level = level_of(say, found)
    own, others = both_sides(say, found)
    text = say.text("{own} against {others}", own=own, others=others)
    return Pair(level, label, found.effect.own, found.effect.others, text, accent)


def difference(say: Wording, found: Association) -> str:
    """The interval of a difference, in points or times."""
    low, high = sorted((found.bounds.low, found.bounds.high))
    if isinstance(found.effect, RateEffect):
        ends = [
            ("+" if edge > 0 else "−" if edge < 0 else "") + say.number(abs(100 * edge), 0 if abs(edge) >= 0.03 else 1)
            for edge in (low, high)
        ]
        return say.text("{low} to {high} pp", low=ends[0], high=ends[1])
    if found.up:
        return say.text("{low} to {high} times more", low=say.number(low, 1), high=say.number(high, 1))
    return say.text("{low} to {high} times less", low=say.number(1 / high, 1), high=say.number(1 / low, 1))


def _paint_pairs(sheet: Canvas, pairs: Sequence[Pair], legend: tuple[str, str]) -> None:
    wide = sheet.width >= NARROW
    labels = (
        min(max(max(text_width(p.label, 9, bold=p.accent), text_width(p.note, 7)) for p in pairs) + 0.16, sheet.width * 0.4)
        if wide
        else 0.08
    )
    texts = max(text_width(pair.text, 8.5, bold=pair.accent) for pair in pairs) + 0.24 if wide else 0.14
    room = sheet.width - labels - texts
    top = max(max(pair.own, pair.others) for pair in pairs) or 1.0
    x = labels
    for word, hollow in zip(legend, (False, True), strict=True):
        sheet.dot(x + 0.06, 0.1, 0.055, style.INK if not hollow else style.MUTED, hollow=hollow)
        sheet.text(x + 0.18, 0.1, word, color=style.MUTED)
        x += 0.18 + text_width(word, 8.5) + 0.25
    sheet.line((labels, LEGEND), (labels, sheet.height), style.RULE)
    pitch = PITCH if wide else PITCH_NARROW
    for number, pair in enumerate(pairs):
        middle = LEGEND + pitch * (number + 0.5) + (0.0 if wide else 0.13)
        ink = style.ACCENT if pair.accent else style.INK
        own, others = (labels + room * value / top for value in (pair.own, pair.others))
        gap = 0.065 if own > others else -0.065  # between the dots, not over them
        if abs(own - others) > 2 * abs(gap):
            sheet.line((others + gap, middle), (own - gap, middle), ink if pair.accent else style.NEUTRAL, 2.2)
        sheet.dot(others, middle, 0.055, style.MUTED, hollow=True)
        sheet.dot(own, middle, 0.062, ink)
        if wide:
            name = lines(pair.label, labels - 0.12, 9, bold=pair.accent, limit=1)[0]
            sheet.text(labels - 0.12, middle - 0.075, name, size=9, align="right", bold=pair.accent, color=ink)
            note = lines(pair.note, labels - 0.12, 7, limit=1)[0]
            sheet.text(labels - 0.12, middle + 0.085, note, size=7, align="right", color=style.MUTED)
            sheet.text(sheet.width - texts + 0.2, middle, pair.text, bold=pair.accent, color=ink)
        else:
            need = text_width(pair.text, 7.5) + 0.1
            sheet.text(0, middle - 0.2, lines(f"{pair.note}: {pair.label}", sheet.width - need, 8, limit=1)[0], size=8, color=ink)
            sheet.text(sheet.width, middle - 0.2, pair.text, size=7.5, align="right", color=ink)


def hidden_chart(say: Wording, finding: Finding) -> Chart | None:
    """Hidden segments by their share of buyers; a tick at their share of the money."""
    insights = say.analysis.insights
    if insights is None or insights.hidden is None or not insights.hidden.segments:
        return None
    found = insights.hidden
    lead = max(found.segments, key=lambda one: (one.revenue, one.slug))
    bars = [
        Bar(
            one.name(say.language),
            one.share,
            say.text(
                "{share} of buyers · {revenue} of revenue", share=say.percent(one.share, 0), revenue=say.percent(one.revenue_share, 0)
            ),
            one is lead,
            max(one.revenue_share, 0.0),
        )
        for one in found.segments
    ]
    table = Grid(
        (say.text("Hidden segment"), say.text("Customers"), say.text("Share"), say.text("Share of revenue")),
        tuple(
            (one.name(say.language), say.number(one.customers), say.percent(one.share), say.percent(one.revenue_share))
            for one in found.segments
        ),
    )
    caption = say.text("Bar: share of buyers; tick: share of net revenue.")
    return Chart(
        "hidden_segments",
        finding.headline,
        f"{caption} {say.note(len(found.table))}",
        table,
        lambda width: bars_height(bars, width),
        lambda sheet: paint_bars(sheet, bars),
    )
