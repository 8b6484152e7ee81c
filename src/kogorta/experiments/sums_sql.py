"""The same sums taken by the engine: one group-by for all metrics, nothing but cells leaves the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.engine.duck import first_row
from kogorta.experiments.sums import MetricSums, Sums
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.sums import Floats

SAMPLE_ROWS: Final = 10_000
"""Rows read for the shifts: they only need to be near the means."""
FAR_FROM_ZERO: Final = 30.0
"""Squares lose digits only when the mean is many deviations from zero; nearer than this no shift is taken off."""
WHOLE_TYPES: Final = frozenset(
    ["BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"]
)


def sums_from(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    metrics: Sequence[Metric],
    *,
    arm: str,
    stratum: str | None = None,
    day: str | None = None,
    shifts: Sequence[Floats] | None = None,
) -> Sums:
    """Take the sums of a table or view.

    Args:
        connection: open DuckDB connection.
        table: name of a table or view; it is quoted as an identifier.
        metrics: what is measured; quantiles are left out.
        arm: name of the arm column.
        stratum: name of the stratum column.
        day: name of the column with the day of assignment.
        shifts: shifts of earlier sums, when these are to be added to them.

    Returns:
        The sums, equal to those of `sums_of` up to rounding.

    Raises:
        InputError: a column is missing, a value is empty, or not 0/1 in a proportion.
    """
    wanted = [metric for metric in metrics if metric.kind != "quantile"]
    types = _types(connection, table)
    keys = [name for name in (arm, stratum, day) if name is not None]
    for name in [*keys, *(column for metric in wanted for column in metric.columns)]:
        if name not in types:
            raise InputError(
                "table {table!r} has no column {name!r}; the columns are {listed}.",
                table=table,
                name=name,
                listed=", ".join(sorted(types)),
            )
    caps = [_cap(connection, table, metric) for metric in wanted]
    used = list(shifts) if shifts is not None else _shifts(connection, table, wanted, caps)
    asked = [_Asked.of(metric, cap, shift, types) for metric, cap, shift in zip(wanted, caps, used, strict=True)]
    # metrics share columns; each sum is asked for once
    names = dict.fromkeys(expression for one in asked for expression in one.expressions)
    parts = [*(f"CAST({_quoted(name)} AS VARCHAR)" for name in keys), "count(*)", *names]
    order = ", ".join(str(place) for place in range(1, len(keys) + 1))
    query = f"SELECT {', '.join(parts)} FROM {_quoted(table)} GROUP BY {order} ORDER BY {order}"
    rows = connection.execute(query).fetchall()
    if not rows:
        raise InputError(
            "table {table!r} is empty; there are no customers to compare.",
            table=table,
        )
    for place, name in enumerate(keys):
        if any(row[place] in (None, "") for row in rows):
            raise InputError(
                "column {name!r} has rows without a value; fill them in or leave these rows out.",
                name=name,
            )
    places = {expression: place for place, expression in enumerate(names, start=len(keys) + 1)}
    n = np.asarray([row[len(keys)] for row in rows], dtype=np.int64)
    taken = []
    for one in asked:
        figures = {
            expression: np.asarray([np.nan if row[places[expression]] is None else float(row[places[expression]]) for row in rows])
            for expression in one.expressions
        }
        taken.append(one.sums(figures, n))
    labels = {name: tuple(str(row[place]) for row in rows) for place, name in enumerate(keys)}
    none = ("",) * len(rows)
    return Sums(
        labels[arm],
        labels[stratum] if stratum is not None else none,
        labels[day] if day is not None else none,
        n,
        tuple(taken),
    )


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is asked of the engine for one metric.

    Attributes:
        counts: number of values of each column.
        totals: sum of each column.
        products: sums of products, upper triangle; the square of a proportion is its sum and is not asked for.
        checks: for a proportion, least and greatest value of a whole-number column, or the number of rows that are
            neither 0 nor 1.
    """

    metric: Metric
    shift: Floats
    counts: tuple[str, ...]
    totals: tuple[str, ...]
    products: Mapping[tuple[int, int], str]
    checks: tuple[str, ...]

    @classmethod
    def of(cls, metric: Metric, cap: float | None, shift: Floats, types: Mapping[str, str]) -> _Asked:
        values = [
            _capped(name, cap if place == 0 else None) + (f" - {float(shift[place])!r}" if shift[place] else "")
            for place, name in enumerate(metric.columns)
        ]
        pairs = [(one, other) for one in range(len(values)) for other in range(one, len(values))]
        checks: tuple[str, ...] = ()
        if metric.kind == "proportion":
            pairs.remove((0, 0))
            name = _quoted(metric.column)
            if types[metric.column] in WHOLE_TYPES:
                checks = (f"min({name})", f"max({name})")
            else:
                checks = (f"count(*) FILTER (WHERE {values[0]} NOT IN (0, 1))",)
        return cls(
            metric,
            shift,
            tuple(f"count({_quoted(name)})" for name in metric.columns),
            tuple(f"sum({value})" for value in values),
            {(one, other): f"sum(({values[one]}) * ({values[other]}))" for one, other in pairs},
            checks,
        )

    @property
    def expressions(self) -> tuple[str, ...]:
        return (*self.counts, *self.totals, *self.products.values(), *self.checks)

    def sums(self, figures: Mapping[str, Floats], n: NDArray[np.int64]) -> MetricSums:
        for name, count, total in zip(self.metric.columns, self.counts, self.totals, strict=True):
            missing = int((n - figures[count]).sum())
            if missing:
                raise InputError(
                    "column {name!r} has {missing} empty values; write 0 where the customer did nothing, or leave out the metric.",
                    name=name,
                    missing=missing,
                )
            if not np.isfinite(figures[total]).all():
                raise InputError(
                    "column {name!r} has values that are not finite; write 0 where the customer did nothing, or leave out the metric.",
                    name=name,
                )
        totals = np.stack([figures[total] for total in self.totals], axis=1)
        products = np.empty((len(n), totals.shape[1], totals.shape[1]))
        for (one, other), expression in self.products.items():
            products[:, one, other] = products[:, other, one] = figures[expression]
        if self.metric.kind == "proportion":
            self._check_proportion([figures[check] for check in self.checks])
            products[:, 0, 0] = totals[:, 0]
        return MetricSums(self.metric, self.shift, totals, products)

    def _check_proportion(self, checks: Sequence[Floats]) -> None:
        bad = bool((checks[0] < 0).any() or (checks[1] > 1).any()) if len(checks) == 2 else bool(checks[0].any())
        if bad:
            raise InputError(
                "column {name!r} has values that are neither 0 nor 1; use {name}:mean for other numbers.",
                name=self.metric.column,
            )


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {_quoted(table)}").fetchall()
    return {row[0]: row[1] for row in rows}


