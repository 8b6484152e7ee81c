"""Text tables: whatever encoding, delimiter and line end, the cells come back as they were."""

import contextlib
import csv
import gzip
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading_kit import cells, read_text

from kogorta.base.intake import RejectedRow
from kogorta.kit.errors import InputError
from kogorta.sources.files import dialects, direct, encodings, read_file
from kogorta.sources.files.staging import SPACES

HEADERS = ("Клиент", "Дата", "Сумма", "Товар", "Телефон")
FIELDS = ("customer_name", "created_at", "amount", "product", "phone")
LETTERS = "абвгдежзиклмнопрстуфАБВГДЕЖЗ abcXYZ0123456789.,;:|\t\"'«»№=+-@<>&\n"
quick = settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

tables = st.lists(st.tuples(*[st.text(st.sampled_from(LETTERS), max_size=12) for _ in HEADERS]), min_size=1, max_size=12).filter(
    lambda rows: any(any(cell.strip(SPACES) for cell in row) for row in rows)
)


def written(rows, delimiter, line_end, quoting, *, trailing=False):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerows([[*row, *([""] if trailing else [])] for row in (HEADERS, *rows)])
    return out.getvalue()


def expected(rows):
    for number, row in enumerate(rows, start=2):
        kept = [cell.replace("\r\n", "\n").replace("\r", "\n").strip(SPACES) or None for cell in row]
        if any(kept):
            yield {"row_no": number, **dict(zip(FIELDS, kept, strict=True))}


def by_field(found):
    return [{name: row[name] for name in ("row_no", *FIELDS)} for row in found]


