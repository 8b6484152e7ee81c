"""Findings nobody asked for: what goes with coming back, leaving, checks and response; hidden segments; segmentations by evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.reports.finding import Finding
from kogorta.reports.insight_advice import driver_action
from kogorta.reports.names import quoted
from kogorta.segments.drivers.effects import RateEffect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.reports.wording import Wording
    from kogorta.segments.drivers.report import Association, OutcomeDrivers

MOST_ROWS: Final = 6
PER_FACTOR: Final = 2
HEADLINES: Final[Mapping[str, str]] = {
    "repeat": message("{label} “{level}”: {own} come back within {days}, of the others {others}"),
    "churn": message("{label} “{level}”: {own} do not buy for {days}, of the others {others}"),
    "average_check": message("{label} “{level}”: the typical check is {own}, of the others {others}"),
    "response": message("{label} “{level}”: {own} respond within {days}, of the others {others}"),
}


def outcome_of(say: Wording, outcome: str) -> OutcomeDrivers | None:
    """The drivers of an outcome, when they were looked for."""
    insights = say.analysis.insights
    return insights.drivers.of(outcome) if insights is not None and insights.drivers is not None else None


def shown(one: OutcomeDrivers) -> tuple[Association, ...]:
    """Findings a page shows: those without warnings first, no factor more than twice."""
    counts: dict[str, int] = {}
    kept = []
    for found in one.findings:
        counts[found.factor.name] = counts.get(found.factor.name, 0) + 1
        if counts[found.factor.name] <= PER_FACTOR:
            kept.append(found)
    return tuple(kept[:MOST_ROWS])


def level_of(say: Wording, found: Association) -> tuple[str, str]:
    """What the factor is and its level, as readers are told."""
    return found.factor.told(say.language), found.level.told(found.factor, say.language, say.analysis.currency)


def both_sides(say: Wording, found: Association) -> tuple[str, str]:
    """The figure with the level and without it."""
    if isinstance(found.effect, RateEffect):
        return say.percent(found.effect.own, 0), say.percent(found.effect.others, 0)
    return say.money(found.effect.own), say.money(found.effect.others)


def _drivers(say: Wording, outcome: str) -> Finding | None:
    one = outcome_of(say, outcome)
    rows = shown(one) if one is not None else ()
    if one is None or not rows:
        return None
    first = rows[0]
    label, level = level_of(say, first)
    own, others = both_sides(say, first)
    headline = say.text(HEADLINES[outcome], label=label, level=level, own=own, others=others, days=say.days(one.window))
    body = " ".join((driver_action(say.language, first, outcome), *first.remarks(say.language)))
    figures = (("own", first.effect.own), ("others", first.effect.others), ("q", first.q))
    return Finding(f"drivers_{outcome}", headline, body, figures)


def drivers_repeat(say: Wording) -> Finding | None:
    """What goes with a second purchase."""
    return _drivers(say, "repeat")


def drivers_churn(say: Wording) -> Finding | None:
    """What goes with not buying any more."""
    return _drivers(say, "churn")


def drivers_average_check(say: Wording) -> Finding | None:
    """What goes with the size of the check."""
    return _drivers(say, "average_check")


def drivers_response(say: Wording) -> Finding | None:
    """What goes with the response to messages."""
    return _drivers(say, "response")


def hidden_segments(say: Wording) -> Finding | None:
    """Groups nobody asked for, or that there are none."""
    insights = say.analysis.insights
    if insights is None or insights.hidden is None:
        return None
    found = insights.hidden
    told = found.told(say.language)
    if not found.segments:
        return Finding("hidden_segments", told[0].rstrip("."), told[1], (("groups", 0.0),))
    names = [one.name(say.language) for one in found.segments]
    headline = say.language.plural(
        "{count} hidden segment: {names}",
        "{count} hidden segments: {names}",
        len(names),
        names=say.listed([quoted(say.language, name) for name in names]),
    )
    return Finding("hidden_segments", headline, told[1], (("groups", float(len(names))),))


def evidence_classes(say: Wording) -> Finding | None:
    """The segmentation by evidence that says most, with its unknown."""
    insights = say.analysis.insights
    told = [known for known in insights.known if known.definition.method == "evidence"] if insights is not None else []
    if not told:
        return None
    from kogorta.segments.evidence.telling import class_title

    best = min(told, key=lambda item: (item.unknown, item.definition.name))
    first = best.classes[0]
    headline = say.text(
        "{title}: {name} {share} of customers, unknown {unknown}",
        title=best.definition.title.told(say.language),
        name=quoted(say.language, class_title(best.definition, first.segment, say.language)),
        share=say.percent(first.customer_share, 0),
        unknown=say.percent(best.unknown, 0),
    )
    body = say.text("Who has too little evidence is called unknown and is in no class: nothing is guessed.")
    return Finding("evidence_classes", headline, body, (("share", first.customer_share), ("unknown", best.unknown)))
