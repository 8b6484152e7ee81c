"""Kogorta: a raw CRM export in, a defensible retention plan out.

Example:
    >>> import kogorta as kg
    >>> kg.RFM(levels=3).levels
    3
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kogorta.analysis import Analysis, Analyzer, analyze
    from kogorta.base.customer_base import CustomerBase, open_base
    from kogorta.base.options import IntakeOptions
    from kogorta.doors import first_wave, read_deals
    from kogorta.enrichment.enrich import enrich
    from kogorta.kit.errors import InputError, KogortaError, MissingExtraError, OptionError
    from kogorta.recommendations.recommender import Recommender
    from kogorta.reports.report import Report
    from kogorta.segments.abc_xyz import AbcXyz
    from kogorta.segments.lifecycle import Lifecycle
    from kogorta.segments.rfm import RFM, RFMRule, Segments
    from kogorta.segments.rules.answers import answer_explain, answer_rule
    from kogorta.segments.rules.saved import SavedSegments
    from kogorta.waves.planning import Planner

__version__ = "0.1.0"

_HOMES: Final = {
    "Analysis": "analysis",
    "Analyzer": "analysis",
    "analyze": "analysis",
    "CustomerBase": "base.customer_base",
    "open_base": "base.customer_base",
    "IntakeOptions": "base.options",
    "enrich": "enrichment.enrich",
    "first_wave": "doors",
    "read_deals": "doors",
    "InputError": "kit.errors",
    "KogortaError": "kit.errors",
    "MissingExtraError": "kit.errors",
    "OptionError": "kit.errors",
    "Recommender": "recommendations.recommender",
    "Report": "reports.report",
    "AbcXyz": "segments.abc_xyz",
    "Lifecycle": "segments.lifecycle",
    "RFM": "segments.rfm",
    "RFMRule": "segments.rfm",
    "Segments": "segments.rfm",
    "SavedSegments": "segments.rules.saved",
    "answer_explain": "segments.rules.answers",
    "answer_rule": "segments.rules.answers",
    "Planner": "waves.planning",
}

__all__ = [
    "RFM",
    "AbcXyz",
    "Analysis",
    "Analyzer",
    "CustomerBase",
    "InputError",
    "IntakeOptions",
    "KogortaError",
    "Lifecycle",
    "MissingExtraError",
    "OptionError",
    "Planner",
    "RFMRule",
    "Recommender",
    "Report",
    "SavedSegments",
    "Segments",
    "analyze",
    "answer_explain",
    "answer_rule",
    "enrich",
    "first_wave",
    "open_base",
    "read_deals",
]


def __getattr__(name: str) -> object:
    """Load a public name, and the modules behind it, when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kogorta' has no attribute {name!r}")
    value = getattr(import_module(f"kogorta.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
