"""Findings about the plan: the priority segment and why, where to start, what the wave may bring, how firm the choice is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.kit.language import message
from kogorta.reports.finding import Finding
from kogorta.reports.reasons import WHY_NOT, in_words

if TYPE_CHECKING:
    from kogorta.reports.wording import Wording
    from kogorta.waves.plan import Candidate

STAKE = {
    "win_back": message("what these customers used to bring at their own pace, less what they are expected to bring untouched"),
    "grow": message("the second purchase that the base's customers make more often than these do, at each one's own check"),
    "keep": message("what they bring now, times the share that such customers lost before"),
}
VERDICTS = {
    "ab_test": message("This is an A/B test"),
    "pilot": message("This is a pilot, not an A/B test"),
    "do_not_test": message("The list is too small to test"),
}


def priority(say: Wording) -> Finding:
    """Which segment to work with first and why, or why none was chosen."""
    plan = say.analysis.plan
    if plan.priority is None:
        why = in_words(say.language, WHY_NOT, plan.why_not or "not_enough_data")
        return Finding("priority", say.text("No priority segment is chosen"), why, (), "caveat")
    chosen = candidate(say, plan.priority)
    name = say.segment(plan.priority, plan.scheme)
    if chosen is None:
        return Finding("priority", say.text("Start with {segment}", segment=name), "")
    headline = say.text("Start with {segment}: {money} at stake", segment=name, money=say.money(chosen.at_stake))
    body = say.text(
        "{customers} ({share} of the base) with {revenue_share} of revenue. At stake: {meaning}.",
        customers=say.customers(chosen.customers),
        share=say.percent(chosen.customer_share),
        revenue_share=say.percent(chosen.revenue_share),
        meaning=say.text(STAKE.get(chosen.motive, "")),
    )
    if say.has_contacts:
        body += " " + say.text("{reachable} can be reached by e-mail or phone.", reachable=say.number(chosen.reachable))
    rivals = [item for item in plan.candidates if item.segment != plan.priority]
    if rivals:
        second = max(rivals, key=lambda item: item.at_stake)
        body += " " + say.text(
            "Next is {segment} with {money}.", segment=say.segment(second.segment, plan.scheme), money=say.money(second.at_stake)
        )
    return Finding("priority", headline, body, (("at_stake", chosen.at_stake), ("customers", chosen.customers)))


def candidate(say: Wording, slug: str) -> Candidate | None:
    """The figures of a segment among the candidates."""
    return next((item for item in say.analysis.plan.candidates if item.segment == slug), None)


def industry_ranking(say: Wording) -> Finding | None:
    """In which industries to start."""
    plan = say.analysis.plan
    chosen = [item for item in plan.industries if item.chosen]
    if plan.priority is None or not plan.industries:
        return None
    if not chosen:
        headline = say.text("No industry stands out: take the whole segment")
    else:
        headline = say.text("Start in: {industries}", industries=say.listed([say.industry(item.industry) for item in chosen]))
    body = say.text(
        "Industries are ranked by the cautious 95 % bound of the share of {segment}, so that three of four customers do "
        "not beat thirty of a hundred.",
        segment=say.segment(plan.priority, plan.scheme),
    )
    return Finding("industry_ranking", headline, body, (("chosen", len(chosen)),))


def forecast(say: Wording) -> Finding | None:
    """What the first wave may bring above what comes anyway."""
    item = say.analysis.plan.forecast
    if item is None:
        return None
    headline = say.text(
        "Model: the first wave may add {money} in {days}",
        money=say.money_range(item.extra_revenue),
        days=say.days(item.horizon_days),
    )
    body = say.text(
        "Untouched, {baseline} would buy anyway; with the wave {response}. That is {extra} additional buyers "
        "{of_customers} contacted. The ranges hold 90 % of outcomes if the inputs below are right.",
        baseline=say.percent_range(item.baseline),
        response=say.percent_range(item.response),
        extra=say.number_range(item.extra_buyers),
        of_customers=say.of_customers(item.treated),
    )
    figures = (("extra_revenue_low", item.extra_revenue.low), ("extra_revenue_high", item.extra_revenue.high))
    return Finding("forecast", headline, body, figures, "caveat")


def experiment(say: Wording) -> Finding | None:
    """What a control group of this size can prove."""
    item = say.analysis.plan.experiment
    if item is None:
        return None
    headline = say.text(VERDICTS.get(item.verdict, item.verdict.replace("_", " ")))
    parts = [
        say.text(
            "Contact {treated}, leave {control} untouched to compare with.",
            treated=say.customers(item.treated),
            control=say.number(item.control),
        )
    ]
    if item.smallest_detectable_rate is not None:
        parts.append(
            say.text(
                "With these sizes only a response of {rate} or more can be told from the usual {base}.",
                rate=say.percent(item.smallest_detectable_rate),
                base=say.percent(item.baseline_rate),
            )
        )
    else:
        parts.append(
            say.text("With these sizes no response at all could be told from the usual {base}.", base=say.percent(item.baseline_rate))
        )
    if item.needed_per_arm:
        parts.append(
            say.text("To see the effect assumed here, each group needs {customers}.", customers=say.customers(item.needed_per_arm))
        )
    if item.verdict == "pilot":
        parts.append(say.text("Use it to learn how the offer works and to pool it with later waves, not to prove the effect."))
    return Finding(
        "experiment",
        headline,
        " ".join(parts),
        (("treated", item.treated), ("control", item.control)),
        "fact" if item.verdict == "ab_test" else "caveat",
    )


def sensitivity(say: Wording) -> Finding | None:
    """Whether the choice survives other definitions."""
    cases = [item for item in say.analysis.plan.sensitivity if item.name != "base"]
    if not cases:
        return None
    kept = sum(item.survives for item in cases)
    values = {"kept": say.number(kept), "all": say.number(len(cases))}
    if kept == len(cases):
        headline = say.text("The choice survives all {all} other definitions", **values)
    else:
        headline = say.text("The choice survives {kept} of {all} other definitions", **values)
    body = say.text(
        "Overlap is the share of customers common to both versions of the segment among all customers of either (Jaccard index)."
    )
    return Finding("sensitivity", headline, body, (("kept", kept), ("cases", len(cases))), "fact" if kept == len(cases) else "caveat")
