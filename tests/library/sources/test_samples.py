"""Every export among the samples is read right."""

import duckdb
import pytest
from reading_kit import SAMPLES, SHARED, cells

from kogorta.kit.errors import InputError
from kogorta.sources.files import read_file

BITRIX = SAMPLES / "bitrix24"


def deals(name, tmp_path):
    return read_file(BITRIX / name, workspace=tmp_path)


def test_three_bitrix24_encodings_of_one_export_give_the_same_cells(tmp_path):
    marked = deals("export_deals_utf8bom.csv", tmp_path)
    old = deals("export_deals_cp1251.csv", tmp_path)
    html = deals("export_deals_html.xls", tmp_path)
    assert (marked.encoding, old.encoding, html.encoding) == ("utf-8", "cp1251", "html")
    assert cells(marked) == cells(old) == cells(html)
    assert marked.headers == old.headers == html.headers
    assert {marked.layout, old.layout, html.layout} == {"bitrix24"}


def test_a_bitrix24_deal_has_its_buyer_its_product_and_every_phone(tmp_path):
    first, second, lost, last = cells(deals("export_deals_cp1251.csv", tmp_path))
    assert first == {
        "row_no": 2,
        "order_id": "1041",
        "title": "Курс «Управление продажами», 12 мест",
        "pipeline": "Общая",
        "stage": "Сделка успешна",
        "closed": "Да",
        "amount": "400000",
        "currency": "Российский рубль",
        "created_at": "03.02.2026 09:15:44",
        "closed_at": "01.03.2026",
        "channel": "Веб-сайт",
        "manager": "Иван Менеджеров",
        "product": "Курс базовый",
        "quantity": "10",
        "price": "40000",
        "company_id": "311",
        "company": "ООО «Пример-Строй»",
        "company_industry": "Строительство",
        "company_phone": "84950000001",
        "company_email": None,
        "inn": "7707083893",
        "kpp": "770701001",
        "ogrn": "1027700132195",
        "contact_id": "2071",
        "contact": "Тестова Анна Игоревна",
        "job_title": "Коммерческий директор",
        "birth_on": "12.04.1985",
        "phone": "8 (999) 000-00-01, 8 999 000-00-11, +7 999 000 00 02",
        "email": "anna@example.ru, info@example.ru",
    }
    assert (second["order_id"], second["amount"], second["product"]) == ("1041", "50000", "Курс расширенный")
    assert (lost["stage"], lost["title"], lost["company"]) == ("Сделка провалена", "Вебинар; пробный", None)
    assert (last["title"], last["inn"], last["kpp"]) == ('Пакет "Эксперт"', "500100732259", None)


def test_an_export_saved_again_by_excel_differs_only_where_excel_changed_it(tmp_path):
    original = cells(deals("export_deals_utf8bom.csv", tmp_path))
    saved = cells(deals("export_deals_resaved_excel_ru_cp1251.csv", tmp_path))
    changed = {
        (place, field): (row[field], saved[place][field])
        for place, row in enumerate(original)
        for field in row
        if row[field] != saved[place][field]
    }
    assert changed == {
        (0, "amount"): ("400000", "400\u00a0000,00"),
        (1, "amount"): ("50000", "50\u00a0000,00"),
        (2, "amount"): ("12500.5", "12\u00a0500,50"),
        (3, "amount"): ("99000.00", "99\u00a0000,00"),
        (0, "ogrn"): ("1027700132195", "1,0277E+12"),
        (1, "ogrn"): ("1027700132195", "1,0277E+12"),
    }


def test_a_true_workbook_gives_the_same_cells_with_numbers_as_plain_text(tmp_path):
    original = cells(deals("export_deals_utf8bom.csv", tmp_path))
    extract = read_file(SAMPLES / "excel" / "export_deals_true.xlsx", workspace=tmp_path)
    original[3]["amount"] = "99000"  # a number in Excel has no trailing zeros
    assert cells(extract) == original
    assert (extract.encoding, extract.layout, extract.rows) == ("xlsx", "bitrix24", 4)


def test_requisites_on_rows_of_their_own_take_the_contact_from_the_row_above(tmp_path):
    extract = deals("export_contacts_requisites_multiline_utf8.csv", tmp_path)
    anna = {"contact_id": "2071", "contact": "Тестова Анна", "phone": "8 (999) 000-00-01", "email": "anna@example.ru"}
    assert extract.layout == "contacts"
    rows = cells(extract)
    assert [row.pop("attributes") is not None for row in rows] == [True, True, False]
    assert rows == [
        {"row_no": 2, "inn": "7707083893", **anna},
        {"row_no": 3, "inn": "500100732259", **anna},
        {
            "row_no": 4,
            "inn": None,
            "contact_id": "2073",
            "contact": "Образцов Пётр",
            "phone": "89990000003",
            "email": "petr@example.ru",
        },
    ]
    assert extract.notes == ("1 rows held only requisites and took the other cells from the row above.",)


def test_an_amocrm_export_keeps_its_words_and_both_companies(tmp_path):
    extract = read_file(SAMPLES / "amocrm" / "export_leads_utf8bom.csv", workspace=tmp_path)
    won, running = cells(extract)
    assert extract.layout == "amocrm"
    assert extract.headers["company"] == "Компания + Компания контакта"
    assert (won["amount"], won["stage"], won["channel"]) == ("450000", "Успешно реализовано", "yandex")
    assert won["phone"] == "'+79990000001, '+79990000002"
    assert (running["closed_at"], running["company"]) == ("не закрыта", None)


def test_online_retail_is_order_lines_by_its_header_alone(tmp_path):
    extract = read_file(SHARED / "data" / "online_retail.parquet", workspace=tmp_path)
    assert (extract.layout, extract.rows, extract.encoding) == ("order-lines", 541_909, "parquet")
    assert extract.headers == {
        "order_id": "InvoiceNo",
        "created_at": "InvoiceDate",
        "product_id": "StockCode",
        "product": "Description",
        "quantity": "Quantity",
        "price": "UnitPrice",
        "customer_id": "CustomerID",
        "country": "Country",
    }
    summary = duckdb.sql(
        "SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id), count(*) - count(customer_id), "
        "min(row_no), max(row_no), round(sum(CAST(quantity AS DOUBLE) * CAST(price AS DOUBLE)), 3), min(created_at) "
        f"FROM read_parquet('{extract.staged}')"
    ).fetchone()
    assert summary == (541_909, 25_900, 4_372, 135_080, 2, 541_910, 9_747_747.934, "2010-12-01 08:26:00")


def test_a_bitrix24_lead_export_gives_people_and_no_sales(tmp_path):
    header = (SHARED / "data" / "bitrix24_lead_export_header.csv").read_text(encoding="utf-8").splitlines()[0]
    values = {"ID": "7", "Имя": "Анна", "Фамилия": "Тестова", "Сумма": "100.00", "Рабочий телефон": "3,8E+11"}
    path = tmp_path / "LEAD.csv"
    row = ";".join(values.get(name, "") for name in header.split(";"))
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    extract = read_file(path, workspace=tmp_path)
    (lead,) = cells(extract)
    assert extract.layout == "contacts"
    assert "amount" not in lead
    assert "contact_id" not in lead
    assert (lead["contact"], lead["phone"]) == ("Тестова Анна", "3,8E+11")
    assert extract.notes[-1].startswith("These are leads")


def test_a_header_without_rows_is_refused(tmp_path):
    with pytest.raises(InputError, match="has a header in row 1 and no rows below it"):
        read_file(SHARED / "data" / "bitrix24_lead_export_header.csv", workspace=tmp_path)
