"""Figures of groups of customers: what every chart, finding and plan is made from.

Money is in minor units of the base's currency, shares are 0-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class SegmentFigures:
    """One segment of one scheme (`case`, `guide`, `abc`, `xyz`, `lifecycle`).

    `segment` is the slug, `name` the English name to be translated. `revenue` is net, `average_check` = revenue per order.
    """

    scheme: str
    segment: str
    name: str
    customers: int
    customer_share: float
    revenue: int
    revenue_share: float
    orders: int
    average_check: int
    median_recency_days: float | None


@dataclass(frozen=True)
class CodeFigures:
    """One RFM code that occurs: digits r, f, m (1 = best), customers and net revenue."""

    r: int
    f: int
    m: int
    code: str
    customers: int
    revenue: int


@dataclass(frozen=True)
class CategoryFigures:
    """One RFM category of the case: recency word, monetary level (1 = lowest), frequency word, by number.

    `recency` 1 = just now, 2 = recently, 3 = long ago; `frequency` 1 = often, 2 = sometimes, 3 = rarely.
    """

    recency: int
    monetary: int
    frequency: int
    customers: int
    revenue: int


@dataclass(frozen=True)
class CellFigures:
    """One cell of the ABC/XYZ matrix: `abc` A, B, C or `none`; `xyz` X, Y, Z or `early`."""

    abc: str
    xyz: str
    customers: int
    revenue: int


@dataclass(frozen=True)
class IndustrySegment:
    """How many customers of an industry are in a segment of the chosen scheme, and their net revenue."""

    industry: str
    segment: str
    customers: int
    revenue: int


@dataclass(frozen=True)
class Stability:
    """How many codes would change if one fact were slightly different.

    `buyers` have a code; `stable` keep it under all of: one order more, one order less, 7 days earlier, 7 days later.
    """

    buyers: int
    stable: int
    changed_by_order: int
    changed_by_week: int

    @property
    def share(self) -> float:
        """Share of customers whose code is stable."""
        return self.stable / self.buyers if self.buyers else 0.0


@dataclass(frozen=True)
class Totals:
    """The base in one line. `buyers` have at least one counted order; revenue is net of refunds."""

    customers: int
    companies: int
    persons: int
    buyers: int
    orders: int
    revenue: int
    refunds: int
    average_check: int
    repeat_buyers: int
    first_order_on: date | None
    last_order_on: date | None
    with_inn: int
    with_industry: int
    with_email: int
    with_phone: int
    with_region: int
