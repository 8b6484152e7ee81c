"""What rules ask of the rows of a customer, as aggregates over one reading of a table.

The filters of a figure are a bit of its rows: texts, windows and kinds of rows are looked at once a row, for all the figures together.
Whether any such row is there is then one `bit_or` for all who ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.segments.rules.gates import MASK
from kogorta.segments.rules.steps import Comparison, case_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from kogorta.segments.rules.leaves import Scalar

_WORD: Final = re.compile(r"[a-z_]+")
_COLUMNS: Final = frozenset({"order_no", "day", "moment", "amount", "discount", "quantity", "value", "category", "product"})
"""Columns that aggregates read."""


@dataclass(frozen=True)
class Filter:
    """Which rows a figure looks at.

    Args:
        start: the first day, if there is one.
        orders_only: leave out refunds that have no order.
        conditions: each a choice of alternatives, of which a row must meet one.
    """

    start: date | None = None
    orders_only: bool = False
    conditions: tuple[tuple[Comparison, ...], ...] = ()

    @property
    def every(self) -> tuple[tuple[Comparison, ...], ...]:
        """All that a row must meet, alternatives each."""
        first = [] if self.start is None else [(Comparison("day", "steps", ">=", (self.start,)),)]
        return (*first, *([(Comparison("is_order"),)] if self.orders_only else []), *self.conditions)


class Counting:
    """The aggregates of one table.

    Args:
        name: what its columns are called by.
        bind: makes a parameter of a value.
        as_of: the last day counted; None for rows without a day.
    """

    def __init__(self, name: str, bind: Callable[[Scalar], str], as_of: date | None) -> None:
        self.name, self.bind, self.as_of = name, bind, as_of
        self.aggregates: dict[str, str] = {}
        self.bits: dict[Filter, int] = {}
        self.starts: set[date | None] = set()
        self.found: set[int] = set()
        self.read: set[str] = set()
        self.every_row = False

    def aggregate(self, what: str, rows: Filter, *more: str) -> str:
        """The column of an aggregate over some rows; the same one is counted once.

        Args:
            what: the aggregate.
            rows: what it looks at.
            more: SQL conditions its rows must meet besides.
        """
        self.starts.add(rows.start)
        self.read |= set(_WORD.findall(" ".join((what, *more)))) & _COLUMNS
        conditions = list(more)
        if rows.conditions:
            conditions.append(self._is_marked(rows))
        else:
            self.every_row = True
            conditions += ["is_order"] if rows.orders_only else []
            conditions += [f"day >= {self.bind(rows.start)}"] if rows.start is not None else []
        expression = f"{what} FILTER (WHERE {' AND '.join(conditions)})" if conditions else what
        # a sum is a wider integer, slower to compare; amounts of one customer fit
        expression = f"CAST({expression} AS BIGINT)" if what.startswith("sum(") else expression
        return self.aggregates.setdefault(expression, f"{self.name}_{len(self.aggregates)}")

    def exists(self, rows: Filter) -> str:
        """A condition: whether the customer has any of these rows."""
        self.starts.add(rows.start)
        word, bit = divmod(self.bits.setdefault(rows, len(self.bits)), MASK)
        self.found.add(word)
        return f"({self.name}_found_{word} & {whole(1 << bit)}) <> 0"

    def stages(self, table: str) -> list[str]:
        """The aggregates of every customer who has rows, as common table expressions; the last is `<name>_counted`."""
        listed = [f"{expression} AS {name}" for expression, name in self.aggregates.items()]
        listed += [f"bit_or(marks_{word}) AS {self.name}_found_{word}" for word in sorted(self.found)]
        body = ",\n        ".join(["customer_no", *listed])
        limits = [] if self.as_of is None else [f"day <= {self.bind(self.as_of)}"]
        if self.starts and None not in self.starts:
            limits.append(f"day >= {self.bind(min(start for start in self.starts if start is not None))}")
        rows, found = table + (f" WHERE {' AND '.join(limits)}" if limits else ""), []
        filters = list(self.bits)
        if filters:
            words = [filters[first : first + MASK] for first in range(0, len(filters), MASK)]
            marks = [f"{self._marks(some)} AS marks_{word}" for word, some in enumerate(words)]
            if self.every_row:
                rows = f"(SELECT *, {', '.join(marks)} FROM {rows}) AS marked"
            else:
                # kept, and behind a fence, so that the marks are not worked out once more to leave out the rows without any
                kept = ", ".join(["customer_no", *sorted(self.read), *marks])
                found = [f"{self.name}_marked AS MATERIALIZED (\n    SELECT {kept} FROM {rows} OFFSET 0\n)"]
                rows = f"{self.name}_marked WHERE {' OR '.join(f'marks_{word} <> 0' for word in range(len(words)))}"
        return [*found, f"{self.name}_counted AS (\n    SELECT\n        {body}\n    FROM {rows}\n    GROUP BY customer_no\n)"]

    def _is_marked(self, rows: Filter) -> str:
        word, bit = divmod(self.bits.setdefault(rows, len(self.bits)), MASK)
        return f"(marks_{word} & {whole(1 << bit)}) <> 0"

    def _marks(self, filters: list[Filter]) -> str:
        """The bits of a row: of those every kind of condition leaves, the ones that all of them leave."""
        families: dict[tuple[object, ...], list[tuple[int, tuple[Comparison, ...]]]] = {}
        for bit, rows in enumerate(filters):
            met: dict[object, int] = {}
            for alternatives in rows.every:
                kind = tuple(one.together for one in alternatives)
                met[kind] = met.get(kind, 0) + 1  # the second of a kind is one more that must be met
                families.setdefault((kind, met[kind]), []).append((1 << bit, alternatives))
        kept = []
        for asking in families.values():
            cases = [
                case_of([(alternatives[place], bit, 0) for bit, alternatives in asking], self.bind) for place in range(len(asking[0][1]))
            ]
            others = (1 << len(filters)) - 1 - sum(bit for bit, _ in asking)
            kept.append(f"({' | '.join([*cases, *([whole(others)] if others else [])])})")
        return " & ".join(kept)
