"""Exact quantiles of whole numbers by counting, on any engine: no sort, no window, no percentile function.

The quantile of rank k is found as a number is guessed: count the values of every part of the range, go into the part that holds the k-th,
and so on until the part is one value. Each step is one group-by that spreads over the workers of an engine; what comes back is a few
thousand counts. Source: radix selection (Knuth, The Art of Computer Programming, volume 3, 5.3.3). The quantile is the inverted
distribution function, type 1 of Hyndman and Fan (1996), as `quantile_disc` of the embedded engine gives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Ask = Callable[[str], list[tuple[object, ...]]]

PARTS: Final = 16_384
"""Into how many parts the whole range is cut first."""
FINER: Final = 256
"""Into how many each part that holds a rank is cut after that: money of 46 bits takes five steps, however many ranks are sought."""


def exact_quantiles(ask: Ask, table: str, expression: str, levels: int, where: str = "TRUE") -> tuple[int, ...]:
    """The values that cut a column into levels of equal size.

    Args:
        ask: runs a query of the DuckDB dialect and gives its rows.
        table: what is read.
        expression: SQL of a whole number.
        levels: into how many; `levels - 1` values come back.
        where: SQL of the rows that count; rows without a value never do.

    Returns:
        Values of the column, ascending: of rank ceil(n * i / levels). Empty when there is not one.

    Example:
        >>> import duckdb
        >>> run = lambda query: duckdb.sql(query).fetchall()
        >>> exact_quantiles(run, "(SELECT range * 1000003 AS n FROM range(10))", "n", 5)
        (1000003, 3000009, 5000015, 7000021)
    """
    source = f"(SELECT {expression} AS v FROM {table} WHERE {where}) AS valued"
    count, least, most = ask(f"SELECT count(v), min(v), max(v) FROM {source}")[0]
    if not count:
        return ()
    many, low, high = int(count), int(least), int(most)  # type: ignore[call-overload]
    ranks = [-(-many * place // levels) for place in range(1, levels)]
    opened = [_Range(low, high, 0, tuple(ranks))]
    width = -(-(high - low + 1) // PARTS)
    while width > 1:
        opened = _narrowed(ask, source, opened, width)
        width = -(-width // FINER)
    found = {rank: one.low for one in _narrowed(ask, source, opened, 1) for rank in one.ranks}
    return tuple(found[rank] for rank in ranks)


@dataclass(frozen=True)
class _Range:
    """Values from `low` to `high`: how many lie below, and which ranks are sought among them."""

    low: int
    high: int
    below: int
    ranks: tuple[int, ...]


def _narrowed(ask: Ask, source: str, opened: Sequence[_Range], width: int) -> list[_Range]:
    """The parts of this width that hold the ranks sought; all open ranges are counted by one query."""
    inside = " OR ".join(f"v BETWEEN {one.low} AND {one.high}" for one in opened)
    which = " ".join(f"WHEN v <= {one.high} THEN {place}" for place, one in enumerate(opened))
    start = " ".join(f"WHEN v <= {one.high} THEN {one.low}" for one in opened)
    rows = ask(
        f"SELECT place, part, count(*) AS many FROM (SELECT CASE {which} END AS place, (v - CASE {start} END) // {width} AS part "
        f"FROM {source} WHERE {inside}) AS parted GROUP BY place, part"
    )
    counts: dict[int, list[tuple[int, int]]] = {place: [] for place in range(len(opened))}
    for place, part, many in rows:
        counts[int(place)].append((int(part), int(many)))  # type: ignore[call-overload]
    narrower = []
    for place, one in enumerate(opened):
        below, ranks = one.below, list(one.ranks)
        for part, many in sorted(counts[place]):
            held = tuple(rank for rank in ranks if below < rank <= below + many)
            if held:
                first = one.low + part * width
                narrower.append(_Range(first, min(first + width - 1, one.high), below, held))
            below += many
    return narrower
