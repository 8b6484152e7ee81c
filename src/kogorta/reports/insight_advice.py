"""What to try with a driver and with a hidden segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.segments.hidden.habits import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language
    from kogorta.segments.drivers.report import Association
    from kogorta.segments.hidden.found import HiddenSegment

_AIM: Final = message("Choose whom to win over and whom to write to by it; it cannot be changed, so it is no lever.")
_WHO: Final = message("See what is done there and is not done elsewhere, and carry it over.")
_WHEN: Final = message("Plan the welcome of newcomers and the messages for this time.")
_SIGNAL: Final = message("Use it as a signal whom to contact first.")
_OWN: Final = message("Look at what is behind it, then try a change on a part of the customers.")
DRIVER_ACTIONS: Final[Mapping[str, str]] = {
    "first_check": message(
        "Try to raise the first order: free delivery from a sum just above the usual one, a set, an add-on at the till."
    ),
    "first_items": message("Try to add an item to the first order: sets and “bought together”."),
    "first_category": message("Try to lead newcomers to the categories people come back from; after the others offer a related one."),
    "first_discount": message("Check whom the first discount brings: try a gift for the second order instead."),
    "first_channel": _WHO,
    "first_manager": _WHO,
    "manager": _WHO,
    "source": message("Move a part of the advertising budget to sources whose customers come back."),
    "first_weekday": _WHEN,
    "first_season": _WHEN,
    "first_hour": _WHEN,
    "past_orders": _SIGNAL,
    "past_recency": _SIGNAL,
    "past_check": _SIGNAL,
    "past_tenure": _SIGNAL,
    "kind": _AIM,
    "industry": _AIM,
    "region": _AIM,
    "gender": _AIM,
    "age": _AIM,
    "role": _AIM,
}

_LETTER: Final = message("Write to them apart from the others and compare the answer with a control group.")
HABIT_ACTIONS: Final[Mapping[tuple[str, bool], str]] = {
    ("check", True): message("A personal manager, wholesale terms and delivery; do not send small discounts."),
    ("check", False): message("Sets and thresholds for free delivery, to raise the check."),
    ("frequency", True): message("A loyalty programme or a subscription; reminders are not needed."),
    ("frequency", False): message("A reason to come again: what usually follows such a purchase."),
    ("discounted", True): message("Announce sales to them first; leave the others at the full price."),
    ("discounted", False): message("Novelties and service at the full price; no needless discounts."),
    ("lines", True): message("Ready sets, lists to repeat an order in one click, delivery of large baskets."),
    ("lines", False): message("“Bought together” beside the one item they come for."),
    ("pieces", True): message("Wholesale prices and stock kept for them."),
    ("weekend", True): message("Messages on Friday evening, enough staff at weekends."),
    ("evening", True): message("Messages and delivery in the evening."),
    ("refunded", True): message("Better descriptions and sizes; ask why things come back."),
    ("repeated", True): message("Repeat of the last order in one click, a subscription."),
    ("top_category", True): message("Novelties of their category, and one related category at a time."),
}
_CATEGORY: Final = message("Messages about “{about}”: novelties, sets, a section of its own.")
_CHANNEL: Final = message("Talk to them through “{about}”.")


def driver_action(language: Language, found: Association, outcome: str) -> str:
    """What to try with a finding, in a sentence."""
    if found.factor.name == "first_check" and outcome == "average_check":
        return language.text("The size of the first order tells the size of the next ones: offer each his own price range.")
    return language.text(DRIVER_ACTIONS.get(found.factor.name, _OWN))


def hidden_action(language: Language, segment: HiddenSegment) -> str:
    """What to try with a hidden segment, by what sets it apart most."""
    for trait in segment.traits:
        feature, high = trait.feature, trait.apart > 0
        if feature.about and high:
            return language.text(_CATEGORY if feature.name.startswith("category:") else _CHANNEL, about=shortened(feature.about))
        if (feature.name, high) in HABIT_ACTIONS:
            return language.text(HABIT_ACTIONS[feature.name, high])
    return language.text(_LETTER)
