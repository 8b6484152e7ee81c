"""Plan an experiment on the user's own history: how many customers, how long, what can be seen, what kind of answer."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.assignment import Arms
from kogorta.experiments.clusters import by_cluster
from kogorta.experiments.estimates import Piece, customer_deviation
from kogorta.experiments.metrics import Metric
from kogorta.experiments.quantities import arm_size, open_share
from kogorta.experiments.recommendation import NAMES, RecommendationCode, kind_of_answer
from kogorta.experiments.sequential import Spending, even_looks, sample_inflation, sequential_bounds
from kogorta.experiments.sizing import sample_size_means, sample_size_proportions, smallest_detectable_mean, smallest_detectable_rate
from kogorta.experiments.sums import column_of, sums_of
from kogorta.experiments.verdicts import figure
from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.experiments.sums import Columns
    from kogorta.kit.language import Language

_ARM: Final = "history is one arm"
RATE: Final = Metric(message("rate"), "proportion")
AVERAGE: Final = Metric(message("average"))
"""What a plan without a metric of the user's own is about."""
WEEK: Final = 7


@dataclass(frozen=True)
class ExperimentPlan:
    """Sizes, duration and limits of an experiment.

    Attributes:
        metric: what is measured.
        baseline: its value without the action.
        target: the value the plan is to find.
        deviation: standard deviation per customer (or company), after cap, covariate and strata; `None` for a rate.
        sizes: customers per arm, in the order of the arms.
        inflation: factor on the sample for looking more than once.
        looks: shares of the sample at which one looks.
        days: days of enrolment in whole weeks plus the outcome window; `None` without a daily number.
        available: customers there are; `None` = not said.
        detectable: value the available customers would find; `None` = nothing, or `available` not said.
        code: kind of answer; `None` when `available` is not said.
        waves: lists of `available` customers that reach the sizes.
        unit: what is counted: customers, or companies when these are drawn.
        alpha: error rate over all comparisons with the control and all looks.
        power: probability of finding the target.
    """

    metric: Metric
    baseline: float
    target: float
    deviation: float | None
    sizes: tuple[tuple[str, int], ...]
    inflation: float
    looks: tuple[float, ...]
    days: int | None
    available: int | None
    detectable: float | None
    code: RecommendationCode | None
    waves: int | None
    unit: str
    alpha: float
    power: float

    @property
    def total(self) -> int:
        """Customers in all arms."""
        return sum(size for _, size in self.sizes)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {
            "metric": self.metric.label,
            "kind": self.metric.kind,
            "sizes": dict(self.sizes),
            "looks": list(self.looks),
            "total": self.total,
        }

    def words(self, language: Language) -> str:
        """The plan as a marketer would read it."""
        share = self.metric.kind == "proportion"
        shown = {
            "arms": ", ".join(f"{name} {language.number(size)}" for name, size in self.sizes),
            "metric": language.text(self.metric.column) if self.metric in (RATE, AVERAGE) else self.metric.label,
            "baseline": figure(self.baseline, share=share, language=language),
            "target": figure(self.target, share=share, language=language),
        }
        said = [self._size_words(language, shown)]
        if self.days is not None:
            said.append(language.plural("It takes {count} day.", "It takes {count} days.", self.days))
        if self.available is not None:
            said += self._available_words(language, share=share)
        return " ".join(said)

    def _size_words(self, language: Language, shown: Mapping[str, str]) -> str:
        companies, size = self.unit == "companies", self.sizes[0][1]
        if any(other != size for _, other in self.sizes):
            if companies:
                return language.plural(
                    "You need {count} company ({arms}) to notice a change of {metric} from {baseline} to {target}.",
                    "You need {count} companies ({arms}) to notice a change of {metric} from {baseline} to {target}.",
                    self.total,
                    **shown,
                )
            return language.plural(
                "You need {count} customer ({arms}) to notice a change of {metric} from {baseline} to {target}.",
                "You need {count} customers ({arms}) to notice a change of {metric} from {baseline} to {target}.",
                self.total,
                **shown,
            )
        if companies:
            return language.plural(
                "You need {count} company per variant to notice a change of {metric} from {baseline} to {target}.",
                "You need {count} companies per variant to notice a change of {metric} from {baseline} to {target}.",
                size,
                **shown,
            )
        return language.plural(
            "You need {count} customer per variant to notice a change of {metric} from {baseline} to {target}.",
            "You need {count} customers per variant to notice a change of {metric} from {baseline} to {target}.",
            size,
            **shown,
        )

    def _available_words(self, language: Language, *, share: bool) -> list[str]:
        count = language.number(self.available or 0)
        if self.detectable is None:
            said = [language.text("With {count} customers in all, no change at all would be noticed.", count=count)]
        else:
            said = [
                language.text(
                    "With {count} customers in all, only a change to {detectable} would be noticed.",
                    count=count,
                    detectable=figure(self.detectable, share=share, language=language),
                )
            ]
        if self.code is not None:
            said.append(language.text("Recommendation: {name}.", name=language.text(NAMES[self.code])))
        if self.code in ("pilot", "holdout") and self.waves is not None:
            said.append(
                language.plural("Pool {count} wave of this size for a proof.", "Pool {count} waves of this size for a proof.", self.waves)
            )
        return said


