"""What cannot be read is refused in one sentence that says what to do; nothing is left behind."""

import gzip
import struct
import zipfile

import pytest
from reading_kit import SAMPLES, read_text

from kogorta.kit.errors import InputError, OptionError
from kogorta.sources.files import encodings, preview, read_file, workbook


def refusal(path, folder, **options):
    work = folder / "work"
    with pytest.raises(InputError) as caught:
        read_file(path, workspace=work, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith((".", '"')), text
    assert not list(work.glob("*")) if work.exists() else True
    return text


BROKEN = {
    "empty": (b"", "is empty (0 bytes)"),
    "blank": (b"\n\n  \r\n", "no row has text in it"),
    "bom": (b"\xef\xbb\xbf", "no row has text in it"),
    "header": ("Клиент;Дата;Сумма\n".encode(), "no rows below it"),
    "header and empty rows": ("Клиент;Дата;Сумма\n;;\n\n".encode(), "no rows below it"),
    "junk": (bytes(range(256)) * 64, "neither text, XLSX nor Parquet"),
    "nuls": (b"\0" * 5000, "neither text, XLSX nor Parquet"),
    "pdf": (b"%PDF-1.7\n1 0 obj", "is a PDF document"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "is a PNG picture"),
    "rar": (b"Rar!\x1a\x07\x00xxxx", "is a RAR archive"),
    "seven": (b"7z\xbc\xaf\x27\x1cxxxx", "is a 7-Zip archive"),
    "json": (b'{"deals": [{"id": 1}]}', "is JSON, not a table"),
    "xml": (b"<?xml version='1.0'?><deals/>", "is an XML document without a table"),
    "cut parquet": (b"PAR1" + b"\0" * 40, "is a broken Parquet file"),
    "cut gzip": (gzip.compress(b"a;b\n" * 5000)[:60], "cannot be read"),
    "cut zip": (b"PK\x03\x04" + b"\0" * 40, "is a broken ZIP or XLSX file"),
    "ole": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is not a workbook that can be read"),
    "page": (b"<html><body><p>502 Bad Gateway</p></body></html>", "no row has text in it"),
    "prose": ("Дорогой дневник\nСегодня шёл снег\n".encode(), "no column was recognised as"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_a_table_is_refused_in_a_sentence(tmp_path, name):
    content, reason = BROKEN[name]
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    assert reason in refusal(path, tmp_path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "does not exist; check the path" in refusal(tmp_path / "no.csv", tmp_path)
    (tmp_path / "deals.csv").mkdir()
    assert "is a folder; give the path of one file" in refusal(tmp_path / "deals.csv", tmp_path)


def test_a_zip_of_tables_says_what_is_inside(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deals.csv", "a;b\n1;2\n")
    assert "is a ZIP archive with deals.csv inside; unpack it" in refusal(path, tmp_path)


def workbook_with(path, sheet, *, copies=1):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for number in range(copies):
            archive.writestr(f"xl/worksheets/sheet{number + 1}.xml", sheet)


def test_a_zip_bomb_is_refused_by_the_sizes_in_its_directory(tmp_path):
    path = tmp_path / "bomb.xlsx"
    workbook_with(path, b" " * (40 << 20), copies=3)
    text = refusal(path, tmp_path)
    assert "would unpack to 120 MB from 0.1 MB" in text
    assert "the limit is 1024 MB and 200 times the size" in text


def test_a_bomb_of_two_gigabytes_is_refused_without_unpacking(tmp_path, monkeypatch):
    path = tmp_path / "bomb.xlsx"
    workbook_with(path, b"<worksheet/>")
    raw = bytearray(path.read_bytes())
    place = raw.rfind(b"PK\x01\x02")
    raw[place + 24 : place + 28] = struct.pack("<I", 2 << 30)
    path.write_bytes(bytes(raw))
    monkeypatch.setattr(workbook, "_check_member", pytest.fail)
    assert "would unpack to 2048 MB" in refusal(path, tmp_path)


def test_a_directory_that_lies_about_sizes_is_a_broken_workbook(tmp_path):
    path = tmp_path / "liar.xlsx"
    workbook_with(path, b"<worksheet>" + b"<row/>" * 1000 + b"</worksheet>")
    raw = bytearray(path.read_bytes())
    place = raw.rfind(b"PK\x01\x02")
    raw[place + 24 : place + 28] = struct.pack("<I", 100)
    path.write_bytes(bytes(raw))
    assert "is a broken XLSX file" in refusal(path, tmp_path)


def test_two_cells_at_opposite_corners_of_a_sheet_do_not_exhaust_memory(tmp_path):
    path = tmp_path / "sparse.xlsx"
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    workbook_with(path, b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>")
    assert "spans 1048576 rows and 16384 columns" in refusal(path, tmp_path)


def test_a_file_where_most_rows_do_not_fit_is_refused_as_a_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Клиент;Дата;Сумма\n" + "а;б;в;г;д\n" * 5 + "а;1;2\n", encoding="utf-8")
    assert "5 of 6 rows do not fit the header of 3 columns" in refusal(path, tmp_path)


def test_an_endless_line_is_refused_in_text_and_read_in_html(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "LINE_LIMIT", 1 << 20)
    path = tmp_path / "a.csv"
    path.write_text("x" * (3 << 20), encoding="utf-8")
    assert "has a line longer than 1 MB" in refusal(path, tmp_path)
    rows = "<tr><td>а</td><td>1</td><td>2</td></tr>" * 50_000
    path.write_text(f"<table><tr><td>Клиент</td><td>Дата</td><td>Сумма</td></tr>{rows}</table>", encoding="utf-8")
    assert read_file(path, workspace=tmp_path / "work").rows == 50_000


def test_missing_columns_are_named_with_the_headers_and_the_way_out(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Клиент;Когда;Сумма\nа;1;2\n", encoding="utf-8")
    text = refusal(path, tmp_path)
    assert "no column was recognised as the date (created_at or closed_at)" in text
    assert "the headers are 'Клиент', 'Когда', 'Сумма'" in text
    assert text.endswith('--map "Когда=created_at".')


def test_a_wrong_map_names_what_is_close(tmp_path):
    text = "Клиент;Дата;Сумма\nа;1;2\n"
    with pytest.raises(InputError, match="Header 'Суma' from the column map is not in the file"):
        read_text(tmp_path, text, columns={"Суma": "amount"})
    with pytest.raises(InputError, match="close to it: 'Сумма'"):
        read_text(tmp_path, text, columns={"Сума": "amount"})
    with pytest.raises(InputError, match="'amout' in the column map is not a field; close to it: amount"):
        read_text(tmp_path, text, columns={"Сумма": "amout"})
    with pytest.raises(InputError, match="'Дата', 'Сумма' are all mapped to amount, which takes one column"):
        read_text(tmp_path, text, columns={"Дата": "amount", "Сумма": "amount"})


def test_an_unknown_layout_lists_the_known_ones(tmp_path):
    with pytest.raises(OptionError, match="'order-lines'"):
        read_text(tmp_path, "Клиент;Дата;Сумма\nа;1;2\n", layout="sales")


def test_a_workspace_that_is_a_file_is_named(tmp_path):
    (tmp_path / "work").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        read_file(SAMPLES / "amocrm" / "export_leads_utf8bom.csv", workspace=tmp_path / "work")


@pytest.mark.parametrize("name", sorted(set(BROKEN) - {"header", "header and empty rows", "prose"}))
def test_a_preview_refuses_the_same_files(tmp_path, name):
    path = tmp_path / "file.csv"
    path.write_bytes(BROKEN[name][0])
    with pytest.raises(InputError):
        preview(path)
