"""The state of the base's data in figures: problems by count, how full the cards are, how fresh the purchases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.engine.duck import first_row
from kogorta.kit.language import message

if TYPE_CHECKING:
    from datetime import date

_COVERED: Final = (
    (message("INN of companies"), "inn IS NOT NULL", "kind = 'company'"),
    (message("E-mail"), "email IS NOT NULL", "true"),
    (message("Phone"), "phone IS NOT NULL", "true"),
    (message("Industry"), "coalesce(industry, industry_text) IS NOT NULL", "true"),
    (message("Region"), "coalesce(region, region_text, city) IS NOT NULL", "true"),
)


@dataclass(frozen=True)
class Coverage:
    """How many cards have something filled in.

    Args:
        name: what, English.
        filled: cards that have it.
        of: cards that could.
    """

    name: str
    filled: int
    of: int

    @property
    def share(self) -> float:
        """Share filled, 0-1."""
        return self.filled / self.of if self.of else 0.0

    @property
    def width(self) -> int:
        """Whole percents, for a bar."""
        return round(self.share * 100)


@dataclass(frozen=True)
class DataFacts:
    """The base's data in figures.

    Args:
        customers: number of customers.
        last_day: last business day anything was bought on.
        problems: code, fate and rows, what costs rows first.
        coverage: how full the cards are.
        joined: cards joined to others by exact keys or by decision.
        decided: pairs of cards somebody, or the model, decided about.
    """

    customers: int
    last_day: date | None
    problems: tuple[tuple[str, str, int], ...]
    coverage: tuple[Coverage, ...]
    joined: int
    decided: int


def data_facts() -> DataFacts | None:
    """The facts of the base as it is now; None while it is empty."""
    version = base_state().version
    return _facts(version) if version else None


@lru_cache(maxsize=2)
def _facts(version: str) -> DataFacts:  # noqa: ARG001  the key of the cache
    base = open_desk_base()
    try:
        connection = base.connection
        counted = ", ".join(f"count(*) FILTER (({has}) AND ({who})), count(*) FILTER ({who})" for _, has, who in _COVERED)
        customers, *cells = first_row(connection.execute(f"SELECT count(*), {counted} FROM customers")) or (0, *([0] * 2 * len(_COVERED)))
        problems = connection.execute(
            """SELECT code, fate, sum(rows)::BIGINT FROM problems GROUP BY code, fate
            ORDER BY CASE fate WHEN 'quarantined' THEN 0 WHEN 'merged' THEN 1 WHEN 'repaired' THEN 3 ELSE 2 END, 3 DESC, 1"""
        ).fetchall()
        joined, decided = first_row(connection.execute("SELECT (SELECT count(*) FROM merges), (SELECT count(*) FROM matches)")) or (0, 0)
        coverage = tuple(Coverage(name, int(cells[2 * place]), int(cells[2 * place + 1])) for place, (name, _, _) in enumerate(_COVERED))
        return DataFacts(
            int(customers), base.last_day(), tuple((code, fate, int(rows)) for code, fate, rows in problems), coverage, joined, decided
        )
    finally:
        base.connection.close()
