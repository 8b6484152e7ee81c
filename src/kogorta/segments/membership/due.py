"""When time alone can next change an answer: for each customer, the first moment at which a condition of some rule may turn.

A moment that comes too early only costs another look; one that is left out would be a customer forgotten. So every condition that time
can turn names all the days on which it can.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from kogorta.segments.membership.derived import DERIVED
from kogorta.segments.membership.moments import NEVER, exits
from kogorta.segments.rules.columns import months_of, numbers_of
from kogorta.segments.rules.fields import HOUR
from kogorta.segments.rules.leaves import Compare, DateGap, Measure, Moved, Property
from kogorta.segments.rules.state import Numbers
from kogorta.segments.rules.windows import ALL_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from kogorta.segments.membership.derived import Derived
    from kogorta.segments.rules.columns import Evaluation
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.leaves import Figure, Value
    from kogorta.segments.rules.state import History
    from kogorta.segments.rules.tree import LeafNode
    from kogorta.segments.rules.windows import Window

    Ints = NDArray[np.int64]


class Clockwork:
    """The conditions of some rules that time can turn.

    Args:
        leaves: leaves of the rules and of the segments they refer to.
    """

    def __init__(self, leaves: Iterable[LeafNode]) -> None:
        self.windows: set[tuple[Grain, Window]] = set()
        self.moves: set[Window] = set()
        self.fields: set[str] = set()
        self.anniversaries: set[str] = set()
        self.ages = False
        passings: dict[Figure, set[int]] = {}
        for leaf in leaves:
            if isinstance(leaf, Moved):
                self.moves.add(leaf.window)
            elif isinstance(leaf, Compare):
                self._take(leaf, passings)
        self.passings = {figure: np.array(sorted(values), dtype=np.int64) for figure, values in passings.items() if values}

    def _take(self, leaf: Compare, passings: dict[Figure, set[int]]) -> None:
        figure = leaf.figure
        if isinstance(figure, Measure):
            if figure.window != ALL_TIME:
                self.windows.add((figure.grain, figure.window))
                if figure.function == "order_share":
                    self.windows.add(("orders", figure.window))
            if figure.kind in ("days", "hours"):
                passings.setdefault(figure, set()).update(turning_points(leaf.value))
        elif isinstance(figure, DateGap):
            if figure.way != "days_since":
                self.anniversaries.add(figure.name)
            passings.setdefault(figure, set()).update(turning_points(leaf.value))
        elif isinstance(figure, Property):
            if figure.name == "age":
                self.ages = True
            elif figure.name == "recency_days":
                passings.setdefault(figure, set()).update(turning_points(leaf.value))
            elif figure.name in DERIVED:
                self.fields.add(figure.name)

    def next_days(self, evaluation: Evaluation, derived: Derived | None) -> Ints:
        """The first later day on which something can turn, shape (customers,); `NEVER` where nothing can."""
        found = np.full(evaluation.size, NEVER)
        today = evaluation.today
        for grain, window in self.windows:
            # a row the window covers today leaves it on a later day; whichever conditions leave it out, that costs a look at most
            days, known = evaluation.first_day(grain, window)
            _keep(found, exits(days, window), known)
        for window in self.moves:
            _sooner(found, *_first_move_out(evaluation, window), today)
        for figure, points in self.passings.items():
            if figure.kind != "hours":
                self._passing(found, evaluation, figure, points)
        if self.ages:
            _birthdays(found, evaluation)
        if self.fields and derived is not None:
            np.minimum(found, derived.next_changes(self.fields), out=found)
        return found

    def next_hours(self, evaluation: Evaluation) -> Ints:
        """The first later moment at which a number of hours turns something, microseconds."""
        found = np.full(evaluation.size, NEVER)
        for figure, points in self.passings.items():
            if figure.kind == "hours" and isinstance(figure, Measure):
                last, known = evaluation.last_unanswered(figure)
                place = _passed(points, (evaluation.now - last) // HOUR)
                ahead = known & (place < len(points))
                moment = last + points[np.where(ahead, place, 0)] * HOUR
                _keep(found, moment, ahead)
        if any(figure.kind == "hours" for figure in self.passings):
            for grain in ("orders", "events"):
                _later_today(found, evaluation, evaluation.state.histories[grain])
        return found

    def _passing(self, found: Ints, evaluation: Evaluation, figure: Figure, points: Ints) -> None:
        column = evaluation.column(figure)
        assert isinstance(column, Numbers)  # noqa: S101  (days are numbers)
        values = column.values.astype(np.int64)
        known = np.ones(len(values), dtype=np.bool_) if column.known is None else column.known
        today = evaluation.today
        if isinstance(figure, DateGap) and figure.way != "days_since":
            _returning(found, evaluation, figure, values, known, points)
            return
        place = _passed(points, values)
        ahead = known & (place < len(points))
        _keep(found, today + points[np.where(ahead, place, 0)] - values, ahead)


def _passed(points: Ints, values: Ints) -> Ints:
    """How many of the points each value has reached; they are few."""
    found = np.zeros(len(values), dtype=np.int64)
    for point in points.tolist():
        found += values >= point
    return found


def _later_today(found: Ints, evaluation: Evaluation, history: History) -> None:
    """Rows of today whose moment is still to come."""
    moments = numbers_of(history, "moment").values
    ahead = moments > evaluation.now
    if ahead.any():
        np.minimum.at(found, history.owner[ahead], moments[ahead].astype(np.int64))


def turning_points(value: Value) -> set[int]:
    """Whole numbers at which a comparison with a value can turn as a figure grows by one."""
    found: set[int] = set()
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, int | float):
            found |= {ceil(item), floor(item) + 1}
    return found


def _keep(found: Ints, days: Ints, known: NDArray[np.bool_]) -> None:
    """Keep the earlier of two days or moments where the new one is known."""
    np.minimum(found, np.where(known, days, NEVER), out=found)


def _sooner(found: Ints, days: Ints, known: NDArray[np.bool_], today: int) -> None:
    """Keep the earlier of two days where the new one is known and lies ahead."""
    _keep(found, days, known & (days > today))


def _first_move_out(evaluation: Evaluation, window: Window) -> tuple[Ints, NDArray[np.bool_]]:
    if window == ALL_TIME or "transitions" not in evaluation.state.histories:
        return np.zeros(evaluation.size, dtype=np.int64), np.zeros(evaluation.size, dtype=np.bool_)
    history = evaluation.state.histories["transitions"]
    days = numbers_of(history, "day").values.astype(np.int64)
    covered = exits(days, window) > evaluation.today
    first = np.full(evaluation.size, NEVER)
    np.minimum.at(first, history.owner[covered], days[covered])
    known = first != NEVER
    return exits(np.where(known, first, 0), window), known


def _born(evaluation: Evaluation, name: str) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Month and day of the month of a date of customers, and where it is known."""
    column = evaluation.state.columns[name]
    assert isinstance(column, Numbers)  # noqa: S101  (dates are numbers)
    _, month, day = evaluation.calendar(name)
    return month, day, np.ones(len(month), dtype=np.bool_) if column.known is None else column.known


