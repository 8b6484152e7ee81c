"""What came of the search for drivers: associations with their evidence, warnings, and sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.segments.drivers.effects import RateEffect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kogorta.kit.language import Language
    from kogorta.segments.drivers.adjusting import Adjusted
    from kogorta.segments.drivers.effects import Bounds, Effect
    from kogorta.segments.drivers.factors import Factor, Level

MORE: Final[Mapping[str, str]] = {
    "repeat": message("they come back more often"),
    "churn": message("they stop buying more often"),
    "average_check": message("their checks are larger"),
    "response": message("they respond more often"),
}
LESS: Final[Mapping[str, str]] = {
    "repeat": message("they come back less often"),
    "churn": message("they stop buying less often"),
    "average_check": message("their checks are smaller"),
    "response": message("they respond less often"),
}
TITLES: Final[Mapping[str, str]] = {
    "repeat": message("Repeat purchase within {window} of the first"),
    "churn": message("No purchase during {window}"),
    "average_check": message("Average check during {window}"),
    "response": message("Response to messages during {window}"),
}
WARNINGS: Final[Mapping[str, str]] = {
    "habit": message("It is the same habit seen earlier: it tells who will do so, not what makes them."),
    "current": message("It stands as it is today and may have been set after the outcome, because of it."),
    "filled": message(
        "It is filled in for {own} of those who did and {others} of those who did not: that it is known at all may be a consequence."
    ),
    "inside": message("It is counted up to today, the time of the outcome included: it is a consequence and not a cause, and no finding."),
    "near": message("It says nearly the same as the outcome itself: check whether it is not the outcome under another name."),
    "one_year": message(
        "The data reach back less than two years: each season was seen once, and who is first seen at the very start may be an old "
        "customer."
    ),
    "twin": message("It goes together with “{other}”: which of the two matters cannot be told."),
}
ALIKE: Final = message("Among customers alike in “{other}” the difference stays ({left}).")
ALIKE_LITTLE: Final = message("Among customers alike in “{other}” little is left of it ({left}): that factor stands behind most of it.")
NOTHING: Final[Mapping[str, str]] = {
    "few": message("{customers} is too few to compare groups; {needed} are needed."),
    "flat": message("Everybody did the same; there is nothing to explain."),
    "no_events": message("The base holds no messages sent in this time."),
    "none": message("None of {tests} comparisons stands out more than chance would let it."),
}


@dataclass(frozen=True)
class Warned:
    """A warning about a factor.

    Args:
        code: key of `WARNINGS`.
        own, others: shares it is filled in for, where it is about that.
        other: the factor it goes together with, where it is about that.
    """

    code: str
    own: float = 0.0
    others: float = 0.0
    other: Factor | None = None

    def told(self, language: Language) -> str:
        """One sentence."""
        other = self.other.told(language) if self.other else ""
        return language.text(WARNINGS[self.code], own=language.percent(self.own, 0), others=language.percent(self.others, 0), other=other)


@dataclass(frozen=True)
class Association:
    """One level of a factor against all others whose level is known.

    Args:
        factor: the factor.
        level: its level.
        effect: both figures and their difference.
        p: two-sided p of this comparison alone.
        q: p adjusted for all comparisons (Benjamini and Hochberg).
        bounds: interval of the effect, widened for having been picked out of many (Benjamini and Yekutieli 2005, JASA 100).
        found: whether it stands out.
        warnings: what to beware of.
        adjusted: what is left of a finding among customers alike in the factor most likely to stand behind it.
    """

    factor: Factor
    level: Level
    effect: Effect
    p: float
    q: float
    bounds: Bounds
    found: bool
    warnings: tuple[Warned, ...] = ()
    adjusted: Adjusted | None = None

    @property
    def up(self) -> bool:
        """Whether the level has more of the outcome than the others."""
        return self.effect.own > self.effect.others

    def told(self, outcome: str, language: Language, currency: str) -> str:
        """The association and its warnings in sentences."""
        what = language.text((MORE if self.up else LESS)[outcome])
        label, level = self.factor.told(language), self.level.told(self.factor, language, currency)
        if isinstance(self.effect, RateEffect):
            ends = sorted(abs(100 * edge) for edge in (self.bounds.low, self.bounds.high))
            text = language.text(
                "{label}, “{level}”: {what}, {own} against {others}; the difference is {low} to {high} pp.",
                label=label,
                level=level,
                what=what,
                own=language.percent(self.effect.own, _digits(self.effect.own)),
                others=language.percent(self.effect.others, _digits(self.effect.others)),
                low=language.number(ends[0], 0 if ends[0] >= 3 else 1),
                high=language.number(ends[1], 0 if ends[1] >= 3 else 1),
            )
        else:
            ends = sorted((self.bounds.low, self.bounds.high) if self.up else (1 / self.bounds.low, 1 / self.bounds.high))
            text = language.text(
                "{label}, “{level}”: {what}, typically {own} against {others}; by a factor of {low} to {high}.",
                label=label,
                level=level,
                what=what,
                own=language.money(self.effect.own, currency),
                others=language.money(self.effect.others, currency),
                low=language.number(ends[0], 2 if ends[0] < 1.1 else 1),
                high=language.number(ends[1], 2 if ends[1] < 1.1 else 1),
            )
        return " ".join([text, *self.remarks(language)])

    def remarks(self, language: Language) -> tuple[str, ...]:
        """What is left of it among customers alike in another factor, and the warnings, a sentence each."""
        kept = self.adjusted
        if kept is None:
            return tuple(warning.told(language) for warning in self.warnings)
        if isinstance(self.effect, RateEffect):
            shown = language.text("{points} pp", points=_signed(language, 100 * kept.value))
        else:
            shown = language.text("{times} times", times=language.number(kept.value, 2 if kept.value < 1.1 else 1))
        told = language.text(ALIKE_LITTLE if kept.explained else ALIKE, other=kept.by.told(language), left=shown)
        return (told, *(warning.told(language) for warning in self.warnings))


@dataclass(frozen=True)
class FactorStrength:
    """How strongly a factor as a whole goes with the outcome.

    Args:
        factor: the factor.
        strength: Cramer's V, or the root of omega squared for the average check; 0-1, corrected for chance.
        known: share of the customers it is known for.
        levels: levels large enough to be compared.
        warnings: what to beware of.
    """

    factor: Factor
    strength: float
    known: float
    levels: int
    warnings: tuple[Warned, ...]


@dataclass(frozen=True)
class OutcomeDrivers:
    """One outcome.

    Args:
        outcome: `repeat`, `churn`, `average_check` or `response`.
        as_of: last day seen.
        window: days the outcome was watched.
        currency: ISO code of the money.
        customers: customers looked at.
        overall: share who did, or the typical check in minor units.
        associations: every comparison that counts, surest first.
        factors: strength of every factor, strongest first.
        consequences: factors counted from the outcome's own time, never among the findings.
        nothing: key of `NOTHING` when no comparison could be made or none stands out; else empty.
        needed: least number of customers.
    """

    outcome: str
    as_of: date
    window: int
    currency: str
    customers: int
    overall: float
    associations: tuple[Association, ...]
    factors: tuple[FactorStrength, ...]
    consequences: tuple[FactorStrength, ...]
    nothing: str
    needed: int

    @property
    def findings(self) -> tuple[Association, ...]:
        """Associations that stand out, those without warnings first, then the largest."""
        return tuple(one for one in self.associations if one.found)

    def title(self, language: Language) -> str:
        """What the outcome is."""
        return language.text(TITLES[self.outcome], window=language.plural("{count} day", "{count} days", self.window))

    def told(self, language: Language, *, most: int = 10) -> tuple[str, ...]:
        """The findings in sentences, at most `most`, or why there are none; consequences last."""
        lines = [one.told(self.outcome, language, self.currency) for one in self.findings[:most]]
        if self.nothing:
            lines.append(
                language.text(
                    NOTHING[self.nothing],
                    customers=language.plural("{count} customer", "{count} customers", self.customers),
                    needed=language.number(self.needed),
                    tests=language.number(len(self.associations)),
                )
            )
        if self.nothing in ("few", "flat", "no_events"):
            return tuple(lines)
        lines += [
            language.text("{label}: {warning}", label=one.factor.told(language), warning=warning.told(language))
            for one in self.consequences
            for warning in one.warnings
        ]
        return tuple(lines)


@dataclass(frozen=True)
class DriverReport:
    """Drivers of all outcomes asked for, corrected for the number of comparisons in all of them together."""

    outcomes: tuple[OutcomeDrivers, ...]

    def of(self, outcome: str) -> OutcomeDrivers:
        """The drivers of one outcome.

        Raises:
            OptionError: it was not asked for.
        """
        from kogorta.kit.checks import check_choice

        check_choice("outcome", outcome, [one.outcome for one in self.outcomes])
        return next(one for one in self.outcomes if one.outcome == outcome)

    def told(self, language: Language, *, most: int = 10) -> tuple[str, ...]:
        """A title and sentences for each outcome."""
        lines: list[str] = []
        for one in self.outcomes:
            lines += [one.title(language), *one.told(language, most=most)]
        lines.append(self.caution(language))
        return tuple(lines)

    def caution(self, language: Language) -> str:
        """What may not be concluded from it."""
        return language.text("These are associations in your past data: they tell where to try, and a test tells whether it works.")

    def to_json(self) -> str:
        """Everything as JSON."""
        whole = [
            {
                "outcome": one.outcome,
                "as_of": one.as_of.isoformat(),
                "window_days": one.window,
                "customers": one.customers,
                "overall": one.overall,
                "nothing": one.nothing,
                "associations": [
                    {
                        "factor": found.factor.name,
                        "level": found.level.told(found.factor, _english(), one.currency),
                        "own": found.effect.own,
                        "others": found.effect.others,
                        "size": found.effect.size,
                        "low": found.bounds.low,
                        "high": found.bounds.high,
                        "p": found.p,
                        "q": found.q,
                        "found": found.found,
                        "adjusted": None
                        if found.adjusted is None
                        else {
                            "by": found.adjusted.by.name,
                            "value": found.adjusted.value,
                            "low": found.adjusted.bounds.low,
                            "high": found.adjusted.bounds.high,
                            "kept": found.adjusted.kept,
                        },
                        "warnings": [warning.code for warning in found.warnings],
                    }
                    for found in one.associations
                ],
                "factors": [{"factor": item.factor.name, "strength": item.strength, "known": item.known} for item in one.factors],
                "consequences": [item.factor.name for item in one.consequences],
            }
            for one in self.outcomes
        ]
        return json.dumps(whole, ensure_ascii=False, sort_keys=True)

    def __repr__(self) -> str:
        return "\n".join(self.told(_english()))


def _signed(language: Language, points: float) -> str:
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return sign + language.number(abs(points), 0 if abs(points) >= 3 else 1)


def _english() -> Language:
    from kogorta.kit.language import Language

    return Language("en")


def _digits(share: float) -> int:
    """Decimals of a percentage: small shares need one."""
    return 0 if share >= 0.1 or share == 0 else 1
