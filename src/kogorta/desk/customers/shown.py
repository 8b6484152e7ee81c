"""Rows of the list and the card with their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.desk.customers.words import LETTERS, STATUSES, level_word, segment_word
from kogorta.desk.events.words import event_word
from kogorta.enrichment.regions import regions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.customers.card import Card, CardEvent, CardOrder
    from kogorta.desk.customers.people_list import Person
    from kogorta.kit.language import Language


@dataclass(frozen=True)
class ShownPerson:
    """A customer of the list: the row, the name to show, his industry and his segment in words."""

    row: Person
    name: str
    industry: str
    segment: str
    series: int


@dataclass(frozen=True)
class Bar:
    """A bar of the purchases of a quarter: place and size in a drawing 100 high."""

    x: float
    y: float
    width: float
    height: float
    title: str
    amount: int


@dataclass(frozen=True)
class ShownCard:
    """The card in words."""

    name: str
    kind: str
    industry: str
    region: str
    segment: str
    lifecycle: str
    abc: str
    xyz: str
    levels: tuple[tuple[str, str], ...]
    orders: tuple[tuple[CardOrder, str], ...]
    events: tuple[tuple[CardEvent, str], ...]
    bars: tuple[Bar, ...]
    first_bar: str
    last_bar: str
    best: Bar | None


def titles(language: Language, scheme: str, slugs: Sequence[str]) -> list[tuple[str, str]]:
    """Slugs of a scheme with their names."""
    return [(slug, segment_word(language, scheme, slug)) for slug in slugs]


def shown_people(people: Sequence[Person], snapshot: Snapshot, language: Language) -> list[ShownPerson]:
    """Rows of the list with their words; the number of a segment is that of its colour."""
    figures = snapshot.figures()
    series = {item.segment: place % 7 + 1 for place, item in enumerate(figures.of_scheme(snapshot.scheme))}
    return [
        ShownPerson(
            row=row,
            name=row.name or row.customer_id,
            industry=_industry(row.industry, snapshot, language),
            segment=segment_word(language, snapshot.scheme, row.segment),
            series=series.get(row.segment or "", 0),
        )
        for row in people
    ]


def _region(code: str | None, language: Language) -> str:
    known = regions().get(code or "")
    return known.name(language) if known else code or ""


def shown_card(card: Card, snapshot: Snapshot, language: Language) -> ShownCard:
    """The card with its words."""
    facts, rule = card.facts, snapshot.figures().rule
    levels = rule.levels if rule else 3
    known = ((digit, getattr(facts, digit)) for digit in ("r", "f", "m"))
    bars = _bars(card, language)
    return ShownCard(
        name=facts.name or facts.customer_id,
        kind=language.text("company") if facts.kind == "company" else language.text("person"),
        industry=_industry(facts.industry, snapshot, language),
        region=_region(facts.region, language),
        segment=segment_word(language, snapshot.scheme, facts.segment_guide if snapshot.scheme == "guide" else facts.segment_case),
        lifecycle=segment_word(language, "lifecycle", facts.lifecycle),
        abc=_letter(language, "abc", facts.abc),
        xyz=_letter(language, "xyz", facts.xyz),
        levels=tuple((f"{digit.upper()} = {level}", level_word(language, digit, level, levels)) for digit, level in known if level),
        orders=tuple((order, language.text(STATUSES[order.status]) if order.status in STATUSES else order.status) for order in card.orders),
        events=tuple((event, event_word(language, event.type)) for event in card.events),
        bars=bars,
        first_bar=bars[0].title if bars else "",
        last_bar=bars[-1].title if bars else "",
        best=max(bars, key=lambda bar: bar.amount) if bars else None,
    )


def _bars(card: Card, language: Language) -> tuple[Bar, ...]:
    """Purchases by quarter, quarters without any included, the last twenty."""
    if not card.quarters:
        return ()
    sums = {item.year * 4 + item.quarter - 1: item.net for item in card.quarters}
    last = max(sums)
    first = max(min(sums), last - 19)
    most = max(max(sums.values()), 1)
    step = 100 / max(last - first + 1, 8)
    found = []
    for place, at in enumerate(range(first, last + 1)):
        amount = sums.get(at, 0)
        height = round(100 * max(amount, 0) / most, 2)
        title = language.text("Q{quarter} {year}", quarter=at % 4 + 1, year=at // 4)
        found.append(Bar(round(place * step, 3), round(100 - height, 2), round(step * 0.8, 3), height, title, amount))
    return tuple(found)


def _industry(slug: str | None, snapshot: Snapshot, language: Language) -> str:
    if not slug:
        return ""
    names = snapshot.figures().industries.get(slug)
    return names[0 if language.code == "ru" else 1] if names else slug


def _letter(language: Language, scheme: str, slug: str | None) -> str:
    known = LETTERS.get(slug or "")
    return language.text(known) if known else segment_word(language, scheme, slug)
