"""Jobs of the room: count the moves between two days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from kogorta.desk.bases.kept_moves import write_moves
from kogorta.desk.bases.opening import open_desk_base
from kogorta.desk.bases.snapshots import snapshot_of
from kogorta.desk.jobs.actions import enqueue
from kogorta.desk.jobs.registry import job
from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.segments.migration import migration
from kogorta.segments.yardstick import yardstick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.jobs.context import JobContext
    from kogorta.desk.jobs.models import Job
    from kogorta.desk.people.models import User


@job("moves.count", message("Compare two days"), most_attempts=3)
def count(context: JobContext) -> Mapping[str, object]:
    """Count the moves under the cut points of the snapshot and keep them beside it."""
    given = {name: str(value) for name, value in context.arguments.items()}
    snapshot = snapshot_of(given["version"], given["scheme"], date.fromisoformat(given["as_of"]))
    if snapshot is None:
        raise InputError("The base has changed meanwhile. Compare the days again.")
    base = open_desk_base()
    measure = yardstick(base, snapshot.scheme, snapshot.as_of, snapshot.figures().rule)
    found = migration(base, measure, date.fromisoformat(given["from_on"]), date.fromisoformat(given["to_on"]))
    context.check()
    write_moves(snapshot.folder, found)
    return {"flows": len(found.flows)}


def ask_for_moves(by: User, snapshot: Snapshot, from_on: date, to_on: date) -> Job:
    """Ask for the moves between two days; asked for twice they are counted once."""
    days = {"from_on": from_on.isoformat(), "to_on": to_on.isoformat()}
    arguments = {"version": snapshot.version, "scheme": snapshot.scheme, "as_of": snapshot.as_of.isoformat(), **days}
    key = f"moves.count:{snapshot.version}:{snapshot.scheme}:{snapshot.as_of}:{from_on}:{to_on}"
    return enqueue("moves.count", arguments, key=key, by=by)
