"""Moves between segments for programs: flows between two days, and who left the best segment."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from ninja import Query, Router, Status
from pydantic import BaseModel, ConfigDict, Field

from kogorta.desk.api.callers import Bearer, caller_of
from kogorta.desk.api.customers import analysed
from kogorta.desk.api.jobs import JobState
from kogorta.desk.api.openapi import NOT_FOUND
from kogorta.desk.api.scopes import Scope
from kogorta.desk.bases.kept_moves import read_moves
from kogorta.desk.errors import ConflictError, DeskError, NotFoundError
from kogorta.desk.language import current_language
from kogorta.desk.moves.handlers import ask_for_moves

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kogorta.desk.bases.snapshots import Snapshot

router = Router(tags=["transitions"])


class FlowRow(BaseModel):
    """Customers who were in `source` on the first day and are in `target` on the second; money in minor units."""

    source: str
    target: str
    customers: int
    revenue: int
    revenue_before: int
    year_before: int = Field(description="Net revenue of the 365 days that end with the first day.")
    year_after: int
    bought: int = Field(description="How many of them bought between the days.")


class MoverRow(BaseModel):
    """A customer who left the best segment. Named only with the scope customers:read."""

    customer_id: str
    source: str
    target: str
    year_before: int
    year_after: int
    revenue: int
    last_order_on: date | None
    silent_days: int | None
    bought: bool


class Transitions(BaseModel):
    """Moves between two days under one frozen rule."""

    from_on: date
    to_on: date
    scheme: str
    currency: str
    best: str = Field(description="The segment whose leavers are named.")
    flows: list[FlowRow]
    leavers: list[MoverRow] = Field(description="Most money of the year before first; empty without the scope customers:read.")


class Days(BaseModel):
    """Two days."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    from_on: date | None = Field(None, description="By default the day /transitions compares with by itself.")
    to_on: date | None = Field(None, description="By default the day of the analysis.")


def _days(asked: Days, snapshot: Snapshot) -> tuple[date, date]:
    default = snapshot.figures().compared_from
    to_on = asked.to_on or snapshot.as_of
    from_on = asked.from_on or default
    if from_on is None:
        raise ConflictError("The history is too short to compare by itself; name both days.")
    if from_on >= to_on or to_on > snapshot.as_of or from_on.year < 1900:
        raise DeskError(
            "The first day must be before the second, and the second not after {day}.", day=current_language().day(snapshot.as_of)
        )
    return from_on, to_on


@router.get(
    "",
    auth=Bearer(Scope.SEGMENTS_READ),
    response=Transitions,
    operation_id="get_transitions",
    summary="Moves between segments from one day to another",
    openapi_extra=dict(NOT_FOUND),
)
def get_transitions(request: HttpRequest, asked: Annotated[Days, Query()]) -> Transitions:
    """Flows between two days; days that were not compared yet are 404: ask for them by POST."""
    snapshot = analysed()
    from_on, to_on = _days(asked, snapshot)
    moves = read_moves(snapshot.folder, from_on, to_on)
    if moves is None:
        raise NotFoundError("These days were not compared yet. Ask for it by POST /api/v1/transitions.")
    with_names = caller_of(request).may(Scope.CUSTOMERS_READ)
    return Transitions(
        from_on=moves.from_on,
        to_on=moves.to_on,
        scheme=moves.scheme,
        currency=snapshot.currency,
        best=moves.best,
        flows=[FlowRow.model_validate(vars(item)) for item in moves.flows],
        leavers=[MoverRow.model_validate(vars(item)) for item in moves.leavers] if with_names else [],
    )


@router.post(
    "",
    auth=Bearer(Scope.TRANSITIONS_WRITE),
    response={202: JobState},
    operation_id="ask_for_transitions",
    summary="Ask for the comparison of two days",
)
def ask_for_transitions(request: HttpRequest, asked: Days) -> Status[JobState]:
    """A job counts it; asked for twice it is counted once."""
    snapshot = analysed()
    from_on, to_on = _days(asked, snapshot)
    return Status(202, JobState.of(ask_for_moves(caller_of(request).user, snapshot, from_on, to_on)))
