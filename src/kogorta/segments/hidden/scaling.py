"""Features made comparable: which are worth looking at, blurred by their own uncertainty, robustly scaled.

A share of two orders is 0, a half or 1, and a typical check of one order is the price of what was on sale: such lumps look like groups and
are none. So every figure is replaced by one that could as well have been seen: a count is spread over its cell, a share k of n over
((k, k + 1) / (n + 1)), a mean by the scatter one customer's own orders have. What is still apart after that is apart between customers.

Source of the spreading: Dunn and Smyth (1996), Randomized Quantile Residuals, J. Comp. Graph. Stat. 5. Of the test that customers differ:
one-way analysis of variance and, for shares, the variance test for binomial homogeneity (Cochran 1954, Biometrics 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zlib import crc32

import numpy as np

from kogorta.kit.language import message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kogorta.kit.language import Language
    from kogorta.segments.hidden.features import FeatureTable, Floats, Measured
    from kogorta.segments.hidden.habits import Feature

KNOWN_SHARE: Final = 0.8
"""A feature must be known for this share of the customers."""
SAME_SHARE: Final = 0.97
"""A feature that is the same for more than this share tells nothing."""
DUPLICATE: Final = 0.95
"""Rank correlation at which the later of two features is left out."""
DIFFER_Z: Final = 3.0
DIFFER_SHARE: Final = 0.02
"""Customers differ in a feature when the variance between them is beyond chance by `DIFFER_Z` and at least this share of the whole."""
WINSOR: Final = 6.0
"""Interquartile ranges from the median beyond which a figure counts no more."""
TINY: Final = 1e-9
"""Variance of logarithms below which figures are the same and differ by rounding only."""
_UNTESTED: Final = ("top_category", "repeated")
"""Shares whose numerator is no count of independent trials."""

REASONS: Final = {
    "stage": message("“{label}” tells the stage of life; RFM and the lifecycle show it already."),
    "unknown": message("“{label}” is known for too few customers ({share})."),
    "constant": message("“{label}” is the same for nearly everybody."),
    "chance": message("In “{label}” customers differ no more than by chance."),
    "duplicate": message("“{label}” says the same as “{other}”."),
}


@dataclass(frozen=True)
class Dropped:
    """A feature that was not looked at.

    Args:
        feature: which.
        why: `stage`, `unknown`, `constant`, `chance` or `duplicate`.
        share: share of customers it is known for.
        other: for a duplicate, the feature that says the same.
    """

    feature: Feature
    why: str
    share: float
    other: Feature | None = None

    def told(self, language: Language) -> str:
        """One sentence."""
        other = self.other.told(language) if self.other else ""
        return language.text(REASONS[self.why], label=self.feature.told(language), share=language.percent(self.share, 0), other=other)


@dataclass(frozen=True, eq=False)
class Scaled:
    """Comparable features of some customers.

    Args:
        features: the columns.
        dropped: features left out, with why.
        rows: places of the customers in the feature table, ascending, shape (n,).
        open: shape (n, p), in interquartile ranges from the median.
        clipped: the same, winsorised: what groups are looked for in.
    """

    features: tuple[Feature, ...]
    dropped: tuple[Dropped, ...]
    rows: NDArray[np.intp]
    open: Floats
    clipped: Floats


def scale(table: FeatureTable, *, seed: int, most: int, stages: bool = False) -> Scaled:
    """Choose and scale the features of at most `most` customers, drawn by the seed.

    Args:
        table: the features.
        seed: of the spreading and of the draw of customers.
        most: customers looked at when the base has more.
        stages: whether stages of life (recency, tenure, ...) are looked at too.
    """
    kept, dropped = choose(table, stages=stages)
    rows = np.arange(len(table))
    if len(table) > most:
        rows = np.sort(np.random.default_rng(seed).choice(len(table), most, replace=False))
    columns = [_scaled(_blurred(table.measured[name], rows, seed)) for name in kept]
    matrix = np.column_stack(columns) if columns else np.zeros((len(rows), 0))
    features = tuple(table.measured[name].feature for name in kept)
    return Scaled(features, dropped, rows, matrix, np.clip(matrix, -WINSOR, WINSOR))


def choose(table: FeatureTable, *, stages: bool = False) -> tuple[tuple[str, ...], tuple[Dropped, ...]]:
    """Names of the features worth looking at, and the others with why."""
    kept: list[str] = []
    dropped: list[Dropped] = []
    for name, one in table.measured.items():
        values = one.values
        known = ~np.isnan(values)
        share = float(known.mean()) if len(values) else 0.0
        why, other = "", None
        if one.feature.stage and not stages:
            why = "stage"
        elif share < KNOWN_SHARE:
            why = "unknown"
        elif _same(values[known]) > SAME_SHARE:
            why = "constant"
        elif not _differ(one):
            why = "chance"
        else:
            other = next((have for have in kept if _rank_correlation(table.measured[have].values, values) >= DUPLICATE), None)
            why = "duplicate" if other else ""
        if why:
            dropped.append(Dropped(one.feature, why, share, table.measured[other].feature if other else None))
        else:
            kept.append(name)
    return tuple(kept), tuple(dropped)


def _same(values: Floats) -> float:
    _, counts = np.unique(np.round(values, 9), return_counts=True)
    return float(counts.max() / len(values))


def _rank_correlation(one: Floats, other: Floats) -> float:
    both = ~np.isnan(one) & ~np.isnan(other)
    if both.sum() < 10:
        return 0.0
    a, b = _ranks(one[both]), _ranks(other[both])
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return abs(float(np.corrcoef(a, b)[0, 1]))


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, equal figures sharing their mean rank."""
    _, places, sizes = np.unique(values, return_inverse=True, return_counts=True)
    found: Floats = (np.cumsum(sizes) - (sizes - 1) / 2)[places]
    return found


