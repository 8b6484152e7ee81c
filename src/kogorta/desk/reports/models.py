"""One row for each report, and one for each schedule that makes them."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models


class Rhythm(StrEnum):
    """How often a schedule makes a report."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Schedule(models.Model):
    """A report made by itself.

    Args of a row: `day` is the day of the week (1 is Monday) or of the month (the last one where a month is shorter); `hour` is of the
    company's zone.
    """

    rhythm = models.CharField(max_length=10, choices=[(item.value, item.value) for item in Rhythm])
    day = models.PositiveSmallIntegerField()
    hour = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=2)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """In the order they were made."""

        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.rhythm} {self.day} {self.hour}"


class Report(models.Model):
    """A report; its files lie in a folder that bears its number.

    Args of a row: `key` is the slot of the schedule that asked for it; `as_of` is the day it is true at the end of, None before it is
    made where the last day of the data was asked for; `sizes` are bytes by name of file; `ready_at` is None until it is made.
    """

    key = models.CharField(max_length=100, null=True, unique=True)
    schedule = models.ForeignKey(Schedule, null=True, on_delete=models.SET_NULL, related_name="reports")
    language = models.CharField(max_length=2)
    scheme = models.CharField(max_length=10)
    as_of = models.DateField(null=True)
    customers = models.PositiveBigIntegerField(null=True)
    headline = models.TextField(blank=True)
    sizes = models.JSONField(default=dict)
    policy = models.CharField(max_length=300, blank=True)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"report {self.pk}"

    @property
    def is_working(self) -> bool:
        """Whether it is being made."""
        return self.ready_at is None and self.job is not None and not self.job.is_over
