"""Adding a few orders to a large base against making the base anew, and what each leaves on disk.

    python -m benchmarks.base_update [--orders 1000000] [--added 10000]

CPU seconds of this process. The full build starts from tables that are cleaned already, so the share printed is an upper bound: reading
and cleaning the same orders from a file costs as much again.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kogorta.base.customer_base import CustomerBase, open_base
from kogorta.base.tables import TABLES
from kogorta.enrichment.enrich import enrich
from kogorta.sources.files import read_file

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS = 1461
ENTITY = {
    "entity_id": "'c' || n",
    "kind": "'person'",
    "name": "'Покупатель ' || n",
    "city": "['Москва', 'Казань', 'Омск', 'Пермь'][1 + n % 4]",
    "created_at": "TIMESTAMPTZ '2022-11-23'",
    "seen_at": "TIMESTAMPTZ '2026-11-22'",
    "imports": "1",
}
ORDER = {
    "order_id": "CAST(n AS VARCHAR)",
    "entity_id": "'c' || who",
    "status": "'won'",
    "stage_status": "'won'",
    "ordered_at": "CAST(day AS TIMESTAMPTZ)",
    "ordered_on": "day",
    "amount": "sum",
    "currency": "'RUB'",
    "amount_base": "sum",
    "net_amount_base": "sum",
    "discount": "0",
    "import_digest": "'first'",
}


def rows_of(table: str, columns: dict[str, str], source: str) -> str:
    """Query of rows of a table of the base; columns that are not named are empty."""
    chosen = ", ".join(f'CAST({columns.get(name, "NULL")} AS {kind}) AS "{name}"' for name, kind in TABLES[table])
    return f"SELECT {chosen} FROM {source}"


def drawn(orders: int) -> str:
    """SQL of drawn orders: their number, whose, on what day, for how much; one customer for ten orders, skewed activity, four years."""
    return f"""(SELECT range AS n, CAST(floor(pow(random(), 2) * {max(orders // 10, 1)}) AS BIGINT) AS who,
        DATE '2022-11-23' + CAST(range * {DAYS} // {orders} AS INTEGER) AS day, CAST(exp(random() * 3 + 9) AS BIGINT) AS sum
        FROM range({orders}))"""


def fill(base: CustomerBase, orders: int) -> None:
    """Put customers and their orders into an empty base."""
    who = max(orders // 10, 1)
    base.connection.execute("SELECT setseed(0.5)")
    base.is_large = orders > 200_000
    with base._store.writing(base.shelf, large=base.is_large) as draft:
        draft.replace("entities", rows_of("entities", ENTITY, f"(SELECT range AS n FROM range({who}))"))
        draft.replace(
            "entity_keys", f"SELECT 'c' || range AS entity_id, 'email' AS kind, 'u' || range || '@mail.ru' AS key FROM range({who})"
        )
        draft.replace("orders", rows_of("orders", ORDER, drawn(orders)))
        counts = f"{orders} AS rows_read, {orders} AS rows_used, 0 AS rows_merged, 0 AS rows_quarantined"
        draft.replace("imports", f"SELECT 'first' AS digest, '' AS reading, 'first.csv' AS source, 'orders' AS layout, {counts}")
        base._store.commit(draft, currency="RUB", time_zone="Europe/Moscow", refunds="net")


def more(folder: Path, first: int, count: int, customers: int) -> Path:
    """A CSV of new orders of the last fortnight, nine in ten of old customers; one in fifty is an order of the last weeks edited."""
    path = folder / "more.csv"
    lines = ["order_id;customer_id;email;date;amount"]
    for place in range(count):
        number = first - 1 - place if place % 50 == 0 else first + place
        who = place * 7919 % customers if place % 10 else customers + place
        lines.append(f"{number};c{who};u{who}@mail.ru;2026-11-{10 + place % 13};{100 + place % 900}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def cpu(job: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    start = time.process_time()
    job()
    return time.process_time() - start


def size_of(folder: Path) -> float:
    """Megabytes of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Print the costs and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--added", type=int, default=10_000)
    asked = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="kogorta-bench-"))
    try:
        base = open_base(place / "base")
        filled = cpu(lambda: fill(base, asked.orders))
        print(f"fill with cleaned tables   {filled:8.1f} CPU s", flush=True)
        built = cpu(base.rebuild)
        print(f"derive and write all       {built:8.1f} CPU s   {size_of(place / 'base'):8.0f} MB", flush=True)
        spent = cpu(lambda: enrich(base))
        print(f"enrich all                 {spent:8.1f} CPU s", flush=True)
        base = open_base(place / "base")
        extract = read_file(more(place, asked.orders, asked.added, max(asked.orders // 10, 1)), workspace=place)
        added = cpu(lambda: base.add(extract))
        print(f"add {asked.added:>9,} orders       {added:8.1f} CPU s   {size_of(place / 'base'):8.0f} MB", flush=True)
        again = cpu(lambda: enrich(base))
        print(f"enrich what changed        {again:8.1f} CPU s", flush=True)
        print(f"share of a full build      {(added + again) / (filled + built + spent):8.1%}", flush=True)
        deleted = base.vacuum()
        print(f"vacuum: {deleted} files          {size_of(place / 'base'):8.0f} MB", flush=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
