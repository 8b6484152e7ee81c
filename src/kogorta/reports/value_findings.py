"""Findings about the future: how expected value is spread, what each segment may bring, how the forecast did on the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.reports.finding import SMALL, Finding

if TYPE_CHECKING:
    from kogorta.reports.wording import Wording
    from kogorta.value.backtest import Backtest, Figures
    from kogorta.value.forecast import SegmentTotal
    from kogorta.value.valuation import Valuation

PARTS = 10
MODELS = {"bg-nbd": "BG/NBD", "mbg-nbd": "MBG/NBD", "pareto-nbd": "Pareto/NBD", "mbg-cnbd-k": "MBG/CNBD-k"}
"""Names of the models as the literature writes them, the same in every language."""


def value_spread(say: Wording) -> Finding | None:
    """How much of the expected value the most valuable tenth of customers holds."""
    parts = value_parts(say)
    total = sum(value for _, value in parts)
    people = sum(count for count, _ in parts)
    if people < SMALL or total <= 0:
        return None
    share = parts[0][1] / total
    headline = say.text("The most valuable tenth of customers holds {share} of expected value", share=say.percent(share, 0))
    valuation = say.analysis.valuation
    if valuation is None or not valuation.modelled:
        body = say.text("Expected margin by the plain past rate: no model has beaten it on this base.")
    else:
        body = say.text("Expected discounted margin by a model that beat the plain past rate on this base's own history.")
    if say.setting("clv_margin", 1.0) == 1.0:
        body += " " + say.text("No margin is given, so value is revenue here.")
    return Finding("value_spread", headline, body, (("share", share), ("total", total)))


def value_parts(say: Wording) -> list[tuple[int, int]]:
    """Customers and expected value (minor units) of ten equal parts of those who have a value, most valuable first."""
    table = say.analysis.customers
    if "clv" not in table.columns:
        return []
    rows = table.connection.execute(
        f"""
        WITH placed AS (SELECT clv, row_number() OVER (ORDER BY clv DESC, customer_id) - 1 AS place, count(*) OVER () AS everyone
            FROM {table.name} WHERE clv IS NOT NULL)
        SELECT count(*), CAST(sum(clv) AS BIGINT) FROM placed GROUP BY place * {PARTS} // everyone ORDER BY place * {PARTS} // everyone
        """
    ).fetchall()
    return [(int(count), int(value)) for count, value in rows]


def value_segments(say: Wording) -> Finding | None:
    """What the base and its segments are worth within the horizon, as ranges."""
    valuation = say.analysis.valuation
    if valuation is None or len(valuation.forecast) < SMALL:
        return None
    forecast = valuation.forecast
    whole, parts = forecast.totals[0], forecast.totals[1:]
    if whole.clv <= 0:
        return None
    low, high = say.money_span(whole.clv_low, whole.clv_high)
    told = {"days": say.days(forecast.horizon_days), "low": low, "high": high}
    if valuation.modelled:
        headline = say.text("Model: over {days} the base is worth from {low} to {high}", **told)
    else:
        headline = say.text("By the past rate, not a model: over {days} the base is worth from {low} to {high}", **told)
    body = say.text(
        "Expected: {value} from {orders} orders (from {low} to {high}). What happens falls within each range with a chance of {level}.",
        value=say.money(whole.clv),
        orders=order_count(say, whole.orders),
        low=order_count(say, whole.orders_low),
        high=order_count(say, whole.orders_high),
        level=say.percent(forecast.level, 0),
    )
    first = max(parts, key=lambda item: (item.clv, item.segment), default=None)
    if first is not None and first.segment:
        share = say.percent(first.clv / whole.clv, 0)
        body += " " + say.text("The largest part, {share}, is expected from {segment}.", share=share, segment=say.segment(first.segment))
    return Finding("value_segments", headline, body, (("value", whole.clv), ("low", whole.clv_low), ("high", whole.clv_high)))


def ranked_totals(valuation: Valuation) -> list[SegmentTotal]:
    """Totals of the segments, largest expected value first."""
    return sorted(valuation.forecast.totals[1:], key=lambda item: (-item.clv, item.segment))


def value_backtest(say: Wording) -> Finding | None:
    """How the rule behind the figures did on days already known, beside the past rate."""
    valuation = say.analysis.valuation
    backtest = None if valuation is None else valuation.appraisal.backtest
    if valuation is None or backtest is None or backtest.customers < SMALL or backtest.actual <= 0:
        return None
    rival, naive = rival_of(valuation, backtest), backtest.naive
    if rival is None:
        return None  # nothing was tested: the gate says why
    if not valuation.modelled:
        headline = say.text("Tested on the past: no model has proved better than the past rate, which is shown")
    elif rival.mae < naive.mae:
        headline = say.text(
            "Tested on the past: the model missed by {mae} orders per customer, the past rate by {naive}",
            mae=say.number(rival.mae, 2),
            naive=say.number(naive.mae, 2),
        )
    else:
        headline = say.text("Tested on the past: the model foretold groups of customers better than the past rate")
    body = say.text(
        "The rules saw purchases up to {cut} and foretold the next {days} for {customers}.",
        cut=say.day(backtest.calibration_end),
        days=say.days(backtest.holdout_days),
        customers=say.customers(backtest.customers),
    )
    body += " " + say.text(
        "Orders made: {actual}; by the model {model}: {predicted}; by the past rate: {naive}.",
        actual=say.number(backtest.actual),
        model=model_name(rival.model),
        predicted=order_count(say, rival.predicted),
        naive=order_count(say, naive.predicted),
    )
    figures = (("actual", backtest.actual), ("naive", naive.predicted))
    return Finding("value_backtest", headline, body, figures, "fact" if valuation.modelled else "caveat")


def rival_of(valuation: Valuation, backtest: Backtest) -> Figures | None:
    """The model set beside the naive rate: the one shown, else the one that came closest."""
    if valuation.modelled:
        return backtest.of(valuation.appraisal.gate.model)
    fitted = [figures for figures in backtest.models if figures.convergence != "failed"]
    return min(fitted, key=lambda figures: (figures.mae, figures.model), default=None)


def model_name(code: str) -> str:
    """The usual name of a model.

    Example:
        >>> model_name("bg-nbd")
        'BG/NBD'
    """
    return MODELS.get(code, code)


def order_count(say: Wording, orders: float) -> str:
    """A number of orders that need not be whole: decimals only where they tell something."""
    return say.number(orders, 0 if orders >= 10 or orders == int(orders) else 1)
