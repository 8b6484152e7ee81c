"""Models that are not asked about repeat purchases in time: Gamma-Gamma, BG/BB and sBG on a ledger, each with its back-test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.checks import check_choice, check_positive
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language, message
from kogorta.value.backtest import default_cut
from kogorta.value.bg_bb import BgBb, opportunities
from kogorta.value.cells import tally
from kogorta.value.day_ledger import day_number, split, summarise
from kogorta.value.gamma_gamma import GammaGamma
from kogorta.value.remark import Form, Quantity, Remark
from kogorta.value.sbg import ShiftedBetaGeometric, Tenures
from kogorta.value.spend_model import NaiveSpend

if TYPE_CHECKING:
    from datetime import date

    from kogorta.value.day_ledger import DayLedger
    from kogorta.value.fitted_parameters import FittedParameters
    from kogorta.value.summary import FloatArray

SINGLE_MODELS: Final = ("gamma-gamma", "bg-bb", "sbg")
SILENT_PERIODS: Final = 2

WON = message("On the base's own past the model missed by {mae} per customer, the plain figure by {naive}.")
LOST = message(
    "On the base's own past the model missed by {mae} per customer, the plain figure by {naive}: the plain figure is the better guide."
)
UNTESTED = message("The history is too short to test the model on it: take its figures as unproved.")
SILENCE = message("No contracts are recorded: a customer silent for {days} counts as lost.")


@dataclass(frozen=True)
class HoldoutFigures:
    """What was foretold and what came: sums over customers, and mean absolute errors per customer."""

    predicted: float
    actual: float
    mae: float
    mae_naive: float


@dataclass(frozen=True)
class SingleFit:
    """One model fitted to a whole ledger.

    Attributes:
        fitted_: the parameters.
        unit: unit of time of the parameters; `order` for the model of spend.
        customers: customers of the ledger; `repeaters` of them bought twice.
        holdout: the back-test; none when the history is too short.
        remarks: the verdict and what it rests on.
    """

    fitted_: FittedParameters
    unit: str
    customers: int
    repeaters: int
    holdout: HoldoutFigures | None
    remarks: tuple[Remark, ...]

    @property
    def shown(self) -> str:
        """`model` where it did better than the plain figure in the holdout, else `naive`."""
        return "model" if self.holdout is not None and self.holdout.mae < self.holdout.mae_naive else "naive"

    def to_json(self, language: Language | None = None) -> str:
        """The same document as that of an `Appraisal`."""
        words = language or Language("en")
        holdout = None
        if self.holdout is not None:
            figures = self.holdout
            holdout = {
                "predicted": figures.predicted,
                "actual": figures.actual,
                "mae": figures.mae,
                "mae_naive": figures.mae_naive,
            }
        return json.dumps(
            {
                "model": self.fitted_.code,
                "unit": self.unit,
                "customers": self.customers,
                "repeaters": self.repeaters,
                "params": self.fitted_.params_,
                "standard_errors": self.fitted_.standard_errors_,
                "log_likelihood": self.fitted_.log_likelihood_,
                "convergence": self.fitted_.convergence_,
                "holdout": holdout,
                "gate": {"shown": self.shown, "reasons": [remark.text(words) for remark in self.remarks]},
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True)
class SingleModel:
    """Which model to fit to a ledger.

    Args:
        model: `gamma-gamma`, `bg-bb` or `sbg`.
        period_days: length of an opportunity or of a renewal period.
        calibration_end: last day the back-test may see; two thirds of the history by default.

    Example:
        >>> SingleModel("bg-bb").period_days
        30
    """

    model: str
    period_days: int = 30
    calibration_end: date | None = None

    def __post_init__(self) -> None:
        check_choice("model", self.model, SINGLE_MODELS)
        check_positive("period_days", self.period_days)

    def fit(self, ledger: DayLedger, as_of: date) -> SingleFit:
        """Fit to all days and test on the last ones.

        Raises:
            InputError: the ledger holds nothing this model can learn from.
        """
        summary = summarise(ledger, as_of)
        fitted: FittedParameters
        if self.model == "gamma-gamma":
            fitted, unit, test = GammaGamma().fit(summary), "order", self._spend
        elif self.model == "bg-bb":
            fitted, unit, test = BgBb().fit(opportunities(ledger, as_of, self.period_days)), self._period, self._chances
        else:
            tenures = tenures_of(ledger, as_of, self.period_days).tenures
            fitted, unit, test = ShiftedBetaGeometric().fit(tenures), self._period, self._renewals
        holdout = None
        try:
            holdout = test(ledger, as_of, self.calibration_end or default_cut(ledger, as_of))
        except InputError:
            if self.calibration_end is not None:
                raise
        return SingleFit(
            fitted_=fitted,
            unit=unit,
            customers=round(summary.customers),
            repeaters=round(summary.repeaters),
            holdout=holdout,
            remarks=self._remarks(holdout, ledger.currency),
        )

    @property
    def _period(self) -> str:
        return f"{self.period_days} days"

    def _remarks(self, holdout: HoldoutFigures | None, currency: str) -> tuple[Remark, ...]:
        found = [Remark("untested", UNTESTED)]
        if holdout is not None:
            template = WON if holdout.mae < holdout.mae_naive else LOST
            form: Form = "money" if self.model == "gamma-gamma" else "decimal"
            errors: tuple[Quantity, ...] = (("mae", form, holdout.mae), ("naive", form, holdout.mae_naive))
            found = [Remark("tested", template, errors, currency)]
        if self.model == "sbg":
            found.append(Remark("silence", SILENCE, (("days", "days", SILENT_PERIODS * self.period_days),)))
        return tuple(found)

    def _spend(self, ledger: DayLedger, as_of: date, cut: date) -> HoldoutFigures:
        """Mean order value in money, of customers who ordered afterwards."""
        known, later = split(ledger, cut, as_of)
        bought = (later.orders > 0) & (later.amount > 0)
        if not bought.any():
            raise InputError(
                "nobody ordered after {cut}; end calibration earlier.",
                cut=cut,
            )
        actual = later.amount[bought] / later.orders[bought]
        foretold = GammaGamma().fit(known).expected_spend(known)[bought]
        return _figures(foretold, actual, NaiveSpend.learn(known).expected_spend(known)[bought])

    def _chances(self, ledger: DayLedger, as_of: date, cut: date) -> HoldoutFigures:
        """Opportunities taken after the cut."""
        before, whole = (opportunities(ledger, day, self.period_days) for day in (cut, as_of))
        if before.customer_ids is None or whole.customer_ids is None:
            raise InputError("the opportunities have no customers.")
        place = np.searchsorted(whole.customer_ids, before.customer_ids)
        actual, ahead = whole.x[place] - before.x, whole.n[place] - before.n
        fitted = BgBb().fit(before)
        foretold = np.zeros(actual.size)
        for count in np.unique(ahead[ahead > 0]):
            foretold[ahead == count] = fitted.expected_orders(before, int(count))[ahead == count]
        rate = np.divide(before.x, before.n, out=np.zeros(actual.size), where=before.n > 0)
        return _figures(foretold, actual, rate * ahead)

    def _renewals(self, ledger: DayLedger, as_of: date, cut: date) -> HoldoutFigures:
        """Customers active at the cut who still are at the end."""
        before, whole = (tenures_of(ledger, day, self.period_days) for day in (cut, as_of))
        place = np.searchsorted(whole.customers, before.customers)
        running = ~before.tenures.ended
        if not running.any():
            raise InputError(
                "nobody was active on {cut}; end calibration at another day.",
                cut=cut,
            )
        actual = (~whole.tenures.ended[place][running]).astype(np.float64)
        ahead = (day_number(as_of) - day_number(cut)) // self.period_days
        fitted = ShiftedBetaGeometric().fit(before.tenures)
        lasted = before.tenures.periods[running]
        foretold = fitted.survival(lasted + ahead) / fitted.survival(lasted)
        lost = float(before.tenures.ended.sum()) / float(before.tenures.periods.sum())
        return _figures(foretold, actual, np.full(actual.size, (1 - lost) ** ahead))


@dataclass(frozen=True, eq=False)
class InferredTenures:
    """Tenures read off purchases, with the code of each customer."""

    customers: FloatArray
    tenures: Tenures


def tenures_of(ledger: DayLedger, as_of: date, period_days: int) -> InferredTenures:
    """How many periods customers have lasted; one silent for two periods counts as lost after the last purchase.

    Raises:
        InputError: nobody bought by `as_of`.
    """
    end = day_number(as_of)
    seen = ledger.until(end)
    if seen.day.size == 0:
        raise InputError(
            "nobody bought by {as_of}; choose a later day.",
            as_of=as_of,
        )
    size = ledger.customer_ids.size
    here = np.flatnonzero(tally(seen.customer, np.ones(seen.day.size), size))
    first, last = np.full(size, np.iinfo(np.int64).max), np.full(size, -(2**62))
    np.minimum.at(first, seen.customer, seen.day)
    np.maximum.at(last, seen.customer, seen.day)
    ended = end - last[here] >= SILENT_PERIODS * period_days
    stop = np.where(ended, last[here], end)
    periods = np.maximum((stop - first[here]) // period_days + ended, 1)
    return InferredTenures(here.astype(np.float64), Tenures(periods, ended))


def _figures(foretold: FloatArray, actual: FloatArray, naive: FloatArray) -> HoldoutFigures:
    return HoldoutFigures(
        predicted=float(foretold.sum()),
        actual=float(actual.sum()),
        mae=float(np.abs(foretold - actual).mean()),
        mae_naive=float(np.abs(naive - actual).mean()),
    )
