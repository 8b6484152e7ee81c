"""The tree of a rule as parameterised SQL over the tables of a snapshot.

DuckDB dialect, portable subset: CASE, coalesce, comparisons, count/sum/min/max with FILTER, date parts. Identifiers come from the registry;
everything a user typed is a bound parameter.
"""

from __future__ import annotations

import operator
from calendar import isleap
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.fields import FILTERS, HOUR, THOUSANDTHS, family, fold
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
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.snapshot import Snapshot
    from kogorta.segments.rules.tree import LeafNode

COMPARE: Final[Mapping[str, Callable[..., object]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
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


def emit_sql(
    rules: Sequence[Node],
    snapshot: Snapshot,
    *,
    as_of: date | None = None,
    book: SegmentBook = EMPTY_BOOK,
    now: int | None = None,
    packed: bool = False,
) -> Statement:
    """One query that decides several rules for every customer.

    Args:
        rules: trees.
        snapshot: the tables read.
        as_of: day of evaluation, the snapshot's own by default; a later one sees the same history with more time passed, and fields made
            by the segmentations as they were.
        book: saved segments the rules refer to.
        now: the moment hours are counted to, microseconds since 1970 in UTC; the end of the day when not given.
        packed: answers as bits of whole numbers: of many rules, a column for each costs more to hand over than the rules to decide.

    Returns:
        A query with columns customer_no, rule_0, rule_1, ... (BOOLEAN, never NULL). Packed: customer_no, rules_0, ... (BIGINT), where bit
        k of rules_i is rule 62 i + k; `unpacked` reads them.

    Raises:
        InputError: a segment or the recorded moves a rule needs are not there.
    """
    for rule in rules:
        book.check(rule)
    day = as_of or snapshot.as_of
    emitter = _Emitter(snapshot, day, book, snapshot.end_of(day) if now is None else now)
    decided = [emitter.node(rule) for rule in rules]
    if packed:
        starts = range(0, len(decided), MASK)
        return emitter.statement([f"{_bits(decided[start : start + MASK])} AS rules_{place}" for place, start in enumerate(starts)])
    return emitter.statement([f"{condition} AS rule_{place}" for place, condition in enumerate(decided)])


def unpacked(masks: Sequence[NDArray[np.int64]], rules: int) -> list[NDArray[np.bool_]]:
    """Truths of rules from their packed answers.

    Args:
        masks: columns rules_0, rules_1, ..., shape (n,) each.
        rules: how many rules there were.

    Returns:
        One array of shape (n,) for each rule.

    Example:
        >>> import numpy as np
        >>> [truth.tolist() for truth in unpacked([np.array([1, 2, 3])], 2)]
        [[True, False, True], [False, True, True]]
    """
    return [masks[place // MASK] & (1 << place % MASK) != 0 for place in range(rules)]


def _bits(conditions: Sequence[str]) -> str:
    """Conditions as the bits of one number. A missing value makes a condition NULL, and CASE takes NULL for false."""
    return " | ".join(
        f"CASE WHEN {condition} THEN CAST({1 << place} AS BIGINT) ELSE CAST(0 AS BIGINT) END" for place, condition in enumerate(conditions)
    )


def holds(number: int, op: str, value: Value, factor: int) -> bool:
    """Whether a number of the column's units compares so with the values of a rule.

    Example:
        >>> holds(0, "<", 3, 1), holds(0, "in", (1, 2), 1)
        (True, False)
    """
    given = [money_or_plain(item, factor) for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, int | float)]
    if op == "between":
        return given[0] <= number <= given[1]  # type: ignore[operator]
    return number in given if op == "in" else bool(COMPARE[op](number, given[0]))


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


_DIFFERENT: Final[Mapping[str, str]] = {"categories": "count(DISTINCT category)", "products": "count(DISTINCT product)"}
_SUMS: Final[Mapping[str, str]] = {
    "revenue": "sum(amount)",
    "discount": "sum(discount)",
    "items": "sum(quantity)",
    "event_sum": "sum(value)",
}
_EXISTENCE: Final = ((">=", 1), (">", 0), ("=", 0), ("<", 1), ("<=", 0), ("!=", 0))


MASK: Final = 62
"""Conditions in one mask: bits of a BIGINT that leave its sign alone."""

Source = Literal["customers", "orders", "lines", "events", "attributes", "transitions"]
"""The table a condition is decided over."""


@dataclass
class _Decisions:
    """What is computed over one table: figures of a customer, then conditions, packed into masks.

    Args:
        figures: expression -> column.
        conditions: expression -> its number.
        absent: whether each condition holds for a customer without rows.
    """

    figures: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, int] = field(default_factory=dict)
    absent: list[bool] = field(default_factory=list)


Literals = dict[tuple[Source, int], dict[int, bool]]
"""Mask -> bit -> whether it shall be set."""


class _Emitter:
    def __init__(self, snapshot: Snapshot, as_of: date, book: SegmentBook, now: int) -> None:
        self.snapshot, self.as_of, self.book, self.now = snapshot, as_of, book, now
        self.names: dict[tuple[type, Scalar], str] = {}
        self.aggregates: dict[Grain, dict[str, str]] = {}
        self.marks: dict[Grain, dict[str, int]] = {}
        self.unmarked: set[Grain] = set()
        self.firsts: dict[Grain, list[date | None]] = {}
        self.lines_beside_orders = self.orders_beside_events = False
        self.decisions: dict[Source, _Decisions] = {"customers": _Decisions()}

    def statement(self, decided: list[str]) -> Statement:
        """Each table is read once and decides its own conditions; what is joined are masks, not figures."""
        stages = [f"{grain}_counted AS (\n    {self.counted(grain)}\n)" for grain in self.aggregates]
        masks, joins = [], []
        for source, found in self.decisions.items():
            rows = self.snapshot.customers
            if source != "customers":
                rows = f"{source}_counted"
                if source == "orders" and self.lines_beside_orders:
                    rows += "\n    LEFT JOIN lines_counted USING (customer_no)"
                if source == "events" and self.orders_beside_events:
                    rows += "\n    LEFT JOIN orders_counted USING (customer_no)"
                joins.append(f"\n    LEFT JOIN {source}_decided USING (customer_no)")
            figures = "".join(f",\n        {expression} AS {name}" for expression, name in found.figures.items())
            stages.append(f"{source}_figured AS (\n    SELECT\n        *{figures}\n    FROM {rows}\n)")
            packed = ["customer_no"]
            for number, first in enumerate(range(0, len(found.conditions), MASK)):
                bits = _bits(list(found.conditions)[first : first + MASK])
                name = f"{source}_mask_{number}"
                packed.append(f"{bits} AS {name}")
                absent = sum(1 << place for place, held in enumerate(found.absent[first : first + MASK]) if held)
                masks.append(name if source == "customers" else f"coalesce({name}, CAST({absent} AS BIGINT)) AS {name}")
            listed = ",\n        ".join(packed)
            stages.append(f"{source}_decided AS (\n    SELECT\n        {listed}\n    FROM {source}_figured\n)")
        listed = ", ".join(["customer_no", *masks])
        stages.append(f"decided AS (\n    SELECT {listed}\n    FROM customers_decided{''.join(joins)}\n)")
        select = ",\n    ".join(["customer_no", *decided])
        text = f"WITH {', '.join(stages)}\nSELECT\n    {select}\nFROM decided"
        return Statement(text, {name: value for (_, value), name in self.names.items()})

    def counted(self, grain: Grain) -> str:
        """Aggregates of the rows of each customer. What filters ask of texts is read once a row, as bits the aggregates then look at."""
        body = ",\n        ".join(["customer_no", *(f"{expression} AS {name}" for expression, name in self.aggregates[grain].items())])
        limits = [] if grain == "attributes" else [f"day <= {self.bind(self.as_of)}"]
        firsts = self.firsts.get(grain, [None])
        earliest = None if None in firsts else min(first for first in firsts if first is not None)
        if earliest is not None:
            limits.append(f"day >= {self.bind(earliest)}")
        limit = f" WHERE {' AND '.join(limits)}" if limits else ""
        rows, tests = self.snapshot.tables[grain] + limit, list(self.marks.get(grain, ()))
        if tests:
            starts = range(0, len(tests), MASK)
            bits = ", ".join(f"{_bits(tests[start : start + MASK])} AS marks_{place}" for place, start in enumerate(starts))
            marked = " OR ".join(f"marks_{place} <> 0" for place in range(len(starts)))
            rows = f"(SELECT *, {bits} FROM {rows}) AS marked" + ("" if grain in self.unmarked else f" WHERE {marked}")
        return f"SELECT\n        {body}\n    FROM {rows}\n    GROUP BY customer_no"

    def bind(self, value: Scalar) -> str:
        """A typed parameter; the same value is the same parameter, so that the engine sees equal expressions."""
        name = self.names.setdefault((type(value), value), f"p{len(self.names)}")
        return f"CAST(${name} AS {_TYPES[type(value)]})"

    def node(self, rule: Node) -> str:
        """SQL over masks, TRUE or FALSE and never NULL."""
        negated = False
        while isinstance(rule, Not | InSegment):
            negated, rule = (not negated, rule.part) if isinstance(rule, Not) else (negated, self.book.rule(rule.name))
        if isinstance(rule, All | Any_):
            return f"(NOT {self.group(rule)})" if negated else self.group(rule)
        place, bit = self.leaf(rule)
        return f"({self.differing(place, {bit: not negated})} = 0)"

    def group(self, rule: All | Any_) -> str:
        """One number that is 0 only when every bit is as it shall be: engines reckon with numbers faster than with truths."""
        together = isinstance(rule, All)
        literals: Literals = {}
        others: list[str] = []
        waiting = list(rule.parts)
        while waiting:
            part, negated = waiting.pop(0), False
            while isinstance(part, Not | InSegment):
                negated, part = (not negated, part.part) if isinstance(part, Not) else (negated, self.book.rule(part.name))
            if isinstance(part, All | Any_):
                if isinstance(part, All) == together and not negated:
                    waiting[:0] = part.parts
                else:
                    others.append(f"(NOT {self.group(part)})" if negated else self.group(part))
                continue
            place, bit = self.leaf(part)
            wanted = literals.setdefault(place, {}).setdefault(bit, not negated)
            if wanted is negated:
                return "FALSE" if together else "TRUE"  # a condition and its opposite
        # "any as wished" is "not all the other way round"
        numbers = [self.differing(place, {bit: wanted is together for bit, wanted in bits.items()}) for place, bits in literals.items()]
        held, failed = ("0", "1") if together else ("1", "0")
        numbers += [f"CASE WHEN {other} THEN CAST({held} AS BIGINT) ELSE CAST({failed} AS BIGINT) END" for other in others]
        return f"(({' | '.join(numbers)}) {'=' if together else '<>'} 0)"

    def differing(self, place: tuple[Source, int], bits: Mapping[int, bool]) -> str:
        """A number that is 0 when all the bits are as they shall be."""
        source, number = place
        among, wished = sum(1 << bit for bit in bits), sum(1 << bit for bit, wanted in bits.items() if wanted)
        kept = f"({source}_mask_{number} & CAST({among} AS BIGINT))"
        return f"({kept} - CAST({wished} AS BIGINT))" if wished else kept

    def leaf(self, rule: LeafNode) -> tuple[tuple[Source, int], int]:
        """The mask and the bit of a condition; the same condition is decided once, whichever rules ask."""
        source, condition, absent = self.decided(rule)
        found = self.decisions.setdefault(source, _Decisions())
        if condition not in found.conditions:
            found.conditions[condition] = len(found.conditions)
            found.absent.append(absent)
        number = found.conditions[condition]
        return (source, number // MASK), number % MASK

    def decided(self, rule: LeafNode) -> tuple[Source, str, bool]:
        """The table of a condition, its SQL, and whether it holds for a customer who has no rows there."""
        if isinstance(rule, Moved):
            return "transitions", self.moved(rule), False
        if isinstance(rule, RandomShare):
            return "customers", self.random(rule), False
        assert isinstance(rule, Compare)  # noqa: S101  (references were followed by `node`)
        figure = rule.figure
        if isinstance(figure, Attribute):
            column = "number" if figure.numeric else "text"
            condition = f"key = {self.bind(fold(figure.key))} AND {self.compared([column], figure.kind, rule.op, rule.value, 1)}"
            return "attributes", self.some("attributes", condition), False
        factor = factor_of(figure, self.snapshot.unit)
        if isinstance(figure, Measure):
            absent = not figure.nullable and (rule.op == "known" or holds(0, rule.op, rule.value, factor))
            # a share of orders is decided where all the orders are, whichever rows it picks
            source: Source = "orders" if figure.function == "order_share" else figure.grain
            return source, self.measured(figure, rule, factor, source), absent
        text = family(figure.kind) != "number"
        expression = f"{figure.name}_key" if text and isinstance(figure, Property) else self.named("customers", self.figure(figure))
        return "customers", self.compared([expression], figure.kind, rule.op, rule.value, factor), False

    def moved(self, rule: Moved) -> str:
        if self.snapshot.transitions is None:
            raise InputError(NO_TRANSITIONS, name=rule.name[:60])
        start = rule.window.start(self.as_of)
        conditions = [f"segment = {self.bind(rule.name)}", f"way = {self.bind(rule.way)}"]
        if start is not None:
            conditions.append(f"day >= {self.bind(start)}")
        return self.some("transitions", " AND ".join(conditions))

    def random(self, rule: RandomShare) -> str:
        low, high = rule.buckets
        digest = f"md5({self.bind(rule.salt + ':')} || customer_id)"
        bucket = self.named("customers", f"CAST('0x' || substr({digest}, 1, 8) AS BIGINT) % {BUCKETS}")
        return f"({bucket} >= {self.bind(low)} AND {bucket} < {self.bind(high)})"

    def measured(self, figure: Measure, leaf: Compare, factor: int, source: Source) -> str:
        if figure.grain == "lines" and figure.function == "orders" and (leaf.op, leaf.value) in _EXISTENCE:
            # whether there is any order needs no counting of different ones
            return self.compared([self.over(figure, "count(*)")], "count", leaf.op, leaf.value, 1)
        return self.compared([self.named(source, self.measure(figure))], figure.kind, leaf.op, leaf.value, factor)

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
            return _days("last_order_on", self.bind(self.as_of))
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
            return _days(name, now)
        # 29 February of a common year falls on 1 March, which is then as good as 29 February
        year, today = self.as_of.year, self.as_of.month * 100 + self.as_of.day
        if gap.way == "days_to":
            passed = 229 if today == 301 and not isleap(year) else today
            chosen = f"CASE WHEN month({name}) * 100 + day({name}) >= {passed} THEN {year} ELSE {year + 1} END"
        else:
            chosen = f"CASE WHEN month({name}) * 100 + day({name}) <= {today} THEN {year} ELSE {year - 1} END"
        returned = f"(make_date({chosen}, month({name}), 1) + (CAST(day({name}) AS INTEGER) - 1))"
        return _days(now, returned) if gap.way == "days_to" else _days(returned, now)

    def measure(self, measure: Measure) -> str:
        function = measure.function

        def over(what: str, *, refunds: bool = False) -> str:
            return self.over(measure, what, refunds=refunds)

        if function == "orders":
            return over("count(DISTINCT order_no)" if measure.grain == "lines" else "count(*)")
        if function == "order_share":
            self.lines_beside_orders |= measure.grain == "lines"
            kept = over("count(DISTINCT order_no)" if measure.grain == "lines" else "count(*)")
            whole = self.over(Measure("orders", measure.window), "count(*)")
            return f"(CAST(coalesce({kept}, 0) AS DOUBLE) / CAST(nullif({whole}, 0) AS DOUBLE))"
        if function == "events":
            return over("count(*)")
        if function == "average_check":
            return f"(CAST({over('sum(amount)', refunds=True)} AS DOUBLE) / CAST(nullif({over('count(*)')}, 0) AS DOUBLE))"
        if function == "event_average":
            return f"(CAST({over('sum(value)')} AS DOUBLE) / CAST(nullif({over('count(value)')}, 0) AS DOUBLE))"
        if function == "largest_order":
            return over("max(amount)")
        if function.startswith("days_since"):
            return _days(over("min(day)" if "first" in function else "max(day)"), self.bind(self.as_of))
        if function == "hours_unanswered":
            return self.unanswered(measure)
        if function in _DIFFERENT:
            return over(_DIFFERENT[function])
        return f"coalesce({over(_SUMS[function], refunds=function == 'revenue')}, 0)"

    def unanswered(self, measure: Measure) -> str:
        """Whole hours since the last of the events, where no order has followed it."""
        self.orders_beside_events = True
        passed = f"moment <= {self.bind(self.now)}"
        conditions = [passed, *self.marked(measure)]
        last = self.aggregate("events", "max(moment)", " AND ".join(conditions), marked=bool(measure.where))
        order = self.aggregate("orders", "max(moment)", f"is_order AND {passed}")
        hours = f"({self.bind(self.now)} - {last}) // {self.bind(HOUR)}"
        return f"(CASE WHEN {order} IS NULL OR {order} < {last} THEN {hours} END)"

    def over(self, measure: Measure, what: str, *, refunds: bool = False) -> str:
        """An aggregate over the rows a measure looks at; `refunds` takes in those that reverse no order."""
        conditions = self.marked(measure)
        start = measure.window.start(self.as_of)
        if start is not None:
            conditions.insert(0, f"day >= {self.bind(start)}")
        if measure.grain != "events" and not refunds:
            conditions.insert(0, "is_order")
        return self.aggregate(measure.grain, what, " AND ".join(conditions), start=start, marked=bool(measure.where))

    def marked(self, measure: Measure) -> list[str]:
        """Filters of a measure, each a bit of its row; the same filter is the same bit."""
        marks = self.marks.setdefault(measure.grain, {}) if measure.where else {}
        places = [marks.setdefault(self.condition(item), len(marks)) for item in measure.where]
        return [f"(marks_{place // MASK} & CAST({1 << place % MASK} AS BIGINT)) <> 0" for place in places]

    def condition(self, item: Condition) -> str:
        found = FILTERS[item.name]
        return self.compared(list(found.columns), found.kind, item.op, item.value, factor_of(item, self.snapshot.unit))

    def some(self, grain: Grain, condition: str) -> str:
        """Whether any row meets a condition."""
        return f"{self.aggregate(grain, 'count(*)', condition)} > 0"

    def named(self, source: Source, expression: str) -> str:
        """The column of a figure; a plain column stays what it is."""
        if expression.isidentifier():
            return expression
        figures = self.decisions.setdefault(source, _Decisions()).figures
        return figures.setdefault(expression, f"{source}_figure_{len(figures)}")

    def aggregate(self, grain: Grain, what: str, condition: str, *, start: date | None = None, marked: bool = False) -> str:
        """The column of an aggregate; the same aggregate is counted once, whichever rules ask.

        Args:
            grain: the rows.
            what: the aggregate.
            condition: of the rows it looks at; empty for all of them.
            start: the first day it looks at, if there is one.
            marked: whether it looks only at rows with a bit of a filter.
        """
        expression = f"{what} FILTER (WHERE {condition})" if condition else what
        # a sum is a wider integer, slower to compare; amounts of one customer fit
        expression = f"CAST({expression} AS BIGINT)" if what.startswith("sum(") else expression
        columns = self.aggregates.setdefault(grain, {})
        self.firsts.setdefault(grain, []).append(start)
        if not marked:
            self.unmarked.add(grain)
        return columns.setdefault(expression, f"{grain}_{len(columns)}")


def _days(start: str, end: str) -> str:
    """Days from one date to another; the difference of two dates is no number on every engine."""
    return f"date_diff('day', {start}, {end})"
