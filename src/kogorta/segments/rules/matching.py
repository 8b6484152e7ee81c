"""Comparisons of columns with the values of a rule: the same for fields of customers and for rows of their history."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from kogorta.segments.rules.fields import family, fold
from kogorta.segments.rules.state import Numbers, Texts
from kogorta.segments.rules.units import COMPARE, money_or_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kogorta.segments.rules.fields import Kind
    from kogorta.segments.rules.leaves import Scalar, Value
    from kogorta.segments.rules.state import Column

    Truth = NDArray[np.bool_]


def compared(columns: Sequence[Column], kind: Kind, op: str, value: Value, factor: int) -> Truth:
    """Whether any of the columns compares so, row by row; `!=` needs all of them to differ and one to be known."""
    if len(columns) > 1 and op == "!=":
        same = compared(columns, kind, "=", value, factor)
        return ~same & compared(columns, kind, "known", None, factor)
    test = comparison(kind, op, value, factor)
    found = test(columns[0])
    for column in columns[1:]:
        found = found | test(column)
    return found


def comparison(kind: Kind, op: str, value: Value, factor: int) -> Callable[[Column], Truth]:
    """A comparison made ready for any column of a kind: what it compares with is worked out once."""
    if op == "known":
        return _known
    if family(kind) != "number":
        asked = tuple(fold(item) for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, str))
        return lambda column: _matched(column, op, asked)
    if isinstance(value, tuple):
        given = [_number(item, kind, factor) for item in value]
        return lambda column: _where_known(column, _between if op == "between" else _among, given)
    return partial(_where_known, how=COMPARE[op], given=_number(value, kind, factor))  # type: ignore[arg-type]


def _known(column: Column) -> Truth:
    if isinstance(column, Texts):
        return np.asarray(column.codes >= 0)
    return np.ones(len(column.values), dtype=np.bool_) if column.known is None else column.known


def _where_known(column: Column, how: Callable[..., object], given: object) -> Truth:
    assert isinstance(column, Numbers)  # noqa: S101  (the kind of the figure says so)
    found = np.asarray(how(column.values, given))
    return found if column.known is None else found & column.known


def _between(values: NDArray[np.int64], given: list[int | float]) -> Truth:
    return np.asarray((values >= given[0]) & (values <= given[1]))


def _among(values: NDArray[np.generic], given: list[int | float]) -> Truth:
    found = np.zeros(len(values), dtype=np.bool_)
    for item in given:
        found |= np.asarray(values == item)
    return found


def _matched(column: Column, op: str, asked: tuple[str, ...]) -> Truth:
    """Decide each different text once, then find the rows that hold it."""
    assert isinstance(column, Texts)  # noqa: S101  (the kind of the figure says so)
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
