"""Factors: what may go with an outcome, when it is measured, and the words of its levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language

Timing = Literal["before", "fixed", "current", "habit", "inside"]
"""`before`: measured before the outcome's window. `fixed`: a trait that does not change. `current`: as it stands today, may have been set
after the outcome. `habit`: measured before, but the same habit as the outcome. `inside`: computed from the window itself."""

LONGEST_NAME: Final = 60


def shortened(text: str) -> str:
    """A name of the user's own on one line, at most 60 characters.

    Example:
        >>> shortened(" loyalty  card ")
        'loyalty card'
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


@dataclass(frozen=True)
class Factor:
    """A factor.

    Args:
        name: slug.
        label: English words, to be translated unless the factor is the user's own.
        timing: when it is measured.
        own: whether it was given by the user; its label is shown as it is.
    """

    name: str
    label: str
    timing: Timing
    own: bool = False

    def told(self, language: Language) -> str:
        """What it is, in the reader's language."""
        return shortened(self.label) if self.own else language.text(self.label)


@dataclass(frozen=True)
class Level:
    """One value of a factor, or one band of values.

    Args:
        key: the value as the base holds it, or the place of the band.
        words: English words with {low} and {high}, to be translated; empty where the value speaks for itself.
        low, high: bounds of a band, in minor units for money.
        money: whether the bounds are money.
    """

    key: str
    words: str = ""
    low: float = 0.0
    high: float = 0.0
    money: bool = False

    def told(self, factor: Factor, language: Language, currency: str) -> str:
        """The value or the band, in the reader's language."""
        if self.words:
            low, high = (language.money(edge, currency) if self.money else language.number(edge) for edge in (self.low, self.high))
            return language.text(self.words, low=low, high=high)
        shown = shortened(self.key)
        if factor.own:
            return shown
        if factor.name == "industry":
            from kogorta.enrichment.okved import standard

            known = standard().industries.get(self.key)
            return known.name(language) if known else shown
        if factor.name == "region":
            from kogorta.enrichment.regions import regions

            region = regions().get(self.key)
            return region.name(language) if region else shown
        word = WORDS.get((factor.name, self.key))
        return language.text(word) if word else shown


FACTORS: Final[Mapping[str, Factor]] = {
    factor.name: factor
    for factor in (
        Factor("kind", message("Kind of customer"), "fixed"),
        Factor("industry", message("Industry"), "fixed"),
        Factor("region", message("Region"), "fixed"),
        Factor("gender", message("Gender"), "fixed"),
        Factor("age", message("Age"), "fixed"),
        Factor("source", message("Source"), "fixed"),
        Factor("role", message("Role"), "current"),
        Factor("manager", message("Manager"), "current"),
        Factor("first_category", message("Category of the first order"), "before"),
        Factor("first_check", message("Amount of the first order"), "before"),
        Factor("first_discount", message("Discount on the first order"), "before"),
        Factor("first_weekday", message("Weekday of the first order"), "before"),
        Factor("first_season", message("Season of the first order"), "before"),
        Factor("first_hour", message("Hour of the first order"), "before"),
        Factor("first_channel", message("Channel of the first order"), "before"),
        Factor("first_manager", message("Manager of the first order"), "before"),
        Factor("first_items", message("Items in the first order"), "before"),
        Factor("past_tenure", message("Days since the first order"), "before"),
        Factor("past_orders", message("Orders before"), "habit"),
        Factor("past_recency", message("Days since the order before"), "habit"),
        Factor("past_check", message("Average check before"), "habit"),
        Factor("all_orders", message("Orders in all, up to today"), "inside"),
    )
}
"""Built-in factors by name."""

WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("kind", "person"): message("person"),
    ("kind", "company"): message("company"),
    ("gender", "female"): message("women"),
    ("gender", "male"): message("men"),
    ("first_discount", "yes"): message("there was one"),
    ("first_discount", "no"): message("there was none"),
    ("first_weekday", "1"): message("Monday"),
    ("first_weekday", "2"): message("Tuesday"),
    ("first_weekday", "3"): message("Wednesday"),
    ("first_weekday", "4"): message("Thursday"),
    ("first_weekday", "5"): message("Friday"),
    ("first_weekday", "6"): message("Saturday"),
    ("first_weekday", "7"): message("Sunday"),
    ("first_season", "0"): message("winter season"),
    ("first_season", "1"): message("spring season"),
    ("first_season", "2"): message("summer season"),
    ("first_season", "3"): message("autumn season"),
}
UP_TO: Final = message("under {high}")
BETWEEN: Final = message("{low} to {high}")
FROM: Final = message("{low} and more")
EXACT: Final = message("{low} exactly")
