"""Bandits for always-on messages: more customers get what works, everybody is still measured."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.experiments.assignment import Arms
from kogorta.experiments.contrasts import Estimate, MeanContrast
from kogorta.experiments.srm import SplitCheck, check_split
from kogorta.kit.checks import check_between, check_choice
from kogorta.kit.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kogorta.experiments.sums import Floats

DRAWS: Final = 20_000
"""Posterior draws behind the chances of being best: their Monte Carlo error is below half a point."""
LEAST_PER_ARM: Final = 100
"""No weights are learned from an arm with fewer closed rewards than this."""


@dataclass(frozen=True)
class ArmRewards:
    """Rewards of one arm whose window has closed.

    Attributes:
        arm: name of the arm.
        n: customers whose window has closed.
        total: sum of their rewards (0/1, money, or a cost).
        squares: sum of the squared rewards.
    """

    arm: str
    n: int
    total: float
    squares: float

    def __post_init__(self) -> None:
        if self.n < 0 or not (math.isfinite(self.total) and math.isfinite(self.squares)) or self.squares < 0:
            raise InputError(
                "arm {arm!r} has n {n}, total {total}, squares {squares}; these are not rewards.",
                arm=self.arm,
                n=self.n,
                total=self.total,
                squares=self.squares,
            )


@dataclass(frozen=True)
class BanditWeights:
    """Weights for the next period.

    Attributes:
        arms: names and shares.
        chances: probability of each arm being the best.
        learning: whether there was enough data to move away from even weights.
    """

    arms: Arms
    chances: tuple[float, ...]
    learning: bool

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Bandit:
    """Thompson sampling in periods: weights are the chances of being best, with a floor; frozen within a period.

    Args:
        floor: least share of every arm, 0-1; without it a bandit cannot be read afterwards.
        direction: `up` when a larger reward is better, `down` for a cost or complaints.
        kind: `proportion` for 0/1 rewards, `mean` for anything else.
        top_two: share the traffic between the best and the runner-up, which finds the best faster.
        seed: of the posterior draws.

    Example:
        >>> rewards = [ArmRewards("A", 1000, 50, 50), ArmRewards("B", 1000, 90, 90)]
        >>> weights = Bandit(seed=1).weights(rewards)
        >>> weights.arms.shares[1] > 0.9
        True

    Source: Thompson (1933); Russo (2020), Operations Research 68, for top-two.
    """

    floor: float = 0.05
    direction: Literal["up", "down"] = "up"
    kind: Literal["proportion", "mean"] = "proportion"
    top_two: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_between("floor", self.floor, 0, 0.5)
        check_choice("direction", self.direction, ("up", "down"))
        check_choice("kind", self.kind, ("proportion", "mean"))

    def weights(self, rewards: Sequence[ArmRewards]) -> BanditWeights:
        """Weights of the next period from all closed rewards so far.

        Args:
            rewards: one per arm, two or more. Rewards whose window is still open must not be counted.

        Returns:
            Even weights until every arm has 100 closed rewards; then the learned ones.

        Raises:
            InputError: fewer than two arms or a name twice.
            OptionError: the floor does not fit the number of arms.
        """
        names = [one.arm for one in rewards]
        if len(names) < 2 or len(set(names)) != len(names):
            raise InputError(
                "the arms are {value}; a bandit needs two or more different ones.",
                value=", ".join(names) or "none",
            )
        if self.floor * len(names) > 1:
            raise OptionError(
                "floor is {floor:g}, but {names_count} arms allow at most {value:g}.",
                floor=self.floor,
                names_count=len(names),
                value=1 / len(names),
            )
        even = Arms.of(dict.fromkeys(names, 1.0))
        draws = self._draws(rewards)
        chances = _chances(draws)
        known = tuple(float(chance) for chance in chances)
        if min(one.n for one in rewards) < LEAST_PER_ARM:
            return BanditWeights(even, known, learning=False)
        raw = _top_two(draws) if self.top_two and len(names) > 2 else chances
        shares = self.floor + (1 - self.floor * len(names)) * raw
        return BanditWeights(Arms.of(dict(zip(names, shares.tolist(), strict=True))), known, learning=True)

    def _draws(self, rewards: Sequence[ArmRewards]) -> Floats:
        """Posterior draws of each arm's value, larger = better; arms x draws."""
        random = np.random.default_rng(self.seed)
        found = []
        for one in rewards:
            if self.kind == "proportion":
                if not 0 <= one.total <= one.n:
                    raise InputError(
                        "arm {arm!r} has {total:g} successes among {n}; use kind 'mean' for amounts.",
                        arm=one.arm,
                        total=one.total,
                        n=one.n,
                    )
                found.append(random.beta(one.total + 0.5, one.n - one.total + 0.5, DRAWS))
                continue
            size = max(one.n, 2)
            mean = one.total / max(one.n, 1)
            variance = max(one.squares - one.n * mean**2, 0.0) / (size - 1)
            error = math.sqrt(variance / size) if one.n >= 2 else 1e12
            found.append(mean + error * random.standard_t(size - 1, DRAWS))
        draws = np.asarray(found)
        return draws if self.direction == "up" else -draws


