"""The tree of a rule as parameterised SQL over the tables of a snapshot.

DuckDB dialect, portable subset: CASE, coalesce, comparisons, bits of whole numbers, count/sum/min/max/bit_or with FILTER, date parts.
Identifiers come from the registry; everything a user typed is a bound parameter.

Each table is read once. It counts what the rules ask (`counting`), says which gates fail (`gates`, `steps`), and only those bits are
joined.
"""

from __future__ import annotations

import re
from calendar import isleap
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.counting import Counting, Filter
from kogorta.segments.rules.dating import aged, passed
from kogorta.segments.rules.fields import FILTERS, HOUR, family, fold
from kogorta.segments.rules.gates import Gates
from kogorta.segments.rules.leaves import (
    BUCKETS,
    Attribute,
    Compare,
    Condition,
    DateGap,
    Measure,
    Moved,
    Property,
    RandomShare,
    Scalar,
    Value,
)
from kogorta.segments.rules.steps import Comparison, case_of, whole
from kogorta.segments.rules.units import factor_of, holds, money_or_plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.gates import Gate, Output
    from kogorta.segments.rules.snapshot import Snapshot
    from kogorta.segments.rules.steps import Said
    from kogorta.segments.rules.tree import LeafNode, Node

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
        outputs: of each rule, where its answer stands in the packed columns.
    """

    text: str
    parameters: Mapping[str, Scalar]
    outputs: tuple[Output, ...]

    def unpacked(self, columns: Mapping[str, NDArray[np.int64]]) -> list[NDArray[np.bool_]]:
        """Truths of the rules from the columns of a packed answer.

        Args:
            columns: failed_0, failed_1, ..., shape (n,) each.

        Returns:
            One array of shape (n,) for each rule; equal rules share theirs.
        """
        # a byte of every number at a time: an eighth of the memory to walk over
        bytes_of = [
            np.ascontiguousarray(np.asarray(columns[f"failed_{word}"], dtype="<i8").view(np.uint8).reshape(-1, 8).T)
            for word in range(1 + max((place.word for place in self.outputs), default=-1))
        ]
        found: dict[Output, NDArray[np.bool_]] = {}
        for place in self.outputs:
            if place not in found:
                bits = bytes_of[place.word][place.bit // 8] & np.uint8(1 << place.bit % 8)
                found[place] = bits != 0 if place.failed else bits == 0
        return [found[place] for place in self.outputs]


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
        packed: answers as bits of whole numbers, as `Statement.unpacked` reads them: of many rules, a column for each costs more to hand
            over than the rules to decide.

    Returns:
        A query with columns customer_no, rule_0, rule_1, ... (BOOLEAN, never NULL). Packed: customer_no, failed_0, ... (BIGINT).

    Raises:
        InputError: a segment or the recorded moves a rule needs are not there.
    """
    for rule in rules:
        book.check(rule)
    day = as_of or snapshot.as_of
    return _Emitter(snapshot, day, snapshot.end_of(day) if now is None else now).statement(rules, book, packed=packed)


_DIFFERENT: Final[Mapping[str, str]] = {"categories": "count(DISTINCT category)", "products": "count(DISTINCT product)"}
_SUMS: Final[Mapping[str, str]] = {
    "revenue": "sum(amount)",
    "discount": "sum(discount)",
    "items": "sum(quantity)",
    "event_sum": "sum(value)",
}
_ANY: Final = ((">=", 1), (">", 0), ("!=", 0))
_NONE: Final = (("=", 0), ("<", 1), ("<=", 0))

Source = Literal["customers", "orders", "lines", "events", "attributes", "transitions"]
"""The table a condition is decided over."""
_SOURCES: Final[tuple[Source, ...]] = get_args(Source)


@dataclass(frozen=True)
class _Literal:
    """A condition of rules.

    Args:
        source: where it is decided.
        asked: what is compared.
        absent: whether it holds for a customer without rows there.
    """

    source: Source
    asked: Comparison
    absent: bool = False


