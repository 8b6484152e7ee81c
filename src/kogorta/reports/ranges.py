"""Ranges: industries with their bounds, the forecast, the survival of the choice, the spread of demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.reports import style
from kogorta.reports.canvas import Canvas, lines, text_width
from kogorta.reports.chart import Chart, Grid
from kogorta.reports.reasons import CASES, in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.reports.finding import Finding
    from kogorta.reports.wording import Wording
    from kogorta.waves.plan import IndustryRank, Range

NARROW: Final = 5.0
PITCH: Final = 0.36
MOST_INDUSTRIES: Final = 10


@dataclass(frozen=True)
class Span:
    """One range: label and a word under it, low, middle and high on a scale from 0, the text at its end."""

    label: str
    note: str
    low: float
    middle: float | None
    high: float
    top: float
    text: str
    accent: bool


def industry_chart(say: Wording, finding: Finding) -> Chart | None:
    """Industries by the cautious bound of their share in the priority segment."""
    from kogorta.experiments.quantities import wilson_interval

    ranks = [item for item in say.analysis.plan.industries if item.customers][:MOST_INDUSTRIES]
    if not ranks:
        return None
    bounds = [wilson_interval(item.in_segment, item.customers) for item in ranks]
    top = max(bound.high for bound in bounds)
    spans = [
        Span(
            say.industry(item.industry),
            say.customers(item.customers),
            item.share_low,
            item.share,
            bound.high,
            top,
            _rank_text(say, item),
            item.chosen,
        )
        for item, bound in zip(ranks, bounds, strict=True)
    ]
    table = Grid(
        (say.text("Industry"), say.text("Customers"), say.text("In the segment"), say.text("Share"), say.text("Cautious bound")),
        tuple(
            (
                say.industry(item.industry),
                say.number(item.customers),
                say.number(item.in_segment),
                say.percent(item.share, 0),
                say.percent(item.share_low, 0),
            )
            for item in ranks
        ),
    )
    cells = say.analysis.industries
    everyone = sum(item.customers for item in cells) or sum(item.customers for item in ranks)
    inside = sum(item.customers for item in cells if item.segment == say.analysis.plan.priority) or sum(item.in_segment for item in ranks)
    average = inside / everyone
    caption = say.text(
        "Dot: share of the industry's customers in the segment; line: its 95 % interval (Wilson); dashed: all industries, {share}.",
        share=say.percent(average, 0),
    )
    return Chart(
        "industry_ranking",
        finding.headline,
        f"{caption} {say.note(everyone, say.customers(everyone))}",
        table,
        lambda width: spans_height(spans, width),
        lambda sheet: paint_spans(sheet, spans, average / top if top else None),
    )


def _rank_text(say: Wording, item: IndustryRank) -> str:
    return say.text("{share}, not less than {low}", share=say.percent(item.share, 0), low=say.percent(item.share_low, 0))


def forecast_chart(say: Wording, finding: Finding) -> Chart | None:
    """What would come anyway, what comes with the wave, and what that adds."""
    item = say.analysis.plan.forecast
    if item is None:
        return None
    rates = max(item.baseline.high, item.response.high) or 1.0

    def span(label: str, note: str, figure: Range, top: float, text: str, *, accent: bool) -> Span:
        return Span(label, note, figure.low, figure.middle, figure.high, top or 1.0, text, accent)

    spans = [
        span(
            say.text("Buy anyway"),
            say.text("share of those contacted"),
            item.baseline,
            rates,
            say.percent_range(item.baseline),
            accent=False,
        ),
        span(
            say.text("Buy with the wave"),
            say.text("share of those contacted"),
            item.response,
            rates,
            say.percent_range(item.response),
            accent=True,
        ),
        span(
            say.text("Additional buyers"),
            say.text("above what comes anyway"),
            item.extra_buyers,
            item.extra_buyers.high,
            say.number_range(item.extra_buyers),
            accent=True,
        ),
        span(
            say.text("Additional revenue"),
            say.text("above what comes anyway"),
            item.extra_revenue,
            item.extra_revenue.high,
            say.money_range(item.extra_revenue),
            accent=True,
        ),
    ]
    table = Grid(
        (say.text("Figure"), say.text("Low"), say.text("Middle"), say.text("High")),
        (
            (spans[0].label, *(say.percent(v) for v in (item.baseline.low, item.baseline.middle, item.baseline.high))),
            (spans[1].label, *(say.percent(v) for v in (item.response.low, item.response.middle, item.response.high))),
            (spans[2].label, *(say.number(v, 1) for v in (item.extra_buyers.low, item.extra_buyers.middle, item.extra_buyers.high))),
            (spans[3].label, *(say.money(v) for v in (item.extra_revenue.low, item.extra_revenue.middle, item.extra_revenue.high))),
        ),
    )
    caption = say.text("A model, not a promise: line from the 5 % to the 95 % point, dot in the middle, each scale from zero.")
    return Chart(
        "forecast",
        finding.headline,
        f"{caption} {say.note(item.treated, say.customers(item.treated))}",
        table,
        lambda width: spans_height(spans, width),
        lambda sheet: paint_spans(sheet, spans, None),
    )


def sensitivity_chart(say: Wording, finding: Finding) -> Chart | None:
    """How much of the priority segment stays under other definitions."""
    cases = say.analysis.plan.sensitivity
    if not cases:
        return None
    spans = []
    rows = []
    for item in cases:
        name = in_words(say.language, CASES, item.name)
        if item.survives:
            verdict = say.text("stays")
        elif item.priority is None:
            verdict = say.text("no choice")
        else:
            verdict = say.text("changes to {segment}", segment=say.segment(item.priority, say.analysis.plan.scheme))
        text = f"{say.percent(item.overlap, 0)} · {verdict}"
        spans.append(Span(name, say.customers(item.customers), 0.0, None, item.overlap, 1.0, text, item.survives))
        rows.append((name, say.number(item.customers), say.percent(item.revenue_share), say.percent(item.overlap, 0), verdict))
    table = Grid(
        (say.text("Definition"), say.text("Customers"), say.text("Share of revenue"), say.text("Overlap"), say.text("Choice")), tuple(rows)
    )
    caption = say.text("Bar: overlap of the segment with the one in this report.")
    return Chart(
        "sensitivity",
        finding.headline,
        f"{caption} {say.note(say.analysis.totals.buyers)}",
        table,
        lambda width: spans_height(spans, width),
        lambda sheet: paint_spans(sheet, spans, None),
    )


def spans_height(spans: Sequence[Span], width: float) -> float:
    """Height a set of ranges needs, inches."""
    return 0.06 + (PITCH if width >= NARROW else 0.5) * len(spans)


def paint_spans(sheet: Canvas, spans: Sequence[Span], guide: float | None) -> None:
    """Ranges one below another from zero; `guide` is a dashed line at that share of the scale."""
    wide = sheet.width >= NARROW
    pitch = PITCH if wide else 0.5
    needs = [max(text_width(span.label, 9, bold=span.accent), text_width(span.note, 7)) for span in spans]
    labels = min(max(needs) + 0.14, sheet.width * 0.37) if wide else 0.0
    texts = max(text_width(span.text, 8.5, bold=span.accent) for span in spans) + 0.14 if wide else 0.06
    room = sheet.width - labels - texts
    if guide is not None:
        x = labels + room * guide
        sheet.line((x, 0.0), (x, sheet.height), style.MUTED, 0.8, dashed=True)
    sheet.line((labels, 0.0), (labels, sheet.height), style.RULE)
    for number, span in enumerate(spans):
        middle = 0.03 + pitch * (number + 0.5) + (0.0 if wide else 0.13)
        color = style.ACCENT if span.accent else style.MUTED
        ink = style.ACCENT if span.accent else style.INK
        low, high = (labels + room * value / (span.top or 1) for value in (span.low, span.high))
        if span.middle is None:
            sheet.rect(labels, middle - 0.09, max(high - labels, 0.012), 0.18, style.ACCENT if span.accent else style.NEUTRAL)
        else:
            sheet.rect(low, middle - 0.035, max(high - low, 0.02), 0.07, color if span.accent else style.NEUTRAL)
            sheet.dot(labels + room * span.middle / (span.top or 1), middle, 0.062, color)
        if wide:
            label = lines(span.label, labels - 0.1, 9, bold=span.accent, limit=1)[0]
            sheet.text(labels - 0.1, middle - 0.065, label, size=9, align="right", bold=span.accent, color=ink)
            sheet.text(labels - 0.1, middle + 0.09, span.note, size=7, align="right", color=style.MUTED)
            sheet.text(sheet.width - texts + 0.12, middle, span.text, bold=span.accent, color=ink)
        else:
            need = text_width(span.text, 7.5) + 0.1
            label = lines(span.label, sheet.width - need, 8, bold=span.accent, limit=1)[0]
            sheet.text(0, middle - 0.2, label, size=8, bold=span.accent, color=ink)
            sheet.text(sheet.width, middle - 0.2, span.text, size=7.5, align="right", color=ink)


def spread_chart(say: Wording, finding: Finding) -> Chart | None:
    """Share of customers whose coefficient of variation is not above a value, with the bounds of X and Y."""
    deciles = say.analysis.cv_deciles
    if not deciles:
        return None
    judged = sum(item.customers for item in say.analysis.segments if item.scheme == "xyz" and item.segment in {"X", "Y", "Z"})
    points = [(value, (number + 1) / (len(deciles) + 1)) for number, value in enumerate(deciles)]
    table = Grid(
        (say.text("Share of customers"), say.text("Coefficient of variation up to")),
        tuple((say.percent(share, 0), say.number(value, 2)) for value, share in points),
    )
    steady, fluctuating = say.setting("xyz_limit_x", 0.5), say.setting("xyz_limit_y", 1.0)
    zones = ((steady, "X", say.text("steady")), (fluctuating, "Y", say.text("fluctuating")), (0.0, "Z", say.text("irregular")))
    top = max(fluctuating * 1.4, points[-1][0] * 1.04)
    percents = {share: say.percent(share, 0) for share in (0.1, 0.5, 0.9)}
    axis = say.text("coefficient of variation of revenue per period")
    ticks = [(value, say.number(value, 1)) for value in _ticks(top)]
    caption = say.text("The line rises to the share of customers with a coefficient not above the value below it (from 10 to 90 %).")
    return Chart(
        "demand_spread",
        finding.headline,
        f"{caption} {say.note(judged)}",
        table,
        lambda _: 2.3,
        lambda sheet: _paint_spread(sheet, points, zones, top, percents, axis, ticks),
    )


def _ticks(top: float) -> list[float]:
    step = next(size for size in (0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 1e9) if top / size <= 8)
    return [step * n for n in range(int(top / step) + 1)]


def _paint_spread(
    sheet: Canvas,
    points: Sequence[tuple[float, float]],
    zones: Sequence[tuple[float, str, str]],
    top: float,
    percents: dict[float, str],
    axis: str,
    ticks: Sequence[tuple[float, str]],
) -> None:
    left, right, high, base = 0.55, sheet.width - 0.1, 0.42, sheet.height - 0.42

    def x(value: float) -> float:
        return left + (right - left) * min(value, top) / top

    def y(share: float) -> float:
        return base - (base - high) * share

    start = 0.0
    for number, (end, name, word) in enumerate(zones):
        edge = end or top
        sheet.rect(x(start), high, x(edge) - x(start), base - high, (style.LIGHT, style.PAPER, "#ffffff")[number])
        room = x(edge) - x(start)
        label = name if text_width(f"{name} {word}", 8.5, bold=True) > room else f"{name} {word}"
        sheet.text(x(start) + min(room / 2, 1.2), high - 0.15, label, bold=True, align="center", color=style.MUTED)
        if end:
            sheet.line((x(end), high), (x(end), base), style.MUTED, dashed=True)
        start = edge
    sheet.line((left, base), (right, base), style.MUTED)
    for value, text in ticks:
        sheet.text(x(value), base + 0.12, text, size=7.5, color=style.MUTED, align="center")
    sheet.text(right, base + 0.31, axis, size=7.5, color=style.MUTED, align="right")
    sheet.path([(x(value), y(share)) for value, share in points], style.ACCENT, 2.0)
    for value, share in points:
        sheet.dot(x(value), y(share), 0.035, style.ACCENT)
        if any(abs(share - key) < 1e-9 for key in percents):
            text = next(text for key, text in percents.items() if abs(share - key) < 1e-9)
            sheet.text(left - 0.08, y(share), text, size=7.5, align="right", color=style.MUTED)
            sheet.line((left, y(share)), (x(value), y(share)), style.RULE)
    value, share = points[len(points) // 2]
    sheet.dot(x(value), y(share), 0.062, style.ACCENT)
