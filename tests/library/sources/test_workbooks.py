"""Workbooks and HTML tables give the same text a CSV export would hold."""

import datetime as dt

import pytest
import xlsxwriter
from reading_kit import cells, read_text

from kogorta.kit.errors import InputError
from kogorta.sources.files import read_file
from kogorta.sources.files.workbook import text_of


def moment(*parts):
    return dt.datetime(*parts)  # noqa: DTZ001 - Excel knows no zones


def workbook(path, *sheets):
    """A workbook of (name, function that fills the sheet) pairs."""
    with xlsxwriter.Workbook(str(path)) as book:
        formats = {
            "day": book.add_format({"num_format": "dd.mm.yyyy"}),
            "moment": book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"}),
        }
        for name, fill in sheets:
            fill(book.add_worksheet(name), formats)
    return path


def sales(sheet, formats):
    sheet.write(0, 0, "Отчёт по продажам за март")
    sheet.write_row(2, 0, ["Клиент", "ИНН", "Дата", "Сумма", "Сделка закрыта", "Дата оплаты"])
    sheet.write_string(3, 0, " ООО «Ромашка» ")
    sheet.write_number(3, 1, 7707083893)
    sheet.write_datetime(3, 2, moment(2026, 1, 31), formats["day"])
    sheet.write_formula(3, 3, "=1/3", None, 12500.5)
    sheet.write_boolean(3, 4, True)
    sheet.write_datetime(3, 5, moment(2026, 2, 1, 9, 15, 44), formats["moment"])
    sheet.write_string(5, 0, "ИП")
    sheet.write_string(5, 1, "0123456789")
    sheet.write_string(5, 2, "01.02.2026")
    sheet.write_number(5, 3, -7)
    sheet.write_boolean(5, 4, False)


def test_values_of_excel_become_plain_text_with_rows_as_excel_numbers_them(tmp_path):
    extract = read_file(workbook(tmp_path / "book.csv", ("Лист1", sales)), workspace=tmp_path)
    first = {
        "row_no": 4, "closed": "Да", "amount": "12500.5", "created_at": "2026-01-31",
        "closed_at": "2026-02-01 09:15:44", "customer_name": "ООО «Ромашка»", "inn": "7707083893",
    }  # fmt: skip
    second = {
        "row_no": 6, "closed": "Нет", "amount": "-7", "created_at": "01.02.2026", "closed_at": None,
        "customer_name": "ИП", "inn": "0123456789",
    }  # fmt: skip
    assert cells(extract) == [first, second]
    assert extract.notes == ("1 rows above the header in row 3 were skipped.", "1 empty rows were skipped.")


def test_the_sheet_with_the_most_rows_is_read_unless_another_is_named(tmp_path):
    def small(sheet, _):
        sheet.write_row(0, 0, ["customer_id", "date", "amount"])
        sheet.write_row(1, 0, ["7", "2026-01-01", "5"])

    def hidden(sheet, _):
        sheet.hide()
        sheet.write_column(0, 0, ["x"] * 99)

    path = workbook(tmp_path / "a.xlsx", ("Итоги", small), ("Продажи", sales), ("Служебный", hidden))
    extract = read_file(path, workspace=tmp_path)
    assert extract.rows == 2
    assert extract.notes[0] == "Sheet 'Продажи' was read; not read: 'Итоги'."
    assert cells(read_file(path, workspace=tmp_path, sheet="Итоги"))[0]["customer_id"] == "7"
    with pytest.raises(InputError, match="has no sheet 'Лист9'; its sheets are 'Итоги', 'Продажи', 'Служебный'"):
        read_file(path, workspace=tmp_path, sheet="Лист9")


