"""RFM and ABC/XYZ over Parquet as the base grows: ours, hand-written DuckDB SQL, polars, pandas, lifetimes and a bare scan.

    python -m benchmarks.scale [--orders 1000000 10000000] [--chart docs/img/scale.png]

Every job runs in a process of its own after a small one that loads what it needs; CPU seconds and peak memory, the best of two below a
million orders. The largest sizes are left to who can take them: lifetimes stops at a million orders, pandas at ten.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF: Final = "2026-11-22"
JOBS: Final = ("scan", "rfm", "abc_xyz", "duckdb_rfm", "duckdb_abc_xyz", "polars_rfm", "pandas_rfm", "lifetimes_rfm")
LARGEST: Final = {"pandas_rfm": 10_000_000, "lifetimes_rfm": 1_000_000}
NAMES: Final = {
    "scan": "bare scan of the columns",
    "rfm": "Kogorta RFM",
    "abc_xyz": "Kogorta ABC/XYZ",
    "duckdb_rfm": "DuckDB SQL by hand, RFM",
    "duckdb_abc_xyz": "DuckDB SQL by hand, ABC/XYZ",
    "polars_rfm": "polars, RFM",
    "pandas_rfm": "pandas, RFM",
    "lifetimes_rfm": "lifetimes, frequency and recency",
}


def write_ledger(orders: int, path: Path) -> None:
    """The day ledger of this many orders: one customer for ten orders, skewed activity, four years."""
    import duckdb

    connection = duckdb.connect(config={"memory_limit": "3GB", "temp_directory": str(path.parent / "spill")})
    connection.execute("SELECT setseed(0.5)")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(
        f"""COPY (SELECT 'c' || CAST(floor(pow(random(), 2) * {max(orders // 10, 1)}) AS BIGINT) AS customer_id,
            DATE '2022-11-23' + CAST(floor(random() * 1461) AS INTEGER) AS day, CAST(1 AS BIGINT) AS orders,
            CAST(exp(random() * 3 + 9) AS BIGINT) AS amount FROM range({orders})) TO '{path}' (COMPRESSION zstd)"""
    )


def job(name: str, path: Path) -> Callable[[], object]:
    """What is measured, ready to run."""
    if name in {"rfm", "abc_xyz", "duckdb_rfm", "duckdb_abc_xyz", "scan"}:
        return _engine_job(name, path)
    if name == "polars_rfm":
        return lambda: _polars_rfm(path)
    return lambda: _pandas_rfm(path, lifetimes=name == "lifetimes_rfm")


def _engine_job(name: str, path: Path) -> Callable[[], object]:
    from benchmarks.segments import HAND_ABC, HAND_RFM
    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.abc_xyz import AbcXyz
    from kogorta.segments.rfm import RFM

    base = CustomerBase(None, memory="6GB", spill=path.parent)
    base.shelf.drop("customer_days")
    base.connection.execute("DROP TABLE IF EXISTS customer_days")
    base.connection.execute(f"CREATE VIEW customer_days AS SELECT * FROM '{path}'")
    scan = "SELECT bit_xor(hash(customer_id)), max(day), sum(orders), sum(amount) FROM customer_days"
    queries = {"scan": scan, "duckdb_rfm": HAND_RFM, "duckdb_abc_xyz": HAND_ABC}
    if name in queries:
        return lambda: base.connection.execute(queries[name]).fetchall()
    if name == "rfm":
        return lambda: RFM().fit(base, AS_OF).assign(base, AS_OF)
    return lambda: AbcXyz().assign(base, AS_OF)


def _polars_rfm(path: Path) -> object:
    import polars as pl

    day = pl.lit(AS_OF).str.to_date()
    summed = (
        pl.scan_parquet(path)
        .group_by("customer_id")
        .agg((day - pl.col("day").max()).dt.total_days().alias("r"), pl.col("orders").sum().alias("f"), pl.col("amount").sum().alias("m"))
        .collect(engine="streaming")
    )
    levels = []
    for name in ("r", "f", "m"):
        low, high = (summed[name].quantile(share, "lower") for share in (1 / 3, 2 / 3))
        levels.append(1 + (pl.col(name) > low).cast(pl.Int8) + (pl.col(name) > high).cast(pl.Int8))
    return summed.with_columns(levels[0].alias("rl"), (4 - levels[1]).alias("fl"), (4 - levels[2]).alias("ml"))


def _pandas_rfm(path: Path, *, lifetimes: bool) -> object:
    import pandas as pd

    table = pd.read_parquet(path)
    table["day"] = pd.to_datetime(table["day"])
    if lifetimes:
        from lifetimes.utils import summary_data_from_transaction_data

        return summary_data_from_transaction_data(table, "customer_id", "day", "amount", observation_period_end=AS_OF)
    table["customer_id"] = table["customer_id"].astype("category")
    grouped = table.groupby("customer_id", sort=False, observed=True)
    summed = grouped.agg(last=("day", "max"), f=("orders", "sum"), m=("amount", "sum"))
    summed["r"] = (pd.Timestamp(AS_OF) - summed["last"]).dt.days
    for name in ("r", "f", "m"):
        low, high = summed[name].quantile([1 / 3, 2 / 3], interpolation="lower")
        summed[name + "_level"] = (summed[name] > low).astype("int8") + (summed[name] > high).astype("int8")
    return summed


def measure(name: str, path: Path, rounds: int) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one job in a process of its own."""
    best = (float("inf"), float("inf"))
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.scale", "--job", name, str(path)], check=True, capture_output=True, text=True
        )
        seconds, peak = json.loads(done.stdout)
        best = min(best, (seconds, peak))
    return best


def report(sizes: list[int], chart: Path | None) -> None:
    """Measure all jobs at all sizes; print the table, draw the chart."""
    found: dict[tuple[str, int], tuple[float, float]] = {}
    with tempfile.TemporaryDirectory(prefix="kogorta-bench-") as folder:
        for orders in sizes:
            path = Path(folder) / f"{orders}.parquet"
            write_ledger(orders, path)
            for name in JOBS:
                if orders > LARGEST.get(name, orders):
                    continue
                found[name, orders] = measure(name, path, rounds=2 if orders < 1_000_000 else 1)
                print(f"{orders:>11,}  {NAMES[name]:34s} {found[name, orders][0]:8.2f} CPU s {found[name, orders][1]:7.0f} MB", flush=True)
            path.unlink()
    print("\n| Orders | Job | CPU s | of Kogorta's RFM | CPU s per million | Peak MB |\n|---:|---|---:|---:|---:|---:|")
    for (name, orders), (seconds, peak) in found.items():
        ratio = seconds / found["rfm", orders][0]
        print(f"| {orders:,} | {NAMES[name]} | {seconds:.2f} | {ratio:.2f} | {seconds / orders * 1e6:.2f} | {peak:.0f} |")
    if chart is not None:
        _draw(found, chart)


def _draw(found: dict[tuple[str, int], tuple[float, float]], chart: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    sizes = sorted({orders for _, orders in found})
    for pane, place, title in ((panes[0], 0, "CPU seconds per million orders"), (panes[1], 1, "Peak memory, MB")):
        for number, name in enumerate(JOBS):
            points = [(orders, found[name, orders]) for orders in sizes if (name, orders) in found]
            values = [pair[0] / orders * 1e6 if place == 0 else pair[1] for orders, pair in points]
            ours = name in {"rfm", "abc_xyz"}
            pane.plot([orders for orders, _ in points], values, marker="o", lw=2.5 if ours else 1, color=f"C{number}", label=NAMES[name])
        pane.set_xscale("log")
        pane.set_yscale("log")
        pane.set_title(title)
        pane.set_xlabel("orders")
        pane.grid(visible=True, alpha=0.3)
    panes[1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1.02, 0.5))
    figure.savefig(chart, dpi=110)


def main() -> None:
    """Print the table of costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--chart", type=Path)
    parser.add_argument("--job", nargs=2, metavar=("NAME", "FILE"))
    asked = parser.parse_args()
    if not asked.job:
        report(asked.orders, asked.chart)
        return
    name, path = asked.job[0], Path(asked.job[1])
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.parquet"
        write_ledger(2_000, small)
        job(name, small)()
    run = job(name, path)
    start = time.process_time()
    run()
    print(json.dumps([time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


if __name__ == "__main__":
    main()
