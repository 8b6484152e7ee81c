"""Findings about segments: who makes up the base, who carries the revenue, where industries differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.reports.finding import SMALL, Finding
from kogorta.reports.names import of_scheme, quoted

if TYPE_CHECKING:
    from kogorta.reports.wording import Wording

HALF = 0.5
TOP_INDUSTRIES = 5


def base_makeup(say: Wording) -> Finding | None:
    """Which segments make up the base."""
    segments = of_scheme(say.analysis)
    total = sum(item.customers for item in segments)
    if not segments:
        return None
    first, last = segments[0], segments[-1]
    if len(segments) == 1:
        headline = say.text("All who have bought are in one segment: {segment}", segment=say.segment(first.segment))
        body = say.text("With one segment there is nothing to compare: work with single customers, not with groups.")
        return Finding("base_makeup", headline, body, (("customers", total),))
    second = segments[1]
    pair = (first.customers + second.customers) / total
    if first.customers >= HALF * total:
        headline = say.text(
            "{segment} is {share} of the base", segment=say.segment(first.segment), share=say.percent(first.customers / total)
        )
    elif pair >= HALF:
        headline = say.text(
            "{first} and {second} make up {share} of the base",
            first=say.segment(first.segment),
            second=say.segment(second.segment),
            share=say.percent(pair),
        )
    else:
        headline = say.text(
            "The largest segment is {segment}: {share} of the base",
            segment=say.segment(first.segment),
            share=say.percent(first.customers / total),
        )
    body = say.text(
        "{first}: {first_customers}; {second}: {second_customers}; {of_buyers} in all. The smallest segment is {last}: "
        "{last_customers} ({share}).",
        first=say.segment(first.segment),
        first_customers=say.customers(first.customers),
        second=say.segment(second.segment),
        second_customers=say.customers(second.customers),
        of_buyers=say.of_buyers(total),
        last=say.segment(last.segment),
        last_customers=say.customers(last.customers),
        share=say.percent(last.customers / total),
    )
    figures = (("share", pair), ("smallest_share", last.customers / total), ("customers", total))
    return Finding("base_makeup", headline, body, figures)


def revenue_carrier(say: Wording) -> Finding | None:
    """Which segment carries the revenue."""
    segments = sorted(of_scheme(say.analysis), key=lambda item: (-item.revenue, item.segment))
    total = sum(item.revenue for item in segments)
    if total <= 0 or not segments:
        return None
    first, last = segments[0], segments[-1]
    share = first.revenue / total
    values = {"segment": say.segment(first.segment), "money": say.money(first.revenue), "share": say.percent(share)}
    if len(segments) == 1:
        headline = say.text("All revenue, {money}, comes from {segment}", **values)
    elif share > HALF:
        headline = say.text("{segment} brings {money}: more than half of revenue", **values)
    else:
        headline = say.text("{segment} brings the most: {money}, {share} of revenue", **values)
    own = first.customers / sum(item.customers for item in segments)
    body = say.text(
        "{segment} is {own} of customers and {share} of net revenue: {ratio} of the average revenue per customer.",
        segment=values["segment"],
        own=say.percent(own),
        share=values["share"],
        ratio=say.percent(share / own, 0),
    )
    if len(segments) > 1:
        body += " " + say.text(
            "The least comes from {last}: {money} ({share}).",
            last=say.segment(last.segment),
            money=say.money(last.revenue),
            share=say.percent(last.revenue / total),
        )
    return Finding("revenue_carrier", headline, body, (("revenue", first.revenue), ("share", share), ("customer_share", own)))


def largest_category(say: Wording) -> Finding | None:
    """Which of the 27 RFM categories holds most customers."""
    filled = [item for item in say.analysis.categories if item.customers]
    if not filled:
        return None
    top = max(filled, key=lambda item: (item.customers, -item.recency, item.monetary, -item.frequency))
    total = sum(item.customers for item in filled)
    headline = say.text(
        "The largest RFM category is {category}: {customers}",
        category=say.category(top.recency, top.monetary, top.frequency),
        customers=say.customers(top.customers),
    )
    body = say.language.plural(
        "That is {share} of those who have bought. {count} of the 27 categories holds somebody.",
        "That is {share} of those who have bought. {count} of the 27 categories hold somebody.",
        len({(item.recency, item.monetary, item.frequency) for item in filled}),
        share=say.percent(top.customers / total),
    )
    if (top.recency, top.monetary, top.frequency) == (1, 1, 3):
        body += " " + say.text("They came recently, bought rarely and for small sums: the second purchase decides.")
    return Finding("largest_category", headline, body, (("customers", top.customers), ("share", top.customers / total)))


def industry_pattern(say: Wording) -> Finding | None:
    """Where among the largest industries the segment in question is most frequent, and whether that is more than chance."""
    from kogorta.experiments.quantities import wilson_interval

    subject = subject_segment(say)
    tops = top_industries(say)
    if subject is None or not tops:
        return None
    inside = {
        industry: sum(i.customers for i in say.analysis.industries if (i.industry, i.segment) == (industry, subject))
        for industry, _ in tops
    }
    best, size = max(tops, key=lambda pair: (inside[pair[0]] / pair[1], pair[1]))
    share = inside[best] / size
    everyone = sum(item.customers for item in say.analysis.industries)
    usual = sum(item.customers for item in say.analysis.industries if item.segment == subject) / everyone
    if not inside[best]:
        return Finding(
            "industry_pattern",
            say.text("In the largest industries nobody is in {segment}", segment=say.segment(subject)),
            say.text("Compared: {industries}.", industries=say.listed([say.industry(name) for name, _ in tops])),
        )
    interval = wilson_interval(inside[best], size)
    headline = say.text(
        "{segment}: the highest share is in {industry}, {share}",
        segment=say.segment(subject),
        industry=quoted(say.language, say.industry(best)),
        share=say.percent(share, 0),
    )
    body = say.text(
        "{inside} {of_customers} of this industry, against {usual} over all industries.",
        inside=say.number(inside[best]),
        of_customers=say.of_customers(size),
        usual=say.percent(usual, 0),
    )
    values = {"low": say.percent(interval.low, 0), "high": say.percent(interval.high, 0)}
    if size < SMALL:
        body += " " + say.text("With so few customers the share is rough: {low} to {high} (95 %).", **values)
    elif interval.low > usual:
        body += " " + say.text("Even the cautious bound, {low}, is above the average: the difference is not chance.", **values)
    else:
        body += " " + say.text("The 95 % interval is {low} to {high}: the difference may be chance.", **values)
    return Finding("industry_pattern", headline, body, (("share", share), ("share_low", interval.low), ("usual", usual)))


def subject_segment(say: Wording) -> str | None:
    """The segment in question: the priority one, else the largest."""
    if say.analysis.plan.priority and say.analysis.plan.scheme == say.analysis.scheme:
        return say.analysis.plan.priority
    segments = of_scheme(say.analysis)
    return segments[0].segment if segments else None


def top_industries(say: Wording, limit: int = TOP_INDUSTRIES) -> list[tuple[str, int]]:
    """The largest industries with their customers, ties by name."""
    sizes: dict[str, int] = {}
    for item in say.analysis.industries:
        if item.industry:
            sizes[item.industry] = sizes.get(item.industry, 0) + item.customers
    return sorted(((name, size) for name, size in sizes.items() if size), key=lambda pair: (-pair[1], pair[0]))[:limit]
