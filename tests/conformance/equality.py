"""Row by row: every row of one engine against its fellow of the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conformance.analyses import Rows

TOLERANCE = 1e-12


@dataclass(frozen=True)
class Verdict:
    """How two results compare: rows on each side, rows that are equal, and the first that are not."""

    rows: int
    expected: int
    equal: int
    first: str

    @property
    def same(self) -> bool:
        return self.rows == self.expected == self.equal and self.expected > 0


def compare(found: Rows, expected: Rows) -> Verdict:
    if tuple(name.lower() for name in found.columns) != tuple(name.lower() for name in expected.columns):
        return Verdict(len(found.rows), len(expected.rows), 0, f"columns {found.columns} and not {expected.columns}")
    ours, theirs = (sorted((tuple(map(plain, row)) for row in rows), key=_key) for rows in (found.rows, expected.rows))
    equal, first = 0, ""
    for one, other in zip(ours, theirs, strict=False):
        if all(map(_alike, one, other)):
            equal += 1
        elif not first:
            first = f"{one} and not {other}"
    return Verdict(len(ours), len(theirs), equal, first or ("" if len(ours) == len(theirs) else "another number of rows"))


def plain(cell: object) -> object:
    """A value without the type an engine wraps it in."""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 2**53 else cell
    if isinstance(cell, datetime):
        return cell.date() if (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0) else cell.replace(tzinfo=None)
    return cell


def _key(row: tuple[object, ...]) -> tuple[tuple[int, object], ...]:
    """A floating-point cell does not order rows: it may differ in its last digit."""
    order = {int: 1, str: 2, date: 3, datetime: 4}
    return tuple((order[type(cell)], cell) if type(cell) in order else (0, 0) for cell in row)


def _alike(one: object, other: object) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return one == other or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=0.0) or (one != one and other != other)
    return one == other
