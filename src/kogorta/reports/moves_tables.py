"""Files about moves and time: flows, customers who moved, cohorts, segments period after period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.reports.columns import Column
from kogorta.reports.moves_told import Told
from kogorta.reports.tables import write_csv
from kogorta.segments.cohorts import shift_period

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language
    from kogorta.segments.history import SegmentHistory
    from kogorta.segments.moves import CohortTable, Migration, Mover

Row = tuple[object, ...]

MIGRATION: Final = (
    Column("from_on", "day", message("The earlier date"), 12),
    Column("to_on", "day", message("The later date"), 12),
    Column("scheme", "text", message("Scheme: case, guide, abc or lifecycle"), 12),
    Column("source", "text", message("Segment at the earlier date; none, not_yet or prospect for those who had not bought yet"), 20),
    Column("source_name", "text", message("Its name"), 24),
    Column("target", "text", message("Segment at the later date"), 20),
    Column("target_name", "text", message("Its name"), 24),
    Column("customers", "whole", message("Number of customers")),
    Column("bought_between", "whole", message("How many of them bought between the dates")),
    Column(
        "year_before",
        "money",
        message("Their net revenue in the 365 days that end with the earlier date; in fewer where the history is shorter"),
        16,
    ),
    Column(
        "year_after",
        "money",
        message("Their net revenue in the 365 days that end with the later date; in fewer where the history is shorter"),
        16,
    ),
    Column("revenue_before", "money", message("Their net revenue up to the earlier date"), 16),
    Column("revenue_after", "money", message("Their net revenue up to the later date"), 16),
)
MOVED: Final = (
    Column("customer_id", "text", message("Identifier of the customer"), 16),
    Column("name", "text", message("Name of the person or company"), 36),
    Column("source", "text", message("Segment at the earlier date"), 20),
    Column("source_name", "text", message("Its name"), 24),
    Column("target", "text", message("Segment at the later date"), 20),
    Column("target_name", "text", message("Its name"), 24),
    Column(
        "year_before",
        "money",
        message("Net revenue in the 365 days that end with the earlier date; in fewer where the history is shorter"),
        16,
    ),
    Column(
        "year_after",
        "money",
        message("Net revenue in the 365 days that end with the later date; in fewer where the history is shorter"),
        16,
    ),
    Column("monetary", "money", message("Net sum of won orders up to the later date, refunds subtracted"), 16),
    Column("last_order_on", "day", message("Day of the last won order"), 14),
    Column("days_silent", "whole", message("Days from the last won order to the later date")),
    Column("bought_between", "whole", message("1 when the customer bought between the dates, else 0")),
)
COHORTS: Final = (
    Column("cohort_on", "day", message("First day of the period of the first purchase"), 12),
    Column("period_on", "day", message("First day of the period looked at"), 12),
    Column("age", "whole", message("Periods from the one to the other"), 6),
    Column("customers", "whole", message("Customers of the cohort")),
    Column("active", "whole", message("Customers of the cohort who bought in the period")),
    Column("active_share", "share", message("Their share of the cohort")),
    Column("returned", "whole", message("Customers who bought in any later period up to this one")),
    Column("returned_share", "share", message("Their share of the cohort")),
    Column("revenue", "money", message("Net revenue of the cohort in the period"), 16),
    Column("complete", "whole", message("1 when the period is over, else 0")),
    Column("small", "whole", message("1 when the cohort has fewer than 30 customers, else 0")),
)
HISTORY: Final = (
    Column("starts_on", "day", message("First day of the period"), 12),
    Column("ends_on", "day", message("Last day of the period known"), 12),
    Column("complete", "whole", message("1 when the period is over, else 0")),
    Column("segment", "text", message("Segment on the eve of the period; none, not_yet or prospect for the newcomers of the period"), 20),
    Column("name", "text", message("Name of the segment"), 24),
    Column("members", "whole", message("Customers in it on the eve of the period")),
    Column("stayed", "whole", message("Members still in it on the last day")),
    Column("buyers", "whole", message("Members who bought in the period")),
    Column("orders", "whole", message("Their won orders")),
    Column("revenue", "money", message("Their net revenue in the period"), 16),
    Column("average_check", "money", message("Net revenue divided by the number of orders"), 16),
    Column("returned_90d", "whole", message("Members who bought within 90 days of the start; empty while the 90 days are not over")),
    Column("returned_90d_share", "share", message("Their share of the members")),
)


def migration_rows(moves: Migration, told: Told) -> list[Row]:
    """Rows of `migration.csv`, largest flow first."""
    return [
        (
            moves.from_on, moves.to_on, moves.scheme, flow.source, told.name(flow.source), flow.target, told.name(flow.target),
            flow.customers, flow.bought, flow.year_before, flow.year_after, flow.revenue_before, flow.revenue,
        )
        for flow in moves.flows
    ]  # fmt: skip


def moved_rows(found: Iterable[Mover], told: Told) -> list[Row]:
    """Rows of `moved.csv`, most money in the year before first."""
    return [
        (
            item.customer_id, item.name, item.source, told.name(item.source), item.target, told.name(item.target), item.year_before,
            item.year_after, item.revenue, item.last_order_on, item.silent_days, int(item.bought),
        )
        for item in found
    ]  # fmt: skip


def cohort_rows(table: CohortTable) -> list[Row]:
    """Rows of `cohorts.csv`: one per cohort and period."""
    rows: list[Row] = []
    for cohort in table.cohorts:
        last = len(cohort.active) - 1
        for age, (active, returned, revenue) in enumerate(zip(cohort.active, cohort.returned, cohort.revenue, strict=True)):
            rows.append(
                (
                    cohort.starts_on, shift_period(cohort.starts_on, age, table.period), age, cohort.customers, active,
                    active / cohort.customers, returned, returned / cohort.customers, revenue,
                    int(age < last or table.last_is_complete), int(cohort.is_small),
                )
            )  # fmt: skip
    return rows


def history_rows(history: SegmentHistory, told: Told) -> list[Row]:
    """Rows of `segment_history.csv`: one per period and segment."""
    return [
        (
            period.starts_on, period.ends_on, int(period.is_complete), item.segment, newcomers(told, history, item.segment),
            item.members, item.stayed, item.buyers, item.orders, item.revenue, item.average_check,
            None if item.segment == history.absent else item.returned,
            item.returned / item.members if item.returned is not None and item.members and item.segment != history.absent else None,
        )
        for period in history.periods
        for item in period.segments
    ]  # fmt: skip


def newcomers(told: Told, history: SegmentHistory, segment: str) -> str:
    """Name of a segment in the history, where those who had not bought before are the newcomers of the period."""
    return told.language.text("First purchase in the period") if segment == history.absent else told.name(segment)


def write_moves(analysis: Analysis, folder: Path, language: Language) -> list[Path]:
    """Write migration.csv, moved.csv, cohorts.csv and segment_history.csv; one the data cannot fill has its heading alone.

    Returns:
        Paths written.
    """
    told = Told(language, analysis.currency, analysis.scheme)
    moves, cohorts, history = analysis.migration, analysis.cohorts, analysis.history
    jobs: tuple[tuple[str, tuple[Column, ...], list[Row]], ...] = (
        ("migration.csv", MIGRATION, migration_rows(moves, told) if moves else []),
        ("moved.csv", MOVED, moved_rows(moves.leavers, told) if moves else []),
        ("cohorts.csv", COHORTS, cohort_rows(cohorts) if cohorts else []),
        ("segment_history.csv", HISTORY, history_rows(history, told) if history else []),
    )
    for name, columns, rows in jobs:
        write_csv(folder / name, columns, rows, analysis.currency, language)
    return [folder / name for name, _, _ in jobs]
