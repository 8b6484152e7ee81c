"""The plain reckoning that turns deals into the truth: customers, levels, segments, fate of every row."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from kogorta.demo.cast import CompanyCard
from kogorta.demo.truth import (
    PLANTED,
    SEGMENTS_CASE,
    SEGMENTS_GUIDE,
    Accounting,
    CustomerTruth,
    Cuts,
    DoubleCard,
    IndustryTruth,
    Planted,
    RefundTruth,
    SegmentTruth,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kogorta.demo.cast import Customer
    from kogorta.demo.export import Row
    from kogorta.demo.mess_cards import Double
    from kogorta.demo.story import Deal


def refunds_of(deals: Iterable[Deal]) -> tuple[RefundTruth, ...]:
    """Every negative deal with the order it reverses."""
    return tuple(
        RefundTruth(deal.deal_id, deal.reverses.deal_id, -(deal.amount or 0), -(deal.amount or 0) == deal.reverses.amount)
        for deal in deals
        if deal.reverses is not None
    )


def customers_of(deals: list[Deal], as_of: date) -> tuple[CustomerTruth, ...]:
    """Every customer with a deal that is not quarantined; levels and segments still empty."""
    theirs: dict[Customer, list[Deal]] = defaultdict(list)
    for deal in deals:
        if deal.customer is not None and not deal.quarantine:
            theirs[deal.customer].append(deal)
    found = [_customer(customer, own, as_of) for customer, own in theirs.items()]
    return tuple(sorted(found, key=lambda one: (one.kind, one.company_ids, one.contact_ids)))


def _customer(customer: Customer, deals: list[Deal], as_of: date) -> CustomerTruth:
    back: Counter[Deal] = Counter()
    for deal in deals:
        if deal.reverses is not None:
            back[deal.reverses] += -(deal.amount or 0)
    orders = [deal for deal in deals if deal.counts and back[deal] < (deal.amount or 0)]
    days = sorted(deal.ordered_on for deal in orders)
    companies = tuple(sorted({deal.company.company_id for deal in deals if deal.company is not None}))
    contacts = {card.contact_id for deal in deals for card in (deal.contact, deal.second) if card is not None}
    known = customer.industry if customer.has_okved else None
    first_contact = customer.contacts[0]
    return CustomerTruth(
        key=f"company-{companies[0]}" if companies else f"contact-{min(contacts)}",
        kind=customer.kind,
        name=customer.companies[0].name if companies else f"{first_contact.first} {first_contact.last}",
        company_ids=companies,
        contact_ids=tuple(sorted(contacts)),
        inn=customer.inn,
        industry=known.slug if known else "",
        industry_name=known.name if known else "",
        region=customer.region,
        first_order_on=days[0] if days else None,
        last_order_on=days[-1] if days else None,
        recency_days=(as_of - days[-1]).days if days else None,
        orders=len(orders),
        net_amount=sum((deal.amount or 0) - back[deal] for deal in orders),
    )


def cuts_of(customers: Iterable[CustomerTruth]) -> Cuts:
    """The smallest values with at least 1/3 and 2/3 of the customers with orders at or below them."""
    buyers = [customer for customer in customers if customer.orders]
    return Cuts(
        _thirds(customer.recency_days or 0 for customer in buyers),
        _thirds(customer.orders for customer in buyers),
        _thirds(customer.net_amount for customer in buyers),
    )


def with_levels(customers: Iterable[CustomerTruth], cuts: Cuts) -> tuple[CustomerTruth, ...]:
    """The customers with their levels, codes and segments."""
    case, guide = _by_code(SEGMENTS_CASE), _by_code(SEGMENTS_GUIDE)
    result = []
    for customer in customers:
        if not customer.orders:
            result.append(customer)
            continue
        r = _level(customer.recency_days or 0, cuts.recency)
        f = 4 - _level(customer.orders, cuts.frequency)
        m = 4 - _level(customer.net_amount, cuts.monetary)
        code = f"{r}{f}{m}"
        result.append(replace(customer, r=r, f=f, m=m, code=code, segment_case=case[code], segment_guide=guide[code]))
    return tuple(result)


def segments_of(customers: Iterable[CustomerTruth]) -> tuple[SegmentTruth, ...]:
    """Sizes and revenue of the segments of both schemes."""
    buyers = [customer for customer in customers if customer.orders]
    result = []
    for scheme, names in (("case", SEGMENTS_CASE), ("guide", SEGMENTS_GUIDE)):
        for slug in names:
            inside = [one for one in buyers if slug == (one.segment_case if scheme == "case" else one.segment_guide)]
            if inside:
                orders, revenue = sum(one.orders for one in inside), sum(one.net_amount for one in inside)
                result.append(SegmentTruth(scheme, slug, len(inside), orders, revenue))
    return tuple(result)


def industries_of(customers: Iterable[CustomerTruth]) -> tuple[IndustryTruth, ...]:
    """Industry x segment of the scheme `case`, by slugs."""
    inside: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for customer in customers:
        if customer.orders:
            inside[customer.industry, customer.industry_name, customer.segment_case].append(customer.net_amount)
    return tuple(IndustryTruth(*key, len(amounts), sum(amounts)) for key, amounts in sorted(inside.items()))


def doubles_of(doubles: Iterable[Double]) -> tuple[DoubleCard, ...]:
    """Pairs of CRM ids, the older card first."""
    result = []
    for double in doubles:
        ids = [card.company_id if isinstance(card, CompanyCard) else card.contact_id for card in (double.kept, double.other)]
        kind = "company" if isinstance(double.kept, CompanyCard) else "contact"
        result.append(DoubleCard(kind, min(ids), max(ids), double.evidence))
    return tuple(sorted(result, key=lambda one: (one.kind, one.older_id)))


def fates_of(rows: list[Row]) -> tuple[Accounting, Mapping[str, tuple[int, ...]], Mapping[str, tuple[int, ...]]]:
    """The accounting, and the numbers of merged and quarantined rows by reason."""
    merged: dict[str, list[int]] = defaultdict(list)
    quarantined: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows, start=2):
        if row.deal.quarantine:
            quarantined[row.deal.quarantine].append(number)
        elif row.merged:
            merged[row.merged].append(number)
    out = sum(map(len, quarantined.values()))
    double = sum(map(len, merged.values()))
    accounting = Accounting(len(rows), len(rows) - out - double, double, out)
    return accounting, _frozen(merged), _frozen(quarantined)


def planted_of(rows: list[Row]) -> tuple[Planted, ...]:
    """Row numbers of every planted kind that occurs."""
    numbers: dict[str, list[int]] = {kind: [] for kind in PLANTED}
    deals: dict[str, set[int]] = {kind: set() for kind in PLANTED}
    for number, row in enumerate(rows, start=2):
        for kind in row.marks:
            numbers[kind].append(number)
            deals[kind].add(row.deal.deal_id)
    return tuple(Planted(kind, tuple(found), len(deals[kind])) for kind, found in numbers.items() if found)


def _frozen(numbers: Mapping[str, list[int]]) -> Mapping[str, tuple[int, ...]]:
    return {reason: tuple(found) for reason, found in sorted(numbers.items())}


def _thirds(values: Iterable[int]) -> tuple[int, int]:
    ordered = sorted(values)
    if not ordered:
        return 0, 0
    count = len(ordered)
    return ordered[-(-count // 3) - 1], ordered[-(-count * 2 // 3) - 1]


def _level(value: int, cuts: tuple[int, int]) -> int:
    return 1 if value <= cuts[0] else 2 if value <= cuts[1] else 3


def _by_code(names: Mapping[str, str]) -> Mapping[str, str]:
    return {code: slug for slug, codes in names.items() for code in codes.split()}
