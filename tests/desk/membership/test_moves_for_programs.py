import json

import pytest
from django.test import Client
from watching import keeper_of, settled, watch_row

from kogorta.desk.api.actions import make_token
from kogorta.desk.api.scopes import Scope
from kogorta.desk.segments.actions import save_segment
from kogorta.segments.rules.formula import parse_formula


@pytest.fixture
def ask(founded):
    def asked(scope, **query):
        _, token = make_token(founded["owner"], "program", [scope], None)
        return Client().get("/api/v1/moves", query, headers={"Authorization": f"Bearer {token}"})

    return asked


def test_moves_are_read_by_sequence_from_any_place(saved, ask):
    settled(keeper_of())
    last = watch_row().sequence
    got, after = [], 0
    while items := (page := json.loads(ask(Scope.CUSTOMERS_READ, after=after, limit=100).content))["items"]:
        got += items
        after = items[-1]["sequence"]
    assert [item["sequence"] for item in got] == list(range(1, last + 1))
    assert (page["last_sequence"], got[0]["cause"], got[0]["way"]) == (last, "rule", "entered")
    assert page["as_of"] is not None
    again = json.loads(ask(Scope.CUSTOMERS_READ, after=last - 3).content)["items"]
    assert again == got[-3:]
    of_one = json.loads(ask(Scope.CUSTOMERS_READ, segment_id=saved["big"].pk, limit=1000).content)["items"]
    assert of_one == [item for item in got if item["segment"] == "big"]


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "-1"}, {"limit": "0"}, {"limit": "1001"}, {"after": "9" * 30}, {"more": "1"}])
def test_nonsense_is_a_problem_document(saved, ask, query):
    assert ask(Scope.CUSTOMERS_READ, **query).status_code == 422


def test_a_token_without_the_scope_reads_nothing(saved, ask):
    assert ask(Scope.JOBS_READ).status_code == 403


def test_moves_that_tell_personal_data_need_the_scope_of_contacts(saved, founded, analysed):
    row = save_segment(founded["owner"], "reachable", parse_formula("known(email) or orders() = 0"))
    settled(keeper_of())
    seen = {}
    for scopes in ([Scope.CUSTOMERS_READ], [Scope.CUSTOMERS_READ, Scope.CONTACTS_READ]):
        _, token = make_token(founded["owner"], "program", scopes, None)
        answer = Client().get("/api/v1/moves", {"limit": 1000}, headers={"Authorization": f"Bearer {token}"})
        seen[len(scopes)] = {item["segment_id"] for item in json.loads(answer.content)["items"]}
    assert row.pk in seen[2]
    assert seen[1] == seen[2] - {row.pk}
