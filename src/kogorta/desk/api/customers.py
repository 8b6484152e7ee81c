"""Customers for programs: the list with its filters, and everything about one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from kogorta.desk.api.callers import Bearer, caller_of
from kogorta.desk.api.cursors import BadCursorError, cursor_of, key_of
from kogorta.desk.api.openapi import NOT_FOUND
from kogorta.desk.api.scopes import Scope
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.customers.card import customer_card
from kogorta.desk.customers.feed import feed
from kogorta.desk.customers.ordering import SORTS
from kogorta.desk.customers.people_list import Wanted
from kogorta.desk.errors import ConflictError, DeskError, NotFoundError

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.customers.people_list import Only

router = Router(tags=["customers"])

Word = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Cursor = Annotated[str, Field(max_length=2000, pattern="^[A-Za-z0-9_-]*$", description="next_cursor of the page before.")]
Limit = Annotated[int, Field(ge=1, le=200, description="Most rows of a page.")]
Level = Annotated[int, Field(ge=1, le=5, description="1 is the best.")]


class CustomerRow(BaseModel):
    """A customer with his figures. Money is in whole minor units (kopecks, cents) of the currency of the page."""

    customer_id: str
    name: str | None
    kind: str | None = Field(description="person or company")
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
    expected_orders_90d: float | None
    clv: float | None = Field(description="Expected discounted margin, minor units; null where no value model was good enough.")
    clv_low: float | None
    clv_high: float | None
    email: str | None = Field(None, description="Only with the scope contacts:read.")
    phone: str | None = Field(None, description="Only with the scope contacts:read.")


class CustomerPage(BaseModel):
    """A page of customers."""

    items: list[CustomerRow]
    next_cursor: str | None = Field(description="null on the last page.")
    as_of: date = Field(description="The day the figures are true at the end of.")
    currency: str


class CustomerQuery(BaseModel):
    """What the list of customers is asked for."""

    model_config = ConfigDict(extra="forbid")
    q: Word = Field("", description="Part of a name, an id or an INN; of an e-mail or a phone with the scope contacts:read.")
    segment: Word = Field("", description="Slug of a segment of the company's scheme; see /segments/named.")
    r: Level | None = None
    f: Level | None = None
    lifecycle: Literal["prospect", "new", "active", "sleeping", "gone"] | None = None
    abc: Literal["A", "B", "C"] | None = None
    sort: Literal["revenue", "orders", "check", "last", "name"] = "revenue"
    way: Literal["up", "down"] | None = Field(None, description="Largest or smallest first; by default as a person would expect it.")
    limit: Limit = 50
    cursor: Cursor = ""

    def wanted(self, snapshot: Snapshot) -> Wanted:
        """The same for the list of customers.

        Raises:
            DeskError: there is no such segment.
        """
        slugs = tuple(item.segment for item in snapshot.figures().of_scheme(snapshot.scheme))
        if self.segment and self.segment not in slugs:
            raise DeskError("There is no segment {segment!r}; there are {names}.", segment=self.segment, names=", ".join(slugs))
        return Wanted(
            search=self.q.strip(),
            segment=self.segment,
            r=self.r or 0,
            f=self.f or 0,
            lifecycle=self.lifecycle or "",
            abc=self.abc or "",
            sort=self.sort,
            down=self.way == "down" if self.way else SORTS[self.sort].down,
        )


class OrderRow(BaseModel):
    """An order: `amount` as it was, `net` after refunds."""

    order_id: str
    ordered_on: date
    status: str
    amount: int | None
    net: int | None
    title: str | None
    channel: str | None
    goods: str | None


class ContactRow(BaseModel):
    """A person of a company."""

    name: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    is_primary: bool


class EventRow(BaseModel):
    """Something that happened."""

    type: str
    at: datetime
    source: str | None


class MergeRow(BaseModel):
    """Another card that was joined to this one."""

    merged_id: str
    evidence: str | None
    at: datetime | None


class CustomerCard(BaseModel):
    """Everything about one customer. Personal fields are null without the scope contacts:read."""

    as_of: date
    currency: str
    customer: CustomerRow
    city: str | None
    country: str | None
    birth_on: date | None
    gender: str | None
    source: str | None
    manager: str | None
    created_at: datetime | None
    address: str | None
    orders: list[OrderRow] = Field(description="The last 50.")
    orders_in_all: int
    contacts: list[ContactRow]
    events: list[EventRow] = Field(description="The last 30.")
    merges: list[MergeRow]


def analysed() -> Snapshot:
    """The newest analysis.

    Raises:
        ConflictError: nothing was imported, or the first analysis is not ready.
    """
    snapshot = newest_snapshot()
    if snapshot is None:
        raise ConflictError("There is no analysis yet: import a file, or wait till the first analysis is done.")
    return snapshot


def page_of(request: HttpRequest, snapshot: Snapshot, asked: CustomerQuery, members: Only | None = None) -> CustomerPage:
    """A page of customers; the cursor belongs to the order."""
    wanted = asked.wanted(snapshot)
    kind = f"customers.{wanted.sort}.{'down' if wanted.down else 'up'}"
    after = None
    if asked.cursor:
        value, customer_id = key_of(asked.cursor, kind, int if SORTS[wanted.sort].kind == "BIGINT" else str, str)
        after = (_checked(value, SORTS[wanted.sort].kind), str(customer_id))
    found = feed(snapshot, wanted, asked.limit, after, with_contacts=caller_of(request).may(Scope.CONTACTS_READ), members=members)
    return CustomerPage(
        items=[CustomerRow.model_validate(row) for row in found.rows],
        next_cursor=cursor_of(kind, *found.last) if found.last else None,
        as_of=snapshot.as_of,
        currency=snapshot.currency,
    )


def _checked(value: object, kind: str) -> str | int:
    if kind == "DATE":
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError as error:
            raise BadCursorError from error
    return value if isinstance(value, int) else str(value)


@router.get("", auth=Bearer(Scope.CUSTOMERS_READ), response=CustomerPage, operation_id="list_customers", summary="List customers")
def list_customers(request: HttpRequest, asked: Annotated[CustomerQuery, Query()]) -> CustomerPage:
    """Customers with their figures, page by page."""
    return page_of(request, analysed(), asked)


@router.get(
    "/{path:customer_id}",
    auth=Bearer(Scope.CUSTOMERS_READ),
    response=CustomerCard,
    operation_id="get_customer",
    summary="Everything about one customer",
    openapi_extra=dict(NOT_FOUND),
)
def get_customer(request: HttpRequest, customer_id: str) -> CustomerCard:
    """The card: figures, orders, contacts, events, merges."""
    snapshot = analysed()
    with_contacts = caller_of(request).may(Scope.CONTACTS_READ)
    card = customer_card(snapshot, customer_id.replace("\x00", ""), with_contacts=with_contacts)
    if card is None:
        raise NotFoundError("There is no such customer.")
    facts = card.facts
    figures = {name: getattr(facts, name, None) for name in CustomerRow.model_fields}
    return CustomerCard(
        as_of=snapshot.as_of,
        currency=snapshot.currency,
        customer=CustomerRow.model_validate(figures | {"expected_orders_90d": facts.expected_orders}),
        city=facts.city,
        country=facts.country,
        birth_on=facts.birth_on,
        gender=facts.gender,
        source=facts.source,
        manager=facts.manager,
        created_at=facts.created_at,
        address=facts.address,
        orders=[OrderRow(**vars(item)) for item in card.orders],
        orders_in_all=card.orders_in_all,
        contacts=[ContactRow(**vars(item)) for item in card.contacts],
        events=[EventRow(**vars(item)) for item in card.events],
        merges=[MergeRow(**vars(item)) for item in card.merges],
    )
