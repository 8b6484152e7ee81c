"""What people decided about two records."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models


class Verdict(StrEnum):
    """What was said of two records."""

    SAME = "same"
    DIFFERENT = "different"
    FORGET = "forget"
    APART = "apart"


class Decision(models.Model):
    """One thing that was decided; the last one of a pair holds. `left_id` is the lesser as text; of `apart` it is the record set apart."""

    left_id = models.CharField(max_length=300)
    right_id = models.CharField(max_length=300, blank=True)
    verdict = models.CharField(max_length=10)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["left_id", "right_id"], name="duplicates_pair")]

    def __str__(self) -> str:
        return f"decision {self.pk}"
