"""What is known about the generated school: the answers a careful reader of the file must come to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

PLANTED: Final[Mapping[str, str]] = {
    "duplicate_row": message("exact copies of a row"),
    "repeated_for_contact": message("rows of a deal repeated for its second contact"),
    "product_rows": message("rows of deals split by product"),
    "double_inn_kpp": message("rows of a second card with the same INN and KPP"),
    "double_email": message("rows of a second card with the same e-mail written differently"),
    "double_phone": message("rows of a second card with the same phone written differently"),
    "inn_restored": message("rows with an INN that lost its leading zero"),
    "inn_spoilt": message("rows with an INN turned into a number such as 7,71E+09"),
    "inn_checksum": message("rows with an INN whose check digit is wrong"),
    "email_invalid": message("rows with an unusable e-mail"),
    "phone_invalid": message("rows with an unusable phone"),
    "placeholder": message("rows with a word such as «нет» instead of a phone or an e-mail"),
    "several_phones": message("rows with several phones in one cell"),
    "amount_comma": message("amounts such as 12 500,00"),
    "amount_point": message("amounts such as 12500.5"),
    "amount_rouble": message("amounts such as 1 234,5 ₽"),
    "amount_missing": message("won deals without an amount"),
    "outlier": message("amounts a hundred times too large"),
    "refund_full": message("full refunds as a deal with a negative amount"),
    "refund_partial": message("partial refunds as a deal with a negative amount"),
    "refund_stage": message("deals moved to the refund stage"),
    "one_digit_hour": message("moments with a one-digit hour"),
    "created_without_time": message("creation dates without a time"),
    "closing_date_missing": message("won deals without a closing date"),
    "date_in_future": message("won deals closed in the future"),
    "date_malformed": message("dates that do not exist"),
    "test_order": message("test deals"),
    "customer_missing": message("deals without a company and a contact"),
    "stage_unknown": message("stages nobody can interpret"),
    "currency_without_rate": message("deals in another currency"),
    "formula": message("cells that start with ="),
    "trailing_space": message("cells with trailing spaces"),
    "no_break_space": message("cells with no-break spaces"),
    "yo_spelling": message("words spelt with е instead of ё"),
    "line_break": message("line breaks inside a cell"),
    "html": message("comments with HTML"),
    "planned_date": message("open deals planned for a day ahead (not a mistake)"),
    "same_name": message("rows of different companies with the same name (not a mistake)"),
    "branch": message("rows of a branch with its own KPP (not a mistake)"),
    "testing_title": message("products whose name only looks like a test (not a mistake)"),
}
"""Every kind of trouble planted, in words; the last four look like trouble and are none."""

HARMLESS: Final = ("planned_date", "same_name", "branch", "testing_title")

SEGMENTS_CASE: Final[Mapping[str, str]] = {
    "vip": "111",
    "loyal": "112 121 211 212",
    "potential": "131 132",
    "new": "133",
    "needs_attention": "311 312 313 321 331",
    "sleeping": "323 332 333",
    "standard": "113 122 123 213 221 222 223 231 232 233 322",
}
SEGMENTS_GUIDE: Final[Mapping[str, str]] = {
    "key": "111",
    "loyal": "112 121 122",
    "promising_newcomer": "131 132",
    "newcomer": "133",
    "active_small": "113 123",
    "at_risk": "211 212 221",
    "cooling": "213 222 223 231 232 233",
    "cannot_lose": "311 312 321",
    "sleeping": "313 322 323 331 332",
    "lost": "333",
}

DEFINITIONS: Final[Mapping[str, str]] = {
    "purchase_on": "closing date of a won deal, creation date where there is none",
    "refunds": "a negative deal is matched to the customer's order of equal amount, else to the latest earlier order; "
    "a fully refunded order, and a deal in the refund stage, counts in neither R nor F; M is net",
    "quarantine": "won deal closed in the future, malformed date, empty amount of a won deal, test deal, orphan, foreign currency",
    "customer": "the company of a deal, else its contact; cards with the same INN and KPP, e-mail or phone are one",
    "rfm": "3 levels, 1 = best; R = days since the last order, F = orders, M = net sum in kopecks; cuts are "
    "inverted-CDF quantiles at 1/3 and 2/3; a value equal to a cut belongs to the level on its left",
}


@dataclass(frozen=True)
class Accounting:
    """Where the rows go. `used` includes lost and open deals and refunds."""

    rows_read: int
    rows_used: int
    rows_merged: int
    rows_quarantined: int


@dataclass(frozen=True)
class Planted:
    """One kind of trouble: numbers of the rows that show it (header = 1) and how many deals they belong to."""

    kind: str
    rows: tuple[int, ...]
    deals: int


@dataclass(frozen=True)
class DoubleCard:
    """Two CRM ids of one customer; `kind` is `company` or `contact`, `evidence` is `inn_kpp`, `email` or `phone`."""

    kind: str
    older_id: int
    newer_id: int
    evidence: str


@dataclass(frozen=True)
class RefundTruth:
    """A refund deal and the order it reverses; kopecks, positive."""

    deal_id: int
    order_id: int
    amount: int
    full: bool


@dataclass(frozen=True)
class CustomerTruth:
    """One customer with at least one deal that is not quarantined.

    Args:
        key: `company-<oldest CRM id>` or `contact-<oldest CRM id>`.
        kind: `company` or `person`.
        name: as on the oldest card.
        company_ids, contact_ids: every CRM id it appears under.
        inn: what can be recovered, or empty.
        industry, industry_name: slug and Russian name where the activity code is in the file, or empty.
        region: ISO code where an INN or a landline gives it, or empty.
        first_order_on, last_order_on, recency_days, average_check: None without orders.
        orders: won orders that were not fully refunded.
        net_amount: kopecks.
        r, f, m: levels, 0 without orders.
        code, segment_case, segment_guide: empty without orders.
    """

    key: str
    kind: str
    name: str
    company_ids: tuple[int, ...]
    contact_ids: tuple[int, ...]
    inn: str
    industry: str
    industry_name: str
    region: str
    first_order_on: date | None
    last_order_on: date | None
    recency_days: int | None
    orders: int
    net_amount: int
    r: int = 0
    f: int = 0
    m: int = 0
    code: str = ""
    segment_case: str = ""
    segment_guide: str = ""


@dataclass(frozen=True)
class SegmentTruth:
    """One segment of one scheme: customers with orders, their orders and net revenue in kopecks."""

    scheme: str
    segment: str
    customers: int
    orders: int
    revenue: int


@dataclass(frozen=True)
class IndustryTruth:
    """Customers of one industry in one segment of the scheme `case`."""

    industry: str
    name: str
    segment: str
    customers: int
    revenue: int


@dataclass(frozen=True)
class Cuts:
    """The quantiles at 1/3 and 2/3: days, orders, kopecks."""

    recency: tuple[int, int]
    frequency: tuple[int, int]
    monetary: tuple[int, int]


@dataclass(frozen=True)
class SchoolTruth:
    """Everything known about a generated school.

    Args:
        file: name of the export.
        encoding: `utf-8-sig` or `cp1251`.
        seed, as_of, companies, currencies: the options it was made with.
        rows: records in the file, header excluded.
        deals: deals in the file.
        accounting: expected fate of the rows.
        merged, quarantined: row numbers by reason.
        customers: every customer with a deal that counts, those without orders included, by key.
        cuts: cut points of the RFM levels.
        segments: segments of both schemes that have customers, in the scheme's order.
        industries: industry x segment.
        planted: what was planted, by kind.
        doubles: cards that are one customer.
        refunds: negative deals and what they reverse.
    """

    file: str
    encoding: str
    seed: int
    as_of: date
    companies: int
    currencies: bool
    rows: int
    deals: int
    accounting: Accounting
    merged: Mapping[str, tuple[int, ...]]
    quarantined: Mapping[str, tuple[int, ...]]
    customers: tuple[CustomerTruth, ...]
    cuts: Cuts
    segments: tuple[SegmentTruth, ...]
    industries: tuple[IndustryTruth, ...]
    planted: tuple[Planted, ...]
    doubles: tuple[DoubleCard, ...]
    refunds: tuple[RefundTruth, ...]

    @property
    def buyers(self) -> tuple[CustomerTruth, ...]:
        """Customers with at least one order."""
        return tuple(customer for customer in self.customers if customer.orders)

    @property
    def revenue(self) -> int:
        """Net revenue in kopecks."""
        return sum(customer.net_amount for customer in self.customers)

    def rows_with(self, kind: str) -> tuple[int, ...]:
        """Row numbers of one planted kind; empty when it was not planted."""
        return next((planted.rows for planted in self.planted if planted.kind == kind), ())

    def segment(self, scheme: str, slug: str) -> SegmentTruth:
        """One segment; zeros when nobody is in it."""
        found = (one for one in self.segments if (one.scheme, one.segment) == (scheme, slug))
        return next(found, SegmentTruth(scheme, slug, 0, 0, 0))

    def to_json(self) -> str:
        """One JSON document; dates in ISO form, money in kopecks."""
        return json.dumps({"definitions": dict(DEFINITIONS), **asdict(self)}, ensure_ascii=False, indent=1, default=str) + "\n"

    def write(self, path: Path) -> None:
        """Write the JSON document."""
        path.write_text(self.to_json(), encoding="utf-8", newline="\n")
