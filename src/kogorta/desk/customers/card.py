"""The card of one customer, read from the tables that lie beside the snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime

    from kogorta.desk.bases.snapshots import Snapshot

MOST_ORDERS: Final = 50
MOST_EVENTS: Final = 30


@dataclass(frozen=True)
class Facts:
    """What is known of a customer; money in minor units, personal fields None for those who may not see them."""

    customer_id: str
    name: str | None
    kind: str | None
    inn: str | None
    industry: str | None
    region: str | None
    first_order_on: date | None
    last_order_on: date | None
    recency_days: int | None
    frequency: int
    monetary: int
    average_check: int | None
    r: int | None
    f: int | None
    m: int | None
    rfm_code: str | None
    segment_case: str | None
    segment_guide: str | None
    abc: str | None
    xyz: str | None
    lifecycle: str
    p_alive: float | None
    expected_orders: float | None
    clv: float | None
    clv_low: float | None
    clv_high: float | None
    email: str | None
    phone: str | None
    city: str | None
    country: str | None
    birth_on: date | None
    gender: str | None
    source: str | None
    manager: str | None
    created_at: datetime | None
    address: str | None


@dataclass(frozen=True)
class CardOrder:
    """An order: `amount` as it was, `net` after refunds, minor units; `goods` are its lines in a few words."""

    order_id: str
    ordered_on: date
    status: str
    amount: int | None
    net: int | None
    title: str | None
    channel: str | None
    goods: str | None


@dataclass(frozen=True)
class Contact:
    """A person of a company; e-mail and phone None for those who may not see them."""

    name: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    is_primary: bool


@dataclass(frozen=True)
class CardEvent:
    """Something that happened: its type, when, and where it was told from."""

    type: str
    at: datetime
    source: str | None


@dataclass(frozen=True)
class Merge:
    """Another record that was joined to this one, and what proved it."""

    merged_id: str
    evidence: str | None
    at: datetime | None


@dataclass(frozen=True)
class Quarter:
    """Net purchases of a quarter in minor units."""

    year: int
    quarter: int
    net: int


@dataclass(frozen=True)
class Card:
    """Everything the page of a customer shows; `orders_in_all` may be more than are listed."""

    facts: Facts
    orders: tuple[CardOrder, ...]
    orders_in_all: int
    quarters: tuple[Quarter, ...]
    contacts: tuple[Contact, ...]
    events: tuple[CardEvent, ...]
    merges: tuple[Merge, ...]


def customer_card(snapshot: Snapshot, customer_id: str, *, with_contacts: bool) -> Card | None:
    """The card; None when there is no such customer.

    Args:
        snapshot: the base.
        customer_id: id of the customer.
        with_contacts: whether e-mails, phones, birthdays and addresses may be seen.
    """
    cursor = snapshot.cursor()
    who = {"id": customer_id}

    def rows(query: str) -> list[tuple[object, ...]]:
        return cursor.execute(query, who).fetchall()

    personal = "{0}" if with_contacts else "NULL AS {0}"
    email, phone, birth_on, address = (personal.format(name) for name in ("email", "phone", "birth_on", "address"))
    number = ", ".join(
        f"CASE WHEN NOT isnan({name}) THEN {name} END" for name in ("p_alive", "expected_orders_90d", "clv", "clv_low", "clv_high")
    )
    found = rows(
        f"""SELECT c.customer_id, name, kind, inn, industry, region, first_order_on, last_order_on, recency_days, frequency, monetary,
            average_check, r, f, m, rfm_code, segment_case, segment_guide, abc, xyz, lifecycle, {number}, {email}, {phone},
            city, country, {birth_on}, gender, source, manager_id, created_at, {address}
        FROM customers c LEFT JOIN card_facts USING (customer_id) WHERE c.customer_id = $id"""
    )
    if not found:
        return None
    orders = rows(
        f"""SELECT o.order_id, o.ordered_on, o.status, o.amount_base, o.net_amount_base, o.title, o.channel, l.goods
        FROM card_orders o LEFT JOIN (
            SELECT order_id, string_agg(coalesce(name, category), ', ' ORDER BY line_no) AS goods FROM card_lines
            WHERE customer_id = $id GROUP BY order_id) l USING (order_id)
        WHERE o.customer_id = $id ORDER BY o.ordered_on DESC, o.order_id LIMIT {MOST_ORDERS}"""
    )
    count = rows("SELECT count(*) FROM card_orders WHERE customer_id = $id")
    quarters = rows(
        """SELECT year(ordered_on), quarter(ordered_on), sum(net_amount_base) FROM card_orders
        WHERE customer_id = $id AND net_amount_base <> 0 GROUP BY ALL ORDER BY 1, 2"""
    )
    contacts = rows(f"SELECT name, job_title, {email}, {phone}, is_primary FROM card_contacts WHERE customer_id = $id LIMIT 50")
    events = rows(f'SELECT type, "at", source FROM card_events WHERE customer_id = $id ORDER BY "at" DESC, event_id LIMIT {MOST_EVENTS}')
    merges = rows('SELECT merged_id, evidence, "at" FROM card_merges WHERE customer_id = $id LIMIT 50')
    return Card(
        Facts(*found[0]),  # type: ignore[arg-type]
        tuple(CardOrder(*row) for row in orders),  # type: ignore[arg-type]
        int(str(count[0][0])),
        tuple(Quarter(*map(int, map(str, row))) for row in quarters),
        tuple(Contact(*row) for row in contacts),  # type: ignore[arg-type]
        tuple(CardEvent(*row) for row in events),  # type: ignore[arg-type]
        tuple(Merge(*row) for row in merges),  # type: ignore[arg-type]
    )
