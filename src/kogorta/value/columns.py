"""Records of columns of equal length, made of a large base a stretch of customers at a time: put together, and rows chosen from them."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from kogorta.value.summary import FloatArray

CUSTOMERS: Final = 500_000
"""Customers of a stretch: what is worked out on the way then takes some tens of megabytes, however many there are."""

Record = TypeVar("Record")


def stretches(rows: int, size: int = CUSTOMERS) -> Iterator[slice]:
    """Rows as stretches of so many, the last one as long as it comes.

    Example:
        >>> list(stretches(5, 2))
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    for begin in range(0, rows, size):
        yield slice(begin, min(begin + size, rows))


def joined(pieces: Sequence[list[FloatArray]]) -> list[FloatArray]:
    """Columns of the pieces one below another; what is joined is taken out of the pieces, so that it is not held twice."""
    if len(pieces) == 1:
        return pieces[0]
    found = []
    for _ in range(len(pieces[0])):
        found.append(np.concatenate([piece[0] for piece in pieces]))
        for piece in pieces:
            del piece[0]
    return found


def gathered(records: Sequence[Record]) -> Record:
    """Records of one kind as one: arrays one below another, everything else as in the first."""
    first = records[0]
    if len(records) == 1:
        return first
    return type(first)(**{name: np.concatenate([getattr(record, name) for record in records]) for name in _columns(first)}, **_rest(first))


def chosen(record: Record, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Record:
    """A record of these rows alone."""
    return type(record)(**{name: getattr(record, name)[rows] for name in _columns(record)}, **_rest(record))


def _columns(record: object) -> list[str]:
    return [field.name for field in fields(record) if isinstance(getattr(record, field.name), np.ndarray)]  # type: ignore[arg-type]


def _rest(record: object) -> dict[str, object]:
    names = (field.name for field in fields(record))  # type: ignore[arg-type]
    return {name: getattr(record, name) for name in names if not isinstance(getattr(record, name), np.ndarray)}
