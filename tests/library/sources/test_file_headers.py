"""Headers find their fields, and doubtful ones find none."""

import pytest

from kogorta.base.intake import FIELDS, LAYOUTS
from kogorta.sources.files import vocabulary
from kogorta.sources.files.headers import clean_headers, map_headers, normalise
from kogorta.sources.files.layouts import recognise


def only(header, layout="orders"):
    """The field of one header, or None."""
    found = map_headers([header], layout).fields
    return next(iter(found), None)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("CustomerID", "customer_id"),
        ("Customer ID", "customer_id"),
        ("client_id", "customer_id"),
        ("InvoiceNo", "order_id"),
        ("order_id", "order_id"),
        ("№ заказа", "order_id"),
        ("Номер заказа", "order_id"),
        ("InvoiceDate", "created_at"),
        ("Invoice Date", "created_at"),
        ("order_purchase_timestamp", "created_at"),
        ("дата", "created_at"),
        ("Дата оплаты", "closed_at"),
        ("UnitPrice", "price"),
        ("StockCode", "product_id"),
        ("total", "amount"),
        ("Revenue", "amount"),
        ("Сумма, ₽", "amount"),
        ("СУММА (руб.)", "amount"),
        ("Заказа сумма", "amount"),
        ("Клиент", "customer_name"),
        ("Покупатель", "customer_name"),
        ("ИНН", "inn"),
        ("ИНН организации", "inn"),
        ("Реквизит (Россия): ИНН", "inn"),
        ("Client INN", "inn"),
        ("E-mail", "email"),
        ("Эл. почта клиента", "email"),
        ("Тел.", "phone"),
        ("Рабочий телефон (компания)", "company_phone"),
        ("Компания: Рабочий e-mail", "company_email"),
        ("Полное имя (контакт)", "contact"),
        ("Отвественный", "manager"),
        ("Колличество", "quantity"),
        ("Населённый пункт", "city"),
    ],
)
def test_a_header_fills_its_field(header, field):
    assert only(header) == field


@pytest.mark.parametrize(
    "header",
    [
        "Сумма, тыс. руб.", "Дата изменения", "Дата следующего контакта", "Contract ID", "Contract name", "Номер факса",
        "Номер пейджера", "ИНН банка", "Источник телефона", "Комментарий", "Сумка", "Data", "Кем создана сделка",
        "Ответственный за контакт", "UF_CRM_TRANID", "Корпоративный сайт", "Старая цена", "Адрес сайта", "Контакт Skype",
        "Количество сотрудников", "updated_at", "Планируемая сумма", "email_opened", "phone verified",
    ],
)  # fmt: skip
def test_a_doubtful_header_fills_nothing(header):
    assert only(header) is None


def test_two_columns_never_fill_one_single_field():
    found = map_headers(["Дата", "Дата заказа", "Сумма", "Итого"], "orders")
    assert found.sources == {"amount": "Сумма", "created_at": "Дата заказа"}
    assert found.ignored == ("Дата", "Итого")
    assert found.notes == (
        "Columns 'Дата заказа' and 'Дата' could both be created_at; the first is used.",
        "Columns 'Сумма' and 'Итого' could both be amount; the first is used.",
    )


def test_phones_are_joined_names_are_put_together_and_requisites_give_way():
    found = map_headers(["Имя", "Отчество", "Фамилия", "Мобильный телефон", "Телефон", "ИНН", "Реквизит: ИНН", "Контакт"], "bitrix24")
    assert found.sources == {
        "inn": "Реквизит: ИНН + ИНН",
        "contact": "Фамилия + Имя + Отчество + Контакт",
        "phone": "Мобильный телефон + Телефон",
    }
    contact = next(item for item in found.fillings if item.field == "contact")
    assert contact.groups == ((2, 0, 1), (7,))


def test_a_name_beside_a_surname_is_a_first_name_in_a_plain_file():
    assert map_headers(["Имя", "Фамилия"], "orders").sources == {"contact": "Фамилия + Имя"}
    assert map_headers(["Имя"], "orders").sources == {"customer_name": "Имя"}


