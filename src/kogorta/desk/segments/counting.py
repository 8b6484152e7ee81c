"""What a rule selects and what an edit would change, from arrays: the same figures as the library's `preview` and `compare_rules`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kogorta.desk.bases.arrays import decide
from kogorta.desk.segments.queries import figures_of
from kogorta.desk.segments.told_moves import with_moves
from kogorta.segments.rules.preview import EXAMPLES, Example, Preview

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.tree import Node


def count_rule(rule: Node, snapshot: Snapshot, book: SegmentBook) -> Preview:
    """A segment in figures, with the largest of its people.

    Raises:
        InputError: a segment the rule refers to is not there.
    """
    state, (mask,) = decide([rule], snapshot, book, with_moves([rule], snapshot, book))
    monetary, frequency = figures_of(state, "monetary"), figures_of(state, "frequency")
    customers, total = int(np.count_nonzero(mask)), int(monetary.sum())
    revenue, orders = int(monetary[mask].sum()), int(frequency[mask].sum())
    places = _largest(np.flatnonzero(mask), monetary)
    ids = [str(state.ids[place]) for place in places]
    names = _names(ids, monetary[places], snapshot)
    return Preview(
        customers=customers,
        share=customers / len(state) if len(state) else 0.0,
        revenue=revenue,
        revenue_share=revenue / total if total > 0 else 0.0,
        average_check=round(revenue / orders) if orders else None,
        examples=tuple(Example(one, names.get(one), int(monetary[place])) for one, place in zip(ids, places, strict=True)),
    )


@dataclass(frozen=True)
class Shift:
    """What an edit of a rule would change, in figures.

    Args:
        before, after: customers under the saved and the edited rule.
        entering, leaving: how many would enter and leave.
        revenue_entering, revenue_leaving: their net revenue, minor units.
    """

    before: int
    after: int
    entering: int
    leaving: int
    revenue_entering: int
    revenue_leaving: int


def compare(saved: Node, edited: Node, snapshot: Snapshot, book: SegmentBook) -> Shift:
    """How many would enter and leave a segment after an edit of its rule.

    Raises:
        InputError: a segment the rules refer to is not there.
    """
    both = [saved, edited]
    state, (before, after) = decide(both, snapshot, book, with_moves(both, snapshot, book))
    monetary = figures_of(state, "monetary")
    entering, leaving = np.flatnonzero(after & ~before), np.flatnonzero(before & ~after)
    return Shift(
        before=int(np.count_nonzero(before)),
        after=int(np.count_nonzero(after)),
        entering=len(entering),
        leaving=len(leaving),
        revenue_entering=int(monetary[entering].sum()),
        revenue_leaving=int(monetary[leaving].sum()),
    )


def _largest(places: NDArray[np.int64], monetary: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the largest by revenue, ties in the order of ids."""
    money = monetary[places]
    if len(places) > EXAMPLES:
        least = np.partition(money, -EXAMPLES)[-EXAMPLES]
        above, equal = places[money > least], places[money == least]
        places = np.concatenate([above, equal[: EXAMPLES - len(above)]])
    return places[np.lexsort((places, -monetary[places]))]


def _names(ids: list[str], monetary: NDArray[np.int64], snapshot: Snapshot) -> dict[str, str | None]:
    """Names of a few customers; their revenue says in which part of the file they are."""
    if not ids:
        return {}
    rows = snapshot.cursor().execute(
        """SELECT customer_id, name FROM customers
        WHERE monetary BETWEEN $least AND $most AND customer_id IN (SELECT unnest($ids))""",
        {"least": int(monetary.min()), "most": int(monetary.max()), "ids": ids},
    )
    return dict(rows.fetchall())
