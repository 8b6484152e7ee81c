"""Rows left out of a file, as a table a person opens in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from kogorta.desk.imports.storage import quarantine_of
from kogorta.desk.imports.words import field_name, kind_of
from kogorta.reports.cells import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kogorta.kit.language import Language

BYTE_ORDER_MARK = "\ufeff"


def quarantine_lines(key: str, fields: Mapping[str, str], language: Language) -> Iterator[str]:
    """Lines of a CSV: number of the row, why it was left out, what to do, and its cells under the file's own headers.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.

    Args:
        key: key of the file.
        fields: field -> headers of the file.
        language: in which reasons are told; a Russian spreadsheet separates by semicolons.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if language.code == "ru" else ",")

    def line(cells: list[str]) -> str:
        writer.writerow([harmless(cell) for cell in cells])
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text

    yield BYTE_ORDER_MARK
    named = [language.text("Row"), language.text("Why it was left out"), language.text("What to do"), language.text("Column")]
    yield line([*named, language.text("Cell"), *fields.values(), language.text("Row as written")])
    path = quarantine_of(key)
    if not path.exists():
        return
    with path.open(encoding="utf-8") as stream:
        for document in stream:
            number, reason, column, value, raw = json.loads(document)
            kind, cells = kind_of(reason), _cells(raw)
            broken = "" if cells is not None else str(raw or "")
            known = cells or {}
            told = [str(number), language.phrase(kind.title), language.phrase(kind.remedy) if kind.remedy else ""]
            where = [language.phrase(field_name(column)) if column else "", str(value or "")]
            yield line([*told, *where, *(str(known.get(field) or "") for field in fields), broken])


def _cells(raw: str | None) -> Mapping[str, object] | None:
    """Cells of a row by field; None where the row could not be split into cells."""
    try:
        found = json.loads(raw or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) and "row_no" in found else None
