"""Consents, each a row that stays; erasures, and the hashes by which a later file is kept from bringing a person back."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models


class Channel(StrEnum):
    """By what a customer may be written to or called."""

    EMAIL = "email"
    SMS = "sms"
    CALL = "call"
    MESSENGER = "messenger"
    POST = "post"


class ConsentState(StrEnum):
    """What was said."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Consent(models.Model):
    """What a customer said about one channel; the last row of a channel holds, the others are its history.

    Args of a row: `said_on` is the day he said it, `source` where: a form, a letter, a call; `recorded_by` who wrote it down.
    """

    customer_id = models.CharField(max_length=300, db_index=True)
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    said_on = models.DateField()
    source = models.CharField(max_length=200)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-said_on", "-id"]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class Erasure(models.Model):
    """A person whose data were erased. Nothing here says who he was."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    @property
    def nameless(self) -> str:
        """Id of the nameless customer whose the orders are now."""
        return f"erased-{self.pk}"


class ErasedKey(models.Model):
    """The salted hash of an id, an e-mail or a phone of somebody who was erased."""

    digest = models.CharField(max_length=64, unique=True)
    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="keys")

    class Meta:
        """In the order they were kept."""

        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.digest[:8]
