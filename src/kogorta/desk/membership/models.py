"""Where the watch stands, who is in which segment, and every move. Moments are microseconds since 1970 in UTC."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Watch(models.Model):
    """The one row all ticks go through: a tick writes only while its token is the newest.

    Args of a row: `sequence` is the number of the last transition, `position` the last event taken in, `snapshot` the folder of the base
    the state was made from, `definitions` are frozen borders, learnt anew `refit_every` (see `refits`), last at `refit_at`; `at` is the
    moment the members are true at, `seen_at` the last moment somebody made sure that nothing had changed.
    """

    token = models.PositiveBigIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    sequence = models.PositiveBigIntegerField(default=0)
    position = models.PositiveBigIntegerField(default=0)
    snapshot = models.CharField(max_length=200, blank=True)
    definitions = models.JSONField(default=dict)
    refit_every = models.CharField(max_length=10, default="month")
    refit_at = models.BigIntegerField(default=0)
    at = models.BigIntegerField(default=0)
    seen_at = models.BigIntegerField(default=0)
    took_ms = models.FloatField(default=0)
    looked_at = models.PositiveBigIntegerField(default=0)
    ticks = models.PositiveBigIntegerField(default=0)
    heal_asked = models.BooleanField(default=False)
    checked_at = models.BigIntegerField(default=0)
    trouble = models.TextField(blank=True)
    trouble_values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"watch at {self.sequence}"


class Watched(models.Model):
    """A segment as it is held against the base now."""

    segment = models.PositiveBigIntegerField(primary_key=True)
    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    tree = models.JSONField()
    members = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """The number of a customer; given once, never again."""

    number = models.PositiveBigIntegerField(primary_key=True)
    customer_id = models.CharField(max_length=200, unique=True)

    def __str__(self) -> str:
        return self.customer_id


class Member(models.Model):
    """A customer is in a segment, since which move."""

    pk = models.CompositePrimaryKey("segment", "number")
    segment = models.PositiveBigIntegerField()
    number = models.PositiveBigIntegerField()
    sequence = models.PositiveBigIntegerField()
    since = models.BigIntegerField()

    class Meta:
        """Found by customer too."""

        indexes: ClassVar = [models.Index(fields=["number"], name="member_of")]

    def __str__(self) -> str:
        return f"{self.segment} {self.number}"


class Transition(models.Model):
    """A customer entered or left a segment. Never changed.

    Args of a row: `cause` is one of `event`, `time`, `rule`, `refit`, `healed`; `reason` names the event or the import; `decided` is
    the JSON of what the conditions of the rule saw, from left to right.
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)
    segment = models.PositiveBigIntegerField()
    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    number = models.PositiveBigIntegerField()
    entered = models.BooleanField()
    at = models.BigIntegerField()
    cause = models.CharField(max_length=6)
    reason = models.CharField(max_length=200)
    decided = models.TextField()

    class Meta:
        """Read by sequence; by customer and by segment newest first."""

        ordering: ClassVar = ["sequence"]
        indexes: ClassVar = [
            models.Index(fields=["number", "sequence"], name="moves_of_customer"),
            models.Index(fields=["segment", "sequence"], name="moves_of_segment"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}"


class Day(models.Model):
    """Moves of one segment on one business day, and how many were in it at the end of what is known of the day."""

    segment = models.PositiveBigIntegerField()
    day = models.DateField()
    entered = models.PositiveBigIntegerField(default=0)
    left = models.PositiveBigIntegerField(default=0)
    members = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row for each day on which somebody moved."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["segment", "day"], name="day_of_segment_once")]

    def __str__(self) -> str:
        return f"{self.segment} {self.day}"


class Refit(models.Model):
    """Cut points were learnt anew: what they were, what they are, how many moves came of it."""

    at = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()
    moves = models.PositiveBigIntegerField()

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.at}"


class Difference(models.Model):
    """What the nightly recount found otherwise than the ticks: numbers of some of the customers, at most a hundred each."""

    found_at = models.BigIntegerField()
    at = models.BigIntegerField()
    segment = models.PositiveBigIntegerField()
    name = models.CharField(max_length=200)
    only_held = models.JSONField()
    only_found = models.JSONField()
    customers = models.PositiveBigIntegerField()
    healed_at = models.BigIntegerField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.customers}"


class Subscription(models.Model):
    """An address that is told of moves by sequence, at least once each.

    Args of a row: `cursor` is the last sequence number the address has confirmed.
    """

    address = models.URLField(max_length=500)
    secret = models.CharField(max_length=100)
    segment = models.PositiveBigIntegerField(null=True)
    cursor = models.PositiveBigIntegerField()
    is_active = models.BooleanField(default=True)
    failures = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    last_answer = models.CharField(max_length=200, blank=True)
    last_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """In the order they were made."""

        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.address
