"""The chapter on hidden groups and drivers: what to try, what was not found, what is known by evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.reports.blocks import Block, Callout, Section, Sheet, Subheading, Text
from kogorta.reports.insight_advice import driver_action, hidden_action
from kogorta.reports.insight_charts import difference
from kogorta.reports.insight_findings import level_of, outcome_of, shown
from kogorta.segments.drivers.facts import OUTCOMES
from kogorta.segments.drivers.report import NOTHING
from kogorta.segments.evidence.telling import class_title

if TYPE_CHECKING:
    from kogorta.reports.story import Story
    from kogorta.segments.insights import Insights, Known

MOST_REASONS: Final = 2


def insights_section(story: Story) -> Section | None:
    """Drivers, hidden segments and segmentations by evidence; None when nobody has bought."""
    say, insights = story.say, story.say.analysis.insights
    if insights is None:
        return None
    title = say.text("Hidden groups and drivers")
    if insights.skipped:
        text = say.text(
            "The base has {customers}; above {limit} these searches run only when asked for: kogorta segment drivers, hidden, benefits, "
            "loyalty-degree, jobs, demography.",
            customers=say.customers(insights.customers),
            limit=say.number(insights.limit),
        )
        return Section("insights", title, (Text(text),))
    blocks = [*_drivers(story), *_hidden(story, insights), *_evidence(story, insights)]
    return Section("insights", title, tuple(blocks))


def _drivers(story: Story) -> list[Block]:
    say = story.say
    outcomes = [one for name in OUTCOMES if (one := outcome_of(say, name)) is not None]
    tests = sum(len(one.associations) for one in outcomes)
    found = sum(len(one.findings) for one in outcomes)
    text = say.text(
        "Each level of each factor was compared with all other customers, {tests} comparisons together; they are corrected so that of a "
        "hundred findings five at most are false. Factors are measured before the outcome. A finding is an association and not yet a "
        "cause: one other factor was held fixed where one could stand behind it, more may remain. Try it on a part of the customers with "
        "a control group before spending on all.",
        tests=say.number(tests),
    )
    lead = (
        say.language.plural("{count} finding stands out", "{count} findings stand out", found)
        if found
        else say.text("No factor stands out")
    )
    blocks: list[Block] = [Callout("neutral", lead, text)]
    because: dict[str, list[str]] = {}
    for one in outcomes:
        blocks += story.drawing(f"drivers_{one.outcome}")
        for item in shown(one):
            label, level = level_of(say, item)
            told = say.text(
                "{title}: {factor} “{level}”, {difference}",
                title=one.title(say.language),
                factor=label.lower() if not item.factor.own else label,
                level=level,
                difference=difference(say, item),
            )
            reasons = because.setdefault(driver_action(say.language, item, one.outcome), [])
            if len(reasons) < MOST_REASONS:
                reasons.append(told)
    if because:
        label = say.text("What to try")
        rows = tuple((action, "; ".join(reasons)) for action, reasons in because.items())
        blocks += [Subheading(label), Sheet((label, say.text("Because")), rows, ("l", "l"), (42, 58), small=True, label=label)]
    for one in outcomes:
        if one.nothing:
            why = say.text(
                NOTHING[one.nothing],
                customers=say.customers(one.customers),
                needed=say.number(one.needed),
                tests=say.number(len(one.associations)),
            )
            blocks.append(Text(why, one.title(say.language) + "."))
    return blocks


def _hidden(story: Story, insights: Insights) -> list[Block]:
    say, found = story.say, insights.hidden
    if found is None:
        return []
    blocks: list[Block] = [Subheading(say.text("Hidden segments"))]
    if not found.segments:
        blocks.append(Text(story.body("hidden_segments"), story.headline("hidden_segments") + "."))
        if found.features:
            habits = say.listed([feature.told(say.language) for feature in found.features])
            blocks.append(
                Text(
                    say.text(
                        "Groups were looked for in: {habits}. Do not invent groups where there are none: work by RFM segments and by the "
                        "drivers above.",
                        habits=habits,
                    )
                )
            )
        return blocks
    blocks += story.drawing("hidden_segments")
    rows = tuple(
        (
            one.name(say.language),
            say.number(one.customers),
            one.rule.told(say.language, say.analysis.currency),
            one.rule.formula,
            hidden_action(say.language, one),
        )
        for one in found.segments
    )
    label = say.text("Hidden segments as rules")
    head = (say.text("Hidden segment"), say.text("Customers"), say.text("Rule"), say.text("Formula"), say.text("What to try"))
    note = say.text("The formula is an ordinary rule: save it as a segment and the group keeps itself up to date.")
    blocks.append(Sheet(head, rows, ("l", "r", "l", "l", "l"), (20, 10, 22, 23, 25), note=note, small=True, label=label))
    return blocks


def _evidence(story: Story, insights: Insights) -> list[Block]:
    say = story.say
    blocks: list[Block] = [Subheading(say.text("Segmentations by evidence"))]
    if not insights.known:
        blocks.append(
            Text(
                say.text(
                    "The base has too little evidence for the benefit sought, the degree of loyalty, the job to be done or demography: all "
                    "customers are unknown. Discounts, order lines, page views, reviews, survey answers and cards would fill them."
                )
            )
        )
        return blocks
    head = (
        say.text("Segmentation"),
        say.text("Class"),
        say.text("Customers"),
        say.text("Share"),
        say.text("Share of revenue"),
        say.text("Key message"),
    )
    rows = tuple(row for known in insights.known for row in _rows(story, known))
    note = say.text(
        "Unknown: too little evidence, so no class; nothing is guessed. What counts as evidence: kogorta segment NAME --show-definition."
    )
    label = say.text("Classes by evidence")
    blocks.append(Sheet(head, rows, ("l", "l", "r", "r", "r", "l"), (18, 22, 11, 9, 11, 29), note=note, small=True, label=label))
    return blocks


def _rows(story: Story, known: Known) -> list[tuple[str, ...]]:
    say = story.say
    rows: list[tuple[str, ...]] = []
    for number, item in enumerate(known.figures):
        found = known.definition.class_named(item.segment)
        rows.append(
            (
                known.definition.title.told(say.language) if number == 0 else "",
                class_title(known.definition, item.segment, say.language),
                say.number(item.customers),
                say.percent(item.customer_share, 0),
                say.percent(item.revenue_share, 0),
                found.message.told(say.language) if found is not None and found.message is not None else "",
            )
        )
    return rows
