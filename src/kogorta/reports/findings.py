"""All findings of an analysis, in the order a report tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.reports import (
    behaviour_findings,
    churn,
    data_findings,
    insight_findings,
    moves_findings,
    offer_findings,
    plan_findings,
    segment_findings,
    value_findings,
)
from kogorta.reports.finding import Finding
from kogorta.reports.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable

    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language

__all__ = ["FINDERS", "Finding", "find"]

FINDERS: tuple[Callable[[Wording], Finding | None], ...] = (
    data_findings.data_quality,
    data_findings.chained_cards,
    data_findings.small_base,
    segment_findings.base_makeup,
    segment_findings.revenue_carrier,
    segment_findings.largest_category,
    behaviour_findings.few_frequent,
    behaviour_findings.one_time_buyers,
    segment_findings.industry_pattern,
    behaviour_findings.concentration,
    behaviour_findings.demand_spread,
    behaviour_findings.lifecycle,
    behaviour_findings.cohort_trend,
    behaviour_findings.migration_losses,
    moves_findings.best_leavers,
    moves_findings.segment_revenue,
    moves_findings.segments_work,
    insight_findings.drivers_repeat,
    insight_findings.drivers_churn,
    insight_findings.drivers_average_check,
    insight_findings.drivers_response,
    insight_findings.hidden_segments,
    insight_findings.evidence_classes,
    value_findings.value_segments,
    value_findings.value_spread,
    value_findings.value_backtest,
    churn.leaving,
    data_findings.reach,
    data_findings.stability,
    data_findings.empty_levels,
    plan_findings.priority,
    plan_findings.industry_ranking,
    plan_findings.forecast,
    plan_findings.experiment,
    plan_findings.sensitivity,
    offer_findings.offers,
    offer_findings.no_offers,
)


def find(analysis: Analysis, language: Language) -> tuple[Finding, ...]:
    """What the figures say, and nothing they do not.

    Args:
        analysis: figures of the base; money in minor units, shares 0-1.
        language: language of the sentences.

    Returns:
        Findings in reading order; one that the data cannot support is left out.
    """
    say = Wording(analysis, language)
    found = (finder(say) for finder in FINDERS)
    return tuple(item for item in found if item is not None)
