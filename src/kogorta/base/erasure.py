"""A person taken out of a base: his orders stay with somebody nameless, and later files do not bring him back.

Only salted hashes of his keys are kept. A row of a file is his when its identity is, or when its own e-mail or phone is; then every cell
that says who he is is emptied and the row gets a nameless id. Where he is a contact of a company, the cells of the contact are emptied.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from kogorta.base.cleaning import read_rows
from kogorta.base.intake import FIELDS, ROW_NUMBER
from kogorta.engine.duck import connect, first_row, quote, register_mapping
from kogorta.engine.shelf import LARGE, Shelf
from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.intake import Extract
    from kogorta.base.options import IntakeOptions

STAYS: Final = frozenset(
    {
        *("order_id", "pipeline", "stage", "closed", "amount", "discount", "currency", "created_at", "closed_at", "channel", "manager"),
        *("product_id", "product", "category", "quantity", "price", "company_industry", "okved", "country", "region", "source"),
    }
)
"""Cells of his rows that stay: what was bought, when, for how much; nothing that says by whom."""
OF_CONTACT: Final = frozenset(
    {"title", "contact_id", "contact", "job_title", "birth_on", "gender", "education", "income", "phone", "email"}
)
"""Cells emptied where he is a contact of a company that stays."""


@dataclass(frozen=True)
class PersonKeys:
    """What a customer is recognised by.

    Args:
        entities: ids of his identities; he himself and whoever was merged with him.
        emails, phones: his own, without those that are another customer's own too.
        names: how he is called in the base, for what can only be searched by text.
    """

    entities: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def needles(self) -> tuple[str, ...]:
        """Texts that give him away."""
        return tuple(sorted({*self.emails, *(phone[-10:] for phone in self.phones), *self.names}))


def keys_of(base: CustomerBase, customer_id: str) -> PersonKeys:
    """The keys of a customer of a base.

    Raises:
        OptionError: there is no such customer.
    """
    who = {"id": customer_id}

    def column(query: str) -> tuple[str, ...]:
        return tuple(str(row[0]) for row in base.connection.execute(query, who).fetchall())

    mine = "SELECT $id AS entity_id UNION SELECT merged_id FROM merges WHERE kept_id = $id"
    if not column("SELECT customer_id FROM customers WHERE customer_id = $id"):
        raise OptionError("There is no customer {customer!r} in the base; see the table customers for the ids.", customer=customer_id)

    def own(kind: str) -> tuple[str, ...]:
        told = f"SELECT unnest(string_split({kind}, ',')) AS key FROM entity_contacts WHERE entity_id IN ({mine}) AND {kind} IS NOT NULL"
        return column(
            f"""SELECT DISTINCT key FROM (
                SELECT key FROM entity_keys WHERE kind = '{kind}' AND entity_id IN ({mine}) UNION {told})
            WHERE key <> '' AND key NOT IN (SELECT key FROM entity_keys WHERE kind = '{kind}' AND entity_id NOT IN ({mine})) ORDER BY 1"""
        )

    names = column(
        f"""SELECT DISTINCT name FROM (SELECT name FROM entities WHERE entity_id IN ({mine})
        UNION SELECT name FROM entity_contacts WHERE entity_id IN ({mine})) WHERE length(name) > 3 ORDER BY 1"""
    )
    return PersonKeys(column(f"SELECT entity_id FROM ({mine}) ORDER BY 1"), own("email"), own("phone"), names)


@dataclass(frozen=True)
class Erased:
    """Everybody who was erased.

    Args:
        salt: secret text hashes are made with.
        nameless: hash of a key -> the nameless id of whose key it was.

    Example:
        >>> erased = Erased("pepper", {})
        >>> len(erased.digest("email", "a@example.com")), erased.digest("email", "a") == erased.digest("phone", "a")
        (64, False)
    """

    salt: str
    nameless: Mapping[str, str]

    def digest(self, kind: str, key: str) -> str:
        """The salted hash of a key; `kind` is `entity`, `email` or `phone`."""
        return hashlib.sha256(f"{self.salt}{kind}:{key}".encode()).hexdigest()

    def digests(self, keys: PersonKeys) -> list[str]:
        """The hashes of all keys of a person."""
        found = [self.digest("entity", key) for key in keys.entities]
        return [*found, *(self.digest("email", key) for key in keys.emails), *(self.digest("phone", key) for key in keys.phones)]


def without_erased(extract: Extract, options: IntakeOptions, erased: Erased, folder: Path) -> tuple[Extract, int]:
    """An extract in which nobody who was erased is left.

    Args:
        extract: what a source read.
        options: as it will be added with.
        erased: who was erased.
        folder: where the new staged rows go; its old file stays.

    Returns:
        The extract, and how many rows of it were emptied; it itself where none was.
    """
    if not erased.nameless:
        return extract, 0
    connection = connect(spill=folder)
    try:
        shelf = Shelf(connection, folder)
        read_rows(shelf, extract, options)
        register_mapping(
            connection, "erased_keys", {"digest": list(erased.nameless), "nameless": [erased.nameless[key] for key in erased.nameless]}
        )
        shelf.keep("erased_rows", _found(erased.salt), large=extract.rows > LARGE)
        row = first_row(connection.execute("SELECT count(*) FROM erased_rows"))
        count = int(row[0]) if row else 0
        if not count:
            return extract, 0
        target = folder / f"{extract.staged.stem}-without-erased.parquet"
        present = [name for name in FIELDS if name in extract.headers or name == "customer_id"]
        cells = ", ".join(_cell(name, name in extract.headers) for name in present)
        connection.sql(
            f"""SELECT s.{ROW_NUMBER}, {cells} FROM read_parquet({quote(str(extract.staged))}) s
            LEFT JOIN erased_rows e USING ({ROW_NUMBER}) ORDER BY s.{ROW_NUMBER}"""
        ).write_parquet(str(target), compression="zstd")
    finally:
        connection.close()
    headers = dict(extract.headers)
    headers.setdefault("customer_id", "customer_id")
    return replace(extract, staged=target, headers=headers), count


def _found(salt: str) -> str:
    """Query of the rows of erased people: whole where the row is his own, else his cells as a contact."""
    own = "CASE WHEN who = 'company' THEN company_{0} ELSE coalesce({0}, company_{0}) END"
    hashed = f"sha256({quote(salt)} || kind || ':' || key)"
    return f"""
        WITH keys AS (
            SELECT row_no, true AS whole, 'entity' AS kind, entity_id AS key FROM typed WHERE entity_id IS NOT NULL
            UNION ALL SELECT row_no, true, 'email', unnest(string_split({own.format("emails")}, ',')) FROM typed
            UNION ALL SELECT row_no, true, 'phone', unnest(string_split({own.format("phones")}, ',')) FROM typed
            UNION ALL SELECT row_no, false, 'email', unnest(string_split(emails, ',')) FROM typed WHERE who = 'company'
            UNION ALL SELECT row_no, false, 'phone', unnest(string_split(phones, ',')) FROM typed WHERE who = 'company'
            UNION ALL SELECT row_no, false, 'entity', 'contact-' || contact_ref FROM typed WHERE who = 'company' AND contact_ref IS NOT NULL
        ),
        hashes AS (SELECT DISTINCT kind, key, {hashed} AS digest FROM keys WHERE key <> ''),
        hits AS (SELECT k.row_no, k.whole, e.nameless FROM keys k JOIN hashes USING (kind, key) JOIN erased_keys e USING (digest))
        SELECT h.row_no, bool_or(h.whole) AS whole, coalesce(min(h.nameless) FILTER (h.whole), min(h.nameless)) AS nameless,
            bool_or(t.reason IS NOT DISTINCT FROM 'test_order') AS is_test
        FROM hits h JOIN typed t ON t.row_no = h.row_no GROUP BY h.row_no"""


def _cell(name: str, present: bool) -> str:  # noqa: FBT001
    kept = f"s.{name}" if present else "CAST(NULL AS VARCHAR)"
    if name == "customer_id":
        return f"CASE WHEN e.whole THEN e.nameless ELSE {kept} END AS {name}"
    if name in STAYS:
        return f"{kept} AS {name}"
    if name == "title":  # a trial order stays one
        return f"CASE WHEN e.is_test THEN 'test' WHEN e.row_no IS NULL THEN {kept} END AS {name}"
    emptied = "e.row_no IS NOT NULL" if name in OF_CONTACT else "e.whole"
    return f"CASE WHEN {emptied} THEN NULL ELSE {kept} END AS {name}"
