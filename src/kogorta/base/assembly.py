"""From typed rows to orders, lines, source identities and contacts; where every row went, and what was noticed on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.base.audit import Accounting, Fate, Problem
from kogorta.base.cleaning import contact_problems
from kogorta.base.intake import FIELDS
from kogorta.engine.duck import filled_sql, first_row, quote, register_mapping, run_sql
from kogorta.engine.shelf import LARGE
from kogorta.kit.language import minor_digits

if TYPE_CHECKING:
    import duckdb

    from kogorta.base.intake import Extract
    from kogorta.base.options import IntakeOptions
    from kogorta.engine.shelf import Shelf

ENTITY_FIELDS: Final = {
    "name": ("company", "customer_name", "contact"),
    "inn": ("inn",),
    "kpp": ("kpp",),
    "ogrn": ("ogrn",),
    "okved": ("okved",),
    "industry_text": ("company_industry",),
    "birth_on": ("birth_on",),
    "gender": ("gender",),
    "education": ("education",),
    "income_band": ("income",),
    "country": ("country",),
    "region_text": ("region",),
    "city": ("city",),
    "address": ("address",),
    "source": ("source", "channel"),
    "attributes": ("attributes",),
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


def assemble(shelf: Shelf, extract: Extract, options: IntakeOptions, currency: str) -> Assembled:
    """Make `new_orders`, `new_lines`, `new_entities`, `new_keys`, `new_contacts`, `new_quarantine` out of `typed`."""
    connection, present, large = shelf.connection, set(extract.headers), extract.rows > LARGE
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
        "line_layout": extract.layout == "order-lines",
    }
    run_sql(connection, "base", "orders", parameters)
    rejected = extract.rejected
    register_mapping(
        connection,
        "rejected_rows",
        {
            "source": [extract.source] * len(rejected),
            "row_no": [str(row.row_no) for row in rejected],
            "reason": [row.reason for row in rejected],
            "raw": [row.raw for row in rejected],
        },
    )
    shelf.keep("new_orders", filled_sql("base", "ledger_rows", parameters), large=large)
    shelf.keep("new_lines", filled_sql("base", "line_rows", parameters), large=large)
    shelf.keep("new_entities", _entities(present), large=large)
    shelf.keep("new_keys", _keys(present), large=large)
    shelf.keep("new_contacts", _contacts(), large=large)
    shelf.keep("new_quarantine", _quarantine(extract), large=large)
    return Assembled(_account(connection, extract), _problems(connection, extract))


def _entities(present: set[str]) -> str:
    """One row per source identity; of several values the one of the latest row wins, ties by the greater value."""
    known = {"company", "customer_name", "contact"} & present
    chosen = []
    for name, cells in ENTITY_FIELDS.items():
        have = [cell for cell in cells if cell in present]
        if not have:
            chosen.append(f"CAST(NULL AS {'DATE' if name == 'birth_on' else 'VARCHAR'}) AS {name}")
            continue
        value = _COMPANY_NAME if name == "name" and known else f"coalesce({', '.join(have)})" if len(have) > 1 else have[0]
        chosen.append(f"{latest(value, 'moment')} AS {name}")
    return f"""
        SELECT
            entity_id,
            CASE WHEN bool_or(who = 'company') OR max(length(inn)) = 10 THEN 'company' ELSE 'person' END AS kind,
            {", ".join(chosen)},
            min(least(entered_at, moment)) AS created_at,
            max(moment) AS seen_at
        FROM typed
        WHERE reason IS NULL
        GROUP BY entity_id
        """


def latest(value: str, seen_at: str) -> str:
    """SQL of the value seen last; ties go to the greater value, so that the order of rows does not matter."""
    return f"arg_max({value}, (coalesce({seen_at}, TIMESTAMPTZ '1900-01-01'), {value})) FILTER ({value} IS NOT NULL)"


def _keys(present: set[str]) -> str:
    """E-mails and phones that are the customer's own: of the company where it is the customer, else of the person."""
    own = []
    for kind, mine, company in (("email", "emails", "company_emails"), ("phone", "phones", "company_phones")):
        if {kind, f"company_{kind}"} & present:
            own.append(
                f"SELECT entity_id, '{kind}' AS kind, unnest(string_split(CASE WHEN who = 'company' THEN {company} "
                f"ELSE coalesce({mine}, {company}) END, ',')) AS key FROM typed WHERE reason IS NULL"
            )
    if not own:
        return "SELECT CAST(NULL AS VARCHAR) AS entity_id, CAST(NULL AS VARCHAR) AS kind, CAST(NULL AS VARCHAR) AS key WHERE false"
    return f"SELECT DISTINCT entity_id, kind, key FROM ({' UNION ALL '.join(own)}) AS keys WHERE key <> ''"


def _contacts() -> str:
    """People of companies; a person who is the customer is a contact of himself."""
    chosen = ", ".join(
        f"{latest(cell, 'moment')} AS {name}"
        for name, cell in (("name", "contact"), ("email", "emails"), ("phone", "phones"), ("job_title", "job_title"))
    )
    return f"""
        SELECT
            'contact-' || coalesce(contact_ref, substr(md5(coalesce(emails, phones, folded(contact))), 1, 12)) AS contact_id,
            entity_id, {chosen}, max(moment) AS seen_at
        FROM typed
        WHERE reason IS NULL AND coalesce(contact_ref, emails, phones, contact) IS NOT NULL
        GROUP BY ALL
        """


def _quarantine(extract: Extract) -> str:
    """Rows left out, as they were written."""
    cells = ", ".join(f"{name} := c.{name}" for name in FIELDS if name in extract.headers)
    return f"""
        SELECT {quote(extract.source)} AS source, t.row_no, t.reason, t.reason_column AS "column", t.reason_value AS value,
            CAST(to_json(struct_pack(row_no := c.row_no, {cells})) AS VARCHAR) AS raw
        FROM typed t JOIN cells c ON c.row_no = t.row_no WHERE t.reason IS NOT NULL
        UNION ALL SELECT source, CAST(row_no AS BIGINT), 'row_broken', NULL, reason, raw FROM rejected_rows
        """


def _account(connection: duckdb.DuckDBPyConnection, extract: Extract) -> Accounting:
    counted = first_row(
        connection.execute(
            "SELECT count(*) FILTER (reason IS NOT NULL), (SELECT count(*) FROM repeated), count(*) FILTER (reason IS NULL) FROM typed"
        )
    )
    quarantined, merged, usable = counted or (0, 0, 0)
    return Accounting(extract.rows, usable - merged, merged, quarantined + len(extract.rejected))


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
            """WITH equal AS (SELECT count(*) AS n, min(row_no) AS row_no, min(order_ref) AS ref FROM used
                GROUP BY fingerprint HAVING count(*) > 1)
            SELECT 'equal_lines', sum(n - 1), 'order_id', min(row_no), arg_min(ref, row_no) FROM equal HAVING count(*) > 0"""
        ).fetchall()
        collect(rows, Fate.NOTED)
    for code, fate, count, column, row_no, example in contact_problems(connection, set(extract.headers)):
        found.append(Problem(code, source, fate, count, column, row_no, example))
    return tuple(found)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))
