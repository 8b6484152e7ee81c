"""Charts of the value chapter: what each segment may bring, and the forecast beside what happened."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

from kogorta.reports import style
from kogorta.reports.canvas import Canvas, text_width
from kogorta.reports.chart import Chart, Grid
from kogorta.reports.ranges import Span, paint_spans, spans_height
from kogorta.reports.value_findings import model_name, order_count, ranked_totals, rival_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.reports.finding import Finding
    from kogorta.reports.wording import Wording
    from kogorta.value.forecast import SegmentTotal

STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0, 1e9)
MOST_TICKS: Final = 5
NARROW: Final = 5.0
LEGEND_ROW: Final = 0.22
COLORS: Final = (style.ACCENT, style.WARNING)
"""Of the model and of the past rate."""


@dataclass(frozen=True)
class Mark:
    """One rule of the back-test: name and orders per customer of each group, None where the group is empty."""

    name: str
    values: tuple[float | None, ...]


def value_segments_chart(say: Wording, finding: Finding) -> Chart | None:
    """Expected value of each segment with its range."""
    valuation = say.analysis.valuation
    if valuation is None or not (totals := ranked_totals(valuation)):
        return None
    top = max(item.clv_high for item in totals)
    spans = [
        Span(
            _name(say, item),
            say.customers(item.customers),
            max(item.clv_low, 0),
            max(item.clv, 0),
            max(item.clv_high, 0),
            top,
            f"{say.money(item.clv)} ({' – '.join(say.money_span(item.clv_low, item.clv_high))})",
            number == 0,
        )
        for number, item in enumerate(totals)
    ]
    head = (say.text("Segment"), say.text("Customers"), say.text("Orders"), say.text("From – to"), say.text("Expected value"))
    rows = tuple(
        (
            name,
            say.number(item.customers),
            order_count(say, item.orders),
            f"{order_count(say, item.orders_low)} – {order_count(say, item.orders_high)}",
            say.money(item.clv),
            " – ".join(say.money_span(item.clv_low, item.clv_high)),
        )
        for name, item in ((say.text("Whole base"), valuation.forecast.totals[0]), *((_name(say, item), item) for item in totals))
    )
    caption = say.text("Dot: expected; line: range of what may happen ({level}).", level=say.percent(valuation.forecast.level, 0))
    if not valuation.modelled:
        caption += " " + say.text("By the past rate of each customer, not by a model.")
    people = valuation.forecast.totals[0].customers
    return Chart(
        "value_segments",
        finding.headline,
        f"{caption} {say.note(people)}",
        Grid((*head, say.text("Value from – to")), rows),
        lambda width: spans_height(spans, width),
        lambda sheet: paint_spans(sheet, spans, None),
    )


def _name(say: Wording, item: SegmentTotal) -> str:
    return say.bare_segment(item.segment) if item.segment else say.text("Without a segment")


def backtest_chart(say: Wording, finding: Finding) -> Chart | None:
    """Orders per customer in the test period, made and foretold, by repeat purchases before it."""
    valuation = say.analysis.valuation
    backtest = None if valuation is None else valuation.appraisal.backtest
    rival = None if valuation is None or backtest is None else rival_of(valuation, backtest)
    if backtest is None or rival is None:
        return None
    made = Mark(say.text("made"), _known(backtest.by_x_actual))
    model = Mark(say.text("model {model}", model=model_name(rival.model)), _known(rival.by_x))
    rules = (model, Mark(say.text("past rate"), _known(backtest.naive.by_x)))
    last = len(backtest.by_x_customers) - 1
    groups = [
        (say.text("{number} or more", number=number) if number == last else say.number(number), say.number(size))
        for number, size in enumerate(backtest.by_x_customers)
    ]
    table = Grid(
        (say.text("Repeat purchases before"), say.text("Customers"), made.name, *(rule.name for rule in rules)),
        tuple(
            (label, size, *("—" if (value := mark.values[number]) is None else say.number(value, 2) for mark in (made, *rules)))
            for number, (label, size) in enumerate(groups)
        ),
    )
    axis = (say.text("repeat purchases before the test"), say.text("customers"))
    labels = [(f"{number}+" if number == last else label, size) for number, (label, size) in enumerate(groups)]
    top = max((value for mark in (made, *rules) for value in mark.values if value is not None), default=0.0) or 1.0
    ticks = [(value, say.number(value, 0 if value == int(value) else 2 if value < 0.1 else 1)) for value in _ticks(top)]
    caption = say.text("Orders per customer in the test period, customers grouped by repeat purchases before it.")
    return Chart(
        "value_backtest",
        finding.headline,
        f"{caption} {say.note(backtest.customers, say.customers(backtest.customers))}",
        table,
        lambda width: 2.65 + (0.0 if width >= NARROW else LEGEND_ROW),
        lambda sheet: _paint_backtest(sheet, made, rules, labels, axis, top * 1.06, ticks),
    )


def _known(values: Sequence[float]) -> tuple[float | None, ...]:
    return tuple(value if isfinite(value) else None for value in values)


def _ticks(top: float) -> list[float]:
    step = next(size for size in STEPS if top / size <= MOST_TICKS)
    return [step * number for number in range(int(top / step) + 1)]


def _paint_backtest(
    sheet: Canvas,
    made: Mark,
    rules: Sequence[Mark],
    groups: Sequence[tuple[str, str]],
    axis: tuple[str, str],
    top: float,
    ticks: Sequence[tuple[float, str]],
) -> None:
    left, right, base = 0.45, sheet.width - 0.05, sheet.height - 0.72
    high = 0.42 + (0.0 if sheet.width >= NARROW else LEGEND_ROW)
    pitch = (right - left) / len(groups)

    def y(value: float) -> float:
        return base - (base - high) * value / top

    _paint_legend(sheet, made, rules)
    for value, text in ticks:
        sheet.line((left, y(value)), (right, y(value)), style.RULE if value else style.MUTED)
        sheet.text(left - 0.08, y(value), text, size=7.5, align="right", color=style.MUTED)
    thick = min(pitch * 0.5, 0.42)
    for number, (label, size) in enumerate(groups):
        middle = left + pitch * (number + 0.5)
        orders = made.values[number]
        if orders is not None:
            sheet.rect(middle - thick / 2, y(orders), thick, max(base - y(orders), 0.012), style.NEUTRAL)
        sheet.text(middle, base + 0.13, label, size=8.5, align="center")
        sheet.text(middle, base + 0.44, size, size=7.5, align="center", color=style.MUTED)
    sheet.text(right, base + 0.285, axis[0], size=7.5, align="right", color=style.MUTED)
    sheet.text(right, base + 0.59, axis[1], size=7.5, align="right", color=style.MUTED)
    for rule, color in reversed(list(zip(rules, COLORS, strict=True))):
        points = [(left + pitch * (n + 0.5), y(value)) for n, value in enumerate(rule.values) if value is not None]
        if len(points) > 1:
            sheet.path(points, color, 1.6)
        for x, height in points:
            sheet.dot(x, height, 0.05, color, hollow=color != style.ACCENT)


def _paint_legend(sheet: Canvas, made: Mark, rules: Sequence[Mark]) -> None:
    """Names of the marks; on a narrow sheet the last one goes below."""
    sheet.rect(0, 0.05, 0.13, 0.12, style.NEUTRAL)
    sheet.text(0.18, 0.11, made.name)
    x, y = 0.18 + text_width(made.name, 8.5) + 0.2, 0.11
    for number, (rule, color) in enumerate(zip(rules, COLORS, strict=True)):
        bold = number == 0
        if number and sheet.width < NARROW:
            x, y = 0.0, y + LEGEND_ROW
        sheet.line((x, y), (x + 0.2, y), color, 1.6)
        sheet.dot(x + 0.1, y, 0.05, color, hollow=not bold)
        sheet.text(x + 0.27, y, rule.name, bold=bold)
        x += 0.27 + text_width(rule.name, 8.5, bold=bold) + 0.2
