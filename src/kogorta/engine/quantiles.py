"""Exact quantiles of whole numbers by counting, on any engine: no sort, no window, no percentile function.

The quantile of rank k is found as a number is guessed: count the values of every part of the range, go into the part that holds the k-th,
and so on until the part is one value. Each step is one group-by that spreads over the workers of an engine; what comes back is a few
thousand counts. Source: radix selection (Knuth, The Art of Computer Programming, volume 3, 5.3.3). The quantile is the inverted
distribution function, type 1 of Hyndman and Fan (1996), as `quantile_disc` of the embedded engine gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Ask = Callable[[str], list[tuple[object, ...]]]

PARTS: Final = 16_384
"""Into how many parts a range is cut: two steps for what 28 bits hold, three for money of up to 42."""


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
    return tuple(_sought(ask, source, low, high, ranks))


def _sought(ask: Ask, source: str, low: int, high: int, ranks: Sequence[int]) -> list[int]:
    """Values of these ranks, counted from 1, among those from `low` to `high`."""
    if low == high:
        return [low] * len(ranks)
    width = -(-(high - low + 1) // PARTS)
    rows = ask(
        f"SELECT part, count(*) AS many FROM (SELECT (v - ({low})) // {width} AS part FROM {source} "
        f"WHERE v BETWEEN {low} AND {high}) AS parted GROUP BY part"
    )
    counts = sorted((int(part), int(many)) for part, many in rows)  # type: ignore[call-overload]
    wanted: dict[int, list[int]] = {}
    places = iter(counts)
    part, many = next(places)
    before = 0
    for rank in ranks:
        while before + many < rank:
            before += many
            part, many = next(places)
        wanted.setdefault(part, []).append(rank - before)
    found = []
    for part, inside in wanted.items():
        start = low + part * width
        found.extend(_sought(ask, source, start, min(start + width - 1, high), inside))
    return found
