"""Events that come in: each belongs to a customer the base knows, and counts once by its id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from kogorta.base.tables import column_list
from kogorta.base.told import TYPES
from kogorta.engine.duck import first_row, literal, register_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kogorta.base.draft import Draft

_COMING: Final = """SELECT i.event_id, coalesce(m.kept_id, i.customer_id) AS customer_id, i.type, CAST(i.happened AS TIMESTAMPTZ) AS "at",
    i.source, i.properties, i.customer_id AS entity_id
    FROM incoming_events i LEFT JOIN merges m ON m.merged_id = i.customer_id"""


@dataclass(frozen=True)
class Event:
    """Something a customer did or met with.

    Args:
        event_id: the sender's; the same id is the same event.
        customer_id: id of the customer, or of a card that was merged into his.
        type: such as `email_open`; rules ask for it.
        at: the moment, with its zone.
        source: where it was told from; may be empty.
        properties: JSON text of an object.
    """

    event_id: str
    customer_id: str
    type: str
    at: datetime
    source: str = ""
    properties: str = "{}"


@dataclass(frozen=True)
class EventsTaken:
    """What came of events: how many were added, the ids of those whose customer is not known, how many added ones tell of orders."""

    added: int
    unknown: frozenset[str]
    of_orders: int = 0


def absorb(draft: Draft, events: Sequence[Event]) -> EventsTaken:
    """Put events beside those that are there. A card that is merged or parted later takes its events along (`following`).

    Args:
        draft: what the base becomes.
        events: in any order; of two with one id the one with the greater row is dropped.
    """
    note_coming(draft, events)
    keep_new(draft, there="events", known="customers")
    unknown = draft.shelf.connection.execute(
        "SELECT DISTINCT event_id FROM coming_events ANTI JOIN customers USING (customer_id)"
    ).fetchall()
    added = draft.count("new_events")
    if added:
        draft.append("events", f"SELECT {column_list('events')} FROM new_events")
    types = ", ".join(map(literal, TYPES))
    telling = first_row(draft.shelf.connection.execute(f"SELECT count(*) FROM new_events WHERE type IN ({types})"))
    return EventsTaken(added, frozenset(row[0] for row in unknown), int(telling[0]) if telling else 0)


def note_coming(draft: Draft, events: Sequence[Event]) -> None:
    """Make `coming_events`: some events under the customers their cards belong to, in the columns of `events`."""
    connection = draft.shelf.connection
    register_mapping(
        connection,
        "incoming_events",
        {
            "event_id": [item.event_id for item in events],
            "customer_id": [item.customer_id for item in events],
            "type": [item.type for item in events],
            "happened": [item.at.astimezone(UTC).isoformat() for item in events],
            "source": [item.source or None for item in events],
            "properties": [item.properties for item in events],
        },
    )
    draft.keep("coming_events", _COMING)
    connection.execute("DROP TABLE incoming_events")


def keep_new(draft: Draft, *, there: str, known: str) -> None:
    """Make `new_events` of `coming_events`.

    Args:
        draft: where they go.
        there: table of the events that are not new.
        known: table of the customers whose events count.
    """
    draft.keep(
        "new_events",
        f"""SELECT {column_list("events")} FROM (
            SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY "at", customer_id, type, source, properties) AS place
            FROM coming_events SEMI JOIN {known} USING (customer_id) ANTI JOIN {there} USING (event_id)
        ) WHERE place = 1""",
    )
