from datetime import date
from pathlib import Path

import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.base.erasure import STAYS, Erased, keys_of, without_erased
from kogorta.base.intake import FIELDS
from kogorta.base.options import IntakeOptions
from kogorta.kit.errors import OptionError
from kogorta.sources.files import read_file

HEADERS = "ID;Стадия сделки;Название сделки;Сумма;Компания;Контакт: ID;Контакт;Контакт: Должность;Дата создания;Дата завершения;Контакт: Мобильный телефон;Контакт: Рабочий e-mail"  # noqa: E501
ROWS = [
    "1;Сделка успешна;Курс Анне;1000;;71;Анна Зорина;;03.02.2026;01.03.2026;+7 999 000 00 71;zorina@example.ru",
    "2;Сделка успешна;Курс;2500;;71;Зорина Анна;;04.02.2026;02.03.2026;;ANNA@example.ru",
    "3;Сделка успешна;Курс;700;;72;Пётр Сухов;;05.02.2026;06.03.2026;+7 999 000 00 72;",
    "4;Сделка успешна;Договор;9000;ООО «Альфа»;71;Анна Зорина;Бухгалтер;05.02.2026;07.03.2026;+7 999 000 00 71;zorina@example.ru",
    "5;Сделка успешна;Курс;abc;;71;Анна Зорина;;05.02.2026;08.03.2026;+7 999 000 00 71;zorina@example.ru",
    "6;Сделка успешна;тест;1;;71;Анна Зорина;;05.02.2026;08.03.2026;+7 999 000 00 71;",
    "7;Сделка успешна;Курс;1500;;;Зорина А.;;05.02.2026;09.03.2026;8 (999) 000-00-71;",
    "1;Сделка успешна;Курс Анне;1000;;71;Анна Зорина;;03.02.2026;01.03.2026;+7 999 000 00 71;zorina@example.ru",
]
SECRETS = ["Зорина", "zorina", "anna@", "9990000071", "000-00-71", "Бухгалтер", "Анне"]
OPTIONS = IntakeOptions(currency="RUB", received_on=date(2026, 11, 1))


def extract_of(folder, rows=ROWS, name="deals.csv"):
    path = folder / name
    path.write_text("\n".join([HEADERS, *rows]) + "\n")
    (folder / "work").mkdir(exist_ok=True)
    return read_file(path, layout="auto", workspace=folder / "work")


def base_of(folder, *extracts):
    base = CustomerBase(folder)
    for extract in extracts:
        base.add(extract, OPTIONS)
    return base


def totals(base):
    return base.connection.execute(
        """SELECT (SELECT count(*) FROM customers), count(*), count(*) FILTER (status = 'won'), sum(net_amount_base),
        (SELECT sum(amount) FROM customer_days), (SELECT count(*) FROM quarantine),
        (SELECT list(reason ORDER BY row_no) FROM quarantine), (SELECT (sum(rows_used), sum(rows_merged)) FROM imports) FROM orders"""
    ).fetchone()


def erased_of(base, customer="contact-71", nameless="erased-1"):
    keys = keys_of(base, customer)
    plain = Erased("salt", {})
    return Erased("salt", dict.fromkeys(plain.digests(keys), nameless)), keys


