"""What to try with a driver and with a hidden segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.segments.drivers.factors import FROM, UP_TO
from kogorta.segments.hidden.habits import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language
    from kogorta.segments.drivers.report import Association
    from kogorta.segments.hidden.found import HiddenSegment

_AIM: Final = message("Choose whom to win over and whom to write to by it; it cannot be changed, so it is no lever.")
_WHO: Final = (
    message("See what is done there and is not done elsewhere, and carry it over."),
    message("See what is done elsewhere and is not done there, and carry it over."),
)
_WHEN: Final = (
    message("Plan the welcome of newcomers and the messages for this time."),
    message("Give newcomers of this time a welcome of their own: they come back less."),
)
_SIGNAL: Final = message("Use it as a signal whom to contact first.")
_OWN: Final = message("Look at what is behind it, then try a change on a part of the customers.")
DRIVER_ACTIONS: Final[Mapping[str, str | tuple[str, str]]] = {
    "first_category": (
        message("Try to lead newcomers to the categories people come back from; after the others offer a related one."),
        message("After a first order of it offer, in the first letter, a category people come back from."),
    ),
    "first_channel": _WHO,
    "first_manager": _WHO,
    "manager": _WHO,
    "source": (
        message("Move a part of the advertising budget to sources whose customers come back."),
        message("Spend less on this source, or give its customers a welcome of their own, and compare."),
    ),
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
"""What to try with a factor; two sentences where it depends on whether the level is good or bad for the company."""

MORE_FIRST: Final[Mapping[str, str]] = {
    "first_check": message(
        "Try to raise the first order: free delivery from a sum just above the usual one, a set, an add-on at the till."
    ),
    "first_items": message("Try to add an item to the first order: sets and “bought together”."),
}
"""Where much is good or little is bad."""
LESS_FIRST: Final = message("Do not press for a large first order: a small one to try with brings people back here.")
DISCOUNT_BAD: Final = message("Check whom the first discount brings: try a gift for the second order instead.")
DISCOUNT_GOOD: Final = message("Keep the discount on the first order and test a smaller one: those who had it come back more.")
DEARER: Final = (
    message("Offer them sets, dearer versions and add-ons first."),
    message("Raise the check by sets and a threshold for free delivery; dear things are not for them."),
)
ABOUT_MONEY: Final = frozenset({"first_category", "source", "first_discount", "first_weekday", "first_season", "first_hour", "first_items"})
"""Factors whose action for the average check is about the check and not about coming back."""

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
    """What to try with a finding, in a sentence; of a level that is bad for the company the opposite of one that is good."""
    name, good = found.factor.name, found.up != (outcome == "churn")
    if outcome == "average_check" and name == "first_check":
        return language.text("The size of the first order tells the size of the next ones: offer each his own price range.")
    if outcome == "average_check" and name in ABOUT_MONEY:
        return language.text(DEARER[not good])
    if name == "first_discount" and not found.factor.own:
        return language.text(DISCOUNT_GOOD if good == (found.level.key == "yes") else DISCOUNT_BAD)
    if name in MORE_FIRST and not found.factor.own:
        if found.level.words in (FROM, UP_TO):
            return language.text(MORE_FIRST[name] if good == (found.level.words == FROM) else LESS_FIRST)
        return language.text(_OWN)
    told = DRIVER_ACTIONS.get(name, _OWN)
    return language.text(told if isinstance(told, str) else told[not good])


def hidden_action(language: Language, segment: HiddenSegment) -> str:
    """What to try with a hidden segment, by what sets it apart most."""
    for trait in segment.traits:
        feature, high = trait.feature, trait.apart > 0
        if feature.about and high:
            return language.text(_CATEGORY if feature.name.startswith("category:") else _CHANNEL, about=shortened(feature.about))
        if (feature.name, high) in HABIT_ACTIONS:
            return language.text(HABIT_ACTIONS[feature.name, high])
    return language.text(_LETTER)