def _returns(month: Ints, day: Ints, year: int) -> Ints:
    """Days on which dates return in a year; 29 February of a common year falls on 1 March."""
    return months_of(year).take(month - 1) + day - 1


def _birthdays(found: Ints, evaluation: Evaluation) -> None:
    month, day, known = _born(evaluation, "birth_on")
    column = evaluation.state.columns["birth_on"]
    assert isinstance(column, Numbers)  # noqa: S101  (dates are numbers)
    _sooner(found, column.values.astype(np.int64), known, evaluation.today)  # a birthday to come is known from that day on
    for year in (evaluation.as_of.year, evaluation.as_of.year + 1):
        _sooner(found, _returns(month, day, year), known, evaluation.today)


def _returning(found: Ints, evaluation: Evaluation, gap: DateGap, values: Ints, known: NDArray[np.bool_], points: Ints) -> None:
    """Days to the next return fall by one a day and jump on the day after it; days after the last one grow and jump back on it."""
    today = evaluation.today
    if gap.way == "days_to":
        # it falls to the day of the return and jumps on the day after it; falling, it turns at a value and at the one below it
        _keep(found, today + np.maximum(values, 1), known)
        turns = np.unique(np.concatenate([points, points - 1]))
        place = _passed(turns, values - 1)
        ahead = known & (place > 0)
        _keep(found, today + values - turns[np.where(ahead, place - 1, 0)], ahead)
        return
    month, day, _ = _born(evaluation, gap.name)
    for year in (evaluation.as_of.year, evaluation.as_of.year + 1):
        _sooner(found, _returns(month, day, year), known, today)
    place = _passed(points, values)
    ahead = known & (place < len(points))
    _keep(found, today + points[np.where(ahead, place, 0)] - values, ahead)
