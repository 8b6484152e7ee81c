"""One row for each file that was sent."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models


class State(StrEnum):
    """How far a file has come. A state in `...ING` lasts while its job does, and after it where the job failed."""

    NEW = "new"
    CHECKING = "checking"
    CHECKED = "checked"
    ACCEPTING = "accepting"
    LOADED = "loaded"
    UNDOING = "undoing"
    UNDONE = "undone"


class SentFile(models.Model):
    """A file as it was sent; the SHA-256 of its bytes is its key, and its name on disk.

    Args of a row: `name` is shown and never used as a path; `reading` says how the file is read (`Reading.kept`); `found` is what the
    audit said (`Findings.kept`), without personal data; `base_digest` names the import in the base; `place` is the order of loading.
    """

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, default=State.NEW)
    reading = models.JSONField(default=dict)
    found = models.JSONField(default=dict)
    base_digest = models.CharField(max_length=300, blank=True)
    place = models.PositiveBigIntegerField(null=True)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(auto_now_add=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False, db_default=False)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        """Whether a job is at work on the file."""
        return self.job is not None and not self.job.is_over
