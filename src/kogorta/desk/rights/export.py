"""Everything kept of one person as JSON and as a book of tables."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from kogorta.reports.cells import cut_cell, harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.desk.rights.queries import KeptTable

_SHEET_NAME: Final = 31


def as_json(tables: Sequence[KeptTable]) -> bytes:
    """One object: name of a table -> its rows as objects."""
    document = {table.name: [dict(zip(table.columns, row, strict=True)) for row in table.rows] for table in tables}
    return json.dumps(document, ensure_ascii=False, indent=2, default=_plain).encode()


def as_book(tables: Sequence[KeptTable]) -> bytes:
    """A sheet for each table. Texts are written as texts, and one that looks like a formula gets an apostrophe before it."""
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    bold = book.add_format({"bold": True})
    for table in tables:
        sheet = book.add_worksheet(table.name[:_SHEET_NAME])
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column, bold)
        for line, row in enumerate(table.rows, 1):
            for place, value in enumerate(row):
                if value is not None:
                    sheet.write_string(line, place, cut_cell(harmless(str(_plain(value)))))
        sheet.freeze_panes(1, 0)
    book.close()
    return stream.getvalue()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
