"""One base per size, its reference rows, and each engine started once."""

import os
import pickle
from pathlib import Path

import pytest
from tests.conformance import engines
from tests.conformance.orders_made import FILES, make
from tests.conformance.reference import reference_of

from kogorta.base.tables import TABLES

SMALL, WHOLE = 4_000, 100_000
CASES = [
    pytest.param(("sail", SMALL), id="sail-small"),
    *(pytest.param((name, WHOLE), id=name, marks=pytest.mark.engines) for name in ("embedded", *engines.ENGINES)),
]


@pytest.fixture(scope="session")
def data_of(tmp_path_factory):
    """Folder of the tables of a size."""
    made = {}

    def found(size):
        if size not in made:
            made[size] = make(tmp_path_factory.mktemp(f"data-{size}"), size)
        return made[size]

    return found


@pytest.fixture(scope="session")
def expected_of(data_of):
    """Rows the embedded engine gives: of another version of it where `KOGORTA_REFERENCE` says so."""
    found = {}

    def rows(size):
        if size not in found:
            kept = os.environ.get("KOGORTA_REFERENCE")
            found[size] = pickle.loads((Path(kept) / f"{size}.pickle").read_bytes()) if kept else reference_of(data_of(size))
        return found[size]

    return rows


@pytest.fixture(scope="session", params=CASES)
def running(request, data_of, tmp_path_factory):
    """An engine with the tables, the size of the base and the folder they are in."""
    name, size = request.param
    data = data_of(size)
    if name == "embedded":
        yield None, size, data
        return
    columns = {table: dict(TABLES[table]) for table in FILES}
    with engines.opened(name, tmp_path_factory.mktemp(name), data, columns) as engine:
        yield engine, size, data


@pytest.fixture(scope="session")
def beside(running):
    """A base whose heavy part the engine does."""
    from tests.conformance.orders_made import opened

    engine, _, data = running
    base = opened(data)
    if engine is not None:
        base.work_elsewhere(engine)
    return base