def test_the_users_map_wins_and_frees_the_column_it_took():
    found = map_headers(["Клиент", "Дата", "Сумма", "К оплате"], "orders", {"К оплате": "amount", "дата": "-"})
    assert found.sources == {"amount": "К оплате", "customer_name": "Клиент"}
    assert found.ignored == ("Дата", "Сумма")


def test_the_user_may_give_several_columns_to_phones_and_names():
    found = map_headers(["a", "b", "c"], "orders", {"a": "phone", "b": "phone", "c": "contact"})
    assert found.sources == {"contact": "c", "phone": "a + b"}


def test_repeated_headers_get_a_number_and_can_be_named():
    headers, notes = clean_headers(["Примечание", "Сумма", "Сумма", "", "Сумма (2)"])
    assert headers == ("Примечание", "Сумма", "Сумма (2)", "", "Сумма (2) (2)")
    assert notes == (
        "Header 'Сумма' is repeated; the later column is called 'Сумма (2)'.",
        "Header 'Сумма (2)' is repeated; the later column is called 'Сумма (2) (2)'.",
    )
    assert map_headers(headers, "orders", {"Сумма (2)": "discount"}).sources == {
        "amount": "Сумма",
        "discount": "Сумма (2)",
    }


def test_headers_lose_marks_breaks_and_spaces():
    assert clean_headers(["\ufeffID ", " Дата\r\nсоздания"])[0] == ("ID", "Дата создания")


@pytest.mark.parametrize(
    ("headers", "layout"),
    [
        ("customer_id,date,amount", "orders"),
        ("Дата,Клиент,Сумма", "orders"),
        ("order_id,customer_id,order_date,sku,qty,price", "order-lines"),
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", "order-lines"),
        ("Номер заказа,Дата заказа,Клиент,Товар,Количество,Цена", "order-lines"),
        ("Название сделки,Компания,Основной контакт,Этап сделки,Бюджет,Дата создания", "amocrm"),
        ("ID,Lead title,Sale,Responsible user,Created at,Closed at,Lead status,Pipeline,Main contact", "amocrm"),
        ("ID,Стадия сделки,Название сделки,Сумма,Дата создания,Компания: Название компании", "bitrix24"),
        ("ID,Deal name,Stage,Amount,Created on,Contact: First name,Contact: Work phone,Repeat deal", "bitrix24"),
        ("ID,Имя,Фамилия,Рабочий телефон", "contacts"),
        ("ID,Название компании,Рабочий телефон,Сфера деятельности", "contacts"),
        ("id,name,email,city", "contacts"),
    ],
)
def test_a_layout_is_found_from_the_headers(headers, layout):
    found = recognise(headers.split(","))
    assert (found.layout, found.missing) == (layout, ())
    assert found.evidence


def test_a_bare_id_means_what_the_file_is_about():
    assert recognise(["ID", "Имя", "Фамилия", "Рабочий телефон"]).mapping.sources["contact_id"] == "ID"
    companies = recognise(["ID", "Название компании", "Рабочий телефон", "ИНН"]).mapping.sources
    assert (companies["company_id"], companies["company_phone"]) == ("ID", "Рабочий телефон")
    assert recognise(["id", "name", "email"]).mapping.sources["customer_id"] == "id"
    assert recognise(["id", "client", "date", "sum"]).mapping.sources["order_id"] == "id"


def test_every_phrase_is_in_normal_form_and_every_field_exists():
    parts = {vocabulary.LAST_NAME, vocabulary.FIRST_NAME, vocabulary.MIDDLE_NAME}
    for table in (*vocabulary.SYNONYMS.values(), *vocabulary.BARE_WORDS.values()):
        assert set(table) <= set(FIELDS) | parts
        for phrases in table.values():
            assert list(phrases) == [normalise(phrase) for phrase in phrases]
    assert set(vocabulary.BARE_WORDS) == set(LAYOUTS)


def test_no_phrase_of_one_owner_stands_for_two_fields():
    for owner, table in vocabulary.SYNONYMS.items():
        seen = {}
        for field, phrases in table.items():
            for phrase in phrases:
                assert seen.setdefault(phrase, field) == field, (owner, phrase)
