"""Who is who: exact keys join cards of one customer, nothing else does, and a merge can be undone."""

import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.kit.errors import OptionError

WON = {"Стадия сделки": "Сделка успешна", "Сумма": "1000"}


def deal(number, day="2026-01-05", **cells):
    named = {
        "company_id": "Компания: ID",
        "company": "Компания",
        "contact_id": "Контакт: ID",
        "contact": "Контакт",
        "phone": "Контакт: Рабочий телефон",
        "email": "Контакт: Рабочий e-mail",
        "company_phone": "Компания: Рабочий телефон",
        "company_email": "Компания: Рабочий e-mail",
        "inn": "Реквизит (Россия): ИНН",
        "kpp": "Реквизит (Россия): КПП",
    }
    row = dict.fromkeys(named.values(), "")
    return {"ID": str(number), **WON, "Дата создания": day, **row, **{named[name]: value for name, value in cells.items()}}


def groups(base):
    """Sets of source identities that are one customer."""
    found = {}
    for entity, customer in base.connection.execute("SELECT DISTINCT entity_id, customer_id FROM orders").fetchall():
        found.setdefault(customer, set()).add(entity)
    return {frozenset(ids) for ids in found.values()}


def company(number, place, inn, kpp="", **more):
    return deal(number, company_id=str(place), company=more.pop("name", "ООО «Ромашка»"), inn=inn, kpp=kpp, **more)


def test_two_cards_with_one_tax_number_are_one_company(make_base):
    base = make_base([company(1, 11, "7707083893", "770701001"), company(2, 12, "7707083893", "770701001")])
    assert groups(base) == {frozenset({"company-11", "company-12"})}
    assert [row["evidence"] for row in base.table("merges").dicts()] == ["inn+kpp"]


def test_branches_with_their_own_kpp_stay_apart(make_base):
    base = make_base([company(1, 11, "7707083893", "770701001"), company(2, 12, "7707083893", "770702002")])
    assert groups(base) == {frozenset({"company-11"}), frozenset({"company-12"})}


def test_a_card_without_kpp_joins_the_only_branch_and_none_of_several(make_base):
    one = make_base([company(1, 11, "7707083893", "770701001"), company(2, 12, "7707083893")])
    assert groups(one) == {frozenset({"company-11", "company-12"})}
    assert [row["evidence"] for row in one.table("merges").dicts()] == ["inn"]
    several = make_base(
        [company(1, 11, "7707083893", "770701001"), company(2, 12, "7707083893", "770702002"), company(3, 13, "7707083893")]
    )
    assert len(groups(several)) == 3


def test_different_tax_numbers_are_never_joined_whatever_else_agrees(make_base):
    shared = {"company_email": "office@example.ru", "company_phone": "+7 495 000-00-01", "name": "ООО «Ромашка»"}
    base = make_base([company(1, 11, "7707083893", **shared), company(2, 12, "500100732259", **shared)])
    assert groups(base) == {frozenset({"company-11"}), frozenset({"company-12"})}
    assert base.audit().of("identity_shared_key").rows >= 1


def test_a_chain_of_keys_never_puts_two_tax_numbers_together(make_base):
    rows = [
        company(1, 11, "7707083893", company_email="a@example.ru"),
        company(2, 12, "", company_email="a@example.ru", company_phone="+7 495 000-00-01"),
        company(3, 13, "500100732259", company_phone="+7 495 000-00-01"),
    ]
    found = groups(make_base(rows))
    assert not any({"company-11", "company-13"} <= one for one in found)
    assert groups(make_base(rows[::-1])) == found


def test_one_email_written_differently_is_one_person(make_base):
    base = make_base(
        [
            deal(1, contact_id="1", contact="Анна Тестова", email="Anna@Example.ru"),
            deal(2, contact_id="2", contact="Тестова Анна", email="anna@example.ru "),
        ]
    )
    assert groups(base) == {frozenset({"contact-1", "contact-2"})}


def test_one_phone_of_clearly_different_people_joins_nobody(make_base):
    base = make_base(
        [
            deal(1, contact_id="1", contact="Анна Тестова", phone="+7 999 000-00-01"),
            deal(2, contact_id="2", contact="Пётр Образцов", phone="8 (999) 000 00 01"),
        ]
    )
    assert groups(base) == {frozenset({"contact-1"}), frozenset({"contact-2"})}
    assert base.audit().of("identity_shared_key").rows == 1
    assert len(base.table("merges")) == 0


