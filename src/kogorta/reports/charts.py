"""All charts of an analysis; a chart the data cannot support is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.reports import bars, cohort_chart, flows, grids, history_chart, insight_charts, ranges, value_charts
from kogorta.reports.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language
    from kogorta.reports.chart import Chart
    from kogorta.reports.finding import Finding

CHARTS: tuple[tuple[str, Callable[[Wording, Finding], Chart | None]], ...] = (
    ("base_makeup", bars.segments_chart),
    ("largest_category", grids.categories_chart),
    ("revenue_carrier", bars.revenue_chart),
    ("industry_pattern", bars.industries_chart),
    ("concentration", grids.matrix_chart),
    ("demand_spread", ranges.spread_chart),
    ("lifecycle", bars.lifecycle_chart),
    ("cohort_trend", cohort_chart.cohorts_chart),
    ("migration_losses", flows.migration_chart),
    ("segment_revenue", history_chart.history_chart),
    ("drivers_repeat", insight_charts.drivers_chart),
    ("drivers_churn", insight_charts.drivers_chart),
    ("drivers_average_check", insight_charts.drivers_chart),
    ("drivers_response", insight_charts.drivers_chart),
    ("hidden_segments", insight_charts.hidden_chart),
    ("value_segments", value_charts.value_segments_chart),
    ("value_spread", bars.value_chart),
    ("value_backtest", value_charts.backtest_chart),
    ("industry_ranking", ranges.industry_chart),
    ("forecast", ranges.forecast_chart),
    ("sensitivity", ranges.sensitivity_chart),
)
"""Which chart shows which finding: the headline of the finding is its title."""


def charts(analysis: Analysis, language: Language, findings: Iterable[Finding]) -> dict[str, Chart]:
    """The charts of an analysis, each titled with its finding.

    Args:
        analysis: figures of the base.
        language: language of titles and labels.
        findings: findings of the same analysis in the same language.

    Returns:
        Charts by the code of their finding, in reading order.
    """
    say = Wording(analysis, language)
    by_code = {finding.code: finding for finding in findings}
    made = {code: draw(say, by_code[code]) for code, draw in CHARTS if code in by_code}
    return {code: chart for code, chart in made.items() if chart is not None}
