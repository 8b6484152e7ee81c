"""Who comes in, for what, how often; and what every error looks like."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import get_resolver

from kogorta.desk.api import callers
from kogorta.desk.api.actions import forget_old_answers, make_token, revoke_token
from kogorta.desk.api.interface import api
from kogorta.desk.api.limits import Buckets
from kogorta.desk.api.models import KeptAnswer, Token
from kogorta.desk.api.scopes import ACTION_OF, SCOPE_NAMES, Scope
from kogorta.desk.jobs.actions import enqueue
from kogorta.desk.jobs.models import Job
from kogorta.desk.journal.models import Entry
from kogorta.desk.language import now

FIELDS = {"type", "title", "status", "detail", "code"}


def operations():
    """Method, path and scopes of every operation of the interface."""
    for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items():
        for method, told in methods.items():
            yield method.upper(), path, told


def concrete(path):
    return re.sub(r"\{\w+\}", "1", path)


def is_problem(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert set(document) >= FIELDS
    assert (document["status"], document["code"]) == (status, code)
    assert document["title"]
    assert document["detail"]
    return document


def test_every_scope_has_a_name_and_an_action():
    assert set(ACTION_OF) == set(SCOPE_NAMES) == set(Scope)


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in operations()])
def test_who_has_no_token_or_a_wrong_one_or_no_scope_is_refused_and_writes_nothing(stranger, program, method, path):
    before = (Job.objects.count(), Entry.objects.count())
    answer = stranger.ask(method, concrete(path))
    is_problem(answer, 401, "unauthorised")
    assert answer["WWW-Authenticate"] == "Bearer"
    stranger.token = "kgt_wrong"
    is_problem(stranger.ask(method, concrete(path)), 401, "unauthorised")
    assert (Job.objects.count(), Entry.objects.count()) == before
    others = program()
    Token.objects.update(scopes=[])
    answer = others.ask(method, concrete(path))
    is_problem(answer, 403, "denied")
    assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]


def test_the_session_of_a_person_opens_nothing(client_of):
    assert client_of("owner").get("/api/v1/customers").status_code == 401


def test_a_token_never_allows_more_than_the_role_of_its_maker(program):
    is_problem(program("jobs:write", by="analyst").post("/jobs/1/cancel"), 403, "denied")
    assert program("jobs:read", by="analyst").get("/jobs").status_code == 200


def test_a_token_ends_with_its_revocation_its_term_and_its_maker(program, founded):
    asks = program("jobs:read")
    assert asks.get("/jobs").status_code == 200
    Token.objects.filter(pk=asks.row.pk).update(expires_at=now() - timedelta(seconds=1))
    is_problem(asks.get("/jobs"), 401, "unauthorised")
    Token.objects.filter(pk=asks.row.pk).update(expires_at=None)
    founded["owner"].is_active = False
    founded["owner"].save()
    is_problem(asks.get("/jobs"), 401, "unauthorised")
    founded["owner"].is_active = True
    founded["owner"].save()
    revoke_token(founded["owner"], asks.row.pk)
    is_problem(asks.get("/jobs"), 401, "unauthorised")


def test_the_token_is_kept_as_a_hash_and_its_deeds_name_it(program):
    asks = program("jobs:write")
    assert asks.token not in json.dumps(list(Token.objects.values()), default=str)
    job = enqueue("bases.analyse", {"scheme": "case"})
    assert asks.post(f"/jobs/{job.pk}/cancel").json()["state"] == "cancelled"
    entry = Entry.objects.get(action="job.cancelled")
    assert entry.details["token"] == asks.row.pk
    assert Token.objects.get().used_at is not None


def test_the_same_key_is_answered_the_same_and_done_once(program):
    asks = program("jobs:write")
    job = enqueue("bases.analyse", {"scheme": "case"})
    first = asks.post(f"/jobs/{job.pk}/cancel", **{"Idempotency-Key": "a"})
    again = asks.post(f"/jobs/{job.pk}/cancel", **{"Idempotency-Key": "a"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (first.headers.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert Entry.objects.filter(action="job.cancelled").count() == 1
    is_problem(asks.post(f"/jobs/{job.pk}/cancel", **{"Idempotency-Key": "b"}), 409, "conflict")
    assert KeptAnswer.objects.count() == 1, "a refusal keeps no key"
    other = enqueue("bases.analyse", {"scheme": "guide"})
    is_problem(asks.post(f"/jobs/{other.pk}/cancel", **{"Idempotency-Key": "a"}), 409, "conflict")
    assert Job.objects.get(pk=other.pk).state == "waiting"
    assert program("jobs:write").post(f"/jobs/{other.pk}/cancel", **{"Idempotency-Key": "a"}).status_code == 200, "keys are of a token"
    is_problem(asks.post(f"/jobs/{job.pk}/cancel", **{"Idempotency-Key": "x" * 201}), 422, "refused")


def test_old_answers_are_forgotten(program):
    asks = program("jobs:write")
    job = enqueue("bases.analyse", {"scheme": "case"})
    asks.post(f"/jobs/{job.pk}/cancel", **{"Idempotency-Key": "a"})
    assert forget_old_answers() == 0
    KeptAnswer.objects.update(created_at=now() - timedelta(days=2))
    assert forget_old_answers() == 1


def test_past_the_limit_one_is_told_when_to_come_again(program, monkeypatch):
    monkeypatch.setattr(callers, "requests", Buckets(1.0, 2.0))
    asks, other = program("jobs:read"), program("jobs:read")
    assert [asks.get("/jobs").status_code for _ in range(3)] == [200, 200, 429]
    answer = asks.get("/jobs")
    is_problem(answer, 429, "too_many")
    assert answer["Retry-After"] == "1"
    assert other.get("/jobs").status_code == 200


def test_an_address_that_guesses_is_slowed_down(stranger, program, monkeypatch):
    monkeypatch.setattr(callers, "strangers", Buckets(1.0, 2.0))
    stranger.token = "kgt_guess"
    assert [stranger.get("/jobs").status_code for _ in range(3)] == [401, 401, 429]
    assert program("jobs:read").get("/jobs").status_code == 200, "who has a token is not kept out by the neighbours"


def test_a_bucket_fills_up_again():
    time = [0.0]
    bucket = Buckets(2.0, 4.0, clock=lambda: time[0])
    assert [bucket.take("a", 2), bucket.take("a", 2), bucket.take("a", 1), bucket.take("b", 4)] == [0, 0, 0.5, 0]
    time[0] = 0.5
    assert bucket.take("a", 1) == 0
    assert bucket.take("c", 100) == 0, "more than it holds takes it whole"
    assert bucket.take("c", 1) > 0


def test_errors_speak_the_language_asked_for(stranger):
    english = stranger.get("/jobs", **{"Accept-Language": "en"}).json()
    russian = stranger.get("/jobs", **{"Accept-Language": "ru"}).json()
    assert english["title"] == "No token that works"
    assert russian["title"] == "Нет действующего токена"
    assert english["code"] == russian["code"]


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status", "code"),
    [
        ("GET", "/nothing", None, None, 404, "not_found"),
        ("GET", "/jobs/99", None, None, 404, "not_found"),
        ("GET", "/jobs/9223372036854775807", None, None, 404, "not_found"),
        ("GET", "/jobs/92233720368547758089", None, None, 422, "invalid"),
        ("GET", "/jobs/x", None, None, 404, "not_found"),
        ("GET", "/", None, None, 404, "not_found"),
        ("DELETE", "/jobs", None, None, 405, "method"),
        ("POST", "/openapi.json", None, None, 405, "method"),
        ("GET", "/jobs?limit=0", None, None, 422, "invalid"),
        ("GET", "/jobs?limit=many", None, None, 422, "invalid"),
        ("GET", "/jobs?limt=5", None, None, 422, "refused"),
        ("POST", "/jobs/1/cancel?force=1", None, None, 422, "refused"),
        ("GET", "/jobs?cursor=abc", None, None, 422, "bad_cursor"),
        ("GET", "/jobs?cursor=%00", None, None, 422, "invalid"),
        ("POST", "/jobs/1/cancel", "a=b", "application/x-www-form-urlencoded", 415, "not_json"),
        ("POST", "/jobs/1/cancel", "x" * (6 << 20), "application/json", 413, "too_large"),
    ],
)
def test_whatever_is_wrong_is_a_problem_document(program, method, path, body, kind, status, code):
    headers = {"content_type": kind} if kind else {}
    is_problem(program().ask(method, path, body, **headers), status, code)


def test_a_fault_of_ours_says_nothing_of_itself_and_changes_nothing(program, monkeypatch):
    def broken(by, job_id):
        Job.objects.all().delete()
        raise RuntimeError("the secret place")

    monkeypatch.setattr("kogorta.desk.api.jobs.actions.cancel", broken)
    job = enqueue("bases.analyse", {"scheme": "case"})
    answer = program().post(f"/jobs/{job.pk}/cancel")
    is_problem(answer, 500, "broken")
    assert b"secret" not in answer.content
    assert Job.objects.count() == 1


def test_an_answer_that_has_not_changed_is_not_sent_again(program):
    asks = program()
    first = asks.get("/jobs")
    assert first["Cache-Control"] == "private, no-cache"
    again = asks.get("/jobs", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_desk_without_an_owner_asks_for_a_token_all_the_same(desk):
    from django.test import Client

    assert Client().get("/api/v1/customers").status_code == 401


def test_no_address_of_the_interface_is_outside_of_the_door():
    def walk(patterns):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns)
            elif getattr(pattern.callback, "__module__", "").startswith("ninja"):
                yield pattern

    assert list(walk(get_resolver().url_patterns)) == []


@pytest.mark.parametrize("role", ["marketer", "manager", "analyst"])
def test_only_the_owner_makes_and_revokes_tokens(client_of, founded, role):
    row, _ = make_token(founded["owner"], "a", [Scope.JOBS_READ])
    client = client_of(role)
    assert client.get("/tokens/").status_code == 403
    assert client.post("/tokens/", {"name": "b", "scopes": ["jobs:read"]}).status_code == 403
    assert client.post(f"/tokens/{row.pk}/revoke/").status_code == 403
    assert list(Token.objects.values_list("name", "revoked_at")) == [("a", None)]


def test_the_page_shows_a_token_once_and_revokes_it(client_of):
    owner = client_of("owner")
    page = owner.post("/tokens/", {"name": "Сайт <b>", "scopes": ["jobs:read", "events:write"], "days": "90"}).content.decode()
    token = page.split("<code>kgt_")[1].split("</code>")[0]
    row = Token.objects.get()
    assert (row.name, row.scopes) == ("Сайт <b>", ["events:write", "jobs:read"])
    assert row.expires_at - now() > timedelta(days=89)
    page = owner.get("/tokens/").content.decode()
    assert token not in page
    assert "Сайт &lt;b&gt;" in page
    assert Entry.objects.get(action="token.created").details == {"scopes": ["events:write", "jobs:read"]}
    assert owner.post(f"/tokens/{row.pk}/revoke/").status_code == 302
    assert Entry.objects.filter(action="token.revoked").count() == 1
    for wrong in (
        {"name": "", "scopes": ["jobs:read"]},
        {"name": "x"},
        {"name": "x", "scopes": ["all"]},
        {"name": "x", "scopes": ["jobs:read"], "days": "-1"},
    ):
        assert owner.post("/tokens/", wrong).status_code == 422
    assert Token.objects.count() == 1
