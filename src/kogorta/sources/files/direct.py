"""The short way for large clean text tables: the engine cuts the rows itself, and is believed only when the counts agree.

The engine reads by the book and refuses a file with a doubtful quote or a row of another width. Its row count must equal
the number of line breaks outside quotes, which is counted apart from it. In every other case the answer is no, and the
careful reader of `rows` and `grid` does the work.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from kogorta.base.intake import ROW_NUMBER, RejectedRow
from kogorta.engine.duck import first_row
from kogorta.sources.files.contents import CHUNK, is_gzip
from kogorta.sources.files.encodings import LARGE
from kogorta.sources.files.grid import requisite_columns
from kogorta.sources.files.staging import clean, csv_source, engine, literal, projection, write_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kogorta.sources.files.dialects import Dialect
    from kogorta.sources.files.encodings import Scan
    from kogorta.sources.files.grid import Grid
    from kogorta.sources.files.headers import Filling


def may_go_directly(path: Path, scan: Scan, dialect: Dialect, grid: Grid) -> bool:
    """Whether nothing in the counts and in the head speaks against the short way."""
    return _steady_width(scan, dialect, grid) is not None and not is_gzip(path)


def stage_directly(
    path: Path, scan: Scan, dialect: Dialect, grid: Grid, fillings: Sequence[Filling], folder: Path, staged: Path
) -> int | None:
    """Stage a large clean text table.

    Args:
        path: the file.
        scan: what the pass over its bytes found.
        dialect: its delimiter.
        grid: its header and first rows.
        fillings: what fills what.
        folder: place for the text in UTF-8.
        staged: the Parquet file to write.

    Returns:
        Rows written, or None when the file needs the careful way.
    """
    import duckdb

    width = _steady_width(scan, dialect, grid)
    if width is None:
        return None
    text = path.resolve() if scan.encoding == "utf-8" else _in_utf8(path, scan, folder / "utf8.csv")
    used = len(grid.headers)
    query = (
        f"SELECT row_number() OVER () + 1{_nothing_beyond(used, width)} AS {ROW_NUMBER}, "
        f"{projection(fillings, [clean(f'c{column}') for column in range(used)])} FROM "
        + csv_source(text, [f"c{column} VARCHAR" for column in range(width)], dialect.delimiter, "skip = 1")
    )
    fields = ", ".join(item.field for item in fillings)
    try:
        with engine(folder) as connection:
            write_parquet(connection, query, folder, staged)
            found = first_row(connection.execute(f"SELECT count(*), count(coalesce({fields})) FROM read_parquet({literal(str(staged))})"))
    except duckdb.Error:
        return None
    if found is None or found[0] != scan.records - 1 or found[1] != found[0]:
        staged.unlink(missing_ok=True)
        return None
    return int(found[0])


def _steady_width(scan: Scan, dialect: Dialect, grid: Grid) -> int | None:
    """Cells of every physical row when nothing in the head speaks against the short way."""
    if scan.size < LARGE or not scan.records or scan.broken or scan.nuls or scan.returns or dialect.skip:
        return None
    if scan.records != scan.lines and scan.crlf:
        return None  # breaks inside cells and two kinds of line end
    if grid.header_row != 1 or grid.header_breaks or requisite_columns(grid.headers)[1]:
        return None
    widths = {-1 if isinstance(record, RejectedRow) else len(record[1]) for record in grid.first}
    width = widths.pop() if len(widths) == 1 else -1
    return width if width >= len(grid.headers) else None


def _nothing_beyond(used: int, width: int) -> str:
    """SQL that stops the reading when a cell beyond the header is filled."""
    if used == width:
        return ""
    beyond = ", ".join(clean(f"c{column}") for column in range(used, width))
    return f" + CASE WHEN coalesce({beyond}, '') <> '' THEN error('beyond the header') ELSE 0 END"


def _in_utf8(path: Path, scan: Scan, target: Path) -> Path:
    decoder = codecs.getincrementaldecoder(scan.encoding)("replace")
    with path.open("rb") as source, target.open("wb") as out:
        source.read(scan.bom)
        while chunk := source.read(CHUNK):
            out.write(decoder.decode(chunk).encode("utf-8"))
        out.write(decoder.decode(b"", final=True).encode("utf-8"))
    return target
