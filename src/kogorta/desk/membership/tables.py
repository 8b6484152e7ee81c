"""The base as rules read it at a day, from the raw tables: what the watch begins with and what the nightly recount compares with."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.base.events import Event
from kogorta.desk.bases.opening import open_desk_base
from kogorta.desk.membership.queries import moment_of
from kogorta.engine.duck import quote
from kogorta.segments.profile import VALUE_COLUMNS
from kogorta.segments.rules.snapshot import take_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.membership.received import Received
    from kogorta.segments.rfm import RFMRule
    from kogorta.segments.rules.snapshot import Snapshot as RuleTables

FROZEN: Final = ("abc", "xyz")
"""Classes of the last analysis; they are fields of the card until the next one."""


@dataclass(frozen=True)
class Opened:
    """A base opened for one reading.

    Args:
        base: the base, in a connection of its own; it is never saved.
        tables: what rules read.
        merged: card merged away -> customer it belongs to.
    """

    base: CustomerBase
    tables: RuleTables
    merged: Mapping[str, str]

    def lacking(self, events: Sequence[Received]) -> list[Received]:
        """Of some events those the rows of rules do not have."""
        if not events:
            return []
        connection = self.base.connection
        connection.register("told", {"event_id": np.array([event.event_id for event in events], dtype=object)})
        query = """SELECT event_id FROM told SEMI JOIN
            (SELECT event_id FROM events WHERE CAST(timezone($zone, "at") AS DATE) <= $day) e USING (event_id)"""
        found = connection.execute(query, {"zone": self.base.time_zone, "day": self.tables.as_of}).fetchall()
        connection.unregister("told")
        there = {name for (name,) in found}
        return [event for event in events if event.event_id not in there]


@contextmanager
def opened_tables(
    snapshot: Snapshot,
    today: date,
    rfm: RFMRule | None,
    *,
    events: Sequence[Received] = (),
    moves: Sequence[tuple[str, str, str, date]] | None = None,
    base: CustomerBase | None = None,
) -> Iterator[Opened]:
    """The base today, with the values and classes of the last analysis.

    Args:
        snapshot: the last analysis.
        today: rows reach to this day.
        rfm: frozen cut points.
        events: events the base may not have yet; those it lacks are added, in memory alone.
        moves: recorded moves (customer_id, segment, way, day), for rules about them.
        base: opened for this alone, and closed by it; the newest state when not given.
    """
    base = base or open_desk_base()
    try:
        connection = base.connection
        merged = dict(connection.execute("SELECT merged_id, kept_id FROM merges").fetchall())
        if events:
            base.suppose_events(as_events(events))
        analysed = quote(str(snapshot.folder / "customers.parquet"))
        classes = quote(str(snapshot.folder / "rules_customers.parquet"))
        values = ", ".join(VALUE_COLUMNS)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE held_values AS SELECT customer_id, {values} FROM read_parquet({analysed})")
        if moves is not None:
            connection.execute("CREATE OR REPLACE TEMP TABLE told_moves (customer_id VARCHAR, segment VARCHAR, way VARCHAR, day DATE)")
            if moves:
                columns = list(zip(*moves, strict=True))
                names = ("customer_id", "segment", "way")
                told: dict[str, object] = {name: np.array(columns[place], dtype=object) for place, name in enumerate(names)}
                told["day"] = np.array([day.isoformat() for day in columns[3]], dtype=object)
                connection.register("told", told)
                connection.execute("INSERT INTO told_moves SELECT customer_id, segment, way, CAST(day AS DATE) FROM told")
                connection.unregister("told")
        tables = take_snapshot(base, today, rfm=rfm, values="held_values", transitions=None if moves is None else "told_moves")
        frozen = ", ".join(f"coalesce(h.{name}, t.{name}) AS {name}, coalesce(h.{name}_key, t.{name}_key) AS {name}_key" for name in FROZEN)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE held_customers AS SELECT t.* REPLACE ({frozen})
            FROM {tables.customers} t LEFT JOIN read_parquet({classes}) h USING (customer_id)"""
        )
        yield Opened(base, replace(tables, customers="held_customers"), merged)
    finally:
        base.connection.close()


def as_events(events: Iterable[Received]) -> list[Event]:
    """Events that came in, as the base takes them."""
    return [Event(found.event_id, found.customer_id, found.type, moment_of(found.at), found.source, found.properties) for found in events]
