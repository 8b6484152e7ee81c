"""Fields that follow from a customer's orders: dates, counts, RFM by frozen cut points, stage of life; as the SQL does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.segments.lifecycle import STAGES, Lifecycle
from kogorta.segments.naming import SCHEMES, all_codes
from kogorta.segments.rules.columns import numbers_of
from kogorta.segments.rules.state import Numbers, Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from kogorta.segments.rfm import RFMRule
    from kogorta.segments.rules.state import Column, History

    Ints = NDArray[np.int64]

DERIVED: Final = frozenset(
    {
        "first_order_on", "last_order_on", "frequency", "monetary", "average_check", "r", "f", "m", "rfm_code", "segment_case",
        "segment_guide", "lifecycle",
    }
)  # fmt: skip
"""Fields computed here; all others are held on the card."""
NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Definitions:
    """Frozen definitions of the fields that follow from orders.

    Args:
        rfm: cut points; None while nobody has bought: the RFM fields are missing then.
        lifecycle: how stages are made.
    """

    rfm: RFMRule | None = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)


@dataclass(frozen=True, eq=False)
class Derived:
    """Figures of some customers' orders on a day, and from them the fields of rules.

    Args:
        definitions: frozen definitions.
        today: the day, days since 1970.
        first, last: shape (k,), days of the first and the last order; meaningless where `frequency` is 0.
        frequency: shape (k,), won orders net of refunds.
        monetary: shape (k,), their net sum with refunds of nothing, minor units.
        sleeping_after: shape (k,), days without an order after which each falls asleep.
    """

    definitions: Definitions
    today: int
    first: Ints
    last: Ints
    frequency: Ints
    monetary: Ints
    sleeping_after: NDArray[np.float64]

    @classmethod
    def of(cls, orders: History, definitions: Definitions, today: int) -> Derived:
        """Count the orders of some customers."""
        starts = orders.starts
        days = numbers_of(orders, "day").values.astype(np.int64)
        won = numbers_of(orders, "is_order").values.astype(np.bool_)
        running = np.concatenate([[0], np.cumsum(won)])
        begin, end = running.take(starts[:-1]), running.take(starts[1:])
        frequency = end - begin
        money = np.concatenate([[0], np.cumsum(numbers_of(orders, "amount").values, dtype=np.int64)])
        bought = frequency > 0
        ordered = days.take(np.flatnonzero(won))
        some = len(ordered) > 0
        first = ordered.take(np.where(bought, begin, 0)) if some else np.zeros(len(frequency), dtype=np.int64)
        last = ordered.take(np.where(bought, end - 1, 0)) if some else np.zeros(len(frequency), dtype=np.int64)
        stages = definitions.lifecycle
        sleeping = np.full(len(frequency), float(stages.sleeping_after))
        if stages.mode == "rhythm":
            rhythm, known = _rhythms(ordered, np.repeat(np.arange(len(frequency)), frequency), len(frequency))
            sleeping = np.where(known, np.maximum(2 * rhythm, stages.shortest), sleeping)
        return cls(definitions, today, first, last, frequency, money.take(starts[1:]) - money.take(starts[:-1]), sleeping)

    def columns(self, names: Iterable[str]) -> Mapping[str, Column]:
        """The fields asked for."""
        return {name: self._column(name) for name in names}

    @property
    def recency(self) -> Ints:
        """Days since the last order."""
        return self.today - self.last

    @property
    def gone_after(self) -> NDArray[np.float64]:
        """Days without an order after which each is gone."""
        stages = self.definitions.lifecycle
        always = np.full(len(self.frequency), float(stages.gone_after))
        return np.maximum(always, 3 * self.sleeping_after) if stages.mode == "rhythm" else always

    def next_changes(self, names: Iterable[str]) -> Ints:
        """The first later day on which one of the fields changes if nothing happens, shape (k,); `NEVER` where none does."""
        bounds: list[NDArray[np.float64]] = []
        wanted = set(names)
        if "lifecycle" in wanted:
            new = np.where(self.frequency == 1, float(self.definitions.lifecycle.new_within), self.sleeping_after)
            bounds += [new, self.sleeping_after, self.gone_after]
        if wanted & {"r", "rfm_code", "segment_case", "segment_guide"} and self.definitions.rfm is not None:
            bounds += [np.full(len(self.frequency), float(bound)) for bound in self.definitions.rfm.recency]
        found = np.full(len(self.frequency), NEVER)
        for bound in bounds:
            day = self.last + np.floor(bound).astype(np.int64) + 1
            found = np.where((day > self.today) & (self.frequency > 0), np.minimum(found, day), found)
        return found

    def _column(self, name: str) -> Column:
        bought = self.frequency > 0
        if name == "first_order_on":
            return Numbers(self.first, bought)
        if name == "last_order_on":
            return Numbers(self.last, bought)
        if name == "frequency":
            return Numbers(self.frequency)
        if name == "monetary":
            return Numbers(self.monetary)
        if name == "average_check":
            return Numbers(_halves_up(self.monetary / np.where(bought, self.frequency, 1)), bought)
        if name == "lifecycle":
            return self._stages()
        return self._rfm(name)

    def _stages(self) -> Texts:
        """Places in the order of `STAGES`: prospect, new, active, sleeping, gone."""
        recency = self.recency
        code = np.where(recency <= self.sleeping_after, 2, 3)
        code = np.where((self.frequency == 1) & (recency <= self.definitions.lifecycle.new_within), 1, code)
        code = np.where(recency > self.gone_after, 4, code)
        return Texts(np.where(self.frequency > 0, code, 0).astype(np.int32), tuple(STAGES))

    def _rfm(self, name: str) -> Column:
        rule, bought = self.definitions.rfm, self.frequency > 0
        if rule is None:
            nobody = np.zeros(len(bought), dtype=np.bool_)
            return Numbers(self.frequency, nobody) if name in "rfm" else Texts(np.full(len(bought), -1, dtype=np.int32), ())
        money = self.monetary
        if rule.monetary != "sum":
            # whole minor units, halves up; the engine's division of whole numbers drops the fraction
            twice = 2 * money + self.frequency
            money = np.sign(twice) * (np.abs(twice) // np.where(bought, 2 * self.frequency, 1))
        levels = {
            "r": 1 + _above(self.recency, rule.recency),
            "f": rule.levels - _above(self.frequency, rule.frequency),
            "m": rule.levels - _above(money, rule.money),
        }
        if name in levels:
            return Numbers(levels[name], bought)
        place = ((levels["r"] - 1) * rule.levels + levels["f"] - 1) * rule.levels + levels["m"] - 1
        codes = all_codes(rule.levels)
        if name == "rfm_code":
            return Texts(np.where(bought, place, -1).astype(np.int32), codes)
        scheme = SCHEMES[name.removeprefix("segment_")]
        slugs = tuple(segment.slug for segment in scheme.segments)
        of_code = np.array([slugs.index(scheme.segment_of(code, rule.levels)) for code in codes])
        return Texts(np.where(bought, of_code[place], -1).astype(np.int32), slugs)


def _above(values: Ints, bounds: tuple[int, ...]) -> Ints:
    """How many bounds each value is above."""
    return np.searchsorted(np.asarray(bounds, dtype=np.int64), values, side="left").astype(np.int64)


def _halves_up(values: NDArray[np.float64]) -> Ints:
    """Rounded, halves away from zero, as the engine does."""
    return np.trunc(values + np.copysign(0.5, values)).astype(np.int64)


def _rhythms(days: Ints, whose: Ints, customers: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Median of the steps between a customer's different purchase days, and whether he has any."""
    new = np.ones(len(days), dtype=np.bool_)
    new[1:] = (days[1:] != days[:-1]) | (whose[1:] != whose[:-1])
    days, whose = days[new], whose[new]
    same = whose[1:] == whose[:-1]
    steps, owner = (days[1:] - days[:-1])[same], whose[1:][same]
    order = np.lexsort((steps, owner))
    steps, owner = steps[order], owner[order]
    starts = np.searchsorted(owner, np.arange(customers + 1))
    count = np.diff(starts)
    known = count > 0
    if not len(steps):
        return np.zeros(customers), known
    low = np.where(known, starts[:-1] + (count - 1) // 2, 0)
    high = np.where(known, starts[:-1] + count // 2, 0)
    return (steps[low] + steps[high]) / 2, known
