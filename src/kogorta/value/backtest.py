"""The back-test: fit on the past, foretell days already known, set the naive rate beside it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError
from kogorta.value.cells import tally
from kogorta.value.day_ledger import day_number, day_of, split
from kogorta.value.gamma_gamma import GammaGamma
from kogorta.value.naive_rate import NaiveRate
from kogorta.value.registry import PURCHASE_MODELS, purchase_model
from kogorta.value.spend_model import NaiveSpend
from kogorta.value.summary import UNIT_DAYS

if TYPE_CHECKING:
    from datetime import date

    from kogorta.value.day_ledger import DayLedger, Holdout, SpendFrom
    from kogorta.value.purchase_model import FittedPurchases
    from kogorta.value.spend_model import FittedSpend
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary, Unit

HOLDOUT_SHARE: Final = 1 / 3
LONGEST_HOLDOUT: Final = 365
SHORTEST_SPAN: Final = 60
TABLE_TOP: Final = 7
GROUP_DRAWS: Final = 1000
GROUP_SEED: Final = 20_26


@dataclass(frozen=True)
class Figures:
    """How a rule foretold the holdout.

    Attributes:
        model: its code.
        predicted: orders foretold in all; `actual` those made.
        bias: (predicted - actual) / actual.
        mae: mean absolute error per customer, orders.
        rmse: root of the mean squared error, orders.
        correlation: of foretold and made orders.
        deviance: mean Poisson deviance, the measure models are compared by; infinite for a rule that called an order
            that was made impossible.
        gain: mean absolute error of the naive rate less this one's; `gain_low` is its one-sided 95 % lower bound.
        group_error: totals missed by groups of customers (repeat purchases 0, 1, ..., 7 and more), as a share of all
            orders made; `group_gain_low` is the one-sided 95 % lower bound of the naive rate's less this one's.
        gap: this deviance less the best one's, and `gap_error` its standard error.
        convergence: verdict of the fit.
        by_x: orders foretold per customer by repeat purchases in calibration 0, 1, ..., 7 and more.
    """

    model: str
    predicted: float
    actual: float
    bias: float
    mae: float
    rmse: float
    correlation: float
    deviance: float
    gain: float
    gain_low: float
    group_error: float
    group_gain_low: float
    gap: float
    gap_error: float
    convergence: str
    by_x: tuple[float, ...]


@dataclass(frozen=True)
class SpendFigures:
    """How spend per order was foretold for customers who ordered in the holdout; minor units of money."""

    model: str
    customers: int
    mae: float
    mae_naive: float
    correlation: float
    convergence: str


@dataclass(frozen=True)
class Backtest:
    """The same past told by every rule.

    Attributes:
        calibration_end: last day the rules saw.
        as_of: last day of the holdout.
        holdout_days: days between the two.
        customers: customers of the calibration; `repeaters` of them bought twice.
        actual: orders made in the holdout.
        naive: the naive rate x / T.
        models: fitted models, in the order asked.
        by_x_customers: customers by repeat purchases in calibration 0, 1, ..., 7 and more.
        by_x_actual: orders they made, per customer.
        spend: the model of spend beside the customer's own mean; none without money.
        failures: model and the reason it could not be fitted.
    """

    calibration_end: date
    as_of: date
    holdout_days: int
    unit: Unit
    customers: int
    repeaters: int
    actual: float
    naive: Figures
    models: tuple[Figures, ...]
    by_x_customers: tuple[int, ...]
    by_x_actual: tuple[float, ...]
    spend: SpendFigures | None
    failures: tuple[tuple[str, str], ...]

    def of(self, model: str) -> Figures | None:
        """The figures of a model; none when it was not fitted."""
        return next((figures for figures in self.models if figures.model == model), None)

    def to_json(self) -> str:
        """All figures as one JSON document; what is infinite or unknown is null."""
        return json.dumps(_plain(asdict(self)), default=str)


@dataclass(frozen=True, eq=False)
class Past:
    """A history cut in two: what was known at the end of `calibration_end`, and what the same customers did up to `as_of`."""

    calibration_end: date
    as_of: date
    known: PurchaseSummary
    holdout: Holdout


@dataclass(frozen=True)
class Backtester:
    """Which models to test and where to cut the past.

    Args:
        models: codes of models of repeat purchases.
        calibration_end: last day of calibration; by default two thirds of the history, holdout a year at most.
        unit: unit of time of the fits.
        spend_from: orders behind the mean spend: `repeat`, or `all` with the first one.

    Example:
        >>> Backtester(models=("bg-nbd",)).models
        ('bg-nbd',)
    """

    models: tuple[str, ...] = tuple(PURCHASE_MODELS)
    calibration_end: date | None = None
    unit: Unit = "week"
    spend_from: SpendFrom = "repeat"

    def __post_init__(self) -> None:
        check_choice("unit", self.unit, tuple(UNIT_DAYS))
        for model in self.models:
            check_choice("model", model, tuple(PURCHASE_MODELS))

    def run(self, ledger: DayLedger, as_of: date) -> Backtest:
        """Fit on the days up to the cut and compare with the days after it.

        Args:
            ledger: purchase days.
            as_of: last day of the data.

        Returns:
            Figures of every model that could be fitted.

        Raises:
            InputError: the history is too short to cut, or nobody bought before the cut.
        """
        return self.test(self.past(ledger, as_of))

    def past(self, ledger: DayLedger, as_of: date) -> Past:
        """Histories up to the cut and what followed: all that the test reads, so that the ledger can be let go.

        Raises:
            InputError: the history is too short to cut, or nobody bought before the cut.
        """
        cut = self.calibration_end or default_cut(ledger, as_of)
        return Past(cut, as_of, *split(ledger, cut, as_of, self.unit, self.spend_from))

    def test(self, past: Past) -> Backtest:
        """Fit every model on the histories and compare with what followed."""
        known, holdout = past.known, past.holdout
        horizon = holdout.days / UNIT_DAYS[self.unit]
        naive = NaiveRate.learn(known)
        foretold: list[tuple[str, str, FloatArray]] = []
        failures = []
        for code in self.models:
            try:
                fitted: FittedPurchases = purchase_model(code).fit(known)
            except InputError as error:
                failures.append((code, str(error)))
                continue
            foretold.append((code, fitted.convergence_, fitted.expected_orders(known, horizon)))
        plain = naive.expected_orders(known, horizon)
        means = [float(_deviances(orders, holdout.orders).mean()) for _, _, orders in foretold]
        best = _deviances(foretold[min(range(len(means)), key=means.__getitem__)][2], holdout.orders) if foretold else np.zeros(len(known))
        levels = np.minimum(known.x, TABLE_TOP).astype(np.int64)
        sizes = np.bincount(levels, minlength=TABLE_TOP + 1)
        return Backtest(
            calibration_end=past.calibration_end,
            as_of=past.as_of,
            holdout_days=holdout.days,
            unit=self.unit,
            customers=round(known.customers),
            repeaters=round(known.repeaters),
            actual=float(holdout.orders.sum()),
            naive=_figures("naive", "converged", plain, plain, holdout, best, levels),
            models=tuple(_figures(code, state, orders, plain, holdout, best, levels) for code, state, orders in foretold),
            by_x_customers=tuple(int(size) for size in sizes),
            by_x_actual=_means(holdout.orders, levels),
            spend=_spend_figures(known, holdout),
            failures=tuple(failures),
        )


def _plain(value: object) -> object:
    """The same without numbers that JSON cannot hold."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def default_cut(ledger: DayLedger, as_of: date) -> date:
    """Two thirds of the history; the holdout is a year at most.

    Raises:
        InputError: the history is shorter than sixty days.
    """
    end = day_number(as_of)
    span = end - ledger.first_day
    if span < SHORTEST_SPAN:
        raise InputError(
            "the history is {span} days long; a back-test needs {shortest_span} at least.",
            span=span,
            shortest_span=SHORTEST_SPAN,
        )
    return day_of(end - min(LONGEST_HOLDOUT, round(span * HOLDOUT_SHARE)))


