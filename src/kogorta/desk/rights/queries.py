"""Everything that is kept of one person, and what an erasure would touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.base.erasure import keys_of
from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.errors import NotFoundError
from kogorta.desk.imports.models import SentFile
from kogorta.desk.personal.queries import consents_of
from kogorta.desk.reports.queries import reports_with
from kogorta.desk.segments.models import FrozenList
from kogorta.desk.segments.queries import list_file
from kogorta.engine.duck import first_row, quote
from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.erasure import PersonKeys

_MINE: Final = "(SELECT unnest($ids::VARCHAR[]))"
_TABLES: Final[dict[str, str]] = {
    "customer": f"SELECT * FROM customers WHERE customer_id IN {_MINE}",
    "cards_of_sources": f"SELECT * EXCLUDE (imports) FROM entities WHERE entity_id IN {_MINE} ORDER BY entity_id",
    "emails_and_phones": f"SELECT * FROM entity_keys WHERE entity_id IN {_MINE} ORDER BY ALL",
    "people_of_the_company": f"SELECT * FROM contacts WHERE customer_id IN {_MINE} ORDER BY contact_id",
    "orders": f"SELECT * EXCLUDE (import_digest) FROM orders WHERE customer_id IN {_MINE} ORDER BY ordered_on, order_id",
    "order_lines": f"""SELECT l.* FROM order_lines l JOIN orders o USING (order_id) WHERE o.customer_id IN {_MINE}
        ORDER BY order_id, line_no""",
    "events": f'SELECT * FROM events WHERE customer_id IN {_MINE} ORDER BY "at", event_id',
    "joined_records": f"SELECT * FROM merges WHERE kept_id IN {_MINE} ORDER BY merged_id",
    "decisions_on_duplicates": f"SELECT * FROM matches WHERE left_id IN {_MINE} OR right_id IN {_MINE} ORDER BY ALL",
    "rows_left_out": """SELECT source, row_no, reason, raw FROM quarantine
        WHERE list_bool_or([contains(lower(coalesce(raw, '')), lower(one)) FOR one IN $needles::VARCHAR[]]) ORDER BY source, row_no""",
}


@dataclass(frozen=True)
class KeptTable:
    """Rows of one kind kept of a person."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def keys_in_base(customer_id: str) -> PersonKeys:
    """The keys of a customer.

    Raises:
        NotFoundError: there is no such customer.
    """
    if base_state().is_empty:
        raise NotFoundError("There is no such customer.")
    base = open_desk_base()
    try:
        return _keys(base, customer_id)
    finally:
        base.connection.close()


def _keys(base: CustomerBase, customer_id: str) -> PersonKeys:
    try:
        return keys_of(base, customer_id)
    except OptionError as error:
        raise NotFoundError("There is no such customer.") from error


def kept_of(customer_id: str) -> list[KeptTable]:
    """Every row that is kept of a customer, whoever was joined to him included.

    Raises:
        NotFoundError: there is no such customer.
    """
    if base_state().is_empty:
        raise NotFoundError("There is no such customer.")
    base = open_desk_base()
    try:
        keys = _keys(base, customer_id)
        ids = list(keys.entities)
        found = []
        for name, query in _TABLES.items():
            given: dict[str, object] = {"needles": list(keys.needles)} if "$needles" in query else {"ids": ids}
            answer = base.connection.execute(query, given)
            columns = tuple(item[0] for item in answer.description or ())
            found.append(KeptTable(name, columns, tuple(tuple(row) for row in answer.fetchall())))
        digests = [
            row[0]
            for row in base.connection.execute(
                f"SELECT DISTINCT import_digest FROM orders WHERE customer_id IN {_MINE}", {"ids": ids}
            ).fetchall()
        ]
    finally:
        base.connection.close()
    files = SentFile.objects.filter(base_digest__in=digests).order_by("id").values_list("name", "sent_at")
    consents = tuple((row.channel, row.state, row.said_on, row.source, row.recorded_by.name, row.recorded_at) for row in consents_of(ids))
    return [
        *found,
        _analysed(customer_id),
        KeptTable("consents", ("channel", "state", "said_on", "source", "recorded_by", "recorded_at"), consents),
        KeptTable("files_his_orders_came_from", ("name", "sent_at"), tuple(files)),
        KeptTable("lists_he_is_in", ("name", "as_of"), tuple((row.name, row.as_of) for row in _lists_with(ids))),
    ]


def _analysed(customer_id: str) -> KeptTable:
    snapshot = newest_snapshot()
    if snapshot is None:
        return KeptTable("what_the_analysis_says", (), ())
    answer = snapshot.cursor().execute("SELECT * FROM customers WHERE customer_id = ?", [customer_id])
    return KeptTable("what_the_analysis_says", tuple(item[0] for item in answer.description or ()), tuple(answer.fetchall()))


def _lists_with(ids: Sequence[str]) -> list[FrozenList]:
    from kogorta.engine.duck import connect

    connection, found = connect(), []
    try:
        for row in FrozenList.objects.order_by("id"):
            path = list_file(row.file)
            query = f"SELECT 1 FROM read_parquet({quote(str(path))}) WHERE customer_id IN {_MINE} LIMIT 1"
            if path.exists() and first_row(connection.execute(query, {"ids": list(ids)})):
                found.append(row)
    finally:
        connection.close()
    return found


@dataclass(frozen=True)
class Touched:
    """What an erasure would touch.

    Args:
        name: how the customer is called now.
        cards: records of sources that go.
        contacts: his e-mails and phones.
        orders: orders that stay, nameless.
        consents, reports, lists: how many hold him.
        files: files kept at the desk, all of which are looked through.
    """

    name: str
    cards: int
    contacts: int
    orders: int
    consents: int
    reports: int
    lists: int
    files: int


def touched_by(customer_id: str) -> Touched:
    """What erasing a customer would touch.

    Raises:
        NotFoundError: there is no such customer.
    """
    keys = keys_in_base(customer_id)
    base = open_desk_base()
    try:
        row = first_row(
            base.connection.execute(
                "SELECT (SELECT name FROM customers WHERE customer_id = $id), count(*) FROM orders WHERE customer_id = $id",
                {"id": customer_id},
            )
        ) or (None, 0)
    finally:
        base.connection.close()
    return Touched(
        name=row[0] or customer_id,
        cards=len(keys.entities),
        contacts=len(keys.emails) + len(keys.phones),
        orders=int(row[1]),
        consents=len(consents_of(keys.entities)),
        reports=sum(1 for _, names in reports_with(keys.needles) if names),
        lists=len(_lists_with(keys.entities)),
        files=SentFile.objects.count(),
    )
