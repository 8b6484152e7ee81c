"""Rows of customers' histories in memory: the long past sorted once, what came since in a chain behind each customer.

A row is kept whole, field beside field: looking at ten thousand customers among a million is a matter of how many places of memory are
touched, and a customer's rows lie together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Columns = dict[str, NDArray[Any]]

Kind = TypeVar("Kind", bound=np.generic)

COMPACT_SHARE: Final = 0.25
"""Share of chained or dead rows from which the rows are sorted anew."""
_HEAD: Final = np.dtype([("start", np.int64), ("length", np.int32), ("last", np.int32)])
"""Of each customer: where his rows of the long past begin, how many they are, and the newest of those since, -1 for none."""
_WHOLE_HEAD: Final = np.dtype((np.void, _HEAD.itemsize))
_NO_ROWS: Final = np.array((0, 0, -1), dtype=_HEAD)
BLOCK: Final = 2_048
"""Rows brought near at once."""
FEWEST_TO_COMPACT: Final = 100_000


class Rows:
    """Rows of one grain. Each belongs to a record (an order, an event) with a dense number; a record may have several rows.

    Args:
        columns: name -> type of a column; every row has all of them, `day` (days since 1970-01-01) among them.

    Example:
        >>> rows = Rows({"day": np.dtype(np.int32)})
        >>> rows.grow(2)
        >>> rows.replace(np.array([0, 1]), np.array([1, 1]), np.array([1, 0]), {"day": np.array([9, 5], dtype=np.int32)})
        >>> found, starts = rows.of(np.array([0, 1]), ["day"])
        >>> found["day"].tolist(), starts.tolist()
        ([5, 9], [0, 1, 2])
    """

    def __init__(self, columns: Mapping[str, np.dtype[np.generic]]) -> None:
        self.names = tuple(columns)
        kinds = [("record", np.int64), ("owner", np.int32), *columns.items(), ("alive", np.bool_)]
        self._rows = np.zeros(0, dtype=np.dtype(kinds))
        self._whole = np.dtype((np.void, self._rows.dtype.itemsize))  # copied as one piece, not field by field
        self._chain: NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self._used = self._sorted = self._dead = 0
        self._heads = np.empty(0, dtype=_HEAD)
        self._first: NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self._count: NDArray[np.int32] = np.empty(0, dtype=np.int32)

    def __len__(self) -> int:
        return self._used - self._dead

    @property
    def nbytes(self) -> int:
        """Memory taken, bytes."""
        used = self._rows[: self._used], self._chain[: self._used]  # the room behind them is asked of the system when it is written to
        whole: tuple[NDArray[np.generic], ...] = (*used, self._heads, self._first, self._count)
        return sum(array.nbytes for array in whole)

    def owners(self, records: Ints) -> Ints:
        """The customer each record belongs to, -1 where there is no such record."""
        found = np.full(len(records), -1, dtype=np.int64)
        inside = np.flatnonzero(records < len(self._first))
        first = self._first.take(records.take(inside))
        held = np.flatnonzero(first >= 0)
        found[inside.take(held)] = self._rows["owner"][first.take(held)]
        return found

    def grow(self, customers: int) -> None:
        """Make room for more customers."""
        more = customers - len(self._heads)
        if more > 0:
            self._heads = np.concatenate([self._heads, np.full(more, _NO_ROWS, dtype=_HEAD)])

    def replace(self, records: Ints, counts: Ints, owners: Ints, columns: Mapping[str, NDArray[np.generic]]) -> None:
        """Give records new rows; what they had before is gone.

        Args:
            records: shape (k,), different records.
            counts: shape (k,), rows of each, 0 to delete it.
            owners: shape (k,), the customer each belongs to now.
            columns: the rows one record after another, shape (sum of counts,) each.
        """
        self._drop(records)
        added = int(counts.sum())
        if added:
            self._reserve(added)
            fresh = self._rows[self._used : self._used + added]
            whose = np.repeat(owners, counts)
            fresh["owner"], fresh["record"], fresh["alive"] = whose, np.repeat(records, counts), True
            for name in self.names:
                fresh[name] = columns[name]
            self._link(np.arange(self._used, self._used + added), whose)
            ends = np.cumsum(counts)
            self._first[records] = np.where(counts > 0, self._used + ends - counts, -1)
            self._count[records] = counts
            self._used += added
        if self._used - self._sorted + self._dead > max(FEWEST_TO_COMPACT, COMPACT_SHARE * self._used):
            self.compact()

    def of(self, customers: Ints, names: Iterable[str]) -> tuple[Columns, Ints]:
        """Rows of some customers, by customer as asked, then day, then record.

        Args:
            customers: shape (k,), different customers.
            names: columns wanted, `record` and `owner` among those there are.

        Returns:
            The columns, and `starts` of shape (k + 1,): rows of the i-th customer are those from `starts[i]` to `starts[i + 1]`.
        """
        places, starts, is_chained = self._places(customers)
        found = self._taken(places, {*names, *(("day", "record") if is_chained else ()), *(("alive",) if self._dead else ())})
        if self._dead and not found["alive"].all():
            alive = found["alive"].astype(np.bool_)
            starts = starts_of(np.repeat(np.arange(len(customers)), np.diff(starts))[alive], len(customers))
            found = {name: values[alive] for name, values in found.items()}
        if is_chained:
            _put_in_order(found, starts)
        return found, starts

    def _places(self, customers: Ints) -> tuple[Ints, Ints, bool]:
        """Where rows of customers are, where each customer's begin among them, and whether some came since the last sorting."""
        heads = self._heads.view(_WHOLE_HEAD).take(customers).view(_HEAD)
        begin, lengths = heads["start"], heads["length"].astype(np.int64)
        waiting, link = np.arange(len(customers)), heads["last"]
        chained: list[tuple[Ints, NDArray[np.int32]]] = []
        while True:
            some = np.flatnonzero(link >= 0)
            if not len(some):
                break
            waiting, link = waiting.take(some), link.take(some)
            chained.append((waiting, link))
            link = self._chain.take(link)
        for whose, _ in chained:
            lengths[whose] += 1
        starts = np.zeros(len(customers) + 1, dtype=np.int64)
        np.cumsum(lengths, out=starts[1:])
        places = np.repeat(begin - starts[:-1], lengths)
        places += np.arange(len(places))
        last = starts[1:] - 1
        for whose, rows in chained:  # the newest first: chains lead back
            at = last.take(whose)
            places[at] = rows
            last[whose] = at - 1
        return places, starts, bool(chained)

    def _taken(self, places: Ints, names: Iterable[str]) -> Columns:
        """Columns of some rows. Whole rows are brought near block by block: each place of memory is waited for once."""
        found = {name: np.empty(len(places), dtype=self._rows.dtype[name]) for name in names}
        whole, touched = self._rows.view(self._whole), self._rows.view(np.uint8)
        for start in range(0, len(places), BLOCK):
            here = places[start : start + BLOCK]
            touched.take(here * self._whole.itemsize)  # a byte of each: many places of memory are on their way at once
            part = whole.take(here).view(self._rows.dtype)
            for name, values in found.items():
                values[start : start + BLOCK] = part[name]
        return found

    def compact(self) -> None:
        """Sort all living rows anew and forget the dead."""
        rows = self._rows[: self._used]
        alive = np.flatnonzero(rows["alive"])
        order, count = _in_order(rows, alive, int(np.searchsorted(alive, self._sorted))), len(alive)
        # room for all that comes before the next time: growing in between would copy everything
        self._rows = np.zeros(max(int(count / (1 - COMPACT_SHARE)), count + FEWEST_TO_COMPACT) + 1024, dtype=rows.dtype)
        rows.view(self._whole).take(order, out=self._rows[:count].view(self._whole), mode="clip")
        rows = self._rows[:count]
        self._used, self._sorted, self._dead = count, count, 0
        self._chain = np.empty(len(self._rows), dtype=np.int32)
        starts = starts_of(rows["owner"], len(self._heads))
        self._heads["start"], self._heads["length"], self._heads["last"] = starts[:-1], np.diff(starts), -1
        self._first[:], self._count[:] = -1, 0
        if len(rows):
            record = rows["record"]
            first = np.flatnonzero(np.append(True, record[1:] != record[:-1]))
            self._first[record[first]] = first
            self._count[record[first]] = np.diff(np.append(first, len(record)))

    def _drop(self, records: Ints) -> None:
        top = int(records.max(initial=-1)) + 1
        if top > len(self._first):
            size = max(top, int(1.1 * len(self._first)) + 1024)
            self._first, self._count = _longer(self._first, size, -1), _longer(self._count, size, 0)
        known = records.take(np.flatnonzero(self._first.take(records) >= 0))
        if not len(known):
            return
        counts = self._count[known]
        offsets = np.cumsum(counts) - counts
        places = np.arange(int(counts.sum())) + np.repeat(self._first[known] - offsets, counts)
        self._rows["alive"][places] = False
        self._dead += len(places)
        self._first[known], self._count[known] = -1, 0

    def _link(self, here: Ints, owners: Ints) -> None:
        """Chain new rows behind their customers, several of one customer among them."""
        order = order_of(owners)
        rows, whose = here.take(order), owners.take(order)
        new = np.ones(len(rows) + 1, dtype=np.bool_)  # whether another customer begins, at the end too
        np.not_equal(whose[1:], whose[:-1], out=new[1:-1])
        first, last = np.flatnonzero(new[:-1]), np.flatnonzero(new[1:])
        before = np.empty(len(rows), dtype=np.int32)
        before[1:] = rows[:-1]
        before[first] = self._heads["last"][whose.take(first)]
        self._chain[rows] = before
        self._heads["last"][whose.take(last)] = rows.take(last)

    def _reserve(self, added: int) -> None:
        need = self._used + added
        if need > len(self._rows):
            size = max(need, int(1.1 * len(self._rows)) + 1024)
            rows = np.zeros(size, dtype=self._rows.dtype)
            rows[: self._used] = self._rows[: self._used]
            self._rows, self._chain = rows, _longer(self._chain, size, -1)


