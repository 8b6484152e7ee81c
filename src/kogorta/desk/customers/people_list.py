"""The list of customers: what is asked for, in what order, and one page of it by a key, never by counting rows past.

Names of columns and orders come from the tables of this file; whatever a person typed is bound.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from kogorta.desk.bases.searching import LONGEST, numbers_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from kogorta.desk.bases.snapshots import Snapshot

PAGE_SIZE: Final = 50


@dataclass(frozen=True)
class Sort:
    """An order of the list: SQL of our own that is never NULL, its type, and whether the largest comes first at once."""

    sql: str
    kind: str
    down: bool


SORTS: Final[Mapping[str, Sort]] = {
    "revenue": Sort("c.monetary", "BIGINT", down=True),
    "orders": Sort("c.frequency", "BIGINT", down=True),
    "check": Sort("coalesce(c.average_check, -1)", "BIGINT", down=True),
    "last": Sort("coalesce(c.last_order_on, DATE '0001-01-01')", "DATE", down=True),
    "name": Sort("c.name_place", "BIGINT", down=False),
}
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
    where, bound = condition(cursor, snapshot, wanted, with_contacts=with_contacts, members=members)
    count, revenue = cursor.execute(f"SELECT count(*), coalesce(sum(c.monetary), 0) FROM customers c WHERE {where}", bound).fetchone() or (
        0,
        0,
    )
    sort = SORTS[wanted.sort]
    key, back = _key(given, sort)
    down = wanted.down != back
    if key is not None:
        bound |= {"key": key[0], "key_id": key[1]}
        typed = f"CAST($key AS {sort.kind})"
        than, then = ("<" if down else ">"), ("<" if back else ">")
        where += f" AND ({sort.sql} {than} {typed} OR ({sort.sql} = {typed} AND c.customer_id {then} $key_id))"
    keys = cursor.execute(
        f"""SELECT c.customer_no, CAST({sort.sql} AS VARCHAR), c.monetary FROM customers c WHERE {where}
        ORDER BY {sort.sql} {"DESC" if down else "ASC"}, c.customer_id {"DESC" if back else "ASC"} LIMIT {PAGE_SIZE + 1}""",
        bound,
    ).fetchall()
    contacts = "email, phone" if with_contacts else "NULL AS email, NULL AS phone"
    numbers, money = [int(number) for number, _, _ in keys] or [-1], [int(one) for _, _, one in keys] or [0]
    found = cursor.execute(  # a page is chosen by narrow columns; wide ones are read of its rows alone
        f"""SELECT customer_no, customer_id, name, kind, industry, last_order_on, recency_days, frequency, monetary, average_check,
            rfm_code, segment_{_scheme(snapshot)} AS segment, lifecycle, {contacts}
        FROM customers WHERE monetary BETWEEN {min(money)} AND {max(money)} AND customer_no IN ({", ".join(map(str, numbers))})"""
    ).fetchall()
    by_number = {row[0]: row[1:] for row in found}
    rows = [(*by_number[number], key) for number, key, _ in keys]
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE][::-1] if back else rows[:PAGE_SIZE]
    earlier, later = (more, bool(key)) if back else (key is not None, more)

    def edge(row: tuple[object, ...], name: str) -> str:
        return wanted.address(**{name: json.dumps([str(row[-1]), str(row[0])], ensure_ascii=False)}) + "#people"

    return PeoplePage(
        tuple(Person(*row[:-1]) for row in rows),
        int(count),
        int(revenue),
        edge(rows[0], "before") if rows and earlier else "",
        edge(rows[-1], "after") if rows and later else "",
    )


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


def _key(given: Mapping[str, str], sort: Sort) -> tuple[tuple[object, str] | None, bool]:
    """The row a page begins after (or ends before); a key that cannot be read is the first page."""
    back = "before" in given and "after" not in given
    try:
        value, customer_id = json.loads(given.get("before" if back else "after", ""))
        if not isinstance(value, str) or not isinstance(customer_id, str) or "\x00" in value + customer_id:
            return None, False
        if sort.kind == "BIGINT":
            number = int(value)
            return ((number, customer_id), back) if abs(number) < 2**63 else (None, False)
        if sort.kind == "DATE":
            return (date.fromisoformat(value).isoformat(), customer_id), back
    except (ValueError, TypeError, RecursionError):
        return None, False
    return (value, customer_id), back


def _scheme(snapshot: Snapshot) -> str:
    return "guide" if snapshot.scheme == "guide" else "case"
