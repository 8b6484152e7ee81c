"""RFM and ABC/XYZ through the API against hand-written DuckDB SQL and careful pandas, over one day ledger.

    python -m benchmarks.segments [--orders 10000000]

Figures are CPU seconds of this process, the best of three rounds in turn; what counts are the ratios.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kogorta.base.customer_base import CustomerBase
from kogorta.engine.duck import first_row
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.rfm import RFM

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = "2026-11-22"
ROUNDS = 3

HAND_RFM = """
CREATE OR REPLACE TABLE hand_rfm AS
WITH c AS (SELECT customer_id, date_diff('day', max(day) FILTER (orders > 0), DATE '2026-11-22') AS r, sum(orders) AS f, sum(amount) AS m,
    min(day) FILTER (orders > 0) AS first_on, max(day) FILTER (orders > 0) AS last_on FROM customer_days GROUP BY customer_id),
q AS (SELECT quantile_disc(r, [0.333333333, 0.666666666]) AS qr, quantile_disc(f, [0.333333333, 0.666666666]) AS qf,
    quantile_disc(m, [0.333333333, 0.666666666]) AS qm FROM c WHERE f > 0)
SELECT c.*, 1 + (r > qr[1])::INT + (r > qr[2])::INT AS rl, 3 - (f > qf[1])::INT - (f > qf[2])::INT AS fl,
    3 - (m > qm[1])::INT - (m > qm[2])::INT AS ml, (rl * 100 + fl * 10 + ml)::VARCHAR AS code,
    CASE WHEN code = '111' THEN 'vip' WHEN code IN ('112', '121', '211', '212') THEN 'loyal' WHEN code IN ('131', '132') THEN 'potential'
        WHEN code = '133' THEN 'new' WHEN code IN ('311', '312', '313', '321', '331') THEN 'needs_attention'
        WHEN code IN ('323', '332', '333') THEN 'sleeping' ELSE 'standard' END AS segment_case
