"""A base of 100,000 orders with everything engines differ in: ties, refunds, zeros, empty cells, zones, leap days, thresholds hit exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from kogorta.base.customer_base import CustomerBase
from kogorta.base.tables import TABLES
from kogorta.engine.duck import filled_sql

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("orders", "order_lines", "customers", "events", "customer_days")
AS_OF = date(2024, 11, 22)
ZONE = "Asia/Vladivostok"
EDGES = (0, 1, 14, 29, 30, 31, 59, 60, 61, 89, 90, 91, 179, 180, 181, 365, 366, 731)
"""Days before the date at which something changes its class."""
LEAP = (date(2020, 2, 29), date(2024, 2, 29))
HUGE = 3 * 10**15
"""Minor units beyond what a floating-point number counts exactly; ten such orders go beyond 64 bits times a million."""


def make(folder: Path, orders: int = 100_000) -> Path:
    """Write every table of the base as Parquet, `<table>.parquet`; the same each time."""
    folder.mkdir(parents=True, exist_ok=True)
    base = CustomerBase(None, memory="2GB")
    run, draw = base.connection.execute, np.random.default_rng(20241122)
    buyers = max(orders // 10, 20)

    def put(table: str, columns: dict[str, object]) -> None:
        size = len(next(iter(columns.values())))  # type: ignore[arg-type]
        arrays = {}
        for name, kind in TABLES[table]:
            values = columns.get(name)
            if values is not None:
                array = np.asarray(values, dtype=None if kind in ("DATE", "TIMESTAMPTZ", "DOUBLE") else object)
                arrays[name] = array.astype("datetime64[us]") if array.dtype.kind == "M" else array
        base.connection.register("given", {**arrays, "place": np.arange(size)})
        cells = ", ".join(
            f'CAST({f"{_cell(name, kind)}" if name in arrays else "NULL"} AS {kind}) AS "{name}"' for name, kind in TABLES[table]
        )
        run(f"CREATE OR REPLACE TABLE {table} AS SELECT {cells} FROM given ORDER BY place")
        base.connection.unregister("given")

    # ids whose order depends on the alphabet of the engine
    ids = np.array([f"{('c', 'C', 'Ж', 'ё', 'e-', 'é', '_')[n % 7]}{n:05d}" for n in range(buyers + 200)], dtype=object)
    who = np.minimum((draw.random(orders) ** 2 * buyers).astype(int), buyers - 1)
    back = (draw.random(orders) * 1600).astype(int)
    edge = draw.random(orders) < 0.15
    back[edge] = draw.choice(EDGES, int(edge.sum()))
    days = np.array([AS_OF - timedelta(days=int(n)) for n in back], dtype="datetime64[D]")
    leap = draw.random(orders) < 0.01
    days[leap] = draw.choice(np.array(LEAP, dtype="datetime64[D]"), int(leap.sum()))
    amount = draw.choice([0, 1, 50_00, 99_99, 100_00, 100_01, 1_000_00, 25_000_00], orders, p=[0.03, 0.02, 0.25, 0.1, 0.3, 0.05, 0.15, 0.1])
    amount = np.where(draw.random(orders) < 0.3, (np.exp(draw.random(orders) * 5 + 7)).astype(np.int64), amount)
    amount[:12] = HUGE + np.arange(12)
    refund = draw.random(orders) < 0.04
    fate = draw.random(orders)
    status = np.where(fate < 0.07, "lost", np.where(fate < 0.10, "open", "won")).astype(object)
    stage = status.copy()
    net = np.where(status == "won", amount, 0)
    full, part = (status == "won") & (fate > 0.97), (status == "won") & (fate > 0.94) & (fate <= 0.97)
    net[full] = 0
    net[part] = amount[part] // 3
    status[full] = "refunded"
    loose = refund & (status == "won") & ~part
    net[loose], amount[loose] = -amount[loose], -amount[loose]
    status[loose] = "refunded"
    hour = draw.choice([0, 0, 13, 14, 15, 23], orders)
    minute = draw.choice([0, 30, 59], orders)
    moments = days.astype("datetime64[s]") - np.timedelta64(1, "D") + hour.astype("timedelta64[h]") + minute.astype("timedelta64[m]")
    discount = np.where(draw.random(orders) < 0.3, draw.integers(0, 500_00, orders), 0).astype(object)
    discount[draw.random(orders) < 0.1] = None
    texts = np.array([None, "", " Сайт ", "сайт", "Магазин", "Приём", "e-mail", "Ёлка"], dtype=object)
    put(
        "orders",
        {
            "order_id": [f"o{n:06d}" for n in range(orders)], "customer_id": ids[who], "status": status, "stage_status": stage,
            "ordered_at": moments, "ordered_on": days, "amount": amount, "currency": np.full(orders, "RUB", dtype=object),
            "amount_base": amount, "net_amount_base": net, "discount": discount, "channel": draw.choice(texts, orders),
            "manager_id": draw.choice(np.array([None, "м1", "м2", "М2"], dtype=object), orders),
            "pipeline": draw.choice(np.array([None, "опт", "Розница"], dtype=object), orders),
        },
    )  # fmt: skip
    lined = np.flatnonzero(draw.random(orders) < 0.5)
    lines = np.repeat(lined, draw.integers(1, 4, len(lined)))
    numbers = np.concatenate([np.arange(n) for n in np.unique(lines, return_counts=True)[1]])
    put(
        "order_lines",
        {
            "order_id": [f"o{n:06d}" for n in lines], "line_no": numbers,
            "product_id": draw.choice(np.array([None, "p1", "p2", "P3"], dtype=object), len(lines)),
            "name": draw.choice(np.array(["Чайник", " чайник", "Кружка", None], dtype=object), len(lines)),
            "category": draw.choice(np.array([None, "", "Посуда", "посуда ", "Ёмкости", "Книги"], dtype=object), len(lines)),
            "quantity": draw.choice([0.0, 1.0, 2.5, 0.001, 1000.0], len(lines)),
            "amount": draw.integers(0, 100_000, len(lines)), "discount": draw.integers(0, 100, len(lines)),
        },
    )  # fmt: skip
    people = len(ids)
    born = np.array([AS_OF - timedelta(days=int(n)) for n in draw.integers(6000, 33000, people)], dtype="datetime64[D]")
    born[::17], born[::19] = np.datetime64("1996-02-29"), np.datetime64("1957-11-22")
    put(
        "customers",
        {
            "customer_id": ids, "kind": draw.choice(np.array(["person", "company"], dtype=object), people),
            "name": draw.choice(np.array([None, "", "Ёж и К", "ООО «Ромашка»"], dtype=object), people),
            "gender": draw.choice(np.array([None, "Ж", " female", "м", "?"], dtype=object), people), "birth_on": born,
            "city": draw.choice(np.array([None, "Орёл", "орел", "Томск "], dtype=object), people),
            "region": draw.choice(np.array([None, "RU-ORL", "RU-TOM"], dtype=object), people),
            "industry": draw.choice(np.array([None, "retail", "it"], dtype=object), people),
            "email": draw.choice(np.array([None, "a@example.org"], dtype=object), people),
            "created_at": np.full(people, np.datetime64("2020-02-29T15:30:00")), "source": np.full(people, "сайт", dtype=object),
        },
    )  # fmt: skip
    happened = orders // 5
    ago = draw.integers(0, 400, happened)
    ago[: happened // 4] = draw.choice(EDGES[:-3], happened // 4)
    at = np.array([AS_OF - timedelta(days=int(n)) for n in ago], dtype="datetime64[s]") - np.timedelta64(1, "D")
    put(
        "events",
        {
            "event_id": [f"e{n}" for n in range(happened)], "customer_id": draw.choice(ids, happened),
            "type": draw.choice(np.array(["email_open", "email_click", "Complaint"], dtype=object), happened),
            "at": at + draw.choice([13, 14, 15], happened).astype("timedelta64[h]"), "source": np.full(happened, "mail", dtype=object),
            "properties": draw.choice(np.array([None, '{"value": 4.5, "page": "/Ёлка"}', '{"campaign": "осень"}'], dtype=object), happened),
        },
    )  # fmt: skip
    run(f"CREATE OR REPLACE TABLE customer_days AS {filled_sql('base', 'customer_days', {}, {'orders': 'orders'})}")
    for table in FILES:
        base.connection.sql(f"SELECT * FROM {table}").write_parquet(str(folder / f"{table}.parquet"), compression="zstd")
    return folder


def _cell(name: str, kind: str) -> str:
    return f"timezone('UTC', CAST(\"{name}\" AS TIMESTAMP))" if kind == "TIMESTAMPTZ" else f'"{name}"'


def opened(folder: Path) -> CustomerBase:
    """A base in memory over those files."""
    base = CustomerBase(None, memory="2GB")
    for table in FILES:
        base.shelf.drop(table)
        base.shelf.show(table, f"SELECT * FROM read_parquet('{folder / table}.parquet')")
    base._store.state = replace(base._store.state, time_zone=ZONE, currency="RUB", enriched=True)
    return base
