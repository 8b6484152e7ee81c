"""The table of conformance: engine x analysis x rows equal, on 100,000 orders.

    python -m tests.conformance [--reference FOLDER] [--orders N] ENGINE...

`embedded` compares this environment's DuckDB with the one that wrote the reference.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from tests.conformance import engines
from tests.conformance.analyses import ANALYSES
from tests.conformance.equality import compare
from tests.conformance.orders_made import FILES, make, opened
from tests.conformance.plans import plans_of_large_path, undivided_windows
from tests.conformance.reference import reference_of

from kogorta.base.tables import TABLES


def write(line: str) -> None:
    """A line of the table, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print a row for every analysis and a column for every engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=["sail"], choices=["embedded", *engines.ENGINES])
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--orders", type=int, default=100_000)
    given = parser.parse_args()
    given.reference = given.reference and given.reference.resolve()
    different = 0
    with tempfile.TemporaryDirectory(prefix="kogorta-conformance-") as place:
        kept = given.reference / f"data-{given.orders}" if given.reference else None
        data = kept if kept is not None and kept.exists() else make(Path(place) / "data", given.orders)
        expected = pickle.loads((given.reference / f"{given.orders}.pickle").read_bytes()) if given.reference else reference_of(data)
        for name in given.engines:
            write(
                f"\n{name} beside DuckDB {duckdb.__version__}, {given.orders:,} orders\n\n| analysis | rows | equal | s |\n|---|---|---|---|"
            )
            for analysis, verdict, seconds in verdicts(name, data, Path(place) / name, expected):
                different += not verdict.same
                write(f"| {analysis} | {verdict.expected:,} | {verdict.equal:,} | {seconds:.1f} | {verdict.first[:200]}")
    return int(different > 0)


def verdicts(name, data, folder, expected):
    """Each analysis on one engine, as it is done."""
    base = opened(data)

    def each():
        for analysis, run in ANALYSES.items():
            start = time.perf_counter()
            yield analysis, compare(run(base), expected[analysis]), time.perf_counter() - start

    if name == "embedded":
        yield from each()
        return
    with engines.opened(name, folder, data, {table: dict(TABLES[table]) for table in FILES}) as engine:
        base.work_elsewhere(engine)
        yield from each()
        if name == "spark":
            fresh = opened(data)  # of this one nothing is made yet
            fresh.work_elsewhere(engine)
            plans = plans_of_large_path(engine, fresh)
            found = [window for plan in plans for window in undivided_windows(plan)]
            write(f"\n{len(plans)} physical plans of RFM and ABC/XYZ, windows over everybody: {len(found)}")
            if found:
                raise SystemExit(f"windows that one task would have to make: {found[:3]}")


if __name__ == "__main__":
    sys.exit(main())
