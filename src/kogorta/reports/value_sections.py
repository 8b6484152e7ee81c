"""The chapter about value: what is expected, how the forecast was tested, who is leaving, what retention is worth."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING

from kogorta.kit.language import minor_digits
from kogorta.reports.blocks import Block, Callout, Section, Sheet, Subheading, Text
from kogorta.reports.churn import churn_blocks
from kogorta.reports.finding import SMALL
from kogorta.reports.value_findings import model_name, order_count

if TYPE_CHECKING:
    from kogorta.reports.story import Story
    from kogorta.reports.wording import Wording
    from kogorta.value.backtest import Backtest, Figures
    from kogorta.value.valuation import Valuation


def value_section(story: Story) -> Section | None:
    """What customers are expected to bring, how far to believe it, who is leaving, and what keeping customers is worth."""
    say, valuation = story.say, story.say.analysis.valuation
    blocks: list[Block] = []
    if valuation is not None:
        title = say.text("The figures come from a model") if valuation.modelled else say.text("The figures are the plain past rate")
        blocks.append(Callout("neutral" if valuation.modelled else "warning", title, valuation.appraisal.gate.text(say.language)))
    blocks += _told(story, "value_segments")
    blocks += story.drawing("value_spread")
    if not blocks:
        return None
    if valuation is not None:
        blocks += _vip(say, valuation)
        blocks += _test(story, valuation)
        blocks += churn_blocks(story)
        blocks += [Subheading(say.text("What keeping customers is worth")), Text(_retention(say, valuation))]
    return Section("value", say.text("Value and the worth of retention"), tuple(blocks))


def _told(story: Story, code: str) -> list[Block]:
    """The finding with its chart, or without one in words."""
    if not story.has(code):
        return []
    return story.drawing(code) or [Text(story.body(code), story.headline(code) + ".")]


def _vip(say: Wording, valuation: Valuation) -> list[Block]:
    rule, everyone = valuation.vip, len(valuation.forecast)
    if rule is None or everyone < SMALL or rule.threshold_ < 10 ** minor_digits(rule.currency):
        return []  # a threshold that rounds to nothing tells nobody apart
    text = say.text(
        "{customers} ({share}) with an expected value of {threshold} or more over {days}. The threshold stays frozen. It is about "
        "the future; the segment of that name in RFM is about the past.",
        customers=say.customers(round(rule.share_ * everyone)),
        share=say.percent(rule.share_),
        threshold=say.money(rule.threshold_),
        days=say.days(valuation.forecast.horizon_days),
    )
    return [Text(text, say.text("VIP by value:"))]


def _test(story: Story, valuation: Valuation) -> list[Block]:
    say, backtest = story.say, valuation.appraisal.backtest
    blocks = _told(story, "value_backtest")
    if not blocks or backtest is None:
        return []
    chosen = valuation.appraisal.gate.model
    rows = [_rule_row(say, figures, chosen) for figures in backtest.models]
    rows += [(model_name(code), "—", "—", "—", say.text("could not be fitted")) for code, _ in backtest.failures]
    rows.append(_rule_row(say, backtest.naive, chosen))
    head = (
        say.text("Rule"),
        say.text("Orders foretold"),
        say.text("Off in total"),
        say.text("Error per customer, orders"),
        say.text("Decision"),
    )
    accents = frozenset(n for n, figures in enumerate(backtest.models) if figures.model == chosen)
    if chosen == "naive":
        accents = frozenset({len(rows) - 1})
    label = say.text("Rules tested on the past")
    note = _made(say, backtest)
    return [*blocks, Sheet(head, tuple(rows), ("l", "r", "r", "r", "l"), (30, 16, 13, 21, 20), accents, note=note, small=True, label=label)]


def _rule_row(say: Wording, figures: Figures, chosen: str) -> tuple[str, ...]:
    name = say.text("past rate of each customer") if figures.model == "naive" else model_name(figures.model)
    verdict = ""
    if figures.model == chosen:
        verdict = say.text("shown in this report")
    elif figures.convergence == "failed":
        verdict = say.text("did not converge")
    bias = f"{'+' if figures.bias > 0 else ''}{say.percent(figures.bias, 0)}" if isfinite(figures.bias) else "—"
    return name, order_count(say, figures.predicted), bias, say.number(figures.mae, 2), verdict


def _made(say: Wording, backtest: Backtest) -> str:
    return say.text(
        "Orders made from {since} to {until}: {actual}.",
        since=say.day(backtest.calibration_end + timedelta(days=1)),
        until=say.day(backtest.as_of),
        actual=say.number(backtest.actual),
    )


def _retention(say: Wording, valuation: Valuation) -> str:
    """The worth of retention, or why it could not be measured."""
    from kogorta.value.retention import SHORTEST_PERIOD, YEAR_DAYS

    if valuation.retention is not None:
        return valuation.retention.text(say.language)
    first, last = say.analysis.totals.first_order_on, say.analysis.as_of
    span = (last - first).days + 1 if first else 0
    period = min(YEAR_DAYS, span // 2)
    if period < SHORTEST_PERIOD:
        return say.text(
            "It could not be measured: two periods of {period} are compared, and the history is {span} long.",
            period=say.days(SHORTEST_PERIOD),
            span=say.days(span),
        )
    return say.text(
        "It could not be measured: nobody bought from {since} to {until}, so there was nobody to come back.",
        since=say.day(last - timedelta(days=2 * period - 1)),
        until=say.day(last - timedelta(days=period)),
    )
