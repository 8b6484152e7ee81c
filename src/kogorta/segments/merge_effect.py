"""What merging likely duplicates would do to RFM segments and to the money in them, told before anything is merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.kit.checks import check_choice
from kogorta.segments.naming import SCHEMES
from kogorta.segments.rfm import RFM
from kogorta.segments.summary import settle_as_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.matching.likely import Duplicates
    from kogorta.segments.rfm import Segments


@dataclass(frozen=True)
class SegmentShift:
    """A segment before and after: customers and net money in minor units."""

    segment: str
    customers_before: int
    customers_after: int
    money_before: int
    money_after: int


@dataclass(frozen=True)
class MergeEffect:
    """The effect of merges on RFM, with the cut points of the base as it is.

    Args:
        as_of: the day.
        scheme: names of the segments, `case` or `guide`.
        customers_before: customers of the base.
        customers_after: customers there would be.
        code_changed: customers with purchases whose RFM code would change, those merged into another one included.
        segment_changed: those among them whose named segment would change.
        money: net money of all purchases, minor units; merging does not change it.
        money_moved: how much of it would be counted in another segment.
        segments: what every segment would lose or gain.
    """

    as_of: date
    scheme: str
    customers_before: int
    customers_after: int
    code_changed: int
    segment_changed: int
    money: int
    money_moved: int
    segments: tuple[SegmentShift, ...]


def merge_effect(base: CustomerBase, found: Duplicates, as_of: date | str | None = None, scheme: str = "case") -> MergeEffect | None:
    """Merge on a copy and compare; the base stays as it is.

    Args:
        base: the base.
        found: what would be merged.
        as_of: the day; the last day of the data when not given.
        scheme: names of the segments.

    Returns:
        The effect, or None where nothing was ever bought.
    """
    if base.last_day() is None:
        return None
    day = settle_as_of(base, as_of)
    tried = base.copy()
    tried.merge_duplicates(found)
    check_choice("scheme", scheme, tuple(SCHEMES))
    rule = RFM().fit(base, day)
    before, after = (_codes(rule.assign(one, day), scheme) for one in (base, tried))
    kept = dict(tried.connection.execute("SELECT merged_id, kept_id FROM merges").fetchall())
    codes = segments = moved = 0
    for customer, (code, segment, money) in before.items():
        new_code, new_segment, _ = after.get(kept.get(customer, customer), ("", "", 0))
        codes += code != new_code
        segments += segment != new_segment
        moved += money if segment != new_segment else 0
    return MergeEffect(
        as_of=day,
        scheme=scheme,
        customers_before=len(base.table("customers")),
        customers_after=len(tried.table("customers")),
        code_changed=codes,
        segment_changed=segments,
        money=sum(money for _, _, money in before.values()),
        money_moved=moved,
        segments=_shifts(before, after, scheme),
    )


def _codes(segments: Segments, scheme: str) -> dict[str, tuple[str, str, int]]:
    """Customer -> RFM code, segment, net money."""
    rows = segments.base.connection.execute(f"SELECT customer_id, rfm_code, segment_{scheme}, monetary FROM {segments.name}").fetchall()
    return {customer: (code, segment, int(money)) for customer, code, segment, money in rows}


def _shifts(before: Mapping[str, tuple[str, str, int]], after: Mapping[str, tuple[str, str, int]], scheme: str) -> tuple[SegmentShift, ...]:
    slugs = [segment.slug for segment in SCHEMES[scheme].segments]
    counts = {slug: [0, 0, 0, 0] for slug in slugs}
    for place, side in enumerate((before, after)):
        for _, segment, money in side.values():
            counts[segment][place] += 1
            counts[segment][2 + place] += money
    return tuple(SegmentShift(slug, *counts[slug]) for slug in slugs)