def test_a_phone_on_a_crowd_is_nobodys_own(make_base):
    rows = [deal(number, contact_id=str(number), contact="Анна Тестова", phone="+7 999 000-00-01") for number in range(1, 60)]
    assert len(groups(make_base(rows))) == 59


def test_the_card_known_longest_keeps_its_id(make_base):
    rows = [
        deal(1, "2026-02-01", contact_id="9", contact="Анна Тестова", email="a@example.ru"),
        deal(2, "2026-01-01", contact_id="7", contact="Анна Тестова", email="a@example.ru"),
    ]
    base = make_base(rows)
    assert {row["customer_id"] for row in base.table("customers").dicts()} == {"contact-7"}


def test_the_orders_of_joined_cards_are_added_up(make_base):
    base = make_base([company(1, 11, "7707083893"), company(2, 12, "7707083893")])
    (ledger,) = base.table("customer_days").dicts()
    assert (ledger["orders"], ledger["amount"]) == (2, 200_000)


@pytest.fixture
def people():
    return [
        deal(1, "2026-01-01", contact_id="1", contact="Анна Тестова", email="a@example.ru", phone="+7 999 000-00-01"),
        deal(2, "2026-02-01", contact_id="2", contact="Анна Тестова", email="a@example.ru"),
        deal(3, "2026-03-01", contact_id="3", contact="Пётр Образцов", email="p@example.ru"),
    ]


def test_undoing_a_merge_gives_the_tables_as_they_were_without_it(make_base, tables_of, people):
    joined = make_base(people)
    assert [(row["kept_id"], row["merged_id"]) for row in joined.table("merges").dicts()] == [("contact-1", "contact-2")]
    joined.unmerge("contact-2")
    people[1]["Контакт: Рабочий e-mail"] = "other@example.ru"
    apart = make_base(people)
    names = ("orders", "customer_days", "products", "order_lines", "merges")
    assert tables_of(joined, names) == tables_of(apart, names)
    kept = {row["customer_id"]: row["name"] for row in joined.table("customers").dicts()}
    assert kept == {row["customer_id"]: row["name"] for row in apart.table("customers").dicts()}
    assert joined.audit().of("identity_merged") is None


def test_an_undone_merge_stays_undone_after_the_next_import(make_base, stage, people):
    base = make_base(people)
    base.unmerge("contact-2")
    base.add(stage([deal(4, "2026-04-01", contact_id="1", contact="Анна Тестова", email="a@example.ru")]))
    assert frozenset({"contact-2"}) in groups(base)


def test_a_merge_that_never_was_cannot_be_undone(make_base, tables_of, people):
    base = make_base(people)
    before = tables_of(base)
    with pytest.raises(OptionError, match="No merge of 'contact-3' is recorded"):
        base.unmerge("contact-3")
    assert tables_of(base) == before


def test_quotes_in_ids_and_names_do_no_harm(make_base):
    base = make_base([{"customer_id": "O'Brien\"; DROP TABLE orders; --", "date": "2026-01-05", "amount": "5"}])
    assert [row["customer_id"] for row in base.table("orders").dicts()] == ["O'Brien\"; DROP TABLE orders; --"]


def test_an_empty_base_has_empty_tables_of_the_right_shape():
    base = CustomerBase(None)
    assert all(len(base.table(name)) == 0 for name in ("customers", "orders", "events", "consents", "merges"))
    assert base.table("events").rows() == []
    assert base.last_day() is None
    with pytest.raises(OptionError, match="The base has no table 'people'"):
        base.table("people")


def test_a_long_chain_of_shared_addresses_is_told_and_a_short_one_is_not(make_base):
    def order(customer, **more):
        return {"customer_id": f"c{customer}", "date": "2026-01-05", "amount": "5", **more}

    chained = [order(number + side, email=f"u{number}@mail.ru") for number in range(60) for side in (0, 1)]
    found = make_base(chained).audit().of("identity_chained")
    assert (found.rows, found.example) == (61, "c0")
    assert make_base(chained[:90]).audit().of("identity_chained") is None
