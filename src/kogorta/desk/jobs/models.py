"""One row for each piece of work of the machine."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(models.Model):
    """A piece of work that survives the death of its worker.

    Args of a row: `kind` names the handler; `key`, when given, lets the same work be asked for only once; `lease_token` grows with each
    claim, so that a worker who lost the lease cannot write any more; `checkpoint` is where the work stopped.
    """

    kind = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=200, null=True, unique=True)
    state = models.CharField(max_length=10, default=State.WAITING)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    most_attempts = models.PositiveIntegerField(default=5)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True)
    step = models.CharField(max_length=200, blank=True)
    checkpoint = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    error_values = models.JSONField(default=dict)
    cancel_asked = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """Waiting and running ones are found by an index of their own."""

        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["run_at"], name="jobs_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["lease_until"], name="jobs_running", condition=models.Q(state="running")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in {State.DONE, State.FAILED, State.CANCELLED}

    @property
    def share(self) -> float | None:
        """Share done, 0-1, where the total is known."""
        return min(self.done / self.total, 1.0) if self.total else None
