import csv
import io
import json
from dataclasses import replace
from datetime import date

import duckdb
import pytest
from example import analysis, build
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kogorta.engine.table import Table
from kogorta.kit.language import Language
from kogorta.reports import Report, sheets, tables
from kogorta.reports.cells import harmless, major
from kogorta.reports.columns import AUDIT, CUSTOMERS, FIRST_WAVE, SEGMENTS

CONTRACT = [
    "customer_id",
    "name",
    "kind",
    "inn",
    "industry",
    "region",
    "time_zone",
    "first_order_on",
    "last_order_on",
    "recency_days",
    "frequency",
    "monetary",
    "average_check",
    "r",
    "f",
    "m",
    "rfm_code",
    "rfm_category",
    "segment_case",
    "segment_guide",
    "abc",
    "xyz",
    "lifecycle",
    "p_alive",
    "expected_orders_90d",
    "clv",
    "clv_low",
    "clv_high",
    "email",
    "phone",
]
RU, EN = Language("ru"), Language("en")


def read_csv(path, separator):
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=separator))


def test_customers_csv_has_the_contract_columns_in_their_order(tmp_path):
    tables.write_customers_csv(analysis(), tmp_path / "c.csv", RU)
    rows = read_csv(tmp_path / "c.csv", ";")
    assert list(rows[0]) == CONTRACT == [column.name for column in CUSTOMERS]
    assert len(rows) == 500
    assert [row["customer_id"] for row in rows] == sorted(row["customer_id"] for row in rows)


def test_money_leaves_in_major_units_with_a_dot_and_days_in_iso(tmp_path):
    made = analysis()
    tables.write_customers_csv(made, tmp_path / "c.csv", EN)
    row = read_csv(tmp_path / "c.csv", ",")[0]
    source = made.customers.dicts(1)[0]
    assert row["monetary"] == f"{source['monetary'] // 100}.{source['monetary'] % 100:02}"
    assert date.fromisoformat(row["last_order_on"]) == source["last_order_on"]
    assert row["clv"] == ""


def test_a_currency_without_cents_has_no_decimals(tmp_path):
    made = analysis(currency="JPY")
    tables.write_customers_csv(made, tmp_path / "c.csv", EN)
    assert read_csv(tmp_path / "c.csv", ",")[0]["monetary"] == str(made.customers.dicts(1)[0]["monetary"])


def test_the_largest_amount_is_written_exactly(tmp_path):
    made = build(1)
    made.customers.connection.execute("UPDATE customers SET monetary = 9223372036854775807")
    tables.write_customers_csv(made, tmp_path / "c.csv", EN)
    assert read_csv(tmp_path / "c.csv", ",")[0]["monetary"] == "92233720368547758.07"


def test_cells_that_look_like_formulas_are_made_harmless_in_every_csv(tmp_path):
    made = analysis(hostile=True)
    tables.write_customers_csv(made, tmp_path / "customers.csv", RU)
    tables.write_quarantine_csv(made, tmp_path / "quarantine.csv", RU)
    tables.write_small_tables(made, tmp_path, RU)
    for name in ("customers", "quarantine", "segments", "first_wave", "audit"):
        for row in read_csv(tmp_path / f"{name}.csv", ";"):
            assert not [cell for cell in row.values() if cell.startswith(("=", "+", "@", "\t", "\r"))], name
    names = {row["name"] for row in read_csv(tmp_path / "customers.csv", ";")}
    assert "'=cmd|' /C calc'!A0" in names
    assert "<script>alert(1)</script>" in names
    phones = {row["phone"][:2] for row in read_csv(tmp_path / "customers.csv", ";")}
    assert phones == {"'+"}


def test_columns_the_analysis_lacks_come_out_empty(tmp_path):
    connection = duckdb.connect()
    connection.execute("CREATE TABLE few AS SELECT 'a' AS customer_id, 'N' AS name")
    made = replace(analysis(0), customers=Table(connection, "few", ("customer_id",)))
    tables.write_customers_csv(made, tmp_path / "c.csv", EN)
    assert read_csv(tmp_path / "c.csv", ",")[0] == {**dict.fromkeys(CONTRACT, ""), "customer_id": "a", "name": "N"}


def test_an_empty_base_writes_headers_only(tmp_path):
    made = analysis(0)
    tables.write_customers_csv(made, tmp_path / "c.csv", RU)
    assert (tmp_path / "c.csv").read_text("utf-8-sig").strip() == ";".join(CONTRACT)
    tables.write_small_tables(made, tmp_path, RU)
    assert sheets.write_customers_xlsx(made, tmp_path / "c.xlsx", RU)


def test_small_tables_have_their_columns(tmp_path):
    tables.write_small_tables(analysis(), tmp_path, EN)
    for name, columns in (("segments", SEGMENTS), ("first_wave", FIRST_WAVE), ("audit", AUDIT)):
        assert list(read_csv(tmp_path / f"{name}.csv", ",")[0]) == [column.name for column in columns]
    first = read_csv(tmp_path / "segments.csv", ",")[0]
    assert (first["scheme"], first["segment"], first["customers"], first["customer_share"]) == ("case", "needs_attention", "149", "0.298")


def test_accounting_holds_exactly_the_four_counts_and_they_add_up(tmp_path):
    tables.write_small_tables(analysis(), tmp_path, RU)
    counts = json.loads((tmp_path / "accounting.json").read_text())
    assert list(counts) == ["rows_read", "rows_used", "rows_merged", "rows_quarantined"]
    assert counts["rows_read"] == counts["rows_used"] + counts["rows_merged"] + counts["rows_quarantined"]


