"""What a translator is silent about is written here once for each engine; each trap found is a case."""

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.engine.dialects import DIALECTS, translate
from kogorta.engine.quantiles import exact_quantiles


@pytest.mark.parametrize(
    ("dialect", "query", "said"),
    [
        # a division of whole numbers never goes through a fraction
        ("spark", "SELECT a // b FROM t", "CAST(a DIV b AS BIGINT)"),
        ("postgres", "SELECT a // b FROM t", "CAST(DIV(CAST(a AS DECIMAL), CAST(b AS DECIMAL)) AS BIGINT)"),
        ("clickhouse", "SELECT a // b FROM t", "CAST(intDiv(a, b) AS Nullable(Int64))"),
        # a half goes away from zero, not to the even neighbour
        ("postgres", "SELECT round(a) FROM t", "CAST(ROUND(CAST(a AS DECIMAL), 0) AS DOUBLE PRECISION)"),
        ("clickhouse", "SELECT round(a) FROM t", "(sign(a) * floor(abs(a) * 1e0 + 0.5) / 1e0)"),
        # months are counted by the calendar, not by thirty days that have passed
        ("spark", "SELECT date_diff('month', a, b) FROM t", "EXTRACT(MONTH FROM b)"),
        # the median is exact, never a sample
        ("clickhouse", "SELECT median(a) FROM t", "quantileExactInclusive(0.5)(a)"),
        ("spark", "SELECT median(a) FROM t", "MEDIAN(a)"),
        # days before 1970 stay what they are
        ("clickhouse", "SELECT CAST(a AS DATE) FROM t", "Date32"),
        # letters of every alphabet have a small form
        ("clickhouse", "SELECT lower(a) FROM t", "lowerUTF8(a)"),
        # the week begins on Monday, on Sail too
        ("spark", "SELECT isodow(a) FROM t", "((DAYOFWEEK(a) + 5) % 7 + 1)"),
        # a fraction is no decimal number
        ("spark", "SELECT least(a, 0.5) FROM t", "CAST(0.5 AS DOUBLE)"),
        # a column of a joined table is called by its own name alone
        ("clickhouse", "SELECT t.a FROM t JOIN u ON u.b = t.b", "t.a AS a"),
        ("clickhouse", "SELECT a & 1 FROM t", "bitAnd(a, 1)"),
        ("spark", "SELECT CAST('0x' || substr(md5(a), 1, 8) AS BIGINT) FROM t", "CONV(SUBSTRING(MD5(a), 1, 8), 16, 10)"),
        ("spark", "SELECT sum(CAST(a AS HUGEINT)) FROM t", "DECIMAL(38, 0)"),
    ],
)
def test_a_trap_has_a_form_of_its_own(dialect, query, said):
    assert said.lower() in re.sub(r"\s+", " ", translate(query, dialect)).lower()


def test_a_stage_is_kept_where_the_engine_can_keep_it():
    query = "WITH marked AS MATERIALIZED (SELECT 1 AS x OFFSET 0) SELECT bit_or(x) FROM marked"
    for words in ("MATERIALIZED", "OFFSET 0"):
        kept = {dialect: words in translate(query, dialect) for dialect in DIALECTS}
        assert kept == {"duckdb": True, "postgres": True, "spark": False, "clickhouse": False}


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=60), st.integers(2, 5))
def test_quantiles_by_counting_are_values_of_their_rank(values, levels):
    listed = ", ".join(f"({value})" for value in values)
    run = duckdb.connect().execute

    def ask(query):
        return run(query).fetchall()

    ranks = [-(-len(values) * place // levels) for place in range(1, levels)]
    assert exact_quantiles(ask, f"(VALUES {listed}) AS given(n)", "n", levels) == tuple(sorted(values)[rank - 1] for rank in ranks)


def test_quantiles_of_nothing_are_none():
    assert exact_quantiles(lambda query: duckdb.sql(query).fetchall(), "(SELECT 1 AS n)", "n", 3, "n > 1") == ()
