"""Cells as spreadsheets should get them: harmless text, money in major units, ISO days."""

from __future__ import annotations

from datetime import date
from math import isnan
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import minor_digits

if TYPE_CHECKING:
    from kogorta.reports.columns import Kind

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that make a spreadsheet read a text cell as a formula (OWASP, CSV injection)."""
SHEET_CELL_LIMIT: Final = 32_767
SHEET_ROW_LIMIT: Final = 1_048_575
"""Rows of data below the header that an XLSX sheet can hold."""
SHEET_ROWS_UNASKED: Final = 200_000
"""Customers above which `customers.xlsx` waits to be asked for: a million takes minutes, CSV and Parquet of it seconds."""


def harmless(text: str) -> str:
    """The text with an apostrophe before it when a spreadsheet would take it for a formula.

    Example:
        >>> harmless("=1+1")
        "'=1+1"
        >>> harmless("Ivan")
        'Ivan'
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def major(minor: int, currency: str) -> str:
    """Money in minor units as an exact decimal of the major unit, with a dot.

    Example:
        >>> major(-1250050, "RUB"), major(7, "JPY")
        ('-12500.50', '7')
    """
    digits = minor_digits(currency)
    if not digits:
        return str(minor)
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:0{digits}}"


def written(value: object, kind: Kind, currency: str) -> str:
    """One cell of a CSV file; None is an empty cell."""
    if value is None:
        return ""
    if kind == "money" and isinstance(value, int):
        return major(value, currency)
    if kind == "text":
        return harmless(str(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return "" if isnan(value) else f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)


def cut_cell(text: str) -> str:
    """The text within the limit of one sheet cell, without characters XML cannot hold."""
    clean = text if text.isprintable() else "".join(char for char in text if char >= " " or char in "\t\n\r")
    return clean if len(clean) <= SHEET_CELL_LIMIT else clean[: SHEET_CELL_LIMIT - 1] + "…"
