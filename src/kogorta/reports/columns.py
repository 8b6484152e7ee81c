"""Columns of the files that leave the house: their order is a contract, their meaning is told in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from kogorta.kit.language import message

Kind = Literal["text", "whole", "number", "share", "money", "day"]


@dataclass(frozen=True)
class Column:
    """One column of an output file.

    Args:
        name: header, the same in every language.
        kind: how a cell is written: money leaves as decimals of the major unit, days as ISO dates.
        meaning: English text that explains the column, translated where it is shown.
        width: width in characters on a sheet.
    """

    name: str
    kind: Kind
    meaning: str
    width: int = 12


CUSTOMERS: Final = (
    Column("customer_id", "text", message("Identifier of the customer"), 16),
    Column("name", "text", message("Name of the person or company"), 36),
    Column("kind", "text", message("person or company"), 10),
    Column("inn", "text", message("Taxpayer number (INN)"), 14),
    Column("industry", "text", message("Industry by OKVED code"), 20),
    Column("region", "text", message("Region, ISO 3166-2 code"), 10),
    Column("time_zone", "text", message("Time zone, IANA name"), 18),
    Column("first_order_on", "day", message("Day of the first won order"), 14),
    Column("last_order_on", "day", message("Day of the last won order"), 14),
    Column("recency_days", "whole", message("Days from the last won order to the date of the analysis")),
    Column("frequency", "whole", message("Number of won orders")),
    Column("monetary", "money", message("Net sum of won orders, refunds subtracted"), 16),
    Column("average_check", "money", message("Net sum divided by the number of orders"), 16),
    Column("r", "whole", message("Recency level, 1 is best"), 6),
    Column("f", "whole", message("Frequency level, 1 is best"), 6),
    Column("m", "whole", message("Monetary level, 1 is best"), 6),
    Column("rfm_code", "text", message("The three levels as one code, 111 is best"), 10),
    Column("rfm_category", "text", message("Category: recency, level of money (1 is lowest), frequency"), 24),
    Column("segment_case", "text", message("Segment of the reactivation scheme"), 18),
    Column("segment_guide", "text", message("Segment of the guide scheme"), 20),
    Column("abc", "text", message("Class by share of revenue: A 80 %, B 15 %, C 5 %"), 7),
    Column("xyz", "text", message("Class by steadiness of demand: X steady, Y fluctuating, Z irregular"), 8),
    Column("lifecycle", "text", message("Stage of the lifecycle"), 12),
    Column("p_alive", "share", message("Probability of buying again; empty until a value model has run"), 10),
    Column("expected_orders_90d", "number", message("Orders expected in 90 days; empty until a value model has run"), 12),
    Column("clv", "money", message("Expected margin over the horizon; empty until a value model has run"), 14),
    Column("clv_low", "money", message("Lower bound of the expected margin"), 14),
    Column("clv_high", "money", message("Upper bound of the expected margin"), 14),
    Column("email", "text", message("E-mail"), 26),
    Column("phone", "text", message("Phone"), 16),
)

SEGMENTS: Final = (
    Column("scheme", "text", message("Scheme: case, guide, abc, xyz, lifecycle, hidden, or one by evidence"), 12),
    Column("segment", "text", message("Code of the segment"), 20),
    Column("name", "text", message("Name of the segment"), 24),
    Column("customers", "whole", message("Number of customers")),
    Column("customer_share", "share", message("Share of customers")),
    Column("revenue", "money", message("Net revenue"), 16),
    Column("revenue_share", "share", message("Share of net revenue")),
    Column("average_check", "money", message("Net revenue divided by the number of orders"), 16),
    Column("median_recency_days", "number", message("Median of days since the last won order")),
)

FIRST_WAVE: Final = (
    Column("position", "whole", message("Order in which to contact"), 9),
    Column("customer_id", "text", message("Identifier of the customer"), 16),
    Column("name", "text", message("Name of the person or company"), 36),
    Column("industry", "text", message("Industry by OKVED code"), 24),
    Column("region", "text", message("Region, ISO 3166-2 code"), 10),
    Column("time_zone", "text", message("Time zone, IANA name"), 18),
    Column("contact", "text", message("Person to speak to"), 24),
    Column("role", "text", message("Role of that person"), 16),
    Column("email", "text", message("E-mail"), 26),
    Column("phone", "text", message("Phone"), 16),
    Column("last_order_on", "day", message("Day of the last won order"), 14),
    Column("recency_days", "whole", message("Days from the last won order to the date of the analysis")),
    Column("frequency", "whole", message("Number of won orders")),
    Column("monetary", "money", message("Net sum of won orders, refunds subtracted"), 16),
    Column("average_check", "money", message("Net sum divided by the number of orders"), 16),
    Column("rfm_code", "text", message("The three levels as one code, 111 is best"), 10),
    Column("expected_loss", "money", message("Money at stake over the horizon; the list is ordered by it"), 16),
    Column("why", "text", message("Why this customer is on the list"), 44),
    Column("arm", "text", message("treated: contact now; control: do not contact, compare with it later"), 10),
    Column("offer", "text", message("Products to offer, best first; empty unless recommendations beat popularity on held-out orders"), 48),
    Column("offer_why", "text", message("Why the first of these products"), 56),
    Column("new_arrivals", "text", message("New arrivals that fit; empty unless they beat popularity on held-out orders"), 40),
)

CHURN: Final = (
    Column("rank", "whole", message("Order in which to call"), 7),
    Column("customer_id", "text", message("Identifier of the customer"), 16),
    Column("name", "text", message("Name of the person or company"), 36),
    Column("at_stake", "money", message("Money a year that would be missed if the signs are right"), 16),
    Column("frequency_ratio", "number", message("Recent pace of orders over the customer's own before; empty when unknown")),
    Column("ratio_low", "number", message("Lower bound of that ratio")),
    Column("ratio_high", "number", message("Upper bound of that ratio")),
    Column("next_order_on", "day", message("Day the next order is or was expected on"), 14),
    Column("reasons", "text", message("What tells so, the strongest sign first"), 60),
)

AUDIT: Final = (
    Column("code", "text", message("Code of the problem"), 22),
    Column("title", "text", message("The problem in words"), 44),
    Column("source", "text", message("File it was found in"), 24),
    Column("fate", "text", message("What happened to the rows: quarantined, merged, repaired or noted"), 14),
    Column("rows", "whole", message("How many rows have it"), 9),
    Column("column", "text", message("Column it was found in"), 16),
    Column("example_row", "whole", message("Number of the first such row in the file"), 12),
    Column("example", "text", message("That cell as it was written"), 24),
    Column("effect", "text", message("What it does to the RFM figures"), 44),
    Column("remedy", "text", message("What to do about it"), 44),
)

EVIDENCE: Final = (
    Column("customer_id", "text", message("Identifier of the customer"), 16),
    Column("class", "text", message("Class of the segmentation, or unknown"), 16),
    Column("title", "text", message("Name of the class"), 24),
    Column("score", "share", message("Weight of the evidence met over all the weight of the class, 0-1"), 8),
    Column("coverage", "share", message("Weight of the evidence there were data for, 0-1"), 8),
    Column("records", "whole", message("Orders, events, answers and the card looked at"), 8),
    Column("reason", "text", message("Why unknown: no_data, too_few, weak, tie"), 10),
    Column("evidence", "text", message("The evidence in words"), 60),
    Column("message", "text", message("Key message for the class"), 40),
)
"""Of the customers written by `kogorta segment benefits` and its like."""

HIDDEN: Final = (
    Column("customer_id", "text", message("Identifier of the customer"), 16),
    Column("segment", "text", message("Hidden segment; empty for none"), 12),
    Column("name", "text", message("Name of the hidden segment"), 40),
)
"""Of the customers written by `kogorta segment hidden`."""
