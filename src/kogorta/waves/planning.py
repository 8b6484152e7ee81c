"""The plan from the figures: one function that the pipeline calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import first_row
from kogorta.kit.checks import check_between
from kogorta.waves.baseline import Baseline, measure_baselines
from kogorta.waves.first_wave import FirstWave, plan_experiment
from kogorta.waves.forecast import check_claim, forecast_wave
from kogorta.waves.industries import rank_industries
from kogorta.waves.plan import Contradiction, Plan
from kogorta.waves.priority import FEWEST_CUSTOMERS, customer_stakes, propose, rank_candidates
from kogorta.waves.sensitivity import try_definitions

if TYPE_CHECKING:
    from kogorta.base.customer_base import CustomerBase
    from kogorta.engine.table import Table
    from kogorta.segments.figures import IndustrySegment, SegmentFigures
    from kogorta.segments.rfm import Segments
    from kogorta.waves.plan import Candidate, Forecast, WaveMember

FEWEST_BUYERS: Final = 10


@dataclass(frozen=True)
class Claim:
    """A forecast somebody has already made, to be checked against the base: conversion 0-1 and revenue in major units, low and high."""

    conversion: tuple[float, float]
    revenue: tuple[float, float]

    def __post_init__(self) -> None:
        for bound in self.conversion:
            check_between("claimed conversion", bound, 0, 1)


@dataclass(frozen=True)
class Planner:
    """How the plan is made.

    Args:
        scheme: `case` or `guide`.
        industries: how many industries the first wave starts with.
        wave: how the list is drawn.
        claim: a forecast to check, or None.
        segment: the segment to plan for; None takes the one with most money at stake.
    """

    scheme: str = "case"
    industries: int = 3
    wave: FirstWave = field(default_factory=FirstWave)
    claim: Claim | None = None
    segment: str | None = None

    def plan(
        self,
        base: CustomerBase,
        segments: Segments | None,
        profile: Table,
        figures: tuple[SegmentFigures, ...],
        industries: tuple[IndustrySegment, ...],
        expected: str | None = None,
    ) -> Plan:
        """Choose the priority segment, the industries and the list; forecast it; say what can be proven.

        Args:
            base: the base.
            segments: codes at the day of the analysis; None when nobody has bought.
            profile: the customer profile.
            figures: figures of the scheme's segments.
            industries: customers by industry and segment.
            expected: engine table with customer_id and expected_orders over 90 days without action, from a model that passed its
                gate; None measures by segment instead.

        Returns:
            The plan; without a priority segment it says why.
        """
        buyers = sum(item.customers for item in figures)
        if segments is None or buyers < FEWEST_BUYERS:
            return _no_plan(self.scheme, "too_few_buyers", ())
        baselines = measure_baselines(base, segments.rule, segments.as_of, self.scheme)
        stakes = customer_stakes(base, segments, self.scheme, baselines, expected=expected)
        candidates = rank_candidates(profile, stakes, self.scheme, figures, baselines)
        first = self._first(candidates)
        if first is None:
            return _no_plan(self.scheme, "not_enough_data", candidates)
        ranks = rank_industries(industries, first.segment, self.industries)
        chosen = [rank.industry for rank in ranks if rank.chosen]
        wave = self.wave.draw(base, segments, profile, stakes, self.scheme, first.segment, chosen)
        baseline = baselines.get(first.segment, Baseline(0, 0, 0, 0))
        forecast = self._forecast(wave, baseline, _expected_of(base, wave, expected))
        return Plan(
            scheme=self.scheme,
            priority=first.segment,
            why_not=None,
            candidates=candidates,
            proposals=propose(candidates),
            industries=ranks,
            wave=wave,
            wave_segment_customers=first.customers,
            forecast=forecast,
            experiment=plan_experiment(wave, baseline.rate) if wave else None,
            contradictions=self._contradictions(wave, forecast, base.currency),
            sensitivity=try_definitions(base, segments, self.scheme, first.segment, baselines, expected),
        )

    def _first(self, candidates: tuple[Candidate, ...]) -> Candidate | None:
        if self.segment is not None:
            return next((item for item in candidates if item.segment == self.segment and item.customers), None)
        fit = (item for item in candidates if item.customers >= FEWEST_CUSTOMERS and item.at_stake > 0 and item.reachable)
        return next(fit, None)

    def _forecast(self, wave: tuple[WaveMember, ...], baseline: Baseline, expected: float | None) -> Forecast | None:
        checks = [member.average_check for member in wave]
        treated = sum(member.arm == "treated" for member in wave)
        if not baseline.members or not any(check > 0 for check in checks) or not treated:
            return None
        return forecast_wave(treated, len(wave) - treated, baseline, checks, expected_orders=expected)

    def _contradictions(self, wave: tuple[WaveMember, ...], forecast: Forecast | None, currency: str) -> tuple[Contradiction, ...]:
        """The user's claim against the list's own checks and baseline."""
        from kogorta.kit.language import minor_digits

        if self.claim is None or not wave:
            return ()
        unit = 10 ** minor_digits(currency)
        checks = sorted(member.average_check / unit for member in wave if member.average_check > 0)
        if not checks:
            return ()
        usual = (checks[len(checks) // 20], checks[-1 - len(checks) // 20])
        baseline = forecast.baseline if forecast else None
        return check_claim(len(wave), self.claim.conversion, self.claim.revenue, usual, baseline)


def _no_plan(scheme: str, why: str, candidates: tuple[Candidate, ...]) -> Plan:
    return Plan(scheme, None, why, candidates, (), (), (), 0, None, None, (), ())


def _expected_of(base: CustomerBase, wave: tuple[WaveMember, ...], expected: str | None) -> float | None:
    """Orders the model expects of the customers to be contacted if they are left alone."""
    if expected is None or not wave:
        return None
    treated = [member.customer_id for member in wave if member.arm == "treated"]
    row = first_row(
        base.connection.execute(f"SELECT sum(expected_orders) FROM {expected} WHERE customer_id IN (SELECT unnest($ids))", {"ids": treated})
    )
    return float(row[0]) if row and row[0] is not None else None
