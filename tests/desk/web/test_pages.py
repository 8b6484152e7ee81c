import ast
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

import kogorta.desk
from kogorta.desk.jobs.registry import KINDS
from kogorta.desk.journal.words import DEEDS, DETAILS, SUBJECTS, VALUES
from kogorta.desk.people.models import User

PAGES = [
    "/",
    "/customers/",
    "/segments/",
    "/segments/new/",
    "/changes/",
    "/reports/",
    "/company/",
    "/account/",
    "/account/password/",
    "/people/",
    "/people/roles/",
    "/journal/",
    "/jobs/",
]
SOURCE = Path(kogorta.desk.__file__).parent


@pytest.mark.parametrize("address", PAGES)
def test_every_page_speaks_the_language_chosen(client_of, address):
    client = client_of("owner")
    russian = client.get(address)
    client.post("/language/", {"code": "en", "back": address})
    english = client.get(address)
    assert (russian["Content-Language"], english["Content-Language"]) == ("ru", "en")
    assert '<html lang="ru">' in russian.content.decode()
    assert "Выйти" in russian.content.decode()
    assert "Sign out" in english.content.decode()
    assert "Выйти" not in english.content.decode()


def test_the_language_is_remembered_for_the_person_and_leads_back_on_this_site_only(client_of):
    client = client_of("owner")
    assert client.post("/language/", {"code": "en", "back": "https://evil.example/"})["Location"] == "/"
    assert User.objects.get(role="owner").language == "en"
    client.post("/language/", {"code": "xx", "back": "/"})
    assert User.objects.get(role="owner").language == "en"


@pytest.mark.parametrize(("asked", "expected"), [("en-US,en;q=0.9", "en"), ("ru-RU,ru", "ru"), ("de,fr", "ru"), ("", "ru")])
def test_a_visitor_is_spoken_to_as_the_browser_asks(founded, asked, expected):
    assert Client(headers={"accept-language": asked}).get("/login/")["Content-Language"] == expected


@pytest.mark.parametrize("address", [*PAGES, "/login/", "/no-such-page/"])
def test_the_policy_allows_no_script_but_our_own_and_no_other_site(client_of, address):
    answer = client_of("owner").get(address)
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    body = answer.content.decode()
    assert 'style="' not in body
    assert "onclick" not in body
    assert "http://" not in body.replace("http://www.w3.org", "").replace("http://testserver", "")


def test_a_page_that_is_not_there_says_so_in_the_readers_language(client_of):
    answer = client_of("owner").get("/no-such-page/")
    assert answer.status_code == 404
    assert "Такой страницы нет" in answer.content.decode()


def test_what_a_person_typed_is_never_markup(client_of, founded):
    User.objects.filter(role="analyst").update(name="<script>alert(1)</script>{{ 7|add:7 }}{% now 'Y' %}")
    body = client_of("owner").get("/people/").content.decode()
    assert "<script>alert" not in body
    assert "{{ 7|add:7 }}" in body


def test_a_post_that_breaks_leaves_nothing_behind(client_of, monkeypatch):
    from kogorta.desk.company.models import Company
    from kogorta.desk.journal.models import Entry

    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("kogorta.desk.company.actions.record", broken)
    client = client_of("owner", raise_request_exception=False)
    fields = {"company_name": "Changed", "time_zone": "UTC", "currency": "USD", "scheme": "case"}
    assert client.post("/company/", fields).status_code == 500
    assert Company.objects.get().name == "Орион"
    assert Entry.objects.filter(action="company.changed").count() == 0


def recorded():
    """Every call that adds to the journal."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 1:
                yield node


def test_every_deed_recorded_has_its_words():
    assert {node.args[1].value for node in recorded()} - set(DEEDS) == set()


def test_every_detail_recorded_and_whatever_it_was_done_to_has_its_words():
    details, subjects = set(), set()
    for node in recorded():
        given = next((word.value for word in node.keywords if word.arg == "details"), None)
        if isinstance(given, ast.Dict):
            details |= {key.value for key in given.keys}
        if len(node.args) > 2 and isinstance(node.args[2], ast.JoinedStr):
            subjects.add(node.args[2].values[0].value.partition(":")[0])
    assert details - set(DETAILS) == set()
    assert len(details) > 15
    assert subjects - set(SUBJECTS) == set()
    own = {name: kind for name, kind in KINDS.items() if kind.handler.__module__.startswith("kogorta.")}  # tests have jobs of their own
    assert {name: VALUES["kind", name] for name in own} == {name: kind.title for name, kind in own.items()}


def test_the_journal_speaks_the_language_of_its_reader(client_of, founded):
    fields = {"company_name": "Орион 2", "time_zone": "Europe/Moscow", "currency": "USD", "scheme": "guide"}
    client = client_of("owner")
    client.post("/company/", fields)
    client.post(f"/people/{founded['analyst'].pk}/", {"deed": "role", "role": "marketer"})
    told = unescape(client.get("/journal/").content.decode())
    assert "название: Орион → Орион 2 · валюта: RUB → USD" in told
    assert "роль: Аналитик (только чтение) → Маркетолог" in told
    assert founded["analyst"].name in told
    client.post("/language/", {"code": "en", "back": "/"})
    assert "role: Analyst (reads only) → Marketer" in unescape(client.get("/journal/").content.decode())


def test_only_actions_write():
    """Writes of the ORM stand in actions and in the files of the rooms that say so in their first line."""
    writes = {"create", "bulk_create", "update", "delete", "save", "get_or_create", "update_or_create", "bulk_update"}
    found = []
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if (
            path.name == "actions.py"
            or "migrations" in path.parts
            or (ast.get_docstring(tree) or "").startswith(("Writes", "The second factor"))
        ):
            continue
        for node in ast.walk(tree):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if "objects" in called and called.rpartition(".")[2] in writes:
                found.append(f"{path.name}: {called}")
    assert found == []
