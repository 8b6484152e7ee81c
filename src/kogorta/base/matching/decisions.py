"""What was decided about pairs, kept in the base as rows of `matches`: the SQL of the table as it shall be.

A decision names identities of the sources, which never change their ids; so it stays true whatever is merged or imported later.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kogorta.base.identity import match_identities
from kogorta.base.matching.clusters import Marks
from kogorta.base.tables import column_list
from kogorta.engine.duck import filled_sql, first_row, quote
from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from kogorta.base.matching.likely import Joint

Row = tuple[str, str, str, str, float, str]


def with_rows(rows: Iterable[Row]) -> str:
    """`matches` with these rows in the place of earlier ones about the same pairs."""
    values = ", ".join(
        f"({quote(left)}, {quote(right)}, {quote(verdict)}, {quote(by)}, {probability!r}, {quote(evidence)})"
        for left, right, verdict, by, probability, evidence in rows
    )
    columns = column_list("matches")
    if not values:
        return f"SELECT {columns} FROM matches"
    return f"""SELECT {columns} FROM (VALUES {values}) AS told({columns})
        UNION ALL SELECT {columns} FROM matches ANTI JOIN (VALUES {values}) AS told({columns}) USING (left_id, right_id)"""


def without_pair(left: str, right: str) -> str:
    """`matches` without a pair."""
    left, right = min(left, right), max(left, right)
    return f"SELECT * FROM matches WHERE NOT (left_id = {quote(left)} AND right_id = {quote(right)})"


def rows_of(joints: Iterable[Joint]) -> list[Row]:
    """Rows that make joints true: each merged card with the card that is kept."""
    return [
        (
            min(joint.kept, joint.merged),
            max(joint.kept, joint.merged),
            "same",
            "model",
            joint.because.probability,
            json.dumps({**joint.because.evidence, "of": [joint.because.left, joint.because.right]}, sort_keys=True),
        )
        for joint in joints
    ]


def told_by_person(connection: duckdb.DuckDBPyConnection, left: str, right: str, verdict: str) -> Row:
    """The row of a person's decision.

    Raises:
        OptionError: an id is not known, both are one id, «same» is said of cards that contradict, or «different» of one customer.
    """
    if left == right:
        raise OptionError("{customer} was given twice; name two different customers.", customer=left)
    cards = {card: _customer(connection, card) for card in (left, right)}
    if verdict == "same" and _marks(connection, cards[left]).contradict(_marks(connection, cards[right])):
        raise OptionError(
            "{left} and {right} have different INN, KPP or birth dates and cannot be one customer; correct the cards first.",
            left=left,
            right=right,
        )
    if verdict == "different" and cards[left] == cards[right]:
        raise OptionError("{left} and {right} are one customer already; undo the merge with: kogorta base unmerge", left=left, right=right)
    return (min(left, right), max(left, right), verdict, "person", 1.0 if verdict == "same" else 0.0, "{}")


def undone(connection: duckdb.DuckDBPyConnection, merged_id: str) -> list[Row]:
    """Rows that undo a likely merge; none when it was an exact key that merged the card.

    The card leads the identities that exact keys joined with it: they leave together, and only with him.
    """
    match_identities(connection, keys=f"({filled_sql('base', 'identity_keys', {}, {'past': ''})})", exact_only=True)
    row = first_row(connection.execute("SELECT customer_id FROM identity_map WHERE entity_id = ?", [merged_id]))
    if row is None or row[0] != merged_id:
        return []
    rows = connection.execute(
        """SELECT m.left_id, m.right_id, m.probability, m.evidence FROM matches m
        JOIN identity_map l ON l.entity_id = m.left_id JOIN identity_map r ON r.entity_id = m.right_id
        WHERE m.verdict = 'same' AND (l.customer_id = $card) <> (r.customer_id = $card) ORDER BY 1, 2""",
        {"card": merged_id},
    ).fetchall()
    return [(left, right, "different", "person", probability, evidence) for left, right, probability, evidence in rows]


def _customer(connection: duckdb.DuckDBPyConnection, card: str) -> str:
    row = first_row(
        connection.execute(
            "SELECT coalesce(m.kept_id, e.entity_id) FROM entities e LEFT JOIN merges m ON m.merged_id = e.entity_id WHERE e.entity_id = ?",
            [card],
        )
    )
    if row is None:
        raise OptionError("There is no customer {customer!r} in the base; see the table customers for the ids.", customer=card)
    return str(row[0])


def _marks(connection: duckdb.DuckDBPyConnection, customer: str) -> Marks:
    rows = connection.execute(
        """SELECT e.inn, e.kpp, CAST(e.birth_on AS VARCHAR) FROM entities e LEFT JOIN merges m ON m.merged_id = e.entity_id
        WHERE coalesce(m.kept_id, e.entity_id) = ?""",
        [customer],
    ).fetchall()
    return Marks(*(frozenset(row[place] for row in rows if row[place]) for place in range(3)))
