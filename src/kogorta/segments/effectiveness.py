"""Does the segmentation tell customers apart: who buys again, who stays, which segments are too small, which two are the same."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from kogorta.segments.drivers.effects import wilson
from kogorta.segments.moves import SMALL_COHORT

if TYPE_CHECKING:
    from datetime import date

    from kogorta.segments.history import SegmentHistory, SegmentPeriod

Z95: Final = NormalDist().inv_cdf(0.975)
_Z_ALIKE: Final = NormalDist().inv_cdf(0.95)
SHARE_MARGIN: Final = 0.05
"""Two shares nearer than five points are the same for a marketer."""
MONEY_MARGIN: Final = 1.25
"""Two means within 80-125 % of each other are the same: the convention of equivalence trials (FDA 2001)."""


@dataclass(frozen=True)
class SegmentReturn:
    """How a segment's members bought in the 90 days after a date.

    Args:
        segment: slug.
        members: customers who were in it on the eve.
        returned: those of them who bought.
        low, high: 95 % score interval of the share.
        revenue: mean net revenue of a member in those days.
        revenue_low, revenue_high: its 95 % interval.
        stayed: share still in the segment at the end of the last complete period; None when it had no members then.
    """

    segment: str
    members: int
    returned: int
    low: float
    high: float
    revenue: float
    revenue_low: float
    revenue_high: float
    stayed: float | None

    @property
    def share(self) -> float:
        """Share who bought again."""
        return self.returned / self.members

    @property
    def is_small(self) -> bool:
        """Whether the segment is too small to be judged."""
        return self.members < SMALL_COHORT


@dataclass(frozen=True)
class Effectiveness:
    """What the segmentation is worth as of one date.

    Args:
        starts_on: first of the 90 days.
        returns: segments with members, in the order of the scheme.
        alike: pairs of segments whose members do the same: the 90 % interval of the difference of shares lies within five points and
            that of the ratio of mean revenues within 80-125 % (two one-sided tests at 5 %).
        apart: largest difference of shares that chance alone does not make, with its Bonferroni interval; None when there is none.
    """

    starts_on: date
    returns: tuple[SegmentReturn, ...]
    alike: tuple[tuple[str, str], ...]
    apart: tuple[str, str, float, float] | None

    @property
    def small(self) -> tuple[SegmentReturn, ...]:
        """Segments too small to be judged."""
        return tuple(item for item in self.returns if item.is_small)


@dataclass(frozen=True)
class Trend:
    """How the revenue of a segment's members went from one complete period to the next.

    Args:
        segment: slug.
        before, after: revenue of the last but one and of the last complete period.
        streak: how many periods in a row it went the same way, the last included.
        year_ago: revenue of the same period a year before, when known.
        per_member: change of the revenue of one member, as a share; None without members.
        beyond_chance: whether the 95 % interval of the change per member leaves zero out.
    """

    segment: str
    before: int
    after: int
    streak: int
    year_ago: int | None
    per_member: float | None
    beyond_chance: bool

    @property
    def change(self) -> float:
        """Change as a share of the period before."""
        return self.after / self.before - 1 if self.before else 0.0


def effectiveness(history: SegmentHistory) -> Effectiveness | None:
    """What the segments were worth at the latest date whose 90 days are over; None when there is no such date."""
    period = history.ripe
    if period is None:
        return None
    last = history.complete[-1] if history.complete else None
    known = [item for item in period.segments if item.members and item.segment != history.absent]
    returns = []
    for item in known:
        low, high = wilson(item.returned or 0, item.members, Z95)
        mean, spread = _mean(item.revenue_soon, item.squares_soon, item.members)
        later = last.of(item.segment) if last else None
        stayed = later.stayed / later.members if later and later.members else None
        returns.append(
            SegmentReturn(item.segment, item.members, item.returned or 0, low, high, mean, mean - Z95 * spread, mean + Z95 * spread, stayed)
        )
    large = [item for item in known if item.members >= SMALL_COHORT]
    alike = tuple((one.segment, other.segment) for one, other in combinations(large, 2) if _are_alike(one, other))
    return Effectiveness(period.starts_on, tuple(returns), alike, _apart(known))


def trends(history: SegmentHistory) -> tuple[Trend, ...]:
    """The way of each segment's revenue, in the order of the scheme; those with fewer than two complete periods are left out."""
    done = history.complete
    if len(done) < 2:
        return ()
    found = []
    back = 12 if history.grain == "month" else 4
    for segment in (item.segment for item in done[-1].segments if item.segment != history.absent):
        line = [period.of(segment) for period in done]
        money = [item.revenue for item in line]
        steps = [(b > a) - (b < a) for a, b in pairwise(money)]
        streak = 0
        while streak < len(steps) and steps[-1 - streak] == steps[-1] != 0:
            streak += 1
        one, other = line[-2], line[-1]
        if not (one.members or other.members):
            continue
        per_member, beyond = None, False
        if one.members and other.members and one.revenue > 0:
            m1, s1 = _mean(one.revenue, one.squares, one.members)
            m2, s2 = _mean(other.revenue, other.squares, other.members)
            per_member = m2 / m1 - 1
            beyond = min(one.members, other.members) >= SMALL_COHORT and abs(m2 - m1) > Z95 * sqrt(s1 * s1 + s2 * s2)
        year_ago = money[-1 - back] if len(money) > back else None
        found.append(Trend(segment, money[-2], money[-1], streak, year_ago, per_member, beyond))
    return tuple(found)


def _mean(total: int, squares: int, count: int) -> tuple[float, float]:
    """Mean and its standard error."""
    if count < 2:
        return total / max(count, 1), 0.0
    # whole numbers up to the last step: the variance of like sums is a small difference of large ones
    return total / count, sqrt(max(count * squares - total * total, 0) / (count - 1)) / count


def _are_alike(one: SegmentPeriod, other: SegmentPeriod) -> bool:
    low, high = _difference(one, other, _Z_ALIKE)
    if low <= -SHARE_MARGIN or high >= SHARE_MARGIN:
        return False
    if one.revenue_soon <= 0 or other.revenue_soon <= 0:
        return False  # a ratio of nothing shows nothing
    m1, s1 = _mean(one.revenue_soon, one.squares_soon, one.members)
    m2, s2 = _mean(other.revenue_soon, other.squares_soon, other.members)
    reach = _Z_ALIKE * sqrt((s1 / m1) ** 2 + (s2 / m2) ** 2)
    ratio = log(m2 / m1)
    return exp(ratio - reach) > 1 / MONEY_MARGIN and exp(ratio + reach) < MONEY_MARGIN


def _difference(one: SegmentPeriod, other: SegmentPeriod, z: float) -> tuple[float, float]:
    """Interval of the difference of two shares by the square-and-add rule (Newcombe 1998)."""
    k1, n1, k2, n2 = one.returned or 0, one.members, other.returned or 0, other.members
    (l1, u1), (l2, u2) = wilson(k1, n1, z), wilson(k2, n2, z)
    p1, p2 = k1 / n1, k2 / n2
    gap = p1 - p2
    return gap - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2), gap + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)


def _apart(segments: list[SegmentPeriod]) -> tuple[str, str, float, float] | None:
    ranked = sorted(segments, key=lambda item: (-(item.returned or 0) / item.members, item.segment))
    if len(ranked) < 2:
        return None
    pairs = len(ranked) * (len(ranked) - 1) / 2
    low, high = _difference(ranked[0], ranked[-1], NormalDist().inv_cdf(1 - 0.025 / pairs))
    return (ranked[0].segment, ranked[-1].segment, low, high) if low > 0 else None