@quick
@given(
    rows=tables,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1251", "utf-16"]),
    delimiter=st.sampled_from([";", ",", "\t", "|"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    trailing=st.booleans(),
)
def test_any_table_written_by_the_book_is_read_back_exactly(tmp_path, rows, encoding, delimiter, line_end, quoting, trailing):
    text = written(rows, delimiter, line_end, quoting, trailing=trailing)
    extract = read_text(tmp_path, text, encoding=encoding)
    found = list(expected(rows))
    assert by_field(cells(extract)) == found
    assert (extract.rows, extract.rejected) == (len(found), ())
    assert extract.encoding == {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)


@quick
@given(
    body=st.lists(st.lists(st.text(st.sampled_from('аб1 ";\n\r,'), max_size=6), min_size=1, max_size=6).map(";".join), max_size=8),
    encoding=st.sampled_from(["utf-8", "cp1251"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_the_short_way_refuses_or_agrees_with_the_careful_one(tmp_path, monkeypatch, body, encoding, line_end):
    text = line_end.join([";".join(HEADERS), "ООО;1;2;3;4", *body]) + line_end
    results = []
    for large in (1 << 40, 0):
        monkeypatch.setattr(encodings, "LARGE", large)
        monkeypatch.setattr(direct, "LARGE", large)
        try:
            extract = read_text(tmp_path, text, encoding=encoding)
            results.append((cells(extract), extract.rows, extract.rejected, extract.notes))
        except InputError as error:
            results.append(str(error))
    assert results[0] == results[1]


def test_a_large_clean_file_goes_the_short_way_with_right_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "LARGE", 0)
    monkeypatch.setattr(direct, "LARGE", 0)
    taken = []
    whole = direct.stage_directly
    monkeypatch.setattr("kogorta.sources.files.reading.stage_directly", lambda *given: taken.append(whole(*given)) or taken[-1])
    rows = [(f"«Клиент» {n}\u00a0", "01.02.2026", f"{n},50", 'курс "А"\nмодуль', "") for n in range(30_000)]
    extract = read_text(tmp_path, written(rows, ";", "\n", csv.QUOTE_ALL, trailing=True), encoding="cp1251")
    assert taken == [30_000]
    assert by_field(cells(extract)) == list(expected(rows))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("к 77;", "к 77;;;;;лишнее;", 1),
        lambda text: text.replace("к 77;", 'к "77";', 1),
        lambda text: text.replace("к 77;", '"к 77;', 1),
        lambda text: text.replace("\nк 77;", "\n\nк 77;", 1),
        lambda text: text.replace("к 77;", ";;;;\nк 77;", 1),
        lambda text: text + '"',
        lambda text: text.replace("к 77;", "к\0 77;", 1),
    ],
)
def test_a_large_file_with_one_doubtful_row_is_read_carefully(tmp_path, monkeypatch, spoil):
    text = spoil(written([(f"к {n}", "01.02.2026", "5", "т", "") for n in range(300)], ";", "\n", csv.QUOTE_MINIMAL))
    careful = read_text(tmp_path, text)
    monkeypatch.setattr(encodings, "LARGE", 0)
    monkeypatch.setattr(direct, "LARGE", 0)
    short = read_text(tmp_path, text)
    assert cells(careful) == cells(short)
    assert careful.rejected == short.rejected
    assert careful.rows == short.rows == len(cells(careful)) + len(careful.rejected)


def test_a_row_with_more_cells_than_the_header_is_rejected_with_its_text(tmp_path):
    extract = read_text(tmp_path, "Клиент;Дата;Сумма\nа;1;2\nб;1;2;;\nв;1;ТЗ;2\n")
    assert extract.rejected == (RejectedRow(4, "4 cells where the header has 3", "в | 1 | ТЗ | 2"),)
    assert [row["row_no"] for row in cells(extract)] == [2, 3]
    assert extract.rows == 3


def test_a_cell_shifted_into_the_nameless_last_column_is_rejected(tmp_path):
    extract = read_text(tmp_path, "Клиент;Дата;Сумма;\nа;1;2;\nб; с точкой;1;2;\n")
    assert [row.row_no for row in extract.rejected] == [3]


def test_a_short_row_is_filled_up_and_said_so(tmp_path):
    extract = read_text(tmp_path, "Клиент;Дата;Сумма\nа;1;2\nб;1\n")
    assert cells(extract)[1] == {"row_no": 3, "customer_name": "б", "created_at": "1", "amount": None}
    assert extract.notes == ("1 rows were shorter than the header; the missing cells count as empty.",)


def test_a_quote_that_is_never_closed_loses_one_row_and_not_the_rest(tmp_path):
    body = "".join(f"к{n};1;2\n" for n in range(50))
    extract = read_text(tmp_path, f'Клиент;Дата;Сумма\nа;1;2\n"б;1;2\n{body}')
    assert extract.rejected == (RejectedRow(3, "a quote is opened and not closed", '"б;1;2\n'),)
    assert [row["customer_name"] for row in cells(extract)] == ["а", *(f"к{n}" for n in range(50))]


def test_a_stray_quote_does_not_reach_for_the_next_quoted_cell(tmp_path):
    extract = read_text(tmp_path, 'Клиент;Дата;Сумма\n"б;1;2\nв;1;2\n"г";1;2\n"д";1;2\n')
    assert [row.row_no for row in extract.rejected] == [2]
    assert [row["customer_name"] for row in cells(extract)] == ["в", "г", "д"]


def test_a_quote_left_open_in_the_last_line_is_rejected(tmp_path):
    extract = read_text(tmp_path, 'Клиент;Дата;Сумма\nа;1;2\nб;1;"2')
    assert [(row.row_no, row.raw) for row in extract.rejected] == [(3, 'б;1;"2')]


def test_undoubled_quotes_inside_a_quoted_cell_keep_the_row(tmp_path):
    extract = read_text(tmp_path, 'Клиент;Дата;Сумма\n"ООО "Ромашка"";1;2\nИП "А";1;2\n')
    assert [row["customer_name"] for row in cells(extract)] == ['ООО Ромашка""', 'ИП "А"']


def test_line_breaks_inside_cells_do_not_move_row_numbers(tmp_path):
    extract = read_text(tmp_path, 'Клиент;Дата;Сумма\r\n"а\r\nб\rв";1;2\r\nг;1;2\r\n')
    assert [(row["row_no"], row["customer_name"]) for row in cells(extract)] == [(2, "а\nб\nв"), (3, "г")]


@pytest.mark.parametrize("length", [10_000, 10 << 20])
def test_a_very_long_cell_is_kept_whole(tmp_path, length):
    extract = read_text(tmp_path, f"Клиент;Дата;Сумма\n{'я' * length};1;2\nб;1;2\n")
    assert [len(row["customer_name"]) for row in cells(extract)] == [length, 1]


def test_nul_characters_are_removed_and_said_so(tmp_path):
    extract = read_text(tmp_path, "Клиент;Дата;Сумма\nа\0б;1;2\n")
    assert cells(extract)[0]["customer_name"] == "аб"
    assert extract.notes == ("NUL characters were removed.",)


def test_cells_that_look_like_formulas_are_only_text(tmp_path):
    extract = read_text(tmp_path, "Клиент;Дата;Сумма\n=1+1;@x;-5\n")
    assert cells(extract) == [{"row_no": 2, "customer_name": "=1+1", "created_at": "@x", "amount": "-5"}]


def test_one_broken_byte_does_not_turn_a_utf8_file_into_windows_1251(tmp_path):
    path = tmp_path / "a.csv"
    text = "Клиент;Дата;Сумма\n" + "ООО «Ромашка»;01.02.2026;5\n" * 20
    path.write_bytes(text.encode() + b"\xff;1;2\n")
    extract = read_file(path, workspace=tmp_path)
    assert (extract.encoding, cells(extract)[-1]["customer_name"]) == ("utf-8", "\ufffd")
    assert extract.notes == ("1 characters are not utf-8 and were read as \ufffd.",)


def test_the_encoding_is_told_by_the_whole_file_and_not_by_its_head(tmp_path):
    text = "customer_id;date;amount;product\n" + "1;2026-01-01;5;x\n" * 100_000 + "2;2026-01-01;5;Курс «Ёлка»\n"
    extract = read_text(tmp_path, text, encoding="cp1251")
    assert (extract.encoding, cells(extract)[-1]["product"]) == ("cp1251", "Курс «Ёлка»")


@pytest.mark.parametrize("encoding", ["cp866", "koi8-r", "mac-cyrillic"])
def test_other_cyrillic_code_pages_are_recognised_by_their_letters(tmp_path, encoding):
    text = "Клиент;Дата;Сумма\nОбщество с ограниченной ответственностью;01.02.2026;5\n" * 3
    assert read_text(tmp_path, text, encoding=encoding).encoding == encoding


def test_utf16_without_a_mark_is_recognised(tmp_path):
    extract = read_text(tmp_path, "customer_id;date;amount\n1;2026-01-31;5\n", encoding="utf-16-le")
    assert (extract.encoding, extract.rows) == ("utf-16-le", 1)


def test_a_gzip_file_is_read_as_the_table_inside(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("Клиент;Дата;Сумма\nа;1;2\n".encode("cp1251")))
    assert cells(read_file(path, workspace=tmp_path))[0]["customer_name"] == "а"


def test_the_separator_line_of_excel_names_the_delimiter(tmp_path):
    extract = read_text(tmp_path, "sep=,\nКлиент,Дата,Сумма\n«а;б»,1,2\n")
    assert cells(extract) == [{"row_no": 3, "customer_name": "«а;б»", "created_at": "1", "amount": "2"}]


def test_decimal_commas_do_not_pass_for_delimiters(tmp_path):
    extract = read_text(tmp_path, "Клиент;Сумма, руб.;Дата\nа;12,50;1\nб;13,00;1\n")
    assert extract.headers == {"amount": "Сумма, руб.", "created_at": "Дата", "customer_name": "Клиент"}


def test_title_rows_above_the_header_and_empty_rows_are_skipped_and_said_so(tmp_path):
    extract = read_text(tmp_path, "Отчёт по продажам;;\n;;\nКлиент;Дата;Сумма\nа;1;2\n\n;;\nб;1;2\n")
    assert [row["row_no"] for row in cells(extract)] == [4, 7]
    assert extract.notes == ("1 rows above the header in row 3 were skipped.", "2 empty rows were skipped.")


def test_the_digest_is_that_of_the_bytes_and_the_staged_file_follows_the_map(tmp_path):
    text = "Клиент;Дата;Сумма;Прочее\nа;1;2;3\n"
    first = read_text(tmp_path, text)
    again = read_text(tmp_path, text)
    other = read_text(tmp_path, text, columns={"Прочее": "discount"})
    assert first == again
    assert first.digest == other.digest
    assert first.staged != other.staged
    assert sorted(path.name for path in first.staged.parent.iterdir()) == sorted({first.staged.name, other.staged.name})


def test_a_path_with_glob_signs_and_quotes_is_only_a_path(tmp_path):
    folder = tmp_path / "[a]*b'c"
    folder.mkdir()
    extract = read_text(folder, "Клиент;Дата;Сумма\nа;1;2\n", name="f[1]?.csv")
    assert (extract.source, extract.rows) == ("f[1]?.csv", 1)


def test_accented_latin_letters_are_not_read_as_russian(tmp_path):
    text = "Client;Date;Amount\nSociété Générale;1;2\nCafé;1;2\n"
    assert cells(read_text(tmp_path, text, encoding="cp1252"))[0]["customer_name"] == "Société Générale"


def test_headers_in_angle_brackets_are_still_a_table(tmp_path):
    assert read_text(tmp_path, "<CLIENT>;<DATE>;<AMOUNT>\na;1;2\n").headers["amount"] == "<AMOUNT>"


def test_a_long_cell_in_the_head_does_not_hide_the_delimiter(tmp_path):
    text = "Клиент|Дата|Сумма\n" + "я" * 200_000 + "|1|2\n"
    csv.field_size_limit(131_072)
    assert dialects.dialect_of(text).delimiter == "|"


def test_progress_names_its_steps_and_counts_every_row(tmp_path):
    seen = {}

    class Step:
        def __init__(self, name):
            self.name = name

        def advance(self, rows):
            seen[self.name] = seen.get(self.name, 0) + rows

    class Progress:
        @contextlib.contextmanager
        def step(self, name, total=None):
            yield Step(name)

    read_text(tmp_path, "Клиент;Дата;Сумма\n" + "а;1;2\n" * 25_000, progress=Progress())
    assert seen == {"Checking the file": 25_001, "Reading the rows": 25_000, "Storing the rows": 25_000}
