"""Leaves of a rule: one comparison, one segment, one move, one share of chance.

A leaf checks itself when it is made, so a tree that exists can be run. NULLs: a leaf about a missing value is false, whatever its operator;
`not` turns that false into true. There is no third value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.segments.rules.fields import (
    DATE_WAYS,
    FUNCTIONS,
    ITEM_FILTERS,
    OPERATORS,
    SCALED,
    family,
    field_named,
    filter_named,
    fold,
    function_named,
    unknown,
)
from kogorta.segments.rules.windows import ALL_TIME, Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.segments.rules.fields import Grain, Kind

Scalar = str | int | float | date
Value = Scalar | tuple[Scalar, ...] | None

MOST_VALUES: Final = 1_000
MOST_TEXT: Final = 1_000
LARGEST: Final = 10**15
BUCKETS: Final = 10_000
"""Resolution of a random share: one bucket is 0.01 % of the customers."""


@dataclass(frozen=True)
class Property:
    """A field of the customer, by its name in the registry.

    Raises:
        InputError: there is no such field.
    """

    name: str

    def __post_init__(self) -> None:
        field_named(self.name)

    @property
    def kind(self) -> Kind:
        """Type and unit."""
        return field_named(self.name).kind

    @property
    def nullable(self) -> bool:
        """Whether there may be no value."""
        return field_named(self.name).nullable


@dataclass(frozen=True)
class Attribute:
    """An attribute the source of the data gave, by its own key; it may hold several values, any of which may match.

    Args:
        key: key in the customer's attributes, as the source wrote it.
        numeric: whether its values are compared as numbers.

    Raises:
        InputError: the key is empty or too long.
    """

    key: str
    numeric: bool = False

    def __post_init__(self) -> None:
        check_text(InputError("The key of an attribute"), self.key)

    @property
    def kind(self) -> Kind:
        """Text or number."""
        return "number" if self.numeric else "text"

    @property
    def nullable(self) -> bool:
        """An attribute may always be absent."""
        return True


@dataclass(frozen=True)
class DateGap:
    """Days between a date of the customer and the day of evaluation.

    `days_since` counts from the date itself (negative while it lies ahead). `days_to` and `days_after` count to the next and from the last
    yearly return of the date, both 0 on the day; 29 February returns on 1 March in other years.

    Raises:
        InputError: the field is not a date.
    """

    way: str
    name: str

    def __post_init__(self) -> None:
        if self.way not in DATE_WAYS:
            raise unknown(message("function"), self.way, (*FUNCTIONS, *DATE_WAYS))
        if field_named(self.name).kind != "day":
            raise InputError(
                "{way} takes a date such as birth_on or first_order_on; {name} is not a date.",
                way=self.way,
                name=self.name,
            )

    @property
    def kind(self) -> Kind:
        """Whole days."""
        return "days"

    @property
    def nullable(self) -> bool:
        """As the date itself."""
        return True


@dataclass(frozen=True)
class Condition:
    """One condition on the rows a function counts: filter, operator, value.

    Raises:
        InputError: there is no such filter, or the operator or value does not fit it.
    """

    name: str
    op: str
    value: Value

    def __post_init__(self) -> None:
        found = filter_named(self.name)
        object.__setattr__(self, "value", checked_value(self.name, found.kind, self.op, self.value, {}))


@dataclass(frozen=True)
class Measure:
    """A figure counted over won orders net of refunds, their lines, or events.

    Args:
        function: name in the registry.
        window: days counted, ending with the day of evaluation.
        where: conditions a row must meet, all of them.

    Raises:
        InputError: there is no such function, or it does not take this window or filter.
    """

    function: str
    window: Window = ALL_TIME
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        found = function_named(self.function)
        if not found.windowed and self.window != ALL_TIME:
            raise InputError(
                "{function} looks at the whole history and takes no window; leave out {window}.",
                function=self.function,
                window=self.window,
            )
        if len(self.where) > 20:
            raise InputError(
                "{function} has {count} filters; up to 20 are allowed.",
                function=self.function,
                count=len(self.where),
            )
        grain = self.grain
        for condition in self.where:
            if grain not in filter_named(condition.name).grains:
                if grain == "lines":
                    raise InputError("{function} of items cannot be filtered by {name}.", function=self.function, name=condition.name)
                raise InputError("{function} cannot be filtered by {name}.", function=self.function, name=condition.name)

    @cached_property
    def grain(self) -> Grain:
        """The rows it looks at."""
        found = FUNCTIONS[self.function]
        if found.grain == "events":
            return "events"
        by_item = any(condition.name in ITEM_FILTERS for condition in self.where)
        return "lines" if found.lines == "always" or (by_item and found.lines == "filtered") else "orders"

    @property
    def kind(self) -> Kind:
        """Type and unit."""
        return FUNCTIONS[self.function].kind

    @property
    def nullable(self) -> bool:
        """Whether there is no value when nothing was found."""
        return FUNCTIONS[self.function].missing

    @property
    def scaled(self) -> bool:
        """Whether it is counted in thousandths."""
        return self.function in SCALED


Figure = Property | Attribute | DateGap | Measure


class Leaf:
    """What all leaves share: one leaf, one level."""

    leaves = 1
    depth = 1


@dataclass(frozen=True)
class Compare(Leaf):
    """A figure compared with a value.

    Args:
        figure: what is compared.
        op: `=`, `!=`, `<`, `<=`, `>`, `>=`, `between` (both ends in), `in`, `contains` (text), `known` (has a value).
        value: text, number or date in the figure's unit (money in major units); two values for `between`, several for `in`, none for
            `known`.

    Raises:
        InputError: the operator or the value does not fit the figure.

    Example:
        >>> Compare(Property("age"), "between", (18, 35)).value
        (18, 35)
    """

    figure: Figure
    op: str
    value: Value = None

    def __post_init__(self) -> None:
        choices = field_named(self.figure.name).choices if isinstance(self.figure, Property) else {}
        object.__setattr__(self, "value", checked_value(figure_name(self.figure), self.figure.kind, self.op, self.value, choices))


@dataclass(frozen=True)
class InSegment(Leaf):
    """Membership of a saved segment, evaluated on the same day.

    Raises:
        InputError: the name is empty or too long.
    """

    name: str

    def __post_init__(self) -> None:
        check_text(InputError("The name of a segment"), self.name)


@dataclass(frozen=True)
class Moved(Leaf):
    """Entered or left a segment within a window, by the recorded transitions.

    Args:
        way: `entered` or `left`.
        name: the segment.
        window: days looked at.

    Raises:
        InputError: the way is neither, or the name is empty.
    """

    way: str
    name: str
    window: Window = ALL_TIME

    def __post_init__(self) -> None:
        if self.way not in ("entered", "left"):
            raise InputError(
                "A move is 'entered' or 'left', not {way!r}.",
                way=self.way,
            )
        check_text(InputError("The name of a segment"), self.name)


@dataclass(frozen=True)
class RandomShare(Leaf):
    """A share of all customers drawn by a salted hash of the id: the same customers every time, another salt draws others.

    Args:
        salt: text of this draw.
        start: share before the first one taken, 0-1.
        end: share at which it stops, 0-1; `start=0, end=0.1` are ten customers in a hundred.

    Raises:
        InputError: the shares are not in order between 0 and 1.

    Source: first 8 hex digits of md5(salt + ":" + id) modulo 10,000, as experiments assign their arms.
    """

    salt: str
    start: float
    end: float

    def __post_init__(self) -> None:
        check_text(InputError("The salt of a random share"), self.salt)
        for share in (self.start, self.end):
            if isinstance(share, bool) or not 0 <= share <= 1:
                raise InputError(
                    "A random share is {share!r}; it must be between 0 and 1 (or 0% and 100%).",
                    share=share,
                )
        if self.start >= self.end:
            raise InputError(
                "The random share from {start} to {end} is empty; its end must be above its start.",
                start=self.start,
                end=self.end,
            )
        object.__setattr__(self, "start", _plain(self.start))
        object.__setattr__(self, "end", _plain(self.end))

    @property
    def buckets(self) -> tuple[int, int]:
        """First bucket taken and the one it stops before."""
        return round(self.start * BUCKETS), round(self.end * BUCKETS)


def figure_name(figure: Figure) -> str:
    """What a message calls a figure."""
    if isinstance(figure, Property):
        return figure.name
    if isinstance(figure, Attribute):
        return f"attribute {figure.key!r}"
    if isinstance(figure, DateGap):
        return f"{figure.way}({figure.name})"
    return figure.function


def check_text(what: InputError, text: object) -> str:
    """Return a text that can be stored and bound.

    Raises:
        InputError: it is not text, is empty, too long, or holds characters that cannot be stored.
    """
    if not isinstance(text, str):
        raise InputError(
            "{what} is {shown}; write it as text.",
            what=what,
            shown=_shown(text),
        )
    if not fold(text):
        raise InputError(
            "{what} is empty; write a text.",
            what=what,
        )
    if len(text) > MOST_TEXT:
        raise InputError(
            "{what} has {count} characters; up to {most_text} are allowed.",
            what=what,
            count=len(text),
            most_text=MOST_TEXT,
        )
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise InputError(
            "{what} holds a character that cannot be stored; type it anew.",
            what=what,
        )
    return text


def checked_value(name: str, kind: Kind, op: str, value: object, choices: Mapping[str, str]) -> Value:
    """The value of a comparison in its canonical form.

    Raises:
        InputError: the operator does not exist for the kind, or the value has another type.
    """
    allowed = OPERATORS[family(kind)]
    if op not in allowed:
        raise InputError(
            "{name} cannot be compared with {value!r}; use one of {names}.",
            name=name,
            value=str(op)[:20],
            names=", ".join(allowed),
        )
    if op == "known":
        if value is not None:
            raise InputError(
                "known({name}) takes no value; remove {shown}.",
                name=name,
                shown=_shown(value),
            )
        return None
    if op in ("in", "between"):
        if not isinstance(value, tuple | list):
            raise InputError(
                "{name} {op} needs several values; {shown} is one.",
                name=name,
                op=op,
                shown=_shown(value),
            )
        if op == "between" and len(value) != 2:
            raise InputError(
                "{name} between needs two values, a lower and an upper one; there are {count}.",
                name=name,
                count=len(value),
            )
        if not 1 <= len(value) <= MOST_VALUES:
            raise InputError(
                "The list for {name} has {count} values; 1 to {most_values} are allowed.",
                name=name,
                count=len(value),
                most_values=MOST_VALUES,
            )
        values = tuple(_scalar(name, kind, item, choices) for item in value)
        if op == "between" and values[0] > values[1]:  # type: ignore[operator]
            raise InputError(
                "{name} between {values} and {values_2} is empty; put the smaller value first.",
                name=name,
                values=values[0],
                values_2=values[1],
            )
        return values
    return _scalar(name, kind, value, choices)


def _scalar(name: str, kind: Kind, value: object, choices: Mapping[str, str]) -> Scalar:
    if family(kind) != "number":
        if not isinstance(value, str):
            raise InputError(
                "{name} is text; write the value in quotes, not {shown}.",
                name=name,
                shown=_shown(value),
            )
        text = check_text(InputError("The value of {name}", name=name), value)
        if not choices:
            return text
        by_fold = {fold(slug): slug for slug in choices}
        if fold(text) not in by_fold:
            raise InputError(
                "{name} cannot be {text!r}; it is one of {names}.",
                name=name,
                text=text[:60],
                names=", ".join(choices),
            )
        return by_fold[fold(text)]
    if kind == "day":
        if type(value) is not date:
            raise InputError(
                "{name} is a date; write it as 2026-11-22, not {shown}.",
                name=name,
                shown=_shown(value),
            )
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(
            "{name} is a number; write the value without quotes, for example 3, not {shown}.",
            name=name,
            shown=_shown(value),
        )
    if not (math.isfinite(value) and abs(value) <= LARGEST):
        raise InputError(
            "{name} is compared with {shown}; a number up to {largest} is allowed.",
            name=name,
            shown=_shown(value),
            largest=LARGEST,
        )
    return _plain(value)


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else float(value)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:37] + "...")
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):
        return repr(value) if abs(value) < 10**20 else "a number of more than 20 digits"
    return value.isoformat() if isinstance(value, date) else f"a value of type {type(value).__name__}"
