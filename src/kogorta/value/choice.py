"""The gate: a model is shown where it beat the naive rate on the base's own past, else that rate and the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.language import message
from kogorta.value.remark import Remark

if TYPE_CHECKING:
    from kogorta.kit.language import Language
    from kogorta.value.backtest import Backtest, Figures
    from kogorta.value.gamma_gamma import FittedGammaGamma
    from kogorta.value.remark import Quantity

Shown: TypeAlias = Literal["model", "naive"]

TIE: Final = 1e-3
"""Share of the deviance by which models differ only in name."""


@dataclass(frozen=True)
class Gate:
    """What may be shown and why.

    Attributes:
        shown: `model` or `naive`.
        model: code of the model of orders behind the figures, `naive` when none passed.
        spend_model: code of the model of spend; empty when there is no money.
        remarks: the reasons, the most important one first.
    """

    shown: Shown
    model: str
    spend_model: str
    remarks: tuple[Remark, ...]

    def text(self, language: Language) -> str:
        """The reasons as one paragraph."""
        return " ".join(remark.text(language) for remark in self.remarks)


@dataclass(frozen=True)
class ModelGate:
    """What a model must show before its figures are.

    Args:
        min_repeaters: customers with a repeat order in calibration.
        min_test_orders: orders in the test period; fewer prove nothing.
        max_bias: share by which the total may miss, unless the naive rate misses by more.
        mae_slack: share by which the error per customer may exceed the naive rate's where the model proves better on
            totals of groups. A rule that says zero for all who bought once has a small error per customer, being right
            about most of them, and misses every order of the rest.
        max_correlation: of order numbers and mean spend, beyond which the spend model's premise fails.

    Example:
        >>> ModelGate().min_repeaters
        30
    """

    min_repeaters: int = 30
    min_test_orders: int = 10
    max_bias: float = 0.5
    mae_slack: float = 0.05
    max_correlation: float = 0.3

    def __post_init__(self) -> None:
        check_positive("min_repeaters", self.min_repeaters)
        check_positive("min_test_orders", self.min_test_orders)
        check_between("max_bias", self.max_bias, 0.0, 10.0)
        check_between("mae_slack", self.mae_slack, 0.0, 1.0)
        check_between("max_correlation", self.max_correlation, 0.0, 1.0)

    def orders(self, backtest: Backtest) -> tuple[str, tuple[Remark, ...]]:
        """Choose the model of orders by the holdout.

        Args:
            backtest: figures of the candidates.

        Returns:
            The code chosen, `naive` when none passes, and the reasons.
        """
        if backtest.repeaters < self.min_repeaters:
            return "naive", (_few_repeaters(backtest.repeaters, backtest.customers, self.min_repeaters),)
        if backtest.actual == 0:
            return "naive", (_nothing_bought(backtest),)
        if backtest.actual < self.min_test_orders:
            return "naive", (_few_test_orders(backtest),)
        fitted = [figures for figures in backtest.models if figures.convergence != "failed"]
        if not fitted:
            return "naive", (Remark("not-converged", NOT_CONVERGED),)
        passed = [figures for figures in fitted if self._wins(figures, backtest.naive)]
        if not passed:
            closest = min(fitted, key=lambda figures: figures.mae)
            return "naive", (_lost(closest, backtest.naive, self.max_bias),)
        best = min(passed, key=lambda figures: figures.deviance)
        chosen = next(figures for figures in passed if figures.gap <= best.gap + figures.gap_error + TIE * best.deviance)
        remarks = [_won(chosen, backtest)]
        if chosen.convergence in ("flat", "edge"):
            remarks.append(Remark("flat", FLAT))
        if abs(chosen.bias) > 0.1:
            remarks.append(_bias(chosen))
        return chosen.model, tuple(remarks)

    def _wins(self, figures: Figures, naive: Figures) -> bool:
        by_customer = figures.gain_low > 0
        by_group = figures.group_gain_low > 0 and figures.mae <= naive.mae * (1 + self.mae_slack)
        return (by_customer or by_group) and abs(figures.bias) <= max(self.max_bias, abs(naive.bias))

    def spend(self, fitted: FittedGammaGamma | None, backtest: Backtest | None) -> tuple[str, tuple[Remark, ...]]:
        """Choose between the spend model and the customer's own mean.

        Args:
            fitted: Gamma-Gamma on the whole history; none when it could not be fitted.
            backtest: the back-test, for its figures of spend.

        Returns:
            `gamma-gamma` or `naive-spend`, and the reasons.
        """
        if fitted is None or fitted.customers_ < self.min_repeaters:
            return "naive-spend", (Remark("spend-few", SPEND_FEW),)
        if fitted.convergence_ == "failed" or fitted.params_["q"] <= 1:
            return "naive-spend", (Remark("spend-not-converged", SPEND_NOT_CONVERGED),)
        if abs(fitted.correlation_) > self.max_correlation:
            said = Remark("spend-correlated", SPEND_CORRELATED, (("correlation", "decimal", fitted.correlation_),))
            return "naive-spend", (said,)
        figures = None if backtest is None else backtest.spend
        if figures is not None and figures.mae > figures.mae_naive:
            return "naive-spend", (Remark("spend-lost", SPEND_LOST),)
        return "gamma-gamma", ()


FEW_REPEATERS = message(
    "Only {repeaters} of {customers} ordered again before the test period, and a model needs {needed}; "
    "the customer's own rate is shown instead."
)
FEW_TEST_ORDERS = message(
    "Only {orders} were made between {begin} and {end}, too few to test a forecast on; the customer's own rate is shown instead."
)
NOTHING_BOUGHT = message(
    "Nobody ordered between {begin} and {end}, so no forecast could be tested; the customer's own rate is shown instead."
)
NOT_CONVERGED = message("No model could be fitted to these data; the customer's own rate is shown instead.")
LOST = message(
    "On the base's own past the best model missed by {mae} orders per customer, the plain rate by {naive}: "
    "the model has not proved better, so the plain rate is shown."
)
LOST_BIAS = message(
    "On the base's own past the best model was off by {bias} in the total number of orders, more than {allowed}; "
    "the plain rate is shown instead."
)
WON = message(
    "Tested on {customers} and {days} of the base's own past, the forecast missed by {mae} orders per customer, the plain rate by {naive}."
)
WON_GROUPS = message(
    "Tested on {customers} and {days} of the base's own past, the forecast missed as much per customer as the plain rate "
    "({mae} and {naive} orders), but totals of groups by {group} against {naive_group}."
)
FLAT = message("The data hardly tell some of the model's parameters, so trust the intervals more than the figures.")
BIAS_LOW = message("In total it forecast {bias} fewer orders than were made: take totals as cautious.")
BIAS_HIGH = message("In total it forecast {bias} more orders than were made: take totals as optimistic.")
SPEND_FEW = message("Too few customers have paid repeat orders to model the order value; their own average is used.")
SPEND_NOT_CONVERGED = message("The order values are too uneven to model; the customer's own average is used.")
SPEND_CORRELATED = message(
    "Customers who order more often also differ in order value (correlation {correlation}), which the model of order "
    "value does not allow; the customer's own average is used."
)
SPEND_LOST = message("The model of order value did no better than the customer's own average, which is used.")
NO_MONEY = message("There are no order sums, so no value in money is shown.")
TOO_SHORT = message("The history is too short to test a forecast on it; the customer's own rate is shown instead.")
NO_REPEATERS = message("Nobody ordered twice, so neither repeat orders nor value can be forecast.")


def _few_repeaters(repeaters: int, customers: int, needed: int) -> Remark:
    return Remark(
        "few-repeaters",
        FEW_REPEATERS,
        (("repeaters", "number", repeaters), ("customers", "customers", customers), ("needed", "number", needed)),
    )


def _few_test_orders(backtest: Backtest) -> Remark:
    quantities: tuple[Quantity, ...] = (
        ("orders", "orders", backtest.actual),
        ("begin", "day", backtest.calibration_end),
        ("end", "day", backtest.as_of),
    )
    return Remark("few-test-orders", FEW_TEST_ORDERS, quantities)


def _nothing_bought(backtest: Backtest) -> Remark:
    days: tuple[Quantity, ...] = (("begin", "day", backtest.calibration_end), ("end", "day", backtest.as_of))
    return Remark("nothing-bought", NOTHING_BOUGHT, days)


def _lost(figures: Figures, naive: Figures, allowed: float) -> Remark:
    bound = max(allowed, abs(naive.bias))
    if abs(figures.bias) > bound:
        numbers: tuple[Quantity, ...] = (("bias", "percent", abs(figures.bias)), ("allowed", "percent", bound))
        return Remark("lost-bias", LOST_BIAS, numbers)
    return Remark("lost", LOST, (("mae", "decimal", figures.mae), ("naive", "decimal", naive.mae)))


def _won(figures: Figures, backtest: Backtest) -> Remark:
    quantities: tuple[Quantity, ...] = (
        ("customers", "customers", backtest.customers),
        ("days", "days", backtest.holdout_days),
        ("mae", "decimal", figures.mae),
        ("naive", "decimal", backtest.naive.mae),
    )
    if figures.gain_low > 0:
        return Remark("won", WON, quantities)
    groups: tuple[Quantity, ...] = (
        ("group", "percent", figures.group_error),
        ("naive_group", "percent", backtest.naive.group_error),
    )
    return Remark("won-groups", WON_GROUPS, quantities + groups)


def _bias(figures: Figures) -> Remark:
    code, template = ("bias-low", BIAS_LOW) if figures.bias < 0 else ("bias-high", BIAS_HIGH)
    return Remark(code, template, (("bias", "percent", abs(figures.bias)),))
