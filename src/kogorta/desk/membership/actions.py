"""Writes of the room: the lease of the watch, what a tick found, in one transaction under its token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from kogorta.desk.journal.actions import record
from kogorta.desk.membership.models import Day, Difference, Member, Person, Refit, Transition, Watch, Watched
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.permissions import Action
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from kogorta.desk.membership.refits import HowOften
    from kogorta.desk.people.models import User
    from kogorta.kit.errors import KogortaError

WATCH: Final = 1
"""Key of the one row."""
_PIECE: Final = 20_000


class WatchLostError(Exception):
    """Another process keeps the segments now: this one must stop and write nothing."""


@dataclass(frozen=True)
class Move:
    """A transition on its way to the table, without its number."""

    segment: int
    name: str
    version: int
    number: int
    entered: bool
    cause: str
    reason: str
    values: tuple[float | str | None, ...]


@dataclass(frozen=True)
class Shift:
    """Cut points before and after they were learnt anew, and how many moves came of it."""

    before: Mapping[str, object]
    after: Mapping[str, object]
    moves: int


@dataclass(frozen=True)
class Written:
    """What one tick leaves behind.

    Args:
        at: moment the members are true at.
        day: the business day of that moment.
        moves: transitions in their order.
        position: last event taken in.
        snapshot: folder of the base the state was made from.
        definitions: frozen cut points as JSON.
        took_ms, looked_at: what it cost.
        watched: segments as they are held now; None when no rule changed.
        shift: cut points learnt anew, if they moved.
        refit: whether cut points were learnt anew, moved or not.
        healed: whether this tick put right what the recount had found.
    """

    at: int
    day: date
    moves: Sequence[Move]
    position: int
    snapshot: str
    definitions: Mapping[str, object]
    took_ms: float
    looked_at: int
    watched: Mapping[int, tuple[str, int, object]] | None = None
    shift: Shift | None = None
    refit: bool = False
    healed: bool = False


def take_watch(holder: str, *, force: bool = False) -> int | None:
    """The token of the watch when nobody else holds it, else None.

    Args:
        holder: name of the process.
        force: take it from whoever holds it.
    """
    until = Now() + timedelta(seconds=DESK.lease_seconds)
    with transaction.atomic():
        Watch.objects.get_or_create(pk=WATCH)
        row = Watch.objects.select_for_update().get(pk=WATCH)
        free = Watch.objects.filter(pk=WATCH)
        if not force:
            free = free.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
        if not free.update(token=row.token + 1, holder=holder[:80], lease_until=until):
            return None
        return row.token + 1


def keep_watch(token: int, seen_at: int | None = None) -> None:
    """Keep the lease; `seen_at` says that up to this moment nothing has changed.

    Raises:
        WatchLostError: another process has it.
    """
    more = {} if seen_at is None else {"seen_at": seen_at}
    if not Watch.objects.filter(pk=WATCH, token=token).update(lease_until=Now() + timedelta(seconds=DESK.lease_seconds), **more):
        raise WatchLostError


def give_watch(token: int) -> None:
    """Let the next process begin at once."""
    Watch.objects.filter(pk=WATCH, token=token).update(lease_until=None)


def note_trouble(token: int, error: KogortaError) -> None:
    """Say on the page why ticks wait; the next tick takes it back."""
    values = {name: value if isinstance(value, int | float) else str(value) for name, value in error.values.items()}
    Watch.objects.filter(pk=WATCH, token=token).update(trouble=error.template, trouble_values=values)


def know_people(token: int, people: Iterable[tuple[int, str]]) -> None:
    """Give numbers to customers not seen before.

    Raises:
        WatchLostError: another process has the watch.
    """
    with transaction.atomic():
        keep_watch(token)
        Person.objects.bulk_create((Person(number=number, customer_id=name) for number, name in people), batch_size=_PIECE // 4)


def write_tick(token: int, found: Written) -> int:
    """Keep what a tick found: moves, members, counts and the place reached, all or nothing.

    Returns:
        The number of the last transition.

    Raises:
        WatchLostError: another process has the watch; nothing is written.
    """
    with transaction.atomic():
        row = Watch.objects.select_for_update().filter(pk=WATCH, token=token).first()
        if row is None:
            raise WatchLostError
        first = row.sequence + 1
        row.sequence += len(found.moves)
        row.position, row.snapshot, row.definitions = found.position, found.snapshot, dict(found.definitions)
        row.at, row.seen_at = found.at, max(found.at, row.seen_at)
        row.took_ms, row.looked_at, row.ticks = found.took_ms, found.looked_at, row.ticks + 1
        row.trouble = ""
        if found.refit:
            row.refit_at = found.at
        if found.healed:
            row.heal_asked = False
            Difference.objects.filter(healed_at=None).update(healed_at=found.at)
        row.save()
        Watch.objects.filter(pk=WATCH).update(lease_until=Now() + timedelta(seconds=DESK.lease_seconds))
        if found.moves:
            _keep_moves(found, first)
        if found.watched is not None:
            _keep_watched(found.watched)
        _keep_counts(found)
        if found.shift is not None:
            Refit.objects.create(at=found.at, before=found.shift.before, after=found.shift.after, moves=found.shift.moves)
        return row.sequence


def _keep_moves(found: Written, first: int) -> None:
    at, moves = found.at, found.moves
    table, member = Transition._meta.db_table, Member._meta.db_table
    rows = [
        (
            first + place,
            move.segment,
            move.name,
            move.version,
            move.number,
            move.entered,
            at,
            move.cause,
            move.reason,
            json.dumps(move.values, ensure_ascii=False),
        )
        for place, move in enumerate(moves)
    ]
    came = [(move.segment, move.number, first + place, at) for place, move in enumerate(moves) if move.entered]
    went = [(move.segment, move.number) for move in moves if not move.entered]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (sequence, segment, name, version, number, entered, at, cause, reason, decided)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
        if went:
            cursor.executemany(f"DELETE FROM {member} WHERE segment = %s AND number = %s", went)
        if came:
            cursor.executemany(f"INSERT INTO {member} (segment, number, sequence, since) VALUES (%s, %s, %s, %s)", came)


def _keep_watched(watched: Mapping[int, tuple[str, int, object]]) -> None:
    Watched.objects.exclude(segment__in=list(watched)).delete()
    for segment, (name, version, tree) in watched.items():
        Watched.objects.update_or_create(segment=segment, defaults={"name": name, "version": version, "tree": tree})


def _keep_counts(found: Written) -> None:
    came: dict[int, int] = {}
    went: dict[int, int] = {}
    for move in found.moves:
        side = came if move.entered else went
        side[move.segment] = side.get(move.segment, 0) + 1
    if not found.moves:
        return
    moved = sorted({*came, *went})
    watched, days = Watched._meta.db_table, Day._meta.db_table
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {watched} SET members = members + %s WHERE segment = %s",
            [(came.get(segment, 0) - went.get(segment, 0), segment) for segment in moved],
        )
        cursor.executemany(
            f"""INSERT INTO {days} (segment, day, entered, "left", members)
            VALUES (%s, %s, %s, %s, coalesce((SELECT members FROM {watched} WHERE segment = %s), 0))
            ON CONFLICT (segment, day) DO UPDATE SET entered = {days}.entered + excluded.entered, "left" = {days}."left" + excluded."left",
            members = excluded.members""",
            [(segment, found.day.isoformat(), came.get(segment, 0), went.get(segment, 0), segment) for segment in moved],
        )


def forget_customer(customer_ids: Iterable[str], nameless: str) -> int:
    """Leave nothing of an erased person: his moves stay under the nameless id, without what was seen of him.

    Returns:
        How many cards were his.
    """
    names = set(customer_ids)
    with transaction.atomic():
        rows = list(Person.objects.filter(customer_id__in=names).order_by("number"))
        taken = Person.objects.filter(customer_id=nameless).exists()
        for row in rows:
            row.customer_id = f"{nameless}-{row.number}" if taken else nameless
            row.save()
            taken = True
        for start in range(0, len(rows), 500):
            numbers = [row.number for row in rows[start : start + 500]]
            Transition.objects.filter(number__in=numbers).update(decided="[]")
        for found in Difference.objects.all():
            kept = [[name for name in side if name not in names] for side in (found.only_held, found.only_found)]
            if kept != [found.only_held, found.only_found]:
                found.only_held, found.only_found = kept
                found.save()
    return len(rows)


def note_differences(differences: Sequence[Difference], found_at: int) -> None:
    """Keep what a recount found, and ask the watch to put it right."""
    with transaction.atomic():
        Difference.objects.bulk_create(differences)
        Watch.objects.filter(pk=WATCH).update(checked_at=found_at, **({"heal_asked": True} if differences else {}))


def set_how_often(by: User, how_often: HowOften) -> None:
    """Choose when borders are learnt anew; the watch follows within seconds."""
    authorise(by, Action.EDIT_SEGMENTS)
    Watch.objects.get_or_create(pk=WATCH)
    Watch.objects.filter(pk=WATCH).update(refit_every=how_often.value)
    record(by, "borders.schedule", "borders", details={"every": how_often.value})
