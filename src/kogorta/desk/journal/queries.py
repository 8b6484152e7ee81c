"""Reads of the room."""

from __future__ import annotations

from kogorta.desk.journal.models import Entry


def latest_entries(before: int | None = None, size: int = 50) -> list[Entry]:
    """Entries, newest first, from below an id."""
    rows = Entry.objects.select_related("actor").order_by("-id")
    return list((rows.filter(pk__lt=before) if before else rows)[:size])
