"""Figures of an analysed base that pages show without counting again, kept as JSON beside the customers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from kogorta.kit.errors import InputError
from kogorta.kit.language import LANGUAGES, Language
from kogorta.segments.figures import SegmentFigures, Totals
from kogorta.segments.rfm import RFMRule
from kogorta.waves.plan import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kogorta.analysis import Analysis

FIGURES_FILE: Final = "figures.json"


@dataclass(frozen=True)
class GridCell:
    """Customers of one level of recency and one of frequency, and their net revenue in minor units."""

    r: int
    f: int
    customers: int
    revenue: int


@dataclass(frozen=True)
class ToldFinding:
    """A finding in the words of both languages: code of the language -> (headline, body)."""

    code: str
    tone: str
    words: Mapping[str, tuple[str, str]]

    def headline(self, language: Language) -> str:
        """The finding in one sentence."""
        return self.words[language.code][0]

    def body(self, language: Language) -> str:
        """What stands behind it."""
        return self.words[language.code][1]


@dataclass(frozen=True)
class WaveLine:
    """A customer to contact first: `at_stake` in minor units, `why` are codes of reasons, `arm` is `treated` or `control`."""

    customer_id: str
    name: str | None
    at_stake: int
    recency_days: int
    why: tuple[str, ...]
    arm: str


@dataclass(frozen=True)
class Figures:
    """The base in figures.

    Args:
        totals: the base in one line.
        segments: figures of both schemes, of ABC, XYZ and lifecycle.
        grid: cells of recency and frequency that occur.
        rule: frozen cut points; None when nobody has bought.
        priority: the segment to begin with; None when there is none.
        why_not: code of the reason then.
        candidates: segments considered, by rank.
        wave: customers to contact first.
        findings: what the figures say, in reading order.
        contradictions: claims the base does not support: code of the language -> sentences.
        industries: slug -> (Russian, English) name.
        compared_from: the earlier day moves are shown from; None when the history is too short.
    """

    totals: Totals
    segments: tuple[SegmentFigures, ...]
    grid: tuple[GridCell, ...]
    rule: RFMRule | None
    priority: str | None
    why_not: str | None
    candidates: tuple[Candidate, ...]
    wave: tuple[WaveLine, ...]
    findings: tuple[ToldFinding, ...]
    contradictions: Mapping[str, tuple[str, ...]]
    industries: Mapping[str, tuple[str, str]]
    compared_from: date | None

    def of_scheme(self, scheme: str) -> tuple[SegmentFigures, ...]:
        """Segments of a scheme that are not empty, most revenue first."""
        found = (item for item in self.segments if item.scheme == scheme and item.customers)
        return tuple(sorted(found, key=lambda item: (-item.revenue, -item.customers, item.segment)))

    def finding(self, code: str) -> ToldFinding | None:
        """A finding by its code, when the data support it."""
        return next((item for item in self.findings if item.code == code), None)


def write_figures(analysis: Analysis, folder: Path) -> None:
    """Keep the figures of an analysis."""
    from kogorta.reports.findings import find
    from kogorta.reports.reasons import contradiction
    from kogorta.reports.wording import Wording

    told: dict[str, dict[str, Any]] = {}
    clashes: dict[str, list[str]] = {}
    for code in LANGUAGES:
        language = Language("en" if code == "en" else "ru")
        say = Wording(analysis, language)
        clashes[code] = [contradiction(say, item) for item in analysis.plan.contradictions]
        for item in find(analysis, language):
            found = told.setdefault(item.code, {"code": item.code, "tone": item.tone, "words": {}})
            found["words"][code] = (item.headline, item.body)
    grid: dict[tuple[int, int], list[int]] = {}
    for one in analysis.codes:
        cell = grid.setdefault((one.r, one.f), [0, 0])
        cell[0] += one.customers
        cell[1] += one.revenue
    document = {
        "totals": asdict(analysis.totals),
        "segments": [asdict(item) for item in analysis.segments],
        "grid": [(r, f, *cell) for (r, f), cell in sorted(grid.items())],
        "rule": analysis.rule.to_json() if analysis.rule else None,
        "priority": analysis.plan.priority,
        "why_not": analysis.plan.why_not,
        "candidates": [asdict(item) for item in analysis.plan.candidates],
        "wave": [(item.customer_id, item.name, item.expected_loss, item.recency_days, item.why, item.arm) for item in analysis.plan.wave],
        "findings": [item for item in told.values() if set(item["words"]) == set(LANGUAGES)],
        "contradictions": clashes,
        "industries": dict(analysis.industry_names),
        "compared_from": analysis.migration.from_on.isoformat() if analysis.migration else None,
    }
    (folder / FIGURES_FILE).write_text(json.dumps(document, ensure_ascii=False, default=str), encoding="utf-8")


@lru_cache(maxsize=4)
def read_figures(folder: Path) -> Figures:
    """The figures of a snapshot.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        raw = json.loads((folder / FIGURES_FILE).read_text(encoding="utf-8"))
        totals = raw["totals"]
        days = {name: date.fromisoformat(totals[name]) if totals[name] else None for name in ("first_order_on", "last_order_on")}
        return Figures(
            totals=Totals(**{**totals, **days}),
            segments=tuple(SegmentFigures(**item) for item in raw["segments"]),
            grid=tuple(GridCell(*item) for item in raw["grid"]),
            rule=RFMRule.from_json(raw["rule"]) if raw["rule"] else None,
            priority=raw["priority"],
            why_not=raw["why_not"],
            candidates=tuple(Candidate(**item) for item in raw["candidates"]),
            wave=tuple(WaveLine(who, name, stake, silent, tuple(why), arm) for who, name, stake, silent, why, arm in raw["wave"]),
            findings=tuple(
                ToldFinding(item["code"], item["tone"], {code: (one[0], one[1]) for code, one in item["words"].items()})
                for item in raw["findings"]
            ),
            contradictions={code: tuple(items) for code, items in raw["contradictions"].items()},
            industries={slug: (names[0], names[1]) for slug, names in raw["industries"].items()},
            compared_from=date.fromisoformat(raw["compared_from"]) if raw["compared_from"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("The snapshot {folder} cannot be read; delete it, and it is made anew.", folder=folder) from error
