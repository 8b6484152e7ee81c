"""Industries to start with: ranked by what can be trusted about their share, not by the share itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.waves.baseline import wilson
from kogorta.waves.plan import IndustryRank

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kogorta.segments.figures import IndustrySegment

FEWEST_IN_SEGMENT: Final = 3


def rank_industries(figures: Iterable[IndustrySegment], segment: str, most: int) -> tuple[IndustryRank, ...]:
    """Industries by the Wilson 95 % lower bound of the share of their buyers that is in the segment.

    A share of 2 of 3 does not beat 30 of 60. The first `most` with at least three customers in the segment are chosen.

    Args:
        figures: customers by industry and segment.
        segment: the priority segment.
        most: how many industries to choose.

    Returns:
        Every industry with somebody in the segment, best first.

    Example:
        >>> from kogorta.segments.figures import IndustrySegment as I
        >>> ranks = rank_industries([I("a", "s", 2, 0), I("a", "t", 1, 0), I("b", "s", 30, 0), I("b", "t", 30, 0)], "s", 1)
        >>> [(rank.industry, rank.chosen) for rank in ranks]
        [('b', True), ('a', False)]
    """
    customers: dict[str, int] = {}
    inside: dict[str, tuple[int, int]] = {}
    for item in figures:
        customers[item.industry] = customers.get(item.industry, 0) + item.customers
        if item.segment == segment:
            inside[item.industry] = (item.customers, item.revenue)
    ranked = []
    for industry, (count, revenue) in inside.items():
        bounds = wilson(count, customers[industry])
        ranked.append((bounds.low, count, revenue, industry, bounds.middle))
    ranked.sort(key=lambda row: (-row[0], -row[2], row[3]))
    result, chosen = [], 0
    for low, count, revenue, industry, share in ranked:
        take = chosen < most and count >= FEWEST_IN_SEGMENT
        chosen += take
        result.append(IndustryRank(industry, customers[industry], count, share, low, revenue, take))
    return tuple(result)
