"""Reads of the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F

from kogorta.desk.imports.models import SentFile, State

if TYPE_CHECKING:
    from collections.abc import Iterable


def find_file(file_id: int) -> SentFile | None:
    """A file by its number."""
    return SentFile.objects.select_related("job", "sent_by", "accepted_by").filter(pk=file_id).first()


def find_by_key(digest: str) -> SentFile | None:
    """A file by the hash of its bytes."""
    return SentFile.objects.filter(digest=digest).first()


def latest_files(before: int | None, limit: int) -> list[SentFile]:
    """Files, newest first."""
    rows = SentFile.objects.select_related("job", "sent_by")
    return list((rows.filter(pk__lt=before) if before is not None else rows)[:limit])


def files_in(base_digests: Iterable[str]) -> list[SentFile]:
    """Files the base has, in the order they were loaded."""
    rows = SentFile.objects.filter(base_digest__in=list(base_digests))
    return list(rows.order_by(F("place").asc(nulls_last=True), "id"))


def all_files() -> list[SentFile]:
    """Every file, the first one first."""
    return list(SentFile.objects.select_related("job").order_by("id"))


def demo_file() -> SentFile | None:
    """The invented export, while the base has it or is about to."""
    return SentFile.objects.select_related("job").filter(is_demo=True).first()


def loaded_files() -> list[SentFile]:
    """Files in the base, the last one first."""
    return list(SentFile.objects.filter(state__in=(State.LOADED, State.UNDOING)).order_by("-place"))
