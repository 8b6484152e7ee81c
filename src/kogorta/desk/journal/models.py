"""Entries of the journal. They are only ever added: the database itself refuses to change or delete one."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models


class Entry(models.Model):
    """One thing somebody did.

    Args of a row: `action` is a slug such as `user.invited`; `subject` names what it was done to, such as `user:7`; `details` hold
    no personal data of customers.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=120, blank=True)
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Add the entry; an entry written once stays as it is."""
        if self.pk:
            raise TypeError("An entry of the journal is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ANN401, ARG002
        """Never."""
        raise TypeError("An entry of the journal is never deleted.")
