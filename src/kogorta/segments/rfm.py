"""RFM: recency, frequency, monetary. (Rule first; the SQL follows.)"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RFMRule:
    """Frozen cut points. A value equal to a cut point belongs to the lower side, so equal values share a level.

    Args:
        levels: 3, 4 or 5 levels for each digit.
        method: `quantile` or `fixed`.
        monetary: `sum` or `average_check`.
        recency: upper bounds in days, ascending; level 1 (best) is `recency <= recency[0]`.
        frequency: upper bounds in orders, ascending; the worst level is `frequency <= frequency[0]`.
        money: upper bounds in minor units, ascending; the worst level is `money <= money[0]`.
        fitted_as_of: ISO day of the fit, or None for thresholds given by hand.
        customers: buyers the cut points were learnt from.
        currency: ISO code the money bounds are in.
    """

    levels: int
    method: str
    monetary: str
    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    money: tuple[int, ...]
    fitted_as_of: str | None
    customers: int
    currency: str