def test_a_range_merged_downwards_fills_every_row_of_it(tmp_path):
    def merged(sheet, _):
        sheet.write_row(0, 0, ["Номер заказа", "Клиент", "Дата", "Товар", "Количество", "Цена"])
        sheet.merge_range(1, 0, 2, 0, "77")
        sheet.merge_range(1, 1, 2, 1, "ООО")
        sheet.write_row(1, 2, ["01.02.2026", "А", 1, 10])
        sheet.write_row(2, 2, ["01.02.2026", "Б", 2, 20])

    extract = read_file(workbook(tmp_path / "a.xlsx", ("Лист1", merged)), workspace=tmp_path)
    assert [(row["order_id"], row["customer_name"], row["product"]) for row in cells(extract)] == [
        ("77", "ООО", "А"),
        ("77", "ООО", "Б"),
    ]
    assert extract.notes == ("2 cells below the top of merged ranges took the value of the range.",)


def test_a_workbook_without_cells_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ("Лист1", lambda *_: None))
    with pytest.raises(InputError, match="has no sheet with cells in it"):
        read_file(path, workspace=tmp_path)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"), (-0.5, "-0.5"), (1e20, "100000000000000000000"), (1e-7, "0.0000001"), (True, "Да"), (None, ""),
        (dt.time(9, 5), "09:05:00"), ("a\r\nb", "a\nb"), ("a_x000D_\nb", "a\nb"),
        (moment(2026, 1, 31, 23, 59, 59, 999_000), "2026-02-01 00:00:00"),
    ],
)  # fmt: skip
def test_a_value_has_one_text(value, text):
    assert text_of(value) == text


HEAD = "<tr><th>Клиент</th><th>Дата</th><th>Сумма</th></tr>"


def html(tmp_path, rows, *, encoding="utf-8", before="<table>"):
    return read_text(tmp_path, f"{before}{HEAD}{rows}</table>", encoding=encoding, name="deals.xls")


def test_markup_inside_a_cell_stays_and_a_wrapper_around_it_goes(tmp_path):
    rows = (
        "<tr><td>А <b>Б</b> &lt;i&gt;В &amp; Г</td><td>1</td><td><font color=red>5&nbsp;000</font></td></tr>"
        "<tr><td>Б<table><tr><td>внутри</td></tr></table></td><td>2</td><td></td></tr>"
        "<tr><td>В<br>Г</td><td>3</td><td>7</td></tr>"
    )
    assert [tuple(row.values()) for row in cells(html(tmp_path, rows))] == [
        (2, "5\u00a0000", "1", "А <b>Б</b> <i>В & Г"),
        (3, None, "2", "Б<table><tr><td>внутри</td></tr></table>"),
        (4, "7", "3", "В<br>Г"),
    ]


def test_the_bytes_of_an_html_table_decide_its_encoding_and_not_its_meta(tmp_path):
    meta = '<meta http-equiv="Content-type" content="text/html;charset=UTF-8" /><table>'
    extract = html(tmp_path, "<tr><td>Ёлка</td><td>1</td><td>2</td></tr>", encoding="cp1251", before=meta)
    assert cells(extract)[0]["customer_name"] == "Ёлка"


def test_spans_of_an_html_table_keep_the_columns_in_place(tmp_path):
    rows = "<tr><td rowspan=2>А</td><td>1</td><td>5</td></tr><tr><td>2</td><td>6</td></tr><tr><td colspan='2'>Итого</td><td>11</td></tr>"
    assert [tuple(row.values()) for row in cells(html(tmp_path, rows))] == [
        (2, "5", "1", "А"),
        (3, "6", "2", "А"),
        (4, "11", None, "Итого"),
    ]


def test_an_html_row_broken_by_stray_markup_is_rejected_and_the_others_stay(tmp_path):
    rows = "<tr><td>А</td><td>1</td><td>5</td></tr><tr><td>Б</td><td>лишняя</td><td>1</td><td>6</td></tr><tr><td>В<td>1<td>7"
    extract = html(tmp_path, rows)
    assert [row["customer_name"] for row in cells(extract)] == ["А", "В"]
    assert [(row.row_no, row.reason) for row in extract.rejected] == [(3, "4 cells where the header has 3")]
