"""From records to a table: where the header is, how wide a row must be, what to do with the others."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kogorta.base.intake import RejectedRow
from kogorta.kit.errors import InputError
from kogorta.sources.files import vocabulary as words
from kogorta.sources.files.headers import clean_headers, owner_of
from kogorta.sources.files.rows import RAW_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kogorta.sources.files.rows import Record

LOOK: Final = 30
"""Records of the head among which the header row is looked for."""

COLUMN_LIMIT: Final = 16_384
"""Most columns of a table: as many as Excel has."""

REJECTED_LIMIT: Final = 100_000
MOST_REJECTED: Final = 0.5
"""A file with more rejected rows than the first, or a larger share of them, is refused as a whole."""

_NUMBER: Final = re.compile(r"[-+(]?[\d\s.,:/%-]*\d[\d\s.,:/%₽$€£)-]*(?:[Tt ]\d.*)?")


@dataclass
class Tally:
    """Counts of what was done to rows; filled while the rows are read."""

    rows: int = 0
    padded: int = 0
    blank: int = 0
    inherited: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each thing done."""
        said = (
            (self.inherited, "{n} rows held only requisites and took the other cells from the row above."),
            (self.padded, "{n} rows were shorter than the header; the missing cells count as empty."),
            (self.blank, "{n} empty rows were skipped."),
        )
        return tuple(text.format(n=count) for count, text in said if count)


@dataclass(frozen=True)
class Grid:
    """A table whose header is known.

    Args:
        source: name of the file.
        headers: cleaned headers; empty text for a nameless column.
        header_row: record number of the header.
        first: records after the header that were read to find it.
        rest: the records that follow.
        notes: what was done to the header.
        header_breaks: whether the header row takes several lines of the file.
    """

    source: str
    headers: tuple[str, ...]
    header_row: int
    first: tuple[Record | RejectedRow, ...]
    rest: Iterator[Record | RejectedRow]
    notes: tuple[str, ...]
    header_breaks: bool = False

    def rows(self, tally: Tally) -> Iterator[Record]:
        """Rows of exactly the header's width; the others are counted in `tally`.

        Raises:
            InputError: so many rows do not fit the header that the file is not this table.
        """
        width = len(self.headers)
        base, extra = requisite_columns(self.headers)
        above: list[str] | None = None
        for record in itertools.chain(self.first, self.rest):
            if isinstance(record, RejectedRow):
                self._reject(tally, record)
                continue
            number, cells = record
            size = len(cells)
            if size != width:
                if size > width and any(cells[width:]) and any(cell.strip() for cell in cells[width:]):
                    reason = f"{_filled_width(cells)} cells where the header has {width}"
                    self._reject(tally, RejectedRow(number, reason, " | ".join(cells)[:RAW_LIMIT]))
                    continue
                if size < width and any(cells):
                    tally.padded += 1
                cells = cells[:width] + [""] * (width - size)
            if not any(cells) or not any(cell.strip() for cell in cells):
                tally.blank += 1
                continue
            if extra:
                if above is not None and not any(cells[column].strip() for column in base):
                    cells = list(cells)
                    for column in base:
                        cells[column] = above[column]
                    tally.inherited += 1
                above = cells
            tally.rows += 1
            yield number, cells
        if len(tally.rejected) > MOST_REJECTED * (tally.rows + len(tally.rejected)):
            self._refuse(tally)

    def _reject(self, tally: Tally, row: RejectedRow) -> None:
        tally.rejected.append(row)
        if len(tally.rejected) > REJECTED_LIMIT:
            self._refuse(tally)

    def _refuse(self, tally: Tally) -> None:
        first = tally.rejected[0]
        raise InputError(
            "{source}: {count} of {value} rows do not fit the header of {count_2} columns in row {header_row} "
            "(row {row_no}: {reason}); check the delimiter and the quotes, or export the file again.",
            source=self.source,
            count=len(tally.rejected),
            value=tally.rows + len(tally.rejected),
            count_2=len(self.headers),
            header_row=self.header_row,
            row_no=first.row_no,
            reason=first.reason,
        )


