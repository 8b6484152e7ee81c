"""How a text table is cut into cells: by which character, and after which first line."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass
from typing import Final

from kogorta.sources.files import vocabulary as words
from kogorta.sources.files.contents import SAMPLE
from kogorta.sources.files.headers import clean_headers, owner_of

RECORD_LIMIT: Final = 32 << 20
"""Longest record with quoted line breaks, characters; past it the opening quote is taken for a stray one."""

DELIMITERS: Final = (";", ",", "\t", "|")


@dataclass(frozen=True)
class Dialect:
    """How a text table is cut into cells.

    Args:
        delimiter: one character.
        skip: physical lines before the table (`sep=;` of Excel).
    """

    delimiter: str
    skip: int = 0


def dialect_of(text: str) -> Dialect:
    r"""Find the delimiter of a text table.

    Args:
        text: decoded head of the file; a cut last line does no harm.

    Returns:
        The delimiter that gives the steadiest rows with the most known headers; a comma for a single column.

    Example:
        >>> dialect_of("Клиент;Сумма, руб.\nООО;12,50\nИП;13,00\n").delimiter
        ';'
    """
    allow_long_cells()
    first = text.partition("\n")[0]
    match = re.fullmatch(r"\ufeff?\"?sep=(.)\"?;*,*\s*", first, re.IGNORECASE)
    if match:
        return Dialect(match[1], 1)
    lines = text.splitlines(keepends=True)
    complete = lines[:-1] if len(lines) > 1 and len(text) >= SAMPLE // 4 else lines
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        score = _steadiness(complete, delimiter)
        if score > best_score:
            best, best_score = delimiter, score
    return Dialect(best)


def allow_long_cells() -> None:
    """Let the CSV reader take cells as long as a record may be."""
    if csv.field_size_limit() < RECORD_LIMIT + 1024:
        csv.field_size_limit(RECORD_LIMIT + 1024)


def _steadiness(lines: list[str], delimiter: str) -> float:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter, skipinitialspace=True):
            if any(row):
                rows.append(row)
            if len(rows) >= 300:
                break
    except csv.Error:
        return 0.0
    if len(rows) > 1 and len(rows) < 300 and len(rows[-1]) < len(rows[0]):
        rows.pop()  # perhaps cut by the end of the sample
    widths = [len(row) for row in rows]
    if not widths:
        return 0.0
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    usual = widths[0] if widths.count(widths[0]) >= 0.3 * len(widths) else usual
    if usual < 2:
        return 0.0
    header = next(row for row in rows if len(row) == usual)
    known = sum(1 for name in clean_headers(header)[0] if name and _is_known(name))
    return widths.count(usual) / len(widths) * (1 + math.log(usual)) * (1 + 2 * known / usual)


def _is_known(header: str) -> bool:
    owner, phrase = owner_of(header)
    return any(phrase in phrases for phrases in words.SYNONYMS[owner].values()) or phrase in {
        "id",
        "name",
        "email",
        "телефон",
    }
