"""Excel workbooks: cell values as the text a CSV export would hold, and a guard against files made to exhaust memory."""

from __future__ import annotations

import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.sources.files.contents import CHUNK, reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_calamine import CalamineSheet, CalamineWorkbook

    from kogorta.sources.files.rows import Record
    from kogorta.sources.files.sniff import Kind

UNPACKED_LIMIT: Final = 1 << 30
PACKED_RATIO: Final = 200
"""An XLSX may unpack to 1 GiB, and past 64 MiB to no more than 200 times its size."""

CELL_LIMIT: Final = 20_000_000
"""Cells of the rectangle a sheet spans, empty ones included: about 2 GB in memory."""

_ROW: Final = re.compile(rb'\br="[A-Z]{0,3}([0-9]{1,7})"')
_COLUMN: Final = re.compile(rb'\br="([A-Z]{1,3})[0-9]')
_SAVE: Final = "save the sheet as CSV UTF-8 and read that file"


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, read.

    Args:
        name: its name.
        others: names of the sheets that were not read.
        records: rows with their numbers in Excel.
        merged: cells that got the value of a merged range above them.
    """

    name: str
    others: tuple[str, ...]
    records: Iterator[Record]
    merged: int

    @property
    def notes(self) -> tuple[str, ...]:
        """What was chosen and filled."""
        said = []
        if self.others:
            said.append(f"Sheet {self.name!r} was read; not read: {', '.join(map(repr, self.others[:10]))}.")
        if self.merged:
            said.append(f"{self.merged} cells below the top of merged ranges took the value of the range.")
        return tuple(said)


def read_sheet(path: Path, kind: Kind, wanted: str | None = None) -> Sheet:
    """Read the sheet with the most rows, or the one asked for.

    Args:
        path: an XLSX or an old XLS file.
        kind: which of the two.
        wanted: name of a sheet.

    Raises:
        InputError: the file is broken, locked by a password, too large, or has no such sheet.
    """
    if kind == "xlsx":
        check_archive(path)
    with _calamine_errors(path), _open(path) as book:
        name, others, sheet = _choose(path, book, wanted)
        if sheet is None:
            raise InputError(
                "{name} has no sheet with cells in it; export it again.",
                name=path.name,
            )
        fill = _merged_cells(sheet)
        return Sheet(name, others, _records(path, sheet, fill), len(fill))


def check_archive(path: Path) -> None:
    """Refuse a workbook that would unpack to an absurd size, before anything of it is built in memory.

    Raises:
        InputError: the sizes in the directory, or the cells a sheet spans, are past the limit, or the archive is broken.
    """
    packed = max(path.stat().st_size, 1)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > UNPACKED_LIMIT or (size > 64 << 20 and size > PACKED_RATIO * packed):
                raise InputError(
                    "{name} would unpack to {value} MB from {value_2:.1f} MB; the limit is {value_3} MB and "
                    "{packed_ratio} times the size of the file, {save}.",
                    name=path.name,
                    value=size >> 20,
                    value_2=packed / (1 << 20),
                    value_3=UNPACKED_LIMIT >> 20,
                    packed_ratio=PACKED_RATIO,
                    save=_SAVE,
                )
            for member in members:
                if member.flag_bits & 1:
                    raise InputError(
                        "{name} is locked by a password; remove it in Excel and save the file again.",
                        name=path.name,
                    )
                _check_member(path, archive, member)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(
            "{name} is a broken XLSX file ({reason}); export or save it again.",
            name=path.name,
            reason=reason(error),
        ) from error


def text_of(value: object) -> str:
    """A cell's value as text: ISO dates, whole numbers without `.0`, «Да» and «Нет».

    Example:
        >>> text_of(7707083893.0), text_of(12500.5), text_of(True), text_of(date(2026, 1, 31))
        ('7707083893', '12500.5', 'Да', '2026-01-31')
    """
    if isinstance(value, str):
        return value.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n") if "\r" in value or "_x" in value else value
    if isinstance(value, bool):
        return "Да" if value else "Нет"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        text = repr(value)
        return format(Decimal(text), "f") if "e" in text else text
    if isinstance(value, datetime):
        whole = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return whole.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return "" if value is None else str(value)


def _check_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack a member to nowhere: the directory's sizes and checksums must be true, and a sheet must not span too much."""
    sheet = "worksheets/" in member.filename and member.filename.endswith(".xml")
    columns: set[bytes] = set()
    last = 0
    tail = b""
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK):
            if not sheet:
                continue
            piece = tail + chunk
            columns.update(_COLUMN.findall(piece))
            for found in _ROW.findall(piece, max(piece.rfind(b"<row"), piece.rfind(b":row"), 0)):
                last = max(last, int(found))
            tail = piece[-64:]
    wide = max(map(_column_number, columns), default=0)
    if last * wide > CELL_LIMIT:
        raise InputError(
            "{name}: a sheet spans {last} rows and {wide} columns, {value} cells with the empty ones, and the "
            "limit is {cell_limit}; delete stray cells far below or to the right, or {save}.",
            name=path.name,
            last=last,
            wide=wide,
            value=last * wide,
            cell_limit=CELL_LIMIT,
            save=_SAVE,
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for code in letters:
        number = number * 26 + code - 64
    return number


@contextmanager
def _calamine_errors(path: Path) -> Iterator[None]:
    """Turn errors of the reader, its panics included, into one sentence."""
    try:
        yield
    except (InputError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        if _is_locked(path):
            message = f"{path.name} is locked by a password; remove it in Excel and save the file again."
            raise InputError(message) from error
        raise InputError(
            "{name} is not a workbook that can be read ({reason}); save it as XLSX or CSV UTF-8.",
            name=path.name,
            reason=reason(error),
        ) from error


@contextmanager
def _open(path: Path) -> Iterator[CalamineWorkbook]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    try:
        yield book
    finally:
        book.close()


def _is_locked(path: Path) -> bool:
    with path.open("rb") as stream:
        return "EncryptedPackage".encode("utf-16-le") in stream.read(1 << 20)


def _choose(path: Path, book: CalamineWorkbook, wanted: str | None) -> tuple[str, tuple[str, ...], CalamineSheet | None]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    tables = [item for item in book.sheets_metadata if item.typ == SheetTypeEnum.WorkSheet]
    names = [item.name for item in tables]
    if wanted is not None:
        if wanted not in names:
            raise InputError(
                "{name} has no sheet {wanted!r}; its sheets are {names}.",
                name=path.name,
                wanted=wanted,
                names=", ".join(map(repr, names)),
            )
        return wanted, (), book.get_sheet_by_name(wanted)
    shown = [item.name for item in tables if item.visible == SheetVisibleEnum.Visible] or names
    best: CalamineSheet | None = None
    for name in shown:
        sheet = book.get_sheet_by_name(name)
        if sheet.start is not None and (best is None or sheet.height > best.height):
            best = sheet
    chosen = best.name if best else ""
    return chosen, tuple(name for name in shown if name != chosen), best


def _merged_cells(sheet: CalamineSheet) -> dict[tuple[int, int], tuple[int, int]]:
    """Cells below the top left corner of a vertically merged range -> that corner."""
    filled: dict[tuple[int, int], tuple[int, int]] = {}
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in range(top + 1, min(bottom, top + 100_000) + 1):
            filled[row, left] = (top, left)
            if len(filled) > 1_000_000:
                return filled
    return filled


def _records(path: Path, sheet: CalamineSheet, fill: dict[tuple[int, int], tuple[int, int]]) -> Iterator[Record]:
    corners = dict.fromkeys(fill.values(), "")
    by_row: dict[int, list[tuple[int, tuple[int, int]]]] = {}
    for (row, column), corner in fill.items():
        by_row.setdefault(row, []).append((column, corner))
    tops: dict[int, list[tuple[int, int]]] = {}
    for corner in corners:
        tops.setdefault(corner[0], []).append(corner)
    with _calamine_errors(path):
        for row, values in enumerate(sheet.iter_rows()):
            cells = list(map(text_of, values))
            for corner in tops.get(row, ()):
                if corner[1] < len(cells):
                    corners[corner] = cells[corner[1]]
            for column, corner in by_row.get(row, ()):
                if column < len(cells):
                    cells[column] = corners[corner]
            yield row + 1, cells
