"""What a source hands to the base: rows as they were written, under the base's own field names.

A source knows files and outside systems; the base knows what a phone, an amount or a refund is. Between them travel
text cells only, so that nothing is guessed twice and every doubtful cell can be shown as it stood in the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Layout = Literal["bitrix24", "amocrm", "orders", "order-lines", "contacts"]
LAYOUTS: Final[tuple[Layout, ...]] = ("bitrix24", "amocrm", "orders", "order-lines", "contacts")

ROW_NUMBER: Final = "row_no"

FIELDS: Final[Mapping[str, str]] = {
    # the order (deal)
    "order_id": "id of the deal, order or invoice",
    "title": "name of the deal",
    "pipeline": "pipeline of the deal",
    "stage": "stage name, localised; won/lost/open is decided by the base",
    "closed": "closed or not, a word",
    "amount": "amount of the deal, or of the line where quantity and price are absent",
    "discount": "discount of the deal, in money",
    "currency": "currency as a code, sign or word",
    "created_at": "when the deal was created; for a plain file, its only date",
    "closed_at": "when the deal was closed",
    "channel": "where the deal came from",
    "manager": "who is responsible",
    # the line
    "product_id": "product code",
    "product": "product name",
    "category": "product category",
    "quantity": "quantity in the line",
    "price": "price of one piece",
    # who
    "customer_id": "id of the customer where the file has one for each row",
    "customer_name": "name of the customer where the file has no company and no contact",
    "company_id": "company id in the CRM",
    "company": "company name",
    "company_industry": "industry as written in the CRM",
    "company_phone": "phones of the company",
    "company_email": "e-mails of the company",
    "inn": "tax number (INN)",
    "kpp": "KPP",
    "ogrn": "OGRN or OGRNIP",
    "okved": "main activity code",
    "contact_id": "contact id in the CRM",
    "contact": "full name of the contact",
    "job_title": "job title of the contact",
    "birth_on": "birthday of the contact",
    "gender": "gender of the contact",
    "education": "education of the contact",
    "income": "income of the contact, a word or a band",
    "phone": "phones of the contact",
    "email": "e-mails of the contact",
    "country": "country",
    "region": "region",
    "city": "city",
    "address": "address in one line",
    "source": "where the customer came from",
    "attributes": "everything else known of the customer: a JSON object of header and cell",
}
"""Every field a source may fill, with its meaning. The Parquet file of an `Extract` has a subset of them as columns."""


@dataclass(frozen=True)
class RejectedRow:
    """A row that could not even be split into cells."""

    row_no: int
    reason: str
    raw: str


@dataclass(frozen=True)
class Extract:
    """One file (or one reading of an outside system), staged as text.

    Args:
        source: name of the file as the user knows it, without folders.
        digest: SHA-256 of the bytes read; the same digest twice changes nothing.
        layout: which shape the rows have.
        staged: Parquet file with `row_no` (BIGINT, the row's number in the file, header = 1) and VARCHAR columns named
            after `FIELDS`. Cells are as written, stripped of outer white space; an empty cell is NULL.
        rows: rows read, header excluded: rows of `staged` + `rejected`.
        headers: for each filled field, the headers of the file it came from, joined with " + ".
        ignored: headers that fill no field.
        rejected: rows that could not be split into cells.
        notes: what was done to the file as a whole, one English sentence each (already rendered, for the log).
        encoding: name of the text encoding, or the kind of file (`xlsx`, `parquet`, `html`).
    """

    source: str
    digest: str
    layout: Layout
    staged: Path
    rows: int
    headers: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8"
    options: Mapping[str, str] = field(default_factory=dict)
