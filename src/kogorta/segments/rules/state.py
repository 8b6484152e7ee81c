"""The same tables as arrays: one row per customer, and rows of his history sorted by customer and day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.fields import FIELDS, family
from kogorta.segments.rules.leaves import BUCKETS, Attribute, Compare, DateGap, InSegment, Measure, Moved
from kogorta.segments.rules.snapshot import COMPUTED
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.snapshot import Snapshot
    from kogorta.segments.rules.tree import Node

NEVER: Final = np.iinfo(np.int32).min
"""Day of what never happened."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers or days (since 1970-01-01) of a column.

    Args:
        values: shape (n,); what stands where a value is missing means nothing.
        known: shape (n,), whether there is a value; None where there always is.
    """

    values: NDArray[np.int64] | NDArray[np.int32] | NDArray[np.float64]
    known: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts of a column, each different one kept once.

    Args:
        codes: shape (n,), place in `keys`, -1 where missing.
        keys: different texts in comparable form.
    """

    codes: NDArray[np.int32]
    keys: tuple[str, ...]


Column = Numbers | Texts


@dataclass(frozen=True, eq=False)
class History:
    """Rows of one grain, sorted by customer and day.

    Args:
        owner: shape (rows,), the customer each row belongs to.
        columns: the columns by name, shape (rows,) each.
    """

    owner: NDArray[np.int64]
    columns: Mapping[str, Column]


@dataclass(frozen=True, eq=False)
class State:
    """What rules read, in memory.

    Args:
        as_of: the day the rows reach to.
        unit: minor units in a major one.
        ids: customer ids in their order, shape (n,).
        columns: columns of customers by name; texts in comparable form.
        histories: rows by grain.
        buckets: salt -> bucket of every customer, for random shares.
    """

    as_of: date
    unit: int
    ids: NDArray[np.object_]
    columns: Mapping[str, Column]
    histories: Mapping[Grain, History]
    buckets: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Needs:
    """What some rules read.

    Args:
        columns: columns of customers.
        grains: kinds of rows.
    """

    columns: frozenset[str]
    grains: frozenset[Grain]


def needs_of(rules: Iterable[Node], book: SegmentBook = EMPTY_BOOK) -> Needs:
    """The columns and rows the rules read, with the segments they refer to."""
    columns: set[str] = set()
    grains: set[Grain] = set()
    waiting, seen = list(rules), set()
    while waiting:
        for leaf in leaves_of(waiting.pop()):
            if isinstance(leaf, InSegment):
                if leaf.name not in seen:
                    seen.add(leaf.name)
                    waiting.append(book.rule(leaf.name))
            elif isinstance(leaf, Moved):
                grains.add("transitions")
            elif isinstance(leaf, Compare):
                figure = leaf.figure
                if isinstance(figure, Measure):
                    grains.add(figure.grain)
                elif isinstance(figure, Attribute):
                    grains.add("attributes")
                elif isinstance(figure, DateGap):
                    columns.add(figure.name)
                else:
                    columns.add({"age": "birth_on", "recency_days": "last_order_on"}.get(figure.name, figure.name))
    return Needs(frozenset(columns), frozenset(grains))


def load_state(
    snapshot: Snapshot, rules: Sequence[Node] | None = None, book: SegmentBook = EMPTY_BOOK, customer: str | None = None
) -> State:
    """Read a snapshot into memory.

    Args:
        snapshot: prepared tables.
        rules: only what these read is loaded; everything when None.
        book: saved segments the rules refer to.
        customer: only this customer's rows, by id.

    Returns:
        The state, customers by id.
    """
    needs = needs_of(rules, book) if rules is not None else Needs(frozenset(FIELDS) - set(COMPUTED), _grains(snapshot))
    where, bound = ("WHERE customer_id = $id", {"id": customer}) if customer is not None else ("", {})
    run = snapshot.connection.execute
    texts = {name for name in needs.columns if family(FIELDS[name].kind) != "number"}
    wanted = sorted(needs.columns)
    selected = ", ".join(["customer_no", "customer_id", *(f"{name}_key AS {name}" if name in texts else name for name in wanted)])
    read = _read(snapshot, f"SELECT {selected} FROM {snapshot.customers} {where}", "customer_no", texts, bound)
    ids = run(f"SELECT customer_id FROM {snapshot.customers} {where} ORDER BY customer_no", bound).fetchnumpy()["customer_id"]
    numbers = read.pop("customer_no")
    first = int(numbers.values[0]) if customer is not None and isinstance(numbers, Numbers) and len(numbers.values) else 0
    read.pop("customer_id", None)
    histories: dict[Grain, History] = {}
    for grain in sorted(needs.grains & _grains(snapshot)):
        table = {
            "orders": snapshot.orders,
            "lines": snapshot.lines,
            "events": snapshot.events,
            "attributes": snapshot.attributes,
            "transitions": snapshot.transitions,
        }[grain]
        only = f"WHERE customer_no = {first}" if customer is not None else ""
        order = {"attributes": "customer_no", "lines": "customer_no, day, order_no"}.get(grain, "customer_no, day")
        columns = _read(snapshot, f"SELECT * FROM {table} {only}", order, TEXT_COLUMNS[grain], {})
        owner = columns.pop("customer_no")
        assert isinstance(owner, Numbers)  # noqa: S101  (customer_no is never text)
        histories[grain] = History(owner.values.astype(np.int64) - first, columns)
    return State(snapshot.as_of, snapshot.unit, np.asarray(ids, dtype=object), read, histories)


