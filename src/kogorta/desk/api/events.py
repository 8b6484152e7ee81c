"""Events for programs: send one or many, and see what became of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

from ninja import Query, Router, Status
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError, to_json

from kogorta.base.told import ORDER, REFUND
from kogorta.desk.api.callers import Bearer, caller_of
from kogorta.desk.api.cursors import cursor_of
from kogorta.desk.api.jobs import PageQuery
from kogorta.desk.api.limits import Buckets
from kogorta.desk.api.openapi import NO_KEY
from kogorta.desk.api.problems import TooManyError
from kogorta.desk.api.scopes import Scope
from kogorta.desk.errors import DeskError
from kogorta.desk.events.actions import NewEvent, take_in
from kogorta.desk.events.queries import backlog, received_events
from kogorta.desk.language import now
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest

    from kogorta.desk.api.callers import Caller

router = Router(tags=["events"])
MOST: Final = 1000
limit: Final = Buckets(DESK.events_per_second, 5.0 * DESK.events_per_second)
"""How many events a token may send."""
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=1)
STATUSES: Final = ("won", "open", "lost", "cancelled")
LARGEST_AMOUNT: Final = 10**13
_MONEY: Final = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,6})?")

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Slug = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.:-]+$")]
Cell = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


def _spelled_out(value: object) -> object:
    """A number, or one as text, would pass for seconds since 1970."""
    if isinstance(value, str) and value[4:5] == "-":
        return value
    raise PydanticCustomError("datetime_parsing", "a moment is expected")


def _amount(value: object) -> float | None:
    """Money of an event: a number, or one as text."""
    if isinstance(value, str) and _MONEY.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < LARGEST_AMOUNT else None


def _dated(told: Mapping[str, object]) -> bool:
    """Whether the moment of an order, if one is told, is a moment with its zone."""
    at = told.get("ordered_at")
    if at is None:
        return True
    try:
        return isinstance(at, str) and datetime.fromisoformat(at).tzinfo is not None
    except ValueError:
        return False


class EventIn(BaseModel):
    """Something a customer did or met with."""

    model_config = ConfigDict(extra="forbid")
    id: Name = Field(description="Yours; the same id is the same event, however often it is sent.")
    customer_id: Name = Field(description="As in /customers.")
    type: Slug = Field(
        description="Such as email_open or page_view; rules ask for it by events(...). order and refund tell of orders: see properties.",
        examples=["page_view"],
    )
    at: Annotated[AwareDatetime, BeforeValidator(_spelled_out)] = Field(
        description="The moment, with its zone; from 1970 to a day ahead.", examples=["2026-11-22T10:00:00+03:00"]
    )
    source: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")] = ""
    properties: dict[Cell, Cell | bool | int | float | None] = Field(
        default_factory=dict,
        max_length=50,
        description="Rules read campaign, channel, page, category, product, product_id and value. An event of the type order says an order "
        "whole: order_id, amount in the base's currency, status (won, the default, open, lost or cancelled), and, if known, ordered_at, "
        "discount, channel, manager, pipeline, product, product_id, category, quantity; the event of the latest moment counts. One of the "
        "type refund gives back amount of order_id.",
    )

    @model_validator(mode="after")
    def _says_what_it_tells(self) -> EventIn:
        told = self.properties
        amount, order = _amount(told.get("amount")), told.get("order_id")
        named = isinstance(order, str) and 0 < len(order) <= 200
        if self.type == ORDER and not (named and amount is not None and told.get("status", "won") in STATUSES and _dated(told)):
            raise PydanticCustomError("order_untold", "an order is not told whole")
        if self.type == REFUND and (amount is None or amount <= 0 or not (named or order is None)):
            raise PydanticCustomError("refund_untold", "a refund is not told whole")
        return self


class EventBatch(BaseModel):
    """Events; all of them are taken or none."""

    model_config = ConfigDict(extra="forbid")
    events: Annotated[list[EventIn], Field(min_length=1, max_length=MOST)]


class EventsKept(BaseModel):
    """What came of events: they are on the disk."""

    accepted: int = Field(description="New ones.")
    known: int = Field(description="Ids that were sent before: nothing changed.")


class EventState(BaseModel):
    """An event and what became of it."""

    id: str
    customer_id: str
    type: str
    at: datetime
    source: str
    state: Literal["waiting", "taken", "unknown"] = Field(
        description="waiting: goes into the base within a minute or two; taken: the base has it; unknown: the base knows no such customer "
        "yet, and it waits for him."
    )
    received_at: datetime


class EventPage(BaseModel):
    """A page of events, those received last first. What the base has is listed for 30 days."""

    items: list[EventState]
    next_cursor: str | None
    waiting: int = Field(description="How many wait for the base.")
    unknown: int = Field(description="How many wait for their customer.")


class EventQuery(PageQuery):
    """What events."""

    state: Literal["waiting", "taken", "unknown"] | None = None


def wait_of(caller: Caller, events: int) -> float:
    """Count events against the limit of a token; returns 0, or the seconds to wait, and then nothing is counted."""
    return limit.take(str(caller.token_id), events)


def keep_events(caller: Caller, events: Sequence[EventIn]) -> EventsKept:
    """Write events down.

    Raises:
        TooManyError: the token has sent more than its limit.
        DeskError: an event lies in the future.
    """
    wait = wait_of(caller, len(events))
    if wait:
        raise TooManyError(wait)
    latest = now() + AHEAD
    for place, item in enumerate(events):
        if not EARLIEST <= item.at <= latest:
            raise DeskError("The moment of event {place} ({event}) lies before 1970 or in the future.", place=place, event=item.id)
    new = take_in(
        NewEvent(item.id, item.customer_id, item.type, item.at, item.source, to_json(item.properties).decode()) for item in events
    )
    return EventsKept(accepted=new, known=len(events) - new)


@router.post(
    "",
    auth=Bearer(Scope.EVENTS_WRITE, counted=False),
    response={202: EventsKept},
    operation_id="send_event",
    summary="Send an event",
    openapi_extra={NO_KEY: True},
)
def send_event(request: HttpRequest, event: EventIn) -> Status[EventsKept]:
    """It is on the disk when the answer comes. Its id is its key: sent again, nothing changes."""
    return Status(202, keep_events(caller_of(request), [event]))


@router.post(
    "/batch",
    auth=Bearer(Scope.EVENTS_WRITE, counted=False),
    response={202: EventsKept},
    operation_id="send_events",
    summary="Send up to 1000 events",
    openapi_extra={NO_KEY: True},
)
def send_events(request: HttpRequest, batch: EventBatch) -> Status[EventsKept]:
    """They are on the disk when the answer comes: all of them, or none where one has a fault."""
    return Status(202, keep_events(caller_of(request), batch.events))


@router.get("", auth=Bearer(Scope.EVENTS_READ), response=EventPage, operation_id="list_events", summary="What became of events")
def list_events(request: HttpRequest, asked: Annotated[EventQuery, Query()]) -> EventPage:  # noqa: ARG001
    """Events as they were received, newest first."""
    kind = f"events.{asked.state}"
    rows = received_events(asked.state, asked.before(kind), asked.limit + 1)
    page, counts = rows[: asked.limit], backlog()
    return EventPage(
        items=[
            EventState(
                id=row.event_id,
                customer_id=row.customer_id,
                type=row.type,
                at=row.at,
                source=row.source,
                state=row.state,  # type: ignore[arg-type]
                received_at=row.received_at,
            )
            for row in page
        ],
        next_cursor=cursor_of(kind, page[-1].pk) if len(rows) > asked.limit else None,
        waiting=counts.waiting,
        unknown=counts.unknown,
    )
