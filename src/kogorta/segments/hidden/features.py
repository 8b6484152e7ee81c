"""What is known of a buyer's habits: one documented table of features at a date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.engine.duck import read_sql
from kogorta.kit.language import message
from kogorta.segments.hidden.habits import FEATURES, Feature
from kogorta.segments.summary import customer_summary, materialise, settle_as_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from kogorta.base.customer_base import CustomerBase

    Floats = NDArray[np.float64]
    Columns = Mapping[str, Floats]

COMMONEST_KINDS: Final = 10
"""Categories, and as many channels, that get a feature of their own."""
COMMON_SHARE: Final = 0.03
"""A category or channel fewer buyers than this share ever used is no habit of a segment."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A feature of every customer, with what its uncertainty is made of.

    Args:
        feature: which.
        values: shape (n,), in the feature's unit; NaN where the customer has bought too little to tell.
        successes: shape (n,), k of a `part`; empty otherwise.
        trials: shape (n,), n of a `part`, or the number of orders behind a `mean`; empty otherwise.
        squares: shape (n,), sum of squared logarithms behind a `mean`; empty otherwise.
    """

    feature: Feature
    values: Floats
    successes: Floats
    trials: Floats
    squares: Floats


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Habits of the buyers of a base.

    Args:
        as_of: the day.
        currency: ISO code of the money.
        ids: customer ids, sorted, shape (n,).
        measured: the features by name.
        columns: whole figures behind them, shape (n,) each: orders, gross, recency_days, ...; zero where there is none.
    """

    as_of: date
    currency: str
    ids: NDArray[np.object_]
    measured: Mapping[str, Measured]
    columns: Columns

    def __len__(self) -> int:
        return len(self.ids)


def feature_table(base: CustomerBase, as_of: date | str | None = None) -> FeatureTable:
    """Measure the habits of every buyer at a date.

    Args:
        base: the base.
        as_of: end of this day; default the last day of the data.

    Returns:
        One row per customer who has an order left after refunds, by customer id.

    Raises:
        InputError: the base has no purchases.
    """
    day = settle_as_of(base, as_of)
    summary = customer_summary(base, day)
    query = read_sql("segments/hidden", "features").replace("{summary}", summary)
    table = materialise(base, f"hidden_habits_{day:%Y%m%d}", query, {"as_of": day.isoformat(), "zone": base.time_zone})
    raw = base.connection.execute(f"SELECT * FROM {table} ORDER BY customer_id").fetchnumpy()
    ids = np.asarray(raw.pop("customer_id"), dtype=object)
    columns: dict[str, Floats] = {name: np.ma.filled(np.ma.asarray(array).astype(np.float64), 0.0) for name, array in raw.items()}
    measured = {one.feature.name: one for one in _own(columns)}
    if not len(ids):
        return FeatureTable(day, base.currency, ids, measured, columns)
    kinds = materialise(
        base,
        f"hidden_kinds_{day:%Y%m%d}",
        read_sql("segments/hidden", "kinds"),
        {"as_of": day.isoformat(), "fewest": max(int(COMMON_SHARE * len(ids)), 5), "most": COMMONEST_KINDS},
    )
    rows = base.connection.execute(
        f"""SELECT k.sort, k.kind, k.spelled, list(h.place ORDER BY h.place) AS places, list(k.orders ORDER BY h.place) AS orders
        FROM {kinds} k
        JOIN (SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS place FROM {table}) h USING (customer_id)
        GROUP BY ALL ORDER BY 1, 2"""
    ).fetchall()
    for sort, kind, spelled, places, orders in rows:
        name, taken = f"{sort}:{kind}", np.zeros(len(ids))
        taken[places] = orders
        columns[name] = taken
        measured[name] = _part(_kind_feature(sort, kind, spelled), taken, columns["sorted_orders" if sort == "category" else "orders"])
    return FeatureTable(day, base.currency, ids, measured, columns)


def _kind_feature(sort: str, kind: str, spelled: str) -> Feature:
    name = f"{sort}:{kind}"
    if sort == "category":
        label, high, low = message("share of orders with “{about}”"), message("buy “{about}”"), message("do without “{about}”")
    else:
        label, high, low = (
            message("share of orders through “{about}”"),
            message("order through “{about}”"),
            message("do not order through “{about}”"),
        )
    return Feature(name, "part", label, high, low, about=spelled)


def _own(columns: Columns) -> list[Measured]:
    """The features of the registry from the sums of the table."""
    orders = columns["orders"]
    with np.errstate(divide="ignore", invalid="ignore"):
        checks = columns["gross_squares"] * orders / columns["gross"] ** 2 - 1
        rhythm = columns["step_squares"] * columns["steps"] / columns["step_sum"] ** 2 - 1
        mean_step = columns["step_sum"] / columns["steps"]
    several = columns["product_lines"] - 1  # the first thing anybody buys cannot be a repetition
    return [
        _plain("recency", columns["recency_days"]),
        _plain("tenure", columns["tenure_days"]),
        _plain("monetary", columns["monetary"]),
        _plain("largest", columns["largest"]),
        _plain("frequency", orders),
        _plain("categories", _known(columns["categories"], columns["sorted_orders"] > 0)),
        _plain("products", _known(columns["products"], columns["product_lines"] > 0)),
        _plain("check_spread", _known(np.sqrt(np.maximum(checks, 0)), orders >= 3)),
        _plain("interval", _known(mean_step, columns["steps"] >= 2)),
        _plain("interval_spread", _known(np.sqrt(np.maximum(rhythm, 0)), columns["steps"] >= 3)),
        _mean("check", columns["check_sum"], columns["check_squares"], orders),
        _mean("lines", columns["lines_sum"], columns["lines_squares"], columns["baskets"]),
        _mean("pieces", columns["pieces_sum"], columns["pieces_squares"], columns["pieced"]),
        _part(FEATURES["late"], columns["late"], np.where(orders >= 3, orders - 1, 0)),
        *(_part(FEATURES[season], columns[season], orders) for season in ("winter", "spring", "summer", "autumn")),
        _part(FEATURES["refunded"], columns["refunded"], columns["placed"]),
        _part(FEATURES["discounted"], columns["discounted"], orders),
        _part(FEATURES["weekend"], columns["weekend"], orders),
        _part(FEATURES["evening"], columns["evening"], columns["timed"]),
        _part(FEATURES["top_category"], columns["top_orders"], np.where(columns["sorted_orders"] >= 3, columns["sorted_orders"], 0)),
        _part(FEATURES["repeated"], np.maximum(columns["product_lines"] - columns["products"], 0), np.maximum(several, 0)),
    ]


_NONE: Final = np.zeros(0)


def _known(values: Floats, known: NDArray[np.bool_]) -> Floats:
    return np.where(known, values, np.nan)


def _plain(name: str, values: Floats) -> Measured:
    return Measured(FEATURES[name], values.astype(np.float64), _NONE, _NONE, _NONE)


def _mean(name: str, total: Floats, squares: Floats, count: Floats) -> Measured:
    """Geometric mean; logarithms come in millionths."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(count > 0, np.exp(np.round(total / 1e6 / count, 7)), np.nan)
    return Measured(FEATURES[name], values, _NONE, count, squares / 1e12)


def _part(feature: Feature, successes: Floats, trials: Floats) -> Measured:
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(trials > 0, successes / trials, np.nan)
    return Measured(feature, values, successes, trials, _NONE)
