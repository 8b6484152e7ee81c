"""XLSX books a person can filter: formats, a frozen header, a sheet that explains the columns."""

from __future__ import annotations

from datetime import date, datetime
from math import isnan
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import minor_digits
from kogorta.kit.progress import SILENT
from kogorta.reports.cells import SHEET_ROW_LIMIT, cut_cell
from kogorta.reports.columns import CUSTOMERS, FIRST_WAVE, Column
from kogorta.reports.tables import customer_sql, wave_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language
    from kogorta.kit.progress import Progress

MADE_AT: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed stamp: equal data give equal bytes
_HEADER: Final = {"bold": True, "bg_color": "#1B2B4B", "font_color": "#FFFFFF", "valign": "vcenter", "border": 0}


def write_customers_xlsx(
    analysis: Analysis, path: Path, language: Language, progress: Progress = SILENT, *, most: int = SHEET_ROW_LIMIT
) -> bool:
    """Write `customers.xlsx`, streamed.

    Args:
        analysis: what was found.
        path: where to.
        language: of dates and of the sheet that explains the columns.
        progress: where the rows announce themselves.
        most: customers up to which it is written; never more than a sheet has rows.

    Returns:
        False when there are more customers; nothing is written then.
    """
    total = len(analysis.customers)
    if total > min(most, SHEET_ROW_LIMIT):
        return False
    with progress.step("customers.xlsx", total) as step:
        _write(path, "customers", CUSTOMERS, _streamed(analysis, language, step.advance), total, analysis, language)
    return True


def write_wave_xlsx(analysis: Analysis, path: Path, language: Language) -> None:
    """Write `first_wave.xlsx`: the list to work through, in order."""
    scale = 10 ** minor_digits(analysis.currency)
    money = [column.kind == "money" for column in FIRST_WAVE]
    rows = [
        tuple(value / scale if is_money and isinstance(value, int) else value for value, is_money in zip(row, money, strict=True))
        for row in wave_rows(analysis, language)[:SHEET_ROW_LIMIT]
    ]
    _write(path, "first_wave", FIRST_WAVE, rows, len(rows), analysis, language)


def _streamed(analysis: Analysis, language: Language, advance: Callable[[int], None]) -> Iterator[tuple[object, ...]]:
    cursor = analysis.customers.connection.cursor()
    cursor.execute(customer_sql(analysis, language))
    while rows := cursor.fetchmany(10_000):
        yield from rows
        advance(len(rows))


def _write(
    path: Path,
    name: str,
    columns: Sequence[Column],
    rows: Iterable[tuple[object, ...]],
    total: int,
    analysis: Analysis,
    language: Language,
) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"title": "Kogorta", "created": MADE_AT})
        header = book.add_format(_HEADER)
        digits = minor_digits(analysis.currency)
        formats = {
            "text": book.add_format({"num_format": "@"}),
            "whole": book.add_format({"num_format": "#,##0"}),
            "number": book.add_format({"num_format": "#,##0.00"}),
            "share": book.add_format({"num_format": "0.0%"}),
            "money": book.add_format({"num_format": "#,##0." + "0" * digits if digits else "#,##0"}),
            "day": book.add_format({"num_format": "dd.mm.yyyy" if language.code == "ru" else "yyyy-mm-dd"}),
        }
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 2)
        sheet.set_row(0, 22)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width, formats[column.kind])
        sheet.write_row(0, 0, [column.name for column in columns], header)
        sheet.autofilter(0, 0, max(total, 1), len(columns) - 1)
        kinds = [(column.kind, formats[column.kind]) for column in columns]
        for number, row in enumerate(rows, start=1):
            for index, (value, (kind, style)) in enumerate(zip(row, kinds, strict=True)):
                if value is None:
                    continue
                if kind == "text":
                    sheet.write_string(number, index, cut_cell(str(value)), style)
                elif isinstance(value, date):
                    sheet.write_datetime(number, index, value, style)
                elif isinstance(value, int | float) and not isnan(value):
                    sheet.write_number(number, index, value, style)
        _explain(book, header, columns, analysis, language)


def _explain(book: Workbook, header: Format, columns: Sequence[Column], analysis: Analysis, language: Language) -> None:
    sheet = book.add_worksheet(language.text("Description"))
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, [language.text("Column"), language.text("Meaning")], header)
    rows = [(column.name, _meaning(column, analysis, language)) for column in columns]
    rows.append((language.text("As of"), f"{language.day(analysis.as_of)}, {analysis.time_zone}"))
    rows.append((language.text("Currency"), analysis.currency))
    for number, (name, text) in enumerate(rows, start=1):
        sheet.write_string(number, 0, name, wrap)
        sheet.write_string(number, 1, text, wrap)


def _meaning(column: Column, analysis: Analysis, language: Language) -> str:
    text = language.text(column.meaning)
    return f"{text}, {analysis.currency}" if column.kind == "money" else text