class _Emitter:
    def __init__(self, snapshot: Snapshot, as_of: date, now: int) -> None:
        self.snapshot, self.as_of, self.now = snapshot, as_of, now
        self.names: dict[tuple[type, Scalar], str] = {}
        self.counted: dict[Grain, Counting] = {}
        self.figures: dict[Source, dict[str, str]] = {}
        self.beside: set[tuple[Source, Grain]] = set()
        self.numbers: dict[_Literal, int] = {}
        self.literals: list[_Literal] = []

    def statement(self, rules: Sequence[Node], book: SegmentBook, *, packed: bool) -> Statement:
        """Tables counted and decided one by one, then gates of gates, level by level."""
        gates = Gates(rules, book, self.number, self.rank)
        stages = [stage for grain, counting in self.counted.items() for stage in counting.stages(self.snapshot.tables[grain])]
        stages += self.decided(gates)
        last = "decided"
        for level, risen in gates.by_level().items():
            stages.append(f"level_{level} AS (\n    {self.risen(gates, risen, last)}\n)")
            last = f"level_{level}"
        if packed:
            answers = [f"failed_{word}" for word in range(gates.words)]
        else:
            answers = [
                f"(failed_{place.word} & {whole(1 << place.bit)}) {'<>' if place.failed else '='} 0 AS rule_{rule}"
                for rule, place in enumerate(gates.outputs)
            ]
        select = ",\n    ".join(["customer_no", *answers])
        text = f"WITH {', '.join(stages)}\nSELECT\n    {select}\nFROM {last}"
        asked = set(re.findall(r"\$(p\d+)", text))  # a comparison that decides nothing was left out
        return Statement(text, {name: value for (_, value), name in self.names.items() if name in asked}, gates.outputs)

    def decided(self, gates: Gates) -> list[str]:
        """Of each table a stage of figures and one of the gates that fail there, then all of them joined."""
        told = gates.told(len(self.literals))
        stages: list[str] = []
        failing: list[list[str]] = [[] for _ in range(gates.words)]
        joins = ""
        for source in _SOURCES:
            if source != "customers" and all(literal.source != source for literal in self.literals):
                continue
            rows = self.snapshot.customers if source == "customers" else f"{source}_counted"
            rows += "".join(f"\n    LEFT JOIN {grain}_counted USING (customer_no)" for of, grain in sorted(self.beside) if of == source)
            figures = "".join(f",\n        {expression} AS {name}" for expression, name in self.figures.get(source, {}).items())
            stages.append(f"{source}_figured AS (\n    SELECT\n        *{figures}\n    FROM {rows}\n)")
            columns = ["customer_no"]
            for word, failed in enumerate(failing):
                cases, absent = self.word(source, [(when_true[word], when_false[word]) for when_true, when_false in told])
                if not cases:
                    continue
                name = f"{source}_failed_{word}"
                columns.append(f"{cases} AS {name}")
                failed.append(name if source == "customers" else f"coalesce({name}, {whole(absent)})")
            listed = ",\n        ".join(columns)
            stages.append(f"{source}_decided AS (\n    SELECT\n        {listed}\n    FROM {source}_figured\n)")
            joins += "" if source == "customers" else f"\n    LEFT JOIN {source}_decided USING (customer_no)"
        words = ", ".join(["customer_no", *(f"{' | '.join(failed) or whole(0)} AS failed_{word}" for word, failed in enumerate(failing))])
        return [*stages, f"decided AS (\n    SELECT {words}\n    FROM customers_decided{joins}\n)"]

    def word(self, source: Source, said: Sequence[tuple[int, int]]) -> tuple[str, int]:
        """One number of gates as the conditions of a table fail them; and for a customer who has no rows there."""
        together: dict[object, list[Said]] = {}
        absent = 0
        for literal, (when_true, when_false) in zip(self.literals, said, strict=True):
            if literal.source == source and (when_true or when_false):
                together.setdefault(literal.asked.together, []).append((literal.asked, when_true, when_false))
                absent |= when_true if literal.absent else when_false
        return " | ".join(case_of(some, self.bind) for some in together.values()), absent

    def risen(self, gates: Gates, risen: Sequence[Gate], last: str) -> str:
        """The gates of a level: a gate among their parts that has not failed fails them."""
        failing: list[dict[tuple[int, int], int]] = [{} for _ in range(gates.words)]
        for gate in risen:
            word, bit = gates.places[gate]
            for part in gate.gates:
                place = gates.places[part]
                failing[word][place] = failing[word].get(place, 0) | 1 << bit
        columns = ["customer_no"]
        for word, parts in enumerate(failing):
            cases = [
                f"CASE WHEN (failed_{of} & {whole(1 << bit)}) = 0 THEN {whole(fails)} ELSE {whole(0)} END"
                for (of, bit), fails in sorted(parts.items())
            ]
            columns.append(" | ".join([f"failed_{word}", *cases]) + f" AS failed_{word}")
        return f"SELECT {', '.join(columns)}\n    FROM {last}"

    def bind(self, value: Scalar) -> str:
        """A typed parameter; the same value is the same parameter, so that the engine sees equal expressions."""
        name = self.names.setdefault((type(value), value), f"p{len(self.names)}")
        return f"CAST(${name} AS {_TYPES[type(value)]})"

    def number(self, rule: LeafNode) -> int:
        """The number of a condition; the same condition is decided once, whichever rules ask."""
        literal = self.literal(rule)
        if literal not in self.numbers:
            self.numbers[literal] = len(self.literals)
            self.literals.append(literal)
        return self.numbers[literal]

    def rank(self, place: int) -> tuple[int, str]:
        """Where a condition is decided and what it is about: gates that ask alike are decided in one number."""
        literal = self.literals[place]
        return _SOURCES.index(literal.source), literal.asked.subject

    def literal(self, rule: LeafNode) -> _Literal:
        if isinstance(rule, Moved):
            return _Literal("transitions", Comparison(self.moved(rule)))
        if isinstance(rule, RandomShare):
            return _Literal("customers", self.random(rule))
        assert isinstance(rule, Compare)  # noqa: S101  (references were followed by the gates)
        figure = rule.figure
        if isinstance(figure, Attribute):
            column, key = "number" if figure.numeric else "text", Comparison("key", "choices", "=", (fold(figure.key),))
            met = self.compared((column,), figure.kind, rule.op, rule.value, 1)
            return _Literal("attributes", Comparison(self.counting("attributes").exists(Filter(conditions=((key,), met)))))
        factor = factor_of(figure, self.snapshot.unit)
        if isinstance(figure, Measure):
            absent = not figure.nullable and (rule.op == "known" or holds(0, rule.op, rule.value, factor))
            # a share of orders is decided where all the orders are, whichever rows it picks
            source: Source = "orders" if figure.function == "order_share" else figure.grain
            return _Literal(source, self.measured(figure, rule, factor, source), absent)
        dated = self.dated(figure, rule.op, rule.value)
        if dated is not None:
            return _Literal("customers", dated)
        text = family(figure.kind) != "number"
        expression = f"{figure.name}_key" if text and isinstance(figure, Property) else self.named("customers", self.figure(figure))
        (asked,) = self.compared((expression,), figure.kind, rule.op, rule.value, factor)
        return _Literal("customers", asked)

    def moved(self, rule: Moved) -> str:
        if self.snapshot.transitions is None:
            raise InputError(NO_TRANSITIONS, name=rule.name[:60])
        asked = ((Comparison("segment", "choices", "=", (rule.name,)),), (Comparison("way", "choices", "=", (rule.way,)),))
        return self.counting("transitions").exists(Filter(rule.window.start(self.as_of), conditions=asked))

    def random(self, rule: RandomShare) -> Comparison:
        low, high = rule.buckets
        digest = f"md5({self.bind(rule.salt + ':')} || customer_id)"
        bucket = self.named("customers", f"CAST('0x' || substr({digest}, 1, 8) AS BIGINT) % {BUCKETS}")
        return Comparison(bucket, "steps", "between", (low, high - 1))

    def measured(self, figure: Measure, leaf: Compare, factor: int, source: Source) -> Comparison:
        asked = (leaf.op, leaf.value)
        if figure.function in ("orders", "events") and (figure.where or figure.grain == "lines") and asked in (*_ANY, *_NONE):
            # whether there is any needs no counting
            found = self.counting(figure.grain).exists(self.rows(figure))
            return Comparison(found if asked in _ANY else f"NOT ({found})")
        if figure.function.startswith("days_since"):
            last = passed(self.day(figure), leaf.op, _listed(leaf.value), self.as_of)
            if last is not None:
                return last
        (compared,) = self.compared((self.named(source, self.measure(figure)),), figure.kind, leaf.op, leaf.value, factor)
        return compared

    def dated(self, figure: Property | DateGap, op: str, value: Value) -> Comparison | None:
        """A comparison of days or years since a date, as one of the date where it can be."""
        if isinstance(figure, DateGap):
            return passed(figure.name, op, _listed(value), self.as_of) if figure.way == "days_since" else None
        if figure.name == "recency_days":
            return passed("last_order_on", op, _listed(value), self.as_of)
        return aged("birth_on", op, _listed(value), self.as_of) if figure.name == "age" else None

    def compared(self, columns: tuple[str, ...], kind: str, op: str, value: Value, factor: int) -> tuple[Comparison, ...]:
        """A comparison of any of the columns: one of each, any of which must hold, or one of all of them.

        `!=` needs all of them to differ and one to be known.
        """
        if op == "known":
            return (Comparison(" OR ".join(f"{column} IS NOT NULL" for column in columns)),)
        is_text = kind in ("text", "choice")
        values = tuple(fold(item) if is_text and isinstance(item, str) else money_or_plain(item, factor) for item in _listed(value))
        if op == "contains":
            return (Comparison(" OR ".join(f"strpos({column}, {self.bind(values[0])}) > 0" for column in columns)),)
        if op == "!=" and len(columns) > 1:
            differ = " AND ".join(f"coalesce({column} <> {self.bind(values[0])}, TRUE)" for column in columns)
            return (Comparison(f"{differ} AND coalesce({', '.join(columns)}) IS NOT NULL"),)
        if not is_text and len({type(item) for item in values}) > 1:
            return (Comparison(self.spelled(columns[0], op, values)),)
        return tuple(Comparison(column, "choices" if is_text else "steps", op, values) for column in columns)

    def spelled(self, column: str, op: str, values: tuple[Scalar, ...]) -> str:
        """A comparison with values of different types, left to the engine."""
        bound = [self.bind(item) for item in values]
        return f"{column} BETWEEN {bound[0]} AND {bound[1]}" if op == "between" else f"{column} IN ({', '.join(bound)})"

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
        function, rows = measure.function, self.rows(measure)

        def over(what: str, rows: Filter = rows) -> str:
            return self.counting(measure.grain).aggregate(what, rows)

        if function == "orders":
            return over("count(DISTINCT order_no)" if measure.grain == "lines" else "count(*)")
        if function == "order_share":
            if measure.grain == "lines":
                self.beside.add(("orders", "lines"))
            kept = over("count(DISTINCT order_no)" if measure.grain == "lines" else "count(*)")
            whole = self.counting("orders").aggregate("count(*)", self.rows(Measure("orders", measure.window)))
            return f"(CAST(coalesce({kept}, 0) AS DOUBLE) / CAST(nullif({whole}, 0) AS DOUBLE))"
        if function == "events":
            return over("count(*)")
        if function == "average_check":
            total = over("sum(amount)", replace(rows, orders_only=False))
            return f"(CAST({total} AS DOUBLE) / CAST(nullif({over('count(*)')}, 0) AS DOUBLE))"
        if function == "event_average":
            return f"(CAST({over('sum(value)')} AS DOUBLE) / CAST(nullif({over('count(value)')}, 0) AS DOUBLE))"
        if function == "largest_order":
            return over("max(amount)")
        if function.startswith("days_since"):
            return _days(self.day(measure), self.bind(self.as_of))
        if function == "hours_unanswered":
            return self.unanswered(rows)
        if function in _DIFFERENT:
            return over(_DIFFERENT[function])
        # refunds that reverse no order lessen the revenue
        return f"coalesce({over(_SUMS[function], replace(rows, orders_only=rows.orders_only and function != 'revenue'))}, 0)"

    def day(self, measure: Measure) -> str:
        """The first or the last day of the rows."""
        what = "min(day)" if "first" in measure.function else "max(day)"
        return self.counting(measure.grain).aggregate(what, self.rows(measure))

    def unanswered(self, rows: Filter) -> str:
        """Whole hours since the last of the events, where no order has followed it."""
        self.beside.add(("events", "orders"))
        passed = f"moment <= {self.bind(self.now)}"
        last = self.counting("events").aggregate("max(moment)", rows, passed)
        order = self.counting("orders").aggregate("max(moment)", Filter(orders_only=True), passed)
        hours = f"({self.bind(self.now)} - {last}) // {self.bind(HOUR)}"
        return f"(CASE WHEN {order} IS NULL OR {order} < {last} THEN {hours} END)"

    def rows(self, measure: Measure) -> Filter:
        """The rows a measure looks at."""
        conditions = tuple(self.condition(item) for item in measure.where)
        return Filter(measure.window.start(self.as_of), measure.grain != "events", conditions)

    def condition(self, item: Condition) -> tuple[Comparison, ...]:
        found = FILTERS[item.name]
        return self.compared(found.columns, found.kind, item.op, item.value, factor_of(item, self.snapshot.unit))

    def counting(self, grain: Grain) -> Counting:
        """The aggregates of a table."""
        if grain not in self.counted:
            self.counted[grain] = Counting(grain, self.bind, None if grain == "attributes" else self.as_of)
        return self.counted[grain]

    def named(self, source: Source, expression: str) -> str:
        """The column of a figure; a plain column stays what it is."""
        if expression.isidentifier():
            return expression
        figures = self.figures.setdefault(source, {})
        return figures.setdefault(expression, f"{source}_figure_{len(figures)}")


def _listed(value: Value) -> tuple[Scalar, ...]:
    """The values of a condition, none where it has none."""
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _days(start: str, end: str) -> str:
    """Days from one date to another; the difference of two dates is no number on every engine."""
    return f"date_diff('day', {start}, {end})"
