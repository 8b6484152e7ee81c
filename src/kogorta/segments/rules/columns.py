"""The tree of a rule evaluated over a state: arrays in, one truth per customer out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.clock import day_ends
from kogorta.kit.errors import InputError
from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.fields import FILTERS, HOUR, fold
from kogorta.segments.rules.leaves import Attribute, Compare, DateGap, InSegment, Measure, Moved, Property, RandomShare
from kogorta.segments.rules.matching import compared, day_number, equal
from kogorta.segments.rules.sql import NO_TRANSITIONS
from kogorta.segments.rules.state import Numbers, Texts, buckets_of
from kogorta.segments.rules.tree import All, Any_, Not
from kogorta.segments.rules.units import factor_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.leaves import Condition, Figure, Value
    from kogorta.segments.rules.state import Column, History, State
    from kogorta.segments.rules.tree import Node
    from kogorta.segments.rules.windows import Window

    Truth = NDArray[np.bool_]

NO_MOMENT: Final = int(np.iinfo(np.int64).min)
FEW: Final = 1 << 20
"""Rows up to which running sums are kept for the next window; of more they are counted anew."""
AGE: Final = Property("age")
_FIRST: Final = -45_000
"""A day of 1846, from which on dates are looked up."""


def evaluate(rule: Node, state: State, *, as_of: date | None = None, book: SegmentBook = EMPTY_BOOK) -> Truth:
    """Whether the rule holds for each customer.

    Args:
        rule: the tree.
        state: arrays of a snapshot.
        as_of: day of evaluation, the state's own by default; see `emit_sql`.
        book: saved segments the rule refers to.

    Returns:
        Shape (n,), in the order of `state.ids`.

    Raises:
        InputError: a segment or the recorded moves it needs are not there.
    """
    return evaluate_many([rule], state, as_of=as_of, book=book)[0]


def evaluate_many(rules: Sequence[Node], state: State, *, as_of: date | None = None, book: SegmentBook = EMPTY_BOOK) -> list[Truth]:
    """As `evaluate`, for several rules; what they share is counted once."""
    for rule in rules:
        book.check(rule)
    evaluation = Evaluation(state, as_of or state.as_of, book)
    return [evaluation.node(rule) for rule in rules]


class Evaluation:
    """One pass over a state at a day.

    Args:
        state: the arrays.
        as_of: the day.
        book: saved segments.
        now: the moment, microseconds since 1970 in UTC; the end of the day when not given.
        windows: windows that will be asked about, by grain: where they begin is looked up for all of them at once.
    """

    def __init__(
        self,
        state: State,
        as_of: date,
        book: SegmentBook = EMPTY_BOOK,
        *,
        now: int | None = None,
        windows: Iterable[tuple[Grain, Window]] = (),
    ) -> None:
        self.state, self.as_of, self.book = state, as_of, book
        self.now = day_ends(as_of, state.time_zone) if now is None else now
        self.today = day_number(as_of)
        self.size = len(state)
        self.truths: dict[Node, Truth] = {}
        self.calendars: dict[str, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = {}
        self.figures: dict[Figure, Numbers] = {}
        self.unanswered: dict[Measure, tuple[NDArray[np.int64], Truth]] = {}
        self.memory: dict[tuple[str, int, np.dtype[np.generic]], NDArray[np.generic]] = {}
        self.rows: dict[tuple[str, tuple[Condition, ...], bool], Truth | None] = {}
        self.begins: dict[tuple[str, Window], NDArray[np.int64]] = {}
        self.windows = windows
        self.sums: dict[tuple[object, ...], NDArray[np.generic]] = {}
        self.borders: dict[tuple[object, ...], NDArray[np.int64]] = {}

    def node(self, rule: Node) -> Truth:
        """Whether the rule holds for each customer; callers must not change the array."""
        if isinstance(rule, All | Any_):
            join = np.logical_and if isinstance(rule, All) else np.logical_or
            first, *rest = rule.parts
            found = self.node(first)
            for place, part in enumerate(rest):
                found = join(found, self.node(part), out=found) if place else join(found, self.node(part))
            return found
        if isinstance(rule, Not):
            return ~self.node(rule.part)
        if rule not in self.truths:
            self.truths[rule] = self._leaf(rule)
        return self.truths[rule]

    def _leaf(self, rule: Node) -> Truth:
        if isinstance(rule, InSegment):
            return self.node(self.book.rule(rule.name))
        if isinstance(rule, RandomShare):
            buckets = self.state.buckets.get(rule.salt)
            if buckets is None:
                buckets = buckets_of(rule.salt, self.state.ids)
            low, high = rule.buckets
            return (buckets >= low) & (buckets < high)
        if isinstance(rule, Moved):
            return self._moved(rule)
        assert isinstance(rule, Compare)  # noqa: S101  (groups were taken by `node`)
        figure = rule.figure
        if isinstance(figure, Attribute):
            return self._attribute(figure, rule.op, rule.value)
        column = self.column(figure)
        return compared([column], figure.kind, rule.op, rule.value, factor_of(figure, self.state.unit))

    def _moved(self, rule: Moved) -> Truth:
        history = self.state.histories.get("transitions")
        if history is None:
            raise InputError(NO_TRANSITIONS, name=rule.name[:60])
        kept = equal(history.columns["segment"], rule.name) & equal(history.columns["way"], rule.way)
        start = rule.window.start(self.as_of)
        if start is not None:
            kept &= numbers_of(history, "day").values >= day_number(start)
        return self._owners(history, kept)

    def _attribute(self, figure: Attribute, op: str, value: Value) -> Truth:
        history = self.state.histories["attributes"]
        kept = equal(history.columns["key"], fold(figure.key))
        kept &= compared([history.columns["number" if figure.numeric else "text"]], figure.kind, op, value, 1)
        return self._owners(history, kept)

    def _owners(self, history: History, kept: Truth) -> Truth:
        """Customers who have a kept row."""
        found = np.zeros(self.size, dtype=np.bool_)
        found[history.owner[kept]] = True
        return found

    def column(self, figure: Figure) -> Column:
        """The values of a figure for each customer; money in minor units, quantities in thousandths."""
        if not isinstance(figure, Measure | DateGap | Attribute) and figure.name not in ("age", "recency_days"):
            return self.state.columns[figure.name]
        if figure not in self.figures:
            self.figures[figure] = self._computed(figure)
        return self.figures[figure]

    def _computed(self, figure: Figure) -> Numbers:
        if isinstance(figure, Measure):
            return self._measure(figure)
        if isinstance(figure, DateGap):
            return self._gap(figure)
        name = "birth_on" if figure == AGE else "last_order_on"
        days = self.state.columns[name]
        assert isinstance(days, Numbers)  # noqa: S101  (dates are numbers)
        if figure == AGE:
            born, today = self.calendar(name), self.as_of.year * 10_000 + self.as_of.month * 100 + self.as_of.day
            past = days.values <= self.today
            return Numbers(
                (today - (born[0] * 10_000 + born[1] * 100 + born[2])) // 10_000, past if days.known is None else past & days.known
            )
        return Numbers(self.today - days.values, days.known)

    def _gap(self, gap: DateGap) -> Numbers:
        days = self.state.columns[gap.name]
        assert isinstance(days, Numbers)  # noqa: S101  (dates are numbers)
        if gap.way == "days_since":
            return Numbers(self.today - days.values, days.known)
        _, month, day = self.calendar(gap.name)

        def returned(year: int) -> NDArray[np.int64]:
            # 29 February of a common year falls on 1 March
            return months_of(year).take(month - 1) + day - 1

        this = returned(self.as_of.year)
        if gap.way == "days_to":
            return Numbers(np.where(this >= self.today, this, returned(self.as_of.year + 1)) - self.today, days.known)
        return Numbers(self.today - np.where(this <= self.today, this, returned(self.as_of.year - 1)), days.known)

    def calendar(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Year, month and day of the month of a date of customers."""
        if name not in self.calendars:
            days = self.state.columns[name]
            assert isinstance(days, Numbers)  # noqa: S101  (dates are numbers)
            self.calendars[name] = calendar(days.values)
        return self.calendars[name]

    def _measure(self, measure: Measure) -> Numbers:
        history = self.state.histories[measure.grain]
        function = measure.function
        if function in ("orders", "events"):
            return Numbers(self._count(history, measure, distinct=measure.grain == "lines"))
        if function == "revenue":
            return Numbers(self._total(history, measure, "amount", orders_only=False))
        if function == "average_check":
            total, count = self._total(history, measure, "amount", orders_only=False), self._count(history, measure)
            return _ratio(total, count)
        if function == "order_share":
            kept = self._count(history, measure, distinct=measure.grain == "lines")
            return _ratio(kept, self._count(self.state.histories["orders"], Measure("orders", measure.window)))
        if function == "event_average":
            return _ratio(self._total(history, measure, "value"), self._count(history, measure, known="value"))
        if function == "largest_order":
            return self._largest(history, measure)
        if function.startswith("days_since"):
            return self._last(history, measure, first="first" in function)
        if function == "hours_unanswered":
            last, known = self.last_unanswered(measure)
            return Numbers((self.now - last) // HOUR, known)
        if function in ("categories", "products"):
            return Numbers(self._different(history, measure, "category" if function == "categories" else "product"))
        return Numbers(self._total(history, measure, {"discount": "discount", "items": "quantity", "event_sum": "value"}[function]))

    def _kept(self, history: History, measure: Measure, *, orders_only: bool = True) -> Truth | None:
        """Rows a measure looks at; None for all of them."""
        kept = self._filtered(history, measure, orders_only=orders_only)
        start = measure.window.start(self.as_of)
        return kept if start is None else _both(numbers_of(history, "day").values >= day_number(start), kept)

    def _filtered(self, history: History, measure: Measure, *, orders_only: bool = True) -> Truth | None:
        """Rows the conditions of a measure leave, whatever its window; None for all of them."""
        orders_only = orders_only and measure.grain != "events"
        key = measure.grain, measure.where, orders_only
        if key not in self.rows:
            found: list[Truth] = []
            if orders_only:
                found.append(numbers_of(history, "is_order").values != 0)
            for item in measure.where:
                columns = [history.columns[name] for name in FILTERS[item.name].columns]
                found.append(compared(columns, FILTERS[item.name].kind, item.op, item.value, factor_of(item, self.state.unit)))
            whole = found[0] if found else None
            for more in found[1:]:
                whole = more if whole is None else whole & more
            self.rows[key] = whole
        return self.rows[key]

    def _begin(self, history: History, grain: Grain, window: Window) -> NDArray[np.int64]:
        """The first row of each customer in a window: rows are sorted by day."""
        start = window.start(self.as_of)
        if start is None:
            return history.starts[:-1]
        key = grain, window
        if key not in self.begins:
            self._begin_together(history, grain)
        if key not in self.begins:
            earlier = self._running(numbers_of(history, "day").values < day_number(start), _counter(history))
            self.begins[key] = history.starts[:-1] + _between(earlier, history.starts[:-1], history.starts[1:])
        return self.begins[key]

    def _begin_together(self, history: History, grain: Grain) -> None:
        """Where all windows of a grain begin: each row is counted once, where the first window before it begins."""
        starts = {window: day_number(start) for kind, window in self.windows if kind == grain and (start := window.start(self.as_of))}
        if not starts:
            return
        different = sorted(set(starts.values()))
        borders = np.array(different, dtype=np.int64)
        first, last = int(borders[0]) - 1, int(borders[-1])
        days = numbers_of(history, "day").values
        reached = np.searchsorted(borders, np.arange(first, last + 1), side="right").take(np.clip(days - first, 0, last - first))
        counts = np.bincount(reached * self.size + history.owner, minlength=(len(borders) + 1) * self.size)
        begins = counts.reshape(len(borders) + 1, self.size)
        begins[0] += history.starts[:-1]
        for place in range(1, len(borders)):
            begins[place] += begins[place - 1]
        for window, border in starts.items():
            self.begins[grain, window] = begins[different.index(border)]

    def _summed(self, history: History, measure: Measure, column: str | None, *, orders_only: bool = True) -> NDArray[np.generic]:
        """Running sums over the rows the conditions leave, of a column or of rows; windows share them, each beginning where it does."""
        key = measure.grain, measure.where, orders_only and measure.grain != "events", column
        if key in self.sums:
            return self.sums[key]
        kept = self._filtered(history, measure, orders_only=orders_only)
        if column is None:
            rows = np.ones(len(history.owner), dtype=np.bool_) if kept is None else kept
            found = self._running(rows, _counter(history))
        else:
            values = numbers_of(history, column)
            kept = _both(kept, values.known)
            amounts = values.values
            if kept is not None:
                amounts = np.multiply(amounts, kept, out=self._scratch("product", len(kept), amounts.dtype))
            found = self._running(amounts, np.dtype(np.int64))
        if len(history.owner) <= FEW:
            found = self.sums[key] = found.copy()
        return found

    def _sums_at(
        self, history: History, measure: Measure, column: str | None, *, orders_only: bool = True
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Running sums before each customer's window and at its end; of few rows they are kept for what asks next."""
        begin = self._begin(history, measure.grain, measure.window)  # before the sums: both may use the same memory
        running = self._summed(history, measure, column, orders_only=orders_only)
        key = measure.grain, measure.where, orders_only and measure.grain != "events", column
        found = []
        for border, places in ((measure.window, begin), (None, history.starts[1:])):
            held = self.borders.get((*key, border))
            if held is None:
                held = running.take(places).astype(np.int64, copy=False)
                if len(history.owner) <= FEW:
                    self.borders[(*key, border)] = held
            found.append(held)
        return found[0], found[1]

    def _count(self, history: History, measure: Measure, *, distinct: bool = False, known: str | None = None) -> NDArray[np.int64]:
        if not distinct and known is None:
            if self._filtered(history, measure) is None:
                return history.starts[1:] - self._begin(history, measure.grain, measure.window)
            before, all_of_them = self._sums_at(history, measure, None)
            return all_of_them - before
        if distinct:
            begin = self._begin(history, measure.grain, measure.window)
            return _between(self._ordered(history, measure), begin, history.starts[1:])
        kept = self._kept(history, measure)
        if known is not None:
            kept = _both(kept, numbers_of(history, known).known)
        if kept is None:
            return history.starts[1:] - history.starts[:-1]
        return _between(self._running(kept, _counter(history)), history.starts[:-1], history.starts[1:])

    def _ordered(self, history: History, measure: Measure) -> NDArray[np.generic]:
        """Running count of the orders the rows belong to that the conditions leave; windows share it.

        Lines of an order stand together and are of one day, so an order is counted where its number changes.
        """
        key = measure.grain, measure.where, True, "orders"
        if key in self.sums:
            return self.sums[key]
        kept = self._filtered(history, measure)
        rows = np.arange(len(history.owner)) if kept is None else np.flatnonzero(kept)
        orders = numbers_of(history, "order_no").values.take(rows)
        changed = np.ones(len(rows), dtype=np.bool_)
        changed[1:] = orders[1:] != orders[:-1]
        once = np.zeros(len(history.owner), dtype=np.bool_)
        once[rows[changed]] = True
        found = self._running(once, _counter(history))
        if len(history.owner) <= FEW:
            found = self.sums[key] = found.copy()
        return found

    def _total(self, history: History, measure: Measure, column: str, *, orders_only: bool = True) -> NDArray[np.int64]:
        """Sums in whole numbers."""
        before, all_of_them = self._sums_at(history, measure, column, orders_only=orders_only)
        return all_of_them - before

    def _largest(self, history: History, measure: Measure) -> Numbers:
        kept = self._kept(history, measure)
        owner, amounts = history.owner, numbers_of(history, "amount").values.astype(np.int64)
        if kept is not None:
            rows = np.flatnonzero(kept)
            owner, amounts = owner[rows], amounts[rows]
        found = np.full(self.size, np.iinfo(np.int64).min)
        np.maximum.at(found, owner, amounts)
        return Numbers(found, found != np.iinfo(np.int64).min)

    def _last(self, history: History, measure: Measure, *, first: bool) -> Numbers:
        """Days since the last or the first kept row."""
        days, some = self._end_day(history, measure, first=first)
        return Numbers(np.where(some, self.today - days, 0), some)

    def last_unanswered(self, measure: Measure) -> tuple[NDArray[np.int64], Truth]:
        """Moment of each customer's last kept event by now, and whether there is one that no order has followed."""
        if measure not in self.unanswered:
            events, orders = self.state.histories["events"], self.state.histories["orders"]
            last = self._last_moment(events, self._kept(events, measure))
            order = self._last_moment(orders, numbers_of(orders, "is_order").values != 0)
            self.unanswered[measure] = last, (last > NO_MOMENT) & (order < last)
        return self.unanswered[measure]

    def _last_moment(self, history: History, kept: Truth | None) -> NDArray[np.int64]:
        moments = numbers_of(history, "moment")
        passed = moments.values <= self.now
        for more in (moments.known, kept):
            passed = passed if more is None else passed & more
        found = np.full(self.size, NO_MOMENT)
        some = np.flatnonzero(history.starts[1:] > history.starts[:-1])
        if len(some):
            found[some] = np.maximum.reduceat(np.where(passed, moments.values, NO_MOMENT), history.starts[some])
        return found

    def first_day(self, grain: Grain, window: Window) -> tuple[NDArray[np.int64], Truth]:
        """Day of the first row of each customer in a window, and whether there is one."""
        history = self.state.histories[grain]
        days, begin = numbers_of(history, "day").values, self._begin(history, grain, window)
        some = history.starts[1:] > begin
        return (days.take(np.where(some, begin, 0)).astype(np.int64) if len(days) else np.zeros(self.size, dtype=np.int64)), some

    def _end_day(self, history: History, measure: Measure, *, first: bool) -> tuple[NDArray[np.int64], Truth]:
        """Day of the first or the last row of each customer a measure looks at: rows are sorted by day."""
        found: NDArray[np.generic]
        days, begin, end = numbers_of(history, "day").values, self._begin(history, measure.grain, measure.window), history.starts[1:]
        kept = self._filtered(history, measure)
        if kept is not None:
            begin, end = self._sums_at(history, measure, None)
            key = measure.grain, measure.where, measure.grain != "events", "day of kept"
            held = self.sums.get(key)
            found = days.take(kept.nonzero()[0]) if held is None else held
            if held is None and len(kept) <= FEW:
                self.sums[key] = found
        else:
            found = days
        some = end > begin
        if not len(found):
            return np.zeros(self.size, dtype=np.int64), some
        return found.take(np.where(some, begin if first else end - 1, 0)).astype(np.int64), some

    def _running(self, values: NDArray[np.generic], kind: np.dtype[np.generic]) -> NDArray[np.generic]:
        """Sums of the first 0, 1, 2, ... rows; good until the next call."""
        found = self._scratch("running", len(values) + 1, kind)
        found[0] = 0
        np.cumsum(values, out=found[1:], dtype=kind)
        return found

    def _scratch(self, use: str, length: int, kind: np.dtype[np.generic]) -> NDArray[np.generic]:
        """Memory used again and again: pages asked anew for every sum cost more than the sum."""
        key = use, length, kind
        if key not in self.memory:
            self.memory[key] = np.empty(length, dtype=kind)
        return self.memory[key]

    def _different(self, history: History, measure: Measure, column: str) -> NDArray[np.int64]:
        texts = history.columns[column]
        assert isinstance(texts, Texts)  # noqa: S101  (categories and products are texts)
        kept = _both(self._kept(history, measure), texts.codes >= 0)
        kept = texts.codes >= 0 if kept is None else kept
        pairs = np.unique(history.owner[kept] * max(1, len(texts.keys)) + texts.codes[kept])
        return np.bincount(pairs // max(1, len(texts.keys)), minlength=self.size)


def _counter(history: History) -> np.dtype[np.generic]:
    """What rows are counted in: small numbers where there are many, those of the answer where there are few."""
    return np.dtype(np.int64 if len(history.owner) <= FEW else np.int32)


def _ratio(total: NDArray[np.int64], count: NDArray[np.int64]) -> Numbers:
    known = count > 0
    return Numbers(total / np.where(known, count, 1), known)


def _between(running: NDArray[np.generic], begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """What was added from one row of each customer to another."""
    return running.take(end).astype(np.int64, copy=False) - running.take(begin).astype(np.int64, copy=False)


def _both(left: Truth | None, right: Truth | None) -> Truth | None:
    if left is None:
        return right
    return left if right is None else left & right


def numbers_of(history: History, name: str) -> Numbers:
    """A column of numbers of the rows."""
    column = history.columns[name]
    assert isinstance(column, Numbers)  # noqa: S101  (asked for numbers only)
    return column


def months_of(year: int) -> NDArray[np.int64]:
    """Days since 1970-01-01 on which the months of a year begin."""
    return np.arange((year - 1970) * 12, (year - 1969) * 12).astype("M8[M]").astype("M8[D]").astype(np.int64)


def calendar(days: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Year, month and day of the month of days since 1970-01-01."""
    if len(days) and days.min() >= _FIRST and days.max() < -_FIRST:
        years, months, numbers = _calendar()
        places = days.astype(np.int64) - _FIRST
        return years.take(places), months.take(places), numbers.take(places)
    return _worked_out(days)


@lru_cache(maxsize=1)
def _calendar() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Two centuries and a half of days, worked out once."""
    return _worked_out(np.arange(_FIRST, -_FIRST))


def _worked_out(days: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    dates = days.astype(np.int64).astype("M8[D]")
    months = dates.astype("M8[M]")
    number = months.astype(np.int64)
    return number // 12 + 1970, number % 12 + 1, (dates - months.astype("M8[D]")).astype(np.int64) + 1
