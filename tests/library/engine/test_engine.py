"""The engine: one connection set up one way, results that print and leave, large ones kept in files."""

import re
from importlib import resources
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.engine.duck import bound, connect, literal, quote, register_mapping
from kogorta.engine.shelf import Shelf
from kogorta.engine.table import Table
from kogorta.kit.errors import OptionError


def test_a_connection_is_in_universal_time_and_bounded():
    connection = connect(memory="200MB")
    settings = dict(connection.execute("SELECT name, value FROM duckdb_settings() WHERE name IN ('TimeZone', 'memory_limit')").fetchall())
    assert settings["TimeZone"] == "UTC"
    assert settings["memory_limit"].startswith(("190", "200"))


def test_rows_spill_beside_temporary_files_never_where_somebody_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "system").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "system"))
    connection = connect(memory="40MB")
    connection.execute("CREATE TABLE large AS SELECT i, hash(i) AS h FROM range(4000000) t(i)")
    (place,) = (tmp_path / "system").glob("kogorta-scratch-*/spilled-*")
    assert any(place.iterdir())
    connection.close()
    assert [path.name for path in tmp_path.iterdir()] == ["system"]
    assert not place.exists()


@pytest.mark.parametrize("memory", ["", "lots", "1500", "-5MB", "1GB; DROP TABLE t", "1'GB"])
def test_a_memory_limit_that_is_no_size_is_refused(memory):
    with pytest.raises(OptionError, match="write a number with MB or GB"):
        connect(memory=memory)


@given(st.text())
def test_any_text_survives_as_a_literal(text):
    text = text.replace("\x00", "")
    assert duckdb.execute(f"SELECT {quote(text)}").fetchone()[0] == text


def test_settings_become_literals():
    assert [literal(value) for value in (None, True, False, 5, 0.5, "it's")] == ["NULL", "TRUE", "FALSE", "5", "0.5", "'it''s'"]
    assert bound("SELECT $a, $ab, '$'", {"a": 1, "ab": "x"}) == "SELECT 1, 'x', '$'"


def test_a_mapping_of_nothing_is_an_empty_table():
    connection = connect()
    register_mapping(connection, "words", {"word": [], "value": []})
    assert connection.execute("SELECT count(*) FROM words").fetchone() == (0,)
    register_mapping(connection, "words", {"word": ["a", None], "value": ["1", None]})
    assert connection.execute("SELECT * FROM words ORDER BY 1").fetchall() == [("a", "1"), (None, None)]


@pytest.fixture
def table():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT range AS id, 'имя ' || range AS \"at\" FROM range(30, 0, -1)")
    return Table(connection, "t", ("at",))


def test_a_table_keeps_its_order_and_counts(table):
    assert len(table) == 30
    assert table.columns == ("id", "at")
    assert table.rows(2) == [(1, "имя 1"), (10, "имя 10")]
    assert table.dicts(1) == [{"id": 1, "at": "имя 1"}]
    assert [row for batch in table.batches(7) for row in batch] == table.rows()


def test_a_table_leaves_in_every_shape(table, tmp_path):
    assert table.to_pandas()["id"].tolist() == table.to_polars()["id"].to_list() == table.to_arrow()["id"].to_pylist()
    assert table.to_numpy()["id"].tolist() == [row[0] for row in table.rows()]
    table.write_parquet(tmp_path / "t.parquet")
    assert duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(tmp_path / "t.parquet")]).fetchone() == (30,)


def test_a_table_prints_its_first_rows_and_escapes_its_cells(table):
    assert "имя 1" in repr(table)
    assert "... 10 more rows" in repr(table)
    table.connection.execute("CREATE TABLE bad AS SELECT '<script>[red]' AS a")
    assert "&lt;script&gt;" in Table(table.connection, "bad")._repr_html_()
    assert "<script>[red]" in repr(Table(table.connection, "bad"))


