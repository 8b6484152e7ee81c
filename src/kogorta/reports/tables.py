"""The tables of the output folder as CSV and Parquet, and the row accounting as JSON."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from kogorta.kit.language import minor_digits
from kogorta.reports.cells import FORMULA_STARTS, SHEET_ROW_LIMIT, SHEET_ROWS_UNASKED, written
from kogorta.reports.churn import churn_rows
from kogorta.reports.columns import AUDIT, CHURN, CUSTOMERS, FIRST_WAVE, SEGMENTS, Column
from kogorta.reports.insight_tables import insight_rows
from kogorta.reports.names import category_name, industry_name, segment_name
from kogorta.reports.problems import told
from kogorta.reports.reasons import reasons
from kogorta.segments.rfm import FREQUENCY_WORDS, RECENCY_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kogorta.analysis import Analysis
    from kogorta.engine.table import Table
    from kogorta.kit.language import Language

Row = tuple[object, ...]


def customer_sql(analysis: Analysis, language: Language) -> str:
    """The query for the contract columns of `customers.*`, money as doubles in major units.

    Columns the analysis lacks come out empty.
    """
    parts = [(column.name, _cell_sql(analysis, column, language, exact=False)) for column in CUSTOMERS]
    return _query(analysis.customers, parts)


def write_customers_csv(analysis: Analysis, path: Path, language: Language) -> None:
    """Write `customers.csv`: contract columns, BOM, the separator of the language, harmless text cells."""
    parts = [(column.name, _cell_sql(analysis, column, language, exact=True)) for column in CUSTOMERS]
    _copy_csv(analysis.customers, parts, path, language)


def write_customers_parquet(analysis: Analysis, path: Path, language: Language) -> None:
    """Write `customers.parquet`: the contract columns, money as doubles in major units."""
    connection = analysis.customers.connection
    connection.sql(customer_sql(analysis, language)).write_parquet(str(path), compression="zstd")


def write_quarantine_csv(analysis: Analysis, path: Path, language: Language) -> None:
    """Write `quarantine.csv`: every row left out, with its reason and as it was."""
    table = analysis.quarantine
    parts = [(name, _harmless_sql(f'"{name}"')) for name in table.columns if name != "import_digest"]
    _copy_csv(table, parts, path, language)


def segment_rows(analysis: Analysis, language: Language) -> list[Row]:
    """Rows of `segments.csv`."""
    return [
        (
            item.scheme,
            item.segment,
            segment_name(analysis, language, item.segment, item.scheme),
            item.customers,
            item.customer_share,
            item.revenue,
            item.revenue_share,
            item.average_check,
            item.median_recency_days,
        )
        for item in analysis.segments
    ] + insight_rows(analysis, language)


def wave_rows(analysis: Analysis, language: Language) -> list[Row]:
    """Rows of `first_wave.csv`, in the order of contact, reasons and industries in words."""
    return [
        (
            item.position,
            item.customer_id,
            item.name,
            industry_name(analysis, language, item.industry) if item.industry else None,
            item.region,
            item.time_zone,
            item.contact,
            item.role,
            item.email,
            item.phone,
            item.last_order_on,
            item.recency_days,
            item.frequency,
            item.monetary,
            item.average_check,
            item.rfm_code,
            item.expected_loss,
            reasons(language, item.why),
            item.arm,
            "; ".join(offer.name for offer in item.offers) or None,
            item.offers[0].text(language) if item.offers else None,
            "; ".join(offer.name for offer in item.arrivals) or None,
        )
        for item in analysis.plan.wave
    ]


def audit_rows(analysis: Analysis, language: Language) -> list[Row]:
    """Rows of `audit.csv`: each problem with its count, example, effect and remedy."""
    rows: list[Row] = []
    for item in analysis.audit.problems:
        words = told(language, item.code)
        rows.append(
            (
                item.code,
                words.title,
                item.source,
                str(item.fate),
                item.rows,
                item.column,
                item.example_row,
                item.example,
                words.effect,
                words.remedy,
            )
        )
    return rows


def write_csv(path: Path, columns: Sequence[Column], rows: Iterable[Row], currency: str, language: Language) -> None:
    """Write rows as CSV that a spreadsheet opens with a double click: BOM, its separator, harmless text."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=language.csv_separator, lineterminator="\n")
        writer.writerow(column.name for column in columns)
        for row in rows:
            writer.writerow(written(value, column.kind, currency) for column, value in zip(columns, row, strict=True))


