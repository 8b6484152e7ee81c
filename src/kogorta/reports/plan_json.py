"""`plan.json`: the plan for machines, money in major units, shares 0-1."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from kogorta.kit.language import minor_digits
from kogorta.reports.names import industry_name, segment_name

if TYPE_CHECKING:
    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language
    from kogorta.recommendations.offering import Offering
    from kogorta.waves.plan import Candidate, ExperimentPlan, Forecast, Range

Json = object


def plan_json(analysis: Analysis, language: Language, why: str) -> str:
    """The plan as one JSON document.

    Args:
        analysis: what was found.
        language: language of the names in it; keys and codes are the same in every language.
        why: the justification of the priority segment, or why there is none, in words.
    """
    plan = analysis.plan
    treated = sum(member.arm == "treated" for member in plan.wave)
    document: dict[str, Json] = {
        "as_of": analysis.as_of.isoformat(),
        "time_zone": analysis.time_zone,
        "currency": analysis.currency,
        "scheme": plan.scheme,
        "definitions": dict(analysis.definitions),
        "rfm_rule": asdict(analysis.rule) if analysis.rule else None,
        "priority_segment": None
        if plan.priority is None
        else {
            "segment": plan.priority,
            "name": segment_name(analysis, language, plan.priority, plan.scheme),
            "why": why,
        },
        "why_not": plan.why_not,
        "why_not_in_words": why if plan.priority is None else None,
        "candidates": [_candidate(item, analysis, language) for item in plan.candidates],
        "proposals": [_candidate(item, analysis, language) for item in plan.proposals],
        "industries": [
            {
                "industry": item.industry,
                "name": industry_name(analysis, language, item.industry),
                "customers": item.customers,
                "in_segment": item.in_segment,
                "share": _round(item.share),
                "share_low": _round(item.share_low),
                "revenue_in_segment": _major(item.revenue_in_segment, analysis.currency),
                "chosen": item.chosen,
            }
            for item in plan.industries
        ],
        "wave": {
            "customers": len(plan.wave),
            "treated": treated,
            "control": len(plan.wave) - treated,
            "segment_customers": plan.wave_segment_customers,
        },
        "forecast": _forecast(plan.forecast, analysis.currency) if plan.forecast else None,
        "experiment": _experiment(plan.experiment) if plan.experiment else None,
        "offers": _offers(analysis.offering, analysis) if analysis.offering else None,
        "contradictions": [
            {"code": item.code, "figures": {name: _round(value) for name, value in item.figures}} for item in plan.contradictions
        ],
        "sensitivity": [asdict(item) for item in plan.sensitivity],
        "stability": {**asdict(analysis.stability), "share": _round(analysis.stability.share)},
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _candidate(item: Candidate, analysis: Analysis, language: Language) -> dict[str, Json]:
    return {
        "rank": item.rank,
        "segment": item.segment,
        "name": segment_name(analysis, language, item.segment, analysis.plan.scheme),
        "motive": item.motive,
        "customers": item.customers,
        "customer_share": _round(item.customer_share),
        "revenue": _major(item.revenue, analysis.currency),
        "revenue_share": _round(item.revenue_share),
        "baseline_rate": _round(item.baseline_rate),
        "at_stake": _major(item.at_stake, analysis.currency),
        "reachable": item.reachable,
    }


def _forecast(item: Forecast, currency: str) -> dict[str, Json]:
    return {
        "kind": "model",
        "horizon_days": item.horizon_days,
        "treated": item.treated,
        "control": item.control,
        "baseline_rate": _range(item.baseline),
        "uplift": _range(item.uplift),
        "response_rate": _range(item.response),
        "check": _range(item.check, currency),
        "extra_buyers": _range(item.extra_buyers),
        "extra_revenue": _range(item.extra_revenue, currency),
        "inputs": [
            {
                "name": given.name,
                "value": _scaled(given.value, given.unit, currency),
                "low": _scaled(given.low, given.unit, currency),
                "high": _scaled(given.high, given.unit, currency),
                "unit": given.unit,
                "source": given.source,
                "sample": given.sample,
            }
            for given in item.inputs
        ],
    }


def _experiment(item: ExperimentPlan) -> dict[str, Json]:
    rate = item.smallest_detectable_rate
    return {
        "treated": item.treated,
        "control": item.control,
        "baseline_rate": _round(item.baseline_rate),
        "smallest_detectable_rate": None if rate is None else _round(rate),
        "smallest_detectable_effect": None if rate is None else _round(rate - item.baseline_rate),
        "needed_per_arm": item.needed_per_arm,
        "verdict": item.verdict,
    }


def _offers(item: Offering, analysis: Analysis) -> dict[str, Json]:
    trials = item.hindsight.trials if item.hindsight else ()
    return {
        "why_none": item.why_none,
        "answered_by": item.letter,
        "believed": list(item.believed),
        "trials": [
            {
                "question": trial.question,
                "customers": trial.customers,
                "hit_rate": _round(trial.model.hit_rate),
                "hit_rate_of_popularity": _round(trial.popularity.hit_rate),
                "gain_low": _round(trial.gain_low),
                "gain_high": _round(trial.gain_high),
                "passed": trial.passed,
            }
            for trial in trials
        ],
        "pairs": [
            {
                "left": left.product_id,
                "right": right.product_id,
                "orders": pair.both,
                "share": _round(pair.share),
                "lift": _round(pair.lift),
            }
            for left, right, pair in item.pairs
        ],
        "new_arrivals": [product.product_id for product in item.arrivals],
        "bestsellers": [product.product_id for product in item.bestsellers],
        "wave": {
            member.customer_id: {
                "offers": [offer.product_id for offer in member.offers],
                "new_arrivals": [offer.product_id for offer in member.arrivals],
            }
            for member in analysis.plan.wave
            if member.offers or member.arrivals
        },
    }


def _range(item: Range, currency: str | None = None) -> dict[str, float]:
    unit = "money" if currency else ""
    values = (("low", item.low), ("middle", item.middle), ("high", item.high))
    return {name: _scaled(value, unit, currency or "") for name, value in values}


def _scaled(value: float, unit: str, currency: str) -> float:
    return _major(value, currency) if unit == "money" else _round(value)


def _major(minor: float, currency: str) -> float:
    digits = minor_digits(currency)
    return float(round(minor / 10**digits, digits))


def _round(value: float) -> float:
    return round(value, 6)
