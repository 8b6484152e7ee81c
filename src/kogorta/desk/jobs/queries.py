"""Reads of the room."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count
from django.db.models.functions import Now

from kogorta.desk.jobs.models import Job, State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def find_job(job_id: int) -> Job | None:
    """A job by its id."""
    return Job.objects.select_related("created_by").filter(pk=job_id).first()


def jobs_over(ids: Iterable[int]) -> set[int]:
    """Those of these jobs that are over, or are not known at all."""
    wanted = set(ids)
    open_ones = Job.objects.filter(pk__in=wanted, state__in=(State.WAITING, State.RUNNING)).values_list("pk", flat=True)
    return wanted - set(open_ones)


def latest_jobs(before: int | None = None, size: int = 50) -> list[Job]:
    """Jobs, newest first, from below an id."""
    rows = Job.objects.select_related("created_by").order_by("-id")
    return list((rows.filter(pk__lt=before) if before else rows)[:size])


def jobs_by_state() -> dict[str, int]:
    """How many jobs stand where."""
    return dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))


def oldest_waiting() -> datetime | None:
    """Since when the oldest job that is due has waited."""
    return Job.objects.filter(state=State.WAITING, run_at__lte=Now()).order_by("run_at").values_list("run_at", flat=True).first()


def oldest_silent() -> datetime | None:
    """Since when a job that is due or was begun has been without a worker, for more than a minute: nobody works."""
    late = Now() - timedelta(minutes=1)
    waiting = Job.objects.filter(state=State.WAITING, run_at__lt=late).order_by("run_at").values_list("run_at", flat=True).first()
    running = (
        Job.objects.filter(state=State.RUNNING, lease_until__lt=late).order_by("lease_until").values_list("lease_until", flat=True).first()
    )
    return None if Job.objects.filter(state=State.RUNNING, lease_until__gte=Now()).exists() else waiting or running