def everything_in(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_the_keys_of_a_customer_are_all_his_identities_and_what_he_is_reached_by(tmp_path):
    keys = keys_of(base_of(None, extract_of(tmp_path)), "contact-71")
    assert keys.entities[0] == "contact-71"
    assert len(keys.entities) == 2  # the row without an id was joined to him by the phone
    assert keys.emails == ("anna@example.ru", "zorina@example.ru")
    assert keys.phones == ("+79990000071",)
    assert "Зорина Анна" in keys.names or "Анна Зорина" in keys.names


def test_a_customer_who_is_not_there_has_no_keys(tmp_path):
    with pytest.raises(OptionError):
        keys_of(base_of(None, extract_of(tmp_path)), "contact-9")


def test_a_key_that_is_another_customers_own_too_is_not_his(tmp_path):
    rows = [*ROWS, "8;Сделка успешна;Курс;100;;80;Олег Рябов;;05.02.2026;09.03.2026;+7 999 000 00 71;oleg@example.ru"]
    assert keys_of(base_of(None, extract_of(tmp_path, rows)), "contact-71").phones == ()


def test_his_orders_stay_with_somebody_nameless_and_every_figure_of_the_base_stays(tmp_path):
    extract = extract_of(tmp_path)
    before = base_of(None, extract)
    erased, _ = erased_of(before)
    cleaned, count = without_erased(extract, OPTIONS, erased, tmp_path / "work")
    after = base_of(None, cleaned)
    assert count == 7
    assert totals(after) == totals(before)
    assert after.connection.execute(
        "SELECT customer_id, name, email, phone, birth_on FROM customers WHERE customer_id LIKE 'erased%'"
    ).fetchall() == [("erased-1", None, None, None, None)]
    sums = "SELECT sum(amount_base) FROM orders WHERE customer_id = '{}'"
    assert after.connection.execute(sums.format("erased-1")).fetchone() == before.connection.execute(sums.format("contact-71")).fetchone()
    assert after.connection.execute("SELECT name FROM customers WHERE kind = 'company'").fetchall() == [("ООО «Альфа»",)]
    assert after.connection.execute("SELECT name, phone FROM customers WHERE customer_id = 'contact-72'").fetchall() == [
        ("Пётр Сухов", "+79990000072")
    ]


def test_nothing_of_him_is_left_in_any_cell_or_file_of_the_base(tmp_path):
    extract = extract_of(tmp_path)
    base = base_of(tmp_path / "base", extract)
    erased, keys = erased_of(base)
    base.reject_duplicate("contact-71", "contact-72")
    cleaned, _ = without_erased(extract, OPTIONS, erased, tmp_path / "work")
    other = base_of(tmp_path / "other", cleaned)
    base.take_over(other, nameless=dict.fromkeys(keys.entities, "erased-1"))
    base.vacuum(logs=True)
    for table in (
        "entities",
        "entity_keys",
        "entity_contacts",
        "orders",
        "customers",
        "contacts",
        "quarantine",
        "problems",
        "matches",
        "merges",
    ):
        told = str(base.connection.execute(f"SELECT * FROM {table}").fetchall())
        assert [secret for secret in [*SECRETS, "contact-71"] if secret in told] == [], table
    raw = everything_in(tmp_path / "base")
    assert [secret for secret in SECRETS if secret.encode() in raw] == []
    assert totals(CustomerBase(tmp_path / "base")) == totals(other)


def test_his_events_go_on_nameless_without_what_they_say_and_his_consents_go(tmp_path):
    extract = extract_of(tmp_path)
    base = base_of(tmp_path / "base", extract)
    with base._store.writing(base.shelf, large=False) as draft:
        moment = "TIMESTAMPTZ '2026-05-01 10:00:00'"
        draft.replace(
            "events",
            f"""SELECT 'e1' AS event_id, 'contact-71' AS customer_id, 'email_opened' AS type, {moment} AS "at", 's' AS source,
            '{{"to": "zorina@example.ru"}}' AS properties, 'contact-71' AS entity_id
            UNION ALL SELECT 'e2', 'contact-72', 'email_opened', {moment}, 's', '{{"to": "x"}}', NULL""",
        )
        draft.replace(
            "consents",
            f"""SELECT 'contact-71' AS customer_id, 'email' AS channel, 'news' AS purpose, 'given' AS state, {moment} AS "at", '1' AS text_version,
            's' AS source, NULL AS entity_id""",
        )
        base._store.commit(draft)
    erased, keys = erased_of(base)
    other = base_of(tmp_path / "other", without_erased(extract, OPTIONS, erased, tmp_path / "work")[0])
    base.take_over(other, nameless=dict.fromkeys(keys.entities, "erased-1"))
    rows = base.connection.execute("SELECT event_id, customer_id, entity_id, properties FROM events ORDER BY 1").fetchall()
    assert rows == [("e1", "erased-1", "erased-1", None), ("e2", "contact-72", "contact-72", '{"to": "x"}')]
    assert base.connection.execute("SELECT count(*) FROM consents").fetchone() == (0,)


def test_the_same_file_and_a_later_one_do_not_bring_him_back(tmp_path):
    extract = extract_of(tmp_path)
    erased, _ = erased_of(base_of(None, extract))
    later = extract_of(
        tmp_path,
        [
            "20;Сделка успешна;Ещё;400;;;Зорина А. П.;;05.05.2026;06.05.2026;;Zorina@Example.RU",
            "21;Сделка успешна;Ещё;500;;71;Анна Зорина;;05.05.2026;07.05.2026;;",
            "22;Сделка успешна;Ещё;600;;90;Иван Лосев;;05.05.2026;07.05.2026;;losev@example.ru",
        ],
        "later.csv",
    )
    cleaned = [without_erased(one, OPTIONS, erased, tmp_path / "work")[0] for one in (extract, later)]
    base = base_of(None, *cleaned, cleaned[0])
    told = str(base.connection.execute("SELECT * FROM entities, entity_contacts").fetchall())
    assert [secret for secret in SECRETS if secret in told] == []
    assert base.connection.execute("SELECT order_id FROM orders WHERE customer_id = 'erased-1' ORDER BY 1").fetchall() == [
        ("1",), ("2",), ("20",), ("21",), ("7",),
    ]  # fmt: skip
    assert ("Иван Лосев",) in base.connection.execute("SELECT name FROM customers").fetchall()


def test_cleaning_twice_is_cleaning_once_and_nobody_erased_changes_nothing(tmp_path):
    extract = extract_of(tmp_path)
    erased, _ = erased_of(base_of(None, extract))
    once, _ = without_erased(extract, OPTIONS, erased, tmp_path / "work")
    twice, count = without_erased(once, OPTIONS, erased, tmp_path / "work")
    assert (twice, count) == (once, 0)
    assert without_erased(extract, OPTIONS, Erased("salt", {}), tmp_path / "work") == (extract, 0)


def test_hashes_of_another_salt_are_nobodys(tmp_path):
    extract = extract_of(tmp_path)
    erased, _ = erased_of(base_of(None, extract))
    assert without_erased(extract, OPTIONS, Erased("other", erased.nameless), tmp_path / "work")[1] == 0


def test_cells_that_stay_are_fields_that_name_nobody():
    assert set(FIELDS) >= STAYS
    assert not STAYS & {
        "customer_name",
        "company",
        "contact",
        "phone",
        "email",
        "inn",
        "birth_on",
        "address",
        "attributes",
        "title",
        "city",
    }


def test_an_export_of_order_lines_with_ids_keeps_its_figures(tmp_path):
    path = Path(tmp_path) / "lines.csv"
    path.write_text(
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID\n"
        "1,A,Cup,2,2026-01-01 10:00,3.5,501\n1,B,Dish,1,2026-01-01 10:00,4,501\n2,A,Cup,1,2026-02-01 10:00,3.5,502\nC3,A,Cup,-1,2026-02-03 10:00,3.5,501\n"
    )
    (tmp_path / "work").mkdir(exist_ok=True)
    extract = read_file(path, layout="auto", workspace=tmp_path / "work")
    options = IntakeOptions(currency="GBP", received_on=date(2026, 11, 1))
    before = CustomerBase(None)
    before.add(extract, options)
    erased, _ = erased_of(before, "501")
    after = CustomerBase(None)
    after.add(without_erased(extract, options, erased, tmp_path / "work")[0], options)
    assert totals(after) == totals(before)
    assert {row[0] for row in after.connection.execute("SELECT customer_id FROM customers").fetchall()} == {"erased-1", "502"}
