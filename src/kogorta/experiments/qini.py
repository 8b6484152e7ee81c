"""How good a ranking by expected uplift is: Qini and uplift curves, their areas, and what the best part catches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.quantities import open_share
from kogorta.kit.checks import check_between
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kogorta.experiments.sums import Floats

BOOTSTRAPS: Final = 400


@dataclass(frozen=True, eq=False)
class Ranking:
    """Outcomes of treated and control customers in the order of a score, best first; equal scores stay together.

    Attributes:
        outcome: outcome of each customer, best score first.
        treated: 1 for treated, 0 for control, same order.
        ends: last row of each group of equal scores.
        order: row numbers of the original data.
    """

    outcome: Floats
    treated: Floats
    ends: NDArray[np.int64]
    order: NDArray[np.int64]

    @classmethod
    def of(cls, score: Floats, outcome: Floats, treated: Floats) -> Ranking:
        """Sort customers by their score.

        Args:
            score: larger = contact first.
            outcome: 0/1 or an amount.
            treated: 1 for treated, 0 for control, drawn at random.

        Raises:
            InputError: lengths differ, an arm is empty, or a value is not finite.
        """
        score, outcome, treated = (np.asarray(values, dtype=np.float64) for values in (score, outcome, treated))
        if not len(score) == len(outcome) == len(treated):
            raise InputError(
                "score, outcome and treated have {score_count}, {outcome_count} and {treated_count} values; they must agree.",
                score_count=len(score),
                outcome_count=len(outcome),
                treated_count=len(treated),
            )
        if not (np.isfinite(score).all() and np.isfinite(outcome).all()):
            raise InputError("a score or an outcome is empty or infinite; leave these customers out or write 0.")
        if not np.isin(treated, (0, 1)).all() or treated.sum() in (0, len(treated)):
            raise InputError("treated must be 1 for treated and 0 for control customers, with some of both.")
        order = np.argsort(-score, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
        return cls(outcome[order], treated[order], ends.astype(np.int64), order.astype(np.int64))

    def qini(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Qini curve: customers contacted and incremental outcome among the treated, from 0.

        Source: Radcliffe (2007), Direct Marketing Analytics Journal.
        """
        size, n1, y1, n0, y0 = self._sums(weights)
        ratio = np.divide(n1, n0, out=np.zeros_like(n1), where=n0 > 0)
        return _from_zero(size, y1 - y0 * ratio)

    def uplift(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Uplift curve: customers contacted and (treated mean - control mean) times their number, from 0."""
        size, n1, y1, n0, y0 = self._sums(weights)
        top = np.divide(y1, n1, out=np.zeros_like(n1), where=n1 > 0)
        bottom = np.divide(y0, n0, out=np.zeros_like(n0), where=n0 > 0)
        return _from_zero(size, (top - bottom) * size)

    def caught(self, share: float, weights: Floats | None = None) -> float:
        """Share of the whole incremental outcome that the best `share` of customers holds."""
        x, y = self.uplift(weights)
        return float(np.interp(share * x[-1], x, y) / y[-1]) if y[-1] != 0 else float("nan")

    def _sums(self, weights: Floats | None) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        weight = np.ones(len(self.outcome)) if weights is None else weights[self.order]
        of_treated = weight * self.treated
        columns = (weight, of_treated, of_treated * self.outcome, weight - of_treated, (weight - of_treated) * self.outcome)
        size, n1, y1, n0, y0 = (np.cumsum(column)[self.ends] for column in columns)
        return size, n1, y1, n0, y0


def _from_zero(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return np.concatenate([[0.0], x]), np.concatenate([[0.0], y])


def curve_area(x: Floats, y: Floats) -> float:
    """Area between a curve and the straight line to its end (what a random order gives)."""
    return float(np.trapezoid(y, x) - x[-1] * y[-1] / 2)


def qini_score(score: Floats, outcome: Floats, treated: Floats) -> float:
    """Area of the Qini curve above a random order, divided by that of the best possible order.

    Args:
        score: larger = contact first.
        outcome: 0 or 1 (for amounts the best order is not defined; compare plain areas instead).
        treated: 1 for treated, 0 for control.

    Returns:
        1 = best possible, 0 = random, negative = worse than random.

    Raises:
        InputError: the outcome is not 0/1, or the data cannot be ranked.

    Source: Radcliffe (2007); normalised by the perfect order with negative effects allowed. Definitions differ between
    libraries: never compare this figure with another library's.
    """
    _check_binary(outcome)
    best = Ranking.of(outcome * treated - outcome * (1 - treated), outcome, treated)
    return curve_area(*Ranking.of(score, outcome, treated).qini()) / curve_area(*best.qini())


def uplift_score(score: Floats, outcome: Floats, treated: Floats) -> float:
    """Area of the uplift curve above a random order, divided by that of the best possible order (AUUC).

    Args, returns and limits are those of `qini_score`.
    """
    _check_binary(outcome)
    lost = int(np.sum((outcome == 1) & (treated == 0)))
    idle = int(np.sum((outcome == 0) & (treated == 1)))
    best = Ranking.of(2.0 * (outcome == treated) + (outcome if lost > idle else treated), outcome, treated)
    return curve_area(*Ranking.of(score, outcome, treated).uplift()) / curve_area(*best.uplift())


def uplift_at(score: Floats, outcome: Floats, treated: Floats, share: float = 0.3, *, by_group: bool = False) -> float:
    """Difference between the means of treated and control customers among the best `share` of a ranking.

    Args:
        score: larger = contact first; whole customers are taken, among equal scores in the order of rows.
        outcome: 0/1 or an amount.
        treated: 1 for treated, 0 for control.
        share: part of the customers, above 0 and below 1.
        by_group: take the best `share` of either group by itself instead of both groups together.

    Returns:
        The difference, in the unit of the outcome.

    Raises:
        InputError: the best part holds no treated or no control customers, or the data cannot be ranked.
        OptionError: the share is outside 0-1.

    Example:
        >>> score, outcome, treated = np.arange(8.0), np.array([0, 0, 0, 0, 0, 1, 0, 1.0]), np.array([0, 1, 0, 1, 0, 1, 0, 1.0])
        >>> uplift_at(score, outcome, treated, 0.5)
        1.0

    Source: the uplift-at-k of scikit-uplift, both of its ways of cutting.
    """
    open_share("share", share)
    ranking = Ranking.of(score, outcome, treated)
    sides = [ranking.treated == 1, ranking.treated == 0]
    if by_group:
        parts = [ranking.outcome[side][: int(side.sum() * share)] for side in sides]
    else:
        best = np.arange(len(ranking.outcome)) < int(len(ranking.outcome) * share)
        parts = [ranking.outcome[side & best] for side in sides]
    if min(len(part) for part in parts) == 0:
        raise InputError(
            "the best {share:.0%} hold {treated} treated and {control} control customers; both must be there, so take a larger share.",
            share=share,
            treated=len(parts[0]),
            control=len(parts[1]),
        )
    return float(parts[0].mean() - parts[1].mean())


def _check_binary(outcome: Floats) -> None:
    if not np.isin(outcome, (0, 1)).all():
        raise InputError("the normalised area needs an outcome of 0 and 1; for amounts compare plain areas.")


@dataclass(frozen=True)
class QiniComparison:
    """Two rankings of the same customers.

    Attributes:
        area: Qini area of the ranking, per customer and per unit of outcome.
        low: its lower bound.
        high: its upper bound.
        baseline: area of the baseline ranking.
        gain_low: lower bound of (area - baseline).
        gain_high: its upper bound.
    """

    area: float
    low: float
    high: float
    baseline: float
    gain_low: float
    gain_high: float

    @property
    def proven(self) -> bool:
        """Whether the ranking beats the baseline: its interval leaves the baseline below, and so does the paired one."""
        return self.low > self.baseline and self.gain_low > 0


def compare_qini(
    score: Floats,
    baseline: Floats,
    outcome: Floats,
    treated: Floats,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    draws: int = BOOTSTRAPS,
) -> QiniComparison:
    """Compare a ranking with a baseline on the same held-out customers.

    Args:
        score: ranking to be judged; its scores must come from a model that did not see these customers.
        baseline: ranking used so far.
        outcome: 0/1 or an amount.
        treated: 1 for treated, 0 for control.
        alpha: error rate of the intervals.
        seed: of the bootstrap.
        draws: bootstrap draws.

    Returns:
        Areas, scaled so that they do not depend on the number of customers, with intervals.

    Source: paired bootstrap of customers (Efron, 1979), Poisson weights.
    """
    check_between("draws", draws, 50, 100_000)
    ours, theirs = Ranking.of(score, outcome, treated), Ranking.of(baseline, outcome, treated)
    outcome = np.asarray(outcome, dtype=np.float64)
    size = len(outcome)
    scale = 1 / (size * max(float(np.abs(outcome).sum()), 1e-300))
    area, base = (curve_area(*one.qini()) * scale for one in (ours, theirs))
    random = np.random.default_rng(seed)
    found = np.empty((draws, 2))
    for draw in range(draws):
        weights = random.poisson(1.0, size).astype(np.float64)
        total = float(weights @ np.abs(outcome)) * float(weights.sum())
        found[draw] = [curve_area(*one.qini(weights)) / total if total else 0.0 for one in (ours, theirs)]
    low, high = np.quantile(found[:, 0], [alpha / 2, 1 - alpha / 2])
    gain_low, gain_high = np.quantile(found[:, 0] - found[:, 1], [alpha / 2, 1 - alpha / 2])
    return QiniComparison(area, float(low), float(high), base, float(gain_low), float(gain_high))