def test_results_in_files_and_in_memory_are_alike_and_can_replace_each_other(tmp_path):
    shelf = Shelf(duckdb.connect(), tmp_path)
    one = shelf.connection.execute
    shelf.keep("numbers", "SELECT range AS n, CAST(NULL AS VARCHAR) AS nothing FROM range(5)", large=False)
    for large in (True, True, False, True):
        shelf.keep("numbers", "SELECT n + 1 AS n, nothing FROM numbers", large=large)
    assert one("SELECT min(n), max(n), count(nothing) FROM numbers").fetchone() == (4, 8, 0)
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
    shelf.drop("numbers")
    assert not list(tmp_path.rglob("*.parquet"))
    with pytest.raises(duckdb.CatalogException):
        one("SELECT * FROM numbers")


def test_a_failed_result_leaves_the_old_one(tmp_path):
    shelf = Shelf(duckdb.connect(), tmp_path)
    shelf.keep("numbers", "SELECT 1 AS n", large=True)
    for large in (True, False):
        with pytest.raises(duckdb.Error):
            shelf.keep("numbers", "SELECT CAST('x' || range AS INTEGER) AS n FROM range(3)", large=large)
    assert shelf.connection.execute("SELECT n FROM numbers").fetchone() == (1,)


def test_every_function_in_the_sql_files_exists_in_the_engine():
    known = {row[0] for row in duckdb.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()}
    words = {"in", "as", "over", "filter", "values", "exists", "and", "or", "not", "decimal", "date", "using", "by", "when", "then", "where",
             "partition", "replace", "exclude", "macro", "on", "from", "select", "interval", "coalesce", "cast", "try_cast", "unpivot",
             "else", "case", "distinct", "with", "window", "like", "is", "between", "concat", "if", "any", "all", "grouping", "rollup", "extract"}  # fmt: skip
    root = Path(str(resources.files("kogorta")))
    own = set()
    texts = {}
    for path in sorted(root.rglob("*.sql")):
        text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
        text = re.sub(r"'(?:[^']|'')*'", "''", text)
        own |= {name.lower() for name in re.findall(r"MACRO\s+(\w+)\(", text)}
        own |= {name.lower() for name in re.findall(r"(\w+)(?:\([\w, ]+\))?\s+AS\s+(?:MATERIALIZED\s+)?\(", text)}
        texts[path.name] = text
    for name, text in texts.items():
        used = {word.lower() for word in re.findall(r"(?<![\w.$])([a-zA-Z_]\w*)\(", text)}
        assert used - known - words - own == set(), name


@pytest.mark.parametrize("texts", [[None] * 5_000, [None] * 4_999 + ["Омск"], ["Омск", None] * 2_500], ids=["none", "late", "mixed"])
def test_a_column_of_thousands_of_empty_texts_is_a_column_of_texts(texts):
    connection = connect()
    register_mapping(connection, "told", {"key": [str(place) for place in range(5_000)], "text": texts})
    found = connection.execute("SELECT count(*), count(text), min(typeof(text)) FROM told").fetchone()
    assert found == (5_000, len([text for text in texts if text]), "VARCHAR")


def test_a_trial_leaves_tables_views_and_files_as_they_were(tmp_path):
    shelf = Shelf(duckdb.connect(), tmp_path)
    shelf.keep("table_one", "SELECT 1 AS n", large=False)
    shelf.keep("file_one", "SELECT 1 AS n", large=True)
    shelf.show("view_one", "SELECT n + 1 AS n FROM file_one")
    files = set(tmp_path.rglob("*.parquet"))

    def tried():
        with shelf.trial():
            shelf.keep("table_one", "SELECT n + 5 AS n FROM table_one", large=True)
            shelf.keep("file_one", "SELECT n + 5 AS n FROM view_one", large=False)
            shelf.drop("view_one")
            shelf.keep("view_one", "SELECT sum(n) AS n FROM (FROM table_one UNION ALL FROM file_one)", large=True)
            assert shelf.connection.execute("FROM view_one").fetchall() == [(13,)]
            raise OptionError("enough")

    with pytest.raises(OptionError):
        tried()
    assert [shelf.connection.execute(f"FROM {name}").fetchall() for name in ("table_one", "file_one", "view_one")] == [
        [(1,)],
        [(1,)],
        [(2,)],
    ]
    assert set(tmp_path.rglob("*.parquet")) == files
    shelf.keep("file_one", "SELECT 3 AS n", large=False)
    assert not set(tmp_path.rglob("*.parquet"))
