"""The middle and the spread of the sums of orders on the logarithmic scale, exactly, with one pass over all of them.

The pass counts logarithms in narrow bins; only the orders of the few bins that hold the median and the median deviation are looked at.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import duckdb
    import numpy.typing as npt

BINS: Final = 1000
"""Bins to one unit of the natural logarithm."""
DEVIATION: Final = 1.4826
"""A median absolute deviation times this is the standard deviation of normal values."""
_WON: Final = "status = 'won' AND amount_base > 0"


def middle_and_spread(connection: duckdb.DuckDBPyConnection) -> tuple[int, float, float]:
    """Count, median and scaled median absolute deviation of the logarithms of the won sums in `orders`.

    Returns:
        The count first; the other two are 0 without orders.
    """
    found = connection.execute(
        f"SELECT CAST(floor(ln(amount_base) * {BINS}) AS BIGINT) AS bin, count(*) AS n FROM orders WHERE {_WON} GROUP BY 1 ORDER BY 1"
    ).fetchnumpy()
    bins, counts = np.asarray(found["bin"], dtype=np.int64), np.asarray(found["n"], dtype=np.int64)
    total = int(counts.sum())
    if not total:
        return 0, 0.0, 0.0
    before = np.cumsum(counts) - counts
    ranks = ((total - 1) // 2, total // 2)
    first, last = (int(np.searchsorted(before, rank, side="right")) - 1 for rank in ranks)
    near = np.sort(_sizes(connection, {int(bins[first]), int(bins[last])}))
    middle = float((near[ranks[0] - before[first]] + near[ranks[1] - before[first]]) / 2)
    # how far each bin is from the middle at least and at most; the median deviation lies in bins that may hold it
    low, high = bins / BINS, (bins + 1) / BINS
    least = np.maximum(np.maximum(low - middle, middle - high), 0.0)
    most = np.maximum(np.abs(low - middle), np.abs(high - middle))
    floor = _weighted(least, counts, ranks[0])
    ceiling = _weighted(most, counts, ranks[1])
    slack = 1e-9  # bins are cut in floating point
    inside = most < floor - slack
    candidates = ~inside & (least <= ceiling + slack)
    around = np.sort(np.abs(_sizes(connection, set(bins[candidates].tolist())) - middle))
    skipped = int(counts[inside].sum())
    deviation = float((around[ranks[0] - skipped] + around[ranks[1] - skipped]) / 2)
    return total, middle, deviation * DEVIATION


def _weighted(values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], rank: int) -> float:
    order = np.argsort(values, kind="stable")
    return float(values[order][np.searchsorted(np.cumsum(counts[order]), rank, side="right")])


def _sizes(connection: duckdb.DuckDBPyConnection, bins: set[int]) -> npt.NDArray[np.float64]:
    """Logarithms of the sums in some bins; whole sums outside their reach are passed over by the file's own statistics."""
    spans: list[tuple[int, int]] = []
    for place in sorted(bins):
        if spans and place == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], place)
        else:
            spans.append((place, place))
    within = " OR ".join(
        f"amount_base BETWEEN {math.floor(math.exp(first / BINS)) - 1} AND {math.ceil(math.exp((last + 1) / BINS)) + 1}"
        for first, last in spans
    )
    chosen = " OR ".join(f"bin BETWEEN {first} AND {last}" for first, last in spans)
    found = connection.execute(
        f"""SELECT size FROM (SELECT ln(amount_base) AS size, CAST(floor(ln(amount_base) * {BINS}) AS BIGINT) AS bin
        FROM orders WHERE {_WON} AND ({within})) WHERE {chosen}"""
    ).fetchnumpy()
    return np.asarray(found["size"], dtype=np.float64)