TEXT_COLUMNS: Final[Mapping[Grain, frozenset[str]]] = {
    "orders": frozenset({"channel", "manager", "pipeline"}),
    "lines": frozenset({"category", "product", "product_id", "channel", "manager", "pipeline"}),
    "events": frozenset({"type", "source", "campaign", "channel", "page", "category", "product", "product_id"}),
    "attributes": frozenset({"key", "text"}),
    "transitions": frozenset({"segment", "way"}),
}


def _grains(snapshot: Snapshot) -> frozenset[Grain]:
    every: tuple[Grain, ...] = ("orders", "lines", "events", "attributes")
    return frozenset((*every, "transitions") if snapshot.transitions else every)


def _read(snapshot: Snapshot, query: str, order: str, texts: Iterable[str], bound: Mapping[str, str]) -> dict[str, Column]:
    """Columns of a query as arrays; texts are coded by the engine, so that no text is ever a Python object twice."""
    run = snapshot.connection.execute
    run(f"CREATE OR REPLACE TEMP TABLE rules_read AS {query}", bound)
    coded = sorted(texts)
    keys: dict[str, tuple[str, ...]] = {}
    joins, selected = [], []
    for place, (name, *_) in enumerate(run("DESCRIBE rules_read").fetchall()):
        if name not in coded:
            if name != "customer_id":
                selected.append(f"r.{name}")
            continue
        found = run(f"SELECT DISTINCT {name} FROM rules_read WHERE {name} IS NOT NULL ORDER BY 1").fetchall()
        keys[name] = tuple(row[0] for row in found)
        code = f"(SELECT {name} AS text, row_number() OVER (ORDER BY {name}) - 1 AS code FROM (SELECT DISTINCT {name} FROM rules_read "
        joins.append(f"LEFT JOIN {code} WHERE {name} IS NOT NULL)) k{place} ON k{place}.text = r.{name}")
        selected.append(f"CAST(coalesce(k{place}.code, -1) AS INTEGER) AS {name}")
    ordered = ", ".join(f"r.{name.strip()}" for name in order.split(","))
    arrays = run(f"SELECT {', '.join(selected)} FROM rules_read r {' '.join(joins)} ORDER BY {ordered}").fetchnumpy()
    run("DROP TABLE rules_read")
    return {
        name: Texts(np.asarray(array, dtype=np.int32), keys[name]) if name in keys else _numbers(array) for name, array in arrays.items()
    }


def _numbers(array: NDArray[np.generic] | np.ma.MaskedArray[tuple[int], np.dtype[np.generic]]) -> Numbers:
    known = None
    if isinstance(array, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(array)
        known = ~mask if mask.any() else None
        array = array.data
    if array.dtype.kind == "M":
        days = array.astype("M8[D]").astype(np.int64)
        if known is not None:
            days = np.where(known, days, 0)
        return Numbers(days.astype(np.int32), known)
    if array.dtype.kind == "b":
        return Numbers(array.astype(np.int32), known)
    if array.dtype.kind == "f":
        return Numbers(array.astype(np.float64), known)
    return Numbers(array.astype(np.int64), known)


def buckets_of(salt: str, ids: Iterable[object]) -> NDArray[np.int64]:
    """Buckets of customers under a salt: first 8 hex digits of md5(salt + ":" + id) modulo 10,000.

    Example:
        >>> buckets_of("autumn", ["42"]).tolist()
        [5325]
    """
    start = hashlib.md5(f"{salt}:".encode(), usedforsecurity=False)

    def head(unit: object) -> bytes:
        running = start.copy()
        running.update(str(unit).encode())
        return running.digest()[:4]

    return np.frombuffer(b"".join(map(head, ids)), dtype=">u4").astype(np.int64) % BUCKETS
