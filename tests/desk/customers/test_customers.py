import json
import re
from html import unescape
from urllib.parse import quote

import pytest

from kogorta.desk.bases.snapshots import latest_snapshot
from kogorta.desk.customers import people_list
from kogorta.desk.customers.ordering import SORTS
from kogorta.desk.customers.people_list import Wanted, people_page

HOSTILE = [
    "'; DROP VIEW customers; --",
    "1 OR 1=1",
    "monetary DESC, 1",
    "\x00",
    "%s{{7*7}}",
    '["x"',
    "[[[[",
    '["9999999999999999999999","a"]',
    "ё" * 5000,
]
CARD = re.compile(r'href="(/customers/card/[^"]+)"')


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ")


def ids_of(snapshot, wanted, given=None):
    return [one.customer_id for one in people_page(snapshot, wanted, given or {}, with_contacts=True).people]


def test_an_empty_desk_says_what_to_do(client_of):
    assert "Сегменты и список дел появятся сами" in text_of(client_of("owner").get("/customers/"))


def test_the_page_shows_every_segment_with_its_share_and_revenue(analysed, client_of):
    found = text_of(client_of("owner").get("/customers/"))
    for item in analysed.figures().of_scheme("case"):
        assert f"?segment={item.segment}#people" in found
    assert "ВИП" in found
    english = client_of("owner")
    english.post("/language/", {"code": "en", "back": "/"})
    page = text_of(english.get("/customers/"))
    assert "Who my customers are" in page
    assert "Кто мои клиенты" not in page


def test_the_cells_of_the_grid_open_their_people_and_add_up_to_the_buyers(analysed, client_of):
    figures = analysed.figures()
    assert sum(cell.customers for cell in figures.grid) == figures.totals.buyers
    assert sum(cell.revenue for cell in figures.grid) == figures.totals.revenue
    for cell in figures.grid:
        assert people_page(analysed, Wanted(r=cell.r, f=cell.f), {}, with_contacts=True).customers == cell.customers
    page = text_of(client_of("owner").get("/customers/"))
    assert '<a href="?r=1&f=1#people">' in page


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize("down", [True, False])
def test_pages_by_a_key_show_everybody_once_forth_and_back(analysed, monkeypatch, sort, down):
    from django.http import QueryDict

    monkeypatch.setattr(people_list, "PAGE_SIZE", 7)
    wanted = Wanted(sort=sort, down=down)
    seen, given, pages = [], {}, []
    while True:
        page = people_page(analysed, wanted, given, with_contacts=True)
        pages.append([one.customer_id for one in page.people])
        seen += pages[-1]
        if not page.after:
            break
        given = QueryDict(page.after[1:].split("#")[0]).dict()
    assert len(seen) == len(set(seen)) == page.customers == analysed.customers
    for expected in reversed(pages[:-1]):
        page = people_page(analysed, wanted, QueryDict(page.before[1:].split("#")[0]).dict(), with_contacts=True)
        assert [one.customer_id for one in page.people] == expected
    assert page.before == ""


def test_people_are_found_by_name_id_inn_email_and_phone(analysed):
    cursor = analysed.cursor()
    who, name, inn = cursor.execute("SELECT customer_id, name, inn FROM customers WHERE inn IS NOT NULL ORDER BY 1 LIMIT 1").fetchone()
    assert who in ids_of(analysed, Wanted(search=name.upper()))
    assert ids_of(analysed, Wanted(search=who)) == [who]
    assert who in ids_of(analysed, Wanted(search=inn))
    who, email, phone = cursor.execute(
        "SELECT customer_id, email, phone FROM customers WHERE email IS NOT NULL AND phone IS NOT NULL ORDER BY 1 LIMIT 1"
    ).fetchone()
    assert who in ids_of(analysed, Wanted(search=email))
    assert who in ids_of(analysed, Wanted(search=f"8 ({phone[2:5]}) {phone[5:8]}-{phone[8:10]}-{phone[10:]}"))
    assert ids_of(analysed, Wanted(search="nobody is called so")) == []


def test_who_may_not_see_contacts_neither_sees_nor_finds_by_them(analysed, client_of):
    cursor = analysed.cursor()
    who, email, phone = cursor.execute(
        "SELECT customer_id, email, phone FROM customers WHERE email IS NOT NULL AND phone IS NOT NULL ORDER BY 1 LIMIT 1"
    ).fetchone()
    for role, sees in (("manager", True), ("analyst", False)):
        client = client_of(role)
        card = text_of(client.get("/customers/card/" + quote(who)))
        assert (email in card, phone in card) == (sees, sees)
        found = text_of(client.get("/customers/", {"q": email}))
        assert ("/customers/card/" + quote(who) in found) is sees


@pytest.mark.parametrize("name", ["q", "segment", "r", "f", "lifecycle", "abc", "sort", "way", "after", "before", "nothing"])
@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_an_address_holds_the_page_answers_and_the_base_stays(analysed, client_of, name, value):
    answer = client_of("owner").get("/customers/", {name: value})
    assert answer.status_code == 200
    assert "{{7*7}}" in text_of(answer) or "49" not in value
    assert analysed.cursor().execute("SELECT count(*) FROM customers").fetchone() == (analysed.customers,)


def test_a_customer_who_is_not_there_is_not_found(analysed, client_of):
    for path in ("no-such", "../../etc/passwd", "' OR 1=1 --", "x" * 3000):
        assert client_of("owner").get("/customers/card/" + quote(path)).status_code == 404


def test_the_card_tells_orders_segment_and_codes(analysed, client_of):
    cursor = analysed.cursor()
    who, name, code, orders = cursor.execute(
        "SELECT customer_id, name, rfm_code, frequency FROM customers ORDER BY monetary DESC LIMIT 1"
    ).fetchone()
    page = text_of(client_of("owner").get("/customers/card/" + quote(who)))
    assert name in page
    assert f'<p class="code">{code}</p>' in page
    assert page.count('<span class="tag good">') == orders
    assert "оплачен" in page


def test_a_name_is_never_markup(analysed, client_of, monkeypatch):
    from kogorta.desk.customers import views
    from kogorta.desk.customers.people_list import PeoplePage, Person

    row = Person("a/b?<i>", "<script>alert(1)</script>", None, None, None, None, 0, 0, None, None, None, "prospect", None, None)
    monkeypatch.setattr(views, "people_page", lambda *a, **b: PeoplePage((row,), 1, 0, "", ""))
    page = client_of("owner").get("/customers/").content.decode()
    assert "<script>alert" not in page
    assert "/customers/card/a/b%3F%3Ci%3E" in page


def test_the_snapshot_is_the_newest_of_the_scheme(analysed):
    assert latest_snapshot("case") == analysed
    assert latest_snapshot("guide") is None
    assert json.loads((analysed.folder / "facts.json").read_text())["customers"] == analysed.customers
