"""The list of customers: what is asked for, in what order, and one page of it by a key, never by counting rows past.

Whom it shows is asked of narrow columns; which of them are on the page is chosen from arrays; wide columns are read of the page alone.
Names of columns and orders come from the tables of this file; whatever a person typed is bound.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from kogorta.desk.bases.searching import LONGEST, numbers_found
from kogorta.desk.customers.ordering import FIRST_DAY, SORTS, Edge, Sort, choose, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from kogorta.desk.bases.snapshots import Snapshot

PAGE_SIZE: Final = 50
_ABOVE_ALL: Final = 2**62


CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "lifecycle": ("prospect", "new", "active", "sleeping", "gone"),
    "abc": ("A", "B", "C"),
}


@dataclass(frozen=True)
class Members:
    """A query of our own with the column customer_id, and what is bound in it."""

    sql: str
    parameters: Mapping[str, object]


Only = Members | NDArray[np.int64]
"""Whom a list is narrowed to: by a query, or by their numbers (`customer_no`)."""


@dataclass(frozen=True)
class Wanted:
    """What the list is asked for.

    Args:
        search: part of a name, an e-mail, a phone, an INN or an id.
        segment: slug of the leading scheme.
        r, f: levels of recency and frequency; 0 for any.
        lifecycle, abc: slugs of `CHOICES`.
        sort: key of `SORTS`.
        down: largest first.
        extra: further fields of the address that stay as they are, such as the saved segment whose people these are.
    """

    search: str = ""
    segment: str = ""
    r: int = 0
    f: int = 0
    lifecycle: str = ""
    abc: str = ""
    sort: str = "revenue"
    down: bool = True
    extra: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping[str, str], segments: tuple[str, ...], extra: tuple[str, ...] = ()) -> Wanted:
        """What an address asks for; whatever it does not know is left out."""

        def chosen(name: str, allowed: tuple[str, ...]) -> str:
            value = given.get(name, "")
            return value if value in allowed else ""

        sort = chosen("sort", tuple(SORTS)) or "revenue"
        way = chosen("way", ("up", "down"))
        levels = ("1", "2", "3", "4", "5")
        return cls(
            search=given.get("q", "").replace("\x00", "").strip()[:LONGEST],
            segment=chosen("segment", segments),
            r=int(chosen("r", levels) or 0),
            f=int(chosen("f", levels) or 0),
            lifecycle=chosen("lifecycle", CHOICES["lifecycle"]),
            abc=chosen("abc", CHOICES["abc"]),
            sort=sort,
            down=way == "down" if way else SORTS[sort].down,
            extra={name: given[name] for name in extra if given.get(name)},
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order is asked for."""
        return bool(self.search or self.segment or self.r or self.f or self.lifecycle or self.abc or self.extra)

    def address(self, **more: str) -> str:
        """The part of an address after the question mark."""
        named = {
            "q": self.search,
            "segment": self.segment,
            "r": str(self.r or ""),
            "f": str(self.f or ""),
            "lifecycle": self.lifecycle,
            "abc": self.abc,
            "sort": "" if self.sort == "revenue" else self.sort,
            "way": "" if self.down == SORTS[self.sort].down else "down" if self.down else "up",
            **self.extra,
            **more,
        }
        return "?" + urlencode({name: value for name, value in named.items() if value})

    def sorted_by(self, name: str) -> str:
        """The address of the same list in another order; the same order once more turns it round."""
        down = not self.down if name == self.sort else SORTS[name].down
        return replace(self, sort=name, down=down).address()


@dataclass(frozen=True)
class Person:
    """A row of the list; money in minor units. E-mail and phone are empty for those who may not see them."""

    customer_id: str
    name: str | None
    kind: str | None
    industry: str | None
    last_order_on: date | None
    recency_days: int | None
    frequency: int
    monetary: int
    average_check: int | None
    rfm_code: str | None
    segment: str | None
    lifecycle: str
    email: str | None
    phone: str | None


