"""Round a table of expected sizes to whole customers without favouring anybody."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TINY: Final = 1e-9


def controlled_rounding(table: Sequence[Sequence[float]], chances: Iterator[float]) -> list[list[int]]:
    """Round every cell up or down, so that rows keep their sums and columns are off by less than one.

    Args:
        table: expected sizes; every row sums to a whole number.
        chances: random numbers 0-1.

    Returns:
        Whole sizes; the expected value of each cell over the chances is the cell itself.

    Example:
        >>> controlled_rounding([[0.5, 0.5], [1.5, 1.5]], iter([0.1] * 9))
        [[1, 0], [1, 2]]

    Source: Cox (1987), A constructive procedure for unbiased controlled rounding, JASA 82.
    """
    whole = [[math.floor(cell + TINY) for cell in row] for row in table]
    rest = [[_settled(cell - floor) for cell, floor in zip(row, floors, strict=True)] for row, floors in zip(table, whole, strict=True)]
    # one more row takes up what the column sums lack to whole numbers, so that every open column can be closed
    rest.append([_settled(-sum(column) % 1.0) for column in zip(*rest, strict=True)])
    for number in range(len(rest)):
        while any(0 < cell < 1 for cell in rest[number]):
            _shift(rest, _cycle(rest, number), next(chances))
    return [[floor + round(cell) for floor, cell in zip(floors, row, strict=True)] for floors, row in zip(whole, rest[:-1], strict=True)]


def _settled(value: float) -> float:
    """Rounding errors near a whole number are no fractions."""
    if value < TINY:
        return 0.0
    return 1.0 if value > 1 - TINY else value


def _cycle(rest: list[list[float]], start: int) -> list[tuple[int, int]]:
    """Open cells that alternate between sharing a row and sharing a column, back to where they began."""
    path: list[tuple[int, int]] = []
    row, column = start, -1
    places: dict[int, int] = {}
    while row not in places:
        places[row] = len(path)
        column = next(one for one, cell in enumerate(rest[row]) if 0 < cell < 1 and one != column)
        path.append((row, column))
        row = next(one for one, cells in enumerate(rest) if 0 < cells[column] < 1 and one != row)
        path.append((row, column))
    return path[places[row] :]


def _shift(rest: list[list[float]], cycle: list[tuple[int, int]], chance: float) -> None:
    """Move along the cycle until a cell closes, up or down with the chances that keep every expected value."""
    up, down = cycle[::2], cycle[1::2]
    forth = min([1 - rest[row][column] for row, column in up] + [rest[row][column] for row, column in down])
    back = min([rest[row][column] for row, column in up] + [1 - rest[row][column] for row, column in down])
    step = forth if chance < back / (forth + back) else -back
    for row, column in up:
        rest[row][column] = _settled(rest[row][column] + step)
    for row, column in down:
        rest[row][column] = _settled(rest[row][column] - step)
