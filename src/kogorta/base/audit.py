"""What the audit found: problems with counts, examples and remedies, and where every input row went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from kogorta.kit.errors import KogortaError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fate(StrEnum):
    """What happened to the rows a problem was found in."""

    QUARANTINED = "quarantined"
    MERGED = "merged"
    REPAIRED = "repaired"
    NOTED = "noted"


@dataclass(frozen=True)
class Accounting:
    """Where the input rows went. `rows_read` always equals the sum of the other three.

    Raises:
        KogortaError: the sum does not hold, which is a defect of the program and never of the data.

    Example:
        >>> Accounting(10, 7, 1, 2).rows_used
        7
    """

    rows_read: int
    rows_used: int
    rows_merged: int
    rows_quarantined: int

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_used + self.rows_merged + self.rows_quarantined:
            raise KogortaError(
                "row accounting does not add up: {account}",
                account=repr(self),
            )

    def __add__(self, other: Accounting) -> Accounting:
        return Accounting(
            self.rows_read + other.rows_read,
            self.rows_used + other.rows_used,
            self.rows_merged + other.rows_merged,
            self.rows_quarantined + other.rows_quarantined,
        )


@dataclass(frozen=True)
class Problem:
    """One kind of problem in one source.

    Args:
        code: key of `kogorta.base.problems.PROBLEMS`, which holds title, remedy and effect in words.
        source: file it was found in.
        fate: what happened to the rows.
        rows: how many rows have it.
        column: field (see `kogorta.base.intake.FIELDS`) it was found in.
        example_row: number of the first such row in the file (header = 1).
        example: that cell as written.
    """

    code: str
    source: str
    fate: Fate
    rows: int
    column: str | None = None
    example_row: int | None = None
    example: str | None = None


@dataclass(frozen=True)
class Audit:
    """The audit of everything imported so far."""

    accounting: Accounting
    problems: tuple[Problem, ...]

    def of(self, code: str) -> Problem | None:
        """The problem with this code, rows summed over sources, or None."""
        return _sum(problem for problem in self.problems if problem.code == code)

    def __repr__(self) -> str:
        from kogorta.base.problems import describe

        return describe(self)


def _sum(problems: Iterable[Problem]) -> Problem | None:
    found = list(problems)
    if not found:
        return None
    first = found[0]
    rows = sum(problem.rows for problem in found)
    return Problem(first.code, first.source, first.fate, rows, first.column, first.example_row, first.example)
