"""The same tables as arrays: one row per customer, and rows of his history sorted by customer and day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.engine.coded_texts import coded_as
from kogorta.engine.duck import first_row
from kogorta.kit.errors import InputError
from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.fields import FIELDS, FILTERS, family
from kogorta.segments.rules.leaves import BUCKETS, Attribute, Compare, DateGap, InSegment, Measure, Moved
from kogorta.segments.rules.snapshot import COMPUTED, TEXT_COLUMNS
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    import duckdb
    from numpy.typing import NDArray

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.leaves import Figure
    from kogorta.segments.rules.snapshot import Snapshot
    from kogorta.segments.rules.tree import Node


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
        keys: different texts in comparable form: a tuple, or a lexicon that remembers what was asked of it.
    """

    codes: NDArray[np.int32]
    keys: Sequence[str]


Column = Numbers | Texts


@dataclass(frozen=True, eq=False)
class History:
    """Rows of one grain, sorted by customer and day.

    Args:
        owner: shape (rows,), the customer each row belongs to.
        starts: shape (customers + 1,), the first row of each customer, and the number of rows.
        columns: the columns by name, shape (rows,) each.
    """

    owner: NDArray[np.int64]
    starts: NDArray[np.int64]
    columns: Mapping[str, Column]


@dataclass(frozen=True, eq=False)
class State:
    """What rules read, in memory.

    Args:
        as_of: the day the rows reach to.
        unit: minor units in a major one.
        ids: customer ids in their order, shape (n,); anything of that length where the buckets of every salt are given.
        columns: columns of customers by name; texts in comparable form.
        histories: rows by grain.
        buckets: salt -> bucket of every customer, for random shares.
        time_zone: the company's zone, in which a day ends.
    """

    as_of: date
    unit: int
    ids: NDArray[np.object_] | NDArray[np.int64]
    columns: Mapping[str, Column]
    histories: Mapping[Grain, History]
    buckets: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    time_zone: str = "UTC"

    def __len__(self) -> int:
        return len(self.ids)

    def with_columns(self, columns: Mapping[str, Column]) -> State:
        """The same state with more columns."""
        return replace(self, columns={**self.columns, **columns})


_NUMBERS: Final[Mapping[Grain, tuple[str, ...]]] = {
    "orders": ("day", "moment", "is_order", "amount", "discount"),
    "lines": ("day", "order_no", "is_order", "amount", "discount", "quantity"),
    "events": ("day", "moment", "value"),
    "attributes": ("number",),
    "transitions": ("day",),
}
_ORDER: Final[Mapping[Grain, str]] = {"attributes": "customer_no", "lines": "customer_no, day, order_no"}


@dataclass(frozen=True)
class Needs:
    """What some rules read.

    Args:
        columns: columns of customers.
        texts: text columns of rows by grain; their numbers are always read.
    """

    columns: frozenset[str]
    texts: Mapping[Grain, frozenset[str]]


EVERYTHING: Final = Needs(frozenset(FIELDS) - set(COMPUTED), {grain: frozenset(texts) for grain, texts in TEXT_COLUMNS.items()})


def needs_of(rules: Iterable[Node], book: SegmentBook = EMPTY_BOOK) -> Needs:
    """The columns and rows the rules read, with the segments they refer to."""
    columns: set[str] = set()
    texts: dict[Grain, set[str]] = {}
    waiting, seen = list(rules), set()
    while waiting:
        for leaf in leaves_of(waiting.pop()):
            if isinstance(leaf, InSegment):
                if leaf.name not in seen:
                    seen.add(leaf.name)
                    waiting.append(book.rule(leaf.name))
            elif isinstance(leaf, Moved):
                texts.setdefault("transitions", set()).update(TEXT_COLUMNS["transitions"])
            elif isinstance(leaf, Compare):
                _need(leaf.figure, columns, texts)
    return Needs(frozenset(columns), {grain: frozenset(names) for grain, names in texts.items()})


def _need(figure: Figure, columns: set[str], texts: dict[Grain, set[str]]) -> None:
    if isinstance(figure, Measure):
        used = {column for item in figure.where for column in FILTERS[item.name].columns}
        used |= {"categories": {"category"}, "products": {"product"}}.get(figure.function, set())
        texts.setdefault(figure.grain, set()).update(used.intersection(TEXT_COLUMNS[figure.grain]))
        if figure.function == "order_share":
            texts.setdefault("orders", set())  # what the share is of
        if figure.kind == "hours":
            texts.setdefault("orders", set())
    elif isinstance(figure, Attribute):
        texts.setdefault("attributes", set()).update(TEXT_COLUMNS["attributes"])
    elif isinstance(figure, DateGap):
        columns.add(figure.name)
    else:
        columns.add({"age": "birth_on", "recency_days": "last_order_on"}.get(figure.name, figure.name))