def test_parquet_holds_the_same_columns_and_money(tmp_path):
    made = analysis()
    tables.write_customers_parquet(made, tmp_path / "c.parquet", Language("ru"))
    found = duckdb.sql(f"SELECT * FROM '{tmp_path / 'c.parquet'}' LIMIT 1")
    assert list(found.columns) == CONTRACT
    assert found.fetchall()[0][11] == made.customers.dicts(1)[0]["monetary"] / 100


def test_the_sheet_keeps_headers_text_and_days_and_explains_the_columns(tmp_path):
    made = analysis(hostile=True)
    assert sheets.write_customers_xlsx(made, tmp_path / "c.xlsx", RU)
    book = CalamineWorkbook.from_path(str(tmp_path / "c.xlsx"))
    assert book.sheet_names == ["customers", "Описание"]
    rows = book.get_sheet_by_name("customers").to_python()
    assert rows[0] == CONTRACT
    assert rows[3][1] == "=cmd|' /C calc'!A0"
    assert rows[1][8] == made.customers.dicts(1)[0]["last_order_on"]
    assert rows[1][11] == made.customers.dicts(1)[0]["monetary"] / 100
    assert book.get_sheet_by_name("Описание").to_python()[1] == ["customer_id", "Идентификатор клиента"]


def test_a_cell_longer_than_a_sheet_allows_is_cut(tmp_path):
    made = build(1)
    made.customers.connection.execute("UPDATE customers SET name = repeat('я', 40000) || chr(1)")
    sheets.write_customers_xlsx(made, tmp_path / "c.xlsx", RU)
    name = CalamineWorkbook.from_path(str(tmp_path / "c.xlsx")).get_sheet_by_name("customers").to_python()[1][1]
    assert len(name) == 32_767
    assert name.endswith("…")


def test_the_wave_sheet_says_why_in_words(tmp_path):
    sheets.write_wave_xlsx(analysis(), tmp_path / "w.xlsx", EN)
    rows = CalamineWorkbook.from_path(str(tmp_path / "w.xlsx")).get_sheet_by_name("first_wave").to_python()
    assert rows[0] == [column.name for column in FIRST_WAVE]
    assert rows[1][17] == "spent much, silent longer than usual"
    assert {row[18] for row in rows[1:]} == {"treated", "control"}


@pytest.mark.parametrize("write", [sheets.write_customers_xlsx, sheets.write_wave_xlsx])
def test_equal_data_give_equal_sheets(tmp_path, write):
    write(analysis(), tmp_path / "a.xlsx", RU)
    write(build(), tmp_path / "b.xlsx", RU)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_more_customers_than_a_sheet_has_rows_give_a_sentence_and_no_sheet(tmp_path):
    connection = duckdb.connect()
    connection.execute("CREATE TABLE many AS SELECT CAST(i AS VARCHAR) AS customer_id FROM range(1048576) t(i)")
    made = replace(analysis(0), customers=Table(connection, "many"))
    assert not sheets.write_customers_xlsx(made, tmp_path / "c.xlsx", RU)
    assert not (tmp_path / "c.xlsx").exists()
    assert tables.too_long(1_048_576, RU).startswith("1\u00a0048\u00a0576 клиентов не помещаются на лист Excel")
    assert tables.too_long(1_048_575, RU) is None


def test_a_sheet_that_takes_minutes_waits_to_be_asked_for(tmp_path, monkeypatch):
    assert tables.too_slow(200_000, RU) is None
    assert tables.too_slow(1_048_576, RU) is None
    assert tables.too_slow(200_001, EN).startswith("customers.xlsx was not written: 200,001 customers would take minutes.")
    assert "200\u00a0001 клиент —" in tables.too_slow(200_001, RU)
    assert not sheets.write_customers_xlsx(analysis(), tmp_path / "c.xlsx", RU, most=499)
    assert not (tmp_path / "c.xlsx").exists()
    monkeypatch.setattr("kogorta.reports.cells.SHEET_ROWS_UNASKED", -1)
    monkeypatch.setattr("kogorta.reports.tables.SHEET_ROWS_UNASKED", -1)
    report = Report(analysis(0), "en")
    (tmp_path / "customers.xlsx").write_bytes(b"of an earlier run")
    assert "customers.xlsx" not in {path.name for path in report.write(tmp_path)}
    assert not (tmp_path / "customers.xlsx").exists()
    assert report.notes == (tables.too_slow(0, EN),)
    assert "customers.xlsx" in {path.name for path in report.write(tmp_path, all_sheets=True)}
    assert report.notes == ()


@given(st.text())
def test_no_harmless_text_starts_a_formula(text):
    made = harmless(text)
    assert not made.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert made.removeprefix("'") == text.removeprefix("'") or made == text


@given(st.integers(-(10**18), 10**18))
def test_major_units_keep_every_minor_unit(minor):
    assert int(major(minor, "RUB").replace(".", "")) == minor


@pytest.mark.parametrize(("language", "word"), [(RU, "Только что-1-Редко"), (Language("en"), "Just now-1-Rarely")])
def test_the_category_is_written_in_the_words_of_the_case(tmp_path, language, word):
    made = analysis()
    tables.write_customers_csv(made, tmp_path / "c.csv", language)
    rows = csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text(encoding="utf-8-sig")), delimiter=language.csv_separator)
    assert word in {row["rfm_category"] for row in rows}
