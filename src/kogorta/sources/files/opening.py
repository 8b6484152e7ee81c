"""Any file that is not Parquet, opened as records of text cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.kit.language import message
from kogorta.sources.files import contents, dialects, encodings, sniff
from kogorta.sources.files.markup import read_table
from kogorta.sources.files.rows import read_records
from kogorta.sources.files.workbook import read_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kogorta.base.intake import RejectedRow
    from kogorta.kit.progress import Step
    from kogorta.sources.files.rows import Record


@dataclass(frozen=True)
class Opened:
    """A file ready to be read record by record.

    Args:
        encoding: text encoding, or the kind of file.
        digest: SHA-256 of the bytes; of the looked-at part when a limit was given.
        notes: what was done to the file as a whole.
        records: the records, the first one included.
        scan: for text tables, what the pass over the bytes found.
        dialect: for text tables, the delimiter.
    """

    encoding: str
    digest: str
    notes: tuple[str, ...]
    records: Iterator[Record | RejectedRow]
    scan: encodings.Scan | None = None
    dialect: dialects.Dialect | None = None


def open_file(path: Path, kind: sniff.Kind, sheet: str | None = None, limit: int | None = None, step: Step | None = None) -> Opened:
    """Open a text table, a workbook or an HTML table.

    Args:
        path: the file.
        kind: what it is.
        sheet: sheet of a workbook.
        limit: bytes of text after which the encoding is believed; all of them when not given.
        step: where the lines checked are reported.

    Raises:
        InputError: the file cannot be read.
    """
    if kind in {"xlsx", "xls"}:
        read = read_sheet(path, kind, sheet)
        return Opened(kind, contents.file_digest(path), read.notes, read.records)
    scan = encodings.scan_text(path, limit, lined=kind == "text", step=step)
    if kind == "html":
        return Opened(kind, scan.digest, _notes(scan), read_table(path, scan))
    dialect = dialects.dialect_of(encodings.decode_head(path, scan))
    return Opened(scan.encoding, scan.digest, _notes(scan), read_records(path, scan, dialect), scan, dialect)


def _notes(scan: encodings.Scan) -> tuple[str, ...]:
    notes = []
    if scan.nuls:
        notes.append(message("NUL characters were removed."))
    if scan.broken:
        notes.append(f"{scan.broken} characters are not {scan.encoding} and were read as \ufffd.")
    return tuple(notes)
