"""What the tests of this room share: a short way to read a file and to see its staged cells."""

from pathlib import Path

import duckdb

from kogorta.sources.files import read_file

SHARED = Path(__file__).parents[3] / ".." / "shared"
SAMPLES = SHARED / "samples"


def cells(extract):
    """Staged rows as dictionaries in the order of the file."""
    found = duckdb.sql(f"SELECT * FROM read_parquet('{extract.staged}') ORDER BY row_no")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def read_text(folder, text, *, encoding="utf-8", name="file.csv", **options):
    """Write a text file as given, line ends included, and read it."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_file(path, workspace=folder / "work", **options)
