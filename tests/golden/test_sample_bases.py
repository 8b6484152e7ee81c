"""Every export among the samples gives the right base, whatever it was encoded in."""

from datetime import date

import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.sources.files import read_file

MARKED, OLD, HTML = "export_deals_utf8bom.csv", "export_deals_cp1251.csv", "export_deals_html.xls"
RESAVED = "export_deals_resaved_excel_ru_cp1251.csv"
REQUISITES = "export_contacts_requisites_multiline_utf8.csv"


@pytest.fixture
def base_of(shared, tmp_path):
    def made(*names):
        base = CustomerBase(None)
        for name in names:
            base.add(read_file(shared / "samples" / name, workspace=tmp_path))
        return base

    return made


@pytest.fixture
def marked(base_of):
    return base_of(f"bitrix24/{MARKED}")


@pytest.mark.parametrize("name", [OLD, HTML])
def test_three_bitrix24_encodings_of_one_export_give_one_base(base_of, marked, tables_of, name):
    assert tables_of(base_of(f"bitrix24/{name}")) == tables_of(marked)


def test_a_true_workbook_gives_the_same_base(base_of, marked, tables_of):
    assert tables_of(base_of("excel/export_deals_true.xlsx")) == tables_of(marked)


def test_a_file_saved_again_by_excel_differs_only_in_the_registration_number_excel_spoilt(base_of, marked, tables_of):
    saved = base_of(f"bitrix24/{RESAVED}")
    left, right = tables_of(marked), tables_of(saved)
    assert {name for name in left if left[name] != right[name]} == {"customers", "entities"}
    for table in ("customers", "entities"):
        before, after = ({tuple(row.items()) for row in base.table(table).dicts()} for base in (marked, saved))
        changed = {pair for one in before ^ after for pair in one} - {pair for one in before & after for pair in one}
        assert {name for name, _ in changed - set.intersection(*map(set, before ^ after))} == {"ogrn"}


def test_the_bitrix24_deal_is_the_sum_of_its_products_on_the_day_it_was_closed(marked):
    rows = {row["order_id"]: row for row in marked.table("orders").dicts()}
    assert set(rows) == {"1041", "1042", "1043"}
    deal = rows["1041"]
    assert (deal["status"], deal["amount"], deal["ordered_on"], deal["customer_id"]) == (
        "won",
        45_000_000,
        date(2026, 3, 1),
        "company-311",
    )
    assert (rows["1042"]["status"], rows["1042"]["amount"], rows["1042"]["customer_id"]) == ("lost", 1_250_050, "contact-2073")
    assert (rows["1043"]["status"], rows["1043"]["amount"], rows["1043"]["customer_id"]) == ("won", 9_900_000, "company-312")
    assert [(row["order_id"], row["name"], row["amount"]) for row in marked.table("order_lines").dicts()] == [
        ("1041", "Курс базовый", 40_000_000),
        ("1041", "Курс расширенный", 5_000_000),
    ]


def test_customers_of_bitrix24_have_their_requisites_and_normal_contacts(marked):
    rows = {row["customer_id"]: row for row in marked.table("customers").dicts()}
    company = rows["company-311"]
    assert (company["kind"], company["name"], company["inn"], company["kpp"], company["ogrn"]) == (
        "company",
        "ООО «Пример-Строй»",
        "7707083893",
        "770701001",
        "1027700132195",
    )
    assert (company["phone"], company["email"]) == ("+74950000001", "anna@example.ru")
    assert (rows["contact-2073"]["kind"], rows["contact-2073"]["phone"], rows["contact-2073"]["email"]) == (
        "person",
        "+79990000003",
        "petr@example.ru",
    )
    assert rows["company-312"]["email"] == "office@example.org"


def test_every_row_of_every_sample_is_accounted_for(base_of):
    for name, rows in ((f"bitrix24/{MARKED}", 4), (f"bitrix24/{REQUISITES}", 3), ("amocrm/export_leads_utf8bom.csv", 2)):
        account = base_of(name).audit().accounting
        assert (account.rows_read, account.rows_used, account.rows_merged, account.rows_quarantined) == (rows, rows, 0, 0), name


def test_requisites_join_the_card_they_belong_to_and_leave_the_company_its_name(base_of):
    base = base_of(f"bitrix24/{MARKED}", f"bitrix24/{REQUISITES}")
    rows = {row["customer_id"]: row for row in base.table("customers").dicts()}
    assert set(rows) == {"company-311", "company-312", "contact-2073"}
    assert rows["company-311"]["name"] == "ООО «Пример-Строй»"
    assert [(row["kept_id"], row["merged_id"], row["evidence"]) for row in base.table("merges").dicts()] == [
        ("company-311", "contact-2071", "inn")
    ]


def test_amocrm_leads_are_orders_of_the_company_with_the_stage_translated(base_of):
    base = base_of("amocrm/export_leads_utf8bom.csv")
    rows = {row["order_id"]: row for row in base.table("orders").dicts()}
    assert {name: row["status"] for name, row in rows.items()} == {"19619": "won", "19620": "open"}
    assert (rows["19619"]["amount"], rows["19619"]["ordered_on"]) == (45_000_000, date(2026, 3, 1))
    customer = next(row for row in base.table("customers").dicts() if row["kind"] == "company")
    assert (customer["name"], customer["phone"], customer["email"]) == ("ООО «Пример-Строй»", "+79990000001", "anna@example.ru")
