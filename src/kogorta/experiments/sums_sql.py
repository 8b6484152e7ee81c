"""The same sums taken by the engine: one group-by for all metrics, nothing but cells leaves the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kogorta.experiments.sums import MetricSums, Sums
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.sums import Floats

SAMPLE_ROWS = 10_000
"""Rows read for the shifts: they only need to be near the means."""


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
        InputError: a value is empty, or not 0/1 in a proportion.
    """
    wanted = [metric for metric in metrics if metric.kind != "quantile"]
    caps = [_cap(connection, table, metric) for metric in wanted]
    used = list(shifts) if shifts is not None else _shifts(connection, table, wanted, caps)
    keys = [f"CAST({_quoted(name)} AS VARCHAR)" if name else "''" for name in (arm, stratum, day)]
    parts, spans = [*keys, "count(*)"], []
    for metric, cap, shift in zip(wanted, caps, used, strict=True):
        expressions = _terms(metric, cap, shift)
        spans.append((len(parts), len(expressions)))
        parts += expressions
    grouping = ", ".join(str(place) for place in (1, 2, 3))
    query = f"SELECT {', '.join(parts)} FROM {_quoted(table)} GROUP BY {grouping} ORDER BY {grouping}"
    rows = connection.execute(query).fetchall()
    if not rows:
        raise InputError(f"table {table!r} is empty; there are no customers to compare.")
    if any(row[0] is None or row[0] == "" for row in rows):
        raise InputError(f"column {arm!r} has rows without an arm; fill them in or leave these rows out.")
    n = np.asarray([row[3] for row in rows], dtype=np.int64)
    taken = []
    for metric, (start, length), shift in zip(wanted, spans, used, strict=True):
        figures = [list(row[start : start + length]) for row in rows]
        taken.append(_sums_of_metric(metric, figures, n, shift))
    return Sums(
        tuple(row[0] for row in rows),
        tuple(row[1] or "" for row in rows),
        tuple(row[2] or "" for row in rows),
        n,
        tuple(taken),
    )


def _terms(metric: Metric, cap: float | None, shift: Floats) -> list[str]:
    """Counts of values, sums, products (upper triangle); in place of its squares a proportion counts its bad rows."""
    values = [
        _capped(name, cap if place == 0 else None) + (f" - {float(shift[place])!r}" if shift[place] else "")
        for place, name in enumerate(metric.columns)
    ]
    raw = [_capped(name, None) for name in metric.columns]
    terms = [f"count({name})" for name in raw]
    terms += [f"sum({value})" for value in values]
    for one, left in enumerate(values):
        for right in values[one:]:
            if metric.kind == "proportion" and one == 0 and right is left:
                terms.append(f"count(*) FILTER (WHERE {raw[0]} NOT IN (0, 1))")
            else:
                terms.append(f"sum(({left}) * ({right}))")
    return terms


def _sums_of_metric(metric: Metric, figures: list[list[float | None]], n: np.ndarray, shift: Floats) -> MetricSums:
    width = len(metric.columns)
    table = np.asarray([[np.nan if value is None else value for value in row] for row in figures], dtype=np.float64)
    for place, name in enumerate(metric.columns):
        missing = int((n - table[:, place]).sum())
        if missing or not np.isfinite(table[:, width + place]).all():
            found = f"{missing} empty values" if missing else "values that are not finite"
            raise InputError(
                f"metric {metric.name}: column {name!r} has {found}; write 0 where the customer did nothing, or leave out the metric."
            )
    sums = table[:, width : 2 * width]
    products = np.empty((len(table), width, width))
    place = 2 * width
    for one in range(width):
        for other in range(one, width):
            products[:, one, other] = products[:, other, one] = table[:, place]
            place += 1
    if metric.kind == "proportion":
        bad = int(products[:, 0, 0].sum())
        if bad:
            raise InputError(
                f"metric {metric.name}: {bad} rows of column {metric.column!r} are neither 0 nor 1; "
                f"use {metric.column}:mean for other numbers."
            )
        products[:, 0, 0] = sums[:, 0]
    return MetricSums(metric, shift, sums, products)


def _shifts(connection: duckdb.DuckDBPyConnection, table: str, metrics: Sequence[Metric], caps: Sequence[float | None]) -> list[Floats]:
    names = [
        f"avg({_capped(name, cap if place == 0 else None)})"
        for metric, cap in zip(metrics, caps, strict=True)
        for place, name in enumerate(metric.columns)
    ]
    if not names:
        return []
    row = connection.execute(f"SELECT {', '.join(names)} FROM (SELECT * FROM {_quoted(table)} LIMIT {SAMPLE_ROWS})").fetchone()
    means = iter(row if row is not None else [None] * len(names))
    shifts = []
    for metric in metrics:
        values = np.asarray([_finite(next(means)) for _ in metric.columns])
        if metric.kind == "proportion":
            values[0] = 0.0
        shifts.append(values)
    return shifts


def _finite(value: float | None) -> float:
    return 0.0 if value is None or not np.isfinite(value) else float(value)


def _cap(connection: duckdb.DuckDBPyConnection, table: str, metric: Metric) -> float | None:
    if metric.cap_quantile is None:
        return metric.cap
    query = f"SELECT quantile_cont({_capped(metric.column, None)}, ?) FROM {_quoted(table)}"
    row = connection.execute(query, [metric.cap_quantile]).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def _capped(name: str, cap: float | None) -> str:
    value = f"CAST({_quoted(name)} AS DOUBLE)"
    return value if cap is None else f"least({value}, {float(cap)!r})"


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