def _shifts(connection: duckdb.DuckDBPyConnection, table: str, metrics: Sequence[Metric], caps: Sequence[float | None]) -> list[Floats]:
    values = [
        _capped(name, cap if place == 0 else None)
        for metric, cap in zip(metrics, caps, strict=True)
        for place, name in enumerate(metric.columns)
    ]
    if not values:
        return []
    # the variance of infinite values is an error in the engine, so they are left out here and found by the sums
    asked = [f"{name}({value}) FILTER (WHERE isfinite({value}))" for value in values for name in ("avg", "stddev_pop")]
    sample = f"(SELECT * FROM {_quoted(table)} LIMIT {SAMPLE_ROWS})"
    row = first_row(connection.execute(f"SELECT {', '.join(asked)} FROM {sample}")) or (None,) * len(asked)
    found = iter(zip(row[::2], row[1::2], strict=True))
    shifts = []
    for metric in metrics:
        shift = np.asarray([_shift_of(*next(found)) for _ in metric.columns])
        if metric.kind == "proportion":
            shift[0] = 0.0
        shifts.append(shift)
    return shifts


def _shift_of(mean: float | None, deviation: float | None) -> float:
    if mean is None or deviation is None or abs(mean) <= FAR_FROM_ZERO * deviation:
        return 0.0
    return float(mean)


def _cap(connection: duckdb.DuckDBPyConnection, table: str, metric: Metric) -> float | None:
    if metric.cap_quantile is None:
        return metric.cap
    query = f"SELECT quantile_cont({_capped(metric.column, None)}, ?) FROM {_quoted(table)}"
    row = first_row(connection.execute(query, [metric.cap_quantile]))
    return None if row is None or row[0] is None else float(row[0])


def _capped(name: str, cap: float | None) -> str:
    value = f"CAST({_quoted(name)} AS DOUBLE)"
    return value if cap is None else f"least({value}, {float(cap)!r})"


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
