"""From text cells to typed rows: numbers, moments, currencies, statuses, and the reason where a row cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.base.audit import Fate
from kogorta.base.intake import FIELDS, ROW_NUMBER
from kogorta.base.stages import stage_statuses
from kogorta.engine.duck import filled_sql, first_row, quote, register_mapping, run_sql
from kogorta.engine.shelf import LARGE
from kogorta.kit.contacts import Flaw, parse_inn, parse_kpp, read_emails, read_phones
from kogorta.kit.money import currency_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import duckdb

    from kogorta.base.intake import Extract
    from kogorta.base.options import IntakeOptions
    from kogorta.engine.shelf import Shelf

DEFAULT_CURRENCY: Final = "RUB"

_FLAW_CODES: Final = {
    Flaw.INN_CHECKSUM: "inn_checksum",
    Flaw.INN_LENGTH: "inn_length",
    Flaw.EXCEL_NUMBER: "inn_spoilt",
}


def read_rows(shelf: Shelf, extract: Extract, options: IntakeOptions) -> str:
    """Type the cells of one extract.

    Makes `typed` (one row per input row, with `reason`, `reason_column`, `reason_value` where it is quarantined), the view `cells` of the
    text it came from, and the temporary tables `phone_values`, `email_values` and `inn_values` (cell -> normalised values).

    Returns:
        The base currency: the one given, or the one most rows are in.
    """
    connection = shelf.connection
    run_sql(connection, "base", "cells")
    present = set(extract.headers)
    columns = ", ".join(f"filled({name}) AS {name}" if name in present else f"CAST(NULL AS VARCHAR) AS {name}" for name in FIELDS)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW cells AS SELECT {ROW_NUMBER}, {columns} FROM read_parquet({quote(str(extract.staged))})"
    )
    words = _map_currencies(connection, present)
    _map_stages(connection, present, options)
    _map_contacts(connection, present)
    parameters: dict[str, object] = {
        "comma_groups": _groups_by_comma(connection, present),
        "exponents": extract.encoding in {"parquet", "xlsx", "xls"},
        "month_first": _month_first(connection, present),
        "zone": options.time_zone,
        "has_stage": "stage" in present,
        "has_closed": "closed" in present,
        "line_layout": extract.layout == "order-lines",
        "contacts_only": extract.layout == "contacts",
    }
    run_sql(connection, "base", "rows", parameters, _pieces(present))
    currency = options.currency or (_usual_currency(connection) if words else DEFAULT_CURRENCY)
    _convert(connection, currency, options, foreign=bool(words - {currency}))
    parameters |= {
        "currency": currency,
        "received_on": options.received_on.isoformat() if options.received_on else None,
        "ignore_refunds": options.refunds == "ignore",
    }
    shelf.keep("typed", filled_sql("base", "reasons", parameters), large=extract.rows > LARGE)
    return currency


def _pieces(present: set[str]) -> dict[str, str]:
    """How each cell is read; a column the file does not have is not read at all, which keeps the query short."""
    pieces = {"cells": ", ".join(sorted(present & set(FIELDS)))}
    for name in ("amount", "price", "quantity", "discount"):
        pieces[f"{name}_value"] = f"read_number({name}, $comma_groups, $exponents)" if name in present else "CAST(NULL AS DECIMAL(24, 4))"
    for name in ("amount", "price"):
        pieces[f"{name}_word"] = f"number_word({name})" if name in present else "CAST(NULL AS VARCHAR)"
    for piece, name in (("created_local", "created_at"), ("closed_local", "closed_at"), ("birth_on", "birth_on")):
        pieces[piece] = f"read_moment({name}, $month_first, $zone)" if name in present else "CAST(NULL AS TIMESTAMP)"
    return pieces


def contact_problems(connection: duckdb.DuckDBPyConnection, present: set[str]) -> list[tuple[str, Fate, int, str, int, str]]:
    """Troubles of phones, e-mails and tax numbers: code, fate, rows, column, first row, its cell."""
    fields = [name for name in ("phone", "company_phone", "email", "company_email") if name in present]
    troubles = [
        f"SELECT c.row_no, '{name}' AS field, c.{name} AS cell, p.flaw AS code FROM cells c "
        f"JOIN contact_flaws p ON p.cell = c.{name} AND p.field = '{name}'"
        for name in fields
    ]
    if "inn" in present:
        troubles.append("SELECT c.row_no, 'inn', c.inn, v.flaw FROM cells c JOIN inn_values v ON v.cell = c.inn WHERE v.flaw IS NOT NULL")
    if not troubles:
        return []
    rows = connection.execute(
        f"""
        WITH flaws(row_no, field, cell, code) AS ({" UNION ALL ".join(troubles)})
        SELECT code, count(DISTINCT row_no), arg_min(field, (row_no, field)), min(row_no), arg_min(cell, (row_no, field))
        FROM flaws GROUP BY code ORDER BY code
        """
    ).fetchall()
    return [
        (code, Fate.REPAIRED if code == "inn_restored" else Fate.NOTED, count, field, row_no, cell)
        for code, count, field, row_no, cell in rows
    ]


def _distinct(connection: duckdb.DuckDBPyConnection, fields: Iterable[str], present: set[str]) -> list[str]:
    selects = [f"SELECT DISTINCT {name} AS cell FROM cells WHERE {name} IS NOT NULL" for name in fields if name in present]
    if not selects:
        return []
    return [row[0] for row in connection.execute(" UNION ".join(selects) + " ORDER BY 1").fetchall()]


def _map_currencies(connection: duckdb.DuckDBPyConnection, present: set[str]) -> set[str]:
    """Make `currency_words`; returns the currencies that occur."""
    words = set(_distinct(connection, ["currency"], present))
    for name in ("amount", "price"):
        if name in present:
            found = connection.execute(f"SELECT DISTINCT number_word({name}) FROM cells WHERE {name} IS NOT NULL LIMIT 10000")
            words.update(row[0] for row in found.fetchall() if row[0])
    ordered = sorted(words)
    codes = [currency_code(word) for word in ordered]
    register_mapping(connection, "currency_words", {"word": ordered, "currency": codes})
    return {code for code in codes if code}


def _map_stages(connection: duckdb.DuckDBPyConnection, present: set[str], options: IntakeOptions) -> None:
    statuses = stage_statuses(_distinct(connection, ["stage"], present), options.stages)
    register_mapping(connection, "stage_words", {"stage": list(statuses), "status": list(statuses.values())})


def _map_contacts(connection: duckdb.DuckDBPyConnection, present: set[str]) -> None:
    inns, kpps = _distinct(connection, ["inn"], present), _distinct(connection, ["kpp"], present)
    numbers = [parse_inn(cell) for cell in inns]
    flaws = [
        _FLAW_CODES.get(number.flaw, "inn_length") if number.flaw else ("inn_restored" if number.restored else None) for number in numbers
    ]
    register_mapping(connection, "inn_values", {"cell": inns, "inn": [number.value for number in numbers], "flaw": flaws})
    register_mapping(connection, "kpp_values", {"cell": kpps, "kpp": [parse_kpp(cell).value for cell in kpps]})
    flawed: list[tuple[str, str, str]] = []
    readers: tuple[tuple[str, tuple[str, str], Callable[[str | None], object]], ...] = (
        ("phone", ("phone", "company_phone"), read_phones),
        ("email", ("email", "company_email"), read_emails),
    )
    for name, fields, _ in readers:
        cells = _distinct(connection, fields, present)
        found = [(read_phones if name == "phone" else read_emails)(cell) for cell in cells]
        register_mapping(
            connection,
            f"{name}_values",
            {"cell": cells, "joined": [",".join(item.values) or None for item in found]},
        )
        flawed += [(field, cell, f"{name}_invalid") for cell, item in zip(cells, found, strict=True) if item.flaws for field in fields]
    register_mapping(
        connection,
        "contact_flaws",
        {"field": [row[0] for row in flawed], "cell": [row[1] for row in flawed], "flaw": [row[2] for row in flawed]},
    )


def _flag(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    row = first_row(connection.execute(sql))
    return bool(row and row[0])


def _groups_by_comma(connection: duckdb.DuckDBPyConnection, present: set[str]) -> bool:
    """A single comma groups thousands only in a file that has points as decimals and no comma that could be one."""
    fields = [name for name in ("amount", "price", "discount") if name in present]
    if not fields:
        return False
    every = " UNION ALL ".join(f"SELECT squeezed({name}) AS cell FROM cells WHERE contains({name}, ',')" for name in fields)
    points = " UNION ALL ".join(f"SELECT {name} AS cell FROM cells WHERE contains({name}, '.')" for name in fields)
    return _flag(
        connection,
        rf"""SELECT NOT EXISTS (FROM ({every}) WHERE regexp_matches(cell, '^\D*\d+,(\d{{0,2}}|\d{{4,}})\D*$'))
            AND EXISTS (FROM ({points}) WHERE regexp_matches(cell, '\d\.\d{{1,2}}\D*$'))""",
    )


def _month_first(connection: duckdb.DuckDBPyConnection, present: set[str]) -> bool:
    """Dates with slashes put the month first where some second number is above 12 and no first number is."""
    fields = [name for name in ("created_at", "closed_at") if name in present]
    if not fields:
        return False
    every = " UNION ALL ".join(f"SELECT {name} AS cell FROM cells WHERE contains({name}, '/')" for name in fields)
    return _flag(
        connection,
        rf"""SELECT coalesce(bool_or(CAST(regexp_extract(cell, '^(\d{{1,2}})/(\d{{1,2}})/\d{{4}}', 2) AS INTEGER) > 12)
                AND NOT bool_or(CAST(regexp_extract(cell, '^(\d{{1,2}})/(\d{{1,2}})/\d{{4}}', 1) AS INTEGER) > 12), false)
            FROM ({every}) WHERE regexp_matches(cell, '^\d{{1,2}}/\d{{1,2}}/\d{{4}}')""",
    )


def _usual_currency(connection: duckdb.DuckDBPyConnection) -> str:
    row = first_row(
        connection.execute(
            """SELECT w.currency FROM (SELECT coalesce(currency, number_word(amount), number_word(price)) AS word FROM cells) c
        JOIN currency_words w USING (word) WHERE w.currency IS NOT NULL GROUP BY w.currency ORDER BY count(*) DESC, w.currency LIMIT 1"""
        )
    )
    return str(row[0]) if row else DEFAULT_CURRENCY


def _convert(connection: duckdb.DuckDBPyConnection, currency: str, options: IntakeOptions, *, foreign: bool) -> None:
    """Make `rates(currency, day, rate)`: units of the base per unit of the currency."""
    connection.execute("CREATE OR REPLACE TEMP TABLE rates (currency VARCHAR, day DATE, rate DECIMAL(24, 10))")
    if options.rates is None or not foreign:
        return
    pairs = connection.execute(
        "SELECT DISTINCT currency, day FROM readings WHERE currency <> $currency AND day IS NOT NULL ORDER BY ALL", {"currency": currency}
    ).fetchall()
    for code, day in pairs:
        rate = options.rates.find(code, day)
        if rate is not None:
            connection.execute("INSERT INTO rates VALUES (?, ?, ?)", [code, day, rate])