@dataclass(frozen=True)
class PeoplePage:
    """A page of the list: count and revenue are of the whole list; `before` and `after` are addresses or empty."""

    people: tuple[Person, ...]
    customers: int
    revenue: int
    before: str
    after: str


def people_page(
    snapshot: Snapshot, wanted: Wanted, given: Mapping[str, str], *, with_contacts: bool, members: Only | None = None
) -> PeoplePage:
    """One page of the list and the figures of the whole of it, from one and the same condition.

    Args:
        snapshot: the base.
        wanted: what is asked for.
        given: the address, for the key of the page.
        with_contacts: whether e-mails and phones may be seen and searched in.
        members: only these.
    """
    cursor = snapshot.cursor()
    numbers = _numbers(cursor, snapshot, wanted, with_contacts=with_contacts, members=members)
    revenue, values = values_of(snapshot, "revenue"), values_of(snapshot, wanted.sort)
    total = int((revenue if len(numbers) == len(revenue) else revenue[numbers]).sum())
    key, back = _key(given, SORTS[wanted.sort])
    beyond = _beyond(cursor, wanted.sort, key, back=back) if key else None
    chosen = choose(values, numbers, beyond, PAGE_SIZE + 1, down=wanted.down != back, back=back)
    rows = _rows(cursor, snapshot, wanted, chosen, with_contacts=with_contacts)
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE][::-1] if back else rows[:PAGE_SIZE]
    earlier, later = (more, bool(key)) if back else (key is not None, more)

    def edge(row: tuple[object, ...], name: str) -> str:
        return wanted.address(**{name: json.dumps([str(row[-1]), str(row[0])], ensure_ascii=False)}) + "#people"

    return PeoplePage(
        tuple(Person(*row[:-1]) for row in rows),
        len(numbers),
        total,
        edge(rows[0], "before") if rows and earlier else "",
        edge(rows[-1], "after") if rows and later else "",
    )


def _numbers(
    cursor: duckdb.DuckDBPyConnection, snapshot: Snapshot, wanted: Wanted, *, with_contacts: bool, members: Only | None
) -> NDArray[np.int64]:
    """Numbers of those asked for, ascending."""
    kept = np.ones(len(values_of(snapshot, "revenue")), dtype=np.bool_)
    if wanted.search:
        kept &= _marked(numbers_found(snapshot, wanted.search, with_contacts=with_contacts), len(kept))
    if isinstance(members, np.ndarray):
        kept &= _marked(members, len(kept))
        members = None
    where, bound = condition(cursor, snapshot, replace(wanted, search=""), with_contacts=with_contacts, members=members)
    if bound or members is not None:
        found = cursor.execute(f"SELECT c.customer_no FROM customers c WHERE {where}", bound).fetchnumpy()["customer_no"]
        kept &= _marked(found, len(kept))
    return np.flatnonzero(kept)


