"""Customers for programs: all that is known in a row, a page after a key in the order asked for, without counting the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.desk.customers.ordering import SORTS
from kogorta.desk.customers.people_list import condition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.customers.people_list import Only, Wanted

COLUMNS: Final = (
    "customer_id", "name", "kind", "inn", "industry", "region", "first_order_on", "last_order_on", "recency_days", "frequency", "monetary",
    "average_check", "r", "f", "m", "rfm_code", "segment_case", "segment_guide", "abc", "xyz", "lifecycle", "p_alive",
    "expected_orders_90d", "clv", "clv_low", "clv_high",
)  # fmt: skip
CONTACTS: Final = ("email", "phone")
_REALS: Final = frozenset({"p_alive", "expected_orders_90d", "clv", "clv_low", "clv_high"})


@dataclass(frozen=True)
class Feed:
    """A page: rows by the names of `COLUMNS` (and `CONTACTS`), and the key the next page begins after; None on the last one."""

    rows: tuple[Mapping[str, object], ...]
    last: tuple[str | int, str] | None


def feed(
    snapshot: Snapshot,
    wanted: Wanted,
    size: int,
    after: tuple[str | int, str] | None,
    *,
    with_contacts: bool,
    members: Only | None = None,
) -> Feed:
    """One page.

    Args:
        snapshot: the base.
        wanted: what is asked for, and in what order.
        size: most rows.
        after: value and id of the row before.
        with_contacts: whether e-mails and phones may be seen and searched in.
        members: only these.
    """
    cursor = snapshot.cursor()
    where, bound = condition(cursor, snapshot, wanted, with_contacts=with_contacts, members=members)
    sort = SORTS[wanted.sort]
    if after is not None:
        typed, sign = f"CAST($key_value AS {sort.kind})", "<" if wanted.down else ">"
        where += f" AND ({sort.sql} {sign} {typed} OR ({sort.sql} = {typed} AND c.customer_id > $key_id))"
        bound |= {"key_value": after[0], "key_id": after[1]}
    names = (*COLUMNS, *(CONTACTS if with_contacts else ()))
    cells = ", ".join(f"CASE WHEN NOT isnan(c.{name}) THEN c.{name} END AS {name}" if name in _REALS else f"c.{name}" for name in names)
    rows = cursor.execute(
        f"""SELECT {cells}, {sort.sql if sort.kind == "BIGINT" else f"CAST({sort.sql} AS VARCHAR)"} AS sort_key
            FROM customers c WHERE {where}
            ORDER BY {sort.sql} {"DESC" if wanted.down else "ASC"}, c.customer_id LIMIT {int(size) + 1}""",
        bound,
    ).fetchall()
    page = rows[:size]
    last = (page[-1][-1], page[-1][0]) if len(rows) > size else None
    return Feed(tuple(dict(zip(names, row, strict=False)) for row in page), last)
