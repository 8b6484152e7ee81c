"""One row for each event that was sent; the id its sender gave is its key."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models


class State(StrEnum):
    """How far an event has come."""

    WAITING = "waiting"
    TAKEN = "taken"
    UNKNOWN = "unknown"


class ReceivedEvent(models.Model):
    """An event as it was sent.

    Args of a row: `event_id` is the sender's and counts once; `properties` is a JSON text; `state` is `taken` when the base has it,
    `unknown` while the base knows no such customer; `judged_by` names the customers it was not found among.
    """

    event_id = models.CharField(max_length=200, unique=True)
    customer_id = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    at = models.DateTimeField()
    source = models.CharField(max_length=100)
    properties = models.TextField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=State.WAITING)
    judged_by = models.CharField(max_length=60, default="")

    class Meta:
        """Those that wait, and those nobody knows, are found by indexes of their own."""

        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="events_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["id"], name="events_unknown", condition=models.Q(state="unknown")),
        ]

    def __str__(self) -> str:
        return self.event_id
