"""A list of customers as CSV for spreadsheets: harmless cells, money in major units, the separator of the language."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from kogorta.reports.cells import written
from kogorta.reports.columns import CUSTOMERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.segments.queries import MemberQuery
    from kogorta.kit.language import Language

_BATCH: Final = 5_000


def csv_rows(snapshot: Snapshot, members: MemberQuery, language: Language) -> tuple[int, Iterator[bytes]]:
    """How many customers there are, and the file in pieces; of one the snapshot does not know there is only his id."""
    cursor = snapshot.cursor()
    parameters = dict(members.parameters)
    count = cursor.execute(f"SELECT count(*) FROM ({members.sql})", parameters).fetchone()
    names = ", ".join(column.name for column in CUSTOMERS)

    def pieces() -> Iterator[bytes]:
        rows = cursor.execute(
            f"SELECT {names} FROM ({members.sql}) LEFT JOIN customers USING (customer_id) ORDER BY customer_id", parameters
        )
        yield "\ufeff".encode()
        yield _line([[column.name for column in CUSTOMERS]], language)
        while batch := rows.fetchmany(_BATCH):
            cells = (
                [written(value, column.kind, snapshot.currency) for value, column in zip(row, CUSTOMERS, strict=True)] for row in batch
            )
            yield _line(cells, language)

    return (int(count[0]) if count else 0), pieces()


def _line(rows: object, language: Language) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=language.csv_separator, lineterminator="\r\n").writerows(rows)  # type: ignore[arg-type]
    return text.getvalue().encode()
