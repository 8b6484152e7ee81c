"""Findings about behaviour: repeat purchases, concentration, lifecycle, cohorts, moves between segments."""

from __future__ import annotations

from math import sqrt
from statistics import median
from typing import TYPE_CHECKING, Final

from kogorta.reports.finding import SMALL, Finding
from kogorta.reports.names import DORMANT, of_scheme

if TYPE_CHECKING:
    from kogorta.reports.wording import Wording

FEW: Final = 0.10
TREND_Z: Final = 1.96
MOST: Final = 0.5


def few_frequent(say: Wording) -> Finding | None:
    """How many buy often."""
    categories = say.analysis.categories
    total = sum(item.customers for item in categories)
    if not total:
        return None
    often = sum(item.customers for item in categories if item.frequency == 1)
    money = sum(item.revenue for item in categories)
    rule = say.analysis.rule
    share = often / total
    if not often:
        headline = say.text("Nobody buys often yet")
        return Finding("few_frequent", headline, _often(say), (("share", 0.0),), "risk")
    values = {"customers": say.customers(often), "share": say.percent(share)}
    headline = (
        say.text("Only {customers} buy often: {share}", **values) if share <= FEW else say.text("{customers} buy often: {share}", **values)
    )
    parts = [_often(say)] if rule else []
    if money > 0:
        earned = sum(item.revenue for item in categories if item.frequency == 1) / money
        parts.append(say.text("They bring {share} of net revenue.", share=say.percent(earned)))
    return Finding("few_frequent", headline, " ".join(parts), (("share", share),), "risk" if share <= FEW else "fact")


def _often(say: Wording) -> str:
    rule = say.analysis.rule
    if rule is None or rule.levels != 3 or not rule.frequency:
        return ""
    return say.language.plural(
        "“Often” is {count} order or more over the whole time.",
        "“Often” is {count} orders or more over the whole time.",
        rule.frequency[-1] + 1,
    )


def one_time_buyers(say: Wording) -> Finding | None:
    """How many bought once, and what a point of repeat purchase is worth."""
    totals = say.analysis.totals
    if not totals.buyers:
        return None
    once = totals.buyers - totals.repeat_buyers
    share = once / totals.buyers
    if not once:
        headline = say.text("Everyone who bought came back for more")
        return Finding("one_time_buyers", headline, say.buyers(totals.buyers), (("share", 0.0),))
    headline = say.text("{share} of buyers bought only once", share=say.percent(share))
    body = say.text("{repeat} {of_buyers} came back.", repeat=say.number(totals.repeat_buyers), of_buyers=say.of_buyers(totals.buyers))
    if totals.average_check > 0 and totals.buyers >= SMALL:
        body += " " + say.text(
            "If one buyer more in a hundred came back once at the average check of {check}, that would be {money}: "
            "arithmetic, not a forecast.",
            check=say.money(totals.average_check),
            money=say.money(totals.buyers * totals.average_check / 100),
        )
    return Finding("one_time_buyers", headline, body, (("share", share),), "risk" if share > MOST else "fact")


def concentration(say: Wording) -> Finding | None:
    """How many customers bring the revenue of class A, and how steady they are."""
    classes = {item.segment: item for item in of_scheme(say.analysis, "abc")}
    top = classes.get("A")
    total = sum(item.customers for item in classes.values())
    if top is None or top.revenue_share <= 0:
        return None
    headline = say.text(
        "{share} of revenue comes from {customers}: {part} of buyers",
        share=say.percent(top.revenue_share, 0),
        customers=say.customers(top.customers),
        part=say.percent(top.customers / total),
    )
    parts = []
    steady = [cell for cell in say.analysis.matrix if (cell.abc, cell.xyz) == ("A", "X")]
    money = sum(cell.revenue for cell in say.analysis.matrix)
    if steady and money > 0:
        parts.append(
            say.text(
                "Steady among them (AX): {customers} with {share} of revenue.",
                customers=say.customers(steady[0].customers),
                share=say.percent(steady[0].revenue / money),
            )
        )
    elif say.analysis.matrix:
        parts.append(say.text("None of the large customers buys steadily (the cell AX is empty)."))
    early = sum(cell.customers for cell in say.analysis.matrix if cell.xyz == "early")
    if early:
        parts.append(say.text("Too early to judge steadiness: {customers}, fewer than three full periods.", customers=say.customers(early)))
    risk = top.customers <= FEW * total and total >= SMALL
    return Finding(
        "concentration", headline, " ".join(parts), (("share", top.revenue_share), ("customers", top.customers)), "risk" if risk else "fact"
    )


