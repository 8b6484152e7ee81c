"""Phrases every page is made of: counts with their nouns, money, names, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.reports.names import category_name, industry_name, quoted, segment_name

if TYPE_CHECKING:
    from datetime import date

    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language
    from kogorta.waves.plan import Range

FINEST: Final = 3
"""Digits that may be tried to tell the ends of a range apart."""


@dataclass(frozen=True)
class Wording:
    """An analysis as a reader of `language` is told about it."""

    analysis: Analysis
    language: Language

    def text(self, text: str, /, **values: object) -> str:
        """A text of the catalogue with its placeholders filled."""
        return self.language.text(text, **values)

    def customers(self, count: int) -> str:
        """`5 customers`."""
        return self.language.plural("{count} customer", "{count} customers", count)

    def of_customers(self, count: int) -> str:
        """`of 5 customers`."""
        return self.language.plural("of {count} customer", "of {count} customers", count)

    def buyers(self, count: int) -> str:
        """`5 buyers`."""
        return self.language.plural("{count} buyer", "{count} buyers", count)

    def of_buyers(self, count: int) -> str:
        """`of 5 buyers`."""
        return self.language.plural("of {count} buyer", "of {count} buyers", count)

    def orders(self, count: int) -> str:
        """`5 orders`."""
        return self.language.plural("{count} order", "{count} orders", count)

    def days(self, count: int) -> str:
        """`5 days`."""
        return self.language.plural("{count} day", "{count} days", count)

    def rows(self, count: int) -> str:
        """`5 rows`."""
        return self.language.plural("{count} row", "{count} rows", count)

    def of_rows(self, count: int) -> str:
        """`of 5 rows`."""
        return self.language.plural("of {count} row", "of {count} rows", count)

    def number(self, value: float, digits: int = 0) -> str:
        """A number."""
        return self.language.number(value, digits)

    def percent(self, share: float, digits: int = 1) -> str:
        """A share as a percentage."""
        return self.language.percent(share, digits)

    def money(self, minor: float) -> str:
        """Money, short: `12,5 млн ₽`."""
        return self.language.money(minor, self.analysis.currency, compact=True)

    def money_span(self, low: float, high: float) -> tuple[str, str]:
        """The ends of a range, short, with as many digits as it takes to tell them apart: `1,18 млрд ₽`, `1,24 млрд ₽`."""
        for finer in range(FINEST):
            ends = [self.language.money(end, self.analysis.currency, compact=True, finer=finer) for end in (low, high)]
            if ends[0] != ends[1]:
                break
        return ends[0], ends[1]

    def exact_money(self, minor: float) -> str:
        """Money to the unit."""
        return self.language.money(minor, self.analysis.currency)

    def money_range(self, item: Range) -> str:
        """`from 0.5 to 2.1 million`."""
        return self._range(*self.money_span(item.low, item.high))

    def percent_range(self, item: Range) -> str:
        """`from 2 % to 11 %`."""
        return self._range(self.percent(item.low), self.percent(item.high))

    def number_range(self, item: Range, digits: int = 1) -> str:
        """`from 0.4 to 3.2`."""
        return self._range(self.number(item.low, digits), self.number(item.high, digits))

    def _range(self, low: str, high: str) -> str:
        return low if low == high else f"{low} – {high}"

    def day(self, value: date) -> str:
        """A date."""
        return self.language.day(value)

    def segment(self, slug: str, scheme: str | None = None) -> str:
        """Name of a segment in quotation marks."""
        return quoted(self.language, self.bare_segment(slug, scheme))

    def bare_segment(self, slug: str, scheme: str | None = None) -> str:
        """Name of a segment."""
        return segment_name(self.analysis, self.language, slug, scheme)

    def industry(self, slug: str) -> str:
        """Name of an industry."""
        return industry_name(self.analysis, self.language, slug)

    def category(self, recency: int, monetary: int, frequency: int) -> str:
        """Name of an RFM category in quotation marks."""
        return quoted(self.language, category_name(self.language, recency, monetary, frequency))

    def note(self, count: int, unit: str | None = None) -> str:
        """What stands under a chart: how many it is about and on which day."""
        about = unit or self.buyers(count)
        return self.text("n = {about}; as of {day}", about=about, day=self.day(self.analysis.as_of))

    @property
    def has_contacts(self) -> bool:
        """Whether any customer has an e-mail or a phone."""
        return bool(self.analysis.totals.with_email or self.analysis.totals.with_phone)

    def setting(self, name: str, default: float) -> float:
        """A number among the definitions of the analysis."""
        try:
            return float(self.analysis.definitions.get(name, default))
        except ValueError:
            return default

    def limits(self) -> dict[str, str]:
        """Bounds of the ABC and XYZ classes, for sentences that name them."""
        share_a, share_b = self.setting("abc_share_a", 0.8), self.setting("abc_share_b", 0.95)
        return {
            "a": self.percent(share_a, 0),
            "b": self.percent(share_b, 0),
            "next": self.percent(share_b - share_a, 0),
            "last": self.percent(1 - share_b, 0),
            "x": self.number(self.setting("xyz_limit_x", 0.5), 2),
            "y": self.number(self.setting("xyz_limit_y", 1.0), 2),
        }

    def listed(self, items: list[str]) -> str:
        """`a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return self.text("{list} and {last}", list=", ".join(items[:-1]), last=items[-1])
