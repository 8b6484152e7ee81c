"""Cells of a file as numbers and moments: never a guess that could turn 1,234 into 1.234 unseen."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_YES_NO: Final = {"да": 1.0, "yes": 1.0, "true": 1.0, "истина": 1.0, "нет": 0.0, "no": 0.0, "false": 0.0, "ложь": 0.0}
_GAPS: Final = re.compile(r"[\s\u00a0\u202f']|₽|руб\.?$|р\.$|\$|€")
_GROUPED: Final = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_RUSSIAN_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(.*)", re.DOTALL)


def numbers_of_cells(source: str, name: str, cells: Sequence[str], rows: Sequence[int]) -> list[float]:
    """A column of text cells as numbers.

    Spaces, currency signs, decimal commas, «да» and «нет» are understood. A comma groups thousands where the column shows
    it does; a column that could be read both ways is refused.

    Args:
        source: name of the file, for messages.
        name: name of the column.
        cells: its cells.
        rows: their row numbers in the file.

    Returns:
        One finite number per cell.

    Raises:
        InputError: a cell is empty or not a number, or commas may mean either thousands or decimals.

    Example:
        >>> numbers_of_cells("a.csv", "spend", ["1 200,50 ₽", "да", "7"], [2, 3, 4])
        [1200.5, 1.0, 7.0]
    """
    plain = [_GAPS.sub("", cell).replace("\u2212", "-") for cell in cells]
    grouped = _commas_group(source, name, cells, plain)
    numbers = []
    for row, cell, text in zip(rows, cells, plain, strict=True):
        number = _YES_NO.get(text.lower())
        if number is None and not (grouped and "," in text and not _is_grouped(text)):
            number = _number(text.replace(",", "" if grouped else "."))
        if number is None:
            raise InputError(
                "{file}, row {row}, column {name!r}: {cell!r} is not a number; every customer of the experiment needs one, 0 for none.",
                file=source,
                row=row,
                name=name,
                cell=cell,
            )
        numbers.append(number)
    return numbers


def _is_grouped(text: str) -> bool:
    return bool(_GROUPED.fullmatch(text))


def _number(text: str) -> float | None:
    if "_" in text:  # Python reads 1_000, a file does not write it
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _commas_group(source: str, name: str, cells: Sequence[str], plain: Sequence[str]) -> bool:
    """Whether commas separate thousands in this column."""
    with_comma = [place for place, text in enumerate(plain) if "," in text]
    if not with_comma:
        return False
    texts = [plain[place] for place in with_comma]
    if any(_is_grouped(text) and ("." in text or text.count(",") > 1) for text in texts):
        return True
    if not all(map(_is_grouped, texts)):
        return False
    if any("." in text for text in plain):  # the points are the decimals
        return True
    raise InputError(
        "{file}, column {name!r}: {cell!r} may be a number with decimals or one with thousands; write it without the comma.",
        file=source,
        name=name,
        cell=cells[with_comma[0]],
    )


def moments_of_cells(
    source: str, name: str, cells: Sequence[str], rows: Sequence[int], *, optional: bool = False
) -> tuple[list[datetime | None], bool]:
    """A column of text cells as moments: ISO or DD.MM.YYYY, with or without a time; zones are turned into UTC.

    Args:
        source: name of the file, for messages.
        name: name of the column.
        cells: its cells.
        rows: their row numbers in the file.
        optional: whether an empty cell is allowed.

    Returns:
        The moments, and whether any of them has a time of day.

    Raises:
        InputError: a cell is not a date, or is empty and must not be.

    Example:
        >>> moments_of_cells("a.csv", "on", ["22.11.2026", "2026-11-23"], [2, 3])[0][0]
        datetime.datetime(2026, 11, 22, 0, 0)
    """
    moments: list[datetime | None] = []
    timed = False
    for row, cell in zip(rows, cells, strict=True):
        if optional and not cell:
            moments.append(None)
            continue
        turned = _RUSSIAN_DAY.fullmatch(cell)
        text = f"{turned[3]}-{int(turned[2]):02}-{int(turned[1]):02}{turned[4]}" if turned else cell
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise InputError(
                "{file}, row {row}, column {name!r}: {cell!r} is not a date; write YYYY-MM-DD or DD.MM.YYYY.",
                file=source,
                row=row,
                name=name,
                cell=cell,
            ) from error
        timed |= ":" in text
        moments.append(moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment)
    return moments, timed
