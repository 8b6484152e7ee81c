"""What a query may be made of, so that it means the same on every engine.

A query is read as a tree of the DuckDB dialect and each node of it is looked up here. What is not on the list is refused by name: a
function that another engine lacks, rounds otherwise or answers at random is found when it is written, not when two reports differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


FUNCTIONS: Final = _words(
    # aggregates and windows
    "count sum min max bool_or bool_and bit_or median row_number lag rank dense_rank",
    # numbers
    "abs ceil floor round sqrt ln greatest least isnan",
    # texts
    "lower upper trim replace substr length strpos concat md5",
    # dates
    "date_trunc date_diff year quarter month day isodow make_date extract timezone",
    # choice
    "case coalesce nullif cast and or if",
)
"""Functions that give equal answers on every engine, each by a form of its own in `spellings` where theirs differ."""

EMBEDDED_FUNCTIONS: Final = _words(
    # cells of sources
    "try_cast regexp_replace regexp_extract regexp_full_match split starts_with ends_with contains chr concat_ws try_strptime strftime",
    "unix_to_time to_milliseconds hash isfinite age date_part time_to_unix epoch_us regexp_like right split_part array_agg array_sort",
    # our own functions of cells, base/sql/cells.sql
    "squeezed folded number_part signed_number plain_digits read_id",
    # lists, and what sources keep as JSON
    "array array_to_string list_contains list_extract list_position json_valid json_type json_each json_extract_scalar",
    # a value beside the largest, of an order that has no ties; exact there
    "arg_max first_value quantile_disc explode",
)
"""More that the embedded engine alone is asked for: taking in what sources sent, reading evidence out of it. Neither samples nor ranks by
position are there."""

_PARTS: Final = _words(
    "Select Union Intersect Except With CTE Subquery From Table TableAlias Alias Identifier Column Star Join Where Group Having Order",
    "Offset Ordered Distinct Limit Exists Tuple Paren Values Literal Boolean Null DataType DataTypeParam Var Interval Filter Window",
    "WindowSpec Placeholder Parameter Add Sub Mul Div IntDiv Mod Neg DPipe BitwiseAnd BitwiseOr EQ NEQ LT LTE GT GTE Is Not In",
    "Between",
)
_TYPES: Final = frozenset(["BIGINT", "INT", "INT128", "DOUBLE", "VARCHAR", "TEXT", "DATE", "BOOLEAN", "TIMESTAMPTZ", "TIMESTAMP"])
_NAMES: Final = {
    "timestamp_trunc": "date_trunc",
    "datediff": "date_diff",
    "dayofweek_iso": "isodow",
    "day_of_week_iso": "isodow",
    "date_from_parts": "make_date",
    "str_position": "strpos",
    "substring": "substr",
    "logical_or": "bool_or",
    "logical_and": "bool_and",
    "bitwise_or_agg": "bit_or",
    "is_nan": "isnan",
    "time_to_str": "strftime",
    "str_to_time": "try_strptime",
    "array_contains": "list_contains",
    "percentile_disc": "quantile_disc",
    "percentile_cont": "quantile_cont",
}
"""What the parser calls the functions above."""


def parse(query: str, where: str) -> exp.Expr:
    """A query of the DuckDB dialect as a tree.

    Raises:
        InputError: the query cannot be read.
        MissingExtraError: the reader of SQL is not installed.
    """
    try:
        import sqlglot
        from sqlglot.errors import SqlglotError
    except ImportError as error:
        raise MissingExtraError("sqlglot", "spark") from error
    try:
        return sqlglot.parse_one(query, read="duckdb")
    except SqlglotError as error:
        raise InputError("{where}: the query cannot be read: {error}", where=where, error=str(error).split("\n")[0]) from error


def check(tree: exp.Expr, where: str, *, embedded: bool = False) -> None:
    """Refuse a query that uses anything off the list.

    Args:
        tree: the query.
        where: the file or the definition it comes from.
        embedded: whether the embedded engine alone runs it.

    Raises:
        InputError: a function or a construct is not on the list; it and `where` are named.

    Example:
        >>> check(parse("SELECT sum(amount) FROM orders", "a.sql"), "a.sql")
        >>> check(parse("SELECT ntile(5) OVER (ORDER BY amount) FROM orders", "a.sql"), "a.sql")
        Traceback (most recent call last):
            ...
        kogorta.kit.errors.InputError: a.sql uses ntile, which is not on the list of what every engine answers alike; write it otherwise.
    """
    for found in refused(tree, embedded=embedded):
        raise InputError(
            "{where} uses {found}, which is not on the list of what every engine answers alike; write it otherwise.",
            where=where,
            found=found,
        )


def refused(tree: exp.Expr, *, embedded: bool = False) -> Iterator[str]:
    """What of a query is not on the list, in the order it is met."""
    from sqlglot import exp

    functions = FUNCTIONS | EMBEDDED_FUNCTIONS if embedded else FUNCTIONS
    for node in tree.walk():
        kind = type(node).__name__
        if isinstance(node, exp.Func) and kind not in _PARTS:
            name = _function(node)
            if name not in functions:
                yield name
        elif not embedded:
            if kind not in _PARTS:
                yield kind
            yield from _unportable(node)


def _function(node: exp.Func) -> str:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    key = node.sql_name().lower()
    return _NAMES.get(key, key)


def _unportable(node: exp.Expr) -> Iterator[str]:
    """Forms of allowed parts that engines differ in."""
    from sqlglot import exp

    if isinstance(node, exp.DataType) and node.this.value not in _TYPES:
        yield f"the type {node.this.value}"
    if isinstance(node, exp.Offset) and node.expression.name != "0":
        yield "OFFSET"  # nought leaves nothing out: it keeps a stage apart from what is asked of it
    if isinstance(node, exp.Group) and node.args.get("all"):
        yield "GROUP BY ALL"
    if isinstance(node, exp.Star) and (node.args.get("except_") or node.args.get("replace")):
        yield "* EXCLUDE"
    if isinstance(node, exp.Join) and node.args.get("kind") in ("ANTI", "SEMI"):
        yield f"{node.args['kind']} JOIN"
    if isinstance(node, exp.Join) and node.args.get("method"):
        yield f"{node.args['method']} JOIN"
    if isinstance(node, exp.Select):
        shared = {name.name for join in node.args.get("joins") or () for name in join.args.get("using") or ()}
        for column in node.find_all(exp.Column):
            if column.name in shared and column.table and column.parent_select is node:
                yield f"{column.sql()}, a column of USING with the name of a table before it"
    if isinstance(node, exp.Ordered) and isinstance(node.this, exp.Literal) and isinstance(node.find_ancestor(exp.Window), exp.Window):
        yield "a window ordered by a number"
