"""Who is about to leave: the finding, the short list of the report and the rows of `churn.csv`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.reports.blocks import Block, Sheet, Subheading, Text
from kogorta.reports.finding import Finding

if TYPE_CHECKING:
    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language
    from kogorta.reports.story import Story
    from kogorta.reports.wording import Wording
    from kogorta.value.churn import ChurnSignal

SHOWN: Final = 15


def signals(analysis: Analysis) -> tuple[ChurnSignal, ...]:
    """Customers with signs of leaving, first to call first."""
    return () if analysis.valuation is None else analysis.valuation.churn


def leaving(say: Wording) -> Finding | None:
    """How many show signs of leaving and what is at stake."""
    found = signals(say.analysis)
    if not found:
        return None
    stake = sum(item.at_stake for item in found)
    headline = say.language.plural(
        "{count} customer shows signs of leaving: {money} a year at stake",
        "{count} customers show signs of leaving: {money} a year at stake",
        len(found),
        money=say.money(stake),
    )
    body = say.text("These are signs, not certainty. The list is in order of the money a year that would be missed.")
    return Finding("churn", headline, body, (("customers", len(found)), ("at_stake", stake)), "risk")


def churn_blocks(story: Story) -> list[Block]:
    """The short list, or why there is none."""
    say, found = story.say, signals(story.say.analysis)
    label = say.text("Who is about to leave")
    meant = say.text(
        "A sign is orders clearly rarer than the customer's own pace, an order long overdue, more complaints or fewer letters "
        "answered. Those silent for long have left already and are not here."
    )
    if not found:
        nobody = say.text("Nobody shows signs of leaving: customers keep their pace, or buy too seldom to have one.")
        return [Subheading(label), Text(meant, nobody)]
    names = _names(say.analysis, [item.customer_id for item in found[:SHOWN]])
    rows = tuple(
        (
            say.number(item.rank),
            story.short(names.get(item.customer_id) or item.customer_id, 48),
            say.money(item.at_stake),
            _pace(say, item),
            say.day(item.next_order_on),
            item.text(say.language),
        )
        for item in found[:SHOWN]
    )
    head = (
        say.text("No."),
        say.text("Customer"),
        say.text("At stake a year"),
        say.text("Pace against own past"),
        say.text("Next order due"),
        say.text("Signs"),
    )
    note = say.text("All of them, {count} in number, are in churn.csv.", count=say.number(len(found))) if len(found) > SHOWN else ""
    sheet = Sheet(head, rows, ("r", "l", "r", "r", "r", "l"), (5, 23, 13, 16, 12, 41), note=note, small=True, label=label)
    return [Subheading(label), Text(f"{story.body('churn')} {meant}", f"{story.headline('churn')}."), sheet]


def _pace(say: Wording, item: ChurnSignal) -> str:
    if item.frequency_ratio is None:
        return "—"
    share = say.percent(item.frequency_ratio, 0)
    if item.ratio_low is None or item.ratio_high is None:
        return share
    return f"{share} ({say.number(item.ratio_low * 100)}–{say.percent(item.ratio_high, 0)})"


def churn_rows(analysis: Analysis, language: Language) -> list[tuple[object, ...]]:
    """Rows of `churn.csv`, reasons in words."""
    found = signals(analysis)
    names = _names(analysis, [item.customer_id for item in found])
    return [
        (
            item.rank,
            item.customer_id,
            names.get(item.customer_id),
            item.at_stake,
            item.frequency_ratio,
            item.ratio_low,
            item.ratio_high,
            item.next_order_on,
            item.text(language),
        )
        for item in found
    ]


def _names(analysis: Analysis, ids: list[str]) -> dict[str, str]:
    table = analysis.customers
    if not ids or "name" not in table.columns:
        return {}
    query = f"SELECT customer_id, name FROM {table.name} WHERE customer_id IN (SELECT unnest($ids::VARCHAR[])) AND name IS NOT NULL"
    return {str(key): str(name) for key, name in table.connection.execute(query, {"ids": ids}).fetchall()}
