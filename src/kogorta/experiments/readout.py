"""What an analysed experiment says: effects with intervals and verdicts, and whether the split can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.experiments.verdicts import NAMES, TEMPLATES, figure, signed, signed_share
from kogorta.kit.language import Language

if TYPE_CHECKING:
    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.quantities import Interval
    from kogorta.experiments.srm import SplitCheck
    from kogorta.experiments.verdicts import Verdict


@dataclass(frozen=True)
class Effect:
    """One arm against the control on one metric.

    Attributes:
        arm: the treated arm.
        control: the control arm.
        metric: what is compared.
        n: customers of the arm (clusters, when the draw was by company).
        control_n: customers of the control.
        mean: value in the arm.
        control_mean: value in the control.
        interval: interval of `effect`.
        p: two-sided p of this comparison alone.
        p_adjusted: p over all comparisons of its family (Holm).
        relative_interval: interval of `relative`; `None` when it has no bounds.
        margin: a difference below this counts as none.
        verdict: the verdict.
        alpha: error rate of the interval.
    """

    arm: str
    control: str
    metric: Metric
    n: int
    control_n: int
    mean: float
    control_mean: float
    interval: Interval
    p: float
    p_adjusted: float
    relative_interval: Interval | None
    margin: float
    verdict: Verdict
    alpha: float

    @property
    def effect(self) -> float:
        """Arm minus control."""
        return self.mean - self.control_mean

    @property
    def relative(self) -> float | None:
        """Arm / control - 1; `None` when the control is zero."""
        return self.effect / self.control_mean if self.control_mean != 0 else None

    @property
    def good(self) -> bool | None:
        """Whether the change is in the wanted direction; `None` without a proven change."""
        if self.verdict not in ("up", "down"):
            return None
        return self.verdict == self.metric.direction

    @property
    def incremental(self) -> tuple[float, Interval]:
        """The effect over all customers of the arm, with its interval: what the campaign brought in all."""
        return self.effect * self.n, type(self.interval)(self.interval.low * self.n, self.interval.high * self.n)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; `None` where there is no finite figure."""
        relative = self.relative_interval
        return {
            "arm": self.arm,
            "metric": self.metric.label,
            "kind": self.metric.kind,
            "n": self.n,
            "control_n": self.control_n,
            "mean": self.mean,
            "control_mean": self.control_mean,
            "effect": self.effect,
            "low": _finite(self.interval.low),
            "high": _finite(self.interval.high),
            "p": self.p,
            "p_adjusted": self.p_adjusted,
            "relative": self.relative,
            "relative_low": _finite(relative.low) if relative else None,
            "relative_high": _finite(relative.high) if relative else None,
            "margin": self.margin,
            "verdict": self.verdict,
        }

    def words(self, language: Language) -> str:
        """The effect as a marketer would read it: verdict, values, interval, relative effect."""
        share = self.metric.kind == "proportion"
        values = {
            "metric": self.metric.label,
            "arm": self.arm,
            "control": self.control,
            "before": figure(self.control_mean, share=share, language=language),
            "after": figure(self.mean, share=share, language=language),
            "effect": signed(self.effect, share=share, language=language),
            "low": signed(self.interval.low, share=share, language=language),
            "high": signed(self.interval.high, share=share, language=language),
        }
        said = [language.text(TEMPLATES[self.verdict], limit=self._limit(language), **values)]
        if self.verdict in ("up", "down"):
            said.append(self._relative_words(language))
        elif self.verdict == "too_few_data" and self.p <= self.alpha < self.p_adjusted:
            said.append(language.text("Alone it would count as proven, but not among several comparisons."))
        return " ".join(said)

    def _limit(self, language: Language) -> str:
        share = self.metric.kind == "proportion"
        widest = max(abs(self.interval.low), abs(self.interval.high))
        return signed(widest, share=share, language=language).removeprefix("+")

    def _relative_words(self, language: Language) -> str:
        bounds = self.relative_interval
        if self.relative is None or bounds is None or math.isinf(bounds.high):
            return language.text("The relative change has no upper bound: the control value is too close to zero.")
        return language.text(
            "That is {relative} ({low} to {high}).",
            relative=signed_share(self.relative, language),
            low=signed_share(bounds.low, language),
            high=signed_share(bounds.high, language),
        )


@dataclass(frozen=True)
class Readout:
    """A whole experiment.

    Attributes:
        split: the sizes of the arms against their shares.
        effects: one per arm and metric.
        strata_merged: strata put together because an arm had fewer than two customers in them.
    """

    split: SplitCheck
    effects: tuple[Effect, ...]
    strata_merged: int = 0

    def effect(self, arm: str, metric: str) -> Effect:
        """The effect of one arm on one metric, by its column or its full name.

        Raises:
            KeyError: there is no such pair.
        """
        for found in self.effects:
            if found.arm == arm and metric in (found.metric.label, found.metric.name):
                return found
        raise KeyError(f"no effect of arm {arm!r} on metric {metric!r}")

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "srm_p": self.split.p,
            "srm_broken": self.split.broken,
            "counts": dict(self.split.counts),
            "results": [effect.to_dict() for effect in self.effects],
        }

    def words(self, language: Language) -> str:
        """The whole experiment in sentences, one per line."""
        said = [self.split_words(language)] if self.split.broken or self.split.doubtful else []
        return "\n".join([*said, *(effect.words(language) for effect in self.effects)])

    def split_words(self, language: Language) -> str:
        """What the sizes of the arms say."""
        sizes = ", ".join(f"{name} {language.number(count)}" for name, count in self.split.counts)
        if self.split.broken:
            return language.text(
                "The split is broken: the arms ({sizes}) do not have the sizes they were meant to have. "
                "Do not trust any effect until the cause is found.",
                sizes=sizes,
            )
        if self.split.doubtful:
            return language.text(
                "The arms are unequal ({sizes}). If that was not intended, the split is broken; state the intended shares.",
                sizes=sizes,
            )
        return language.text("The sizes of the arms are as intended ({sizes}).", sizes=sizes)

    def table(self, language: Language) -> str:
        """The effects as a plain text table."""
        alpha = self.effects[0].alpha if self.effects else 0.05
        head = [
            language.text("Metric"),
            language.text("Arm"),
            language.text("In control"),
            language.text("In the arm"),
            language.text("Effect"),
            language.text("{level} interval", level=language.percent(1 - alpha, 0)),
            language.text("Relative change"),
            "p",
            language.text("Verdict"),
        ]
        rows = [head, *(_row(effect, language) for effect in self.effects)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)

    def __str__(self) -> str:
        language = Language("en")
        return f"{self.split_words(language)}\n{self.table(language)}"


def _row(effect: Effect, language: Language) -> list[str]:
    share = effect.metric.kind == "proportion"
    relative = "" if effect.relative is None else signed_share(effect.relative, language)
    return [
        effect.metric.label,
        effect.arm,
        figure(effect.control_mean, share=share, language=language),
        figure(effect.mean, share=share, language=language),
        signed(effect.effect, share=share, language=language),
        " … ".join(signed(end, share=share, language=language) for end in (effect.interval.low, effect.interval.high)),
        relative,
        "<" + language.number(0.0001, 4) if effect.p < 0.0001 else language.number(effect.p, 4),
        language.text(NAMES[effect.verdict]),
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
