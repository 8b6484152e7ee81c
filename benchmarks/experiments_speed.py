"""Speed of assignment and analysis as ratios to the plain SQL that any such work needs, in one run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kogorta.experiments.analysis import Analysis
from kogorta.experiments.assignment import Arms, HashSplit, bucket_sql
from kogorta.experiments.metrics import Metric
from kogorta.experiments.sums_sql import sums_from

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

REPEATS = 7


def measure_speed(rows: int) -> None:
    import duckdb

    connection = duckdb.connect()
    assignment(connection, 1_000_000)
    analysis(connection, rows)
    connection.close()


def best_of(*works: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    """Best of several rounds; the works take turns, so that a busy moment does not fall on one of them only."""
    best = [float("inf")] * len(works)
    for _ in range(repeats):
        for place, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[place] = min(best[place], time.perf_counter() - start)
    return best


def assignment(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    connection.execute(f"CREATE TABLE ids AS SELECT CAST(range AS VARCHAR) AS id FROM range({rows})")
    split = HashSplit("speed", Arms.of({"A": 50, "B": 50}))
    ids = [row[0] for row in connection.execute("SELECT id FROM ids").fetchall()]
    by_sql = connection.execute(f"SELECT {split.sql('id')} FROM ids").fetchnumpy()
    same = list(next(iter(by_sql.values()))) == split.assign(ids).arm_names()
    print(f"{'ok  ' if same else 'MISS'} SQL = Python on {rows:,} ids{'':<37} all                {same}")
    plain, ours = best_of(
        lambda: connection.execute(f"SELECT max({bucket_sql('speed', 'id')}) FROM ids").fetchall(),
        lambda: connection.execute(f"SELECT max({split.sql('id')}) FROM ids").fetchall(),
        repeats=15,
    )
    (python,) = best_of(lambda: split.assign(ids), repeats=3)
    line("arm in SQL against the bare hex-md5 bucket in SQL", 1.05, ours / plain, f"{plain:.2f} s -> {ours:.2f} s; Python {python:.2f} s")


def line(goal: str, limit: float, ratio: float, extra: str) -> None:
    print(f"{'ok  ' if ratio <= limit else 'MISS'} {goal:<62} {f'<= {limit:g} x':<18} {ratio:.3g} x ({extra})")


def analysis(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    connection.execute(
        f"""CREATE TABLE outcomes AS SELECT range AS id, CASE WHEN hash(range) % 2 = 0 THEN 'A' ELSE 'B' END AS arm,
        CAST(random() < 0.1 AS INTEGER) AS visit, CAST(random() < 0.02 AS INTEGER) AS conversion,
        CASE WHEN random() < 0.02 THEN -100 * ln(random()) ELSE 0 END AS spend, random() * 10 AS pages,
        1 + floor(random() * 5) AS sessions, -300 * ln(random()) AS history,
        DATE '2026-03-01' + CAST(range * 28 // {rows} AS INTEGER) AS day FROM range({rows})"""
    )
    metrics = [
        Metric("visit", "proportion"),
        Metric("conversion", "proportion"),
        Metric("spend", covariate="history"),
        Metric("pages"),
        Metric("spend", "ratio", denominator="sessions"),
    ]
    names = ("visit", "conversion", "spend", "pages", "sessions", "history")
    raw = ", ".join(
        [f"sum({name})" for name in names] + [f"sum({name} * {name})" for name in names] + ["sum(spend * history)", "sum(spend * sessions)"]
    )
    raw_query = f"SELECT arm, count(*), {raw} FROM outcomes GROUP BY arm"
    reader = Analysis(metrics, control="A")
    plain, ours = best_of(
        lambda: connection.execute(raw_query).fetchall(),
        lambda: reader.of_sums(sums_from(connection, "outcomes", metrics, arm="arm")),
    )
    line(f"analysis of {rows:,} customers x 5 metrics, raw SQL sums", 1.2, ours / plain, f"{plain:.2f} s -> {ours:.2f} s")
    stored = sums_from(connection, "outcomes", metrics, arm="arm", day="day")
    connection.execute("CREATE VIEW yesterday AS SELECT * FROM outcomes WHERE day = DATE '2026-03-28'")
    shifts = [item.shift for item in stored.metrics]
    every, from_sums, with_a_day = best_of(
        lambda: reader.of_sums(sums_from(connection, "outcomes", metrics, arm="arm")),
        lambda: reader.of_sums(stored),
        lambda: reader.of_sums(
            stored.until("2026-03-27").plus(sums_from(connection, "yesterday", metrics, arm="arm", day="day", shifts=shifts))
        ),
    )
    line("a look at 28 stored days, against all rows", 0.2, from_sums / every, f"{every:.2f} s -> {from_sums:.3f} s")
    line("the same with yesterday's rows added", 0.5, with_a_day / every, f"{every:.2f} s -> {with_a_day:.3f} s")
