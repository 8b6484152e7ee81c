"""Jobs for programs: how far they are, stop one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ninja import Path, Query, Router
from pydantic import BaseModel, ConfigDict, Field

from kogorta.desk.api.callers import Bearer, caller_of
from kogorta.desk.api.cursors import cursor_of, key_of
from kogorta.desk.api.customers import Cursor, Limit
from kogorta.desk.api.openapi import NOT_FOUND
from kogorta.desk.api.scopes import Scope
from kogorta.desk.errors import NotFoundError
from kogorta.desk.jobs import actions
from kogorta.desk.jobs.queries import find_job, latest_jobs
from kogorta.desk.jobs.words import error_told

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kogorta.desk.jobs.models import Job

router = Router(tags=["jobs"])
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]


class JobState(BaseModel):
    """A job: a piece of work of the machine."""

    id: int
    kind: str = Field(description="Such as imports.accept.")
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    done: int
    total: int | None = Field(description="Units of work in all; null while not known.")
    attempts: int
    error: str = Field(description="Why it failed, or its last attempt did; empty otherwise.")
    result: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Job) -> JobState:
        """A job as programs see it."""
        return cls(
            id=row.pk,
            kind=row.kind,
            state=row.state,  # type: ignore[arg-type]
            done=row.done,
            total=row.total,
            attempts=row.attempts,
            error=error_told(row),
            result=row.result,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )


class JobPage(BaseModel):
    """A page of jobs, newest first."""

    items: list[JobState]
    next_cursor: str | None


class PageQuery(BaseModel):
    """What page of a list."""

    model_config = ConfigDict(extra="forbid")
    limit: Limit = 50
    cursor: Cursor = ""

    def before(self, kind: str) -> int | None:
        """The number the page lies below."""
        return int(str(key_of(self.cursor, kind, int)[0])) if self.cursor else None


def one_job(job_id: int) -> Job:
    """A job.

    Raises:
        NotFoundError: there is no such job.
    """
    row = find_job(job_id)
    if row is None:
        raise NotFoundError("There is no such job.")
    return row


@router.get("", auth=Bearer(Scope.JOBS_READ), response=JobPage, operation_id="list_jobs", summary="List jobs")
def list_jobs(request: HttpRequest, asked: Annotated[PageQuery, Query()]) -> JobPage:  # noqa: ARG001
    """Jobs, newest first."""
    rows = latest_jobs(asked.before("jobs"), asked.limit + 1)
    page = rows[: asked.limit]
    return JobPage(
        items=[JobState.of(row) for row in page], next_cursor=cursor_of("jobs", page[-1].pk) if len(rows) > asked.limit else None
    )


@router.get(
    "/{int:job_id}",
    auth=Bearer(Scope.JOBS_READ),
    response=JobState,
    operation_id="get_job",
    summary="How far a job is",
    openapi_extra=dict(NOT_FOUND),
)
def get_job(request: HttpRequest, job_id: Annotated[Number, Path()]) -> JobState:  # noqa: ARG001
    """One job."""
    return JobState.of(one_job(job_id))


@router.post(
    "/{int:job_id}/cancel",
    auth=Bearer(Scope.JOBS_WRITE),
    response=JobState,
    operation_id="cancel_job",
    summary="Stop a job",
    openapi_extra=dict(NOT_FOUND),
)
def cancel_job(request: HttpRequest, job_id: Annotated[Number, Path()]) -> JobState:
    """A job that waits stops at once, one that runs at its next step; one that is over is 409."""
    actions.cancel(caller_of(request).user, job_id)
    return JobState.of(one_job(job_id))