def _differ(one: Measured) -> bool:
    """Whether customers differ in the feature more than orders dealt to them at random would."""
    if one.feature.kind == "part" and one.feature.name not in _UNTESTED:
        several = one.trials >= 2
        n, k = one.trials[several], one.successes[several]
        if len(n) < 10:
            return False
        p = float(k.sum() / n.sum())
        if not 0 < p < 1:
            return False
        spread = p * (1 - p)
        excess = ((k - n * p) ** 2 / (n * spread)).sum() - (len(n) - 1)
        variance = (2 + (1 - 6 * spread) / (n * spread)).sum()
        share = excess / (n - 1).sum()
        return bool(excess > DIFFER_Z * np.sqrt(variance) and share >= DIFFER_SHARE)
    if one.feature.kind == "mean":
        from scipy.special import fdtrc, ndtr

        found = _scatter(one)
        if found is None:
            return False
        between, within, customers, orders, size = found
        if between < TINY or within < TINY:
            return between > TINY
        share = (between - within) / (between + (size - 1) * within)
        chance = float(fdtrc(customers - 1, orders - customers, between / within))
        return bool(chance < ndtr(-DIFFER_Z) and share >= DIFFER_SHARE)
    return True


def _scatter(one: Measured) -> tuple[float, float, int, int, float] | None:
    """Mean squares of logarithms between and within customers, customers, orders, effective orders per customer."""
    has = one.trials > 0
    n, mean, squares = one.trials[has], np.log(one.values[has]), one.squares[has]
    customers, orders = len(n), int(n.sum())
    if customers < 10 or orders - customers < 10:
        return None
    within = max(float((squares - n * mean**2).sum()) / (orders - customers), 0.0)
    whole = float((n * mean).sum() / orders)
    between = float((n * (mean - whole) ** 2).sum()) / (customers - 1)
    return between, within, customers, orders, (orders - float((n**2).sum()) / orders) / (customers - 1)


def _blurred(one: Measured, rows: NDArray[np.intp], seed: int) -> Floats:
    """A figure that could as well have been seen, for each customer; an unknown one is drawn from the known."""
    chance = np.random.default_rng([seed, crc32(one.feature.name.encode())])
    uniform = chance.random(len(one.values))
    values, kind = one.values, one.feature.kind
    if kind in ("count", "part"):
        uniform = _evened(uniform, values if kind == "count" else one.successes * 1e6 + one.trials)
    if kind == "count":
        low, high = np.log(np.maximum(values, 1) - 0.5), np.log(np.maximum(values, 1) + 0.5)
        found = low + uniform * (high - low)
        found = np.where(np.isnan(values), np.nan, found)
    elif kind == "days":
        found = np.log1p(values + uniform)
    elif kind == "money":
        found = np.log1p(np.maximum(values, 0))
    elif kind == "part":
        found = np.where(one.trials > 0, (one.successes + uniform) / (one.trials + 1), np.nan)
    elif kind == "mean":
        scatter = _scatter(one)
        deviation = np.sqrt(scatter[1]) if scatter else 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.log(values) + chance.standard_normal(len(values)) * deviation / np.sqrt(one.trials)
    else:
        found = values + 1e-6 * uniform
    return np.where(np.isnan(found), _drawn(found[~np.isnan(found)], len(found), chance), found)[rows]


def _evened(uniform: Floats, cells: Floats) -> Floats:
    """Chances spread evenly over 0-1 among those who share a cell, in the order they were drawn."""
    order = np.lexsort((uniform, cells))
    same = np.concatenate([[0], np.cumsum(np.diff(cells[order]) != 0)]) if len(cells) else np.zeros(0, dtype=np.int64)
    sizes = np.bincount(same)
    found = np.empty(len(uniform))
    found[order] = (np.arange(len(uniform)) - (np.cumsum(sizes) - sizes)[same] + 0.5) / sizes[same]
    return found


def _drawn(known: Floats, size: int, chance: np.random.Generator) -> Floats:
    """Figures for those whose own are unknown: of the known, smoothed, so that no two customers share one."""
    if not len(known):
        return np.zeros(size)
    width = 1.06 * float(known.std()) * len(known) ** -0.2
    found: Floats = known[chance.integers(0, len(known), size)] + width * chance.standard_normal(size)
    return found


def _scaled(values: Floats) -> Floats:
    low, middle, high = (float(one) for one in np.quantile(values, [0.25, 0.5, 0.75]))
    found: Floats = (values - middle) / (high - low or float(values.std()) or 1.0)
    return found
