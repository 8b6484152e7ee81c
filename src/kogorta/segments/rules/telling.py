"""What a condition saw of one customer, in words: `orders over 30 days: 0`, `last order: 34 days ago`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message, minor_digits
from kogorta.segments.rules.comparing import Wording
from kogorta.segments.rules.fields import FIELDS, FUNCTIONS, fold
from kogorta.segments.rules.leaves import Attribute, Compare, DateGap, InSegment, Measure, Moved, Property, RandomShare
from kogorta.segments.rules.sentence import describe_filters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language
    from kogorta.segments.rules.leaves import Condition, Figure
    from kogorta.segments.rules.tree import LeafNode
    from kogorta.segments.rules.windows import Window

Saw = float | str | None
"""Money in major units, shares 0-1, days of the calendar since 1970, texts in comparable form; of a condition without a figure 1 or 0."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
EVENTS: Final[Mapping[str, str]] = {
    "email_open": message("letters opened"),
    "email_click": message("clicks in letters"),
    "email_bounce": message("letters bounced"),
    "email_unsubscribe": message("unsubscriptions"),
    "complaint": message("complaints to support"),
    "review": message("reviews"),
    "referral": message("friends brought"),
    "page_view": message("pages of the site viewed"),
    "visit": message("visits to the site"),
    "cart": message("goods put into the cart"),
    "support": message("requests to support"),
}


def tell(leaf: LeafNode, saw: Saw, language: Language, *, currency: str = "RUB") -> str:
    """What was asked of a customer, and what was seen.

    Args:
        leaf: the condition.
        saw: its value, see `Saw`; None where there was none.
        language: of the reader.
        currency: ISO code of money.

    Example:
        >>> from kogorta.kit.language import Language
        >>> from kogorta.segments.rules.formula import parse_formula
        >>> tell(parse_formula("orders(30d) = 0"), 0, Language("en"))
        'orders over 30 days: 0'
    """
    return _Teller(Wording(language, currency)).told(leaf, saw)


