"""From typed rows to orders, lines, source identities and contacts; where every row went, and what was noticed on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.base.audit import Accounting, Fate, Problem
from kogorta.base.cleaning import contact_problems
from kogorta.engine.duck import run_sql
from kogorta.kit.language import minor_digits

if TYPE_CHECKING:
    import duckdb

    from kogorta.base.intake import Extract
    from kogorta.base.options import IntakeOptions

ENTITY_FIELDS: Final = {
    "name": ("company", "customer_name", "contact"),
    "inn": ("inn",),
    "kpp": ("kpp",),
    "ogrn": ("ogrn",),
    "okved": ("okved",),
    "industry_text": ("company_industry",),
    "birth_on": ("birth_on",),
    "gender": ("gender",),
    "country": ("country",),
    "region_text": ("region",),
    "city": ("city",),
    "address": ("address",),
    "source": ("source", "channel"),
    "manager_id": ("manager",),
}
"""Attribute of an identity -> cells it is taken from, first one filled."""

_COMPANY_NAME: Final = "CASE who WHEN 'company' THEN company WHEN 'contact' THEN contact ELSE coalesce(customer_name, company, contact) END"

_NOTES: Final = (
    ("stage_unknown", Fate.NOTED, "stage", "stage_is_unknown", "stage"),
    ("zero_amount", Fate.NOTED, "amount", "status = 'won' AND row_amount = 0 AND NOT is_line", "amount_cell"),
    ("refund", Fate.NOTED, "amount", "status IN ('won', 'refunded') AND row_amount < 0", "amount_cell"),
    ("equal_rows", Fate.NOTED, "amount", "has_equal", "amount_cell"),
)


@dataclass(frozen=True)
class Assembled:
    """What one import brought: row accounting and problems. The rows are in temporary tables of the connection."""

    accounting: Accounting
    problems: tuple[Problem, ...]


def assemble(connection: duckdb.DuckDBPyConnection, extract: Extract, options: IntakeOptions, currency: str) -> Assembled:
    """Make `new_orders`, `new_lines`, `new_entities`, `new_keys`, `new_contacts`, `new_quarantine` out of `typed`."""
    contacts_only = extract.layout == "contacts"
    codes = [row[0] for row in connection.execute("SELECT DISTINCT currency FROM typed WHERE currency IS NOT NULL").fetchall()]
    connection.execute("CREATE OR REPLACE TEMP TABLE currency_units (currency VARCHAR, unit INTEGER)")
    for code in sorted({*codes, currency}):
        connection.execute("INSERT INTO currency_units VALUES (?, ?)", [code, 10 ** minor_digits(code)])
    parameters = {
        "contacts_only": contacts_only,
        "zone": options.time_zone,
        "currency": currency,
        "unit": 10 ** minor_digits(currency),
    }
    run_sql(connection, "base", "orders", parameters)
    run_sql(connection, "base", "ledger_rows", parameters)
    _entities(connection, set(extract.headers))
    _contacts(connection)
    return Assembled(_account(connection, extract), _problems(connection, extract))


def _entities(connection: duckdb.DuckDBPyConnection, present: set[str]) -> None:
    """One row per source identity; of several values the one of the latest row wins, ties by the greater value."""
    known = {"company", "customer_name", "contact"} & present
    chosen = []
    for name, cells in ENTITY_FIELDS.items():
        have = [cell for cell in cells if cell in present]
        if not have:
            chosen.append(f"CAST(NULL AS {'DATE' if name == 'birth_on' else 'VARCHAR'}) AS {name}")
            continue
        value = _COMPANY_NAME if name == "name" and known else f"coalesce({', '.join(have)})" if len(have) > 1 else have[0]
        chosen.append(f"arg_max({value}, (coalesce(local_moment, TIMESTAMP '1900-01-01'), {value})) FILTER ({value} IS NOT NULL) AS {name}")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE new_entities AS
        SELECT
            p.entity_id,
            CASE WHEN bool_or(who = 'company') OR max(length(inn)) = 10 THEN 'company' ELSE 'person' END AS kind,
            {", ".join(chosen)},
            min(t.moment) AS created_at,
            max(t.moment) AS seen_at
        FROM typed t JOIN placed p ON p.row_no = t.row_no
        GROUP BY p.entity_id
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE new_keys AS
        WITH rows AS (SELECT t.*, p.entity_id FROM typed t JOIN placed p ON p.row_no = t.row_no),
        keys AS (
            SELECT entity_id, 'email' AS kind, unnest(string_split(CASE WHEN who = 'company' THEN company_emails ELSE
                coalesce(emails, company_emails) END, ',')) AS key FROM rows
            UNION
            SELECT entity_id, 'phone', unnest(string_split(CASE WHEN who = 'company' THEN company_phones ELSE
                coalesce(phones, company_phones) END, ',')) FROM rows
        )
        SELECT entity_id, kind, key FROM keys WHERE key IS NOT NULL AND key <> ''
        """
    )


