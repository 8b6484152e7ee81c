"""What nobody asked for and what the base shows by itself: hidden groups, drivers, segmentations by evidence; looked for in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kogorta.kit.checks import check_between
from kogorta.segments.drivers.search import Drivers
from kogorta.segments.evidence.classes import EvidenceSegmentation
from kogorta.segments.evidence.definition import UNKNOWN
from kogorta.segments.evidence.shelf import shipped
from kogorta.segments.hidden.search import HiddenSearch

if TYPE_CHECKING:
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.drivers.report import DriverReport
    from kogorta.segments.evidence.definition import Definition
    from kogorta.segments.figures import SegmentFigures
    from kogorta.segments.hidden.found import HiddenSegments

ASKED: Final = ("benefits", "loyalty_degree", "jobs", "age", "gender", "market")
"""Segmentations by evidence that are tried; roles and regions have chapters of their own."""
FEWEST_KNOWN: Final = 30
LEAST_KNOWN: Final = 0.05
"""Customers, and their share, a segmentation must have put into a class to be shown."""


@dataclass(frozen=True)
class Known:
    """A segmentation the base has evidence for.

    Args:
        definition: its classes.
        figures: every class that has anybody, and the unknown, largest first.
    """

    definition: Definition
    figures: tuple[SegmentFigures, ...]

    @property
    def customers(self) -> int:
        """Everybody looked at."""
        return sum(item.customers for item in self.figures)

    @property
    def unknown(self) -> float:
        """Share of customers about whom too little is known."""
        return sum(item.customers for item in self.figures if item.segment == UNKNOWN) / max(self.customers, 1)

    @property
    def classes(self) -> tuple[SegmentFigures, ...]:
        """The classes without the unknown."""
        return tuple(item for item in self.figures if item.segment != UNKNOWN)


@dataclass(frozen=True, eq=False)
class Insights:
    """What was found.

    Args:
        hidden: hidden segments, or why there are none; None where they were not looked for.
        drivers: associations with each outcome; None where they were not looked for.
        known: segmentations by evidence that say something about this base.
        customers: customers of the base.
        limit: customers above which nothing is looked for unasked.
    """

    hidden: HiddenSegments | None
    drivers: DriverReport | None
    known: tuple[Known, ...]
    customers: int
    limit: int

    @property
    def skipped(self) -> bool:
        """Whether the base is so large that each is to be asked for by itself."""
        return self.customers > self.limit


@dataclass(frozen=True)
class InsightSearch:
    """How insights are looked for within the time of an analysis.

    Args:
        hidden: the search for hidden segments; here it looks at 2,000 buyers drawn by its seed and applies the rules to all.
        drivers: the search for drivers.
        limit: customers above which nothing is looked for: the commands of `kogorta segment` do it when asked.

    Raises:
        OptionError: the limit is out of its bounds.

    Example:
        >>> InsightSearch().limit
        200000
    """

    hidden: HiddenSearch = field(default_factory=lambda: HiddenSearch(most=2000))
    drivers: Drivers = field(default_factory=Drivers)
    limit: int = 200_000

    def __post_init__(self) -> None:
        check_between("limit", self.limit, 0, 1_000_000_000)

    def look(self, base: CustomerBase, as_of: date) -> Insights:
        """Look at a base at a date.

        Args:
            base: the base, enriched.
            as_of: end of this day.

        Returns:
            What was found; the same whatever the order of rows.
        """
        customers = len(base.table("customers"))
        if customers > self.limit:
            return Insights(None, None, (), customers, self.limit)
        known = tuple(found for name in ASKED if (found := _known(base, shipped(name), as_of)) is not None)
        return Insights(self.hidden.fit(base, as_of), self.drivers.measure(base, as_of), known, customers, self.limit)


def _known(base: CustomerBase, definition: Definition, as_of: date) -> Known | None:
    figures = EvidenceSegmentation(definition).assign(base, as_of).figures()
    found = Known(definition, tuple(item for item in figures if item.customers))
    told = sum(item.customers for item in found.classes)
    return found if told >= max(FEWEST_KNOWN, LEAST_KNOWN * found.customers) else None