def _chances(draws: Floats) -> Floats:
    best = np.argmax(draws, axis=0)
    return np.asarray(np.bincount(best, minlength=len(draws)) / draws.shape[1])


def _top_two(draws: Floats) -> Floats:
    """Half of the time the best of a draw, half of the time its runner-up.

    With two arms the runner-up is always the other one, so this would be an even split for ever; two arms use Thompson.
    """
    order = np.argsort(draws, axis=0)
    counts = np.bincount(order[-1], minlength=len(draws)) + np.bincount(order[-2], minlength=len(draws))
    return np.asarray(counts / counts.sum())


@dataclass(frozen=True, eq=False)
class BanditPeriod:
    """One period with frozen weights, after its windows have closed.

    Attributes:
        arms: weights of the period.
        assigned: arm number of each customer.
        rewards: reward of each customer.
    """

    arms: Arms
    assigned: NDArray[np.int64]
    rewards: Floats


@dataclass(frozen=True)
class BanditReading:
    """A bandit read afterwards.

    Attributes:
        means: arm -> mean reward, every customer weighted by the inverse of his chance to get that arm.
        contrast: `treated` against `control`.
        splits: check of each period's sizes against its weights.
    """

    means: dict[str, float]
    contrast: MeanContrast
    splits: tuple[SplitCheck, ...] = field(default=())


def read_bandit(periods: Sequence[BanditPeriod], *, treated: str, control: str) -> BanditReading:
    """Read a bandit without the bias that moving weights bring: weighting by inverse probability within periods.

    Args:
        periods: closed periods, all with the same arms.
        treated: arm of interest.
        control: arm it is compared with.

    Returns:
        Means, contrast and the split check of every period.

    Raises:
        InputError: there are no periods, or an arm does not exist.

    Source: Horvitz and Thompson (1952), with ratio normalisation within each period.
    """
    if not periods:
        raise InputError("there are no closed periods to read.")
    names = periods[0].arms.names
    for name in (treated, control):
        if name not in names:
            raise InputError(
                "there is no arm {name!r}; the arms are {listed}.",
                name=name,
                listed=", ".join(names),
            )
    if any(period.arms.names != names for period in periods):
        raise InputError("the periods have different arms; read the phases apart.")
    total = sum(len(period.assigned) for period in periods)
    means, variances, freedom = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0), dict.fromkeys(names, 0)
    splits = []
    for period in periods:
        weight = len(period.assigned) / total
        counts = np.bincount(period.assigned, minlength=len(names))
        splits.append(check_split(dict(zip(names, counts.tolist(), strict=True)), dict(zip(names, period.arms.shares, strict=True))))
        for place, name in enumerate(names):
            own = period.rewards[period.assigned == place]
            if len(own) < 2:
                raise InputError(
                    "arm {name!r} has {own_count} customers in a period; raise the floor or join periods.",
                    name=name,
                    own_count=len(own),
                )
            # within a period all customers of an arm had the same chance, so the weighted mean is the plain one
            means[name] += weight * float(own.mean())
            variances[name] += weight**2 * float(own.var(ddof=1)) / len(own)
            freedom[name] += len(own) - 1
    sides = [Estimate(means[name], variances[name], freedom[name]) for name in (treated, control)]
    return BanditReading(means, MeanContrast(*sides), tuple(splits))
