"""Records of a text table: the lenient reader that never lets one stray quote swallow the rest of a file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from kogorta.base.intake import RejectedRow
from kogorta.sources.files.contents import open_bytes
from kogorta.sources.files.dialects import RECORD_LIMIT, allow_long_cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kogorta.sources.files.dialects import Dialect
    from kogorta.sources.files.encodings import Scan

RAW_LIMIT: Final = 500
"""Characters of a rejected row that are kept."""

STRAY_QUOTE: Final = "a quote is opened and not closed"

Record = tuple[int, list[str]]
"""Record number (the first record of the file is 1) and its cells."""


class _TooLong(Exception):  # noqa: N818
    """A record grew past the limit: its quote is never closed."""


class _Feed:
    """Lines for a CSV reader, remembered until their record is complete."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: list[str] = []
        self.pending: list[str] = []
        self._size = 0
        self.ended = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.pop()
        else:
            try:
                line = next(self._lines)
            except StopIteration:
                self.ended = True
                raise
        self.pending.append(line)
        self._size += len(line)
        if self._size > RECORD_LIMIT and len(self.pending) > 1:
            raise _TooLong
        return line

    def done(self) -> None:
        """Forget the lines of a complete record."""
        self.pending.clear()
        self._size = 0

    def give_back(self) -> str:
        """Return all lines but the first to the queue, and the first to the caller."""
        first = self.pending[0]
        self._again.extend(reversed(self.pending[1:]))
        self.ended = False
        self.done()
        return first


def read_records(path: Path, scan: Scan, dialect: Dialect) -> Iterator[Record | RejectedRow]:
    r"""Cut a text table into records.

    Line breaks inside a cell become `\n`. A record of several lines must be quoted by the book; when it is not, its
    first line is rejected and the following lines are read on their own.

    Args:
        path: the file.
        scan: its encoding.
        dialect: its delimiter.

    Yields:
        Records, blank lines as empty ones, and rejected rows; the number counts records, as a spreadsheet shows them.
    """
    allow_long_cells()
    with open_bytes(path) as stream:
        stream.read(scan.bom)
        text = io.TextIOWrapper(stream, encoding=scan.encoding, errors="replace", newline="")
        lines: Iterator[str] = iter(text)
        if scan.nuls:
            lines = (line.replace("\0", "") for line in lines)
        number = 0
        for _ in range(dialect.skip):
            next(lines, "")
            number += 1
        feed = _Feed(lines)
        while not feed.ended:
            for cells in _until_stray(feed, dialect):
                number += 1
                yield (number, cells) if isinstance(cells, list) else RejectedRow(number, STRAY_QUOTE, cells)


def _until_stray(feed: _Feed, dialect: Dialect) -> Iterator[list[str] | str]:
    """Cells of records; after a stray quote its raw line, and the reader has to be made anew."""
    reader = csv.reader(feed, delimiter=dialect.delimiter, skipinitialspace=True)
    pending = feed.pending
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_TooLong, csv.Error):
            yield feed.give_back()[:RAW_LIMIT]
            return
        if len(pending) > 1:
            if feed.ended or not _by_the_book(pending, dialect):
                yield feed.give_back()[:RAW_LIMIT]
                return
            cells = [_one_break(cell) for cell in cells]
        elif feed.ended and pending:
            yield feed.give_back()[:RAW_LIMIT]
            return
        feed.done()
        yield cells


def _one_break(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell


def _by_the_book(lines: list[str], dialect: Dialect) -> bool:
    try:
        rows = sum(1 for _ in csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=True, strict=True))
    except csv.Error:
        return False
    return rows == 1
