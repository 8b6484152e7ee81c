"""What a rule selects: how many, what share, what revenue, ten of them; and who would enter and leave after an edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import first_row
from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.sql import emit_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.snapshot import Snapshot
    from kogorta.segments.rules.tree import Node

EXAMPLES: Final = 10


@dataclass(frozen=True)
class Example:
    """A customer of the segment: id, name, net revenue in minor units."""

    customer_id: str
    name: str | None
    revenue: int


@dataclass(frozen=True)
class Preview:
    """A segment in figures.

    Args:
        customers: how many.
        share: of all customers, 0-1.
        revenue: their net revenue of all time up to the day, minor units.
        revenue_share: of everybody's revenue, 0-1; 0 when there is none.
        average_check: revenue per order, minor units; None without orders.
        examples: the ten of largest revenue, ties by id.
    """

    customers: int
    share: float
    revenue: int
    revenue_share: float
    average_check: int | None
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Change:
    """What an edit of a rule would change.

    Args:
        before, after: customers under the saved and the edited rule.
        entering, leaving: ids of those who would enter and leave, in order.
        revenue_entering, revenue_leaving: their net revenue, minor units.
    """

    before: int
    after: int
    entering: tuple[str, ...]
    leaving: tuple[str, ...]
    revenue_entering: int
    revenue_leaving: int


def preview(rule: Node, snapshot: Snapshot, *, book: SegmentBook = EMPTY_BOOK) -> Preview:
    """A segment in figures; count, share and list come from one evaluation.

    Args:
        rule: the tree.
        snapshot: the tables at a day.
        book: saved segments the rule refers to.

    Returns:
        The figures.

    Raises:
        InputError: a segment or the recorded moves it needs are not there.
    """
    _decide([rule], snapshot, book)
    run = snapshot.connection.execute
    told = """SELECT count(*), count(*) FILTER (WHERE rule_0), coalesce(sum(monetary), 0), coalesce(sum(monetary) FILTER (WHERE rule_0), 0),
        coalesce(sum(frequency) FILTER (WHERE rule_0), 0) FROM rules_decided"""
    row = first_row(run(told))
    everybody, customers, total, revenue, orders = (int(value) for value in row or (0, 0, 0, 0, 0))
    rows = run(
        "SELECT customer_id, name, monetary FROM rules_decided WHERE rule_0 ORDER BY monetary DESC, customer_id LIMIT $most",
        {"most": EXAMPLES},
    ).fetchall()
    run("DROP TABLE rules_decided")
    return Preview(
        customers=customers,
        share=customers / everybody if everybody else 0.0,
        revenue=revenue,
        revenue_share=revenue / total if total > 0 else 0.0,
        average_check=round(revenue / orders) if orders else None,
        examples=tuple(Example(*found) for found in rows),
    )


def members(rule: Node, snapshot: Snapshot, *, book: SegmentBook = EMPTY_BOOK) -> tuple[str, ...]:
    """Ids of the customers of a segment, in order.

    Raises:
        InputError: a segment or the recorded moves it needs are not there.
    """
    statement = emit_sql([rule], snapshot, book=book)
    rows = snapshot.connection.execute(
        f"""SELECT c.customer_id FROM ({statement.text}) d JOIN {snapshot.customers} c USING (customer_no)
        WHERE d.rule_0 ORDER BY customer_no""",
        dict(statement.parameters),
    ).fetchall()
    return tuple(row[0] for row in rows)


def compare_rules(saved: Node, edited: Node, snapshot: Snapshot, *, book: SegmentBook = EMPTY_BOOK) -> Change:
    """Who would enter and leave a segment after an edit of its rule.

    Args:
        saved: the rule as it is.
        edited: the rule as it would be.
        snapshot: the tables at a day.
        book: saved segments the rules refer to.

    Returns:
        The change.

    Raises:
        InputError: a segment or the recorded moves they need are not there.
    """
    _decide([saved, edited], snapshot, book)
    run = snapshot.connection.execute
    row = first_row(
        run(
            """SELECT count(*) FILTER (WHERE rule_0), count(*) FILTER (WHERE rule_1),
        coalesce(sum(monetary) FILTER (WHERE rule_1 AND NOT rule_0), 0), coalesce(sum(monetary) FILTER (WHERE rule_0 AND NOT rule_1), 0)
        FROM rules_decided"""
        )
    )
    before, after, gained, lost = (int(value) for value in row or (0, 0, 0, 0))
    moved = run("SELECT customer_id, rule_1 FROM rules_decided WHERE rule_0 <> rule_1 ORDER BY customer_no").fetchall()
    run("DROP TABLE rules_decided")
    return Change(
        before=before,
        after=after,
        entering=tuple(customer for customer, entered in moved if entered),
        leaving=tuple(customer for customer, entered in moved if not entered),
        revenue_entering=gained,
        revenue_leaving=lost,
    )


def _decide(rules: Sequence[Node], snapshot: Snapshot, book: SegmentBook) -> None:
    """Evaluate once into a table of the engine, with what previews show."""
    statement = emit_sql(rules, snapshot, book=book)
    snapshot.connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE rules_decided AS
        SELECT d.*, c.customer_id, c.name, c.monetary, c.frequency
        FROM ({statement.text}) d JOIN {snapshot.customers} c USING (customer_no)""",
        dict(statement.parameters),
    )
