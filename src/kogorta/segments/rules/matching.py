"""Comparisons of columns with the values of a rule: the same for fields of customers and for rows of their history."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from kogorta.segments.rules.fields import fold
from kogorta.segments.rules.state import Texts
from kogorta.segments.rules.units import COMPARE, money_or_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kogorta.segments.rules.leaves import Scalar, Value
    from kogorta.segments.rules.state import Column

    Truth = NDArray[np.bool_]


def compared(columns: Sequence[Column], kind: str, op: str, value: Value, factor: int) -> Truth:
    """Whether any of the columns compares so, row by row; `!=` needs all of them to differ and one to be known."""
    if len(columns) > 1 and op == "!=":
        same = compared(columns, kind, "=", value, factor)
        return ~same & compared(columns, kind, "known", None, factor)
    found = _one(columns[0], kind, op, value, factor)
    for column in columns[1:]:
        found = found | _one(column, kind, op, value, factor)
    return found


def _one(column: Column, kind: str, op: str, value: Value, factor: int) -> Truth:
    if isinstance(column, Texts):
        return _matched(column, op, value)
    values = column.values
    if op == "known":
        return np.ones(len(values), dtype=np.bool_) if column.known is None else column.known
    if isinstance(value, tuple):
        given = [_number(item, kind, factor) for item in value]
        found = (values >= given[0]) & (values <= given[1]) if op == "between" else _among(values, given)
    else:
        found = np.asarray(COMPARE[op](values, _number(value, kind, factor)))  # type: ignore[arg-type]
    return found if column.known is None else found & column.known


def _among(values: NDArray[np.generic], given: list[int | float]) -> Truth:
    found = np.zeros(len(values), dtype=np.bool_)
    for item in given:
        found |= np.asarray(values == item)
    return found


def _matched(column: Texts, op: str, value: Value) -> Truth:
    """Decide each different text once, then find the rows that hold it."""
    if op == "known":
        return np.asarray(column.codes >= 0)
    asked = tuple(fold(item) for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, str))
    places = _places(column.keys, op, asked)
    if op == "!=":
        return np.asarray(column.codes >= 0) & ~_rows_of(column, places)
    return _rows_of(column, places)


def _places(keys: Sequence[str], op: str, asked: tuple[str, ...]) -> Sequence[int]:
    """Places of the texts that contain, or are one of, the texts asked."""
    remembered: Callable[[str, tuple[str, ...]], list[int]] | None = getattr(keys, "places", None)
    if remembered is not None:
        return remembered(op, asked)
    if op == "contains":
        return [place for place, key in enumerate(keys) if asked[0] in key]
    return [place for place, key in enumerate(keys) if key in asked]


def _rows_of(column: Texts, places: Sequence[int]) -> Truth:
    """Rows with one of these texts."""
    if len(places) > 8:
        table = np.zeros(len(column.keys) + 1, dtype=np.bool_)  # the place after the last stands for missing
        table[places] = True
        return np.asarray(table[column.codes])
    found = np.zeros(len(column.codes), dtype=np.bool_)
    for place in places:
        found |= column.codes == place
    return found


def _number(value: Scalar, kind: str, factor: int) -> int | float:
    if kind == "day" and isinstance(value, date):
        return day_number(value)
    number = money_or_plain(value, factor)
    assert isinstance(number, int | float)  # noqa: S101  (the leaf has checked the type)
    return number


def equal(column: Column, key: str) -> Truth:
    """Rows whose text is exactly this one."""
    assert isinstance(column, Texts)  # noqa: S101  (asked for texts only)
    found = _places(column.keys, "=", (key,))
    return np.asarray(column.codes == (found[0] if found else -2))


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - 719_163
