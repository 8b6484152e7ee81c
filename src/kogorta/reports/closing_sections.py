"""Last chapters: definitions used, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.reports.blocks import Block, Bullets, Facts, Section, Sheet, Subheading
from kogorta.reports.finding import SMALL
from kogorta.reports.settings import setting_name

if TYPE_CHECKING:
    from kogorta.reports.story import Story


def unknowns_section(story: Story) -> Section:
    """What these data cannot answer; only what is true of this base."""
    say, analysis = story.say, story.say.analysis
    totals, plan = analysis.totals, analysis.plan
    items = []
    if 0 < totals.buyers < SMALL:
        items.append(say.text("Shares and differences between groups: there are fewer than {limit} buyers.", limit=SMALL))
    if not analysis.industries:
        items.append(say.text("Industries: no tax numbers or OKVED codes in the data."))
    elif totals.customers and totals.with_industry < totals.customers:
        items.append(
            say.text(
                "Industries of {customers}: they are not in the industry charts.",
                customers=say.customers(totals.customers - totals.with_industry),
            )
        )
    if analysis.migration is None:
        items.append(say.text("Moves between segments: there is no earlier date to compare with."))
    if plan.forecast and any(item.source == "assumed" for item in plan.forecast.inputs):
        items.append(say.text("The true effect of the wave: it is assumed until the first wave is measured against its control group."))
    items.append(say.text("Margin: all money is revenue. A large customer may bring little profit."))
    items.append(say.text("Why customers stopped buying: figures show that they did, not the reason. Ask."))
    items.append(say.text("Consent to messages: check it before each mailing."))
    return Section("unknown", say.text("What is not known"), (Bullets(tuple(items)),))


def definitions_section(story: Story) -> Section:
    """Definitions in words, then as they were given to the program."""
    say, analysis = story.say, story.say.analysis
    facts = [
        (say.text("As of"), say.text("The end of {day} in the zone {zone}.", day=say.day(analysis.as_of), zone=analysis.time_zone)),
        (say.text("Files"), ", ".join(story.short(name, 80) for name in analysis.sources) or "—"),
        (
            say.text("Purchase"),
            say.text("A won deal on the day it was closed. A fully refunded order counts in neither R nor F; M is net of refunds."),
        ),
        (
            "RFM",
            say.text(
                "R: days from the last purchase to the date of the analysis. F: number of purchases. M: their net sum. Equal "
                "values always share a level."
            ),
        ),
        (
            "ABC",
            say.text(
                "Customers by net revenue, largest first; the class is set by the share of revenue before the customer: under "
                "{a} A, under {b} B, else C.",
                **say.limits(),
            ),
        ),
        (
            "XYZ",
            say.text(
                "Coefficient of variation of revenue per full period since the first purchase, periods without purchases "
                "included: up to {x} X, up to {y} Y, else Z.",
                **say.limits(),
            ),
        ),
        (say.text("Lifecycle"), _lifecycle(story)),
        (
            say.text("At stake"),
            say.text(
                "Money over the horizon that depends on whether the segment is worked with; how it is counted is said beside "
                "the table of candidates."
            ),
        ),
        (
            say.text("Control group"),
            say.text("Customers chosen at random and not contacted; the difference between the groups is the effect."),
        ),
    ]
    blocks: list[Block] = [Facts(tuple(facts))]
    if analysis.definitions:
        label = say.text("Settings of this run")
        rows = tuple(
            (setting_name(say.language, name), story.short(name, 60), story.short(value, 300))
            for name, value in analysis.definitions.items()
        )
        head = (say.text("Setting"), say.text("Key in plan.json"), say.text("Value"))
        blocks += [Subheading(label), Sheet(head, rows, ("l", "l", "l"), (40, 28, 32), small=True, label=label)]
    return Section("definitions", say.text("Definitions"), tuple(blocks))


def _lifecycle(story: Story) -> str:
    say = story.say
    days = {
        "new": say.days(round(say.setting("lifecycle_new_within_days", 30))),
        "sleeping": say.days(round(say.setting("lifecycle_sleeping_after_days", 30))),
        "gone": say.days(round(say.setting("lifecycle_gone_after_days", 180))),
    }
    if say.analysis.definitions.get("lifecycle_mode") == "rhythm":
        return say.text(
            "New: one purchase within {new}. Sleeping: silent longer than twice the customer's own usual gap. Gone: silent "
            "longer than {gone}.",
            **days,
        )
    return say.text(
        "New: one purchase within {new}. Active: bought within {sleeping}. Sleeping: silent longer. Gone: silent longer than {gone}.",
        **days,
    )
