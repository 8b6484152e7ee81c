"""Comparisons in words: `at least 3 orders`, `from 18 to 35 years`, `before 1 Jan 2026`.

Every combination is a text of its own, because Russian bends the noun after the number by the word before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.segments.rules.fields import VALUE_WORDS, fold

if TYPE_CHECKING:
    from kogorta.kit.language import Language
    from kogorta.segments.rules.fields import Kind
    from kogorta.segments.rules.leaves import Scalar, Value

NEGATED: Final[Mapping[str, str]] = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "between": "beyond",
    "in": "none",
    "contains": "lacks",
    "known": "unknown",
}
"""What an operator says when it is turned over."""

_PLAIN: Final[Mapping[str, str]] = {
    "=": message("exactly {value}"),
    "!=": message("other than {value}"),
    "<": message("less than {value}"),
    "<=": message("at most {value}"),
    ">": message("more than {value}"),
    ">=": message("at least {value}"),
    "between": message("from {low} to {value}"),
}
_DAYS_OF_CALENDAR: Final[Mapping[str, str]] = {
    "=": message("on {value}"),
    "!=": message("not on {value}"),
    "<": message("before {value}"),
    "<=": message("not later than {value}"),
    ">": message("after {value}"),
    ">=": message("not earlier than {value}"),
    "between": message("between {low} and {value}"),
}


Counted = Mapping[str, Callable[["Language", int, Mapping[str, str]], str]]
"""Operator -> wording of a comparison with a number of things."""


@dataclass(frozen=True)
class Wording:
    """How values of a rule are written for a reader.

    Args:
        language: of the reader.
        currency: ISO code of money.
    """

    language: Language
    currency: str

    def quoted(self, text: str) -> str:
        """A text in quotation marks."""
        return self.language.text("“{text}”", text=text)

    def number(self, value: float) -> str:
        """A number with the digits it was written with."""
        digits = max(0, -int(Decimal(repr(value)).as_tuple().exponent))
        return self.language.number(value, digits)

    def money(self, value: float) -> str:
        """Money of the major unit, as exact as it was written."""
        pattern = self.language.money(0, self.currency)
        return re.sub(r"[\d.,]+", lambda _: self.number(value), pattern, count=1)

    def scalar(self, value: Scalar, kind: Kind, choices: Mapping[str, str]) -> str:
        """One value in its unit; texts in quotation marks, values of a choice and common words as words."""
        if isinstance(value, str):
            word = choices.get(value, "") or (VALUE_WORDS.get(fold(value), "") if kind == "text" else "")
            return self.language.text(word) if word else self.quoted(value)
        if isinstance(value, date):
            return self.language.day(value)
        if kind == "share":
            digits = max(0, -int((Decimal(repr(value)) * 100).normalize().as_tuple().exponent))
            return self.language.percent(value, digits)
        return self.money(value) if kind == "money" else self.number(value)

    def one_of(self, texts: list[str]) -> str:
        """`a`, `a or b`, `a, b or c`."""
        if len(texts) == 1:
            return texts[0]
        return self.language.text("{some} or {last}", some=", ".join(texts[:-1]), last=texts[-1])

    def comparison(self, op: str, value: Value, kind: Kind, counted: Counted | None = None) -> str:
        """An operator with its values, for everything but text.

        Args:
            op: an operator, or what one says when it is turned over.
            value: its value or values.
            kind: type and unit.
            counted: wordings of what is counted, where it bends with the number.
        """
        if isinstance(value, tuple) and op == "beyond":
            below, above = self.comparison("<", value[0], kind, counted), self.comparison(">", value[-1], kind, counted)
            return self.language.text("{below} or {above}", below=below, above=above)
        if isinstance(value, tuple) and op in ("in", "none"):
            texts = self.values(value, kind, {})
            return texts if op == "in" else self.language.text("none of {values}", values=texts)
        low, last = (value[0], value[-1]) if isinstance(value, tuple) else (None, value)
        wordings = counted or _COUNTED.get(kind)
        if wordings is not None and isinstance(last, int | float):
            # a broken number takes the form of two in Russian
            form = abs(last) if isinstance(last, int) else 2
            filled = {"count": self.number(last), "low": self.number(low) if isinstance(low, int | float) else ""}
            return wordings[op](self.language, form, filled)
        shown = {"value": "" if last is None else self.scalar(last, kind, {}), "low": "" if low is None else self.scalar(low, kind, {})}
        return self.language.text((_DAYS_OF_CALENDAR if kind == "day" else _PLAIN)[op], **shown)

    def values(self, value: Value, kind: Kind, choices: Mapping[str, str]) -> str:
        """One value, or several with "or"."""
        several = value if isinstance(value, tuple) else () if value is None else (value,)
        return self.one_of([self.scalar(item, kind, choices) for item in several])


_YEARS: Final[Counted] = {
    "=": lambda to, n, texts: to.plural("exactly {count} year", "exactly {count} years", n, **texts),
    "!=": lambda to, n, texts: to.plural("other than {count} year", "other than {count} years", n, **texts),
    "<": lambda to, n, texts: to.plural("less than {count} year", "less than {count} years", n, **texts),
    "<=": lambda to, n, texts: to.plural("at most {count} year", "at most {count} years", n, **texts),
    ">": lambda to, n, texts: to.plural("more than {count} year", "more than {count} years", n, **texts),
    ">=": lambda to, n, texts: to.plural("at least {count} year", "at least {count} years", n, **texts),
    "between": lambda to, n, texts: to.plural("from {low} to {count} year", "from {low} to {count} years", n, **texts),
}
_DAYS: Final[Counted] = {
    "=": lambda to, n, texts: to.plural("exactly {count} day", "exactly {count} days", n, **texts),
    "!=": lambda to, n, texts: to.plural("other than {count} day", "other than {count} days", n, **texts),
    "<": lambda to, n, texts: to.plural("less than {count} day", "less than {count} days", n, **texts),
    "<=": lambda to, n, texts: to.plural("at most {count} day", "at most {count} days", n, **texts),
    ">": lambda to, n, texts: to.plural("more than {count} day", "more than {count} days", n, **texts),
    ">=": lambda to, n, texts: to.plural("at least {count} day", "at least {count} days", n, **texts),
    "between": lambda to, n, texts: to.plural("from {low} to {count} day", "from {low} to {count} days", n, **texts),
}
_HOURS: Final[Counted] = {
    "=": lambda to, n, texts: to.plural("exactly {count} hour", "exactly {count} hours", n, **texts),
    "!=": lambda to, n, texts: to.plural("other than {count} hour", "other than {count} hours", n, **texts),
    "<": lambda to, n, texts: to.plural("less than {count} hour", "less than {count} hours", n, **texts),
    "<=": lambda to, n, texts: to.plural("at most {count} hour", "at most {count} hours", n, **texts),
    ">": lambda to, n, texts: to.plural("more than {count} hour", "more than {count} hours", n, **texts),
    ">=": lambda to, n, texts: to.plural("at least {count} hour", "at least {count} hours", n, **texts),
    "between": lambda to, n, texts: to.plural("from {low} to {count} hour", "from {low} to {count} hours", n, **texts),
}
ORDERS: Final[Counted] = {
    "=": lambda to, n, texts: to.plural("exactly {count} order", "exactly {count} orders", n, **texts),
    "!=": lambda to, n, texts: to.plural("other than {count} order", "other than {count} orders", n, **texts),
    "<": lambda to, n, texts: to.plural("less than {count} order", "less than {count} orders", n, **texts),
    "<=": lambda to, n, texts: to.plural("at most {count} order", "at most {count} orders", n, **texts),
    ">": lambda to, n, texts: to.plural("more than {count} order", "more than {count} orders", n, **texts),
    ">=": lambda to, n, texts: to.plural("at least {count} order", "at least {count} orders", n, **texts),
    "between": lambda to, n, texts: to.plural("from {low} to {count} order", "from {low} to {count} orders", n, **texts),
}
TIMES: Final[Counted] = {
    "=": lambda to, n, texts: to.plural("exactly {count} time", "exactly {count} times", n, **texts),
    "!=": lambda to, n, texts: to.plural("other than {count} time", "other than {count} times", n, **texts),
    "<": lambda to, n, texts: to.plural("less than {count} time", "less than {count} times", n, **texts),
    "<=": lambda to, n, texts: to.plural("at most {count} time", "at most {count} times", n, **texts),
    ">": lambda to, n, texts: to.plural("more than {count} time", "more than {count} times", n, **texts),
    ">=": lambda to, n, texts: to.plural("at least {count} time", "at least {count} times", n, **texts),
    "between": lambda to, n, texts: to.plural("from {low} to {count} time", "from {low} to {count} times", n, **texts),
}

_COUNTED: Final[Mapping[str, Counted]] = {"years": _YEARS, "days": _DAYS, "hours": _HOURS}
