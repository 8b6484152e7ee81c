"""Reads of the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.desk.bases.arrays import decide
from kogorta.desk.errors import DeniedError, DeskError, NotFoundError
from kogorta.desk.people.permissions import Action, may
from kogorta.desk.segments.models import FrozenList, Segment, SegmentVersion
from kogorta.desk.settings import DESK
from kogorta.engine.duck import quote
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.document import from_document
from kogorta.segments.rules.leaves import Compare, DateGap, InSegment, Moved, Property
from kogorta.segments.rules.sql import emit_sql
from kogorta.segments.rules.state import needs_of
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.segments.rules.document import Json
    from kogorta.segments.rules.state import State
    from kogorta.segments.rules.tree import LeafNode, Node

PERSONAL: Final = frozenset({"email", "phone", "birth_on", "age"})
"""Fields a rule may ask for only when the person may see contacts: answers would tell them one by one."""


def all_segments() -> list[Segment]:
    """Saved segments by name."""
    return list(Segment.objects.select_related("created_by"))


def segments_below(before: int | None, size: int) -> list[Segment]:
    """Saved segments, newest first, from below a number."""
    rows = Segment.objects.order_by("-id")
    return list((rows if before is None else rows.filter(pk__lt=before))[:size])


def find_segment(segment_id: int) -> Segment:
    """A segment with its versions and lists.

    Raises:
        NotFoundError: there is no such segment.
    """
    row = Segment.objects.filter(pk=segment_id).first()
    if row is None:
        raise NotFoundError("There is no such segment.")
    return row


def find_list(list_id: int) -> FrozenList:
    """A frozen list.

    Raises:
        NotFoundError: there is no such list.
    """
    row = FrozenList.objects.filter(pk=list_id).first()
    if row is None:
        raise NotFoundError("There is no such list.")
    return row


def subject_of(source: Segment | FrozenList) -> str:
    """How the journal names a source of customers."""
    return f"list:{source.pk}" if isinstance(source, FrozenList) else f"segment:{source.pk}"


def list_file(name: str) -> Path:
    """Where the ids of a frozen list are."""
    return DESK.files_folder / "lists" / name


def saved_rules() -> dict[str, Node]:
    """Name -> rule of every saved segment."""
    return {name: from_document(tree) for name, tree in Segment.objects.values_list("name", "tree")}


def saved_book() -> SegmentBook:
    """What `segment('name')` refers to."""
    return SegmentBook(saved_rules())


def used_in(name: str) -> list[str]:
    """Names of the segments that refer to one: to who is in it, or to who entered or left it."""
    return sorted(
        other
        for other, rule in saved_rules().items()
        if other != name and any(isinstance(leaf, InSegment | Moved) and leaf.name == name for leaf in leaves_of(rule))
    )


def check_may_ask(user: object, rule: Node, book: SegmentBook) -> None:
    """Refuse a rule about personal fields to those who may not see them, wherever in it they stand.

    Raises:
        DeniedError: the role does not allow it.
    """
    if may(user, Action.SEE_CONTACTS):
        return
    waiting, seen, moved = [rule], set[str](), set[str]()
    while waiting:
        for leaf in leaves_of(waiting.pop()):
            if name := _personal(leaf):
                raise DeniedError("The rule asks about personal data your role does not see: {name}.", name=name)
            if isinstance(leaf, Moved):
                moved.add(leaf.name)
            elif isinstance(leaf, InSegment) and leaf.name not in seen:
                seen.add(leaf.name)
                waiting.append(book.rule(leaf.name))
    if closed := moved - (_open_names(user) if moved else frozenset()):
        raise DeniedError("The rule asks who moved in {name}, and that tells of personal data your role does not see.", name=min(closed))


def _open_names(user: object) -> frozenset[str]:
    """Names that only segments have borne whose members and moves a person may see."""
    open_ones = open_segments(user)
    borne = [(name, open_ones is None or key in open_ones) for key, name, _ in _every_version()]
    return frozenset(name for name, _ in borne) - {name for name, is_open in borne if not is_open}


def open_segments(user: object) -> frozenset[int] | None:
    """Segments whose members and moves a person may see: who is in them tells what their rules ask.

    Returns:
        None for all of them. Else those no version of which has asked about personal data, by itself or by a segment whose members or
        moves it asks about; one that was deleted counts as one that has, for its rules are forgotten.
    """
    if may(user, Action.SEE_CONTACTS):
        return None
    asked = [(key, name, list(leaves_of(from_document(tree)))) for key, name, tree in _every_version()]
    known, closed = {name for _, name, _ in asked}, set[str]()

    def tells(leaf: LeafNode) -> bool:
        return bool(_personal(leaf)) or (isinstance(leaf, InSegment | Moved) and (leaf.name in closed or leaf.name not in known))

    while True:
        more = {name for _, name, leaves in asked if any(map(tells, leaves))}
        if more <= closed:
            break
        closed |= more
    return frozenset(key for key, _, _ in asked) - {key for key, name, _ in asked if name in closed}


def _every_version() -> Iterable[tuple[int, str, Json]]:
    return SegmentVersion.objects.values_list("segment_id", "name", "tree")


def _personal(leaf: LeafNode) -> str:
    """The personal field a condition asks about; empty when it asks about none."""
    if isinstance(leaf, Compare) and isinstance(leaf.figure, Property | DateGap) and leaf.figure.name in PERSONAL:
        return leaf.figure.name
    return ""


def asks_for_moves(rule: Node, book: SegmentBook) -> bool:
    """Whether a rule, or a segment it refers to, asks who entered or left a segment: only the watch knows.

    Raises:
        InputError: there is no segment it refers to.
    """
    return "transitions" in needs_of([rule], book).texts


def check_countable(rule: Node, book: SegmentBook) -> None:
    """Refuse a rule the analysis cannot answer.

    Raises:
        DeskError: it asks who entered or left a segment.
    """
    if asks_for_moves(rule, book):
        raise DeskError("The rule asks who entered or left a segment; who meets it is told by the page of the live segment only.")


@dataclass(frozen=True)
class MemberQuery:
    """A query with the column customer_id, and what is bound in it."""

    sql: str
    parameters: Mapping[str, object]


def members_of_rule(rule: Node, snapshot: Snapshot, book: SegmentBook) -> MemberQuery:
    """Who meets a rule, as a query over the views of a snapshot."""
    check_countable(rule, book)
    statement = emit_sql([rule], snapshot.rules(), book=book)
    sql = f"SELECT k.customer_id FROM rules_customers k JOIN ({statement.text}) d USING (customer_no) WHERE d.rule_0"
    return MemberQuery(sql, dict(statement.parameters))


def numbers_of_rule(rule: Node, snapshot: Snapshot, book: SegmentBook) -> NDArray[np.int64]:
    """Numbers (`customer_no`) of those who meet a rule."""
    check_countable(rule, book)
    _, (mask,) = decide([rule], snapshot, book)
    return np.flatnonzero(mask)


def members_of_list(frozen: FrozenList) -> MemberQuery:
    """Who is in a frozen list."""
    return MemberQuery(f"SELECT customer_id FROM read_parquet({quote(str(list_file(frozen.file)))})", {})


def segment_counts(snapshot: Snapshot, rows: list[Segment]) -> dict[int, tuple[int, int]]:
    """Segment -> customers and revenue, all of them counted in one pass; those that ask for moves are left out."""
    book = saved_book()
    rules = {row.pk: from_document(row.tree) for row in rows}
    counted = {key: rule for key, rule in rules.items() if not asks_for_moves(rule, book)}
    if not counted:
        return {}
    state, masks = decide(list(counted.values()), snapshot, book)
    revenue = figures_of(state, "monetary")
    return {key: (int(np.count_nonzero(mask)), int(revenue[mask].sum())) for key, mask in zip(counted, masks, strict=True)}


def figures_of(state: State, name: str) -> NDArray[np.int64]:
    """Whole numbers of a column of customers that are always known."""
    return np.asarray(state.columns[name].values, dtype=np.int64)  # type: ignore[union-attr]
