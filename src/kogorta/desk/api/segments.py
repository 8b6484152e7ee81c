"""Segments for programs: those of the schemes with their figures, those people saved, and who is in one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from ninja import Path, Query, Router
from pydantic import BaseModel, Field

from kogorta.desk.api.callers import Bearer, eyes_of
from kogorta.desk.api.cursors import cursor_of
from kogorta.desk.api.customers import CustomerPage, CustomerQuery, analysed, page_of
from kogorta.desk.api.jobs import Number, PageQuery  # noqa: TC001  the framework reads signatures
from kogorta.desk.api.openapi import NOT_FOUND
from kogorta.desk.api.scopes import Scope
from kogorta.desk.segments.queries import (
    check_may_ask,
    find_segment,
    numbers_of_rule,
    saved_book,
    segment_counts,
    segments_below,
)
from kogorta.segments.rules.document import from_document

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kogorta.desk.segments.models import Segment

router = Router(tags=["segments"])


class NamedSegment(BaseModel):
    """A segment of a scheme with its figures; money in minor units, shares from 0 to 1."""

    scheme: str = Field(description="case, guide, abc, xyz or lifecycle.")
    segment: str
    customers: int
    customer_share: float
    revenue: int
    revenue_share: float | None


class NamedSegments(BaseModel):
    """Segments of every scheme, most revenue first within one."""

    items: list[NamedSegment]
    scheme: str = Field(description="The one the company uses: /customers?segment= takes its slugs.")
    as_of: date
    currency: str


class SavedSegment(BaseModel):
    """A segment told by a rule."""

    id: int
    name: str
    version: int = Field(description="Grows with each change.")
    rule: dict[str, Any] = Field(description="The rule as a tree: all, any, not, and conditions.")
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, row: Segment) -> SavedSegment:
        """A segment as programs see it."""
        return cls(id=row.pk, name=row.name, version=row.version, rule=row.tree, created_at=row.created_at, changed_at=row.changed_at)


class CountedSegment(SavedSegment):
    """The same with how many are in it; null while there is no analysis, or the rule cannot be counted."""

    customers: int | None
    revenue: int | None


class SegmentPage(BaseModel):
    """A page of saved segments, newest first."""

    items: list[SavedSegment]
    next_cursor: str | None


@router.get(
    "/named",
    auth=Bearer(Scope.SEGMENTS_READ),
    response=NamedSegments,
    operation_id="list_named_segments",
    summary="Segments of the schemes with their figures",
)
def list_named_segments(request: HttpRequest) -> NamedSegments:  # noqa: ARG001
    """Figures of the newest analysis."""
    snapshot = analysed()
    figures = snapshot.figures()
    schemes = sorted({item.scheme for item in figures.segments})
    return NamedSegments(
        items=[NamedSegment.model_validate(vars(item)) for scheme in schemes for item in figures.of_scheme(scheme)],
        scheme=snapshot.scheme,
        as_of=snapshot.as_of,
        currency=snapshot.currency,
    )


@router.get("", auth=Bearer(Scope.SEGMENTS_READ), response=SegmentPage, operation_id="list_segments", summary="Saved segments")
def list_segments(request: HttpRequest, asked: Annotated[PageQuery, Query()]) -> SegmentPage:  # noqa: ARG001
    """Saved segments, newest first."""
    rows = segments_below(asked.before("segments"), asked.limit + 1)
    page = rows[: asked.limit]
    return SegmentPage(
        items=[SavedSegment.of(row) for row in page],
        next_cursor=cursor_of("segments", page[-1].pk) if len(rows) > asked.limit else None,
    )


@router.get(
    "/{int:segment_id}",
    auth=Bearer(Scope.SEGMENTS_READ),
    response=CountedSegment,
    operation_id="get_segment",
    summary="A saved segment with its figures",
    openapi_extra=dict(NOT_FOUND),
)
def get_segment(request: HttpRequest, segment_id: Annotated[Number, Path()]) -> CountedSegment:
    """The rule, and how many are in it."""
    row = find_segment(segment_id)
    check_may_ask(eyes_of(request), from_document(row.tree), saved_book())
    customers, revenue = segment_counts(analysed(), [row]).get(row.pk, (None, None))
    return CountedSegment(**SavedSegment.of(row).model_dump(), customers=customers, revenue=revenue)


@router.get(
    "/{int:segment_id}/members",
    auth=Bearer(Scope.SEGMENTS_READ, Scope.CUSTOMERS_READ),
    response=CustomerPage,
    operation_id="list_members",
    summary="Who is in a saved segment",
    openapi_extra=dict(NOT_FOUND),
)
def list_members(request: HttpRequest, segment_id: Annotated[Number, Path()], asked: Annotated[CustomerQuery, Query()]) -> CustomerPage:
    """Customers who meet its rule now, with the filters and the order of /customers."""
    row, book, snapshot = find_segment(segment_id), saved_book(), analysed()
    rule = from_document(row.tree)
    check_may_ask(eyes_of(request), rule, book)
    return page_of(request, snapshot, asked, numbers_of_rule(rule, snapshot, book))
