"""Reads of the room."""

from __future__ import annotations

from django.db.models import Count

from kogorta.desk.jobs.models import Job


def find_job(job_id: int) -> Job | None:
    """A job by its id."""
    return Job.objects.select_related("created_by").filter(pk=job_id).first()


def latest_jobs(before: int | None = None, size: int = 50) -> list[Job]:
    """Jobs, newest first, from below an id."""
    rows = Job.objects.select_related("created_by").order_by("-id")
    return list((rows.filter(pk__lt=before) if before else rows)[:size])


def jobs_by_state() -> dict[str, int]:
    """How many jobs stand where."""
    return dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))
