"""Argument checks whose message holds the name, the value and what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Collection

Value = TypeVar("Value")


def check_choice(name: str, value: Value, allowed: Collection[Value]) -> Value:
    """Return `value` if it is one of `allowed`.

    Raises:
        OptionError: the value is not allowed; the message lists what is.

    Example:
        >>> check_choice("levels", 3, (3, 4, 5))
        3
    """
    if value not in allowed:
        raise OptionError(
            "{name} is {value!r}; it must be one of {names}.",
            name=name,
            value=value,
            names=", ".join(repr(item) for item in allowed),
        )
    return value


def check_between(name: str, value: float, low: float, high: float) -> float:
    """Return `value` if `low <= value <= high`.

    Raises:
        OptionError: the value is outside the bounds or not a number.

    Example:
        >>> check_between("share", 0.2, 0, 1)
        0.2
    """
    if not low <= value <= high:
        raise OptionError(
            "{name} is {value!r}; it must be between {low} and {high}.",
            name=name,
            value=value,
            low=low,
            high=high,
        )
    return value


def check_positive(name: str, value: float) -> float:
    """Return `value` if it is above zero.

    Raises:
        OptionError: the value is zero, negative or not a number.
    """
    if not value > 0:
        raise OptionError(
            "{name} is {value!r}; it must be greater than zero.",
            name=name,
            value=value,
        )
    return value
