"""One row: the company this desk works for."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Company(models.Model):
    """The company: exactly one row, made with the owner.

    Args of a row: `currency` is an ISO 4217 code, `time_zone` an IANA name, `scheme` names the segments (`case` or `guide`).
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    scheme = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """One company only."""

        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="company_is_one")]

    def __str__(self) -> str:
        return self.name