def write_small_tables(analysis: Analysis, folder: Path, language: Language) -> list[Path]:
    """Write segments.csv, first_wave.csv, churn.csv, audit.csv and accounting.json.

    Returns:
        Paths written.
    """
    jobs = (
        ("segments.csv", SEGMENTS, segment_rows(analysis, language)),
        ("first_wave.csv", FIRST_WAVE, wave_rows(analysis, language)),
        ("churn.csv", CHURN, churn_rows(analysis, language)),
        ("audit.csv", AUDIT, audit_rows(analysis, language)),
    )
    paths = []
    for name, columns, rows in jobs:
        write_csv(folder / name, columns, rows, analysis.currency, language)
        paths.append(folder / name)
    accounting = analysis.audit.accounting
    figures = {
        "rows_read": accounting.rows_read,
        "rows_used": accounting.rows_used,
        "rows_merged": accounting.rows_merged,
        "rows_quarantined": accounting.rows_quarantined,
    }
    path = folder / "accounting.json"
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return [*paths, path]


def too_long(rows: int, language: Language) -> str | None:
    """A sentence when a sheet cannot hold so many rows, else None."""
    if rows <= SHEET_ROW_LIMIT:
        return None
    return language.plural(
        "{count} customer does not fit on a sheet ({limit} rows); see customers.csv and customers.parquet.",
        "{count} customers do not fit on a sheet ({limit} rows); see customers.csv and customers.parquet.",
        rows,
        limit=language.number(SHEET_ROW_LIMIT),
    )


def too_slow(rows: int, language: Language) -> str | None:
    """A sentence when a sheet of so many rows is left out unless asked for, else None."""
    if not SHEET_ROWS_UNASKED < rows <= SHEET_ROW_LIMIT:
        return None
    return language.plural(
        "customers.xlsx was not written: {count} customer would take minutes. The same rows are in customers.csv and customers.parquet.",
        "customers.xlsx was not written: {count} customers would take minutes. The same rows are in customers.csv and customers.parquet.",
        rows,
    )


def _cell_sql(analysis: Analysis, column: Column, language: Language, *, exact: bool) -> str:
    if column.name not in analysis.customers.columns:
        return "NULL"
    name = f'"{column.name}"'
    if column.name == "rfm_category":
        return _category_sql(name, language)
    if column.kind == "money":
        digits = minor_digits(analysis.currency)
        if not digits:
            return f"CAST({name} AS BIGINT)"
        if exact:
            unit = f"CAST('{10**-digits:.{digits}f}' AS DECIMAL({digits + 1}, {digits}))"
            return f"CAST({name} AS DECIMAL(20, 0)) * {unit}"
        return f"CAST({name} AS DOUBLE) / {10**digits}"
    if column.kind in {"share", "number"}:
        return f"round(CAST({name} AS DOUBLE), 6)"
    if column.kind == "text":
        return _harmless_sql(name) if exact else f"CAST({name} AS VARCHAR)"
    return f"CAST({name} AS DATE)" if column.kind == "day" else name


def _category_sql(name: str, language: Language) -> str:
    """The category with its words in the language: `Только что-1-Редко`. All words are our own."""
    labels = {
        f"{recency}-{money}-{frequency}": category_name(language, r, money, f)
        for r, recency in enumerate(RECENCY_WORDS, 1)
        for f, frequency in enumerate(FREQUENCY_WORDS, 1)
        for money in (1, 2, 3)
    }
    return f"CASE {name} " + " ".join(f"WHEN '{slug}' THEN '{label}'" for slug, label in labels.items()) + " END"


def _harmless_sql(name: str) -> str:
    text = f"CAST({name} AS VARCHAR)"
    starts = ", ".join(f"chr({ord(char)})" for char in FORMULA_STARTS)
    return f"CASE WHEN left({text}, 1) IN ({starts}) THEN chr(39) || {text} ELSE {text} END"


def _query(table: Table, parts: list[tuple[str, str]]) -> str:
    chosen = ", ".join(f'{value} AS "{name}"' for name, value in parts)
    order = " ORDER BY " + ", ".join(f'base."{name}"' for name in table.order) if table.order else ""
    return f"SELECT {chosen} FROM {table.name} AS base{order}"


def _copy_csv(table: Table, parts: list[tuple[str, str]], path: Path, language: Language) -> None:
    parts = [("\ufeff" * (index == 0) + name, value) for index, (name, value) in enumerate(parts)]
    target = str(path).replace("'", "''")
    options = f"FORMAT csv, HEADER, DELIMITER '{language.csv_separator}'"
    table.connection.execute(f"COPY ({_query(table, parts)}) TO '{target}' ({options})")
