"""The chapter about time: who came back, who moved and who left, what segments brought and whether they work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.reports.blocks import Block, Bullets, Section, Sheet, Subheading, Text
from kogorta.reports.moves_findings import told_of, worth

if TYPE_CHECKING:
    from kogorta.reports.story import Story

LEAVERS_SHOWN: Final = 12


def time_section(story: Story) -> Section:
    """Cohort retention, moves between two dates with names, revenue of segments, and what the segmentation is worth."""
    say = story.say
    blocks: list[Block] = story.drawing("cohort_trend") or [Text(say.text("The history is too short for cohorts."))]
    blocks += story.drawing("migration_losses") or [
        Text(say.text("There is no earlier date to compare with, so moves between segments are not shown."))
    ]
    blocks += _leavers(story)
    if story.has("segment_revenue"):
        blocks += story.drawing("segment_revenue") or [Text(story.body("segment_revenue"), story.headline("segment_revenue") + ".")]
    blocks += _worth(story)
    return Section("time", say.text("Retention and moves over time"), tuple(blocks))


def _leavers(story: Story) -> list[Block]:
    say, moves = story.say, story.say.analysis.migration
    if moves is None or not story.has("best_leavers"):
        return []
    told = told_of(say)
    rows = tuple(
        (
            story.short(item.name or item.customer_id, 38),
            told.name(item.target),
            say.money(item.year_before),
            say.money(item.year_after),
            "—" if item.last_order_on is None else say.day(item.last_order_on),
            "—" if item.silent_days is None else say.number(item.silent_days),
        )
        for item in moves.leavers[:LEAVERS_SHOWN]
    )
    head = (
        say.text("Customer"), say.text("Now in"), say.text("Revenue before"), say.text("Revenue now"), say.text("Last order"),
        say.text("Days silent"),
    )  # fmt: skip
    label = say.text("Who left {segment}", segment=told.quoted(moves.best))
    note = told.money_definition(moves)
    if len(moves.leavers) > LEAVERS_SHOWN:
        note = say.text("The first {shown} by money; the others are in moved.csv.", shown=say.number(LEAVERS_SHOWN)) + " " + note
    return [
        Subheading(label),
        Text(story.body("best_leavers"), story.headline("best_leavers") + "."),
        Sheet(head, rows, ("l", "l", "r", "r", "r", "r"), (30, 20, 13, 13, 13, 11), note=note, small=True, label=label),
    ]


def _worth(story: Story) -> list[Block]:
    say, found = story.say, worth(story.say)
    if found is None or not story.has("segments_work"):
        return []
    told = told_of(say)
    label = say.text("Do the segments work")
    rows = tuple(
        (
            told.name(item.segment) + (" †" if item.is_small else ""),
            say.number(item.members),
            f"{say.percent(item.share, 0)} ({say.percent(item.low, 0)} – {say.percent(item.high, 0)})",
            say.money(item.revenue),
            "—" if item.stayed is None else say.percent(item.stayed, 0),
        )
        for item in found.returns
    )
    head = (
        say.text("Segment"), say.text("Customers"), say.text("Bought within 90 days"), say.text("Money per member"),
        say.text("Stayed in it"),
    )  # fmt: skip
    note = say.text("“Stayed in it”: over the last complete period.")
    if found.small:
        note += " " + say.text("† fewer than 30 customers: too few to compare.")
    blocks: list[Block] = [
        Subheading(label),
        Text(story.body("segments_work"), story.headline("segments_work") + "."),
        Sheet(head, rows, ("l", "r", "r", "r", "r"), (28, 14, 28, 16, 14), note=note, label=label),
    ]
    advice = told.adjustments(found)
    if advice:
        blocks.append(Bullets(tuple(advice)))
    return blocks