def starts_of(whose: NDArray[np.generic], customers: int) -> Ints:
    """Where the rows of each customer begin among rows sorted by customer, and where the last one's end.

    Example:
        >>> starts_of(np.array([0, 0, 2]), 3).tolist()
        [0, 2, 2, 3]
    """
    starts = np.zeros(customers + 1, dtype=np.int64)
    np.cumsum(np.bincount(whose, minlength=customers), out=starts[1:])
    return starts


def order_of(numbers: Ints) -> Ints:
    """Places in ascending order of whole numbers from 0 on, of equal ones as they stand: the numbers are sorted quicker than places.

    Example:
        >>> order_of(np.array([5, 2, 5])).tolist()
        [1, 0, 2]
    """
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0)).bit_length() + bits > 63:
        return np.argsort(numbers, kind="stable")
    return np.sort(numbers << bits | np.arange(len(numbers))) & ((1 << bits) - 1)


def _in_order(rows: NDArray[np.void], places: Ints, done: int) -> Ints:
    """Places of rows by owner, day, record.

    Args:
        rows: where they are.
        places: ascending.
        done: how many of the first of them are in this order already; the others are merged into them.
    """
    owner, day, record = (rows[name].take(places) for name in ("owner", "day", "record"))
    first = int(day.min(initial=0))
    of_day, of_record = int(day.max(initial=0) - first).bit_length(), int(record.max(initial=0)).bit_length()
    if int(owner.max(initial=0)).bit_length() + of_day + of_record > 63:
        return places.take(np.lexsort((record, day, owner)))
    key = owner.astype(np.int64)
    key <<= of_day
    key |= day - first
    key <<= of_record
    key |= record
    fresh = np.argsort(key[done:], kind="stable")
    found, old = np.empty_like(places), np.ones(len(places), dtype=np.bool_)
    at = np.searchsorted(key[:done], key[done:].take(fresh), side="right") + np.arange(len(fresh))
    found[at], old[at] = places[done:].take(fresh), False
    found[old] = places[:done]
    return found


def _put_in_order(found: Columns, starts: Ints) -> None:
    """Order rows of customers with chained ones, oldest first, by day; only customers of whom something came late are sorted."""
    day, record = found["day"], found["record"]
    back = day[1:] <= day[:-1]
    inner = starts[1:-1]
    back[inner[(inner > 0) & (inner < len(day))] - 1] = False
    same = np.flatnonzero(back)
    same = same[(day[same + 1] < day[same]) | (record[same + 1] < record[same])]
    if len(same):
        whose = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        late = np.zeros(len(starts) - 1, dtype=np.bool_)
        late[whose[same + 1]] = True
        places = np.flatnonzero(late[whose])
        order = places[np.lexsort((record[places], day[places], whose[places]))]
        for values in found.values():
            values[places] = values[order]


def _longer(array: NDArray[Kind], size: int, fill: int) -> NDArray[Kind]:
    found = np.full(size, fill, dtype=array.dtype)
    found[: len(array)] = array
    return found