def _contacts(connection: duckdb.DuckDBPyConnection) -> None:
    """People of companies; a person who is the customer is a contact of himself."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE new_contacts AS
        SELECT
            'contact-' || coalesce(t.contact_ref, substr(md5(coalesce(t.emails, t.phones, folded(t.contact))), 1, 12)) AS contact_id,
            p.entity_id,
            max(t.contact) AS name, max(t.emails) AS email, max(t.phones) AS phone, max(t.job_title) AS job_title,
            max(t.moment) AS seen_at
        FROM typed t JOIN placed p ON p.row_no = t.row_no
        WHERE coalesce(t.contact_ref, t.emails, t.phones, t.contact) IS NOT NULL
        GROUP BY ALL
        """
    )


def _account(connection: duckdb.DuckDBPyConnection, extract: Extract) -> Accounting:
    counted = connection.execute(
        """SELECT (SELECT count(*) FROM typed WHERE reason IS NOT NULL), (SELECT count(*) FROM repeated),
            (SELECT count(*) FROM placed)"""
    ).fetchone()
    quarantined, merged, placed = counted or (0, 0, 0)
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE new_quarantine AS
        SELECT $source AS source, t.row_no, t.reason, t.reason_column AS "column", t.reason_value AS value,
            to_json(c) AS raw
        FROM typed t JOIN cells c ON c.row_no = t.row_no WHERE t.reason IS NOT NULL
        """,
        {"source": extract.source},
    )
    for rejected in extract.rejected:
        connection.execute(
            "INSERT INTO new_quarantine VALUES (?, ?, 'row_broken', NULL, ?, ?)",
            [extract.source, rejected.row_no, rejected.reason, rejected.raw],
        )
    quarantined += len(extract.rejected)
    return Accounting(extract.rows, placed - merged, merged, quarantined)


def _problems(connection: duckdb.DuckDBPyConnection, extract: Extract) -> tuple[Problem, ...]:
    source = extract.source
    found: list[Problem] = []

    def collect(rows: list[tuple[object, ...]], fate: Fate) -> None:
        for code, count, column, row_no, example in rows:
            found.append(Problem(str(code), source, fate, int(str(count)), _text(column), _number(row_no), _text(example)))

    collect(
        connection.execute(
            """SELECT reason, count(*), arg_min("column", row_no), min(row_no), arg_min(value, row_no)
            FROM new_quarantine GROUP BY reason ORDER BY count(*) DESC, reason"""
        ).fetchall(),
        Fate.QUARANTINED,
    )
    collect(
        connection.execute(
            """SELECT r.code, count(*), 'order_id', min(r.row_no), arg_min(t.order_ref, r.row_no)
            FROM repeated r JOIN typed t ON t.row_no = r.row_no GROUP BY r.code ORDER BY count(*) DESC, r.code"""
        ).fetchall(),
        Fate.MERGED,
    )
    for code, fate, column, condition, example in _NOTES:
        rows = connection.execute(
            f"""SELECT '{code}', count(*), '{column}', min(row_no), arg_min({example}, row_no) FROM used
            WHERE {condition} HAVING count(*) > 0"""
        ).fetchall()
        collect(rows, fate)
    if extract.layout == "order-lines":
        rows = connection.execute(
            """WITH equal AS (SELECT fingerprint, count(*) AS n, min(row_no) AS row_no, min(order_ref) AS ref FROM used
                GROUP BY fingerprint HAVING count(*) > 1)
            SELECT 'equal_lines', sum(n - 1), 'order_id', min(row_no), arg_min(ref, row_no) FROM equal HAVING count(*) > 0"""
        ).fetchall()
        collect(rows, Fate.NOTED)
    for code, fate, count, column, row_no, example in contact_problems(connection):
        found.append(Problem(code, source, fate, count, column, row_no, example))
    return tuple(found)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))
