"""Intervals that stay valid whenever and however often one looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.experiments.quantities import Interval, normal_quantile, open_share
from kogorta.kit.checks import check_positive

if TYPE_CHECKING:
    from kogorta.experiments.contrasts import Contrast


@dataclass(frozen=True)
class AlwaysValid:
    """Asymptotic confidence sequence: the second mode of looking, wider than planned looks but without a plan.

    Args:
        tuned_for: customers (both arms) at which the interval is to be narrowest; about the planned sample.
        alpha: error rate over all looks ever taken.

    Example:
        >>> mode = AlwaysValid(tuned_for=5000)
        >>> round(mode.reach(42613), 3)
        3.22

    Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2021), Time-uniform central limit theory.
    """

    tuned_for: float
    alpha: float = 0.05

    def __post_init__(self) -> None:
        check_positive("tuned_for", self.tuned_for)
        open_share("alpha", self.alpha)

    @property
    def _rho_squared(self) -> float:
        # the width at n customers is smallest near this mixing variance
        log = -2 * math.log(self.alpha)
        return (log + math.log(log + 1)) / self.tuned_for

    def reach(self, customers: int) -> float:
        """How many standard errors the interval reaches after this many customers."""
        return self._reach_at(customers, self.alpha)

    def _reach_at(self, customers: int, alpha: float) -> float:
        spread = customers * self._rho_squared
        return math.sqrt((spread + 1) / spread * (math.log(spread + 1) - 2 * math.log(alpha)))

    def level(self, customers: int) -> float:
        """The two-sided level of an ordinary interval of the same reach."""
        from kogorta.experiments.quantities import two_sided_p

        return two_sided_p(self.reach(customers))

    def interval(self, contrast: Contrast, customers: int) -> Interval:
        """The always-valid interval of a contrast."""
        return contrast.interval(self.level(customers))

    def p(self, contrast: Contrast, customers: int) -> float:
        """The always-valid p: the smallest error rate at which the sequence excludes zero now."""
        plain = contrast.p
        if plain <= 0:
            return 0.0
        z = normal_quantile(1 - plain / 2) if plain > 1e-15 else math.sqrt(-2 * math.log(plain))
        spread = customers * self._rho_squared
        return min(1.0, math.sqrt(spread + 1) * math.exp(-0.5 * z * z * spread / (spread + 1)))