@dataclass(frozen=True)
class Planner:
    """How an experiment is to be read; the plan follows from it.

    Args:
        arms: names and shares; the first one is the control.
        alpha: two-sided error rate over all comparisons and looks.
        power: probability of finding the target.
        looks: number of looks at even shares of the sample.
        spending: how the error rate is spent over the looks.
        daily: new customers per day in all arms; `None` = all at once.
        window_days: days of the outcome window after the last enrolment.
        available: customers there are in all; `None` = not said.
        rest: similar customers outside the experiment, for a pilot.
        waves_planned: how many such lists will be sent.

    Example:
        >>> plan = Planner(available=2400).rate(0.03, 0.036)
        >>> dict(plan.sizes), round(plan.detectable, 3), plan.code
        ({'A': 13911, 'B': 13911}, 0.053, 'pilot')
    """

    arms: Arms = field(default_factory=lambda: Arms.of({"A": 50, "B": 50}))
    alpha: float = 0.05
    power: float = 0.8
    looks: int = 1
    spending: Spending = "obrien_fleming"
    daily: float | None = None
    window_days: int = 0
    available: int | None = None
    rest: int | None = None
    waves_planned: int = 1

    def __post_init__(self) -> None:
        open_share("alpha", self.alpha)
        open_share("power", self.power)
        check_between("looks", self.looks, 1, 100)
        check_between("window_days", self.window_days, 0, 3660)
        check_between("waves_planned", self.waves_planned, 1, 10_000)
        if self.rest is not None and self.rest < 0:
            raise OptionError("rest is {rest!r}; it must be 0 or more customers.", rest=self.rest)
        if self.daily is not None:
            check_positive("daily", self.daily)
        if self.available is not None:
            arm_size("available", self.available)
        if self.arms.shares[0] == 0:
            raise OptionError(
                "the control arm {value!r} has a weight of 0; every comparison needs it.",
                value=self.arms.names[0],
            )

    def rate(self, baseline: float, target: float, *, metric: Metric | None = None) -> ExperimentPlan:
        """Plan for a share of customers.

        Args:
            baseline: rate without the action, 0-1.
            target: rate to be found, 0-1.
            metric: its name in the plan.
        """
        totals = [
            sample_size_proportions(baseline, target, alpha=self._alpha_each, power=self.power, ratio=control / treated).exact / treated
            for treated, control in self._pairs
        ]
        return self._plan(metric or RATE, baseline, target, None, max(totals), "customers")

    def mean(self, baseline: float, target: float, deviation: float, *, metric: Metric | None = None) -> ExperimentPlan:
        """Plan for an average per customer.

        Args:
            baseline: average without the action.
            target: average to be found.
            deviation: standard deviation per customer.
            metric: its name in the plan.
        """
        return self._of_mean(metric or AVERAGE, baseline, target, deviation, "customers")

    def history(
        self, columns: Columns, metric: Metric, *, lift: float, stratum: str | None = None, cluster: str | None = None
    ) -> ExperimentPlan:
        """Plan on the user's own history.

        Args:
            columns: name -> values of a past period as long as the outcome window, one row per customer.
            metric: what will be measured; its cap and covariate count.
            lift: relative change to be found, for example 0.1 = 10 % more, -0.1 = 10 % less.
            stratum: column of the strata that the analysis will use.
            cluster: column of the company, when companies will be drawn; sizes are then companies.

        Raises:
            InputError: the history is empty, never varies, or the baseline is zero.
            OptionError: the lift is zero, or leads outside 0-1 for a share.
        """
        if metric.kind == "quantile":
            raise InputError(
                "metric {name} cannot be planned; plan its mean and add a fifth for a median.",
                name=metric.name,
            )
        if not (math.isfinite(lift) and lift != 0):
            raise OptionError(
                "lift is {lift!r}; it must be a number other than 0, for example 0.1 for 10 % more.",
                lift=lift,
            )
        size = len(column_of(columns, metric.column))
        past: dict[str, object] = {**columns, _ARM: np.full(size, "history")}
        used, form = past, metric
        if cluster is not None:
            summed, forms = by_cluster(past, [metric], arm=_ARM, cluster=cluster, stratum=stratum)  # type: ignore[arg-type]
            used, form = dict(summed), forms[0]
        sums = sums_of(used, [form], arm=_ARM, stratum=stratum)  # type: ignore[arg-type]
        total = int(sums.n.sum())
        pieces = [Piece(sums.only(name).n.sum() / total, sums.moments(0, "history", [name])) for name in sums.stratum_names()]
        baseline, deviation = customer_deviation(form, pieces)
        if baseline == 0 or deviation == 0:
            raise InputError(
                "history: metric {name} is {baseline:g} with deviation {deviation:g}; there is nothing to plan on.",
                name=metric.name,
                baseline=baseline,
                deviation=deviation,
            )
        target = baseline * (1 + lift)
        simple = metric.kind == "proportion" and stratum is None and cluster is None and metric.covariate is None
        if metric.kind == "proportion" and not 0 <= target <= 1:
            raise OptionError(
                "lift is {lift:g}, which takes the share from {baseline:g} to {target:g}; it must stay within 0-1.",
                lift=lift,
                baseline=baseline,
                target=target,
            )
        if simple:
            return self.rate(baseline, target, metric=metric)
        return self._of_mean(metric, baseline, target, deviation, "companies" if cluster else "customers")

    @property
    def _alpha_each(self) -> float:
        """Error rate of one comparison: Holm's first step for several arms against the control."""
        return self.alpha / len(self._pairs)

    @property
    def _pairs(self) -> list[tuple[float, float]]:
        control = self.arms.shares[0]
        return [(share, control) for share in self.arms.shares[1:] if share > 0]

    def _of_mean(self, metric: Metric, baseline: float, target: float, deviation: float, unit: str) -> ExperimentPlan:
        totals = [
            sample_size_means(target - baseline, deviation, alpha=self._alpha_each, power=self.power, ratio=control / treated).exact
            / treated
            for treated, control in self._pairs
        ]
        return self._plan(metric, baseline, target, deviation, max(totals), unit)

    def _plan(self, metric: Metric, baseline: float, target: float, deviation: float | None, total: float, unit: str) -> ExperimentPlan:
        fractions = even_looks(self.looks)
        inflation = 1.0
        if self.looks > 1:
            bounds = sequential_bounds(fractions, alpha=self._alpha_each, spending=self.spending)
            inflation = sample_inflation(bounds, self.power)
        total *= inflation
        sizes = tuple((name, math.ceil(total * share - 1e-9)) for name, share in zip(self.arms.names, self.arms.shares, strict=True))
        needed = sum(size for _, size in sizes)
        days = None
        if self.daily is not None:
            weeks = max(1, math.ceil(needed / self.daily / WEEK - 1e-9))
            days = weeks * WEEK + self.window_days
        code, waves, detectable = None, None, None
        if self.available is not None:
            waves = math.ceil(needed / self.available)
            code = kind_of_answer(self.available, waves, rest=self.rest, waves_planned=self.waves_planned)
            detectable = self._detectable(baseline, target, deviation, inflation)
        return ExperimentPlan(
            metric, baseline, target, deviation, sizes, inflation, fractions, days, self.available, detectable, code, waves,
            unit, self.alpha, self.power,
        )  # fmt: skip

    def _detectable(self, baseline: float, target: float, deviation: float | None, inflation: float) -> float | None:
        """Value that the worst placed arm would find with the available customers."""
        treated_share, control_share = min(self._pairs)
        treated, control = (int((self.available or 0) / inflation * share) for share in (treated_share, control_share))
        if min(treated, control) < 1:
            return None
        if deviation is None:
            if target < baseline:  # a fall is a rise of the opposite
                found = smallest_detectable_rate(treated, control, 1 - baseline, self._alpha_each, self.power)
                return None if found is None else 1 - found
            return smallest_detectable_rate(treated, control, baseline, self._alpha_each, self.power)
        if treated + control < 3:
            return None
        found = smallest_detectable_mean(treated, control, deviation, alpha=self._alpha_each, power=self.power)
        return baseline + math.copysign(found, target - baseline)


def arms_of(weights: Mapping[str, float], control: str) -> Arms:
    """Arms with the control first, as the planner wants them.

    Raises:
        OptionError: the control is not among them.
    """
    if control not in weights:
        raise OptionError(
            "control is {control!r}, but the arms are {listed}.",
            control=control,
            listed=", ".join(weights),
        )
    return Arms.of({control: weights[control], **{name: value for name, value in weights.items() if name != control}})