class _Teller:
    def __init__(self, wording: Wording) -> None:
        self.wording, self.to = wording, wording.language

    def told(self, leaf: LeafNode, saw: Saw) -> str:
        value = self.value(leaf, saw) if isinstance(leaf, Compare) else self.answer(saw)
        if isinstance(leaf, Compare) and isinstance(leaf.figure, Attribute):
            value = self.to.text("fits") if saw else self.to.text("does not fit")
        return self.to.text("{what}: {value}", what=self.heading(leaf), value=value)

    def answer(self, saw: Saw) -> str:
        return self.to.text("yes") if saw else self.to.text("no")

    # ---- what was asked

    def heading(self, leaf: LeafNode) -> str:
        to, wording = self.to, self.wording
        if isinstance(leaf, InSegment):
            return to.text("in the segment {name}", name=wording.quoted(leaf.name))
        if isinstance(leaf, Moved):
            has_entered = leaf.way == "entered"
            pattern = "entered {name} {when}" if has_entered else "left {name} {when}"
            return to.text(pattern, name=wording.quoted(leaf.name), when=self.when(leaf.window))
        if isinstance(leaf, RandomShare):
            return to.text("drawn by the lot {salt}", salt=wording.quoted(leaf.salt))
        return self.figure(leaf.figure)

    def figure(self, figure: Figure) -> str:
        to = self.to
        if isinstance(figure, Measure):
            return self.measure(figure)
        if isinstance(figure, Attribute):
            return to.text("attribute {key}", key=self.wording.quoted(figure.key))
        label = to.text(FIELDS[figure.name].label).rstrip(",")
        if isinstance(figure, Property):
            return to.text("last order{what}", what="") if figure.name == "recency_days" else label
        if figure.way == "days_since":
            return label
        is_birthday = figure.name == "birth_on"
        if figure.way == "days_to":
            return to.text("until the birthday") if is_birthday else to.text("until the anniversary ({label})", label=label)
        return to.text("since the birthday") if is_birthday else to.text("since the anniversary ({label})", label=label)

    def measure(self, measure: Measure) -> str:
        to, wording, function, when = self.to, self.wording, measure.function, self.when(measure.window)
        is_first = "first" in function
        if measure.grain == "events":
            kind, rest = self.events(measure.where)
            what = describe_filters(rest, wording)
            if function == "events":
                return to.text("{events}{what} {when}", events=kind, what=what, when=when)
            if function == "hours_unanswered":
                return to.text("{events}{what}, last time without an order since", events=kind, what=what)
            if function.startswith("days_since"):
                pattern = "{events}{what}, first time" if is_first else "{events}{what}, last time"
                return to.text(pattern, events=kind, what=what)
            return f"{to.text(FUNCTIONS[function].label)} ({kind}){what} {when}"
        what = describe_filters(measure.where, wording)
        if function == "orders":
            return to.text("orders{what} {when}", what=what, when=when)
        if function == "revenue":
            return to.text("revenue{what} {when}", what=what, when=when)
        if function.startswith("days_since"):
            return to.text("first order{what}", what=what) if is_first else to.text("last order{what}", what=what)
        return f"{to.text(FUNCTIONS[function].label)}{what} {when}"

    def events(self, where: tuple[Condition, ...]) -> tuple[str, tuple[Condition, ...]]:
        """What a customer did, as a noun, and the other filters."""
        first = where[0] if where else None
        if first is None or (first.name, first.op) != ("type", "=") or not isinstance(first.value, str):
            return self.to.text("events"), where
        known = EVENTS.get(fold(first.value))
        return (self.to.text(known) if known else self.to.text("events {name}", name=self.wording.quoted(first.value))), where[1:]

    def when(self, window: Window) -> str:
        length, to = window.length, self.to
        if length == 0:
            return to.text("over all time")
        if window.unit == "d":
            return to.plural("over {count} day", "over {count} days", length)
        if window.unit == "w":
            return to.plural("over {count} week", "over {count} weeks", length)
        if window.unit == "m":
            return to.plural("over {count} month", "over {count} months", length)
        return to.plural("over {count} year", "over {count} years", length)

    # ---- what was seen

    def value(self, leaf: Compare, saw: Saw) -> str:
        figure, kind = leaf.figure, leaf.figure.kind
        is_gap = isinstance(figure, DateGap) and figure.way != "days_since"
        if saw is None:
            never = kind in ("days", "hours") and not isinstance(figure, DateGap)
            return self.to.text("never") if never else self.to.text("no data")
        if isinstance(saw, str):
            return self.spelled(leaf, saw)
        if kind == "day":
            return self.to.day(date.fromordinal(_EPOCH + int(saw)))
        if kind in ("days", "hours", "years"):
            return self.span(int(saw), kind, is_ago=not is_gap)
        if kind == "money":
            return self.to.money(saw * 10 ** minor_digits(self.wording.currency), self.wording.currency)
        if kind == "share":
            return self.to.percent(saw)
        return self.to.number(saw, 0 if float(saw).is_integer() else 2)

    def spelled(self, leaf: Compare, saw: str) -> str:
        """A text as a choice or the rule spells it; what was seen is in comparable form."""
        choices = FIELDS[leaf.figure.name].choices if isinstance(leaf.figure, Property) else {}
        named = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        spellings = [*choices, *(text for text in named if isinstance(text, str))]
        return self.wording.scalar(next((text for text in spellings if fold(text) == saw), saw), leaf.figure.kind, choices)

    def span(self, number: int, kind: str, *, is_ago: bool) -> str:
        to = self.to
        if kind == "years":
            return to.plural("{count} year", "{count} years", number)
        if kind == "hours":
            return to.plural("{count} hour ago", "{count} hours ago", number)
        if not number:
            return to.text("today")
        if not is_ago:
            return to.plural("{count} day", "{count} days", number)
        if number < 0:
            return to.plural("in {count} day", "in {count} days", -number)
        return to.plural("{count} day ago", "{count} days ago", number)
