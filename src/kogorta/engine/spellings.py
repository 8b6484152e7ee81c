"""Where engines spell one meaning differently, or mean something else by one spelling: the form for each of them.

Each form was found by the conformance suite; the reason is beside it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlglot import Dialect as Grammar
    from sqlglot import exp

    Form = Callable[[Any, Any], str]

_UTF8: Final = {"Lower": "lowerUTF8", "Upper": "upperUTF8", "Length": "lengthUTF8"}


@cache
def writer(dialect: str) -> type[Grammar]:
    """The grammar that writes one dialect, our forms over those of the translator."""
    from sqlglot import exp
    from sqlglot.dialects.clickhouse import ClickHouse
    from sqlglot.dialects.postgres import Postgres
    from sqlglot.dialects.spark import Spark

    base: Any
    base, forms = {"spark": (Spark, _spark()), "postgres": (Postgres, _postgres()), "clickhouse": (ClickHouse, _clickhouse())}[dialect]
    types = dict(base.Generator.TYPE_MAPPING)
    if dialect == "clickhouse":
        # the plain date of ClickHouse starts in 1970 and wraps before it
        types[exp.DType.DATE] = "Date32"
    named = {getattr(exp, name): form for name, form in forms.items()}
    generator = type("Generator", (base.Generator,), {"TRANSFORMS": {**base.Generator.TRANSFORMS, **named}, "TYPE_MAPPING": types})
    made: type[Grammar] = type(f"Kogorta{dialect.title()}", (base,), {"Generator": generator})
    return made


def _call(name: str) -> Form:
    return lambda write, node: f"{name}({write.sql(node, 'this')})"


def _spark() -> Mapping[str, Form]:
    return {
        # a division of the translator goes through a floating-point number and is wrong beyond 2^53
        "IntDiv": lambda write, node: f"CAST({write.sql(node, 'this')} DIV {write.sql(node, 'expression')} AS BIGINT)",
        # weekday() of Sail counts Sunday as -1
        "DayOfWeekIso": lambda write, node: f"((DAYOFWEEK({write.sql(node, 'this')}) + 5) % 7 + 1)",
    }


def _postgres() -> Mapping[str, Form]:
    def rounded(write: Any, node: exp.Round) -> str:  # noqa: ANN401 - the translator's own types
        # round(double) goes to the even neighbour and takes no number of digits
        digits = write.sql(node, "decimals") or "0"
        return f"CAST(ROUND(CAST({write.sql(node, 'this')} AS DECIMAL), {digits}) AS DOUBLE PRECISION)"

    def whole_division(write: Any, node: exp.IntDiv) -> str:  # noqa: ANN401
        parts = (f"CAST({write.sql(node, part)} AS DECIMAL)" for part in ("this", "expression"))
        return f"CAST(DIV({', '.join(parts)}) AS BIGINT)"

    def day_made(write: Any, node: exp.DateFromParts) -> str:  # noqa: ANN401
        return f"MAKE_DATE({', '.join(f'CAST({write.sql(node, part)} AS INTEGER)' for part in ('year', 'month', 'day'))})"

    return {
        "Round": rounded,
        "IntDiv": whole_division,
        "DateFromParts": day_made,
        "Median": lambda write, node: f"PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CAST({write.sql(node, 'this')} AS DOUBLE PRECISION))",
        "DayOfWeekIso": lambda write, node: f"CAST(EXTRACT(ISODOW FROM {write.sql(node, 'this')}) AS BIGINT)",
        "IsNan": lambda write, node: f"({write.sql(node, 'this')} = CAST('NaN' AS DOUBLE PRECISION))",
    }


def _clickhouse() -> Mapping[str, Form]:
    def rounded(write: Any, node: exp.Round) -> str:  # noqa: ANN401
        # round() of a floating-point number goes to the even neighbour
        value, digits = write.sql(node, "this"), write.sql(node, "decimals") or "0"
        scale = f"1e{digits}"
        return f"(sign({value}) * floor(abs({value}) * {scale} + 0.5) / {scale})"

    def taken(write: Any, node: exp.Substring) -> str:  # noqa: ANN401
        parts = (write.sql(node, part) for part in ("this", "start", "length"))
        return f"substringUTF8({', '.join(part for part in parts if part)})"

    return {
        "Round": rounded,
        "Substring": taken,
        "IntDiv": lambda write, node: f"CAST(intDiv({write.sql(node, 'this')}, {write.sql(node, 'expression')}) AS Nullable(Int64))",
        "StrPosition": lambda write, node: f"positionUTF8({write.sql(node, 'this')}, {write.sql(node, 'substr')})",
        "BitwiseAnd": lambda write, node: f"bitAnd({write.sql(node, 'this')}, {write.sql(node, 'expression')})",
        "BitwiseOr": lambda write, node: f"bitOr({write.sql(node, 'this')}, {write.sql(node, 'expression')})",
        # median() there is a sample of the values
        "Median": lambda write, node: f"quantileExactInclusive(0.5)({write.sql(node, 'this')})",
        "LogicalOr": _call("max"),
        "LogicalAnd": _call("min"),
        "DateFromParts": lambda write, node: f"makeDate32({', '.join(write.sql(node, part) for part in ('year', 'month', 'day'))})",
        # lower() and its like know Latin letters alone
        **{name: _call(spelled) for name, spelled in _UTF8.items()},
    }
