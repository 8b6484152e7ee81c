"""What the audit said of one file, kept with its row: counts, problems, stages, what the base gains. No personal data."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from kogorta.base.customer_base import import_digest
from kogorta.base.stages import propose_status, stage_key
from kogorta.desk.imports.storage import quarantine_of
from kogorta.engine.duck import first_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from kogorta.base.audit import Accounting
    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.intake import Extract

PERSONAL: Final = frozenset(
    {"customer_name", "company", "company_phone", "company_email", "inn", "contact", "birth_on", "gender", "phone", "email", "address"}
)
"""Fields whose cells are not kept as examples: the file has them, the database of the desk need not."""
_MOST_STAGES: Final = 200
_PIECE: Final = 1000


@dataclass(frozen=True)
class Found:
    """One kind of problem: as `Problem`, without a personal example."""

    code: str
    fate: str
    rows: int
    column: str | None = None
    row: int | None = None
    example: str | None = None


@dataclass(frozen=True)
class Stage:
    """A stage of the file: how it is understood, how many deals have it, whether its name says so."""

    name: str
    status: str
    deals: int
    known: bool


@dataclass(frozen=True)
class Totals:
    """A base in figures: customers, orders, won orders, their revenue in minor units."""

    customers: int = 0
    orders: int = 0
    won: int = 0
    revenue: int = 0


@dataclass(frozen=True)
class Findings:
    """What the audit said.

    Args:
        digest: name of the import in the base.
        currency: ISO code of the base.
        read, used, merged, quarantined: where the rows went; `read` is the sum of the others.
        orders: orders the file has.
        before, after: the base without and with the file.
        first_day, last_day: days of the file's won orders, ISO; empty when there are none.
        fields: field -> headers it was filled from.
        problems: of this file.
        whole: problems that only the whole base shows, with the file in it.
        stages: stages of the file.
        notes: what was done to the file as a whole.
    """

    digest: str
    currency: str
    read: int
    used: int
    merged: int
    quarantined: int
    orders: int = 0
    before: Totals = field(default_factory=Totals)
    after: Totals = field(default_factory=Totals)
    first_day: str = ""
    last_day: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Found, ...] = ()
    whole: tuple[Found, ...] = ()
    stages: tuple[Stage, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Findings:
        """The findings kept in a row."""
        nested = {
            "before": Totals(**kept["before"]),
            "after": Totals(**kept["after"]),
            "problems": tuple(Found(**item) for item in kept["problems"]),
            "whole": tuple(Found(**item) for item in kept["whole"]),
            "stages": tuple(Stage(**item) for item in kept["stages"]),
            "notes": tuple(kept["notes"]),
        }
        return cls(**{**kept, **nested})

    def kept(self) -> dict[str, Any]:
        """As a JSON document."""
        return asdict(self)


def totals(base: CustomerBase) -> Totals:
    """A base in figures."""
    row = first_row(
        base.connection.execute(
            """SELECT (SELECT count(*) FROM customers), count(*), count(*) FILTER (status = 'won'),
        coalesce(sum(net_amount_base) FILTER (status = 'won'), 0) FROM orders"""
        )
    )
    return Totals(*(int(value) for value in row or (0, 0, 0, 0)))


def find(base: CustomerBase, extract: Extract, accounting: Accounting, before: Totals) -> Findings:
    """What is to be told of a file that was just added to a base."""
    connection, digest = base.connection, import_digest(extract)
    orders, first, last = first_row(
        connection.execute(
            """SELECT count(*), min(ordered_on) FILTER (stage_status = 'won'), max(ordered_on) FILTER (stage_status = 'won')
        FROM orders WHERE import_digest = ?""",
            [digest],
        )
    ) or (0, None, None)
    return Findings(
        digest,
        base.currency,
        accounting.rows_read,
        accounting.rows_used,
        accounting.rows_merged,
        accounting.rows_quarantined,
        orders,
        before,
        totals(base),
        first.isoformat() if first else "",
        last.isoformat() if last else "",
        dict(extract.headers),
        _problems(connection, digest),
        _problems(connection, ""),
        _stages(connection, digest),
        extract.notes,
    )


def _problems(connection: duckdb.DuckDBPyConnection, digest: str) -> tuple[Found, ...]:
    rows = connection.execute(
        """SELECT code, fate, rows, "column", example_row, example FROM problems WHERE import_digest = ?
        ORDER BY rows DESC, position""",
        [digest],
    ).fetchall()
    fates = {"quarantined": 0, "merged": 1, "repaired": 2, "noted": 3}
    found = [
        Found(code, fate, count, column, row, None if example is None or column in PERSONAL else str(example)[:200])
        for code, fate, count, column, row, example in rows
    ]
    return tuple(sorted(found, key=lambda item: fates.get(item.fate, 9)))


def _stages(connection: duckdb.DuckDBPyConnection, digest: str) -> tuple[Stage, ...]:
    rows = connection.execute(
        """SELECT stage, any_value(stage_status), count(*) FROM orders WHERE import_digest = ? AND stage IS NOT NULL
        GROUP BY stage ORDER BY count(*) DESC, stage LIMIT ?""",
        [digest, _MOST_STAGES],
    ).fetchall()
    found: dict[str, Stage] = {}
    for name, status, count in rows:
        known = found.get(key := stage_key(name))
        found[key] = replace(known, deals=known.deals + count) if known else Stage(name, status, count, propose_status(name) is not None)
    return tuple(sorted(found.values(), key=lambda stage: (-stage.deals, stage.name)))


def keep_quarantine(base: CustomerBase, key: str, digest: str) -> None:
    """Write the rows left out of a file beside it, whole or not at all."""
    target = quarantine_of(key)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    rows = base.connection.cursor().execute(
        'SELECT row_no, reason, "column", value, raw FROM quarantine WHERE import_digest = ? ORDER BY row_no, reason', [digest]
    )
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        while piece := rows.fetchmany(_PIECE):
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in piece)
    beside.replace(target)
