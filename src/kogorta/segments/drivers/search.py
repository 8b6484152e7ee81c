"""The search for drivers: every level of every factor against the rest, all comparisons corrected together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.checks import check_between, check_choice
from kogorta.kit.errors import OptionError
from kogorta.segments.drivers.adjusting import adjust
from kogorta.segments.drivers.effects import RateEffect, RatioEffect, adjusted, correlation_ratio, cramers_v
from kogorta.segments.drivers.facts import OUTCOMES, gather_facts
from kogorta.segments.drivers.report import Association, DriverReport, FactorStrength, OutcomeDrivers, Warned
from kogorta.segments.summary import settle_as_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.drivers.effects import Bounds, Effect
    from kogorta.segments.drivers.facts import Column, Facts, GivenFactor, OutcomeName

GUARD: Final = 0.7
"""Part of the allowed share of false findings that is spent: levels of one factor lean on each other, and the correction does not know."""
NEAR: Final = 0.9
"""Strength beyond which a factor is the outcome under another name."""
TWIN: Final = 0.7
TWO_YEARS: Final = 730
FILLED_GAP: Final = 0.1
"""Difference of the shares a factor is filled in for, and how sure it must be, from which a warning is given."""
FILLED_P: Final = 0.001


@dataclass(frozen=True)
class _Compared:
    column: Column
    place: int
    effect: Effect


@dataclass(frozen=True)
class Drivers:
    """How drivers are looked for.

    Args:
        window: days an outcome is watched.
        active: for churn and average check, days before the window within which a customer must have bought.
        fewest: least customers with a level, and least without it.
        level: share of false findings among findings that is allowed (false discovery rate), 0-0.5.
        outcomes: which outcomes, of `repeat`, `churn`, `average_check`, `response`.
        given: factors of the user's own.

    Raises:
        OptionError: an option is out of its bounds.

    Example:
        >>> Drivers(window=60).level
        0.05
    """

    window: int = 90
    active: int = 365
    fewest: int = 30
    level: float = 0.05
    outcomes: tuple[OutcomeName, ...] = OUTCOMES
    given: tuple[GivenFactor, ...] = field(default=())

    def __post_init__(self) -> None:
        check_between("window", self.window, 1, 3660)
        check_between("active", self.active, 1, 36_600)
        check_between("fewest", self.fewest, 10, 1_000_000)
        check_between("level", self.level, 0.0001, 0.5)
        for one in self.outcomes:
            check_choice("outcome", one, OUTCOMES)
        if not self.outcomes or len(set(self.outcomes)) != len(self.outcomes):
            raise OptionError("outcomes is {outcomes}; name each outcome once, at least one.", outcomes=self.outcomes)

    def measure(self, base: CustomerBase, as_of: date | str | None = None) -> DriverReport:
        """Look for drivers of every outcome.

        Args:
            base: the base, enriched when industry and region are to be known.
            as_of: last day seen; default the last day of the data.

        Returns:
            Associations with their evidence, corrected together.

        Raises:
            InputError: the base has no purchases, or a given factor knows none of the customers.
            OptionError: the text is not a date.
        """
        day = settle_as_of(base, as_of)
        return self.weigh([gather_facts(base, one, day, self.window, active=self.active, given=self.given) for one in self.outcomes])

    def weigh(self, facts: Sequence[Facts]) -> DriverReport:
        """Compare the levels in facts gathered before.

        Source: Benjamini and Hochberg (1995), J. Royal Stat. Soc. B 57; intervals of what was picked: Benjamini and Yekutieli (2005),
        JASA 100.
        """
        compared = [self._compare(one) for one in facts]
        p_values = [one.effect.p for group in compared for one in group]
        q_values = [min(q / GUARD, 1.0) for q in adjusted(p_values)]
        picked = sum(q <= self.level for q in q_values)
        alpha = self.level * GUARD * max(picked, 1) / max(len(q_values), 1)
        outcomes, start = [], 0
        for one, group in zip(facts, compared, strict=True):
            stop = start + len(group)
            outcomes.append(self._outcome(one, group, p_values[start:stop], q_values[start:stop], alpha))
            start = stop
        return DriverReport(tuple(outcomes))

    def _compare(self, facts: Facts) -> list[_Compared]:
        """Every comparison of an outcome that counts."""
        found: list[_Compared] = []
        if len(facts.target) < 2 * self.fewest:
            return found
        has = ~np.isnan(facts.target)
        for column in facts.columns:
            if column.factor.timing == "inside":
                continue
            usable = has & (column.codes >= 0)
            sizes = np.bincount(column.codes[usable], minlength=len(column.levels))
            total = int(sizes.sum())
            places = [place for place, size in enumerate(sizes) if min(size, total - size) >= self.fewest]
            own = [_Compared(column, place, effect) for place in places if (effect := _effect(facts, column, place, usable)) is not None]
            if int((sizes > 0).sum()) == 2 and len(own) == 2:
                own = [max(own, key=lambda one: (one.effect.own, -one.place))]  # two levels make one comparison
            found += own
        return found

    def _outcome(
        self, facts: Facts, compared: list[_Compared], p_values: Sequence[float], q_values: Sequence[float], alpha: float
    ) -> OutcomeDrivers:
        strengths = {column.factor.name: self._strength(facts, column) for column in facts.columns}
        made = []
        for one, p, q in zip(compared, p_values, q_values, strict=True):
            bounds = one.effect.interval(alpha)
            found = q <= self.level and _apart(one.effect, bounds)
            warnings = strengths[one.column.factor.name].warnings
            made.append(Association(one.column.factor, one.column.levels[one.place], one.effect, p, q, bounds, found, warnings))
        made = _with_twins(facts, _with_adjusted(facts, made, compared, {name: one.strength for name, one in strengths.items()}))
        made.sort(key=lambda one: (not one.found, len(one.warnings) > 0, one.p, one.factor.name, one.level.key))
        told = [one for one in strengths.values() if one.levels or one.warnings]
        told.sort(key=lambda one: (-one.strength, one.factor.name))
        has = facts.target[~np.isnan(facts.target)]
        overall = float(has.mean()) if len(has) else 0.0
        return OutcomeDrivers(
            outcome=facts.outcome,
            as_of=facts.as_of,
            window=facts.window,
            currency=facts.currency,
            customers=len(has),
            overall=overall if facts.is_rate else float(np.exp(overall)) if len(has) else 0.0,
            associations=tuple(made),
            factors=tuple(one for one in told if one.factor.timing != "inside" and one.levels),
            consequences=tuple(one for one in told if one.factor.timing == "inside"),
            nothing=self._nothing(facts, has, made),
            needed=2 * self.fewest,
        )

    def _nothing(self, facts: Facts, has: NDArray[np.float64], made: list[Association]) -> str:
        if facts.outcome == "response" and not len(has):
            return "no_events"
        if len(has) < 2 * self.fewest:
            return "few"
        if not np.ptp(has):
            return "flat"
        return "" if any(one.found for one in made) else "none"

    def _strength(self, facts: Facts, column: Column) -> FactorStrength:
        has = ~np.isnan(facts.target)
        known = has & (column.codes >= 0)
        sizes = np.bincount(column.codes[known], minlength=1)
        codes = np.where(np.isin(column.codes, np.flatnonzero(sizes >= self.fewest)) & has, column.codes, -1)
        if facts.is_rate:
            strength = cramers_v(codes, np.where(has, np.nan_to_num(facts.target), -1).astype(np.intp))
        else:
            strength = correlation_ratio(codes, facts.target)
        share = float(known.sum() / max(has.sum(), 1))
        warnings = []
        if column.factor.timing in ("habit", "current", "inside"):
            warnings.append(Warned(column.factor.timing))
        if column.factor.name == "first_season" and facts.began is not None and (facts.as_of - facts.began).days < TWO_YEARS:
            warnings.append(Warned("one_year"))
        if strength >= NEAR and column.factor.timing != "inside":
            warnings.append(Warned("near"))
        filled = _filled(facts, column)
        if filled is not None:
            warnings.append(filled)
        return FactorStrength(column.factor, strength, share, int((sizes >= self.fewest).sum()), tuple(warnings))


def _effect(facts: Facts, column: Column, place: int, usable: NDArray[np.bool_]) -> Effect | None:
    own, others = facts.target[usable & (column.codes == place)], facts.target[usable & (column.codes != place)]
    if facts.is_rate:
        if not 0 < own.sum() + others.sum() < len(own) + len(others):
            return None
        return RateEffect(int(own.sum()), len(own), int(others.sum()), len(others))
    if own.std() == 0 and others.std() == 0:
        return None
    return RatioEffect(float(own.mean()), float(own.var(ddof=1)), len(own), float(others.mean()), float(others.var(ddof=1)), len(others))


def _apart(effect: Effect, bounds: Bounds) -> bool:
    """Whether the interval leaves out no effect."""
    none = 0.0 if isinstance(effect, RateEffect) else 1.0
    return bounds.low > none or bounds.high < none


def _filled(facts: Facts, column: Column) -> Warned | None:
    """A warning where a factor is known more often for those with the outcome, or less."""
    has = ~np.isnan(facts.target)
    known = (column.codes >= 0)[has]
    target = facts.target[has]
    did = target > (0.5 if facts.is_rate else float(np.median(target)) if len(target) else 0.0)
    if column.factor.timing in ("before", "habit", "inside") or known.all() or not known.any() or did.all() or not did.any():
        return None
    effect = RateEffect(int(known[did].sum()), int(did.sum()), int(known[~did].sum()), int((~did).sum()))
    if abs(effect.value) < FILLED_GAP or effect.p > FILLED_P:
        return None
    return Warned("filled", effect.own, effect.others)


def _with_adjusted(facts: Facts, made: list[Association], compared: list[_Compared], strengths: dict[str, float]) -> list[Association]:
    """Show what is left of each finding among customers alike in the factor most likely to stand behind it."""
    return [
        replace(one, adjusted=adjust(facts, source.column, source.place, strengths)) if one.found else one
        for one, source in zip(made, compared, strict=True)
    ]


def _with_twins(facts: Facts, made: list[Association]) -> list[Association]:
    """Warn of findings whose factors go together."""
    columns = {column.factor.name: column for column in facts.columns}
    names = sorted({one.factor.name for one in made if one.found})
    twins: dict[str, str] = {}
    for name in names:
        strengths = [(cramers_v(columns[name].codes, columns[other].codes), other) for other in names if other != name]
        strongest = max(strengths, default=(0.0, ""))
        if strongest[0] >= TWIN:
            twins[name] = strongest[1]
    return [
        replace(one, warnings=(*one.warnings, Warned("twin", other=columns[twins[one.factor.name]].factor)))
        if one.found and one.factor.name in twins
        else one
        for one in made
    ]
