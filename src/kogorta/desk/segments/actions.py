"""Writes of the room: save, delete and freeze segments. Each is in the journal, in the transaction of the deed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from kogorta.desk.errors import ConflictError, DeskError
from kogorta.desk.journal.actions import record
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.permissions import Action
from kogorta.desk.segments.models import FrozenList, Segment, SegmentVersion
from kogorta.desk.segments.queries import check_may_ask, find_segment, list_file, members_of_rule, saved_book, subject_of, used_in
from kogorta.engine.duck import connect, first_row, quote
from kogorta.segments.rules.document import from_document, to_document

if TYPE_CHECKING:
    from datetime import date

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.people.models import User
    from kogorta.desk.segments.queries import MemberQuery
    from kogorta.segments.rules.tree import Node

LONGEST_NAME = 200


def save_segment(by: User, name: str, rule: Node, segment_id: int | None = None, version: int | None = None) -> Segment:
    """Keep a rule under a name: a new segment, or the next version of one.

    Args:
        by: who saves it.
        name: how it is called; other rules may refer to it so.
        rule: the tree.
        segment_id: the segment changed; None for a new one.
        version: the version that was changed.

    Raises:
        DeniedError: the role does not allow it.
        DeskError: there is no name, or it is too long.
        ConflictError: the name is taken, somebody else was quicker, or others refer to the earlier name.
        InputError: the rule refers to itself through others, or to a segment that is not there.
    """
    authorise(by, Action.EDIT_SEGMENTS)
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise DeskError("Give the segment a name of up to {count} characters.", count=LONGEST_NAME)
    book = saved_book()
    check_may_ask(by, rule, book)
    book.check(rule, name)
    tree = to_document(rule)
    try:
        with transaction.atomic():
            if segment_id is None:
                row = Segment.objects.create(name=name, tree=tree, created_by=by)
            else:
                row = Segment.objects.select_for_update().filter(pk=segment_id).first() or find_segment(segment_id)
                if version != row.version:
                    raise ConflictError("Somebody has changed this segment meanwhile. Open it again and repeat the change.")
                users = used_in(row.name) if row.name != name else []
                if users:
                    raise ConflictError("The segment keeps its name: {names} refer to it.", names=", ".join(users[:5]))
                row.name, row.tree, row.version = name, tree, row.version + 1
                row.save()
            SegmentVersion.objects.create(segment=row, number=row.version, name=name, tree=tree, saved_by=by)
    except IntegrityError as error:
        raise ConflictError("There is a segment called {name} already; choose another name.", name=name) from error
    record(by, "segment.saved", f"segment:{row.pk}", details={"name": row.name, "version": row.version})
    return row


def delete_segment(by: User, segment_id: int) -> None:
    """Forget a segment; its frozen lists stay.

    Raises:
        NotFoundError: there is no such segment.
        ConflictError: others refer to it.
    """
    authorise(by, Action.EDIT_SEGMENTS)
    row = find_segment(segment_id)
    users = used_in(row.name)
    if users:
        raise ConflictError("The segment cannot be deleted: {names} refer to it.", names=", ".join(users[:5]))
    row.delete()
    record(by, "segment.deleted", f"segment:{segment_id}", details={"name": row.name})


def freeze_segment(by: User, segment_id: int, snapshot: Snapshot) -> FrozenList:
    """Keep the people of a segment as they are now.

    Raises:
        NotFoundError: there is no such segment.
    """
    row = find_segment(segment_id)
    return freeze_members(by, row, members_of_rule(from_document(row.tree), snapshot, saved_book()), snapshot, snapshot.as_of)


def freeze_members(by: User, row: Segment, found: MemberQuery, snapshot: Snapshot, as_of: date) -> FrozenList:
    """Keep some people as a list of a segment.

    Args:
        by: who keeps it.
        row: the segment.
        found: its members.
        snapshot: where the query runs.
        as_of: the day they were its members.

    Raises:
        DeniedError: the role does not allow it, or may not see what the rule asks.
    """
    authorise(by, Action.EDIT_SEGMENTS)
    check_may_ask(by, from_document(row.tree), saved_book())
    file = list_file(f"{secrets.token_hex(16)}.parquet")
    file.parent.mkdir(parents=True, exist_ok=True)
    cursor = snapshot.cursor()
    cursor.sql(f"{found.sql} ORDER BY 1", params=dict(found.parameters)).write_parquet(str(file), compression="zstd")
    count = cursor.execute(f"SELECT count(*) FROM read_parquet({quote(str(file))})").fetchone()
    made = FrozenList.objects.create(
        segment=row, name=row.name, tree=row.tree, as_of=as_of, customers=count[0] if count else 0, file=file.name, made_by=by
    )
    record(by, "segment.frozen", f"list:{made.pk}", details={"name": row.name, "customers": made.customers})
    return made


def note_export(by: User, source: Segment | FrozenList, customers: int) -> None:
    """Say in the journal that a list of customers left the desk."""
    authorise(by, Action.EXPORT_CUSTOMERS)
    record(by, "segment.exported", subject_of(source), details={"name": source.name, "customers": customers})


def make_nameless(customer_ids: frozenset[str], nameless: str) -> None:
    """Put another id in the place of these in every frozen list."""
    connection = connect()
    try:
        for row in FrozenList.objects.all():
            path = list_file(row.file)
            if not path.exists():
                continue
            rows = f"SELECT customer_id FROM read_parquet({quote(str(path))})"
            gone = {"gone": sorted(customer_ids)}
            found = first_row(
                connection.execute(f"SELECT count(*) FROM ({rows}) WHERE customer_id IN (SELECT unnest($gone::VARCHAR[]))", gone)
            )
            if found and found[0]:
                new = path.with_suffix(".new")
                replaced = f"CASE WHEN customer_id IN (SELECT unnest($gone::VARCHAR[])) THEN {quote(nameless)} ELSE customer_id END"
                query = f"SELECT DISTINCT {replaced} AS customer_id FROM ({rows}) ORDER BY 1"
                connection.sql(query, params=gone).write_parquet(str(new), compression="zstd")
                new.replace(path)
    finally:
        connection.close()
