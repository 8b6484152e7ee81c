"""The whole way for one base: summary, back-test, gate, fit on all days, forecast."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language
from kogorta.value import choice
from kogorta.value.backtest import Backtester
from kogorta.value.choice import Gate, ModelGate
from kogorta.value.day_ledger import summarise
from kogorta.value.forecast import ValueForecaster
from kogorta.value.gamma_gamma import FittedGammaGamma, GammaGamma
from kogorta.value.naive_rate import NaiveRate
from kogorta.value.registry import PURCHASE_MODELS, purchase_model
from kogorta.value.remark import Remark
from kogorta.value.spend_model import FittedSpend, NaiveSpend

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    from kogorta.value.backtest import Backtest, Past
    from kogorta.value.day_ledger import DayLedger, SpendFrom
    from kogorta.value.forecast import CustomerForecast, Outlook, SegmentCodes
    from kogorta.value.purchase_model import FittedPurchases
    from kogorta.value.summary import PurchaseSummary, Unit

LARGEST_DRIFT: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Appraisal:
    """What is known of a base as of a day.

    Attributes:
        as_of: end of observation.
        customers: customers who had bought by then; `repeaters` of them more than once.
        purchases_: the rule behind the figures: a model that passed the gate, else the naive rate.
        spend_: the rule behind the sums; none without money.
        fitted_: the model fitted, shown or not; none when no fit was possible.
        gate: what is shown and why.
        backtest: the back-test; none when the history was too short.
        currency: ISO code of the money.
    """

    as_of: date
    customers: float
    repeaters: float
    purchases_: FittedPurchases
    spend_: FittedSpend | None
    fitted_: FittedPurchases | None
    gate: Gate
    backtest: Backtest | None
    currency: str

    @property
    def drift(self) -> float:
        """By how much the total missed in the back-test, as a logarithm; 0 without one."""
        figures = None if self.backtest is None else self.backtest.of(self.purchases_.code) or self.backtest.naive
        if figures is None or not (figures.actual > 0 and figures.predicted > 0):
            return 0.0
        return min(LARGEST_DRIFT, abs(math.log(figures.predicted / figures.actual)))

    def to_json(self, language: Language | None = None) -> str:
        """The fit, the back-test and the gate as one JSON document."""
        model = self.fitted_ or self.purchases_
        figures = None if self.backtest is None else self.backtest.of(model.code)
        holdout = None
        if self.backtest is not None:
            shown = figures or self.backtest.naive
            holdout = {
                "calibration_end": self.backtest.calibration_end.isoformat(),
                "days": self.backtest.holdout_days,
                "predicted": shown.predicted,
                "actual": shown.actual,
                "bias": shown.bias if math.isfinite(shown.bias) else None,
                "mae": shown.mae,
                "mae_naive": self.backtest.naive.mae,
            }
        words = language or Language("en")
        return json.dumps(
            {
                "model": model.code,
                "unit": model.unit,
                "customers": round(self.customers),
                "repeaters": round(self.repeaters),
                "params": model.params_,
                "standard_errors": model.standard_errors_,
                "log_likelihood": model.log_likelihood_ if self.fitted_ else None,
                "convergence": model.convergence_,
                "as_of": self.as_of.isoformat(),
                "holdout": holdout,
                "gate": {
                    "shown": self.gate.shown,
                    "model": self.gate.model,
                    "spend_model": self.gate.spend_model,
                    "reasons": [remark.text(words) for remark in self.gate.remarks],
                },
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True, kw_only=True)
class CustomerAppraisal(Appraisal):
    """The same with the histories of the customers it was made of.

    Attributes:
        summary: histories up to that day.
    """

    summary: PurchaseSummary

    def forecast(self, segments: npt.ArrayLike | SegmentCodes | None = None, forecaster: ValueForecaster | None = None) -> CustomerForecast:
        """Forecast every customer of `summary` and every segment.

        Args:
            segments: segment code of each row of `summary`.
            forecaster: horizons, margin and level; the defaults when not given.
        """
        outlook = self.outlook(segments, forecaster)
        return outlook.customers(slice(0, len(outlook)))

    def outlook(self, segments: npt.ArrayLike | SegmentCodes | None = None, forecaster: ValueForecaster | None = None) -> Outlook:
        """The same forecast, with the figures of customers to be asked for a part at a time."""
        how = forecaster or ValueForecaster()
        return how.outlook(self.summary, self.purchases_, self.spend_, segments, self.currency, self.drift)

    def without_histories(self) -> Appraisal:
        """What is known of the base, without what it was learnt from: of millions of customers the histories take most of the room."""
        return Appraisal(**{item.name: getattr(self, item.name) for item in fields(Appraisal)})


@dataclass(frozen=True, eq=False)
class Histories:
    """What an appraisal rests on: histories up to `as_of`, and the same cut in two; no `past` where they are too short for that."""

    as_of: date
    summary: PurchaseSummary
    past: Past | None
    currency: str


@dataclass(frozen=True)
class Appraiser:
    """Which models may be used and what they must show.

    Args:
        model: code of a model of repeat purchases, or `auto` to let the holdout choose.
        unit: unit of time of the fits.
        calibration_end: last day of calibration in the back-test; two thirds of the history by default.
        spend_from: orders behind the mean spend: `repeat`, or `all` with the first one.
        gate: what a model must show.

    Example:
        >>> Appraiser(model="bg-nbd").model
        'bg-nbd'
    """

    model: str = "auto"
    unit: Unit = "week"
    calibration_end: date | None = None
    spend_from: SpendFrom = "repeat"
    gate: ModelGate = field(default_factory=ModelGate)

    def __post_init__(self) -> None:
        check_choice("model", self.model, ("auto", *PURCHASE_MODELS))

    def fit(self, ledger: DayLedger, as_of: date) -> CustomerAppraisal:
        """Back-test, choose, fit to all days.

        Args:
            ledger: purchase days of the base.
            as_of: end of observation, that day included.

        Returns:
            The appraisal; where no model passes it holds the naive rate and the reason.

        Raises:
            InputError: nobody bought before `as_of`.
        """
        return self.judge(self.histories(ledger, as_of))

    def histories(self, ledger: DayLedger, as_of: date) -> Histories:
        """All that `judge` reads of the purchase days, so that those of a large base can be let go before.

        Raises:
            InputError: nobody bought before `as_of`.
        """
        summary = summarise(ledger, as_of, self.unit, self.spend_from)
        past: Past | None = None
        try:
            past = self._backtester.past(ledger, as_of)
        except InputError:
            if self.calibration_end is not None:
                raise
        return Histories(as_of, summary, past, ledger.currency)

    def judge(self, histories: Histories) -> CustomerAppraisal:
        """Back-test, choose, fit to all days: `fit` of the purchase days these histories were made of."""
        summary, codes = histories.summary, self._codes
        backtest = None if histories.past is None else self._backtester.test(histories.past)
        chosen, remarks = self._choose(summary, backtest)
        fitted = self._refit(codes, chosen, backtest, summary)
        if chosen != "naive" and (fitted is None or fitted.convergence_ == "failed"):
            chosen, remarks = "naive", (Remark("not-converged", choice.NOT_CONVERGED),)
        shown = fitted if chosen != "naive" and fitted is not None else NaiveRate.learn(summary, floor=True)
        spend, spend_remarks = self._spend(summary, backtest)
        return CustomerAppraisal(
            as_of=histories.as_of,
            customers=summary.customers,
            repeaters=summary.repeaters,
            summary=summary,
            purchases_=shown,
            spend_=spend,
            fitted_=fitted,
            gate=Gate(
                shown="naive" if chosen == "naive" else "model",
                model=chosen,
                spend_model="" if spend is None else spend.code,
                remarks=remarks + spend_remarks,
            ),
            backtest=backtest,
            currency=histories.currency,
        )

    @property
    def _codes(self) -> tuple[str, ...]:
        return tuple(PURCHASE_MODELS) if self.model == "auto" else (self.model,)

    @property
    def _backtester(self) -> Backtester:
        return Backtester(self._codes, self.calibration_end, self.unit, self.spend_from)

    def _choose(self, summary: PurchaseSummary, backtest: Backtest | None) -> tuple[str, tuple[Remark, ...]]:
        if summary.repeaters == 0:
            return "naive", (Remark("no-repeaters", choice.NO_REPEATERS),)
        if backtest is None:
            return "naive", (Remark("too-short", choice.TOO_SHORT),)
        return self.gate.orders(backtest)

    def _refit(self, codes: tuple[str, ...], chosen: str, backtest: Backtest | None, summary: PurchaseSummary) -> FittedPurchases | None:
        """Fit what was chosen; where nothing was, the model that came closest, for the record."""
        wanted = codes[0] if chosen == "naive" else chosen
        if chosen == "naive" and backtest is not None and backtest.models:
            wanted = min(backtest.models, key=lambda figures: figures.deviance).model
        try:
            return purchase_model(wanted).fit(summary)
        except InputError:
            return None

    def _spend(self, summary: PurchaseSummary, backtest: Backtest | None) -> tuple[FittedSpend | None, tuple[Remark, ...]]:
        if summary.spend is None:
            # the sums of repeat orders: without any the reason is already told
            return None, () if summary.repeaters == 0 else (Remark("no-money", choice.NO_MONEY),)
        fitted: FittedGammaGamma | None
        try:
            fitted = GammaGamma().fit(summary)
        except InputError:
            fitted = None
        chosen, remarks = self.gate.spend(fitted, backtest)
        if fitted is not None and chosen == fitted.code:
            return fitted, remarks
        return NaiveSpend.learn(summary), remarks