def open_grid(source: str, records: Iterator[Record | RejectedRow]) -> Grid:
    """Find the header row of a table.

    Args:
        source: name of the file, for messages.
        records: all records from the first on.

    Returns:
        The table; its rows are still to be read.

    Raises:
        InputError: there is no row with text in it.

    Example:
        >>> grid = open_grid("a.csv", iter([(1, ["Отчёт", ""]), (2, ["Клиент", "Сумма"]), (3, ["ООО", "5"])]))
        >>> grid.headers, grid.header_row
        (('Клиент', 'Сумма'), 2)
    """
    head: list[Record | RejectedRow] = []
    filled = 0
    for record in records:
        head.append(record)
        filled += not isinstance(record, RejectedRow) and any(cell.strip() for cell in record[1])
        if filled >= LOOK:
            break
    whole = [record for record in head if not isinstance(record, RejectedRow)]
    place = _header_place([cells for _, cells in whole])
    if place is None:
        lost = f" ({len(head) - len(whole)} rows could not be cut into cells)" if len(head) > len(whole) else ""
        raise InputError(
            "{source} holds no table: no row has text in it{lost}; export it again with a header row.",
            source=source,
            lost=lost,
        )
    number, cells = whole[place]
    if len(cells) > COLUMN_LIMIT:
        raise InputError(
            "{source} has {count} cells in row {number}, and a table may have {column_limit} columns; check the "
            "delimiter, or export the file again.",
            source=source,
            count=len(cells),
            number=number,
            column_limit=COLUMN_LIMIT,
        )
    after = [cells for _, cells in whole[place + 1 :]]
    names = list(cells)
    while names and not names[-1].strip() and not _mostly_filled(after, len(names) - 1):
        names.pop()
    headers, notes = clean_headers(names)
    said = list(notes)
    if place_notes := sum(1 for _, row in whole[:place] if any(cell.strip() for cell in row)):
        said.append(f"{place_notes} rows above the header in row {number} were skipped.")
    nameless = [column for column, name in enumerate(headers) if not name]
    if any(_mostly_filled(after, column) for column in nameless):
        said.append(f"Columns without a header were left out: {', '.join(str(column + 1) for column in nameless)}.")
    start = head.index(whole[place]) + 1
    return Grid(source, headers, number, tuple(head[start:]), records, tuple(said), any("\n" in cell for cell in cells))


def _header_place(rows: Sequence[list[str]]) -> int | None:
    counts = [sum(1 for cell in row if cell.strip()) for row in rows]
    if not any(counts):
        return None
    wide = max(counts)
    for place, row in enumerate(rows):
        texts = sum(1 for cell in row if cell.strip() and not _NUMBER.fullmatch(cell.strip()))
        steady = counts[place] >= 0.6 * wide and texts >= 0.6 * counts[place] and counts[place] > 0
        if steady or (counts[place] > 1 and sum(map(_is_phrase, row)) >= 2):
            return place
    return next(place for place, count in enumerate(counts) if count)


def _is_phrase(cell: str) -> bool:
    owner, phrase = owner_of(" ".join(cell.split())) if cell.strip() and len(cell) < 80 else ("", "")
    return bool(phrase) and any(phrase in phrases for phrases in words.SYNONYMS[owner].values())


def _mostly_filled(rows: Sequence[list[str]], column: int) -> bool:
    filled = sum(1 for row in rows if len(row) > column and row[column].strip())
    return filled > 0.5 * len(rows)


def _filled_width(cells: Sequence[str]) -> int:
    return max(column + 1 for column, cell in enumerate(cells) if cell.strip())


def requisite_columns(headers: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Columns of the record itself and columns of its requisites, which Bitrix24 may continue on rows of their own."""
    owners = [owner_of(header)[0] if header else "" for header in headers]
    extra = tuple(column for column, owner in enumerate(owners) if owner == "requisite")
    base = tuple(column for column, owner in enumerate(owners) if owner != "requisite" and headers[column])
    return (base, extra) if base and extra else ((), ())
