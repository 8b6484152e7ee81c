"""Which kind of answer a list of this size can give: A/B test, pilot, holdout, or none."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.experiments.quantities import Interval, arm_size, wilson_interval
from kogorta.experiments.sizing import power_of_proportions, sample_size_exact, smallest_detectable_rate
from kogorta.experiments.verdicts import figure
from kogorta.kit.checks import check_between
from kogorta.kit.errors import OptionError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from kogorta.kit.language import Language

RecommendationCode = Literal["ab_test", "pilot", "holdout", "do_not_test"]
NAMES: Final[dict[RecommendationCode, str]] = {
    "ab_test": message("A/B test"),
    "pilot": message("Pilot: measure the response first"),
    "holdout": message("Holdout: judge over several waves"),
    "do_not_test": message("Do not test: too few customers"),
}
PILOT_MINIMUM: Final = 30
"""Below this the Wilson interval of a 25 % response is wider than 30 points: nothing is learned."""
HOLDOUT_SHARES: Final = (0.05, 0.10, 0.20, 0.30, 0.40, 0.50)


@dataclass(frozen=True)
class Recommendation:
    """What can be learned from a list, before anything is sent.

    Attributes:
        code: `ab_test`, `pilot`, `holdout` or `do_not_test`.
        treated: customers of the treated arm.
        control: customers of the control arm.
        baseline: rate expected without the action, 0-1.
        target: rate expected with it, 0-1.
        detectable: the treated rate nearest to the baseline that this split finds, in the direction of the target, 0-1;
            `None` when even 100 % (or 0 %) is not found.
        power: probability that the target is found with this split, 0-1.
        needed: customers (both arms, this split) that would find the target.
        waves: waves of this size to pool until the target is found.
        response: interval the whole list would give if the target were observed, 0-1.
        smallest_holdout: smallest control share that still finds the target on this list; `None` when none does.
        alpha: two-sided error rate used.
        wanted_power: power asked for.
    """

    code: RecommendationCode
    treated: int
    control: int
    baseline: float
    target: float
    detectable: float | None
    power: float
    needed: int
    waves: int
    response: Interval
    smallest_holdout: float | None
    alpha: float
    wanted_power: float

    @property
    def customers(self) -> int:
        """Customers in the list."""
        return self.treated + self.control

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {"response": [self.response.low, self.response.high], "customers": self.customers}

    def name(self, language: Language) -> str:
        """The kind of answer in one or two words."""
        return language.text(NAMES[self.code])

    def words(self, language: Language) -> str:
        """The recommendation as a marketer would read it, two to four sentences."""
        return " ".join(_sentences(self, language))


def recommend(
    customers: int,
    baseline: float,
    target: float,
    *,
    control_share: float = 0.5,
    rest: int | None = None,
    waves_planned: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Recommendation:
    """Say what a list of this size can prove.

    The rule: the split finds the target -> A/B test; otherwise, with at least 30 customers and others left outside the
    list (or nobody said there are none) -> pilot; with nobody left but enough planned waves -> holdout, pooled over
    the waves; otherwise -> do not test.

    Args:
        customers: size of the list.
        baseline: rate expected without the action, 0-1.
        target: rate expected with the action, 0-1, above or below the baseline.
        control_share: share of the list kept as control, 0-1.
        rest: similar customers outside the list to whom a pilot's answer would apply; `None` = not known.
        waves_planned: how many waves of this size will be sent in all.
        alpha: two-sided error rate, 0-1.
        power: probability of finding the target, 0-1.

    Returns:
        The recommendation with the figures it rests on.

    Raises:
        OptionError: the list has fewer than 2 customers or a share is outside 0-1.

    Example:
        >>> plan = recommend(87, 0.10, 0.25)
        >>> plan.code, round(plan.detectable, 2), plan.waves
        ('pilot', 0.36, 3)
    """
    customers = arm_size("customers", customers)
    if customers < 2:
        raise OptionError(
            "customers is {customers}; a comparison needs at least 2, one per arm.",
            customers=customers,
        )
    check_between("control_share", control_share, 0.01, 0.99)
    check_between("waves_planned", waves_planned, 1, 10_000)
    control = min(max(math.ceil(customers * control_share - 0.5), 1), customers - 1)  # the odd one is treated
    treated = customers - control
    need = sample_size_exact(baseline, target, alpha=alpha, power=power, ratio=control / treated)
    reached = power_of_proportions(treated, control, baseline, target, alpha=alpha)
    enough = reached >= power
    waves = 1 if enough else max(2, math.ceil(need.total / customers))
    return Recommendation(
        code=kind_of_answer(customers, waves, rest=rest, waves_planned=waves_planned),
        treated=treated,
        control=control,
        baseline=baseline,
        target=target,
        detectable=_detectable(treated, control, baseline, target, alpha, power),
        power=reached,
        needed=need.total,
        waves=waves,
        response=wilson_interval(round(customers * target), customers, alpha=alpha),
        smallest_holdout=_smallest_holdout(customers, baseline, target, alpha, power),
        alpha=alpha,
        wanted_power=power,
    )


def kind_of_answer(customers: int, waves: int, *, rest: int | None = None, waves_planned: int = 1) -> RecommendationCode:
    """The kind of answer, from the size of the list and how many such lists the full sample takes.

    Args:
        customers: size of the list.
        waves: lists of this size that prove the target; 1 = this one does.
        rest: similar customers outside the list; `None` = not known.
        waves_planned: lists that will be sent in all.

    Example:
        >>> kind_of_answer(87, 3), kind_of_answer(87, 3, rest=0, waves_planned=4), kind_of_answer(20, 9)
        ('pilot', 'holdout', 'do_not_test')
    """
    if waves == 1:
        return "ab_test"
    if customers >= PILOT_MINIMUM and (rest is None or rest > 0):
        return "pilot"
    return "holdout" if waves <= waves_planned else "do_not_test"


def _smallest_holdout(customers: int, baseline: float, target: float, alpha: float, power: float) -> float | None:
    for share in HOLDOUT_SHARES:
        control = round(customers * share)
        if 1 <= control < customers and power <= power_of_proportions(customers - control, control, baseline, target, alpha=alpha):
            return share
    return None


def _detectable(treated: int, control: int, baseline: float, target: float, alpha: float, power: float) -> float | None:
    if target > baseline:
        return smallest_detectable_rate(treated, control, baseline, alpha, power)
    opposite = smallest_detectable_rate(treated, control, 1 - baseline, alpha, power)  # a fall is a rise of those who do not
    return None if opposite is None else 1 - opposite


def _rate(value: float, language: Language) -> str:
    return figure(value, share=True, language=language)


def _sentences(plan: Recommendation, language: Language) -> list[str]:
    rates = {"baseline": _rate(plan.baseline, language), "target": _rate(plan.target, language)}
    if plan.detectable is None:
        seen = language.text("This list is too short to notice any change at all.")
    else:
        seen = language.text(
            "With {treated} treated and {control} in control, a change from {baseline} is noticed only if it reaches {detectable}.",
            treated=language.number(plan.treated),
            control=language.number(plan.control),
            detectable=_rate(plan.detectable, language),
            **rates,
        )
    if plan.code == "ab_test":
        said = [
            language.text(
                "A/B test: the list is long enough to notice a change from {baseline} to {target} with a probability of {power}.",
                power=language.percent(plan.power, 0),
                **rates,
            )
        ]
        if plan.smallest_holdout is not None and plan.smallest_holdout < 0.5:
            said.append(
                language.text(
                    "A control group of {share} is already enough for that.",
                    share=language.percent(plan.smallest_holdout, 0),
                )
            )
        return [*said, seen]
    pooled = language.plural(
        "To prove a change from {baseline} to {target} you need {needed} customers: pool {count} wave of this size.",
        "To prove a change from {baseline} to {target} you need {needed} customers: pool {count} waves of this size.",
        plan.waves,
        needed=language.number(plan.needed),
        **rates,
    )
    if plan.code == "pilot":
        measured = language.text(
            "Pilot, not an A/B test: it measures the response. If it is {target}, the interval will be {low} to {high}.",
            low=_rate(plan.response.low, language),
            high=_rate(plan.response.high, language),
            **rates,
        )
        return [measured, seen, pooled]
    if plan.code == "holdout":
        kept = language.text("Holdout: leave a random part unsent in every wave and judge the effect over all waves.")
        return [kept, seen, pooled]
    refused = language.text("Do not test: there are too few customers to learn anything.")
    return [refused, seen, pooled]
