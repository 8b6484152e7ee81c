"""Chapters about the plan: priority segment, proposals, advice, first wave, firmness of the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.reports.advice import segment_advice
from kogorta.reports.blocks import Block, Callout, Card, Section, Sheet, Statements, Subheading, Text
from kogorta.reports.names import MOTIVES, of_scheme
from kogorta.reports.plan_findings import STAKE
from kogorta.reports.reasons import ARMS, INPUT_SOURCES, INPUTS, contradiction, in_words, legend, measured, short_reasons

if TYPE_CHECKING:
    from kogorta.reports.blocks import Align, CalloutTone
    from kogorta.reports.story import Story
    from kogorta.waves.plan import Candidate, ForecastInput

WAVE_ROWS: Final = 40
PROPOSALS: Final = 3


def priority_section(story: Story) -> Section:
    """The priority segment, the candidates it was chosen from, and the industries to start in."""
    say, plan = story.say, story.say.analysis.plan
    finding = story.findings["priority"]
    tone: CalloutTone = "accent" if plan.priority else "warning"
    blocks: list[Block] = [Callout(tone, finding.headline, finding.body)]
    if plan.candidates:
        head = (
            say.text("Segment"),
            say.text("What for"),
            say.text("Customers"),
            say.text("Share of revenue"),
            say.text("Buy anyway"),
            say.text("At stake"),
            say.text("Reachable"),
        )
        rows = tuple(
            (
                say.bare_segment(item.segment, plan.scheme),
                say.text(MOTIVES.get(item.motive, item.motive)),
                say.number(item.customers),
                say.percent(item.revenue_share),
                say.percent(item.baseline_rate),
                say.money(item.at_stake),
                say.number(item.reachable) if say.has_contacts else "—",
            )
            for item in plan.candidates
        )
        accents = frozenset(n for n, item in enumerate(plan.candidates) if item.segment == plan.priority)
        label = say.text("Candidates by money at stake")
        blocks += [
            Subheading(label),
            Sheet(head, rows, ("l", "l", "r", "r", "r", "r", "r"), (24, 15, 12, 13, 12, 13, 11), accents, label=label),
        ]
        motives = list(dict.fromkeys(item.motive for item in plan.candidates if item.motive in STAKE))
        meaning = "; ".join(f"{say.text(MOTIVES[motive])} — {say.text(STAKE[motive])}" for motive in motives)
        blocks.append(Text(f"{meaning}.", say.text("What “at stake” means:")))
    blocks += story.drawing("industry_ranking")
    return Section("priority", say.text("Where to start"), tuple(blocks))


def proposals_section(story: Story) -> Section | None:
    """Segments proposed for work, each with advice."""
    say, plan = story.say, story.say.analysis.plan
    cards = tuple(_card(story, item, n + 1) for n, item in enumerate(plan.proposals[:PROPOSALS]))
    if not cards:
        return None
    title = say.language.plural("{count} segment proposed for work", "{count} segments proposed for work", len(cards))
    return Section("proposals", title, cards)


def _card(story: Story, item: Candidate, number: int) -> Card:
    say, plan = story.say, story.say.analysis.plan
    advice = segment_advice(say.language, plan.scheme, item.segment)
    figures = say.text(
        "{customers} · {share} of revenue · {money} at stake · {motive}",
        customers=say.customers(item.customers),
        share=say.percent(item.revenue_share),
        money=say.money(item.at_stake),
        motive=say.text(MOTIVES.get(item.motive, item.motive)),
    )
    title = f"{number}. {say.bare_segment(item.segment, plan.scheme)}"
    if advice is None:
        return Card(title, figures, "", (), ())
    remarks = ((say.text("Avoid:"), _inside(advice.avoid)), (say.text("Measure:"), _inside(advice.measure)))
    return Card(title, figures, advice.goal, advice.steps, remarks)


def _inside(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def advice_section(story: Story) -> Section | None:
    """What to do with every segment that has customers."""
    say, analysis = story.say, story.say.analysis
    rows = []
    proposed = {item.segment for item in analysis.plan.proposals[:PROPOSALS]}
    for item in of_scheme(analysis):
        if item.segment in proposed:
            continue
        advice = segment_advice(say.language, analysis.scheme, item.segment)
        if advice:
            rows.append((say.bare_segment(item.segment), say.number(item.customers), advice.goal, " ".join(advice.steps)))
    if not rows:
        return None
    label = say.text("What to do with the other segments") if proposed else say.text("What to do with each segment")
    head = (say.text("Segment"), say.text("Customers"), say.text("Goal"), say.text("Steps"))
    table = Sheet(head, tuple(rows), ("l", "r", "l", "l"), (18, 12, 20, 50), small=True, label=label)
    return Section("advice", label, (table,))


def wave_section(story: Story) -> Section | None:
    """The first wave: forecast with its inputs, contradictions, what the control group can prove, the list."""
    say, plan = story.say, story.say.analysis.plan
    if plan.priority is None and not plan.wave:
        return None
    blocks: list[Block] = []
    if plan.wave:
        treated = sum(item.arm == "treated" for item in plan.wave)
        chosen = [say.industry(item.industry) for item in plan.industries if item.chosen]
        where = say.text(" in {industries}", industries=say.listed(chosen)) if chosen else ""
        blocks.append(
            Text(
                say.text(
                    "{number} {of_customers} in {segment}{where}. Contact {treated}; leave {control} untouched to compare with.",
                    number=say.number(len(plan.wave)),
                    segment=say.segment(plan.priority or "", plan.scheme),
                    where=where,
                    of_customers=say.of_customers(plan.wave_segment_customers),
                    treated=say.number(treated),
                    control=say.number(len(plan.wave) - treated),
                )
            )
        )
    blocks += story.drawing("forecast")
    if plan.forecast:
        label = say.text("What the forecast rests on")
        head = (say.text("Input"), say.text("Value"), say.text("From – to"), say.text("Source"), say.text("Sample"))
        rows = tuple(_input_row(story, item) for item in plan.forecast.inputs)
        blocks += [Subheading(label), Sheet(head, rows, ("l", "r", "r", "l", "r"), (32, 13, 25, 22, 8), label=label)]
    for item in plan.contradictions:
        blocks.append(Callout("warning", say.text("The figures contradict a claim"), contradiction(say, item)))
    if story.has("experiment"):
        verdict = story.findings["experiment"]
        tone: CalloutTone = "accent" if verdict.tone == "fact" else "warning"
        blocks.append(Callout(tone, verdict.headline, verdict.body))
    blocks += _wave_list(story)
    return Section("wave", say.text("The first wave"), tuple(blocks), breaks=True)


def _input_row(story: Story, item: ForecastInput) -> tuple[str, ...]:
    say = story.say

    return (
        in_words(say.language, INPUTS, item.name),
        measured(say, item.unit, item.value),
        "—" if item.low == item.high else f"{measured(say, item.unit, item.low)} – {measured(say, item.unit, item.high)}",
        in_words(say.language, INPUT_SOURCES, item.source),
        "—" if item.sample is None else say.number(item.sample),
    )


def _wave_list(story: Story) -> list[Block]:
    say, plan = story.say, story.say.analysis.plan
    if not plan.wave:
        return []
    shown = plan.wave[:WAVE_ROWS]
    rows = tuple(
        (
            say.number(item.position),
            story.short(item.name or item.customer_id, 48),
            story.short(say.industry(item.industry), 28) if item.industry else "—",
            say.number(item.recency_days),
            say.number(item.frequency),
            say.money(item.monetary),
            say.money(item.expected_loss),
            short_reasons(say.language, item.why) or "—",
            story.short(item.offers[0].name, 44) if item.offers else "—",
            in_words(say.language, ARMS, item.arm),
        )
        for item in shown
    )
    head = (
        say.text("No."),
        say.text("Customer"),
        say.text("Industry"),
        say.text("Days silent"),
        say.text("Orders"),
        say.text("Revenue"),
        say.text("At stake"),
        say.text("Why"),
        say.text("Offer"),
        say.text("Group"),
    )
    note = say.text("Contacts, regions and time zones are in first_wave.xlsx.")
    if len(plan.wave) > len(shown):
        note = say.text(
            "The first {shown} {of_customers} are shown; the whole list with contacts is in first_wave.xlsx.",
            shown=say.number(len(shown)),
            of_customers=say.of_customers(len(plan.wave)),
        )
    meaning = legend(say.language, (code for item in shown for code in item.why))
    if meaning:
        note = " ".join((say.text("Why: {meaning}.", meaning=meaning), note))
    if any(item.offers for item in shown):
        note = " ".join((note, say.text("Two more products for each, why, and new arrivals are there too.")))
    label = say.text("Whom to contact, in this order")
    widths = (4.0, 24.0, 16.0, 7.0, 7.5, 10.5, 10.5, 21.5, 24.0, 9.0)
    align: tuple[Align, ...] = ("r", "l", "l", "r", "r", "r", "r", "l", "l", "l")
    told = [n for n in range(len(head)) if any(row[n] != "—" for row in rows)]
    sheet = Sheet(
        tuple(head[n] for n in told),
        tuple(tuple(row[n] for n in told) for row in rows),
        tuple(align[n] for n in told),
        tuple(widths[n] for n in told),
        note=note,
        small=True,
        label=label,
    )
    return [Subheading(label), sheet]


def firmness_section(story: Story) -> Section | None:
    """Whether the choice and the codes survive small differences."""
    say = story.say
    blocks: list[Block] = []
    if story.has("sensitivity"):
        blocks += story.drawing("sensitivity")
    if story.has("stability"):
        blocks.append(Statements((story.statement("stability"),)))
    return Section("firmness", say.text("How firm this is"), tuple(blocks)) if blocks else None
