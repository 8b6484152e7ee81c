"""Texts of a table kept as codes: which are, and that nothing else changes."""

from __future__ import annotations

import duckdb
import pytest

from kogorta.engine import coded_texts
from kogorta.engine.coded_texts import code_texts, coded_as

ROWS = "SELECT unnest(['обувь', 'книги', NULL, 'd''or', 'книги']) AS category, unnest(range(5)) AS n"


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE lines AS {ROWS}")
        yield connection


def test_few_texts_are_coded_in_their_own_order(connection):
    code_texts(connection, "lines", ["category"])
    assert coded_as(connection, "lines", ["category", "n"]) == {"category": ("d'or", "книги", "обувь")}
    assert connection.execute("SELECT enum_code(category) FROM lines ORDER BY n").fetchall() == [(2,), (1,), (None,), (0,), (1,)]


@pytest.mark.parametrize(
    "condition",
    ["category = $text", "category <> $text", "category IN ($text, 'нет такой')", "strpos(category, $text) > 0", "category > $text"],
)
@pytest.mark.parametrize("text", ["книги", "d'or", "нет такой"])
def test_queries_answer_as_before(connection, condition, text):
    query = f"SELECT n, category FROM lines WHERE {condition} ORDER BY n"
    before = connection.execute(query, {"text": text}).fetchall()
    code_texts(connection, "lines", ["category"])
    assert connection.execute(query, {"text": text}).fetchall() == before


def test_many_texts_stay_texts(connection, monkeypatch):
    monkeypatch.setattr(coded_texts, "MOST_CODED", 2)
    code_texts(connection, "lines", ["category"])
    assert coded_as(connection, "lines", ["category"]) == {}


def test_a_text_that_cannot_be_spelled_in_a_type_leaves_the_column_alone(connection):
    connection.execute("INSERT INTO lines VALUES ('a' || chr(0) || 'b', 6)")
    code_texts(connection, "lines", ["category"])
    assert coded_as(connection, "lines", ["category"]) == {}


def test_empty_tables_and_columns_are_left_alone(connection):
    connection.execute("CREATE TABLE none AS SELECT CAST(NULL AS VARCHAR) AS city, CAST(NULL AS VARCHAR) AS role FROM range(2)")
    connection.execute("CREATE TABLE empty AS SELECT 'x' AS city LIMIT 0")
    code_texts(connection, "none", ["city", "role"])
    code_texts(connection, "empty", ["city"])
    assert [coded_as(connection, "none", ["city", "role"]), coded_as(connection, "empty", ["city"])] == [{}, {}]


def test_coding_twice_changes_nothing(connection):
    code_texts(connection, "lines", ["category"])
    code_texts(connection, "lines", ["category"])
    assert coded_as(connection, "lines", ["category", "n"]) == {"category": ("d'or", "книги", "обувь")}
