"""The tree of a rule as a formula that parses back into the same tree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

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
    Value,
)
from kogorta.segments.rules.tree import All, Any_, Node, Not
from kogorta.segments.rules.windows import ALL_TIME

if TYPE_CHECKING:
    from kogorta.segments.rules.windows import Window


def print_formula(rule: Node) -> str:
    """The formula of a tree.

    Args:
        rule: any tree.

    Returns:
        One line; `parse_formula` gives the same tree.

    Example:
        >>> from kogorta.segments.rules.formula import parse_formula
        >>> print_formula(parse_formula("Age>=18 AND (city='Perm' or bought('toys'))"))
        "age >= 18 and (city = 'Perm' or bought('toys'))"
    """
    if isinstance(rule, All | Any_):
        if len(rule.parts) == 1:
            return f"{'all' if isinstance(rule, All) else 'any'}({print_formula(rule.parts[0])})"
        word = " and " if isinstance(rule, All) else " or "
        return word.join(_inside(part) for part in rule.parts)
    if isinstance(rule, Not):
        return f"not {_inside(rule.part)}"
    if isinstance(rule, InSegment):
        return f"segment({_text(rule.name)})"
    if isinstance(rule, Moved):
        return f"{rule.way}({_arguments([_text(rule.name)], rule.window)})"
    if isinstance(rule, RandomShare):
        shares = [_value(rule.end)] if rule.start == 0 else [_value(rule.start), _value(rule.end)]
        return f"random({', '.join([_text(rule.salt), *shares])})"
    return _comparison(rule)


def _inside(part: Node) -> str:
    """A part of a group: groups of several parts need brackets."""
    text = print_formula(part)
    return f"({text})" if isinstance(part, All | Any_) and len(part.parts) > 1 else text


def _comparison(leaf: Compare) -> str:
    figure = leaf.figure
    if (leaf.op, leaf.value) == (">=", 1) and isinstance(figure, Measure) and figure.function == "orders":
        first = figure.where[0] if figure.where else None
        if first is not None and (first.name, first.op) == ("item", "=") and isinstance(first.value, str):
            return f"bought({_arguments([_text(first.value)], figure.window, figure.where[1:])})"
    if leaf.op == "known":
        return f"known({print_figure(figure)})"
    return f"{print_figure(figure)} {_operand(leaf.op, leaf.value)}"


def print_figure(figure: Figure) -> str:
    """A figure as a formula writes it."""
    if isinstance(figure, Property):
        return figure.name
    if isinstance(figure, Attribute):
        return f"{'attribute_number' if figure.numeric else 'attribute'}({_text(figure.key)})"
    if isinstance(figure, DateGap):
        return f"{figure.way}({figure.name})"
    where = figure.where
    first: list[str] = []
    if where and (where[0].name, where[0].op) == ("type", "=") and isinstance(where[0].value, str):
        first, where = [_text(where[0].value)], where[1:]
    return f"{figure.function}({_arguments(first, figure.window, where)})"


def _arguments(first: list[str], window: Window, where: tuple[Condition, ...] = ()) -> str:
    middle = [str(window)] if window != ALL_TIME else []
    return ", ".join([*first, *middle, *map(_condition, where)])


def _condition(item: Condition) -> str:
    return f"known({item.name})" if item.op == "known" else f"{item.name} {_operand(item.op, item.value)}"


def _operand(op: str, value: Value) -> str:
    if isinstance(value, tuple):
        if op == "between":
            return f"between {_value(value[0])} and {_value(value[1])}"
        return f"in ({', '.join(map(_value, value))})"
    return f"{op} {_value(value)}"


def _value(value: Value) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, date):
        return value.isoformat()
    return format(Decimal(repr(value)), "f")


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