FROM c, q WHERE f > 0
"""

HAND_ABC = """
CREATE OR REPLACE TABLE hand_abc AS
WITH c AS (SELECT customer_id, sum(amount) AS m, min(day) FILTER (orders > 0) AS first_on FROM customer_days GROUP BY customer_id),
a AS (SELECT customer_id, m, first_on,
    coalesce(sum(m) OVER (ORDER BY m DESC, customer_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
    sum(m) OVER () AS total FROM c WHERE m > 0),
p AS (SELECT customer_id, date_trunc('quarter', day) AS q, sum(amount) AS s FROM customer_days WHERE day < DATE '2026-10-01' GROUP BY 1, 2),
v AS (SELECT customer_id, sum(s)::DOUBLE AS s1, sum(s::DOUBLE * s::DOUBLE) AS s2 FROM p GROUP BY 1)
SELECT c.customer_id,
    CASE WHEN a.m IS NULL THEN 'none' WHEN before * 100 < total * 80 THEN 'A' WHEN before * 100 < total * 95 THEN 'B' ELSE 'C' END AS abc,
    date_diff('quarter', c.first_on, DATE '2026-10-01') AS n, sqrt(greatest(n * s2 / (s1 * s1) - 1, 0)) AS cv,
    CASE WHEN n < 3 THEN 'early' WHEN cv <= 0.5 THEN 'X' WHEN cv <= 1 THEN 'Y' ELSE 'Z' END AS xyz
FROM c LEFT JOIN a USING (customer_id) LEFT JOIN v USING (customer_id)
"""


def make_base(orders: int, folder: Path) -> CustomerBase:
    """A base of this many orders on disk: one customer for ten orders, skewed activity, four years.

    `orders.parquet` holds the orders, `customer_days.parquet` the day ledger that a base keeps beside them.
    """
    base = CustomerBase(None, memory="8GB")
    run = base.connection.execute
    run("DROP TABLE customer_days")
    run(
        f"""COPY (SELECT 'c' || CAST(floor(pow(random(), 2) * {max(orders // 10, 1)}) AS BIGINT) AS customer_id,
            DATE '2022-11-23' + CAST(floor(random() * 1461) AS INTEGER) AS day, CAST(exp(random() * 3 + 9) AS BIGINT) AS amount
        FROM range({orders})) TO '{folder}/orders.parquet' (COMPRESSION zstd)"""
    )
    run(
        f"""COPY (SELECT customer_id, day, count(*) AS orders, CAST(sum(amount) AS BIGINT) AS amount FROM '{folder}/orders.parquet'
        GROUP BY ALL) TO '{folder}/customer_days.parquet' (COMPRESSION zstd)"""
    )
    run(f"CREATE VIEW customer_days AS SELECT * FROM '{folder}/customer_days.parquet'")
    return base


def cpu(job: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    start = time.process_time()
    job()
    return time.process_time() - start


def main() -> None:
    """Print the table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000_000)
    size = parser.parse_args().orders
    with tempfile.TemporaryDirectory() as folder:
        compare(size, Path(folder))


def compare(size: int, folder: Path) -> None:
    """Measure everything over one base."""
    import pandas as pd

    base = make_base(size, folder)

    def frame() -> pd.DataFrame:
        table = pd.read_parquet(folder / "orders.parquet")
        table["customer_id"] = table["customer_id"].astype("category")
        table["day"] = pd.to_datetime(table["day"])
        return table

    def api_rfm() -> None:
        base.generation += 1
        RFM().fit(base, AS_OF).assign(base, AS_OF)

    def api_abc() -> None:
        base.generation += 1
        AbcXyz().assign(base, AS_OF)

    def pandas_rfm() -> None:
        grouped = frame().groupby("customer_id", sort=False, observed=True)
        table = grouped.agg(last=("day", "max"), f=("day", "size"), m=("amount", "sum"))
        table["r"] = (pd.Timestamp(AS_OF) - table["last"]).dt.days
        for name in ("r", "f", "m"):
            cuts = table[name].quantile([1 / 3, 2 / 3], interpolation="lower").to_list()
            table[name + "_level"] = (table[name] > cuts[0]).astype("int8") + (table[name] > cuts[1]).astype("int8")

    def pandas_abc() -> None:
        table = frame()
        money = table.groupby("customer_id", observed=True)["amount"].sum().sort_values(ascending=False, kind="stable")
        share = (money.cumsum() - money) / money.sum()
        pd.cut(share, [-1, 0.8, 0.95, 2], labels=["A", "B", "C"], right=False)
        first = table.groupby("customer_id", observed=True)["day"].min()
        complete = table[table["day"] < "2026-10-01"]
        number = complete["day"].dt.year * 4 + complete["day"].dt.quarter
        sums = complete.groupby(["customer_id", number], observed=True, sort=False)["amount"].sum().astype(float)
        moments = pd.DataFrame({"s1": sums, "s2": sums * sums}).groupby(level=0, sort=False, observed=True).sum()
        periods = 2026 * 4 + 4 - (first.dt.year * 4 + first.dt.quarter)
        cv = (periods * moments["s2"] / moments["s1"] ** 2 - 1).clip(lower=0) ** 0.5
        pd.cut(cv, [-1, 0.5, 1, 1e9], labels=["X", "Y", "Z"])

    jobs: dict[str, Callable[[], object]] = {
        "RFM, API": api_rfm,
        "RFM, hand SQL": lambda: base.connection.execute(HAND_RFM),
        "RFM, pandas": pandas_rfm,
        "ABC/XYZ, API": api_abc,
        "ABC/XYZ, hand SQL": lambda: base.connection.execute(HAND_ABC),
        "ABC/XYZ, pandas": pandas_abc,
    }
    best = {name: min(cpu(job) for _ in range(ROUNDS)) for name, job in jobs.items()}
    days = first_row(base.connection.execute("SELECT count(*) FROM customer_days"))
    print(f"{size:,} orders, {days[0] if days else 0:,} customer days")
    for kind, goal_sql, goal_pandas in (("RFM", 1.10, 2.5), ("ABC/XYZ", 1.10, 2.5)):
        api, hand, other = (best[f"{kind}, {who}"] for who in ("API", "hand SQL", "pandas"))
        print(f"{kind:8} API {api:6.2f} s  hand SQL {hand:6.2f} s  pandas {other:6.2f} s", end="  ")
        print(f"API / hand = {api / hand:.2f} (goal {goal_sql:.2f})  pandas / API = {other / api:.1f} (goal {goal_pandas})")


if __name__ == "__main__":
    main()
