"""The chapter on what to offer: the test on held-out orders, what is bought together, new arrivals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.recommendations.hindsight import TOP
from kogorta.recommendations.history import to_day
from kogorta.recommendations.verdict import NAMES
from kogorta.reports.blocks import Block, Callout, Section, Sheet, Subheading, Text
from kogorta.reports.offer_findings import ordered, short

if TYPE_CHECKING:
    from kogorta.recommendations.hindsight import Hindsight
    from kogorta.recommendations.offering import Offering
    from kogorta.reports.story import Story

PAIRS: Final = 8
PRODUCTS: Final = 8
COMMAND: Final = "kogorta recommend --base DIR --new-arrivals --segment sleeping --out letter.csv"


def offer_section(story: Story) -> Section | None:
    """What to offer, or why nothing; None when nobody has bought."""
    say, offering = story.say, story.say.analysis.offering
    if offering is None:
        return None
    title = say.text("What to offer")
    if offering.why_none == "large":
        text = say.text(
            "Above {limit} customers offers are looked for only when asked for: kogorta recommend --base DIR --out offers.csv.",
            limit=say.number(offering.limit),
        )
        return Section("offers", title, (Text(text),))
    finding = story.findings["offers" if story.has("offers") else "no_offers"]
    blocks: list[Block] = [Callout("accent" if finding.tone == "fact" else "warning", finding.headline, finding.body)]
    if offering.why_none:
        return Section("offers", title, tuple(blocks))
    if offering.hindsight is not None and offering.hindsight.trials:
        blocks += _test(story, offering, offering.hindsight)
    blocks += _pairs(story, offering)
    blocks += _arrivals(story, offering)
    return Section("offers", title, tuple(blocks))


def _test(story: Story, offering: Offering, hindsight: Hindsight) -> list[Block]:
    say = story.say
    label = say.text("Recommendations against the most popular products")
    head = (
        say.text("What is offered"),
        say.text("Customers"),
        say.text("Recommendations"),
        say.text("Most popular"),
        say.text("Difference, points"),
        say.text("What is shown"),
    )
    rows = tuple(
        (
            say.text(NAMES[trial.question]),
            say.number(trial.customers),
            say.percent(trial.model.hit_rate),
            say.percent(trial.popularity.hit_rate),
            say.text(
                "{gain} ({low} to {high})",
                gain=_points(story, trial.gain),
                low=_points(story, trial.gain_low),
                high=_points(story, trial.gain_high),
            ),
            say.text("recommendations") if trial.question in offering.believed else say.text("most popular"),
        )
        for trial in hindsight.trials
    )
    note = say.text(
        "Orders from {since} to {until} were held out. For each customer {top} products were named from what was known before; counted is "
        "who bought at least one of them in the next order. People bought these without an offer: what an offer adds, the control group "
        "of the wave shows.",
        since=say.day(to_day(hindsight.held_out_from)),
        until=say.day(to_day(hindsight.held_out_until)),
        top=say.number(TOP),
    )
    widths = (26, 11, 15, 13, 18, 17)
    return [Subheading(label), Sheet(head, rows, ("l", "r", "r", "r", "r", "l"), widths, note=note, small=True, label=label)]


def _points(story: Story, share: float) -> str:
    return story.say.number(100 * share, 1).replace("-", "−")


def _pairs(story: Story, offering: Offering) -> list[Block]:
    say, label = story.say, story.say.text("Bought together")
    if not offering.pairs:
        return [Subheading(label), Text(say.text("No two products stand in one order more often than by chance."))]
    head = (
        say.text("Whoever takes"),
        say.text("Offer with it"),
        say.text("Orders with the first"),
        say.text("With both"),
        say.text("Share"),
        say.text("Of all orders"),
        say.text("Times more often"),
    )
    rows = []
    for left, right, pair in offering.pairs[:PAIRS]:
        first, second, alone, share, usual = ordered(left, right, pair)
        rows.append(
            (
                short(first.name),
                short(second.name),
                say.number(alone),
                say.number(pair.both),
                say.percent(share, 0),
                say.percent(usual),
                say.number(pair.lift, 1),
            )
        )
    note = say.text(
        "Strongest by evidence, beyond chance among all pairs. Put the second beside the first on the page and at the till, make a set of "
        "them, and name the second in the letter after the first was bought."
    )
    widths = (27, 27, 10, 9, 8, 9, 10)
    return [
        Subheading(label),
        Sheet(head, tuple(rows), ("l", "l", "r", "r", "r", "r", "r"), widths, note=note, small=True, label=label),
    ]


def _arrivals(story: Story, offering: Offering) -> list[Block]:
    say, label = story.say, story.say.text("New arrivals")
    if not offering.arrivals:
        return []
    head = (say.text("Product"), say.text("New since"), say.text("Buyers"), say.text("Usual price"))
    rows = tuple(
        (
            short(item.name),
            say.day(to_day(min(item.launched_day, item.first_day))),
            say.number(item.customers),
            "—" if item.price is None else say.exact_money(item.price),
        )
        for item in offering.arrivals[:PRODUCTS]
    )
    if "arrivals" in offering.believed:
        note = say.text("Which of them fit whom stands in first_wave.xlsx; for another list: {command}.", command=COMMAND)
    else:
        note = say.text("Which of them fit whom could not be told better than by popularity, so name these to everybody.")
    return [Subheading(label), Sheet(head, rows, ("l", "r", "r", "r"), (52, 16, 14, 18), note=note, small=True, label=label)]
