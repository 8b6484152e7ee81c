"""What happened, one fact at a time, as an intake hears it; and the arrays a tick takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.segments.membership.changes import CardChanges, Changes, Merge, RowChanges
from kogorta.segments.membership.derived import DERIVED
from kogorta.segments.membership.population import CARD_TYPES
from kogorta.segments.rules.fields import FIELDS, THOUSANDTHS, family, fold
from kogorta.segments.rules.matching import day_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from kogorta.segments.membership.moments import Zone
    from kogorta.segments.membership.population import Population
    from kogorta.segments.rules.fields import Grain

LARGEST_VALUE: Final = 1e9
"""Beyond it a value of an event is not a value."""


@dataclass(frozen=True)
class Line:
    """A line of an order: amounts in minor units of the order's currency."""

    category: str | None = None
    product: str | None = None
    product_id: str | None = None
    quantity: float = 1.0
    amount: int = 0
    discount: int = 0


@dataclass(frozen=True)
class Order:
    """An order as it stands now; a later fact about the same order replaces it.

    Args:
        sequence: number of what happened; grows.
        order: number of the order.
        customer: number of the card it was made by.
        at: moment of the purchase, microseconds since 1970 in UTC.
        amount: sum in minor units of the company's currency; negative for money given back with no order to reverse.
        refunded: what refunds have taken back of it so far, minor units.
        won: whether it counts as a purchase.
        discount: minor units.
        channel, manager, pipeline: where it came from.
        lines: what was bought.
    """

    sequence: int
    order: int
    customer: int
    at: int
    amount: int
    refunded: int = 0
    won: bool = True
    discount: int = 0
    channel: str | None = None
    manager: str | None = None
    pipeline: str | None = None
    lines: tuple[Line, ...] = ()

    @property
    def net(self) -> int:
        """What is left of it: 0 when it was not won or was taken back whole."""
        if not self.won:
            return 0
        return self.amount if self.amount < 0 else max(self.amount - self.refunded, 0)


@dataclass(frozen=True)
class Event:
    """Something a customer did; `properties` are those rules may filter by.

    Args:
        sequence: number of what happened; grows.
        event: number of the event.
        customer: number of the card.
        at: moment, microseconds since 1970 in UTC.
        type: kind of the event, such as `email_click`; None deletes the event.
        source: who told of it.
        properties: campaign, channel, page, category, product, product_id.
        value: a number it carries, or None.
    """

    sequence: int
    event: int
    customer: int
    at: int
    type: str | None
    source: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    value: float | None = None


@dataclass(frozen=True)
class Card:
    """Fields of a customer; those not named are as they were.

    Args:
        sequence: number of what happened; grows.
        customer: his number.
        customer_id: his id.
        fields: name in the rules' registry -> value (texts, numbers in the column's unit, dates), None where unknown.
        attributes: key -> values; None leaves them as they were.
    """

    sequence: int
    customer: int
    customer_id: str
    fields: Mapping[str, object] = field(default_factory=dict)
    attributes: Mapping[str, Sequence[str]] | None = None


Fact = Order | Event | Card | Merge


def encode(facts: Iterable[Fact], population: Population, zone: Zone) -> Changes:
    """Arrays of some facts, in the order they happened; the last fact about an order, an event or a card counts.

    Args:
        facts: in the order of their sequence numbers.
        population: whose texts are numbered.
        zone: the company's zone, for business days.
    """
    orders: dict[int, Order] = {}
    events: dict[int, Event] = {}
    cards: dict[int, Card] = {}
    merges: list[Merge] = []
    for fact in facts:
        if isinstance(fact, Order):
            orders[fact.order] = fact
        elif isinstance(fact, Event):
            events[fact.event] = fact
        elif isinstance(fact, Card):
            known = cards.get(fact.customer)
            cards[fact.customer] = fact if known is None else _both(known, fact)
        else:
            merges.append(fact)
    rows: dict[Grain, RowChanges] = {}
    if orders:
        found = list(orders.values())
        days = _days([order.at for order in found], zone)
        rows["orders"] = _orders(found, days, population)
        rows["lines"] = _lines(found, days, population)
    if events:
        rows["events"] = _events(list(events.values()), population, zone)
    with_attributes = [card for card in cards.values() if card.attributes is not None]
    if with_attributes:
        rows["attributes"] = _attributes(with_attributes, population)
    return Changes(_cards(list(cards.values()), population) if cards else None, rows, tuple(merges))


