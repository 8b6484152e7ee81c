"""Rolling out the winner: only a proven difference makes a winner, and a control stays."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.checks import check_between
from kogorta.kit.errors import InputError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.experiments.readout import Effect
    from kogorta.kit.language import Language

RolloutCode = Literal["winner", "no_difference", "control_best", "blocked", "wait"]
REASONS: Final[dict[RolloutCode, str]] = {
    "winner": message("Roll out {arm}: it is proven better. Keep {share} of the customers as control."),
    "no_difference": message("No difference found: send {arm}, the cheaper one. Keep {share} as control."),
    "control_best": message("Keep {arm}: what was tried is proven worse."),
    "blocked": message("Roll out nothing: the split is broken."),
    "wait": message("Roll out nothing yet: the experiment is still running."),
}


@dataclass(frozen=True)
class Rollout:
    """What is sent to everybody after an experiment.

    Attributes:
        code: why.
        arm: the arm to send; `None` = nothing yet.
        control_share: share of customers kept as control, 0-1.
        beats_all: whether the winner is also ahead of every other arm, not only of the control.
    """

    code: RolloutCode
    arm: str | None
    control_share: float
    beats_all: bool

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)

    def words(self, language: Language) -> str:
        """The decision in a sentence or two."""
        said = language.text(REASONS[self.code], arm=self.arm or "", share=language.percent(self.control_share, 0))
        if self.code == "winner" and not self.beats_all:
            said += " " + language.text("It is not proven to be ahead of the other variants.")
        return said


@dataclass(frozen=True)
class RolloutRule:
    """The rule, declared before the start.

    Args:
        costs: arm -> cost per customer in any unit; without a proven difference the cheapest arm is sent.
        control_share: share of customers kept as control in the roll-out, 0-1.

    Example:
        >>> RolloutRule(costs={"A": 0, "B": 5}).control_share
        0.05
    """

    costs: Mapping[str, float] | None = None
    control_share: float = 0.05

    def __post_init__(self) -> None:
        check_between("control_share", self.control_share, 0, 0.5)

    def decide(self, effects: Sequence[Effect], *, finished: bool = True) -> Rollout:
        """Decide from the effects of all arms on the primary metric.

        Args:
            effects: one per arm, all on the same metric.
            finished: whether a bound was crossed or all planned customers are in.

        Returns:
            The decision.

        Raises:
            InputError: there are no effects, or they are on different metrics.
        """
        if not effects or len({effect.metric for effect in effects}) > 1:
            raise InputError("the roll-out needs the effects of all arms on one metric; pick the primary metric.")
        control = effects[0].control
        if any(effect.verdict == "blocked" for effect in effects):
            return Rollout("blocked", None, self.control_share, beats_all=False)
        if not finished:
            return Rollout("wait", None, self.control_share, beats_all=False)
        wanted = 1 if effects[0].metric.direction == "up" else -1
        better = [effect for effect in effects if effect.good]
        if better:
            best = max(better, key=lambda effect: (wanted * effect.effect, effect.arm))
            rivals = [effect for effect in effects if effect.arm != best.arm]
            return Rollout("winner", best.arm, self.control_share, beats_all=all(_apart(best, one) for one in rivals))
        names = [control, *(effect.arm for effect in effects if effect.good is None)]
        if len(names) == 1:
            return Rollout("control_best", control, self.control_share, beats_all=True)
        costs = self.costs or {}
        cheapest = min(names, key=lambda name: (costs.get(name, 0.0), names.index(name)))
        return Rollout("no_difference", cheapest, self.control_share, beats_all=False)


def _apart(best: Effect, other: Effect) -> bool:
    """Whether the intervals of two arms do not touch (stricter than a test between them)."""
    if best.metric.direction == "up":
        return best.interval.low > other.interval.high
    return best.interval.high < other.interval.low
