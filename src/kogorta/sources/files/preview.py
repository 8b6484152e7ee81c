"""What a file looks like before it is read: for a screen where the user confirms the columns."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.base.intake import RejectedRow
from kogorta.kit.language import message
from kogorta.sources.files import contents, sniff
from kogorta.sources.files.columnar import first_rows, parquet_columns
from kogorta.sources.files.grid import Grid, Tally, open_grid
from kogorta.sources.files.headers import clean_headers
from kogorta.sources.files.layouts import MEANING, recognise
from kogorta.sources.files.opening import open_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language
    from kogorta.sources.files.layouts import Recognised

LOOKED_AT: Final = 64 << 20
"""Bytes of a text table that a preview looks at to tell the encoding."""

DELIMITER_NAMES: Final[Mapping[str, str]] = {
    ";": message("semicolon"),
    ",": message("comma"),
    "\t": message("tab"),
    "|": message("vertical bar"),
}


@dataclass(frozen=True)
class Preview:
    """The head of a file and how it is understood.

    Args:
        source: name of the file.
        encoding: text encoding, or the kind of file (`xlsx`, `html`, `parquet`).
        delimiter: one character; empty where the kind has none.
        header_row: number of the header row, from 1.
        rows: first rows as text, cells in the order of the headers.
        recognised: layout, reason, columns and what is missing.
        notes: what was done to the file as a whole.
    """

    source: str
    encoding: str
    delimiter: str
    header_row: int
    rows: tuple[tuple[str, ...], ...]
    recognised: Recognised
    notes: tuple[str, ...]

    @property
    def headers(self) -> tuple[str, ...]:
        """Cleaned headers."""
        return self.recognised.mapping.headers

    @property
    def layout(self) -> str:
        """The layout found or chosen."""
        return self.recognised.layout

    @property
    def mapping(self) -> Mapping[str, str]:
        """Field -> headers it is filled from."""
        return self.recognised.mapping.sources

    @property
    def ignored(self) -> tuple[str, ...]:
        """Headers that fill nothing."""
        return self.recognised.mapping.ignored

    @property
    def missing(self) -> tuple[str, ...]:
        """Required fields that nothing fills."""
        return self.recognised.missing

    def lines(self, language: Language) -> tuple[str, ...]:
        """The preview in words, line by line: what the file is, its layout and why, field by field, what is missing."""
        kind = language.text("{source}: {encoding}", source=self.source, encoding=self.encoding)
        if self.delimiter:
            named = DELIMITER_NAMES.get(self.delimiter)
            sign = language.text(named) if named else repr(self.delimiter)
            kind = language.text(
                "{source}: {encoding}, cells separated by: {delimiter}",
                source=self.source,
                encoding=self.encoding,
                delimiter=sign,
            )
        said = [
            kind,
            language.text("Header in row {row}", row=self.header_row),
            language.text("Layout {layout}: {why}", layout=self.layout, why=self.recognised.why(language)),
            *(f"  {field} ← {header}" for field, header in self.mapping.items()),
        ]
        if self.ignored:
            said.append(language.text("Not used: {headers}", headers=", ".join(self.ignored)))
        said.extend(
            language.text("Not found: {what}. Name the column with --map.", what=language.text(MEANING[field])) for field in self.missing
        )
        return tuple(said)


def preview(
    path: str | Path,
    *,
    layout: str = "auto",
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    rows: int = 10,
) -> Preview:
    r"""Look at the head of a file; missing columns are listed, not refused.

    Args:
        path: the file, of any kind `read_file` takes.
        layout: `auto` or a layout to insist on.
        columns: header -> field.
        sheet: sheet of a workbook.
        rows: rows to show.

    Returns:
        The head, the layout and the columns.

    Raises:
        InputError: the file is not a table that can be read.
        OptionError: the layout is not known.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.csv").write_text("Клиент;Дата;Сумма\nООО;31.01.2026;5\n", encoding="cp1251")
        >>> seen = preview(folder / "a.csv")
        >>> seen.encoding, seen.layout, seen.rows
        ('cp1251', 'orders', (('ООО', '31.01.2026', '5'),))
    """
    path = Path(path)
    contents.check_path(path)
    kind = sniff.kind_of(path)
    if kind == "parquet":
        with tempfile.TemporaryDirectory() as folder:
            names = parquet_columns(path, Path(folder))
            head = first_rows(path, Path(folder), names, rows)
        headers, notes = clean_headers([name for name, _ in names])
        return Preview(path.name, kind, "", 1, head, recognise(headers, layout, columns), notes)
    opened = open_file(path, kind, sheet, LOOKED_AT)
    grid = open_grid(path.name, opened.records)
    delimiter = opened.dialect.delimiter if opened.dialect else ""
    found = recognise(grid.headers, layout, columns)
    notes = (*opened.notes, *grid.notes, *found.mapping.notes)
    return Preview(path.name, opened.encoding, delimiter, grid.header_row, _first(grid, rows), found, notes)


def _first(grid: Grid, rows: int) -> tuple[tuple[str, ...], ...]:
    """The first rows that fit the header, among as many again that may not."""
    width = len(grid.headers)
    whole = (
        record
        for record in itertools.islice(itertools.chain(grid.first, grid.rest), 2 * rows + 10)
        if not isinstance(record, RejectedRow) and not any(record[1][width:])
    )
    head = Grid(grid.source, grid.headers, grid.header_row, (), whole, grid.notes)
    return tuple(tuple(cell.strip() for cell in cells) for _, cells in itertools.islice(head.rows(Tally()), rows))