def _marked(numbers: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    found = np.zeros(size, dtype=np.bool_)
    found[numbers] = True
    return found


def _beyond(cursor: duckdb.DuckDBPyConnection, sort: str, key: tuple[int, str], *, back: bool) -> Edge:
    """Where a key stands among the customers of its value there are now; he himself may be there no more."""
    side = "min(c.customer_no)" if back else "max(c.customer_no)"
    found = cursor.execute(
        f"SELECT {side} FROM customers c WHERE {SORTS[sort].sql} = {_literal(sort, key[0])} AND c.customer_id {'>=' if back else '<='} $id",
        {"id": key[1]},
    ).fetchone()
    if found is None or found[0] is None:
        return Edge(key[0], _ABOVE_ALL if back else -1)
    return Edge(key[0], int(found[0]))


def _literal(sort: str, value: int) -> str:
    """A value of an order in SQL."""
    return f"{FIRST_DAY} + CAST({value} AS INTEGER)" if SORTS[sort].kind == "DATE" else str(value)


def _rows(
    cursor: duckdb.DuckDBPyConnection, snapshot: Snapshot, wanted: Wanted, chosen: list[int], *, with_contacts: bool
) -> list[tuple[Any, ...]]:
    """What the list shows of the chosen, in their order, each with its key at the end.

    Every condition is one the scan itself applies, which a list after IN is not, so that wide columns are read of these rows alone.
    """
    if not chosen:
        return []
    sort = SORTS[wanted.sort]
    ranges = []
    for name in ("revenue", wanted.sort):
        values = values_of(snapshot, name)[chosen]
        low, high = _literal(name, values.min()), _literal(name, values.max())
        ranges.append(f"{SORTS[name].sql} BETWEEN {low} AND {high}")
    contacts = "email, phone" if with_contacts else "NULL AS email, NULL AS phone"
    rows = cursor.execute(
        f"""SELECT customer_no, customer_id, name, kind, industry, last_order_on, recency_days, frequency, monetary, average_check,
            rfm_code, segment_{_scheme(snapshot)} AS segment, lifecycle, {contacts}, CAST({sort.sql} AS VARCHAR)
        FROM customers c WHERE {" AND ".join(ranges)} AND customer_no BETWEEN {min(chosen)} AND {max(chosen)}
            AND list_contains([{", ".join(map(str, chosen))}], customer_no)"""
    ).fetchall()
    by_number = {row[0]: row[1:] for row in rows}
    return [by_number[number] for number in chosen]


def condition(
    cursor: duckdb.DuckDBPyConnection, snapshot: Snapshot, wanted: Wanted, *, with_contacts: bool, members: Only | None = None
) -> tuple[str, dict[str, object]]:
    """SQL of what is asked for over `customers c`, and what is bound in it; numbers it refers to are known to the cursor from then on."""
    parts, bound = ["true"], dict[str, object]()
    if wanted.segment:
        parts.append(f"c.segment_{_scheme(snapshot)} = $segment")
        bound["segment"] = wanted.segment
    for name in ("r", "f"):
        level = getattr(wanted, name)
        if level:
            parts.append(f"c.{name} = ${name}")
            bound[name] = level
    for name in CHOICES:
        if getattr(wanted, name):
            parts.append(f"c.{name} = ${name}")
            bound[name] = getattr(wanted, name)
    if wanted.search:
        cursor.register("numbers_found", {"customer_no": numbers_found(snapshot, wanted.search, with_contacts=with_contacts)})
        parts.append("c.customer_no IN (SELECT customer_no FROM numbers_found)")
    if isinstance(members, Members):
        parts.append(f"c.customer_id IN ({members.sql})")
        bound |= dict(members.parameters)
    elif members is not None:
        cursor.register("numbers_of_members", {"customer_no": members})
        parts.append("c.customer_no IN (SELECT customer_no FROM numbers_of_members)")
    return " AND ".join(parts), bound


def find_person(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> bool:
    """Whether there is such a customer."""
    return cursor.execute("SELECT 1 FROM customers WHERE customer_id = $id", {"id": customer_id}).fetchone() is not None


def _key(given: Mapping[str, str], sort: Sort) -> tuple[tuple[int, str] | None, bool]:
    """The row a page begins after (or ends before); a key that cannot be read is the first page."""
    back = "before" in given and "after" not in given
    try:
        value, customer_id = json.loads(given.get("before" if back else "after", ""))
        if not isinstance(value, str) or not isinstance(customer_id, str) or "\x00" in value + customer_id:
            return None, False
        number = (date.fromisoformat(value) - date(1970, 1, 1)).days if sort.kind == "DATE" else int(value)
    except (ValueError, TypeError, RecursionError):
        return None, False
    return ((number, customer_id), back) if abs(number) < 2**63 else (None, False)


def _scheme(snapshot: Snapshot) -> str:
    return "guide" if snapshot.scheme == "guide" else "case"