def _both(earlier: Card, later: Card) -> Card:
    attributes = later.attributes if later.attributes is not None else earlier.attributes
    return Card(later.sequence, later.customer, later.customer_id, {**earlier.fields, **later.fields}, attributes)


def _days(moments: Sequence[int], zone: Zone) -> NDArray[np.int32]:
    """Business days of moments; a zone's offset is the same through most hours, so each hour is asked once."""
    hours: dict[int, int] = {}
    found = np.empty(len(moments), dtype=np.int32)
    for place, moment in enumerate(moments):
        quarter = moment // 900_000_000
        day = hours.get(quarter)
        if day is None:
            day = hours[quarter] = day_number(zone.day_of(moment))
        found[place] = day
    return found


def _longs(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)


def _codes(population: Population, grain: Grain, column: str, texts: Iterable[str | None]) -> NDArray[np.int32]:
    lexicon = population.lexicon(grain, column)
    known: dict[str | None, int] = {None: -1}
    found = []
    for text in texts:
        code = known.get(text)
        if code is None:
            code = known[text] = lexicon.code(fold(text or "") or None)
        found.append(code)
    return np.array(found, dtype=np.int32)


def _orders(orders: list[Order], days: NDArray[np.int32], population: Population) -> RowChanges:
    counts = _longs(int(order.net != 0) for order in orders)
    kept = [order for order in orders if order.net != 0]
    columns: dict[str, NDArray[np.generic]] = {
        "day": days[counts > 0],
        "moment": _longs(order.at for order in kept),
        "is_order": np.fromiter((order.net > 0 for order in kept), dtype=np.bool_),
        "amount": _longs(order.net for order in kept),
        "discount": _longs(order.discount for order in kept),
        "channel": _codes(population, "orders", "channel", (order.channel for order in kept)),
        "manager": _codes(population, "orders", "manager", (order.manager for order in kept)),
        "pipeline": _codes(population, "orders", "pipeline", (order.pipeline for order in kept)),
    }
    return _changes(orders, [order.order for order in orders], counts, columns)


def _lines(orders: list[Order], days: NDArray[np.int32], population: Population) -> RowChanges:
    counts = _longs(len(order.lines) if order.net != 0 else 0 for order in orders)
    pairs = [(order, line) for order in orders if order.net != 0 for line in order.lines]
    columns: dict[str, NDArray[np.generic]] = {
        "day": np.repeat(days, counts),
        "is_order": np.fromiter((order.net > 0 for order, _ in pairs), dtype=np.bool_),
        "amount": _longs(_part(line.amount, order) for order, line in pairs),
        "discount": _longs(line.discount for _, line in pairs),
        "quantity": _longs(round(line.quantity * THOUSANDTHS) for _, line in pairs),
        "category": _codes(population, "lines", "category", (line.category for _, line in pairs)),
        "product": _codes(population, "lines", "product", (line.product for _, line in pairs)),
        "product_id": _codes(population, "lines", "product_id", (line.product_id for _, line in pairs)),
        "channel": _codes(population, "lines", "channel", (order.channel for order, _ in pairs)),
        "manager": _codes(population, "lines", "manager", (order.manager for order, _ in pairs)),
        "pipeline": _codes(population, "lines", "pipeline", (order.pipeline for order, _ in pairs)),
    }
    return _changes(orders, [order.order for order in orders], counts, columns)


