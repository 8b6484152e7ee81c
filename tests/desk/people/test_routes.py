"""Every address and every operation has its row: what it asks for. Each cell with each role is asked, and what is denied writes nothing."""

import hashlib
import json
import re

import pytest
from addresses import address, views
from django.apps import apps
from django.test import Client

from kogorta.desk.api import callers
from kogorta.desk.api.actions import make_token
from kogorta.desk.api.interface import api
from kogorta.desk.api.models import Token
from kogorta.desk.api.scopes import ACTION_OF, Scope
from kogorta.desk.people.permissions import TABLE, Action, Role
from kogorta.desk.settings import DESK

OPEN_TO_ALL = {"start", "login", "login_code", "logout", "language", "invitation", "health", "metrics", "openapi", "no_interface"}
ROUTES = {
    "own_account": "account end_session password recovery_codes two_factor_off two_factor_on",
    "manage_people": "change_person people revoke_invitation roles",
    "see_journal": "journal",
    "change_company": "company",
    "see_customers": "customer customers live_customer live_feed live_segment new_segment rule segment",
    "see_figures": "changes data live segments today",
    "edit_segments": "add_status delete_segment freeze_live freeze_segment schedule_refits",
    "export_customers": "export_list export_live export_segment quarantine",
    "manage_tokens": "delete_hook hooks revoke_token switch_hook tokens",
    "see_reports": "read_report report report_file reports",
    "make_reports": "make_report",
    "manage_reports": "add_schedule delete_report delete_schedule",
    "change_consents": "record_consent",
    "merge_customers": "decide_duplicate duplicate_pair duplicates look_for_duplicates merge_duplicates set_apart",
    "export_person": "export_person",
    "erase_person": "confirm_erasure erase_person erasure erasures",
    "see_jobs": "job jobs",
    "control_jobs": "cancel_job retry_job",
    "import_files": "accept_import demo import import_stages imports load_demo read_as remove_demo remove_import undo_import upload",
}
OPERATIONS = {
    "customers:read": "get_customer list_customers list_moves",
    "segments:read": "get_segment get_transitions list_named_segments list_segments",
    "segments:read, customers:read": "list_members",
    "transitions:write": "ask_for_transitions",
    "imports:read": "get_import list_imports",
    "imports:write": "accept_import check_import send_file undo_import",
    "reports:read": "download_report get_report list_reports",
    "reports:write": "make_report",
    "events:write": "send_event send_events",
    "events:read": "list_events",
    "jobs:read": "get_job list_jobs",
    "jobs:write": "cancel_job",
}
ASKED = {name: Action(action) for action, names in ROUTES.items() for name in names.split()}
SCOPES = {name: [Scope(word) for word in scopes.split(", ")] for scopes, names in OPERATIONS.items() for name in names.split()}
BODIES = {
    "ask_for_transitions": {"from": "2026-01-01", "to": "2026-02-01"},
    "make_report": {"language": "ru"},
    "send_event": {"id": "1", "customer_id": "1", "type": "visit", "at": "2026-11-22T10:00:00Z"},
    "send_events": {"events": [{"id": "1", "customer_id": "1", "type": "visit", "at": "2026-11-22T10:00:00Z"}]},
}


def action_of(view):
    while view is not None:
        if hasattr(view, "required_action"):
            return view.required_action
        view = getattr(view, "__wrapped__", None)
    return None


def everything():
    """A fingerprint of every row of every table (sessions apart: a visit writes its own) and of every file of the desk."""
    rows = [
        (model._meta.label, sorted(map(repr, model._default_manager.values_list())))
        for model in apps.get_models()
        if model._meta.app_label not in {"sessions", "axes"}
    ]
    files = [(str(path), path.stat().st_size) for path in sorted(DESK.home.rglob("*")) if path.is_file() and "sqlite3" not in path.name]
    return hashlib.sha256(repr((rows, files)).encode()).hexdigest()


def concrete(path):
    return re.sub(r"\{\w+\}", "1", path)


def operations():
    """Id, method and path of every operation."""
    return [
        (told["operationId"], method.upper(), path, told["security"][0]["Bearer"])
        for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items()
        for method, told in methods.items()
    ]


def test_every_address_has_its_row():
    assert {name: action_of(view) for name, _, view in views() if name not in OPEN_TO_ALL} == ASKED
    assert {name for name, _, view in views() if action_of(view) is None} == OPEN_TO_ALL


def test_every_operation_has_its_row():
    assert {name: [Scope(word) for word in scopes] for name, _, _, scopes in operations()} == SCOPES


@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_may_not_is_refused_at_every_address_and_writes_nothing(client_of, role):
    client = client_of(role.value)
    client.get("/account/")
    before = everything()
    for name, pattern, _ in views():
        if name in ASKED and role not in TABLE[ASKED[name]]:
            for method in (client.get, client.post):
                assert method(address(pattern), {"customer": "1", "name": "x"}).status_code in {403, 405}, name
    assert everything() == before


@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_may_is_not_refused(client_of, role):
    for name, pattern, _ in views():
        if name in ASKED and role in TABLE[ASKED[name]]:
            client = client_of(role.value)
            assert {client.get(address(pattern)).status_code, client.post(address(pattern)).status_code} & {401, 403, 500} == set(), name


def test_a_visitor_gets_nothing_anywhere_and_writes_nothing(client_of):
    client = client_of()
    before = everything()
    for name, pattern, _ in views():
        if name in ASKED:
            for method in (client.get, client.post):
                answer = method(address(pattern), {"customer": "1", "name": "x"})
                assert answer.status_code == 405 or answer["Location"].startswith("/login/?next="), name
    assert everything() == before


@pytest.mark.parametrize("role", list(Role))
def test_a_token_may_what_the_role_of_its_maker_may_and_nothing_else(founded, role):
    callers.requests.forget()
    row, token = make_token(founded["owner"], "a test", list(Scope))
    Token.objects.filter(pk=row.pk).update(created_by=founded[role.value])
    client = Client(raise_request_exception=False)

    def ask(name, method, path):
        body = {"data": json.dumps(BODIES.get(name, {})), "content_type": "application/json"} if method == "POST" else {}
        return client.generic(method, "/api/v1" + concrete(path), headers={"Authorization": f"Bearer {token}"}, **body)

    may = {name: all(role in TABLE[ACTION_OF[scope]] for scope in scopes) for name, scopes in SCOPES.items()}
    before = everything()
    for name, method, path, _ in operations():
        if not may[name]:
            assert ask(name, method, path).status_code == 403, name
    assert everything() == before
    for name, method, path, _ in operations():
        if may[name]:
            assert ask(name, method, path).status_code not in {401, 403, 500}, name


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_of_one_scope_opens_its_operations_and_no_other(founded, scope):
    callers.requests.forget()
    _, token = make_token(founded["owner"], "a test", [scope])
    client = Client(raise_request_exception=False)
    before = everything()
    for name, method, path, _ in operations():
        if SCOPES[name] != [scope]:
            kind = {"data": json.dumps(BODIES.get(name, {})), "content_type": "application/json"} if method == "POST" else {}
            answer = client.generic(method, "/api/v1" + concrete(path), headers={"Authorization": f"Bearer {token}"}, **kind)
            assert answer.status_code == 403, name
    assert everything() == before
