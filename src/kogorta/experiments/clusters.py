"""Companies drawn as a whole: rows are summed to companies, and the company is the unit of chance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.sums import labels_of, metric_values
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.sums import Columns

ROWS: Final = "rows of the company"


def by_cluster(
    columns: Columns, metrics: Sequence[Metric], *, arm: str, cluster: str, stratum: str | None = None
) -> tuple[Columns, tuple[Metric, ...]]:
    """Sum the rows of each company; a mean per row becomes a ratio of sums over companies.

    Args:
        columns: name -> values, one per row.
        metrics: what is measured per row.
        arm: name of the arm column.
        cluster: name of the company column.
        stratum: name of the stratum column; a property of the company.

    Returns:
        Columns with one value per company, and the metrics to compute on them.

    Raises:
        InputError: a company is in two arms or two strata, or a metric is a quantile.

    Source: the linearised (CR1) variance of a mean under cluster sampling; Cochran (1977), ch. 9A.
    """
    names, code = np.unique(labels_of(columns, cluster, "a company"), return_inverse=True)
    arms = labels_of(columns, arm, "an arm")
    if len(arms) != len(code):
        raise InputError(f"column {cluster!r} has {len(code)} values, but column {arm!r} has {len(arms)}.")
    summed: dict[str, NDArray[np.generic]] = {arm: _one_label(names, code, arms, "arms")}
    if stratum is not None:
        summed[stratum] = _one_label(names, code, labels_of(columns, stratum, "a stratum"), "strata")
    summed[ROWS] = np.bincount(code).astype(np.float64)
    computed = []
    for place, metric in enumerate(metrics):
        if metric.kind == "quantile":
            raise InputError(f"metric {metric.name} is a quantile, which has no meaning per company; compare a mean.")
        fresh = {}
        for name, values in zip(metric.columns, metric_values(columns, metric, len(code)), strict=True):
            # a column may be capped in one metric and not in another, so each metric has its own
            fresh[name] = f"{place}:{name}"
            summed[fresh[name]] = np.bincount(code, values)
        has_covariate = metric.covariate is not None
        below = metric.covariate_denominator
        computed.append(
            replace(
                metric,
                kind="ratio",
                column=fresh[metric.column],
                denominator=fresh[metric.denominator] if metric.denominator else ROWS,
                covariate=fresh[metric.covariate] if metric.covariate else None,
                covariate_denominator=(fresh[below] if below else ROWS) if has_covariate else None,
                cap=None,
                cap_quantile=None,
            )
        )
    return summed, tuple(computed)


def _one_label(names: NDArray[np.str_], code: NDArray[np.int64], labels: NDArray[np.str_], what: str) -> NDArray[np.generic]:
    first = np.empty(len(names), dtype=labels.dtype)
    first[code[::-1]] = labels[::-1]
    crossed = first[code] != labels
    if crossed.any():
        row = int(np.argmax(crossed))
        raise InputError(
            f"company {names[code[row]]!s} is in two {what}, {first[code[row]]!s} and {labels[row]!s}; a company belongs to one."
        )
    return first
