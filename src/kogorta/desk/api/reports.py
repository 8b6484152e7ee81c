"""Reports for programs: ask for one, see how far it is, download its files."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from django.http import FileResponse
from ninja import Path, Query, Router, Status
from pydantic import BaseModel, ConfigDict, Field

from kogorta.desk.api.callers import Bearer, caller_of
from kogorta.desk.api.cursors import cursor_of
from kogorta.desk.api.jobs import JobState, Number, PageQuery
from kogorta.desk.api.openapi import NOT_FOUND
from kogorta.desk.api.problems import ScopeError
from kogorta.desk.api.scopes import Scope
from kogorta.desk.errors import NotFoundError
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.permissions import Action
from kogorta.desk.reports import actions
from kogorta.desk.reports.files import KINDS, path_of
from kogorta.desk.reports.queries import find_report, latest_reports

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.reports.models import Report

router = Router(tags=["reports"])


class ReportState(BaseModel):
    """A report and its files."""

    id: int
    language: str
    scheme: str
    as_of: date | None = Field(description="null until it is made, where the last day of the data was asked for.")
    headline: str
    files: dict[str, int] = Field(description="Name and bytes; empty until it is made.")
    asked_at: datetime
    ready_at: datetime | None
    job: JobState | None

    @classmethod
    def of(cls, row: Report) -> ReportState:
        """A report as programs see it."""
        return cls(
            id=row.pk,
            language=row.language,
            scheme=row.scheme,
            as_of=row.as_of,
            headline=row.headline,
            files=row.sizes,
            asked_at=row.asked_at,
            ready_at=row.ready_at,
            job=JobState.of(row.job) if row.job else None,
        )


class ReportPage(BaseModel):
    """A page of reports, newest first."""

    items: list[ReportState]
    next_cursor: str | None


class ReportWanted(BaseModel):
    """What report."""

    model_config = ConfigDict(extra="forbid")
    language: Literal["ru", "en"]
    as_of: date | None = Field(None, ge=date(1970, 1, 1), description="End of this day; the last day of the data by default.")


@router.get("", auth=Bearer(Scope.REPORTS_READ), response=ReportPage, operation_id="list_reports", summary="List reports")
def list_reports(request: HttpRequest, asked: Annotated[PageQuery, Query()]) -> ReportPage:  # noqa: ARG001
    """Reports, newest first."""
    rows = latest_reports(asked.before("reports"), asked.limit + 1)
    page = rows[: asked.limit]
    return ReportPage(
        items=[ReportState.of(row) for row in page], next_cursor=cursor_of("reports", page[-1].pk) if len(rows) > asked.limit else None
    )


@router.post("", auth=Bearer(Scope.REPORTS_WRITE), response={202: ReportState}, operation_id="make_report", summary="Ask for a report")
def make_report(request: HttpRequest, wanted: ReportWanted) -> Status[ReportState]:
    """A job makes it."""
    row = actions.ask_for_report(caller_of(request).user, wanted.language, wanted.as_of)
    return Status(202, ReportState.of(find_report(row.pk)))


@router.get(
    "/{int:report_id}",
    auth=Bearer(Scope.REPORTS_READ),
    response=ReportState,
    operation_id="get_report",
    summary="How far a report is, and its files",
    openapi_extra=dict(NOT_FOUND),
)
def get_report(request: HttpRequest, report_id: Annotated[Number, Path()]) -> ReportState:  # noqa: ARG001
    """One report."""
    return ReportState.of(find_report(report_id))


@router.get(
    "/{int:report_id}/files/{name}",
    auth=Bearer(Scope.REPORTS_READ),
    operation_id="download_report",
    summary="Download a file of a report",
    openapi_extra={
        "responses": {
            200: {"description": "The file", "content": {kind.content_type.split(";")[0]: {} for kind in KINDS.values()}},
            **NOT_FOUND["responses"],
        }
    },
)
def download_report(request: HttpRequest, report_id: Annotated[Number, Path()], name: str) -> HttpResponse:
    """Tables with e-mails and phones ask for the scope contacts:read and a role that may export."""
    caller, kind = caller_of(request), KINDS.get(name)
    if kind is None:
        raise NotFoundError("A report has no such file.")
    if kind.action == Action.EXPORT_CUSTOMERS and not caller.may(Scope.CONTACTS_READ):
        raise ScopeError(Scope.CONTACTS_READ.value)
    authorise(caller.user, kind.action)
    row = find_report(report_id)
    path = path_of(row.pk, name)
    if name not in row.sizes or not path.exists():
        raise NotFoundError("The report has no such file: it is not ready, or it was taken away. Make a new one.")
    if kind.action == Action.EXPORT_CUSTOMERS:
        actions.note_download(caller.user, row.pk, name)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=kind.content_type)  # type: ignore[return-value]
