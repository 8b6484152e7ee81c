"""What to offer the customers of the first wave, where recommendations have proved better than what most buy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kogorta.recommendations.offering import Offering
    from kogorta.waves.plan import Plan

MOST_OFFERS: Final = 3
MOST_ARRIVALS: Final = 2


def with_offers(plan: Plan, offering: Offering) -> Plan:
    """The plan with products beside every customer to be contacted.

    Args:
        plan: the plan with its list.
        offering: what recommendations come to on the base.

    Returns:
        The same plan where recommendations earned nothing; the control group is left without offers, as without letters.
    """
    treated = [member.customer_id for member in plan.wave if member.arm == "treated"]
    if not treated:
        return plan
    offers = offering.for_customers(treated, offering.letter, MOST_OFFERS)
    arrivals = offering.for_customers(treated, "arrivals", MOST_ARRIVALS)
    if not offers and not arrivals:
        return plan
    wave = tuple(
        replace(member, offers=offers.get(member.customer_id, ()), arrivals=arrivals.get(member.customer_id, ())) for member in plan.wave
    )
    return replace(plan, wave=wave)
