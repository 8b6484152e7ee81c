"""Recency, frequency and monetary value of every customer at a date: the table every segmentation starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kogorta.engine.coded_texts import code_texts
from kogorta.engine.duck import bound, quote, read_sql
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kogorta.base.customer_base import CustomerBase

_READY: WeakKeyDictionary[CustomerBase, set[str]] = WeakKeyDictionary()


def settle_as_of(base: CustomerBase, as_of: date | str | None) -> date:
    """The day of the analysis: the one given, or the last day of the data.

    Raises:
        InputError: the base has no purchases.
        OptionError: the text is not a date.
    """
    if as_of is not None:
        return parse_day("as_of", as_of)
    last = base.last_day()
    if last is None:
        raise InputError("The base has no purchases yet; import won deals first.")
    return last


def customer_summary(base: CustomerBase, as_of: date) -> str:
    """Name of the engine table with one row per customer who bought or refunded by `as_of`.

    Columns: customer_id, first_order_on, last_order_on, recency_days, frequency, monetary (minor units, net). It is made once for a
    state of the base and a date.
    """
    return materialise(base, f"summary_{as_of:%Y%m%d}", read_sql("segments", "summary"), {"as_of": as_of.isoformat()})


def materialise(
    base: CustomerBase,
    name: str,
    query: str,
    parameters: dict[str, object],
    *,
    wide: bool = False,
    here: bool = False,
    coded: Sequence[str] = (),
) -> str:
    """Keep the result of a query as a table of the engine until the base changes; returns the table's name.

    Args:
        base: the base.
        name: name of the result; the same name is not computed twice.
        query: the query.
        parameters: what its `$names` stand for; of a wide result, settings of our own alone.
        wide: many columns, read a few at a time: of a large base they are kept in a file.
        here: reads what is known of each customer alone, so it is made here also when another engine walks over the orders.
        coded: text columns compared over and over, kept as codes where the table is made here in memory.
    """
    table = f"{name}_{base.generation}"
    ready = _READY.setdefault(base, set())
    if table not in ready:
        if base.remote is not None and not here:
            made = base.remote.keep(table, bound(query, parameters))
            base.shelf.show(table, f"SELECT * FROM read_parquet({quote(str(made / '*.parquet'))})")
        elif wide and base.is_large:
            base.shelf.keep(table, bound(query, parameters), large=True)
        else:
            base.connection.execute(f"CREATE OR REPLACE TABLE {table} AS {query}", parameters)
            code_texts(base.connection, table, coded)
        ready.add(table)
    return table


def release(base: CustomerBase, *tables: str) -> None:
    """Forget results that nothing will read again, so that a large base is not kept in memory many times over."""
    ready = _READY.setdefault(base, set())
    for table in tables:
        if table in ready:
            if base.remote is not None and base.remote.has(table):
                base.remote.drop(table)
            if not base.shelf.drop(table):
                base.connection.execute(f"DROP TABLE IF EXISTS {table}")
            ready.discard(table)
