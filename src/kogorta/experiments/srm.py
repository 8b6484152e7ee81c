"""Sample ratio mismatch: whether the arms have the sizes they were meant to have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.experiments.assignment import Arms
from kogorta.kit.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

SRM_THRESHOLD: Final = 0.001
"""Below this p the split is taken to be broken and no verdict is given (common practice of A/B platforms)."""
NEARLY_EQUAL: Final = 0.8
"""With no declared shares, arms whose sizes differ by less than this ratio were surely meant to be equal."""


@dataclass(frozen=True)
class SplitCheck:
    """The sizes of the arms against their shares.

    Attributes:
        p: chi-squared p of the observed sizes.
        counts: customers per arm.
        shares: expected share per arm.
        declared: whether the shares were declared or taken as equal.
    """

    p: float
    counts: tuple[tuple[str, int], ...]
    shares: tuple[float, ...]
    declared: bool

    @property
    def broken(self) -> bool:
        """Whether the split blocks the verdict: mismatch with declared shares, or between arms meant to be equal."""
        if self.p >= SRM_THRESHOLD:
            return False
        sizes = [count for _, count in self.counts if count > 0]
        return self.declared or min(sizes) >= NEARLY_EQUAL * max(sizes)

    @property
    def doubtful(self) -> bool:
        """Whether undeclared shares leave it open if the sizes are as meant."""
        return self.p < SRM_THRESHOLD and not self.broken


def check_split(counts: Mapping[str, int], shares: Mapping[str, float] | None = None, *, correction: bool = False) -> SplitCheck:
    """Compare the sizes of the arms with their shares.

    Args:
        counts: customers per arm.
        shares: weight per arm; `None` = equal. An arm of weight 0 must be empty and does not count.
        correction: take half a customer off the distance from the expected sizes, as some libraries do for two arms.

    Returns:
        The check with its p over all used arms at once.

    Raises:
        InputError: an arm has no share, or customers without a share.
        OptionError: the weights are not usable, or a correction is asked for more than two arms.

    Example:
        >>> round(check_split({"a": 500, "b": 450, "c": 0}, {"a": 0.5, "b": 0.5, "c": 0}).p, 6)
        0.104757
        >>> round(check_split({"a": 2023, "b": 1977}, correction=True).p, 4)
        0.4768

    Source: Pearson's chi-squared test; Yates (1934) for the correction; Fabijan et al. (KDD 2019) on its use.
    """
    weights = dict.fromkeys(counts, 1.0) if shares is None else dict(shares)
    stray = sorted(set(counts) - set(weights))
    if stray:
        raise InputError(
            "arm {value!r} has customers but no declared share; the shares name {listed}.",
            value=stray[0],
            listed=", ".join(weights),
        )
    arms = Arms.of(weights)
    observed = {name: counts.get(name, 0) for name in arms.names}
    for name, share in zip(arms.names, arms.shares, strict=True):
        if share == 0 and observed[name] > 0:
            raise InputError(
                "arm {name!r} has a weight of 0 but {value} customers; correct the weights.",
                name=name,
                value=observed[name],
            )
    total = sum(observed.values())
    used = [(observed[name], share) for name, share in zip(arms.names, arms.shares, strict=True) if share > 0]
    if total == 0:
        raise InputError("all arms are empty; there is nothing to check.")
    if correction and len(used) != 2:
        raise OptionError(
            "correction is on, but {number} arms are in use; it is defined for two arms. Leave it off.",
            number=len(used),
        )
    from scipy.special import chdtrc

    off = 0.5 if correction else 0.0
    statistic = sum(max(abs(count - total * share) - off, 0.0) ** 2 / (total * share) for count, share in used)
    p = float(chdtrc(len(used) - 1, statistic))
    return SplitCheck(p, tuple(observed.items()), arms.shares, shares is not None)
