"""Saved segments, every version of each, and lists frozen from them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Segment(models.Model):
    """A segment told by a rule.

    Args of a row: `tree` is the JSON of the rule (`kogorta.segments.rules.document`), `version` grows with each change.
    """

    name = models.CharField(max_length=200, unique=True)
    tree = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        """By name."""

        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class SegmentVersion(models.Model):
    """What a segment was: one row for each change, never altered."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    tree = models.JSONField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["segment", "number"], name="segment_version_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class FrozenList(models.Model):
    """People who were in a segment on a day; they stay whatever the base becomes. Ids are in a Parquet file named `file`."""

    segment = models.ForeignKey(Segment, null=True, on_delete=models.SET_NULL, related_name="lists")
    name = models.CharField(max_length=200)
    tree = models.JSONField()
    as_of = models.DateField()
    customers = models.PositiveBigIntegerField()
    file = models.CharField(max_length=100)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name
