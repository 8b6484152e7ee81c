"""Equal histories counted once: a fit then costs as much as there are different ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

LARGEST_GRID = 1 << 20
STEPS = (1.0, 7.0)  # whole days or sevenths of a week


@dataclass(frozen=True, eq=False)
class Coded:
    """A column as codes into a table of its values, ascending."""

    codes: IntArray
    table: FloatArray


@dataclass(frozen=True, eq=False)
class Cells:
    """Different histories in ascending order with the number of customers of each.

    `x_code` points into `x_table`, so that gamma functions of x are taken once per different x.
    """

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    count: FloatArray
    log_intervals: float
    x_code: IntArray
    x_table: FloatArray
    x_count: FloatArray

    @property
    def customers(self) -> float:
        """Customers in all cells."""
        return float(self.count.sum())

    @property
    def purchases(self) -> float:
        """Repeat purchases in all cells."""
        return float(self.x_table @ self.x_count)


def coded(column: FloatArray) -> Coded:
    """Codes and table of a column; whole days and weeks of whole days need no sorting.

    Example:
        >>> coded(np.array([2.0, 0.0, 2.0])).codes.tolist()
        [2, 0, 2]
    """
    for step in STEPS:
        scaled = column if step == 1 else column * step
        codes = np.rint(scaled)
        top = codes.max(initial=0.0)
        if top < LARGEST_GRID and np.abs(codes - scaled).max(initial=0.0) < 1e-9:
            return Coded(codes.astype(np.int64), np.arange(int(top) + 1) / step)
    table, codes = np.unique(column, return_inverse=True)
    return Coded(codes.astype(np.int64), table)


def paired(first: Coded, second: Coded) -> tuple[IntArray, IntArray, IntArray]:
    """Different pairs of two coded columns: the codes of both, and each row's place among the pairs."""
    width = second.table.size
    key = first.codes * width + second.codes
    size = first.table.size * width
    if size <= max(4 * key.size, LARGEST_GRID):
        used = np.zeros(size, dtype=bool)
        used[key] = True
        pairs = np.flatnonzero(used)
        place = np.empty(size, dtype=np.int64)
        place[pairs] = np.arange(pairs.size)
        inverse = place[key]
    else:
        pairs, inverse = np.unique(key, return_inverse=True)
    return pairs // width, pairs % width, inverse


def group(summary: PurchaseSummary) -> Cells:
    """Count equal histories; the order of the rows leaves no trace.

    Example:
        >>> from kogorta.value.summary import PurchaseSummary
        >>> group(PurchaseSummary([0, 1, 0], [0, 2, 0], [5, 5, 5])).count.tolist()
        [2.0, 1.0]
    """
    x, last, age = coded(summary.x), coded(summary.t_x), coded(summary.T)
    ages, lasts = age.table.size, last.table.size
    if x.table.size * ages * lasts < 2**62:
        key = (x.codes * lasts + last.codes) * ages + age.codes
    else:  # a table of millions of different real numbers
        _, key = np.unique(np.column_stack((x.codes, last.codes, age.codes)), axis=0, return_inverse=True)
    if summary.weights is None and x.table.size * ages * lasts < 2**62:
        ordered = np.sort(key)
        starts = _starts(ordered)
        count = np.diff(np.append(starts, ordered.size)).astype(np.float64)
        kept = ordered[starts]
        x_codes, rest = np.divmod(kept, lasts * ages)
        last_codes, age_codes = np.divmod(rest, ages)
    else:
        order = np.argsort(key, kind="stable")
        starts = _starts(key[order])
        count = np.add.reduceat(summary.counts[order], starts)
        rows = order[starts]
        x_codes, last_codes, age_codes = x.codes[rows], last.codes[rows], age.codes[rows]
    x_values = x.table[x_codes]
    x_table, x_code = _table_of_sorted(x_values)
    logs = 0.0 if summary.log_intervals is None else float(summary.log_intervals @ summary.counts)
    return Cells(
        x=x_values,
        t_x=last.table[last_codes],
        T=age.table[age_codes],
        count=count,
        log_intervals=logs,
        x_code=x_code,
        x_table=x_table,
        x_count=tally(x_code, count, x_table.size),
    )


def sampled(cells: Cells, customers: int) -> Cells:
    """Every n-th customer in the order of the histories, so that about `customers` are left; which ones rests on histories alone.

    Example:
        >>> from kogorta.value.summary import PurchaseSummary
        >>> cells = group(PurchaseSummary([0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 2, 2], [5, 5, 5, 5, 5, 5]))
        >>> sampled(cells, 3).count.tolist()
        [2.0, 1.0]
    """
    step = cells.customers / customers
    passed = np.floor(np.cumsum(cells.count) / step + 0.5)
    count = np.diff(passed, prepend=0.0)
    kept = count > 0
    x, count = cells.x[kept], count[kept]
    table, code = _table_of_sorted(x)
    return Cells(
        x=x,
        t_x=cells.t_x[kept],
        T=cells.T[kept],
        count=count,
        log_intervals=cells.log_intervals * float(x @ count) / max(cells.purchases, 1.0),
        x_code=code,
        x_table=table,
        x_count=tally(code, count, table.size),
    )


def tally(codes: IntArray, weights: FloatArray, size: int) -> FloatArray:
    """Sum of the weights of each code, shape (size,)."""
    return np.bincount(codes, weights=weights, minlength=size).astype(np.float64, copy=False)


def _starts(ordered: IntArray) -> IntArray:
    return np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))


def _table_of_sorted(values: FloatArray) -> tuple[FloatArray, IntArray]:
    new = np.concatenate(([True], values[1:] != values[:-1]))
    return values[new], np.cumsum(new) - 1
