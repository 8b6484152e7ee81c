"""Measures and card fields definitions may name: each a piece of SQL of ours. A name that is not here is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

Unit = Literal["share", "points", "hours", "days", "count", "ratio", "number", "word"]
"""`share` 0-1; `points` a difference of shares; `ratio` how many times as much; `word` 1 when the word is one of those asked for."""
Grain = Literal["orders", "rhythm", "leads", "items", "events", "answers", "card"]
Noun = Literal["orders", "purchase_days", "events", "answers", "facts"]

LEAD_TYPES: Final = (
    "lead", "inquiry", "enquiry", "request", "application", "deal_created", "order_created", "заявка", "обращение", "лид",
)  # fmt: skip
"""Events that begin the way to an order."""
SURVEY_TYPES: Final = (
    "survey", "survey_answer", "poll", "quiz", "questionnaire", "form", "interview", "nps", "опрос", "анкета", "интервью",
)  # fmt: skip
"""Events whose properties are answers."""
BLANKS: Final = ("", "-", "?", "unknown", "none", "null", "n/a", "неизвестно", "не указано", "не указан", "не указана", "нет данных", "н/д")
"""Words of a card that say nothing."""
FEWEST_LEADS: Final = 10
"""Orders of the base with a known lead time below which nobody is compared with the base."""

CHANCE: Final = (
    0.382, 0.490, 0.547, 0.583, 0.610, 0.632, 0.650, 0.665, 0.678, 0.690, 0.700, 0.709, 0.718, 0.725,
    0.732, 0.738, 0.744, 0.750, 0.755, 0.760, 0.765, 0.769, 0.773, 0.777, 0.781, 0.784, 0.787, 0.790,
)  # fmt: skip
"""Variation of 3, 4, ... 30 intervals that purchases at random moments (exponential intervals) keep below once in ten times; simulated."""


@dataclass(frozen=True)
class Measure:
    """A figure of a customer.

    Args:
        name: how a definition writes it.
        grain: which rows it is counted over.
        unit: unit of the value.
        noun: what is counted behind it.
        value: SQL of the value; NULL when there are no data. `{i}` is the number of the line that asks.
        count: SQL of how many observations are behind the value, never NULL.
        meaning: English words, to be translated.
        about: English words after "no data", to be translated.
        needs, takes: keys of a line it cannot do without, and may have.
        floor: fewest observations a definition may ask for.
        least: fewest observations when a definition does not say.
        low, high: bounds of its thresholds.
    """

    name: str
    grain: Grain
    unit: Unit
    noun: Noun
    value: str
    count: str
    meaning: str
    about: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    floor: int = 1
    least: int = 1
    low: float = 0
    high: float = 1e9


_BOUGHT: Final = "coalesce(o.orders, 0)"
_WITH_DISCOUNTS: Final = "CASE WHEN shop.discounted > 0 THEN coalesce(o.orders, 0) ELSE 0 END"
_PURCHASE_DAYS: Final = "coalesce(r.days, 0)"
# sample variation with the correction for small samples, 1 + 1/(4n) (Sokal, Rohlf, Biometry, 2012, 4.10)
_VARIATION: Final = (
    "(sqrt(CAST(greatest(r.steps * r.squares - r.total * r.total, 0) AS DOUBLE) / (r.steps * (r.steps - 1))) "
    "/ (CAST(r.total AS DOUBLE) / r.steps) * (1 + 0.25 / r.steps))"
)
_ABOUT_DISCOUNTS: Final = message("about discounts")
_ABOUT_ORDERS: Final = message("about orders")
_ABOUT_LEADS: Final = message("about the time from inquiry to order")
_ABOUT_EVENTS: Final = message("about events")

MEASURES: Final[Mapping[str, Measure]] = {
    found.name: found
    for found in (
        Measure(
            "orders", "orders", "count", "orders", f"CASE WHEN shop.orders > 0 THEN {_BOUGHT} END", _BOUGHT,
            message("won orders"), _ABOUT_ORDERS, floor=0, least=0,
        ),
        Measure(
            "discount_order_share", "orders", "share", "orders", "CASE WHEN shop.discounted > 0 THEN o.discounted / o.orders END",
            _WITH_DISCOUNTS, message("share of orders bought at a discount"), _ABOUT_DISCOUNTS, least=3, high=1,
        ),
        Measure(
            "discount_depth", "orders", "share", "orders",
            "CASE WHEN shop.discounted > 0 THEN o.discount / nullif(o.paid + o.discount, 0) END",
            _WITH_DISCOUNTS, message("discounts as a share of the full price"), _ABOUT_DISCOUNTS, least=3, high=1,
        ),
        Measure(
            # against everybody else, so that a large customer is not compared with himself
            "discount_excess", "orders", "points", "orders",
            "CASE WHEN shop.discounted > 0 THEN "
            "round(o.discounted / o.orders - (shop.discounted - o.discounted) / nullif(shop.orders - o.orders, 0), 9) END",
            _WITH_DISCOUNTS, message("share of orders at a discount above that of other customers"), _ABOUT_DISCOUNTS,
            least=3, low=-1, high=1,
        ),
        Measure(
            "interval_variation", "rhythm", "ratio", "purchase_days", f"CASE WHEN r.steps > 1 THEN {_VARIATION} END",
            _PURCHASE_DAYS, message("variation of intervals between purchases"), _ABOUT_ORDERS, floor=4, least=4, high=100,
        ),
        Measure(
            # few intervals are even by chance: with 4 purchases the limit is stricter than with 10
            "variation_against_chance", "rhythm", "share", "purchase_days",
            f"CASE WHEN r.steps > 2 THEN {_VARIATION} / list_extract({list(CHANCE)}, least(r.steps, {len(CHANCE) + 2}) - 2) END",
            _PURCHASE_DAYS, message("variation of intervals as a share of what chance alone gives once in ten times"), _ABOUT_ORDERS,
            floor=4, least=4, high=100,
        ),
        Measure(
            "silence_in_intervals", "rhythm", "ratio", "purchase_days", "CASE WHEN r.steps > 0 THEN r.silence / r.typical END",
            _PURCHASE_DAYS, message("days since the last purchase, in the customer's usual intervals"), _ABOUT_ORDERS, floor=4, least=4,
        ),
        Measure(
            "silence_in_longest", "rhythm", "ratio", "purchase_days", "CASE WHEN r.steps > 0 THEN r.silence / r.longest END",
            _PURCHASE_DAYS, message("days since the last purchase, in the customer's longest intervals"), _ABOUT_ORDERS, floor=4, least=4,
        ),
        Measure(
            "longest_interval_in_usual", "rhythm", "ratio", "purchase_days", "CASE WHEN r.steps > 0 THEN r.longest / r.typical END",
            _PURCHASE_DAYS, message("longest interval between purchases, in usual ones"), _ABOUT_ORDERS, floor=4, least=4,
        ),
        Measure(
            "lead_hours", "leads", "hours", "orders", "d.hours", "coalesce(d.orders, 0)",
            message("hours from inquiry to order, the middle one"), _ABOUT_LEADS, least=2,
        ),
        Measure(
            "lead_ratio", "leads", "ratio", "orders",
            f"CASE WHEN usual.orders >= {FEWEST_LEADS} AND usual.hours > 0 THEN d.hours / usual.hours END",
            f"CASE WHEN usual.orders >= {FEWEST_LEADS} AND usual.hours > 0 THEN coalesce(d.orders, 0) ELSE 0 END",
            message("hours from inquiry to order against the usual ones of all customers"), _ABOUT_LEADS, least=2,
        ),
        Measure(
            "item_order_share", "items", "share", "orders", "CASE WHEN shop.found_{i} THEN o.found_{i} / nullif(o.with_text, 0) END",
            "CASE WHEN shop.found_{i} THEN coalesce(o.with_text, 0) ELSE 0 END",
            message("share of orders that name something"), message("about the contents of orders"), needs=("naming",), least=2, high=1,
        ),
        Measure(
            "event_count", "events", "count", "events", "CASE WHEN seen.known_{i} THEN coalesce(e.n_{i}, 0) END", "coalesce(e.n_{i}, 0)",
            message("number of events"), _ABOUT_EVENTS, needs=("types",), takes=("naming", "within", "value_from"), floor=0, least=0,
        ),
        Measure(
            "event_share", "events", "share", "events", "CASE WHEN seen.known_{i} THEN e.n_{i} / nullif(e.of_{i}, 0) END",
            "CASE WHEN seen.known_{i} THEN coalesce(e.of_{i}, 0) ELSE 0 END",
            message("share of events that name something"), _ABOUT_EVENTS, needs=("types", "naming"), takes=("within",), least=3, high=1,
        ),
        Measure(
            "event_last_value", "events", "number", "events", "e.last_{i}", "coalesce(e.valued_{i}, 0)",
            message("value of the last event"), _ABOUT_EVENTS, needs=("types",), takes=("naming", "within"), low=-1e9,
        ),
        Measure(
            "answers_naming", "answers", "count", "answers", "CASE WHEN a.of_{i} > 0 THEN a.n_{i} END", "coalesce(a.of_{i}, 0)",
            message("number of survey answers that name something"), message("about survey answers"), needs=("naming",),
            takes=("questions",),
        ),
        Measure(
            "card_is", "card", "word", "facts", "k.is_{i}", "CASE WHEN k.is_{i} IS NULL THEN 0 ELSE 1 END",
            message("what the customer's card says"), message("about the customer"), needs=("field", "values"), high=1,
        ),
    )
}  # fmt: skip
"""Everything evidence may be made of."""

LINE_KEYS: Final = ("naming", "types", "within", "value_from", "questions", "field", "values")
"""Keys of a line that belong to its measure."""


@dataclass(frozen=True)
class CardField:
    """A field of the customer's card.

    Args:
        name: how a definition writes it, also the column of `card.sql`.
        number: whether it is a number that bands can cut.
        about: English words after "no data", to be translated.
    """

    name: str
    number: bool
    about: str


FIELDS: Final[Mapping[str, CardField]] = {
    found.name: found
    for found in (
        CardField("age", True, message("about the birthday")),
        CardField("gender", False, message("about gender")),
        CardField("education", False, message("about education")),
        CardField("income", False, message("about income")),
        CardField("city", False, message("about the city")),
        CardField("region", False, message("about the region")),
        CardField("country", False, message("about the country")),
        CardField("time_zone", False, message("about the time zone")),
        CardField("climate", False, message("about the region, which the climate follows from")),
        CardField("market", False, message("about who buys, a company or a person")),
        CardField("role", False, message("about the role of the contact")),
        CardField("industry", False, message("about the industry")),
        CardField("source", False, message("about the source of the customer")),
    )
}
"""Everything the card may be asked for."""
