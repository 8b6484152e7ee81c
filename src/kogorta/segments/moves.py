"""What moved between two dates and what came back over time: the types every table, chart and finding about it is made from.

Money is in minor units of the base's currency, shares are 0-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

YEAR_DAYS: Final = 365
"""Days before a date in which its money is counted, where the history has so many."""
SMALL_COHORT: Final = 30
"""Below this many customers a share is too rough to compare: the 95 % interval of a half is wider than 35 points."""


@dataclass(frozen=True)
class Cohort:
    """Customers whose first purchase fell into one period; k counts periods after it, k = 0 is the first itself.

    Args:
        starts_on: first day of the period.
        customers: how many there are.
        active: `active[k]` = customers of the cohort who bought in period k.
        returned: `returned[k]` = customers who had bought in any period from 1 to k.
        revenue: `revenue[k]` = their net revenue in period k.
    """

    starts_on: date
    customers: int
    active: tuple[int, ...]
    returned: tuple[int, ...] = ()
    revenue: tuple[int, ...] = ()

    @property
    def is_small(self) -> bool:
        """Whether its shares are too rough to compare."""
        return self.customers < SMALL_COHORT


@dataclass(frozen=True)
class CohortTable:
    """Cohort retention: `period` is `month`, `quarter` or `year`; the last period may be incomplete."""

    period: str
    cohorts: tuple[Cohort, ...]
    last_is_complete: bool


@dataclass(frozen=True)
class Flow:
    """Customers who were in `source` at the earlier date and in `target` at the later one.

    Args:
        source: segment at the earlier date; the absent slug of the scheme (`none`) for those who had not bought yet.
        target: segment at the later date.
        customers: how many.
        revenue: their net revenue up to the later date.
        revenue_before: their net revenue up to the earlier date.
        year_before: their net revenue in the `money_days` that end with the earlier date.
        year_after: the same for the later date.
        bought: how many of them bought between the dates; the others moved, or stayed, by time passing alone.
    """

    source: str
    target: str
    customers: int
    revenue: int
    revenue_before: int = 0
    year_before: int = 0
    year_after: int = 0
    bought: int = 0


@dataclass(frozen=True)
class Mover:
    """A customer who changed segment, with his money and his silence at the later date."""

    customer_id: str
    name: str | None
    source: str
    target: str
    year_before: int
    year_after: int
    revenue: int
    last_order_on: date | None
    silent_days: int | None
    bought: bool


@dataclass(frozen=True)
class Migration:
    """Moves between two dates under one frozen rule.

    Args:
        from_on: the earlier date.
        to_on: the later date.
        flows: every customer of either date is in exactly one.
        scheme: names of the segments.
        absent: slug of those who had not bought yet.
        best: the segment whose leavers are named.
        leavers: those who left the best segment, most money in the year before first; as many as were asked for.
        learnt_on: the day the cut points were learnt on; None when given by hand.
        money_days: days before either date in which its money is counted: a year, or as many as the history has by the earlier date, so
            that equal spans are compared.
    """

    from_on: date
    to_on: date
    flows: tuple[Flow, ...]
    scheme: str = "case"
    absent: str = "none"
    best: str = "vip"
    leavers: tuple[Mover, ...] = ()
    learnt_on: str | None = None
    money_days: int = YEAR_DAYS

    def left(self, segment: str) -> tuple[Flow, ...]:
        """Flows out of a segment."""
        return tuple(flow for flow in self.flows if flow.source == segment and flow.target != segment)

    def entered(self, segment: str) -> tuple[Flow, ...]:
        """Flows into a segment."""
        return tuple(flow for flow in self.flows if flow.target == segment and flow.source != segment)

    def sizes(self, *, after: bool) -> Mapping[str, int]:
        """Customers by segment at one of the dates, largest first."""
        counts: dict[str, int] = {}
        for flow in self.flows:
            slug = flow.target if after else flow.source
            counts[slug] = counts.get(slug, 0) + flow.customers
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Shift:
    """Why the size of one segment differs when each date is judged by cut points of its own.

    `before` + `own` + `borders` = `after`. `own` is what customers' purchases and silence changed, `borders` what new cut points changed;
    each is the mean over the two orders in which the changes can be made, so that neither is charged with what they do together.
    """

    segment: str
    before: int
    after: int
    own: float
    borders: float


@dataclass(frozen=True)
class Drift:
    """How the share of one level changed between two dates under the cut points of the earlier one.

    `low`-`high` is the simultaneous 95 % interval of the change (Bonferroni over all levels), its variance taken customer by customer
    because most customers are in both shares.
    """

    digit: str
    level: int
    share_before: float
    share_after: float
    low: float
    high: float

    @property
    def is_out_of_date(self) -> bool:
        """Whether the change is beyond chance."""
        return not self.low <= 0 <= self.high


@dataclass(frozen=True)
class RuleShift:
    """Two dates, each under cut points learnt on it.

    Args:
        from_on: the earlier date.
        to_on: the later date.
        shifts: one per segment.
        moved: customers of the earlier date whose segment differs when each date is judged by its own cut points.
        moved_by_themselves: those of them who moved under the earlier cut points too.
        drifts: shares of levels under the cut points of the earlier date; empty for schemes without levels.
    """

    from_on: date
    to_on: date
    shifts: tuple[Shift, ...]
    moved: int
    moved_by_themselves: int
    drifts: tuple[Drift, ...]
