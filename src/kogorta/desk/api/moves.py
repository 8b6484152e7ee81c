"""Moves of live segments for programs: in the order of their sequence, to be read again from any place."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from kogorta.desk.api.callers import Bearer, eyes_of
from kogorta.desk.api.scopes import Scope
from kogorta.desk.membership.queries import freshness, last_sequence, transitions_after
from kogorta.desk.membership.shown import documents
from kogorta.desk.segments.queries import open_segments

if TYPE_CHECKING:
    from django.http import HttpRequest

router = Router(tags=["transitions"])


class Move(BaseModel):
    """A customer entered or left a segment; never changed afterwards."""

    sequence: int = Field(description="Grows by one with every move; the key of this move.")
    segment_id: int
    segment: str
    rule_version: int
    customer_id: str
    way: Literal["entered", "left"]
    at: datetime
    cause: Literal["event", "time", "rule", "refit", "healed"]
    reason: str = Field(description="event:<id> or base:<version> when that is the cause; else empty.")
    values: list[float | str | None] = Field(description="What the conditions of the rule saw, from left to right.")


class Moves(BaseModel):
    """Moves after one of them."""

    items: list[Move]
    last_sequence: int = Field(description="Of the newest move there is; where it is beyond the last of items, ask on.")
    as_of: datetime | None = Field(description="The moment memberships are true at.")


class MovesQuery(BaseModel):
    """From where, and of which segment."""

    model_config = ConfigDict(extra="forbid")
    after: int = Field(0, ge=0, lt=2**63, description="Moves with a greater sequence; 0 for all.")
    limit: int = Field(200, ge=1, le=1_000)
    segment_id: int | None = Field(None, ge=1, lt=2**63)


@router.get("", auth=Bearer(Scope.CUSTOMERS_READ), response=Moves, operation_id="list_moves", summary="Moves of live segments by sequence")
def list_moves(request: HttpRequest, asked: Annotated[MovesQuery, Query()]) -> Moves:
    """Read at least once each: keep the sequence of the last move you have dealt with, and ask for those after it.

    Without the scope contacts:read, moves of segments whose rules ask about personal data are left out.
    """
    last, seen = last_sequence(), freshness().seen_at
    rows = transitions_after(asked.after, asked.limit, asked.segment_id, open_segments(eyes_of(request)))
    return Moves(items=[Move.model_validate(item) for item in documents(rows)], last_sequence=last, as_of=seen)
