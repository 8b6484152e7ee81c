"""The tables of a base lent to another engine, and a folder of plain Parquet tables taken for a base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.base.customer_base import CustomerBase
from kogorta.base.store import STATE_FILE
from kogorta.base.tables import TABLES
from kogorta.engine.duck import DEFAULT_MEMORY, filled_sql, quote
from kogorta.engine.remote import DAMAGED, FOREIGN
from kogorta.engine.shelf import LARGE
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kogorta.engine.remote import RemoteEngine

LENT: Final = ("orders", "customer_days", "order_lines", "events", "customers")
"""Tables that what is made elsewhere reads."""
_NEEDED: Final = ("order_id", "customer_id", "ordered_on")
"""Columns a plain table of orders must have, beside a sum."""
_DEFAULTS: Final[Mapping[str, str]] = {
    "status": "'won'",
    "stage_status": "coalesce({status}, 'won')",
    "amount": "{sum}",
    "amount_base": "{sum}",
    "net_amount_base": "CASE WHEN coalesce({status}, 'won') = 'won' THEN {sum} ELSE 0 END",
}
"""What stands for a column a plain table of orders lacks."""


def lend(base: CustomerBase, remote: RemoteEngine) -> None:
    """Let another engine read the tables of a base on disk and make what is made of them from now on.

    Args:
        base: a base in a folder that the engine sees too, enriched.
        remote: the engine.

    Raises:
        InputError: a file is missing, damaged or of another shape.
    """
    for table in LENT:
        remote.read(table, base.files(table), dict(TABLES[table]))
    base.work_elsewhere(remote)


def is_plain_tables(folder: Path) -> bool:
    """Whether a folder holds `orders.parquet`, or a folder `orders` of Parquet files, and is not a base."""
    return not (folder / STATE_FILE).exists() and bool(_files(folder, "orders"))


def open_tables(folder: Path, remote: RemoteEngine, *, memory: str = DEFAULT_MEMORY, spill: Path | None = None) -> CustomerBase:
    """A base over plain Parquet tables on shared storage; the day ledger is made by the other engine.

    Args:
        folder: `orders.parquet` (or `orders/*.parquet`) with order_id, customer_id, ordered_on and amount (minor units) or
            net_amount_base, and as many other columns of the table orders as are known; `customers.parquet` (or a folder) when known.
        remote: the engine; it must see the folder under the same path.
        memory: most memory of the embedded engine.
        spill: folder for spilled rows.

    Returns:
        The base, in memory; nothing is written into the folder.

    Raises:
        InputError: the tables cannot be read or lack a column.
    """
    base = CustomerBase(None, memory=memory, spill=spill)
    _show(base, folder, "orders")
    remote.read("orders", _files(folder, "orders"), _present(base, "orders"))
    shaped = remote.keep("orders_shaped", f"SELECT {_shape(_present(base, 'orders'))} FROM orders")
    remote.read("orders", _parts(shaped), dict(TABLES["orders"]))
    base.shelf.show("orders", f"SELECT * FROM read_parquet({quote(str(shaped / '*.parquet'))})")
    days = remote.keep("customer_days", filled_sql("base", "customer_days", {}, {"orders": "orders"}))
    base.shelf.show("customer_days", f"SELECT * FROM read_parquet({quote(str(days / '*.parquet'))})")
    if _files(folder, "customers"):
        _show(base, folder, "customers")
        known = _present(base, "customers")
        cells = ", ".join(f'"{name}"' if name in known else f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in TABLES["customers"])
        base.shelf.show("customers", f"SELECT {cells} FROM read_parquet({_listed(folder, 'customers')})")
    else:
        ids = remote.keep("customer_ids", "SELECT DISTINCT customer_id FROM orders")
        cells = ", ".join(
            f'"{name}"' if name == "customer_id" else "'person' AS kind" if name == "kind" else f'CAST(NULL AS {kind}) AS "{name}"'
            for name, kind in TABLES["customers"]
        )
        base.shelf.show("customers", f"SELECT {cells} FROM read_parquet({quote(str(ids / '*.parquet'))})")
    for table in ("order_lines", "events"):
        remote.read(table, [], dict(TABLES[table]))
    base.is_large = len(base.table("customers")) > LARGE
    base.work_elsewhere(remote)
    return base


def _parts(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.glob("*.parquet"))]


def _files(folder: Path, table: str) -> list[str]:
    single = folder / f"{table}.parquet"
    if single.exists():
        return [str(single.absolute())]
    return [str(path.absolute()) for path in sorted((folder / table).rglob("*.parquet")) if not path.name.startswith((".", "_"))]


def _listed(folder: Path, table: str) -> str:
    return "[" + ", ".join(quote(file) for file in _files(folder, table)) + "]"


def _show(base: CustomerBase, folder: Path, table: str) -> None:
    import duckdb

    try:
        base.shelf.show(table, f"SELECT * FROM read_parquet({_listed(folder, table)}, union_by_name = true)")
    except duckdb.Error as error:
        raise InputError(DAMAGED, path=folder / table, table=table, reason=str(error).split("\n")[0][:200]) from error


def _present(base: CustomerBase, table: str) -> dict[str, str]:
    """Columns of the base's table that a plain one has, in their types."""
    found = dict(base.connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall())
    known = {name: kind for name, kind in TABLES[table] if name in found}
    if table == "orders":
        lacking = [name for name in _NEEDED if name not in known]
        if not lacking and not {"amount", "amount_base", "net_amount_base"} & set(known):
            lacking = ["amount"]
        if lacking:
            raise InputError(FOREIGN, table=table, column=lacking[0], found="absent", wanted=dict(TABLES[table])[lacking[0]])
    for name, kind in known.items():
        if name not in found or (kind != found[name] and kind in ("BIGINT", "DATE", "VARCHAR")):
            raise InputError(FOREIGN, table=table, column=name, found=found[name], wanted=kind)
    return known


def _shape(present: Mapping[str, str]) -> str:
    """The columns of the table of orders, those that are absent made of the others."""
    total = next(name for name in ("net_amount_base", "amount_base", "amount") if name in present)
    status = "status" if "status" in present else "NULL"
    cells = []
    for name, kind in TABLES["orders"]:
        if name in present:
            cells.append(name)
        elif name in _DEFAULTS:
            text = _DEFAULTS[name].replace("{sum}", total).replace("{status}", f"CAST({status} AS VARCHAR)")
            cells.append(f"CAST({text} AS {kind}) AS {name}")
        else:
            cells.append(f"CAST(NULL AS {kind}) AS {name}")
    return ", ".join(cells)
