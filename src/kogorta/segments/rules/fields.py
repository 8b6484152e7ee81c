"""What a rule may ask about: fields of a customer, functions over his history, and their filters.

The registry is the only place where a name becomes a column. A name that is not here is refused; values never become part of a statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.errors import InputError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["text", "choice", "number", "years", "count", "days", "hours", "money", "share", "day"]
"""`money` is written in major units, `share` 0-1, `hours`, `days` and `years` as whole numbers, `day` as a date."""
Grain = Literal["orders", "lines", "events", "attributes", "transitions"]

OPERATORS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("=", "!=", "in", "contains", "known"),
    "choice": ("=", "!=", "in", "known"),
    "number": ("=", "!=", "<", "<=", ">", ">=", "between", "in", "known"),
}
"""Operators by family of kinds; everything that is not text or a choice compares as a number or a date does."""


@dataclass(frozen=True)
class Field:
    """A property of a customer.

    Args:
        name: how a formula writes it; also the column of the prepared table.
        kind: type and unit.
        label: English words after "whose", to be translated.
        choices: the only values allowed, slug -> English word; empty for free values.
        nullable: whether it may be missing.
    """

    name: str
    kind: Kind
    label: str
    choices: Mapping[str, str]
    nullable: bool = True


@dataclass(frozen=True)
class Function:
    """A figure counted over a customer's history.

    Args:
        name: how a formula writes it.
        kind: type and unit of the result.
        grain: `orders` or `events`; with a filter by item, functions over orders look at order lines.
        label: English words, to be translated; empty where the sentence has a wording of its own.
        missing: whether there is no value when nothing was found (else it is 0).
        windowed: whether it takes a window.
        lines: `never`, `filtered` (when filtered by item) or `always`: when it looks at order lines.
    """

    name: str
    kind: Kind
    grain: Literal["orders", "events"]
    label: str = ""
    missing: bool = False
    windowed: bool = True
    lines: Literal["never", "filtered", "always"] = "filtered"


@dataclass(frozen=True)
class Filter:
    """A condition rows must meet before they are counted.

    Args:
        name: how a formula writes it.
        kind: type and unit.
        label: English word, to be translated.
        grains: where it exists.
        columns: columns asked; any of them may match.
    """

    name: str
    kind: Kind
    label: str
    grains: tuple[Grain, ...]
    columns: tuple[str, ...]


def _fields(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


def _field(name: str, kind: Kind, label: str, choices: Mapping[str, str] | None = None, *, nullable: bool = True) -> Field:
    return Field(name, kind, label, choices or {}, nullable)


_STAGES: Final[Mapping[str, str]] = {
    "prospect": message("has not bought yet"),
    "new": message("new customer"),
    "active": message("active customer"),
    "sleeping": message("sleeping customer"),
    "gone": message("gone customer"),
}
_CASE: Final[Mapping[str, str]] = {
    "vip": message("VIP segment"),
    "loyal": message("loyal ones"),
    "potential": message("potential ones"),
    "new": message("new ones"),
    "needs_attention": message("need attention"),
    "sleeping": message("sleeping ones"),
    "standard": message("standard ones"),
}
_GUIDE: Final[Mapping[str, str]] = {
    "key": message("key ones"),
    "loyal": message("loyal ones"),
    "promising_newcomer": message("newcomers with promise"),
    "newcomer": message("newcomers at the start"),
    "active_small": message("active ones with a small check"),
    "at_risk": message("ones at risk"),
    "cooling": message("cooling ones"),
    "cannot_lose": message("ones not to lose"),
    "sleeping": message("sleeping ones"),
    "lost": message("lost ones"),
}

FIELDS: Final[Mapping[str, Field]] = _fields(
    _field("kind", "choice", message("customer type"), {"person": message("a person"), "company": message("a company (B2B)")}),
    _field("name", "text", message("name or title")),
    _field("gender", "choice", message("gender"), {"female": message("female"), "male": message("male")}),
    _field("birth_on", "day", message("birthday date")),
    _field("age", "years", message("age")),
    _field("education", "text", message("education")),
    _field("income", "text", message("income")),
    _field("city", "text", message("city")),
    _field("region", "text", message("region")),
    _field("country", "text", message("country")),
    _field("time_zone", "text", message("time zone")),
    _field("role", "text", message("role of the contact")),
    _field("industry", "text", message("industry of the customer")),
    _field("okved", "text", message("OKVED code")),
    _field("inn", "text", message("tax number (INN)")),
    _field("source", "text", message("source of the customer")),
    _field("manager", "text", message("responsible manager")),
    _field("email", "text", message("e-mail address")),
    _field("phone", "text", message("phone number")),
    _field("created_on", "day", message("date of the first contact")),
    _field("first_order_on", "day", message("date of the first order")),
    _field("last_order_on", "day", message("date of the last order")),
    _field("recency_days", "days", message("number of days since the last order")),
    _field("frequency", "count", message("number of orders in all"), nullable=False),
    _field("monetary", "money", message("purchases in all"), nullable=False),
    _field("average_check", "money", message("average check in all")),
    _field("r", "number", message("recency level (1 is best)")),
    _field("f", "number", message("frequency level (1 is best)")),
    _field("m", "number", message("monetary level (1 is best)")),
    _field("rfm_code", "text", message("RFM code")),
    _field("segment_case", "choice", message("RFM segment"), _CASE),
    _field("segment_guide", "choice", message("RFM segment of the guide"), _GUIDE),
    _field(
        "abc",
        "choice",
        message("ABC class"),
        {"A": message("class A"), "B": message("class B"), "C": message("class C"), "none": message("no revenue")},
    ),
    _field(
        "xyz",
        "choice",
        message("XYZ class"),
        {"X": message("class X"), "Y": message("class Y"), "Z": message("class Z"), "early": message("too early to judge")},
    ),
    _field("lifecycle", "choice", message("stage of life"), _STAGES, nullable=False),
    _field("p_alive", "share", message("probability of being alive")),
    _field("expected_orders_90d", "number", message("expected number of orders over 90 days")),
    _field("clv", "money", message("lifetime value")),
    _field("clv_low", "money", message("lower bound of the lifetime value")),
    _field("clv_high", "money", message("upper bound of the lifetime value")),
)

VALUE_FIELDS: Final = frozenset({"p_alive", "expected_orders_90d", "clv", "clv_low", "clv_high"})
"""Fields that a model of customer value fills: there is none without `values` in `take_snapshot`."""

FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function
    for function in (
        Function("orders", "count", "orders"),
        Function("revenue", "money", "orders"),
        Function("average_check", "money", "orders", message("average check"), missing=True, lines="never"),
        Function("largest_order", "money", "orders", message("largest order"), missing=True, lines="never"),
        Function("discount", "money", "orders", message("sum of discounts"), lines="never"),
        Function("order_share", "share", "orders", message("share of orders"), missing=True),
        Function("items", "number", "orders", message("number of items bought"), lines="always"),
        Function("categories", "count", "orders", message("number of categories bought"), lines="always"),
        Function("products", "count", "orders", message("number of different products bought"), lines="always"),
        Function("days_since_order", "days", "orders", missing=True, windowed=False),
        Function("days_since_first_order", "days", "orders", missing=True, windowed=False),
        Function("events", "count", "events"),
        Function("event_sum", "number", "events", message("sum of the event's values")),
        Function("event_average", "number", "events", message("average of the event's values"), missing=True),
        Function("days_since_event", "days", "events", missing=True, windowed=False),
        Function("days_since_first_event", "days", "events", missing=True, windowed=False),
        Function("hours_unanswered", "hours", "events", missing=True, windowed=False),
    )
}

FILTERS: Final[Mapping[str, Filter]] = {
    found.name: found
    for found in (
        Filter("item", "text", message("product or category"), ("lines",), ("category", "product", "product_id")),
        Filter("category", "text", message("category"), ("lines", "events"), ("category",)),
        Filter("product", "text", message("product"), ("lines", "events"), ("product", "product_id")),
        Filter("channel", "text", message("channel"), ("orders", "lines", "events"), ("channel",)),
        Filter("manager", "text", message("manager"), ("orders", "lines"), ("manager",)),
        Filter("pipeline", "text", message("pipeline"), ("orders", "lines"), ("pipeline",)),
        Filter("amount", "money", message("amount"), ("orders", "lines"), ("amount",)),
        Filter("discount", "money", message("discount"), ("orders", "lines"), ("discount",)),
        Filter("type", "text", message("event type"), ("events",), ("type",)),
        Filter("source", "text", message("source"), ("events",), ("source",)),
        Filter("campaign", "text", message("campaign"), ("events",), ("campaign",)),
        Filter("page", "text", message("page"), ("events",), ("page",)),
        Filter("value", "number", message("value of the event"), ("events",), ("value",)),
    )
}
ITEM_FILTERS: Final = ("item", "category", "product")
"""Filters that make a function over orders look at order lines."""

HOUR: Final = 3_600_000_000
"""Microseconds."""
THOUSANDTHS: Final = 1000
"""Quantities and values of events are kept as whole thousandths, so that every engine sums them to the same figure."""
SCALED: Final = frozenset({"items", "event_sum", "event_average", "value"})
"""Functions and filters counted in thousandths."""

DATE_WAYS: Final = ("days_since", "days_to", "days_after")
"""`days_since(field)`: days from the date to now; `days_to`, `days_after`: to the next and from the last yearly return of the date."""

EVENT_TYPES: Final[Mapping[str, str]] = {
    "email_open": message("opened e-mails"),
    "email_click": message("clicked in e-mails"),
    "email_bounce": message("had an e-mail bounce"),
    "email_unsubscribe": message("unsubscribed from e-mails"),
    "complaint": message("complained to support"),
    "review": message("left reviews"),
    "referral": message("brought friends"),
    "page_view": message("viewed pages of the site"),
    "visit": message("visited the site"),
    "cart": message("put goods into the cart"),
    "support": message("wrote to support"),
}
"""Event types whose name has a wording; any other type is allowed and is quoted."""

VALUE_WORDS: Final[Mapping[str, str]] = {
    "high": message("high"),
    "middle": message("middling"),
    "medium": message("middling"),
    "low": message("low"),
    "yes": message("“yes”"),
    "no": message("“no”"),
}
"""Common values of free text fields that have a word in both languages."""


def family(kind: Kind) -> str:
    """`text`, `choice` or `number`: which operators and comparisons a kind takes."""
    return kind if kind in ("text", "choice") else "number"


def fold(text: str) -> str:
    """The form texts are compared in: lower case, ё as е, no spaces around; the same as the SQL in `folded_sql`.

    Example:
        >>> fold(" Ёлки ")
        'елки'
    """
    lowered = "".join(map(str.lower, text.replace("İ", "i")))  # letter by letter: no final sigma, as engines do
    return lowered.replace("ё", "е").strip(" ")


def folded_sql(expression: str) -> str:
    """SQL of the comparable form of a text expression of our own; empty text is NULL."""
    return f"nullif(trim(replace(lower({expression}), 'ё', 'е')), '')"


def unknown(what: str, name: str, allowed: Iterable[str]) -> InputError:
    """The refusal of a name that is not in a registry, with the closest ones."""
    names = tuple(allowed)
    shown = name if len(name) <= 60 else name[:57] + "..."
    close = get_close_matches(name[:60].lower(), names, 1, 0.6)
    hint = InputError("did you mean {name}?", name=close[0]) if close else InputError("there are {names}.", names=", ".join(names))
    return InputError("There is no {what} {shown!r}; {hint}", what=InputError(what), shown=shown, hint=hint)


def field_named(name: str) -> Field:
    """A field of the registry.

    Raises:
        InputError: there is no such field; the message names the closest ones.

    Example:
        >>> field_named("age").kind
        'years'
    """
    if name not in FIELDS:
        raise unknown(message("field"), name, FIELDS)
    return FIELDS[name]


def function_named(name: str) -> Function:
    """A function of the registry.

    Raises:
        InputError: there is no such function.
    """
    if name not in FUNCTIONS:
        raise unknown(message("function"), name, FUNCTIONS)
    return FUNCTIONS[name]


def filter_named(name: str) -> Filter:
    """A filter of the registry.

    Raises:
        InputError: there is no such filter.
    """
    if name not in FILTERS:
        raise unknown(message("filter"), name, FILTERS)
    return FILTERS[name]
