"""Recommendations: hits on held-out orders beside popularity, and what it costs.

    python -m benchmarks.recommendations [--data online_retail.parquet] [--lines 1000000]

On the data of a British shop (UCI Online Retail, when the file is there) each question is tested on the last 30 days, and everyone gets
five products. Then a made base of so many lines, of 40,000 customers and 4,000 products, for time and memory. Times are CPU seconds.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from kogorta.base.customer_base import CustomerBase
from kogorta.recommendations.recommender import Recommender

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "online_retail.parquet"


def measure(base: CustomerBase) -> None:
    """Fit, print the test, offer five products to everyone."""
    start = time.process_time()
    fitted = Recommender().fit(base)
    fit = time.process_time() - start
    for trial in fitted.hindsight_.trials if fitted.hindsight_ else ():
        print(
            f"{trial.question:>9}: {trial.customers} customers, hit rate@10 {trial.model.hit_rate:.3f} against popularity "
            f"{trial.popularity.hit_rate:.3f} ({100 * trial.gain_low:+.1f} to {100 * trial.gain_high:+.1f} points), recall "
            f"{trial.model.recall:.3f}/{trial.popularity.recall:.3f}, NDCG {trial.model.ndcg:.3f}/{trial.popularity.ndcg:.3f} "
            f"({trial.order_low:+.3f} to {trial.order_high:+.3f}), {'shown' if trial.passed else 'not shown'}"
        )
    start = time.process_time()
    offers = fitted.recommend("next", top=5)
    given = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"fit {fit:.1f} s CPU, {len(offers)} offers {given:.1f} s CPU, peak memory {peak:.0f} MB, settings {fitted.rule_.settings}")


def online_retail(path: Path) -> CustomerBase:
    """The published data as a base."""
    import tempfile

    from kogorta.base.options import IntakeOptions
    from kogorta.sources.files import read_file

    base = CustomerBase(None)
    with tempfile.TemporaryDirectory() as folder:
        base.add(read_file(path, workspace=Path(folder)), IntakeOptions(currency="GBP", time_zone="Europe/London"))
    return base


def made(lines: int) -> CustomerBase:
    """A base whose lines follow hashes of their numbers: a few products sell much, customers keep to kinds of products."""
    base = CustomerBase(None)
    base.connection.execute(
        f"""CREATE TABLE drawn AS SELECT i // 5 AS o, (hash(i // 5) % 40000) AS c,
        CAST(floor(4000 * pow((hash(i, 'p') % 1000003) / 1000003, 2.0)) AS BIGINT) AS p,
        DATE '2025-01-01' + CAST(hash(i // 5, 'd') % 700 AS INTEGER) AS d FROM range({lines}) t(i)"""
    )
    base.connection.execute(
        """INSERT INTO orders BY NAME SELECT DISTINCT CAST(o AS VARCHAR) AS order_id, 'c' || c AS customer_id, d AS ordered_on,
        'won' AS status, 'won' AS stage_status, 500 AS amount, 500 AS amount_base, 500 AS net_amount_base FROM drawn"""
    )
    base.connection.execute(
        """INSERT INTO order_lines BY NAME SELECT CAST(o AS VARCHAR) AS order_id, 'p' || ((p // 20) * 20 + (p + c) % 20) AS product_id,
        'thing ' || p AS name, 1 AS quantity, 100 AS price, 100 AS amount FROM drawn"""
    )
    base.connection.execute("DROP TABLE drawn")
    base.connection.execute(
        "INSERT INTO customer_days SELECT customer_id, ordered_on, count(*), sum(net_amount_base) FROM orders GROUP BY ALL"
    )
    return base


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--lines", type=int, default=1_000_000)
    chosen = parser.parse_args()
    if chosen.data.exists():
        print(f"{chosen.data.name}:")
        measure(online_retail(chosen.data))
    print(f"a made base of {chosen.lines} lines:")
    measure(made(chosen.lines))


if __name__ == "__main__":
    main()
