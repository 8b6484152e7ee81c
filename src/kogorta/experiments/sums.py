"""Counts and sums per arm x stratum x day: all that most methods need, taken in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kogorta.experiments.metrics import Metric

    Column: TypeAlias = Sequence[object] | NDArray[np.generic]
    Columns: TypeAlias = Mapping[str, Column]
    Floats: TypeAlias = NDArray[np.float64]

LARGEST: Final = 1e100
"""No outcome is this large; its square could not be summed."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Number of customers, means and covariances of a metric's columns.

    Attributes:
        n: customers.
        mean: one value per column of the metric.
        covariance: matrix over the columns, divisor n - 1.
    """

    n: int
    mean: Floats
    covariance: Floats


@dataclass(frozen=True, eq=False)
class MetricSums:
    """Sums of one metric in every cell.

    Attributes:
        metric: the metric.
        shift: value taken off each column before summing, so that squares do not lose digits.
        sums: cells x columns.
        products: cells x columns x columns.
    """

    metric: Metric
    shift: Floats
    sums: Floats
    products: Floats


@dataclass(frozen=True, eq=False)
class Sums:
    """Counts and sums of several metrics; the cells are the distinct (arm, stratum, day).

    Attributes:
        arms: arm of each cell.
        strata: stratum of each cell, "" when there are none.
        days: day of each cell as text, "" when there are none.
        n: customers in each cell.
        metrics: sums of each metric over the same cells.
    """

    arms: tuple[str, ...]
    strata: tuple[str, ...]
    days: tuple[str, ...]
    n: NDArray[np.int64]
    metrics: tuple[MetricSums, ...]

    def arm_names(self) -> tuple[str, ...]:
        """The arms, sorted."""
        return tuple(sorted(set(self.arms)))

    def stratum_names(self) -> tuple[str, ...]:
        """The strata, sorted."""
        return tuple(sorted(set(self.strata)))

    def counts(self) -> dict[str, int]:
        """Customers per arm."""
        return {arm: int(self.n[self.where(arm)].sum()) for arm in self.arm_names()}

    def where(self, arm: str, strata: Sequence[str] | None = None) -> NDArray[np.bool_]:
        """Which cells belong to this arm (and to one of these strata)."""
        found = np.asarray([name == arm for name in self.arms])
        if strata is not None:
            wanted = set(strata)
            found &= np.asarray([name in wanted for name in self.strata])
        return found

    def until(self, day: str) -> Sums:
        """Only the customers assigned up to and including this ISO day."""
        keep = [place for place, name in enumerate(self.days) if name <= day]
        return self._of(keep)

    def only(self, stratum: str) -> Sums:
        """Only the customers of one stratum."""
        return self._of([place for place, name in enumerate(self.strata) if name == stratum])

    def _of(self, keep: list[int]) -> Sums:
        return Sums(
            tuple(self.arms[place] for place in keep),
            tuple(self.strata[place] for place in keep),
            tuple(self.days[place] for place in keep),
            self.n[keep],
            tuple(MetricSums(item.metric, item.shift, item.sums[keep], item.products[keep]) for item in self.metrics),
        )

    def plus(self, later: Sums) -> Sums:
        """These sums and those of other customers, for example of the next days.

        Raises:
            InputError: the metrics or their shifts are not the same.
        """
        same = [item.metric for item in self.metrics] == [item.metric for item in later.metrics] and all(
            np.array_equal(mine.shift, theirs.shift) for mine, theirs in zip(self.metrics, later.metrics, strict=True)
        )
        if not same:
            raise InputError("the sums hold other metrics or other shifts; take both with the same metrics and shifts.")
        return Sums(
            self.arms + later.arms,
            self.strata + later.strata,
            self.days + later.days,
            np.concatenate([self.n, later.n]),
            tuple(
                MetricSums(
                    mine.metric,
                    mine.shift,
                    np.concatenate([mine.sums, theirs.sums]),
                    np.concatenate([mine.products, theirs.products]),
                )
                for mine, theirs in zip(self.metrics, later.metrics, strict=True)
            ),
        )

    def moments(self, place: int, arm: str, strata: Sequence[str] | None = None) -> Moments:
        """Moments of metric number `place` in an arm, over all days."""
        item, cells = self.metrics[place], self.where(arm, strata)
        return moments_of(int(self.n[cells].sum()), item.sums[cells].sum(axis=0), item.products[cells].sum(axis=0), item.shift)


def moments_of(n: int, sums: Floats, products: Floats, shift: Floats) -> Moments:
    """Means and covariances from shifted sums."""
    if n == 0:
        return Moments(0, np.full(len(shift), np.nan), np.full((len(shift), len(shift)), np.nan))
    centred = products - np.outer(sums, sums) / n
    covariance = centred / (n - 1) if n > 1 else np.zeros_like(centred)
    # rounding may leave a tiny negative variance of a constant column
    np.fill_diagonal(covariance, np.maximum(np.diagonal(covariance), 0.0))
    return Moments(n, shift + sums / n, covariance)


def sums_of(
    columns: Columns,
    metrics: Sequence[Metric],
    *,
    arm: str,
    stratum: str | None = None,
    day: str | None = None,
    shifts: Sequence[Floats] | None = None,
) -> Sums:
    """Take the sums from plain columns.

    Args:
        columns: name -> values, one per customer; lists or arrays of the same length.
        metrics: what is measured; quantiles are left out, because sums do not hold them.
        arm: name of the arm column.
        stratum: name of the stratum column.
        day: name of the column with the day of assignment (date or ISO text).
        shifts: shifts of earlier sums, when these are to be added to them.

    Returns:
        The sums; cells in the order of (arm, stratum, day).

    Raises:
        InputError: a column is missing, has another length, holds NaN or text.

    Example:
        >>> columns = {"arm": ["a", "a", "b"], "spend": [1.0, 3.0, 5.0]}
        >>> from kogorta.experiments.metrics import Metric
        >>> sums_of(columns, [Metric("spend")], arm="arm").moments(0, "a").mean
        array([2.])
    """
    arms, codes = np.unique(labels_of(columns, arm), return_inverse=True)
    names = [arms.tolist()]
    for label in (stratum, day):
        if label is None:
            names.append([""])
            continue
        found, code = np.unique(labels_of(columns, label), return_inverse=True)
        if len(code) != len(codes):
            raise InputError(
                "column {label!r} has {code_count} values, but there are {codes_count} customers.",
                label=label,
                code_count=len(code),
                codes_count=len(codes),
            )
        names.append(found.tolist())
        codes = codes * len(found) + code
    keys, cell = np.unique(codes, return_inverse=True)
    cells, size = len(keys), len(codes)
    inner = len(names[2])
    arm_keys = tuple(names[0][key // (inner * len(names[1]))] for key in keys.tolist())
    stratum_keys = tuple(names[1][key // inner % len(names[1])] for key in keys.tolist())
    day_keys = tuple(names[2][key % inner] for key in keys.tolist())
    taken = []
    for place, metric in enumerate(metrics):
        if metric.kind == "quantile":
            continue
        values = np.stack(metric_values(columns, metric, size), axis=1)
        shift = shifts[place] if shifts is not None else _shift(metric, values)
        centred = values - shift
        width = values.shape[1]
        sums = np.stack([_totals(cell, centred[:, one], cells) for one in range(width)], axis=1)
        products = np.empty((cells, width, width))
        for one in range(width):
            for other in range(one, width):
                total = _totals(cell, centred[:, one] * centred[:, other], cells)
                products[:, one, other] = products[:, other, one] = total
        taken.append(MetricSums(metric, shift, sums, products))
    return Sums(arm_keys, stratum_keys, day_keys, np.bincount(cell, minlength=cells).astype(np.int64), tuple(taken))


def _totals(cell: NDArray[np.int64], values: Floats, cells: int) -> Floats:
    return np.bincount(cell, values, cells).astype(np.float64)


def _shift(metric: Metric, values: Floats) -> Floats:
    """Means of all arms; none for a proportion, whose sums are whole numbers and stay so."""
    shift = values.mean(axis=0)
    if metric.kind == "proportion":
        shift[0] = 0.0
    return np.asarray(shift)


def metric_values(columns: Columns, metric: Metric, size: int) -> list[Floats]:
    """Checked, capped values of the metric's columns.

    Raises:
        InputError: a value is missing, not a number, or not 0/1 in a proportion.
    """
    found = []
    for place, name in enumerate(metric.columns):
        values = numbers_of(columns, name, size)
        if place == 0 and metric.kind == "proportion":
            bad = (values != 0) & (values != 1)
            if bad.any():
                row = int(np.argmax(bad))
                raise InputError(
                    "row {row} of column {name!r} is {value:g}; a proportion needs 0 or 1 in every row. Use {name}:mean for other numbers.",
                    row=row + 1,
                    name=name,
                    value=values[row],
                )
        if place == 0 and metric.cap_quantile is not None:
            values = np.minimum(values, np.quantile(values, metric.cap_quantile))
        if place == 0 and metric.cap is not None:
            values = np.minimum(values, metric.cap)
        found.append(values)
    return found


def numbers_of(columns: Columns, name: str, size: int) -> Floats:
    """A column as numbers, all of them present.

    Raises:
        InputError: the column is not there, has another length, or holds an empty or non-numeric value.
    """
    values = column_of(columns, name)
    if len(values) != size:
        raise InputError(
            "column {name!r} has {values_count} values, but there are {size} customers.",
            name=name,
            values_count=len(values),
            size=size,
        )
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "column {name!r} holds a value that is not a number, or an empty one.",
            name=name,
        ) from error
    bad = ~(np.abs(numbers) < LARGEST)  # NaN too
    if bad.any():
        raise InputError(
            "column {name!r} has {number} empty or infinite values, the first in row {row}; write 0 "
            "where the customer did nothing, or leave out the metric.",
            name=name,
            number=int(bad.sum()),
            row=int(np.argmax(bad)) + 1,
        )
    return numbers


def labels_of(columns: Columns, name: str) -> NDArray[np.str_]:
    """A column as text labels, none of them missing.

    Raises:
        InputError: the column is not there, is empty, or holds a missing label.
    """
    values = np.asarray(column_of(columns, name))
    if values.ndim != 1 or len(values) == 0:
        raise InputError(
            "column {name!r} is empty; there are no customers to compare.",
            name=name,
        )
    missing = values != values  # NaN differs from itself
    if values.dtype == object:
        missing = missing | np.asarray([value is None for value in values.tolist()])
    labels = values.astype(str)
    bad = np.asarray(missing | (labels == ""), dtype=bool)
    if bad.any():
        raise InputError(
            "column {name!r} has {number} rows without a value, the first is row {row}; fill them in or leave these rows out.",
            name=name,
            number=int(bad.sum()),
            row=int(np.argmax(bad)) + 1,
        )
    return labels


def column_of(columns: Columns, name: str) -> Column:
    """A column by its name.

    Raises:
        InputError: there is no such column; the message lists those there are.
    """
    if name not in columns:
        raise InputError(
            "there is no column {name!r}; the columns are {listed}.",
            name=name,
            listed=", ".join(sorted(columns)),
        )
    return columns[name]
