"""The page of jobs: what the machine is doing, how far it is, stop it, try again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from kogorta.desk.errors import NotFoundError
from kogorta.desk.jobs import actions
from kogorta.desk.jobs.queries import find_job, jobs_by_state, latest_jobs
from kogorta.desk.jobs.registry import KINDS
from kogorta.desk.jobs.words import STATE_NAMES, error_told
from kogorta.desk.language import current_language
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.jobs.models import Job

PAGE_SIZE = 50


@dataclass(frozen=True)
class ShownJob:
    """A job as a page shows it.

    Args:
        row: the job.
        title: what it does, English.
        state: where it stands, English.
        error: why it failed, in the reader's language.
        step: what it is doing now, English.
    """

    row: Job
    title: str
    state: str
    error: str
    step: str

    @property
    def percent(self) -> int | None:
        """Whole percents done, where known."""
        return None if self.row.share is None else int(self.row.share * 100)


def shown(row: Job) -> ShownJob:
    """A job with its words."""
    kind = KINDS.get(row.kind)
    return ShownJob(row, kind.title if kind else row.kind, STATE_NAMES.get(row.state, row.state), error_told(row), row.step)


@require_GET
@allowed(Action.SEE_JOBS)
def jobs(request: HttpRequest) -> HttpResponse:
    """Jobs, newest first."""
    before = request.GET.get("before", "")
    found = latest_jobs(int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None, PAGE_SIZE + 1)
    page = found[:PAGE_SIZE]
    after = f"?before={page[-1].pk}" if len(found) > PAGE_SIZE else ""
    counts = [(title, jobs_by_state().get(state, 0)) for state, title in STATE_NAMES.items()]
    return render(
        request,
        "jobs/jobs.html",
        {"jobs": [shown(row) for row in page], "after": after, "before": "?" if before else "", "counts": counts},
    )


@require_GET
@allowed(Action.SEE_JOBS)
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job; the fragment alone for a page that watches it."""
    row = find_job(job_id)
    if row is None:
        raise NotFoundError("There is no such job.")
    template = "jobs/parts/progress.html" if request.headers.get("HX-Request") else "jobs/job.html"
    return render(request, template, {"job": shown(row)})


@require_POST
@allowed(Action.CONTROL_JOBS)
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask a job to stop."""
    actions.cancel(person(request), job_id)
    messages.success(request, current_language().text("The job stops at its next step."))
    return redirect("job", job_id)


@require_POST
@allowed(Action.CONTROL_JOBS)
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    """Try a job once more."""
    actions.retry(person(request), job_id)
    messages.success(request, current_language().text("The job waits for its turn."))
    return redirect("job", job_id)