def _part(amount: int, order: Order) -> int:
    """A line bears its part of the order's net sum, halves up; the engine's division drops the fraction of a negative."""
    if order.amount == 0:
        return 0
    over, under = 2 * amount * order.net + order.amount, 2 * order.amount
    whole = abs(over) // abs(under)
    return whole if (over < 0) == (under < 0) else -whole


def _events(events: list[Event], population: Population, zone: Zone) -> RowChanges:
    counts = _longs(int(event.type is not None) for event in events)
    kept = [event for event in events if event.type is not None]
    valued = [event.value is not None and abs(event.value) <= LARGEST_VALUE for event in kept]
    columns: dict[str, NDArray[np.generic]] = {
        "day": _days([event.at for event in kept], zone),
        "moment": _longs(event.at for event in kept),
        "type": _codes(population, "events", "type", (event.type for event in kept)),
        "source": _codes(population, "events", "source", (event.source for event in kept)),
        "value": _longs(round((event.value or 0) * THOUSANDTHS) if there else 0 for event, there in zip(kept, valued, strict=True)),
        "has_value": np.array(valued, dtype=np.bool_),
    }
    telling = [(place, event.properties) for place, event in enumerate(kept) if event.properties]
    for name in ("campaign", "channel", "page", "category", "product", "product_id"):
        codes = columns[name] = np.full(len(kept), -1, dtype=np.int32)
        told = [(place, text) for place, properties in telling if (text := properties.get(name)) is not None]
        if told:
            codes[[place for place, _ in told]] = _codes(population, "events", name, [text for _, text in told])
    return _changes(events, [event.event for event in events], counts, columns)


def _attributes(cards: list[Card], population: Population) -> RowChanges:
    items = [[(key, text) for key, texts in (card.attributes or {}).items() for text in texts] for card in cards]
    pairs = [pair for found in items for pair in found]
    numbers = [_number(text) for _, text in pairs]
    columns: dict[str, NDArray[np.generic]] = {
        "day": np.zeros(len(pairs), dtype=np.int32),
        "key": _codes(population, "attributes", "key", (key for key, _ in pairs)),
        "text": _codes(population, "attributes", "text", (text for _, text in pairs)),
        "number": np.array([0.0 if number is None else number for number in numbers], dtype=np.float64),
        "has_number": np.array([number is not None for number in numbers], dtype=np.bool_),
    }
    return _changes(cards, [card.customer for card in cards], _longs(map(len, items)), columns)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _changes(
    facts: Sequence[Order | Event | Card], records: list[int], counts: NDArray[np.int64], columns: Mapping[str, NDArray[np.generic]]
) -> RowChanges:
    return RowChanges(_longs(records), counts, _longs(fact.customer for fact in facts), columns, _longs(fact.sequence for fact in facts))


def _cards(cards: list[Card], population: Population) -> CardChanges:
    """Fields as arrays; one that a card does not name keeps what it was."""
    customers = _longs(card.customer for card in cards)
    names = sorted({name for card in cards for name in card.fields} - DERIVED)
    numbers: dict[str, tuple[NDArray[np.generic], NDArray[np.bool_]]] = {}
    texts: dict[str, NDArray[np.int32]] = {}
    for name in names:
        held = population.field_of(name, customers)
        kind = FIELDS[name].kind
        told = [name in card.fields for card in cards]
        given = [card.fields.get(name) for card in cards]
        if family(kind) != "number":
            words = [str(value) if value is not None else None for value in given]
            new = _codes(population, "customers", name, words)  # type: ignore[arg-type]
            texts[name] = np.where(told, new, held[0]).astype(np.int32)
            continue
        values = [0 if value is None else day_number(value) if isinstance(value, date) else value for value in given]
        known = np.array([value is not None for value in given], dtype=np.bool_)
        new_values = np.array(values, dtype=CARD_TYPES.get(kind, np.int64))
        numbers[name] = np.where(told, new_values, held[0]), np.where(told, known, held[1])
    return CardChanges(customers, tuple(card.customer_id for card in cards), numbers, texts, _longs(card.sequence for card in cards))
