"""Events as other programs sent them, for the tick: in the order they came, by their number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.desk.events.models import ReceivedEvent
from kogorta.kit.clock import EPOCH
from kogorta.segments.membership.facts import Event

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from django.db.models import QuerySet

_COLUMNS: Final = ("pk", "event_id", "customer_id", "type", "at", "source", "properties")
_TEXTS: Final = (
    ("campaign", ("campaign",)),
    ("channel", ("channel",)),
    ("page", ("page", "url")),
    ("category", ("category",)),
    ("product", ("product", "name")),
    ("product_id", ("product_id",)),
)


@dataclass(frozen=True)
class Received:
    """An event that came in; `at` is microseconds since 1970 in UTC, `properties` a JSON text."""

    number: int
    event_id: str
    customer_id: str
    type: str
    at: int
    source: str
    properties: str

    def _told(self) -> dict[str, object]:
        try:
            told = json.loads(self.properties or "{}")
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    def fact(self, record: int, customer: int) -> Event:
        """The event as the tick takes it."""
        if self.properties in ("", "{}"):
            return Event(self.number, record, customer, self.at, self.type, self.source)
        told = self._told()
        properties = {name: text for name, keys in _TEXTS if (text := _first(told, keys)) is not None}
        return Event(self.number, record, customer, self.at, self.type, self.source, properties, _number(_first(told, ("value", "score"))))


def newest_number() -> int:
    """The number of the last event that came in, 0 when none did."""
    return ReceivedEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def received_after(number: int, size: int, until: int | None = None) -> list[Received]:
    """Events that came after one of them, in their order."""
    rows = ReceivedEvent.objects.filter(pk__gt=number).order_by("pk")
    if until is not None:
        rows = rows.filter(pk__lte=until)
    return _read(rows, size)


def _read(rows: QuerySet[ReceivedEvent], size: int | None = None) -> list[Received]:
    return [Received(row[0], row[1], row[2], row[3], _moment(row[4]), row[5], row[6]) for row in rows.values_list(*_COLUMNS)[:size]]


def _moment(at: datetime) -> int:
    passed: timedelta = at - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _first(told: dict[str, object], keys: tuple[str, ...]) -> str | None:
    """The text of the first key that has one, as the engine reads JSON."""
    for key in keys:
        value = told.get(key)
        if value is not None:
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return None


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
