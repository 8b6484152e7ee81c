"""The habits that are measured: what each is and the words for much and little of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language

Kind = Literal["count", "money", "days", "part", "mean", "spread"]
"""How a feature is measured, and so how it is made comparable (see `scaling.py`)."""

LONGEST_NAME: Final = 60


@dataclass(frozen=True)
class Feature:
    """One habit.

    Args:
        name: slug; `category:<name>` and `channel:<name>` for kinds of goods and channels.
        kind: `count` of orders; `money` in minor units; `days`; `part` k of n, 0-1; `mean` geometric mean over orders; `spread`
            coefficient of variation.
        label: what it is, English, to be translated.
        high: words for a group that has much of it.
        low: words for a group that has little of it.
        stage: a stage of life or a total that RFM and the lifecycle tell already: shown, but no group is looked for in it.
        about: the category or channel.
    """

    name: str
    kind: Kind
    label: str
    high: str
    low: str
    stage: bool = False
    about: str = ""

    def told(self, language: Language) -> str:
        """What it is, in the reader's language."""
        return language.text(self.label, about=shortened(self.about))


def shortened(text: str) -> str:
    """A name of the user's own on one line, at most 60 characters.

    Example:
        >>> shortened(" for  children ")
        'for children'
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


_FEATURES: Final = (
    Feature("recency", "days", message("days since the last order"), message("away for long"), message("bought lately"), stage=True),
    Feature("tenure", "days", message("days since the first order"), message("old customers"), message("newcomers"), stage=True),
    Feature("monetary", "money", message("purchases in all"), message("brought much money"), message("brought little money"), stage=True),
    Feature(
        "late",
        "part",
        message("share of orders in the second half of his time"),
        message("buy more and more"),
        message("buy less and less"),
        stage=True,
    ),
    Feature("winter", "part", message("share of orders in winter"), message("buy in winter"), message("do not buy in winter"), stage=True),
    Feature("spring", "part", message("share of orders in spring"), message("buy in spring"), message("do not buy in spring"), stage=True),
    Feature("summer", "part", message("share of orders in summer"), message("buy in summer"), message("do not buy in summer"), stage=True),
    Feature("autumn", "part", message("share of orders in autumn"), message("buy in autumn"), message("do not buy in autumn"), stage=True),
    Feature("categories", "count", message("number of categories"), message("many categories"), message("few categories"), stage=True),
    Feature("products", "count", message("number of products"), message("many products"), message("few products"), stage=True),
    Feature("largest", "money", message("largest order"), message("a large largest order"), message("a small largest order"), stage=True),
    Feature("frequency", "count", message("number of orders"), message("many orders"), message("few orders")),
    Feature("check", "mean", message("typical check"), message("large checks"), message("small checks")),
    Feature("check_spread", "spread", message("scatter of checks"), message("checks of any size"), message("even checks")),
    Feature(
        "interval",
        "days",
        message("days between orders"),
        message("long breaks between orders"),
        message("short breaks between orders"),
        stage=True,
    ),
    Feature("interval_spread", "spread", message("scatter of intervals"), message("buy irregularly"), message("buy regularly")),
    Feature("refunded", "part", message("share of orders refunded"), message("often send things back"), message("send nothing back")),
    Feature("discounted", "part", message("share of orders at a discount"), message("buy at a discount"), message("pay the full price")),
    Feature("weekend", "part", message("share of orders at weekends"), message("buy at weekends"), message("buy on working days")),
    Feature("evening", "part", message("share of orders after 6 pm"), message("buy in the evening"), message("buy by day")),
    Feature(
        "top_category",
        "part",
        message("share of the favourite category"),
        message("true to one category"),
        message("buy across categories"),
    ),
    Feature("lines", "mean", message("items per order"), message("full baskets"), message("one or two items at a time")),
    Feature("pieces", "mean", message("pieces of one item"), message("many pieces of one item"), message("single pieces")),
    Feature(
        "repeated", "part", message("share of items bought before"), message("buy the same again"), message("always buy something new")
    ),
)
FEATURES: Final[Mapping[str, Feature]] = {feature.name: feature for feature in _FEATURES}
