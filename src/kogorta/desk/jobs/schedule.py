"""What repeats: each slot of time has a key, so that two workers ask for it once."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kogorta.desk.company.queries import current_company
from kogorta.desk.jobs.actions import enqueue
from kogorta.desk.jobs.models import Job
from kogorta.desk.jobs.registry import DUE, KINDS, Kind


def ask_for_repeated(moment: datetime | None = None) -> int:
    """Ask for every job whose time has come. A slot missed while the desk was off is made up for once, not for each day.

    Returns:
        Number of jobs asked for.
    """
    company = current_company()
    if company is None:
        return 0
    at = moment or datetime.now(UTC)
    slots = {kind.name: slot_of(kind, at, company.time_zone) for kind in KINDS.values()}
    wanted = {f"{name}@{slot}": name for name, slot in slots.items() if slot}
    known = set(Job.objects.filter(key__in=wanted).values_list("key", flat=True))
    asked = 0
    for key, name in wanted.items():
        when = KINDS[name].when
        if key not in known and (when is None or when()):
            enqueue(name, key=key)
            asked += 1
    return asked + sum(asks(at) for asks in DUE.values())


def slot_of(kind: Kind, moment: datetime, zone: str) -> str | None:
    """The name of the slot a moment is in; None where it has not come or the kind does not repeat."""
    if kind.every is not None:
        seconds = int(kind.every.total_seconds())
        return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC).isoformat()
    if kind.daily_at is not None:
        here = moment.astimezone(ZoneInfo(zone))
        return here.date().isoformat() if here.time() >= kind.daily_at else None
    return None
