"""A base of very many orders, written straight into its tables: what a benchmark reads that is not about writing.

    python -m benchmarks.large_base FOLDER [--orders 100000000] [--threads 1] [--memory 3000MB]

Orders and customers are drawn as in `benchmarks.base_update`; the day ledger is made of them by the base's own SQL, month by month, the
tables are written by the base's own writer, and what enrichment adds to a customer of a city is asked of enrichment once a city.
"""

from __future__ import annotations

import argparse
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.base_update import DAYS, ENTITY, ORDER, cpu, drawn, fill, rows_of, size_of
from kogorta.base.customer_base import CustomerBase, open_base
from kogorta.engine.duck import filled_sql
from kogorta.enrichment.enrich import enrich

if TYPE_CHECKING:
    from kogorta.base.store import State

FIRST = date(2022, 11, 23)
CUSTOMER = {
    "customer_id": "'c' || n",
    "kind": "'person'",
    "name": ENTITY["name"],
    "email": "'u' || n || '@mail.ru'",
    "city": ENTITY["city"],
    "created_at": ENTITY["created_at"],
    "region": "region",
    "time_zone": "time_zone",
    "country": "country",
}


def enriched_cities() -> tuple[str, State]:
    """What enrichment says of the cities of the drawn customers, as SQL of rows, and the state of a base that is enriched."""
    base = CustomerBase(None)
    fill(base, 100)
    base.rebuild()
    enrich(base)
    rows = base.connection.execute("SELECT DISTINCT city, region, time_zone, country FROM customers ORDER BY city").fetchall()
    values = ", ".join("(" + ", ".join("NULL" if cell is None else f"'{cell}'" for cell in row) + ")" for row in rows)
    return f"(VALUES {values}) AS places(place, region, time_zone, country)", base._store.state


def fill_whole(base: CustomerBase, orders: int) -> None:
    """Put orders, customers and the day ledger into an empty base."""
    who = max(orders // 10, 1)
    cities, state = enriched_cities()
    base.connection.execute("SELECT setseed(0.5)")
    base.is_large = True
    with base._store.writing(base.shelf, large=True) as draft:
        draft.replace("orders", rows_of("orders", {**ORDER, "customer_id": ORDER["entity_id"]}, drawn(orders)))
        months = sorted({(FIRST + timedelta(days=day)).replace(day=1) for day in range(DAYS)})
        ends = [*months[1:], date(2100, 1, 1)]
        parts = [
            filled_sql(
                "base",
                "customer_days",
                {},
                {"orders": f"(SELECT * FROM orders WHERE ordered_on >= DATE '{begin}' AND ordered_on < DATE '{end}')"},
            )
            for begin, end in zip(months, ends, strict=True)
        ]
        draft.replace("customer_days", " UNION ALL ".join(f"({part})" for part in parts))
        people = f"(SELECT range AS n, * FROM range({who}) JOIN {cities} ON place = {ENTITY['city'].replace('n ', 'range ')})"
        draft.replace("customers", rows_of("customers", CUSTOMER, people))
        counts = f"{orders} AS rows_read, {orders} AS rows_used, 0 AS rows_merged, 0 AS rows_quarantined"
        draft.replace("imports", f"SELECT 'first' AS digest, '' AS reading, 'first.csv' AS source, 'orders' AS layout, {counts}")
        settings = {"enriched": True, "industries": state.industries, "currency": "RUB", "time_zone": "Europe/Moscow", "refunds": "net"}
        base._store.commit(draft, **settings)


def main() -> None:
    """Make the base and say what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=100_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory", default="3000MB")
    asked = parser.parse_args()
    shutil.rmtree(asked.folder, ignore_errors=True)
    base = open_base(asked.folder, memory=asked.memory)
    base.connection.execute(f"SET threads = {asked.threads}")
    spent = cpu(lambda: fill_whole(base, asked.orders))
    print(f"write {asked.orders:,} orders: {spent:.1f} CPU s, {size_of(asked.folder):,.0f} MB", flush=True)


if __name__ == "__main__":
    main()
