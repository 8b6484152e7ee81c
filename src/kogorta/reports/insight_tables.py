"""Rows of `segments.csv` about hidden segments and segmentations by evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kogorta.segments.evidence.telling import class_title

if TYPE_CHECKING:
    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language


def insight_rows(analysis: Analysis, language: Language) -> list[tuple[object, ...]]:
    """Hidden segments first, shares of buyers; then the classes by evidence, shares of customers."""
    insights = analysis.insights
    if insights is None:
        return []
    rows: list[tuple[object, ...]] = []
    if insights.hidden is not None:
        table, places = insights.hidden.table, insights.hidden.places
        for place, one in enumerate(insights.hidden.segments):
            inside = places == place
            orders = int(table.columns["orders"][inside].sum())
            recency = float(np.median(table.columns["recency_days"][inside])) if inside.any() else None
            check = round(one.revenue / orders) if orders else 0
            rows.append(("hidden", one.slug, one.name(language), one.customers, one.share, one.revenue, one.revenue_share, check, recency))
    for known in insights.known:
        rows += [
            (
                item.scheme,
                item.segment,
                class_title(known.definition, item.segment, language),
                item.customers,
                item.customer_share,
                item.revenue,
                item.revenue_share,
                item.average_check,
                item.median_recency_days,
            )
            for item in known.figures
        ]
    return rows
