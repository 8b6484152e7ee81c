"""Jobs of the room: carry events on into the base, and have the base analysed anew with them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from kogorta.base.events import Event
from kogorta.desk.bases.handlers import ask_for_analysis
from kogorta.desk.bases.opening import open_desk_base
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.events import actions
from kogorta.desk.events.queries import customers_state, has_work, waiting_events
from kogorta.desk.jobs.registry import job
from kogorta.desk.personal.forgetting import forgets
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.desk.jobs.context import JobContext

CHUNK: Final = 50_000


def snapshot_is_behind() -> bool:
    """Whether the base has changed since it was analysed."""
    snapshot = newest_snapshot()
    return snapshot is not None and not snapshot.is_current()


@job("events.collect", message("Carry events on into the base"), every=timedelta(minutes=1), when=has_work)
def collect(context: JobContext) -> Mapping[str, object]:
    """Chunk by chunk: first into the base, then marked here. Killed between the two, the next attempt finds them in the base already."""
    added = unknown = 0
    judged_by = customers_state()
    if not judged_by:
        return {"added": 0, "unknown": 0}
    with context.effect():
        actions.judge_again(judged_by)
    while rows := waiting_events(CHUNK):
        context.check()
        base = open_desk_base()
        try:
            found = base.add_events([Event(row.event_id, row.customer_id, row.type, row.at, row.source, row.properties) for row in rows])
        finally:
            base.connection.close()
        with context.effect():
            actions.mark_taken([row.pk for row in rows if row.event_id not in found.unknown])
            actions.mark_unknown([row.pk for row in rows if row.event_id in found.unknown], judged_by)
        added, unknown = added + found.added, unknown + len(found.unknown)
        context.progress(added + unknown)
    with context.effect():
        actions.forget_old()
    return {"added": added, "unknown": unknown}


@job("events.analyse", message("See whether new events ask for an analysis"), every=timedelta(hours=1), when=snapshot_is_behind)
def analyse(context: JobContext) -> Mapping[str, object]:
    """Segments follow the events within the hour."""
    with context.effect():
        asked = ask_for_analysis()
    return {"job": asked.pk if asked else None}


@forgets("events")
def forget(customer_ids: frozenset[str], nameless: str) -> None:
    """What he did goes on under the nameless id, without words."""
    actions.forget_customer(customer_ids, nameless)
