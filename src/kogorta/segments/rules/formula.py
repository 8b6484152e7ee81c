"""A typed formula into the tree of a rule.

    lifecycle = 'sleeping' and revenue(365d) > 100000 and not bought('toys', 90d)

Grammar, loosest first: `or`, `and`, `not`, brackets, conditions. A condition compares a figure (`= != < <= > >=`, `between a and b`,
`in (a, b)`, `not in (a, b)`, `contains`), or is one of bought, known, segment, entered, left, random. A figure is a field, a function with
a window and filters, an attribute, or days to and from a date. Money is in major units; `10%` is 0.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.segments.rules.fields import DATE_WAYS, FIELDS, FUNCTIONS, filter_named, unknown
from kogorta.segments.rules.leaves import (
    Attribute,
    Compare,
    Condition,
    DateGap,
    Figure,
    InSegment,
    Measure,
    Moved,
    Property,
    RandomShare,
    Scalar,
)
from kogorta.segments.rules.tokens import FormulaError, Token, tokens_of
from kogorta.segments.rules.tree import MOST_DEPTH, All, Any_, Node, Not
from kogorta.segments.rules.windows import ALL_TIME, Window, parse_window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


Made = TypeVar("Made")

_COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")
_HISTORY: Final[Mapping[str, str]] = {"order": "days_since_order", "first_order": "days_since_first_order"}
"""`days_since(order, ...)` and `days_since(first_order, ...)` are functions over the history."""
_ATTRIBUTES: Final = ("attribute", "attribute_number")
_CONDITIONS: Final = ("bought", "known", "segment", "entered", "left", "random")
_WORDS: Final = frozenset({"and", "or", "not", "in", "between", "contains"})


def parse_formula(formula: str) -> Node:
    """The tree of a formula.

    Args:
        formula: text as above; Russian words и, или, не, в, между, содержит, все and windows such as 30д are read too.

    Returns:
        The tree; `print_formula` writes it back.

    Raises:
        FormulaError: it cannot be read; the message names line and column and points at the place.
        InputError: it is too long.

    Example:
        >>> parse_formula("age >= 18").op
        '>='
    """
    return _Parser(formula).whole()


class _Parser:
    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.tokens = tokens_of(formula)
        self.position = 0
        self.level = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def whole(self) -> Node:
        if self.ended():
            self.refuse(InputError("The formula is empty; write for example lifecycle = 'sleeping'."))
        node = self.any_of()
        if not self.ended():
            self.unexpected(InputError("join conditions with and, or."))
        return node

    def ended(self) -> bool:
        return self.token.sort == "end"

    def any_of(self) -> Node:
        self.enter()
        place, parts = self.token.place, [self.all_of()]
        while self.word("or"):
            parts.append(self.all_of())
        self.level -= 1
        return parts[0] if len(parts) == 1 else self.made(place, lambda: Any_(tuple(parts)))

    def all_of(self) -> Node:
        place, parts = self.token.place, [self.negated()]
        while self.word("and"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else self.made(place, lambda: All(tuple(parts)))

    def negated(self) -> Node:
        place = self.token.place
        if not self.word("not"):
            return self.condition()
        self.enter()
        inner = self.negated()
        self.level -= 1
        return self.made(place, lambda: Not(inner))

    def condition(self) -> Node:
        token = self.token
        if self.operator("("):
            node = self.any_of()
            self.expect(")")
            return node
        if token.sort != "name" or token.text in _WORDS:
            self.unexpected(InputError("a condition begins with a field or a function."))
        if token.text in ("all", "any") and self.ahead("("):
            return self.group(token.text)
        if token.text in _CONDITIONS and self.ahead("("):
            return self.special(token.text)
        return self.comparison()

    def group(self, name: str) -> Node:
        place = self.step().place
        self.expect("(")
        parts = [self.any_of()]
        while self.operator(","):
            parts.append(self.any_of())
        self.expect(")")
        return self.made(place, lambda: All(tuple(parts)) if name == "all" else Any_(tuple(parts)))

    def special(self, name: str) -> Node:
        place = self.step().place
        self.expect("(")
        if name == "known":
            figure = self.figure()
            self.expect(")")
            return self.made(place, lambda: Compare(figure, "known"))
        text = self.quoted(InputError("{name} needs a text in quotes first", name=name))
        if name == "bought":
            window, where = self.arguments()
            first = self.made(place, lambda: Condition("item", "=", text))
            return self.made(place, lambda: Compare(Measure("orders", window, (first, *where)), ">=", 1))
        if name == "random":
            self.expect(",", InputError("random needs a share after the salt, for example random('pilot', 10%)."))
            shares = [self.number()]
            if self.operator(","):
                shares.append(self.number())
            self.expect(")")
            start, end = (0, shares[0]) if len(shares) == 1 else (shares[0], shares[1])
            return self.made(place, lambda: RandomShare(text, start, end))
        window, where = self.arguments() if name != "segment" else (ALL_TIME, self.closed())
        if where:
            self.refuse(InputError("{name} takes a segment and a window, and no filters.", name=name), place)
        return self.made(place, lambda: InSegment(text) if name == "segment" else Moved(name, text, window))

    def comparison(self) -> Node:
        place = self.token.place
        figure = self.figure()
        if self.token.sort == "name" and self.token.text == "not" and self.ahead_word("in"):
            self.step()
            op, value = self.operand()
            return self.made(place, lambda: Not(Compare(figure, op, value)))
        if not self.at_operand():
            self.refuse(InputError("A comparison is missing here; write for example > 3, = 'VIP', in ('a', 'b') or between 1 and 5."))
        where = self.token.place
        op, value = self.operand()
        return self.made(where, lambda: Compare(figure, op, value))

    def figure(self) -> Figure:
        token = self.token
        if token.sort != "name" or token.text in _WORDS:
            self.unexpected(InputError("write a field or a function."))
        self.step()
        name = token.text
        if self.token.sort != "operator" or self.token.text != "(":
            if name in FUNCTIONS and name not in FIELDS:
                self.refuse(InputError("{name} is a function; write {name}(30d) or {name}().", name=name), token.place)
            return self.made(token.place, lambda: Property(name))
        self.step()
        if name in _ATTRIBUTES:
            key = self.quoted(InputError("{name} needs the key of an attribute in quotes", name=name))
            self.closed()
            return self.made(token.place, lambda: Attribute(key, numeric=name == "attribute_number"))
        if name in DATE_WAYS:
            return self.days(name, token.place)
        if name not in FUNCTIONS:
            called = [*FUNCTIONS, *DATE_WAYS, *_ATTRIBUTES, *_CONDITIONS]
            known = InputError("{name} is a field and takes no brackets.", name=name)
            self.refuse(known if name in FIELDS else unknown(message("function"), name, called), token.place)
        window, where = self.first_argument() if FUNCTIONS[name].grain == "events" else self.arguments(first=True)
        return self.made(token.place, lambda: Measure(name, window, where))

    def days(self, way: str, place: int) -> Figure:
        """`days_since(birth_on)`, `days_since(order, category = 'toys')`, `days_since('email_click')`."""
        token = self.token
        if way == "days_since" and token.sort == "text":
            window, where = self.first_argument()
            return self.made(place, lambda: Measure("days_since_event", window, where))
        if token.sort != "name":
            self.refuse(InputError("{way} needs a date such as birth_on or last_order_on.", way=way))
        self.step()
        if way == "days_since" and token.text in _HISTORY:
            window, where = self.arguments()
            return self.made(place, lambda: Measure(_HISTORY[token.text], window, where))
        self.closed()
        return self.made(token.place, lambda: DateGap(way, token.text))

    def first_argument(self) -> tuple[Window, tuple[Condition, ...]]:
        """Functions over events: the type may stand first, in quotes."""
        if self.token.sort != "text":
            return self.arguments(first=True)
        token = self.step()
        kind = self.made(token.place, lambda: Condition("type", "=", token.text))
        window, where = self.arguments()
        return window, (kind, *where)

    def arguments(self, *, first: bool = False) -> tuple[Window, tuple[Condition, ...]]:
        """What is left inside the brackets: a window and filters, in any order; the closing bracket is read."""
        window: Window | None = None
        where: list[Condition] = []
        while not self.operator(")"):
            if not first:
                self.expect(",")
            first = False
            token = self.token
            is_all = token.sort == "name" and token.text == "all"
            if token.sort == "window" or is_all:
                if window is not None:
                    self.refuse(InputError("There is a window already; keep one."))
                window = self.made(token.place, lambda: parse_window(token.text))  # noqa: B023
                self.step()
            elif token.sort == "name":
                where.append(self.filter())
            else:
                self.unexpected(InputError("write a window such as 30d, or a filter such as category = 'toys'."))
        return window or ALL_TIME, tuple(where)

    def filter(self) -> Condition:
        token = self.step()
        if token.text == "known" and self.operator("("):
            token = self.step()
            self.closed()
            return self.made(token.place, lambda: Condition(token.text, "known", None))
        self.made(token.place, lambda: filter_named(token.text))
        if not self.at_operand():
            self.refuse(InputError("A comparison is missing after the filter {name}; write for example {name} = 'a'.", name=token.text))
        place = self.token.place
        op, value = self.operand()
        return self.made(place, lambda: Condition(token.text, op, value))

    def at_operand(self) -> bool:
        token = self.token
        if token.sort == "operator":
            return token.text in _COMPARISONS
        return token.sort == "name" and token.text in ("in", "between", "contains")

    def operand(self) -> tuple[str, Scalar | tuple[Scalar, ...]]:
        token = self.step()
        if token.text == "in":
            self.expect("(", InputError("in needs a list in brackets, for example in ('a', 'b')."))
            values = [self.value()]
            while self.operator(","):
                values.append(self.value())
            self.expect(")")
            return "in", tuple(values)
        if token.text == "between":
            low = self.value()
            if not self.word("and"):
                self.refuse(InputError("between needs two values, for example between 18 and 35."))
            return "between", (low, self.value())
        return token.text, self.value()

    def value(self) -> Scalar:
        token = self.token
        if token.sort == "text":
            return self.step().text
        if token.sort == "date" and token.value is not None:
            return self.step().value or 0
        if token.sort == "window":
            self.refuse(InputError("{text} is a window; write the number of days alone, without a letter.", text=token.text))
        if token.sort == "name":
            self.refuse(
                InputError(
                    "{text} is not a value; put text into quotes, for example '{short}'.", text=token.text[:400], short=token.text[:40]
                )
            )
        return self.number()

    def number(self) -> int | float:
        minus = self.operator("-")
        token = self.token
        if token.sort != "number" or not isinstance(token.value, int | float):
            self.unexpected(InputError("write a value: a number, a text in quotes or a date."))
        self.step()
        return -token.value if minus else token.value

    def quoted(self, otherwise: InputError) -> str:
        if self.token.sort != "text":
            self.refuse(InputError("{need}; {shown} is not one.", need=otherwise, shown=self.shown()))
        return self.step().text

    def closed(self) -> tuple[Condition, ...]:
        self.expect(")")
        return ()

    def step(self) -> Token:
        token = self.token
        self.position += token.sort != "end"
        return token

    def word(self, text: str) -> bool:
        return self._take("name", text)

    def operator(self, text: str) -> bool:
        return self._take("operator", text)

    def _take(self, sort: str, text: str) -> bool:
        if self.token.sort != sort or self.token.text != text:
            return False
        self.step()
        return True

    def ahead(self, text: str) -> bool:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        return following.sort == "operator" and following.text == text

    def ahead_word(self, text: str) -> bool:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        return following.sort == "name" and following.text == text

    def expect(self, text: str, otherwise: InputError | None = None) -> None:
        if self.operator(text):
            return
        if otherwise is not None:
            self.refuse(otherwise)
        self.unexpected(InputError("{text!r} is.", text=text))

    def enter(self) -> None:
        self.level += 1
        if self.level > MOST_DEPTH + 1:
            self.refuse(
                InputError(
                    "The formula is nested more than {most} levels deep; remove brackets, or split it into segments.", most=MOST_DEPTH
                )
            )

    def shown(self) -> str | InputError:
        token = self.token
        if token.sort == "end":
            return InputError("The end of the formula")
        return repr(token.text if len(token.text) <= 40 else token.text[:37] + "...")

    def unexpected(self, hint: InputError) -> NoReturn:
        self.refuse(InputError("{shown} is not expected here; {hint}", shown=self.shown(), hint=hint))

    def refuse(self, reason: InputError, place: int | None = None) -> NoReturn:
        raise FormulaError(reason, self.formula, self.token.place if place is None else place)

    def made(self, place: int, make: Callable[[], Made]) -> Made:
        """What `make` makes; its refusal points at a place of the formula."""
        try:
            return make()
        except FormulaError:
            raise
        except InputError as error:
            raise FormulaError(error, self.formula, place) from error