def _figures(
    model: str,
    convergence: str,
    foretold: FloatArray,
    naive: FloatArray,
    holdout: Holdout,
    best: FloatArray,
    levels: IntArray,
) -> Figures:
    made = holdout.orders
    loss = _deviances(foretold, made)
    errors = np.abs(foretold - made)
    gains = np.abs(naive - made) - errors
    gaps = loss - best if np.isfinite(loss).all() else np.full(loss.shape, np.inf)
    finite = bool(np.isfinite(gaps).all())
    actual = float(made.sum())
    moving = bool(np.ptp(foretold) > 0 and np.ptp(made) > 0)
    return Figures(
        model=model,
        predicted=float(foretold.sum()),
        actual=actual,
        bias=(float(foretold.sum()) - actual) / actual if actual else float("inf"),
        mae=float(errors.mean()),
        rmse=float(np.sqrt(np.mean(errors**2))),
        correlation=float(np.corrcoef(foretold, made)[0, 1]) if moving else 0.0,
        deviance=float(loss.mean()),
        gain=float(gains.mean()),
        gain_low=float(gains.mean() - 1.645 * _error(gains)),
        group_error=_group_error(foretold, made, levels),
        group_gain_low=_group_gain_low(foretold, naive, made, levels),
        gap=float(gaps.mean()) if finite else float("inf"),
        gap_error=_error(gaps) if finite else float("inf"),
        convergence=convergence,
        by_x=_means(foretold, levels),
    )


