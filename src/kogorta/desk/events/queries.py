"""Reads of the room."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from kogorta.base.store import STATE_FILE
from kogorta.desk.events.models import ReceivedEvent, State
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from collections.abc import Mapping


def customers_state() -> str:
    """Names the customers the base has, and its merges; empty while it has none."""
    try:
        tables = json.loads((DESK.base_folder / STATE_FILE).read_text(encoding="utf-8")).get("tables", {})
    except FileNotFoundError:
        return ""
    return f"{tables['customers']}.{tables.get('merges', 0)}" if "customers" in tables else ""


def waiting_events(size: int) -> list[ReceivedEvent]:
    """Events the base has not been asked about yet, in the order they came."""
    return list(ReceivedEvent.objects.filter(state=State.WAITING).order_by("id")[:size])


def has_work() -> bool:
    """Whether any event waits, or may find its customer now."""
    judged_by = customers_state()
    rows = ReceivedEvent.objects.order_by()
    return bool(judged_by) and (
        rows.filter(state=State.WAITING).exists() or rows.filter(state=State.UNKNOWN).exclude(judged_by=judged_by).exists()
    )


def received_events(state: str | None, before: int | None, size: int) -> list[ReceivedEvent]:
    """Events, newest first, from below a number."""
    rows = ReceivedEvent.objects.order_by("-id")
    if state is not None:
        rows = rows.filter(state=state)
    return list((rows if before is None else rows.filter(pk__lt=before))[:size])


@dataclass(frozen=True)
class Backlog:
    """How many events wait for the base, and how many for their customer."""

    waiting: int
    unknown: int


def backlog() -> Backlog:
    """Counted through the indexes of those that wait; the others are not touched."""
    rows = ReceivedEvent.objects.order_by()
    counts: Mapping[str, int] = {
        state: rows.filter(state=state).aggregate(n=Count("pk"))["n"] for state in (State.WAITING.value, State.UNKNOWN.value)
    }
    return Backlog(counts[State.WAITING.value], counts[State.UNKNOWN.value])
