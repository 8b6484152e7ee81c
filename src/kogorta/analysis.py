"""The one pipeline: base -> segments -> value -> plan. The command line, a notebook and the desk all call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kogorta.base.audit import Audit
    from kogorta.engine.table import Table
    from kogorta.segments.figures import (
        CategoryFigures,
        CellFigures,
        CodeFigures,
        CohortTable,
        IndustrySegment,
        Migration,
        SegmentFigures,
        Stability,
        Totals,
    )
    from kogorta.segments.rfm import RFMRule
    from kogorta.waves.plan import Plan


@dataclass(frozen=True)
class Analysis:
    """Everything a report says, as figures. Texts are made from it in `kogorta.reports`.

    Args:
        as_of: the analysis is true at the end of this day in `time_zone`.
        currency: ISO code of every amount.
        time_zone: IANA zone of the company.
        scheme: `case` or `guide`: which names of RFM segments lead the report.
        sources: names of the files imported.
        audit: problems and row accounting.
        totals: the base in one line.
        rule: frozen RFM cut points.
        empty_levels: levels nobody is in, such as `("F2",)`.
        segments: figures of both schemes, of ABC, XYZ and lifecycle, largest first within a scheme.
        codes, categories, matrix: RFM codes, RFM categories of the case, ABC/XYZ cells that occur.
        cv_deciles: nine deciles of the XYZ coefficient of variation, None where it cannot be computed.
        industries: industry x segment of `scheme`; `industry_names` maps slug to (Russian, English) name.
        cohorts, migration, stability: see their types; migration is None when there is no earlier date to compare with.
        plan: what to do first.
        customers: one row per customer with the contract columns of `customers.csv`.
        quarantine: rows left out, with reasons.
        rfm_stability: customer_id, rfm_code, stable, and the codes one order or one week away.
        definitions: machine-readable definitions used, printed in the report and in plan.json.
    """

    as_of: date
    currency: str
    time_zone: str
    scheme: str
    sources: tuple[str, ...]
    audit: Audit
    totals: Totals
    rule: RFMRule | None
    empty_levels: tuple[str, ...]
    segments: tuple[SegmentFigures, ...]
    codes: tuple[CodeFigures, ...]
    categories: tuple[CategoryFigures, ...]
    matrix: tuple[CellFigures, ...]
    cv_deciles: tuple[float, ...] | None
    industries: tuple[IndustrySegment, ...]
    industry_names: Mapping[str, tuple[str, str]]
    cohorts: CohortTable | None
    migration: Migration | None
    stability: Stability
    plan: Plan
    customers: Table
    quarantine: Table
    rfm_stability: Table
    definitions: Mapping[str, str]
