"""What many tests share: the folder of reference data, bases made out of a few rows, and examples that are drawn without a clock."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kogorta.base.customer_base import CustomerBase
from kogorta.base.options import IntakeOptions
from kogorta.sources.files import read_file

# how quick an example is says what else the machine does: speed is measured in benchmarks
settings.register_profile("kogorta", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kogorta")

SHARED = Path(__file__).parents[1] / ".." / "shared"

TABLES_TO_COMPARE = (
    "customers",
    "contacts",
    "orders",
    "order_lines",
    "products",
    "customer_days",
    "entities",
    "entity_keys",
    "entity_contacts",
    "merges",
)


@pytest.fixture(scope="session")
def shared():
    return SHARED


@pytest.fixture
def stage(tmp_path):
    """Rows (a list of mappings, or the text of a CSV) as an extract."""
    counter = iter(range(1_000_000))

    def staged(rows, name="deals.csv", **reading):
        folder = tmp_path / f"input-{next(counter)}"
        folder.mkdir()
        path = folder / name
        path.write_text(rows if isinstance(rows, str) else as_csv(rows), encoding="utf-8")
        return read_file(path, workspace=folder, **reading)

    return staged


@pytest.fixture
def make_base(stage):
    """A base in memory out of rows; options of the intake by name."""

    def made(*files, reading=None, **options):
        base = CustomerBase(None)
        for place, rows in enumerate(files):
            base.add(stage(rows, f"file{place}.csv", **(reading or {})), IntakeOptions(**options))
        return base

    return made


@pytest.fixture(scope="session")
def tables_of():
    """Rows of every table that states what is known, in one order."""

    def read(base, tables=TABLES_TO_COMPARE, but=()):
        return {name: sorted(repr(_said(row, but)) for row in base.table(name).dicts()) for name in tables}

    def _said(row, but):
        """A row without the digest of the file it came from: a file with its rows shuffled is another file."""
        return {column: value for column, value in row.items() if column not in ("import_digest", *but)}

    return read


def as_csv(rows):
    headers = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, headers, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
