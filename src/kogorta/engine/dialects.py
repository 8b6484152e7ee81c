"""One definition, other engines: a query of the DuckDB dialect said in the words of Spark, PostgreSQL and ClickHouse.

The translator is sqlglot; where it is silent about a difference of meaning the form is written here, once for each engine. The suite
`tests/conformance` holds every form to equal rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from kogorta.engine.allow_list import check, parse
from kogorta.engine.spellings import writer
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp

Dialect = Literal["duckdb", "spark", "postgres", "clickhouse"]
DIALECTS: Final[tuple[Dialect, ...]] = ("duckdb", "spark", "postgres", "clickhouse")

_CALENDAR: Final = {"MONTH": ("month", 12), "QUARTER": ("quarter", 4), "YEAR": ("", 1)}
_WIDE: Final[Mapping[str, str]] = {"spark": "DECIMAL(38, 0)", "postgres": "DECIMAL", "clickhouse": "INT256"}
"""The type of exact sums beyond 64 bits."""


def translate(query: str, dialect: Dialect, where: str = "the query") -> str:
    """A query in the words of another engine; what every engine does not answer alike is refused.

    Args:
        query: SQL of the DuckDB dialect, its settings filled in.
        dialect: whose words.
        where: the file or the definition, for the error.

    Returns:
        SQL of that dialect.

    Raises:
        InputError: a function or a construct is not on the list of `allow_list`.

    Example:
        >>> translate("SELECT date_diff('day', day, DATE '2026-11-22') // 7 AS weeks FROM days", "spark")
        "SELECT CAST(DATEDIFF(DAY, day, CAST('2026-11-22' AS DATE)) DIV 7 AS BIGINT) AS weeks FROM days"
    """
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError

    tree = parse(query, where)
    check(tree, where)
    if dialect == "duckdb":
        return query
    if dialect in ("spark", "clickhouse"):  # they keep no common table expression, nor know the word
        for stage in tree.find_all(exp.CTE):
            stage.set("materialized", None)
            stage.this.set("offset", None)
    # children before parents, so that what is put in a node's place holds what was put in theirs
    for node in reversed(list(tree.walk())):
        other = _other(node, dialect)
        if other is not None:
            node.replace(other)
    try:
        return str(tree.sql(dialect=writer(dialect), comments=False, unsupported_level=ErrorLevel.RAISE))
    except SqlglotError as error:
        raise InputError("{where}: {error} in the dialect {dialect}.", where=where, error=error, dialect=dialect) from error


def _other(node: exp.Expr, dialect: Dialect) -> exp.Expr | None:
    """What stands in the place of a node, or None where it stays."""
    from sqlglot import exp

    if dialect == "clickhouse" and isinstance(node, exp.Column) and node.table and node.arg_key == "expressions":
        # a column of a joined table would be called by both names
        return exp.alias_(node.copy(), node.name) if isinstance(node.parent, exp.Select) else None
    if isinstance(node, exp.DateDiff):
        return _difference(node)
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        # a moment elsewhere: days are asked for
        return exp.cast(node.copy(), "DATE")
    if isinstance(node, exp.Year | exp.Quarter | exp.Month | exp.Day):
        return _part(type(node).__name__.upper(), node.this)
    if isinstance(node, exp.Extract):
        return exp.cast(node.copy(), "BIGINT")
    if dialect == "spark" and isinstance(node, exp.Literal) and node.is_number and not node.is_int:
        # a fraction is a decimal number there, and draws what it meets into decimal arithmetic
        return exp.cast(node.copy(), "DOUBLE")
    if isinstance(node, exp.DataType) and node.this == exp.DType.INT128:
        return exp.DataType.build(_WIDE[dialect], dialect=dialect)
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.DPipe) and node.this.this == exp.Literal.string("0x"):
        return _number_of_digits(node.this.expression, dialect)
    if isinstance(node, exp.Anonymous) and node.name.lower() == "timezone" and dialect != "postgres":
        zone, moment = node.expressions
        if dialect == "spark":
            return exp.func("from_utc_timestamp", moment.copy(), zone.copy())
        return exp.Anonymous(this="toTimezone", expressions=[moment.copy(), zone.copy()])
    return None


def _number_of_digits(digits: exp.Expr, dialect: Dialect) -> exp.Expr:
    """A whole number from its hexadecimal digits."""
    from sqlglot import exp

    def call(name: str, *arguments: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this=name, expressions=list(arguments))

    text = digits.copy()
    if dialect == "spark":
        found = call("conv", text, exp.Literal.number(16), exp.Literal.number(10))
    elif dialect == "postgres":
        padded = call("lpad", text, exp.Literal.number(16), exp.Literal.string("0"))
        found = exp.cast(
            exp.paren(exp.DPipe(this=exp.Literal.string("x"), expression=padded)), exp.DataType.build("BIT(64)", dialect="postgres")
        )
    else:
        found = call("reinterpretAsInt64", call("reverse", call("unhex", text)))
    return exp.cast(found, "BIGINT")


def _part(unit: str, value: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    return exp.cast(exp.Extract(this=exp.var(unit), expression=value.copy()), "BIGINT")


def _difference(node: exp.DateDiff) -> exp.Expr | None:
    """Days as they are; months, quarters and years by the calendar: elsewhere a difference counts whole elapsed ones."""
    from sqlglot import exp

    unit = node.args["unit"].name.upper()
    if unit == "DAY":
        return None
    if unit not in _CALENDAR:
        raise InputError("A difference of dates is counted in days, months, quarters or years, not in {unit}.", unit=unit)
    name, many = _CALENDAR[unit]

    def number(value: exp.Expr) -> exp.Expr:
        years = _part("YEAR", value)
        if not name:
            return years
        scaled = exp.Mul(this=years, expression=exp.Literal.number(many))
        return exp.Add(this=scaled, expression=_part(name.upper(), value))

    return exp.paren(exp.Sub(this=exp.paren(number(node.this)), expression=exp.paren(number(node.expression))))
