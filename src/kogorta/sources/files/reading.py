"""Read a file: sniff, find the header, recognise the layout, stage the cells."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from kogorta.base.intake import Extract
from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.kit.progress import SILENT
from kogorta.sources.files import contents, sniff
from kogorta.sources.files.columnar import parquet_columns, stage_parquet
from kogorta.sources.files.direct import may_go_directly, stage_directly
from kogorta.sources.files.grid import Tally, open_grid
from kogorta.sources.files.headers import clean_headers
from kogorta.sources.files.layouts import is_leads, recognise, refuse_missing
from kogorta.sources.files.opening import open_file
from kogorta.sources.files.staging import scratch, stage_normalised, write_normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.progress import Progress
    from kogorta.sources.files.layouts import Recognised

CHECKING = message("Checking the file")
READING = message("Reading the rows")
STORING = message("Storing the rows")


def read_file(
    path: str | Path,
    *,
    layout: str = "auto",
    columns: Mapping[str, str] | None = None,
    workspace: Path,
    progress: Progress = SILENT,
    sheet: str | None = None,
) -> Extract:
    r"""Read one exported file into text cells under the base's field names.

    Args:
        path: CSV or TSV in any usual encoding (also packed by gzip), XLSX, XLS, an HTML table named .xls, or Parquet.
        layout: `auto` or one of the layouts of `kogorta.base.intake`.
        columns: header -> field, for headers that are not recognised; `-` leaves a column out.
        workspace: folder for the staged Parquet file and for temporary files.
        progress: where the steps are shown.
        sheet: sheet of a workbook; the one with the most rows when not given.

    `row_no` counts records, the header's row included, as a spreadsheet numbers them: a cell with line breaks does not
    move the rows below it.

    Returns:
        The extract; its `staged` file stays in `workspace`.

    Raises:
        InputError: the file is not a table that can be read, or a required column was not recognised.
        OptionError: the layout is not known.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> sales = folder / "sales.csv"
        >>> _ = sales.write_text("customer_id;date;amount\n7;2026-01-31;12 500,00\n", encoding="utf-8")
        >>> extract = read_file(sales, workspace=folder)
        >>> extract.layout, extract.rows
        ('orders', 1)
    """
    path = Path(path)
    contents.check_path(path)
    kind = sniff.kind_of(path)
    if kind == "parquet":
        return _read_parquet(path, layout, columns, workspace, progress)
    with progress.step(CHECKING) as step:
        opened = open_file(path, kind, sheet, step=step)
    grid = open_grid(path.name, opened.records)
    found = recognise(grid.headers, layout, columns)
    refuse_missing(path.name, found)
    tally = Tally()
    fillings = found.mapping.fillings
    staged = _staged(workspace, opened.digest, found, sheet)
    with scratch(workspace) as folder:
        direct = None
        if opened.scan and opened.dialect and may_go_directly(path, opened.scan, opened.dialect, grid):
            with progress.step(STORING, opened.scan.records - 1) as step:
                direct = stage_directly(path, opened.scan, opened.dialect, grid, fillings, folder, staged)
                step.advance(direct or 0)
        if direct is not None:
            tally.rows = direct
        else:
            used = sorted({column for item in fillings for column in item.columns})
            with progress.step(READING) as step:
                write_normalised(folder / "rows.csv", grid.rows(tally), used, step)
            _refuse_no_rows(path, tally.rows, len(tally.rejected), grid.header_row)
            with progress.step(STORING, tally.rows) as step:
                stage_normalised(folder, folder / "rows.csv", fillings, len(grid.headers), staged)
                step.advance(tally.rows)
    return Extract(
        source=path.name,
        digest=opened.digest,
        layout=found.layout,
        staged=staged,
        rows=tally.rows + len(tally.rejected),
        headers=found.mapping.sources,
        ignored=found.mapping.ignored,
        rejected=tuple(tally.rejected),
        notes=(*opened.notes, *grid.notes, *tally.notes, *found.mapping.notes, *_layout_notes(found)),
        encoding=opened.encoding,
    )


def _read_parquet(path: Path, layout: str, columns: Mapping[str, str] | None, workspace: Path, progress: Progress) -> Extract:
    with scratch(workspace) as folder:
        with progress.step(CHECKING):
            digest = contents.file_digest(path)
            names = parquet_columns(path, folder)
        headers, notes = clean_headers([name for name, _ in names])
        found = recognise(headers, layout, columns)
        refuse_missing(path.name, found)
        staged = _staged(workspace, digest, found, None)
        with progress.step(READING) as step:
            rows = stage_parquet(path, folder, names, found.mapping.fillings, staged)
            step.advance(rows)
    if not rows:
        staged.unlink(missing_ok=True)
    _refuse_no_rows(path, rows, 0, 1)
    return Extract(
        source=path.name,
        digest=digest,
        layout=found.layout,
        staged=staged,
        rows=rows,
        headers=found.mapping.sources,
        ignored=found.mapping.ignored,
        notes=(*notes, *found.mapping.notes, *_layout_notes(found)),
        encoding="parquet",
    )


def _staged(workspace: Path, digest: str, found: Recognised, sheet: str | None) -> Path:
    """One name for one reading: another map of the same file is another staged file."""
    reading = repr((found.layout, [(item.field, item.groups) for item in found.mapping.fillings], sheet))
    return workspace / f"{digest[:16]}-{hashlib.sha256(reading.encode()).hexdigest()[:8]}.parquet"


def _refuse_no_rows(path: Path, rows: int, rejected: int, header_row: int) -> None:
    if not rows and not rejected:
        raise InputError(
            "{name} has a header in row {header_row} and no rows below it; export it again with the data.",
            name=path.name,
            header_row=header_row,
        )


def _layout_notes(found: Recognised) -> tuple[str, ...]:
    fields = found.mapping.fields
    if found.layout in {"bitrix24", "amocrm"} and not fields & {"stage", "closed"}:
        return (message("There is no stage column, so won, lost and open deals cannot be told apart."),)
    if found.layout == "contacts" and is_leads(found.mapping.headers):
        return (message("These are leads: people are taken from them, their sums are not sales and are left out."),)
    return ()
