"""Writes of the room: take events in, say what became of them, let go of old ones."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection, transaction

from kogorta.desk.events.models import ReceivedEvent, State
from kogorta.desk.language import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEPT_FOR: Final = timedelta(days=30)
"""So long an event the base has stays here too; after that the base alone tells a repeated one."""
_CHUNK: Final = 500
_IN_ORDER: Final = 0x6B6F676F  # any number nobody else locks
"""Held while events are written, so that their numbers grow in the order of commits and who reads on from a number misses none."""
_COLUMNS: Final = "event_id, customer_id, type, at, source, properties, received_at, state, judged_by"


class NewEvent(NamedTuple):
    """An event that comes in; `properties` is a JSON text."""

    event_id: str
    customer_id: str
    type: str
    at: datetime
    source: str
    properties: str


Cells = tuple[str, str, str, str, str, str]
"""An event of which all is text: as `NewEvent`, its moment as `text_of` says it."""


class _Batch:
    """Events of one request, and what came of them."""

    def __init__(self, cells: Sequence[object], size: int) -> None:
        self.cells, self.size = cells, size
        self.new = 0
        self.over = False
        self.error: Exception | None = None


class _Intake:
    """Commits batches that come at the same time together: whoever writes next takes along all that wait, so one fsync serves many."""

    def __init__(self) -> None:
        self._waiting: list[_Batch] = []
        self._list = threading.Lock()
        self._pen = threading.Lock()

    def take(self, batch: _Batch) -> int:
        """Write a batch; returns how many of its events are new. They are on the disk when this returns."""
        with self._list:
            self._waiting.append(batch)
        with self._pen:
            if not batch.over:
                with self._list:
                    batches, self._waiting = self._waiting, []
                self._write(batches)
        if batch.error is not None:
            raise batch.error
        return batch.new

    def _write(self, batches: Sequence[_Batch]) -> None:
        try:
            with transaction.atomic(), connection.wrap_database_errors:
                if connection.vendor == "postgresql":
                    connection.connection.execute("SELECT pg_advisory_xact_lock(%s)", [_IN_ORDER])
                for batch in batches:  # by the driver itself: thousands of cells in a statement are spared a second look
                    statement = _insert(batch.size, "?" if connection.vendor == "sqlite" else "%s")
                    batch.new = max(connection.connection.execute(statement, batch.cells).rowcount, 0)
        except Exception as error:  # noqa: BLE001  each sender gets it
            for batch in batches:
                batch.error = error
        for batch in batches:
            batch.over = True


_intake: Final = _Intake()


def take_in(events: Iterable[NewEvent]) -> int:
    """Keep events; an id that is known changes nothing.

    Args:
        events: of one request.

    Returns:
        How many are new. All of them are on the disk.
    """
    return take_in_texts([(*item[:3], text_of(item.at), *item[4:]) for item in events])


def take_in_texts(events: Sequence[Cells]) -> int:
    """The same of events all of which is text."""
    zone = "" if connection.vendor == "sqlite" else "+00"  # PostgreSQL reads a moment without a zone by the session's
    received, cells = text_of(now()) + zone, list[object]()
    for event_id, customer_id, kind, at, source, properties in events:
        cells += (event_id, customer_id, kind, at + zone, source, properties, received)
    return _intake.take(_Batch(cells, len(events))) if events else 0


@lru_cache(maxsize=64)
def _insert(size: int, mark: str) -> str:
    """One statement for all events of a request."""
    row = f"({', '.join([mark] * 7)}, '{State.WAITING.value}', '')"
    return f"INSERT INTO events_receivedevent ({_COLUMNS}) VALUES {', '.join([row] * size)} ON CONFLICT (event_id) DO NOTHING"


def text_of(moment: datetime) -> str:
    """A moment as SQLite keeps it, the same as Django writes, several times quicker."""
    return moment.astimezone(UTC).isoformat(" ")[:-6]


def mark_taken(ids: Sequence[int]) -> None:
    """The base has these."""
    _mark(ids, State.TAKEN, "")


def mark_unknown(ids: Sequence[int], judged_by: str) -> None:
    """The base knows no customer of these; they wait for him."""
    _mark(ids, State.UNKNOWN, judged_by)


def _mark(ids: Sequence[int], state: State, judged_by: str) -> None:
    for place in range(0, len(ids), _CHUNK):
        ReceivedEvent.objects.filter(pk__in=ids[place : place + _CHUNK]).update(state=state, judged_by=judged_by)


def judge_again(judged_by: str) -> int:
    """Let events of unknown customers wait once more when the customers have changed since; returns how many."""
    return ReceivedEvent.objects.filter(state=State.UNKNOWN).exclude(judged_by=judged_by).update(state=State.WAITING)


def forget_old() -> int:
    """Let go of events the base has had for long; returns how many."""
    gone, _ = ReceivedEvent.objects.filter(state=State.TAKEN, received_at__lt=now() - KEPT_FOR).delete()
    return gone


def forget_customer(customer_ids: Iterable[str], nameless: str) -> int:
    """Leave nothing of an erased person in what was received: his events are those of somebody nameless; returns how many."""
    return ReceivedEvent.objects.filter(customer_id__in=list(customer_ids)).update(customer_id=nameless, properties="{}", source="")
