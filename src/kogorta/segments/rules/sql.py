"""The tree of a rule as parameterised SQL over the tables of a snapshot.

DuckDB dialect, portable subset: CASE, coalesce, comparisons, count/sum/min/max with FILTER, date parts. Identifiers come from the registry;
everything a user typed is a bound parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.fields import FILTERS, THOUSANDTHS, family, fold
from kogorta.segments.rules.leaves import (
    BUCKETS,
    Attribute,
    Compare,
    Condition,
    DateGap,
    Figure,
    InSegment,
    Measure,
    Moved,
    Property,
    RandomShare,
    Scalar,
    Value,
)
from kogorta.segments.rules.tree import All, Any_, Node, Not

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.snapshot import Snapshot

_TYPES: Final[Mapping[type, str]] = {int: "BIGINT", float: "DOUBLE", str: "VARCHAR", date: "DATE"}
NO_TRANSITIONS: Final = message(
    "The rule asks who entered or left segment {name!r}, but no recorded moves were given; give a file of them (--transitions), "
    "or take this condition out."
)


@dataclass(frozen=True)
class Statement:
    """A query and what is bound to it.

    Args:
        text: SQL with named parameters `$p0`, `$p1`, ...
        parameters: their values.
    """

    text: str
    parameters: Mapping[str, Scalar]


def emit_sql(rules: Sequence[Node], snapshot: Snapshot, *, as_of: date | None = None, book: SegmentBook = EMPTY_BOOK) -> Statement:
    """One query that decides several rules for every customer.

    Args:
        rules: trees.
        snapshot: the tables read.
        as_of: day of evaluation, the snapshot's own by default; a later one sees the same history with more time passed, and fields made
            by the segmentations as they were.
        book: saved segments the rules refer to.

    Returns:
        A query with columns customer_no, customer_id, rule_0, rule_1, ... (BOOLEAN, never NULL).

    Raises:
        InputError: a segment or the recorded moves a rule needs are not there.
    """
    for rule in rules:
        book.check(rule)
    emitter = _Emitter(snapshot, as_of or snapshot.as_of, book)
    decided = [f"{emitter.node(rule)} AS rule_{place}" for place, rule in enumerate(rules)]
    return emitter.statement(decided)


def money_or_plain(value: Scalar, factor: int) -> Scalar:
    """A number in the unit the column is kept in; whole where it can be."""
    if factor == 1 or not isinstance(value, int | float):
        return value
    scaled = Decimal(repr(value)) * factor
    return int(scaled) if scaled == scaled.to_integral_value() else float(scaled)


def factor_of(figure: Figure | Condition, unit: int) -> int:
    """How many of the column's units make one of the rule's: minor units of money, thousandths of quantities."""
    if isinstance(figure, Measure) and figure.scaled:
        return THOUSANDTHS
    if isinstance(figure, Condition):
        return unit if FILTERS[figure.name].kind == "money" else THOUSANDTHS if figure.name == "value" else 1
    return unit if figure.kind == "money" else 1


_EXISTENCE: Final = ((">=", 1), (">", 0), ("=", 0), ("<", 1), ("<=", 0), ("!=", 0))


class _Emitter:
    def __init__(self, snapshot: Snapshot, as_of: date, book: SegmentBook) -> None:
        self.snapshot, self.as_of, self.book = snapshot, as_of, book
        self.names: dict[tuple[type, Scalar], str] = {}
        self.aggregates: dict[Grain, dict[str, str]] = {}
        self.looked_at: dict[Grain, dict[str, None]] = {}
        self.figures: dict[str, str] = {}
        self.conditions: dict[str, str] = {}

    def statement(self, decided: list[str]) -> Statement:
        counted, joins = [], []
        for grain, columns in self.aggregates.items():
            body = ",\n        ".join(["customer_no", *(f"{expression} AS {name}" for expression, name in columns.items())])
            limits = [] if grain == "attributes" else [f"day <= {self.bind(self.as_of)}"]
            if "" not in self.looked_at[grain]:
                limits.append("(" + " OR ".join(f"({condition})" for condition in self.looked_at[grain]) + ")")
            limit = f"\n    WHERE {' AND '.join(limits)}" if limits else ""
            query = f"SELECT\n        {body}\n    FROM {self.snapshot.tables[grain]}{limit}\n    GROUP BY customer_no"
            counted.append(f"{grain}_counted AS (\n    {query}\n)")
            joins.append(f"\n    LEFT JOIN {grain}_counted USING (customer_no)")
        figures = "".join(f",\n        {expression} AS {name}" for expression, name in self.figures.items())
        conditions = "".join(f",\n        {expression} AS {name}" for expression, name in self.conditions.items())
        stages = [
            *counted,
            f"figured AS (\n    SELECT\n        *{figures}\n    FROM {self.snapshot.customers}{''.join(joins)}\n)",
            f"decided AS (\n    SELECT\n        customer_no, customer_id{conditions}\n    FROM figured\n)",
        ]
        select = ",\n    ".join(["customer_no", "customer_id", *decided])
        text = f"WITH {', '.join(stages)}\nSELECT\n    {select}\nFROM decided"
        return Statement(text, {name: value for (_, value), name in self.names.items()})

    def bind(self, value: Scalar) -> str:
        """A typed parameter; the same value is the same parameter, so that the engine sees equal expressions."""
        name = self.names.setdefault((type(value), value), f"p{len(self.names)}")
        return f"CAST(${name} AS {_TYPES[type(value)]})"

    def node(self, rule: Node) -> str:
        """SQL over decided conditions, TRUE or FALSE and never NULL."""
        if isinstance(rule, All | Any_):
            word = " AND " if isinstance(rule, All) else " OR "
            return "(" + word.join(self.node(part) for part in rule.parts) + ")"
        if isinstance(rule, Not):
            return f"(NOT {self.node(rule.part)})"
        if isinstance(rule, InSegment):
            return self.node(self.book.rule(rule.name))
        if isinstance(rule, Compare):
            condition = self.comparison(rule)
        else:
            condition = self.moved(rule) if isinstance(rule, Moved) else self.random(rule)
        return self.conditions.setdefault(condition, f"condition_{len(self.conditions)}")

    def moved(self, rule: Moved) -> str:
        if self.snapshot.transitions is None:
            raise InputError(NO_TRANSITIONS, name=rule.name[:60])
        start = rule.window.start(self.as_of)
        conditions = [f"segment = {self.bind(rule.name)}", f"way = {self.bind(rule.way)}"]
        if start is not None:
            conditions.append(f"day >= {self.bind(start)}")
        kept = " AND ".join(conditions)
        return self.some("transitions", kept)

    def random(self, rule: RandomShare) -> str:
        low, high = rule.buckets
        digest = f"md5({self.bind(rule.salt + ':')} || customer_id)"
        bucket = self.named(f"CAST('0x' || substr({digest}, 1, 8) AS BIGINT) % {BUCKETS}")
        return f"({bucket} >= {self.bind(low)} AND {bucket} < {self.bind(high)})"

    def comparison(self, leaf: Compare) -> str:
        figure = leaf.figure
        if isinstance(figure, Attribute):
            column = "number" if figure.numeric else "text"
            condition = f"key = {self.bind(fold(figure.key))} AND {self.compared([column], figure.kind, leaf.op, leaf.value, 1)}"
            return self.some("attributes", condition)
        if isinstance(figure, Measure) and figure.grain == "lines" and figure.function == "orders" and (leaf.op, leaf.value) in _EXISTENCE:
            # whether there is any order needs no counting of different ones
            return self.compared([self.named(f"coalesce({self.over(figure, 'count(*)')}, 0)")], "count", leaf.op, leaf.value, 1)
        text = family(figure.kind) != "number"
        expression = f"{figure.name}_key" if text and isinstance(figure, Property) else self.named(self.figure(figure))
        condition = self.compared([expression], figure.kind, leaf.op, leaf.value, factor_of(figure, self.snapshot.unit))
        # two truth values: a comparison with nothing is false, here and not later
        return f"({expression} IS NOT NULL AND {condition})" if figure.nullable and leaf.op != "known" else condition

    def compared(self, columns: list[str], kind: str, op: str, value: Value, factor: int) -> str:
        """A comparison of any of the columns; `!=` needs all of them to differ and one to be known."""
        if op == "known":
            return "(" + " OR ".join(f"{column} IS NOT NULL" for column in columns) + ")"
        is_text = kind in ("text", "choice")

        def bound(item: Scalar) -> str:
            return self.bind(fold(item) if is_text and isinstance(item, str) else money_or_plain(item, factor))

        if isinstance(value, tuple):
            values = [bound(item) for item in value]
            right = f"BETWEEN {values[0]} AND {values[1]}" if op == "between" else f"IN ({', '.join(values)})"
            return "(" + " OR ".join(f"{column} {right}" for column in columns) + ")"
        right = bound(value)  # type: ignore[arg-type]
        if op == "contains":
            return "(" + " OR ".join(f"strpos({column}, {right}) > 0" for column in columns) + ")"
        if op == "!=":
            if len(columns) == 1:
                return f"({columns[0]} <> {right})"
            differ = " AND ".join(f"coalesce({column} <> {right}, TRUE)" for column in columns)
            return f"({differ} AND coalesce({', '.join(columns)}) IS NOT NULL)"
        return "(" + " OR ".join(f"{column} {op} {right}" for column in columns) + ")"

    def figure(self, figure: Property | DateGap | Measure) -> str:
        if isinstance(figure, DateGap):
            return self.gap(figure)
        if isinstance(figure, Measure):
            return self.measure(figure)
        if figure.name == "recency_days":
            return f"date_diff('day', last_order_on, {self.bind(self.as_of)})"
        if figure.name == "age":
            now = self.bind(self.as_of)
            today = self.bind(self.as_of.year * 10_000 + self.as_of.month * 100 + self.as_of.day)
            return (
                f"CASE WHEN birth_on <= {now} THEN ({today} - year(birth_on) * 10000 - month(birth_on) * 100 - day(birth_on)) // 10000 END"
            )
        return figure.name

    def gap(self, gap: DateGap) -> str:
        now, name = self.bind(self.as_of), gap.name
        if gap.way == "days_since":
            return f"date_diff('day', {name}, {now})"

        def returned(year: int) -> str:
            # 29 February of a common year falls on 1 March
            first = f"make_date({self.bind(year)}, month({name}), 1)"
            return f"CAST({first} + CAST(day({name}) - 1 AS INTEGER) AS DATE)"

        this = returned(self.as_of.year)
        if gap.way == "days_to":
            later = returned(self.as_of.year + 1)
            return f"CASE WHEN {this} >= {now} THEN date_diff('day', {now}, {this}) ELSE date_diff('day', {now}, {later}) END"
        earlier = returned(self.as_of.year - 1)
        return f"CASE WHEN {this} <= {now} THEN date_diff('day', {this}, {now}) ELSE date_diff('day', {earlier}, {now}) END"

    def measure(self, measure: Measure) -> str:
        function = measure.function

        def over(what: str, *, refunds: bool = False) -> str:
            return self.over(measure, what, refunds=refunds)

        if function == "orders":
            return f"coalesce({over('count(DISTINCT order_no)' if measure.grain == 'lines' else 'count(*)')}, 0)"
        if function == "revenue":
            return f"coalesce({over('sum(amount)', refunds=True)}, 0)"
        if function == "average_check":
            return f"(CAST({over('sum(amount)', refunds=True)} AS DOUBLE) / CAST(nullif({over('count(*)')}, 0) AS DOUBLE))"
        if function == "order_share":
            kept = over("count(DISTINCT order_no)" if measure.grain == "lines" else "count(*)")
            whole = self.over(Measure("orders", measure.window), "count(*)")
            return f"(CAST(coalesce({kept}, 0) AS DOUBLE) / CAST(nullif({whole}, 0) AS DOUBLE))"
        if function == "events":
            return f"coalesce({over('count(*)')}, 0)"
        if function == "event_average":
            return f"(CAST({over('sum(value)')} AS DOUBLE) / CAST(nullif({over('count(value)')}, 0) AS DOUBLE))"
        if function == "largest_order":
            return over("max(amount)")
        if function.startswith("days_since"):
            ends = "min(day)" if "first" in function else "max(day)"
            return f"date_diff('day', {over(ends)}, {self.bind(self.as_of)})"
        whats = {
            "discount": "sum(discount)",
            "items": "sum(quantity)",
            "categories": "count(DISTINCT category)",
            "products": "count(DISTINCT product)",
            "event_sum": "sum(value)",
        }
        return f"coalesce({over(whats[function])}, 0)"

    def over(self, measure: Measure, what: str, *, refunds: bool = False) -> str:
        """An aggregate over the rows a measure looks at; `refunds` takes in those that reverse no order."""
        conditions = [self.condition(item) for item in measure.where]
        start = measure.window.start(self.as_of)
        if start is not None:
            conditions.insert(0, f"day >= {self.bind(start)}")
        if measure.grain != "events" and not refunds:
            conditions.insert(0, "is_order")
        return self.aggregate(measure.grain, what, " AND ".join(conditions))

    def condition(self, item: Condition) -> str:
        found = FILTERS[item.name]
        return self.compared(list(found.columns), found.kind, item.op, item.value, factor_of(item, self.snapshot.unit))

    def some(self, grain: Grain, condition: str) -> str:
        """Whether any row meets a condition."""
        count = self.aggregate(grain, "count(*)", condition)
        return f"{self.named(f'coalesce({count}, 0)')} > 0"

    def named(self, expression: str) -> str:
        """The column of a figure; a plain column stays what it is."""
        return expression if expression.isidentifier() else self.figures.setdefault(expression, f"figure_{len(self.figures)}")

    def aggregate(self, grain: Grain, what: str, condition: str = "") -> str:
        """The column of an aggregate; the same aggregate is counted once, whichever rules ask."""
        expression = f"{what} FILTER (WHERE {condition})" if condition else what
        # a sum is a wider integer, slower to compare; amounts of one customer fit
        expression = f"CAST({expression} AS BIGINT)" if what.startswith("sum(") else expression
        columns = self.aggregates.setdefault(grain, {})
        self.looked_at.setdefault(grain, {})[condition] = None
        return columns.setdefault(expression, f"{grain}_{len(columns)}")
