"""What each segment brought, period after period, by those who were in it when the period began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from kogorta.engine.duck import filled_sql
from kogorta.kit.checks import check_choice, check_positive
from kogorta.segments.cohorts import periods_between
from kogorta.segments.summary import settle_as_of

if TYPE_CHECKING:
    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.yardstick import Yardstick

SOON_DAYS: Final = 90
"""Days after the start of a period within which a member is expected to buy again."""
LONGEST_IN_MONTHS: Final = 14
PERIODS: Final = 8


@dataclass(frozen=True)
class SegmentPeriod:
    """One segment in one period.

    Args:
        segment: slug; the absent slug of the scheme stands for those who bought for the first time in the period.
        members: customers who were in it on the eve of the period; of the absent slug, the newcomers.
        stayed: members who were in it on the last day too.
        buyers: members who bought in the period.
        orders: their orders.
        revenue: their net revenue.
        squares: sum of squares of the members' revenue.
        returned: members who bought within 90 days of the start; None when the 90 days are not over.
        revenue_soon: their net revenue in those days.
        squares_soon: sum of its squares.
    """

    segment: str
    members: int
    stayed: int
    buyers: int
    orders: int
    revenue: int
    squares: int
    returned: int | None
    revenue_soon: int
    squares_soon: int

    @property
    def average_check(self) -> int:
        """Net revenue per order."""
        return round(self.revenue / self.orders) if self.orders else 0


@dataclass(frozen=True)
class HistoryPeriod:
    """One period: its first and last day, whether it is over, its segments in the order of the scheme and the newcomers last."""

    starts_on: date
    ends_on: date
    is_complete: bool
    segments: tuple[SegmentPeriod, ...]

    def of(self, segment: str) -> SegmentPeriod:
        """The figures of a segment."""
        return next(item for item in self.segments if item.segment == segment)

    @property
    def revenue(self) -> int:
        """Net revenue of the whole base in the period."""
        return sum(item.revenue for item in self.segments)


@dataclass(frozen=True)
class SegmentHistory:
    """Segments over time under one frozen rule.

    Args:
        scheme: names of the segments.
        grain: `month` or `quarter`.
        absent: slug of the newcomers.
        best: the best segment of the scheme.
        learnt_on: the day the cut points were learnt on; None when given by hand.
        periods: oldest first; the last may be incomplete.
    """

    scheme: str
    grain: str
    absent: str
    best: str
    learnt_on: str | None
    periods: tuple[HistoryPeriod, ...]

    @property
    def complete(self) -> tuple[HistoryPeriod, ...]:
        """Periods that are over."""
        return tuple(period for period in self.periods if period.is_complete)

    @property
    def ripe(self) -> HistoryPeriod | None:
        """The latest period whose first 90 days are over."""
        return next((period for period in reversed(self.periods) if period.segments[0].returned is not None), None)


def segment_history(
    base: CustomerBase, measure: Yardstick, as_of: date | str | None = None, grain: str | None = None, periods: int = PERIODS
) -> SegmentHistory | None:
    """Figures of each segment in each of the last periods.

    Args:
        base: the base.
        measure: the frozen rule. Membership on the eve of a period looks at nothing later, so no figure explains itself; the cut points
            are one yardstick for all periods, learnt on whatever day the rule says.
        as_of: end of this day; default the last day of the data.
        grain: `month` or `quarter`; default months of a history up to 14 months, else quarters.
        periods: how many, the current part-period included.

    Returns:
        The history, or None when nobody had bought before a period began.

    Raises:
        OptionError: the grain or the number of periods is not allowed.
    """
    check_positive("periods", periods)
    day = settle_as_of(base, as_of)
    found: Any = base.ask("SELECT min(day) FROM customer_days WHERE orders > 0 AND day <= CAST($as_of AS DATE)", {"as_of": day.isoformat()})
    first: date | None = found[0][0]
    if first is None:
        return None
    if grain is None:
        grain = "month" if periods_between(first, day, "month") < LONGEST_IN_MONTHS else "quarter"
    check_choice("period", grain, ("month", "quarter"))
    count = min(periods, periods_between(first, day, grain))
    starts = [_start(day, grain, back) for back in range(count - 1, -1, -1)]
    if not starts:
        return None
    told = tuple(_period(base, measure, start, _start(start, grain, -1) - timedelta(days=1), day) for start in starts)
    return SegmentHistory(measure.scheme, grain, measure.absent, measure.best, measure.learnt_on, told)


def _start(day: date, grain: str, back: int) -> date:
    """First day of the period `back` periods before that of a day."""
    months = 1 if grain == "month" else 3
    number = (day.year * 12 + day.month - 1) // months * months - back * months
    return date(number // 12, number % 12 + 1, 1)


def _period(base: CustomerBase, measure: Yardstick, start: date, end: date, as_of: date) -> HistoryPeriod:
    last, soon = min(end, as_of), start + timedelta(days=SOON_DAYS - 1)
    pieces = {
        "before": measure.label_sql("silent_before", "orders_before", "money_before"),
        "after": measure.label_sql("silent_after", "orders_after", "money_after"),
    }
    ripe = soon <= as_of
    days = {
        "starts_on": start,
        "eve_on": start - timedelta(days=1),
        "ends_on": last,
        "soon_on": min(soon, as_of),
        "last_on": max(last, min(soon, as_of)),
    }
    query = filled_sql("segments", "history", {name: day.isoformat() for name, day in days.items()}, pieces)
    sums = {slug: [0] * 9 for slug in (*measure.segments, measure.absent)}
    rows: Any = base.ask(query)
    for source, target, customers, *figures in rows:
        was, became = measure.segment_of(source), measure.segment_of(target)
        one = sums[was]
        # who has no order by the end of the period is no newcomer, though his refund counts in the revenue
        one[0] += 0 if was == became == measure.absent else int(customers)
        one[1] += int(customers) if was == became != measure.absent else 0
        for place, figure in enumerate(figures, 2):
            one[place] += int(figure)
    segments = []
    for slug, (members, stayed, buyers, orders, revenue, squares, returned, revenue_soon, squares_soon) in sums.items():
        came_back = returned if ripe else None
        segments.append(SegmentPeriod(slug, members, stayed, buyers, orders, revenue, squares, came_back, revenue_soon, squares_soon))
    return HistoryPeriod(start, last, end <= as_of, tuple(segments))
