"""Values of a rule in the units the columns are kept in: minor units of money, thousandths of quantities."""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kogorta.segments.rules.fields import FILTERS, THOUSANDTHS
from kogorta.segments.rules.leaves import Condition, Figure, Measure, Scalar, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMPARE: Final[Mapping[str, Callable[..., object]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def factor_of(figure: Figure | Condition, unit: int) -> int:
    """How many of the column's units make one of the rule's."""
    if isinstance(figure, Measure) and figure.scaled:
        return THOUSANDTHS
    if isinstance(figure, Condition):
        return unit if FILTERS[figure.name].kind == "money" else THOUSANDTHS if figure.name == "value" else 1
    return unit if figure.kind == "money" else 1


def money_or_plain(value: Scalar, factor: int) -> Scalar:
    """A number in the unit the column is kept in; whole where it can be."""
    if factor == 1 or not isinstance(value, int | float):
        return value
    scaled = Decimal(repr(value)) * factor
    return int(scaled) if scaled == scaled.to_integral_value() else float(scaled)


def holds(number: int, op: str, value: Value, factor: int) -> bool:
    """Whether a number of the column's units compares so with the values of a rule.

    Example:
        >>> holds(0, "<", 3, 1), holds(0, "in", (1, 2), 1)
        (True, False)
    """
    given = [money_or_plain(item, factor) for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, int | float)]
    if op == "between":
        return given[0] <= number <= given[1]  # type: ignore[operator]
    return number in given if op == "in" else bool(COMPARE[op](number, given[0]))
