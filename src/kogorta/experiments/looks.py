"""Looking at a running experiment without fooling oneself: a plan of looks, and what each look decides."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from kogorta.experiments.always_valid import AlwaysValid
from kogorta.experiments.quantities import Interval, arm_size, normal_quantile, open_share, two_sided_p
from kogorta.experiments.sequential import Spending, bounds_at, conditional_power, even_looks
from kogorta.experiments.verdicts import NAMES, Verdict, judge
from kogorta.kit.checks import check_between, check_choice
from kogorta.kit.errors import InputError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.experiments.contrasts import Contrast
    from kogorta.kit.language import Language

DecisionCode = Literal["stop_proven", "stop_harm", "stop_futile", "stop_end", "go_on", "not_due"]
DECISIONS: Final[dict[DecisionCode, str]] = {
    "stop_proven": message("Stop: the difference is proven."),
    "stop_harm": message("Stop: it does harm."),
    "stop_futile": message("Stop if you like: a proof has become unlikely."),
    "stop_end": message("Stop: all planned customers are in."),
    "go_on": message("Go on: nothing is decided yet."),
    "not_due": message("Wait: the next planned look is not due yet."),
}


@dataclass(frozen=True)
class Look:
    """What one look found and decided.

    Attributes:
        number: 1 for the first look.
        customers: customers of both arms.
        fraction: share of the planned sample.
        effect: treated minus control.
        interval: interval at the level of this look, so that all looks together keep the error rate.
        z: standardised effect.
        bound: |z| above this proves the difference.
        harm_bound: |z| above this in the unwanted direction stops for harm.
        chance: probability that the last look will prove the planned effect; `None` at the end.
        decision: what to do.
        verdict: the verdict so far.
    """

    number: int
    customers: int
    fraction: float
    effect: float
    interval: Interval
    z: float
    bound: float
    harm_bound: float
    chance: float | None
    decision: DecisionCode
    verdict: Verdict

    @property
    def stops(self) -> bool:
        """Whether the experiment ends here (a futile one may go on at will)."""
        return self.decision in ("stop_proven", "stop_harm", "stop_end")

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        ends = [end if math.isfinite(end) else None for end in (self.interval.low, self.interval.high)]
        return asdict(self) | {"interval": ends}

    def words(self, language: Language) -> str:
        """Decision and verdict in one or two sentences."""
        seen = language.text(
            "Look {number}, {share} of the planned customers.",
            number=language.number(self.number),
            share=language.percent(self.fraction, 0),
        )
        said = [seen, language.text(DECISIONS[self.decision])]
        if self.decision not in ("not_due", "go_on"):
            said.append(language.text("Verdict: {verdict}.", verdict=language.text(NAMES[self.verdict]).lower()))
        return " ".join(said)


@dataclass(frozen=True)
class LookPlan:
    """Planned looks with a proof bound, a harm bound and a futility rule; frozen before the start.

    Args:
        planned: customers of both arms at the end.
        fractions: shares of them at which one looks.
        alpha: two-sided error rate over all looks.
        spending: how it is spent; O'Brien-Fleming leaves nearly all of it to the end.
        harm_alpha: one-sided error rate of the harm bound (Pocock type, so that it acts early).
        futility: below this chance of a proof the look advises to stop; 0 = never.
        power: power the sample was planned for.
        direction: the wanted direction of the metric.
        always_valid: look at any time with always-valid intervals instead of planned bounds.

    Example:
        >>> from kogorta.experiments.contrasts import RateContrast
        >>> plan = LookPlan(planned=20_000)
        >>> plan.look(RateContrast(260, 5000, 150, 5000)).decision
        'stop_proven'

    Source: Jennison and Turnbull (2000), Group Sequential Methods; repeated intervals from ch. 9.
    """

    planned: int
    fractions: tuple[float, ...] = field(default_factory=lambda: even_looks(4))
    alpha: float = 0.05
    spending: Spending = "obrien_fleming"
    harm_alpha: float = 0.05
    futility: float = 0.1
    power: float = 0.8
    direction: Literal["up", "down"] = "up"
    always_valid: bool = False

    def __post_init__(self) -> None:
        arm_size("planned", self.planned)
        open_share("alpha", self.alpha)
        open_share("harm_alpha", self.harm_alpha)
        open_share("power", self.power)
        check_between("futility", self.futility, 0, 1)
        check_choice("direction", self.direction, ("up", "down"))
        bounds_at(self.fractions, self.alpha, self.spending, final=True)

    def due(self, customers: int, past: Sequence[Look] = ()) -> bool:
        """Whether the next planned look may be taken with this many customers."""
        taken = len(past)
        if self.always_valid or taken >= len(self.fractions):
            return True
        return customers >= self.fractions[taken] * self.planned - 0.5

    def look(
        self,
        contrast: Contrast,
        *,
        customers: int | None = None,
        past: Sequence[Look] = (),
        margin: float = 0.0,
        last: bool = False,
    ) -> Look:
        """Take a look.

        Args:
            contrast: the treated arm against the control, as of now.
            customers: customers of both arms; needed unless the contrast knows its sizes.
            past: the looks already taken, in their order.
            margin: a difference below this counts as none.
            last: end the experiment here, whatever was planned (a campaign that ran out of customers).

        Returns:
            The look with its decision; before its time it is `not_due` and says nothing about the effect's proof.

        Raises:
            InputError: fewer customers than at the look before, or the number is not known.
        """
        size = self._size(contrast, customers)
        if past and size <= past[-1].customers:
            raise InputError(
                "the look has {size} customers, but the one before had {customers}; take it later.",
                size=size,
                customers=past[-1].customers,
            )
        fraction = size / self.planned
        ends = (
            last
            or (not self.always_valid and fraction >= 1)
            or (not self.always_valid and len(past) + 1 >= len(self.fractions) and fraction >= self.fractions[-1])
        )
        effect = contrast.value - contrast.control_value
        z = math.copysign(_z_of(contrast.p), effect)
        bound, harm_bound = self._bounds(size, fraction, past, ends=ends)
        level = two_sided_p(bound)
        interval = contrast.interval(level)
        chance = None if ends or fraction >= 1 else self._chance(z, fraction)
        due = last or self.due(size, past)
        verdict = judge(contrast.p, level, effect, interval, margin) if due else "too_few_data"
        return Look(
            number=len(past) + 1,
            customers=size,
            fraction=fraction,
            effect=effect,
            interval=interval,
            z=z,
            bound=bound,
            harm_bound=harm_bound,
            chance=chance,
            decision=self._decision(verdict, z, harm_bound, chance, ends=ends) if due else "not_due",
            verdict=verdict,
        )

    def _decision(self, verdict: Verdict, z: float, harm_bound: float, chance: float | None, *, ends: bool) -> DecisionCode:
        wanted = z if self.direction == "up" else -z
        if -wanted > harm_bound:
            return "stop_harm"
        if verdict in ("up", "down"):
            return "stop_proven"
        if ends:
            return "stop_end"
        if chance is not None and chance < self.futility:
            return "stop_futile"
        return "go_on"

    def _bounds(self, size: int, fraction: float, past: Sequence[Look], *, ends: bool) -> tuple[float, float]:
        if self.always_valid:
            harm = AlwaysValid(self.planned, min(2 * self.harm_alpha, 0.5)).reach(size)
            return AlwaysValid(self.planned, self.alpha).reach(size), harm
        shares = (*(look.fraction for look in past), fraction)
        proof = bounds_at(shares, self.alpha, self.spending, final=ends)[-1]
        return proof, bounds_at(shares, min(2 * self.harm_alpha, 0.5), "pocock", final=ends)[-1]

    def _chance(self, z: float, fraction: float) -> float:
        """Chance of a proof at the end if the planned effect is true (so a bad start is not taken for the trend)."""
        final = bounds_at(self.fractions, self.alpha, self.spending, final=True)[-1]
        drift = normal_quantile(1 - self.alpha / 2) + normal_quantile(self.power)
        if self.direction == "down":
            z = -z
        return conditional_power(z, fraction, final, drift=drift)

    @staticmethod
    def _size(contrast: Contrast, customers: int | None) -> int:
        if customers is not None:
            return arm_size("customers", customers)
        sizes = [getattr(contrast, name, None) for name in ("treated_size", "control_size")]
        if any(size is None for size in sizes):
            raise InputError("customers is not given; name the number of customers in both arms.")
        return sum(int(size) for size in sizes if size is not None)


def _z_of(p: float) -> float:
    """The |z| of a two-sided p, also where p is too small for the normal quantile of 1 - p / 2."""
    return -normal_quantile(p / 2) if p > 0 else 40.0