def _group_error(foretold: FloatArray, made: FloatArray, levels: IntArray) -> float:
    missed = tally(levels, foretold - made, TABLE_TOP + 1)
    return float(np.abs(missed).sum()) / float(made.sum()) if made.any() else float("inf")


def _group_gain_low(foretold: FloatArray, naive: FloatArray, made: FloatArray, levels: IntArray) -> float:
    """Lower bound by draws of the groups' totals from their joint normal distribution over customers."""
    if not made.any():
        return float("-inf")
    size = TABLE_TOP + 1
    off = np.stack((foretold - made, naive - made))
    sums = np.stack([tally(levels, row, size) for row in off])
    products = np.stack([tally(levels, off[i] * off[j], size) for i, j in ((0, 0), (0, 1), (1, 1))])
    count = np.maximum(tally(levels, np.ones(made.size), size), 1)
    first, cross, second = products - np.stack((sums[0] ** 2, sums[0] * sums[1], sums[1] ** 2)) / count
    noise = np.random.default_rng(GROUP_SEED).standard_normal((2, GROUP_DRAWS, size))
    root = np.sqrt(np.maximum(first, 0.0))
    slope = np.divide(cross, root, out=np.zeros(size), where=root > 0)
    rest = np.sqrt(np.maximum(second - slope**2, 0.0))
    ours = np.abs(sums[0] + root * noise[0]).sum(axis=1)
    theirs = np.abs(sums[1] + slope * noise[0] + rest * noise[1]).sum(axis=1)
    return float(np.quantile(theirs - ours, 0.05)) / float(made.sum())


def _error(values: FloatArray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("inf")


def _deviances(foretold: FloatArray, made: FloatArray) -> FloatArray:
    """Poisson deviance of each customer: 2 (y log(y / m) - y + m)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(made > 0, made * np.log(made / foretold), 0.0)
    deviances: FloatArray = 2 * (logs - made + foretold)
    return deviances


def _means(values: FloatArray, levels: IntArray) -> tuple[float, ...]:
    sizes = np.bincount(levels, minlength=TABLE_TOP + 1)
    sums = np.bincount(levels, weights=values, minlength=TABLE_TOP + 1)
    return tuple(float(total / size) if size else float("nan") for total, size in zip(sums, sizes, strict=True))


def _spend_figures(known: PurchaseSummary, holdout: Holdout) -> SpendFigures | None:
    bought = (holdout.orders > 0) & (holdout.amount > 0)
    if known.spend is None or bought.sum() < 2:
        return None
    try:
        fitted = GammaGamma().fit(known)
        plain: FittedSpend = NaiveSpend.learn(known)
    except InputError:
        return None
    actual = holdout.amount[bought] / holdout.orders[bought]
    foretold = fitted.expected_spend(known)[bought]
    return SpendFigures(
        model=fitted.code,
        customers=int(bought.sum()),
        mae=float(np.abs(foretold - actual).mean()),
        mae_naive=float(np.abs(plain.expected_spend(known)[bought] - actual).mean()),
        correlation=fitted.correlation_,
        convergence=fitted.convergence_,
    )
