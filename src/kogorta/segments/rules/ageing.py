"""One customer as time passes and nothing else happens: which fields change by themselves, and on which days something can."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import floor
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.engine.duck import first_row
from kogorta.segments.naming import SCHEMES
from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.fields import fold
from kogorta.segments.rules.leaves import Compare, DateGap, InSegment, Measure, Moved, Property
from kogorta.segments.rules.state import Numbers, Texts, load_state
from kogorta.segments.rules.tree import leaves_of
from kogorta.segments.rules.windows import ALL_TIME, add_months

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.leaves import Value
    from kogorta.segments.rules.snapshot import Snapshot
    from kogorta.segments.rules.state import Column, State
    from kogorta.segments.rules.tree import LeafNode, Node
    from kogorta.segments.rules.windows import Window

HORIZON: Final = 3_653
"""Days looked ahead: ten years."""
_BY_RECENCY: Final = ("r", "rfm_code", "segment_case", "segment_guide")


class Lone:
    """One customer of a snapshot, on any later day.

    Args:
        snapshot: the tables.
        rule: what will be asked.
        customer: his id.
        book: saved segments the rule refers to.

    Raises:
        InputError: there is no such customer.
    """

    def __init__(self, snapshot: Snapshot, rule: Node, customer: str, book: SegmentBook = EMPTY_BOOK) -> None:
        self.snapshot, self.rule, self.book = snapshot, rule, book
        self.state = load_state(snapshot, [rule], book=book, customer=customer)
        row = first_row(
            snapshot.connection.execute(
                f"SELECT last_order_on, birth_on, frequency, sleeping_after, f, m FROM {snapshot.customers} WHERE customer_id = $id",
                {"id": customer},
            )
        )
        self.last_order_on, self.birth_on, self.frequency, self.sleeping_after, self.f, self.m = row or (None, None, 0, None, None, None)

    def on(self, day: date) -> State:
        """The customer's state on a day not before the snapshot's: the same history, his stage and RFM level as they will be."""
        if day == self.snapshot.as_of or self.last_order_on is None or not self.frequency:
            return replace(self.state, as_of=day)
        columns = dict(self.state.columns)
        for name in ("lifecycle", *_BY_RECENCY):
            if name in columns and (name == "lifecycle" or self.snapshot.rfm is not None):
                columns[name] = self._field(name, day)
        return replace(self.state, as_of=day, columns=columns)

    def moments(self) -> list[date]:
        """Days after the snapshot's on which the rule can change for him, in order; on no other day can it, within `HORIZON`."""
        first, last = self.snapshot.as_of, _shifted(self.snapshot.as_of, HORIZON)
        found: set[date] = set()
        waiting, seen = [self.rule], set()
        while waiting:
            for leaf in leaves_of(waiting.pop()):
                if isinstance(leaf, InSegment) and leaf.name not in seen:
                    seen.add(leaf.name)
                    waiting.append(self.book.rule(leaf.name))
                found.update(day for day in self._moments_of(leaf) if first < day <= last)
        return sorted(found)

    def _field(self, name: str, day: date) -> Column:
        recency = (day - self.last_order_on).days if self.last_order_on else 0
        if name == "lifecycle":
            return _text(self._stage(recency))
        rule = self.snapshot.rfm
        if rule is None or self.f is None or self.m is None:
            return self.state.columns[name]
        r = 1 + sum(recency > bound for bound in rule.recency)
        code = f"{r}{self.f}{self.m}"
        if name == "r":
            return Numbers(np.array([r], dtype=np.int64))
        if name == "rfm_code":
            return _text(code)
        return _text(SCHEMES[name.removeprefix("segment_")].segment_of(code, rule.levels))

    def _stage(self, recency: int) -> str:
        stages = self.snapshot.lifecycle
        sleeping = self.sleeping_after if self.sleeping_after is not None else stages.sleeping_after
        if recency > self._gone(sleeping):
            return "gone"
        if self.frequency == 1 and recency <= stages.new_within:
            return "new"
        return "active" if recency <= sleeping else "sleeping"

    def _gone(self, sleeping: float) -> float:
        stages = self.snapshot.lifecycle
        return max(stages.gone_after, 3 * sleeping) if stages.mode == "rhythm" else stages.gone_after

    def _moments_of(self, leaf: LeafNode) -> Iterator[date]:
        if isinstance(leaf, Moved):
            yield from self._ends("transitions", leaf.window)
        if not isinstance(leaf, Compare):
            return
        figure = leaf.figure
        if isinstance(figure, Measure):
            yield from self._ends(figure.grain, figure.window)
            if figure.function == "order_share":
                yield from self._ends("orders", figure.window)
            if figure.kind == "hours":
                # counted to the end of a day; the order of hours within it is left to whoever runs by the clock
                for day in self._days("events"):
                    for item in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
                        if isinstance(item, int | float) and abs(item) <= 24 * HORIZON:
                            yield from (_shifted(day, floor(item / 24) + shift) for shift in range(-1, 4))
            if figure.function.startswith("days_since"):
                for day in self._days(figure.grain):
                    yield from _passing(day, leaf.value)
        elif isinstance(figure, DateGap):
            yield from self._gap_moments(figure, leaf.value)
        elif isinstance(figure, Property):
            yield from self._field_moments(figure.name, leaf.value)

    def _gap_moments(self, gap: DateGap, value: Value) -> Iterator[date]:
        column = self.state.columns[gap.name]
        if not isinstance(column, Numbers) or (column.known is not None and not column.known[0]):
            return
        day = date.fromordinal(int(column.values[0]) + 719_163)
        if gap.way == "days_since":
            yield from _passing(day, value)
            return
        for year in self._years():
            back = _returned(day, year)
            yield from (back, _shifted(back, 1))
            yield from _passing(back, value)
            yield from _passing(back, value, before=True)

    def _field_moments(self, name: str, value: Value) -> Iterator[date]:
        if name == "age" and self.birth_on is not None:
            yield from (_returned(self.birth_on, year) for year in self._years())
        if self.last_order_on is None:
            return
        if name == "recency_days":
            yield from _passing(self.last_order_on, value)
        elif name == "lifecycle":
            stages = self.snapshot.lifecycle
            sleeping = self.sleeping_after if self.sleeping_after is not None else stages.sleeping_after
            for days in (stages.new_within, sleeping, self._gone(sleeping)):
                yield _shifted(self.last_order_on, floor(days) + 1)
        elif name in _BY_RECENCY and self.snapshot.rfm is not None:
            for bound in self.snapshot.rfm.recency:
                yield _shifted(self.last_order_on, bound + 1)

    def _ends(self, grain: str, window: Window) -> Iterator[date]:
        """Days on which a row of his history falls out of a window."""
        if window == ALL_TIME:
            return
        for day in self._days(grain):
            if window.unit in "dw":
                yield _shifted(day, window.length * (7 if window.unit == "w" else 1))
            else:
                # months differ in length: the row falls out within these days, whichever month ends
                end = add_months(day, window.length * (12 if window.unit == "y" else 1))
                yield from (_shifted(end, shift) for shift in range(-3, 5))

    def _days(self, grain: str) -> list[date]:
        history = next((found for name, found in self.state.histories.items() if name == grain), None)
        column = history.columns.get("day") if history is not None else None
        if not isinstance(column, Numbers):
            return []
        return [date.fromordinal(int(day) + 719_163) for day in np.unique(column.values)]

    def _years(self) -> range:
        return range(self.snapshot.as_of.year, min(self.snapshot.as_of.year + HORIZON // 365 + 2, date.max.year + 1))


def _passing(day: date, value: Value, *, before: bool = False) -> Iterator[date]:
    """Days on which the number of days since (or to) a date passes one of the values."""
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, int | float) and abs(item) <= 2 * HORIZON + 40_000:
            whole = floor(item)
            # a figure that falls passes a value one below it
            for shift in (whole - 1, whole, whole + 1) if before else (whole, whole + 1):
                yield _shifted(day, -shift if before else shift)


def _shifted(day: date, days: int) -> date:
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def _returned(day: date, year: int) -> date:
    """The yearly return of a date; 29 February of a common year falls on 1 March."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _text(slug: str) -> Texts:
    return Texts(np.zeros(1, dtype=np.int32), (fold(slug),))