def load_state(
    snapshot: Snapshot,
    rules: Sequence[Node] | None = None,
    *,
    book: SegmentBook = EMPTY_BOOK,
    customer: str | None = None,
    needs: Needs | None = None,
) -> State:
    """Read a snapshot into memory.

    Args:
        snapshot: prepared tables.
        rules: only what these read is loaded; everything when None.
        book: saved segments the rules refer to.
        customer: only this customer's rows, by id.
        needs: only this is loaded, whatever the rules.

    Returns:
        The state, customers by id.

    Raises:
        InputError: there is no such customer.
    """
    if needs is None:
        needs = EVERYTHING if rules is None else needs_of(rules, book)
    run = snapshot.connection.execute
    where, first = "", 0
    if customer is not None:
        found = first_row(run(f"SELECT customer_no FROM {snapshot.customers} WHERE customer_id = $id", {"id": customer}))
        if found is None:
            raise InputError(
                "There is no customer {customer!r} in the base at {as_of}; check the id in customers.csv.",
                customer=customer[:60],
                as_of=snapshot.as_of,
            )
        first = int(found[0])
        where = f" WHERE customer_no = {first}"
    texts = {name: f"{name}_key" for name in sorted(needs.columns) if family(FIELDS[name].kind) != "number"}
    reading = _TextReading(snapshot.connection, snapshot.customers, texts)
    selected = ["customer_id", *reading.selected, *sorted(needs.columns - texts.keys())]
    arrays = run(f"SELECT {', '.join(selected)} FROM {snapshot.customers}{where} ORDER BY customer_no").fetchnumpy()
    ids = np.asarray(arrays.pop("customer_id"), dtype=object)
    columns = {name: reading.texts(name, array) if name in texts else _numbers(array) for name, array in arrays.items()}
    histories: dict[Grain, History] = {
        grain: _history(snapshot, grain, named, len(ids), where, first) for grain, named in needs.texts.items() if grain in snapshot.tables
    }
    return State(snapshot.as_of, snapshot.unit, ids, columns, histories, time_zone=snapshot.time_zone)


def load_history(snapshot: Snapshot, grain: Grain, customers: int) -> History:
    """Read the rows of one grain of all customers into memory.

    Args:
        snapshot: prepared tables; that of the grain among them.
        grain: of the rows.
        customers: how many there are.
    """
    return _history(snapshot, grain, frozenset(TEXT_COLUMNS[grain]), customers)


def _history(snapshot: Snapshot, grain: Grain, texts: frozenset[str], customers: int, where: str = "", first: int = 0) -> History:
    table = snapshot.tables[grain]
    reading = _TextReading(snapshot.connection, table, {name: name for name in sorted(texts)})
    wanted = ", ".join(["customer_no", *_NUMBERS[grain], *reading.selected])
    query = f"SELECT {wanted} FROM {table}{where} ORDER BY {_ORDER.get(grain, 'customer_no, day')}"
    rows = snapshot.connection.execute(query).fetchnumpy()
    owner = np.asarray(rows.pop("customer_no"), dtype=np.int64) - first
    starts = np.searchsorted(owner, np.arange(customers + 1))
    columns = {name: reading.texts(name, array) if name in texts else _numbers(array) for name, array in rows.items()}
    return History(owner, starts, columns)


class _TextReading:
    """How text columns of a table are read: by their codes where the engine keeps such, else as they are.

    Args:
        connection: the engine.
        table: the table.
        columns: its column by the name asked for.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
        coded = coded_as(connection, table, list(columns.values()))
        self._keys = {name: coded.get(column) for name, column in columns.items()}
        self.selected = [f"{column if self._keys[name] is None else f'enum_code({column})'} AS {name}" for name, column in columns.items()]

    def texts(self, name: str, array: NDArray[np.generic] | np.ma.MaskedArray[tuple[int], np.dtype[np.generic]]) -> Texts:
        """The texts of a column that was read."""
        keys = self._keys[name]
        if keys is None:
            return _texts(array)
        codes = np.asarray(np.ma.getdata(array)).astype(np.int32)
        codes[np.ma.getmaskarray(array)] = -1
        return Texts(codes, keys)


def _texts(array: NDArray[np.generic] | np.ma.MaskedArray[tuple[int], np.dtype[np.generic]]) -> Texts:
    """Texts coded by their place among the different ones."""
    known = np.ones(len(array), dtype=np.bool_)
    if isinstance(array, np.ma.MaskedArray):
        known, array = ~np.ma.getmaskarray(array), array.data
    present = array[known].tolist()
    keys = tuple(sorted(set(present)))
    places = {key: place for place, key in enumerate(keys)}
    codes = np.full(len(known), -1, dtype=np.int32)
    codes[known] = np.fromiter(map(places.__getitem__, present), dtype=np.int32, count=len(present))
    return Texts(codes, keys)


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