def demand_spread(say: Wording) -> Finding | None:
    """How unsteady demand is."""
    deciles = say.analysis.cv_deciles
    if not deciles:
        return None
    half = deciles[len(deciles) // 2]
    headline = say.text("Half of customers have a coefficient of variation above {value}", value=say.number(half, 2))
    body = say.text(
        "Up to {x} demand is steady (X), up to {y} it fluctuates (Y), above it is irregular (Z). Counted over full periods "
        "since the first purchase, periods without purchases included.",
        **say.limits(),
    )
    return Finding("demand_spread", headline, body, (("median", half),))


def lifecycle(say: Wording) -> Finding | None:
    """How many are active, asleep and gone."""
    stages = {item.segment: item for item in of_scheme(say.analysis, "lifecycle")}
    bought = sum(item.customers for slug, item in stages.items() if slug != "prospect")
    if not bought:
        return None
    live = sum(stages[slug].customers for slug in ("new", "active") if slug in stages)
    asleep = stages["sleeping"].customers if "sleeping" in stages else 0
    gone = stages["gone"].customers if "gone" in stages else 0
    values = {"live": say.percent(live / bought), "asleep": say.percent(asleep / bought), "gone": say.percent(gone / bought)}
    headline = say.text("Buying now {live}, asleep {asleep}, gone {gone}", **values)
    parts = [say.text("Shares are {of_buyers}.", of_buyers=say.of_buyers(bought))]
    if "prospect" in stages:
        parts.append(say.text("Not counted: {customers} without a single purchase.", customers=say.customers(stages["prospect"].customers)))
    figures = (("live", live / bought), ("asleep", asleep / bought), ("gone", gone / bought))
    return Finding("lifecycle", headline, " ".join(parts), figures, "risk" if gone > bought * MOST else "fact")


def cohort_trend(say: Wording) -> Finding | None:
    """Whether later cohorts come back in their first period more or less often than earlier ones."""
    table = say.analysis.cohorts
    if table is None:
        return None
    full = []
    for cohort in table.cohorts:
        known = len(cohort.active) if table.last_is_complete else len(cohort.active) - 1
        if known > 1 and cohort.customers:
            full.append((cohort.customers, cohort.active[1]))
    if not full:
        return None
    people, back = sum(n for n, _ in full), sum(k for _, k in full)
    rate = back / people
    period = {
        "month": say.text("in the next month"),
        "quarter": say.text("in the next quarter"),
        "year": say.text("in the next year"),
    }[table.period]
    old = _holds_old_customers([people for people, _ in full])
    if old:
        full = full[1:]
    half = len(full) // 2
    figures: tuple[tuple[str, float], ...] = (("rate", rate), ("customers", people))
    if half:
        n1, k1 = sum(n for n, _ in full[:half]), sum(k for _, k in full[:half])
        n2, k2 = sum(n for n, _ in full[half:]), sum(k for _, k in full[half:])
        change = k2 / n2 - k1 / n1
        spread = sqrt(rate * (1 - rate) * (1 / n1 + 1 / n2))
        values = {"early": say.percent(k1 / n1), "late": say.percent(k2 / n2), "period": period}
        body = say.text(
            "Came back {period}: {early} of the earlier half of cohorts, {late} of the later half; {customers} in all.",
            **values,
            customers=say.customers(people),
        )
        figures += (("change", change),)
        if old:
            body += " " + say.text("The first cohort is not compared: it also holds those who came before the data begin.")
        if spread and abs(change) > TREND_Z * spread and min(n1, n2) >= SMALL:
            if change < 0:
                return Finding(
                    "cohort_trend", say.text("Newer customers come back less often: {late} after {early}", **values), body, figures, "risk"
                )
            return Finding("cohort_trend", say.text("Newer customers come back more often: {late} after {early}", **values), body, figures)
        body += " " + say.text("The difference is within chance.")
    else:
        body = say.text("Too few cohorts to speak of a trend.")
    headline = say.text("{rate} of new customers come back {period}", rate=say.percent(rate), period=period)
    return Finding("cohort_trend", headline, body, figures)


def _holds_old_customers(sizes: list[int]) -> bool:
    """Whether the first cohort is so much larger than the others that it must hold customers from before the data begin."""
    return len(sizes) > 2 and sizes[0] > 1.5 * median(sizes[1:])


def migration_losses(say: Wording) -> Finding | None:
    """How many stopped buying between two dates, and how many came back."""
    moves = say.analysis.migration
    if moves is None:
        return None
    asleep = DORMANT.get(say.analysis.scheme, frozenset())
    lost = [flow for flow in moves.flows if flow.source not in asleep | {"none"} and flow.target in asleep]
    won = [flow for flow in moves.flows if flow.source in asleep and flow.target not in asleep]
    came = sum(flow.customers for flow in moves.flows if flow.source == "none")
    lost_n, won_n = sum(flow.customers for flow in lost), sum(flow.customers for flow in won)
    days = say.days((moves.to_on - moves.from_on).days)
    headline = say.text("In {days} {lost} fell silent and {won} came back", days=days, lost=say.customers(lost_n), won=say.number(won_n))
    body = say.text(
        "From {start} to {end}, by one frozen rule. Those who fell silent had brought {money}. New in this time: {came}.",
        start=say.day(moves.from_on),
        end=say.day(moves.to_on),
        money=say.money(sum(flow.revenue for flow in lost)),
        came=say.customers(came),
    )
    return Finding("migration_losses", headline, body, (("lost", lost_n), ("won_back", won_n)), "risk" if lost_n > won_n else "fact")
