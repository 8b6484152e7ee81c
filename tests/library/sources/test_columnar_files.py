"""Parquet of any types becomes the same text."""

import duckdb
import pytest
from reading_kit import cells

from kogorta.kit.errors import InputError
from kogorta.sources.files import preview, read_file


def parquet(path, query):
    duckdb.sql(query).write_parquet(str(path))
    return path


def test_every_type_has_one_text(tmp_path):
    path = parquet(
        tmp_path / "[a]'b.dat",
        """SELECT 17850.0::DOUBLE AS customer_id, TIMESTAMP '2026-01-31 09:15:44' AS created_at, 12500.50::DECIMAL(18, 2)
        AS amount, true AS closed, DATE '2026-02-01' AS closed_at, ['a', 'b'] AS phone, 'x'::BLOB AS product,
        ' ' AS "E-mail", 0.1::FLOAT AS discount, 3::TINYINT AS "Кол-во"
        UNION ALL BY NAME SELECT 'nan'::DOUBLE AS customer_id, 1e20::DOUBLE AS amount""",
    )
    first, second = cells(read_file(path, workspace=tmp_path / "w"))
    assert first == {
        "row_no": 2, "closed": "Да", "amount": "12500.5", "discount": "0.1", "created_at": "2026-01-31 09:15:44",
        "closed_at": "2026-02-01", "product": "x", "quantity": "3", "customer_id": "17850", "phone": "a, b", "email": None,
    }  # fmt: skip
    assert (second["row_no"], second["customer_id"], second["amount"]) == (3, None, "1e+20")


def test_moments_with_a_zone_are_written_in_utc(tmp_path):
    path = parquet(
        tmp_path / "a.parquet",
        "SELECT 1 AS customer_id, TIMESTAMPTZ '2026-01-31 12:00:00+03:00' AS date, 5 AS amount",
    )
    assert cells(read_file(path, workspace=tmp_path))[0]["created_at"] == "2026-01-31 09:00:00+00"


def test_a_parquet_file_without_rows_is_refused(tmp_path):
    path = parquet(tmp_path / "a.parquet", "SELECT 1 AS customer_id, 2 AS date, 3 AS amount WHERE false")
    with pytest.raises(InputError, match="no rows below it"):
        read_file(path, workspace=tmp_path / "w")
    assert list((tmp_path / "w").iterdir()) == []


def test_headers_of_parquet_differ_by_case_without_harm(tmp_path):
    path = parquet(tmp_path / "a.parquet", """SELECT 1 AS "Client ID", 2 AS "date", 3 AS "Date ", 4 AS "a""b", 5 AS amount""")
    extract = read_file(path, workspace=tmp_path, columns={'a"b': "discount"})
    assert cells(extract)[0] == {"row_no": 2, "amount": "5", "discount": "4", "created_at": "2", "customer_id": "1"}


def test_a_preview_shows_the_first_rows_as_text(tmp_path):
    path = parquet(tmp_path / "a.parquet", "SELECT i AS customer_id, DATE '2026-01-01' AS date, i / 2 AS amount FROM range(50) r(i)")
    seen = preview(path, rows=2)
    assert seen.rows == (("0", "2026-01-01", "0"), ("1", "2026-01-01", "0.5"))
    assert (seen.layout, seen.encoding, seen.delimiter) == ("orders", "parquet", "")
