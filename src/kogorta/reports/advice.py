"""What to do with each segment and with each cell of the ABC/XYZ matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language


@dataclass(frozen=True)
class Advice:
    """What to do with a segment: the goal, the steps in order, what to avoid, what to measure."""

    goal: str
    steps: tuple[str, ...]
    avoid: str
    measure: str

    def told(self, language: Language) -> Advice:
        """The same advice in a language."""
        steps = tuple(language.text(step) for step in self.steps)
        return Advice(language.text(self.goal), steps, language.text(self.avoid), language.text(self.measure))


_NO_MASS: Final = message("Mass mailings: they cheapen the relationship.")
_DISCOUNT: Final = message("Needless discounts: they would buy anyway.")
_REPEAT: Final = message("Share of repeat purchases and the time between them.")
_SECOND: Final = message("Share of those who buy a second time within 90 days.")
_RETURN: Final = message("Share of those who return, against the control group.")

_VIP: Final = Advice(
    message("Keep at any reasonable price"),
    (
        message("Give each a personal manager and priority support with a promised response time (SLA)."),
        message("Invite to closed events and show new products before others."),
        message("Agree individual terms; mark birthdays and anniversaries of working together."),
    ),
    _NO_MASS,
    message("Share of customers kept and revenue per customer over a year."),
)
_LOYAL: Final = Advice(
    message("Grow into the best customers"),
    (
        message("Send useful content and exclusive offers based on what they bought."),
        message("Offer related products and a loyalty programme with growing privileges."),
        message("Ask for a review and a recommendation; thank with points."),
    ),
    _DISCOUNT,
    _REPEAT,
)
_POTENTIAL: Final = Advice(
    message("Win the second purchase"),
    (
        message("Recommend a product that usually follows the first purchase."),
        message("Have a manager call within a month of the purchase and agree the next step."),
        message("Give an offer for the second order with a date, not a permanent discount."),
    ),
    message("Silence after the first purchase: interest cools within weeks."),
    _SECOND,
)
_NEW: Final = Advice(
    message("Make the first experience good"),
    (
        message("Start an onboarding series: how to begin, training materials, answers to first questions."),
        message("Offer personal support in the first weeks."),
        message("Make a special offer for the first order and the next one."),
    ),
    message("Selling hard before the customer has got use from the first purchase."),
    _SECOND,
)
_AT_RISK: Final = Advice(
    message("Find out what happened and repair it"),
    (
        message("Call at once, the largest first: what has changed, what went wrong?"),
        message("Look for falling frequency and complaints to support, and solve the problem before offering anything."),
        message("Then make a special offer tied to what they used to buy."),
    ),
    message("Opening with a discount: it hides the reason and teaches to wait."),
    _RETURN,
)
_SLEEPING: Final = Advice(
    message("Wake up cheaply or let go"),
    (
        message("Send a reactivation letter with new arrivals since the last purchase."),
        message("Follow up once with a limited offer for those who clicked."),
        message("After two silent attempts lower the frequency to seasonal occasions."),
    ),
    message("Managers' time: here letters and self-service must do the work."),
    _RETURN,
)
_STANDARD: Final = Advice(
    message("Move one step up"),
    (
        message("Keep in touch with regular useful content."),
        message("Recommend from past purchases and offer related products."),
        message("Watch for a longer gap than usual and react before they fall silent."),
    ),
    _DISCOUNT,
    _REPEAT,
)
_SMALL: Final = Advice(
    message("Raise the check"),
    (
        message("Offer sets and related products at the moment of ordering."),
        message("Give a gift or free service from a sum slightly above their usual check."),
        message("Keep the service simple and automatic."),
    ),
    message("Discounts on what they already buy."),
    message("Average check and items per order."),
)
_LOST: Final = Advice(
    message("Ask why, then leave alone"),
    (
        message("Send one short question: why did you stop buying?"),
        message("Make one last offer with new arrivals."),
        message("Take those who stay silent off regular mailings."),
    ),
    message("Regular mailings: they spoil the sender's reputation."),
    message("Answers received, and unsubscribes."),
)

SEGMENT_ADVICE: Final[Mapping[tuple[str, str], Advice]] = {
    ("case", "vip"): _VIP,
    ("case", "loyal"): _LOYAL,
    ("case", "potential"): _POTENTIAL,
    ("case", "new"): _NEW,
    ("case", "needs_attention"): _AT_RISK,
    ("case", "sleeping"): _SLEEPING,
    ("case", "standard"): _STANDARD,
    ("guide", "key"): _VIP,
    ("guide", "loyal"): _LOYAL,
    ("guide", "promising_newcomer"): _POTENTIAL,
    ("guide", "newcomer"): _NEW,
    ("guide", "active_small"): _SMALL,
    ("guide", "at_risk"): _AT_RISK,
    ("guide", "cooling"): _STANDARD,
    ("guide", "cannot_lose"): _AT_RISK,
    ("guide", "sleeping"): _SLEEPING,
    ("guide", "lost"): _LOST,
}

CELL_ADVICE: Final[Mapping[str, str]] = {
    "AX": message("Most attention: a personal manager, automatic replenishment, long contracts."),
    "AY": message("Plan with the customer: learn the season, reserve in advance, remind before the peak."),
    "AZ": message("Talk personally: find out what the next purchase depends on; do not forecast from the past."),
    "BX": message("Steady middle: automatic replenishment and related products to grow into A."),
    "BY": message("Seasonal offers before the usual peak; a manager in season, letters out of it."),
    "BZ": message("Letters on occasion; a manager only on an incoming request."),
    "CX": message("Small and steady: subscription or automatic orders, minimum of manual work."),
    "CY": message("Automatic seasonal letters; self-service ordering."),
    "CZ": message("Self-service and automation: no manager's time."),
}


def segment_advice(language: Language, scheme: str, segment: str) -> Advice | None:
    """Advice for a segment of `case` or `guide` in a language, or None for a segment we do not know."""
    found = SEGMENT_ADVICE.get((scheme, segment))
    return found.told(language) if found else None


def cell_advice(language: Language, abc: str, xyz: str) -> str | None:
    """Advice for one of the nine ABC/XYZ cells, or None outside them."""
    found = CELL_ADVICE.get(abc + xyz)
    return language.text(found) if found else None
