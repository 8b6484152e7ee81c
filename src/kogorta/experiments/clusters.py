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
    names, code = np.unique(labels_of(columns, cluster), return_inverse=True)
    arms = labels_of(columns, arm)
    if len(arms) != len(code):
        raise InputError(
            "column {cluster!r} has {code_count} values, but column {arm!r} has {arms_count}.",
            cluster=cluster,
            code_count=len(code),
            arm=arm,
            arms_count=len(arms),
        )
    summed: dict[str, NDArray[np.generic]] = {arm: _one_label(names, code, arms)}
    if stratum is not None:
        summed[stratum] = _one_label(names, code, labels_of(columns, stratum))
    summed[ROWS] = np.bincount(code).astype(np.float64)
    computed = []
    for place, metric in enumerate(metrics):
        if metric.kind == "quantile":
            raise InputError(
                "metric {name} is a quantile, which has no meaning per company; compare a mean.",
                name=metric.name,
            )
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


def _one_label(names: NDArray[np.str_], code: NDArray[np.int64], labels: NDArray[np.str_]) -> NDArray[np.generic]:
    first = np.empty(len(names), dtype=labels.dtype)
    first[code[::-1]] = labels[::-1]
    crossed = first[code] != labels
    if crossed.any():
        row = int(np.argmax(crossed))
        raise InputError(
            "company {company!s} is in two groups, {one!s} and {other!s}; a company belongs to one arm and one stratum.",
            company=names[code[row]],
            one=first[code[row]],
            other=labels[row],
        )
    return first
