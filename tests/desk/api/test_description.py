"""The OpenAPI document: it says what the interface does, and every answer is one it names."""

import json
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from kogorta.desk.api import callers, events
from kogorta.desk.api.interface import api
from kogorta.desk.api.limits import Buckets
from kogorta.desk.segments.actions import save_segment
from kogorta.segments.rules.formula import parse_formula

KEPT = Path(__file__).with_name("openapi.json")
DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
)


def test_the_document_is_the_one_that_was_looked_at():
    """A change of the interface is a change of `openapi.json`: delete it, run this test, and read the diff."""
    if not KEPT.exists():
        KEPT.write_text(json.dumps(DOCUMENT, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    assert json.loads(KEPT.read_text(encoding="utf-8")) == DOCUMENT


def test_the_document_is_open_and_the_same_as_served(stranger):
    answer = stranger.get("/openapi.json")
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)
    assert stranger.get("/openapi.json", **{"If-None-Match": answer["ETag"]}).status_code == 304


def test_every_operation_names_its_problems_and_its_scopes():
    for method, path in OPERATIONS:
        told = DOCUMENT["paths"][path][method]
        assert {"401", "403", "422", "429"} <= set(told["responses"]), path
        assert told["security"] == [{"Bearer": told["security"][0]["Bearer"]}]
        assert told["security"][0]["Bearer"], path
        keys = [item["name"] for item in told["parameters"]].count("Idempotency-Key")
        assert keys == (method != "get" and not path.startswith("/api/v1/events")), path


def without_headers():
    """The document without what every request of the test sends rightly: the token, the key, the language."""
    document = json.loads(json.dumps(DOCUMENT))
    document["components"].pop("securitySchemes")
    for methods in document["paths"].values():
        for told in methods.values():
            told.pop("security")
            told["parameters"] = [item for item in told["parameters"] if item["in"] != "header"]
    return document


@pytest.fixture
def described(analysed, program, founded, monkeypatch):
    for name, place in (("requests", callers), ("strangers", callers), ("limit", events)):
        monkeypatch.setattr(place, name, Buckets(1e9, 1e9))
    save_segment(founded["owner"], "Молчат", parse_formula("recency_days > 30"))
    load_all_checks()
    for signal in (request_started, request_finished):  # the connection of the test stays open, as under Django's own client
        signal.disconnect(close_old_connections)
    schema = schemathesis.openapi.from_dict(without_headers())
    schema.app = WSGIHandler()
    yield schema, program().token
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow_gate
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_sent_the_answer_is_one_the_document_names(described, method, path):
    schema, token = described
    # what else a form brings beside the file is passed over
    wanted = [name for name in WANTED if (name, method, path) != ("negative_data_rejection", "post", "/api/v1/imports")]
    checks = [CHECKS.get_one(name) for name in wanted]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        operation = schema[path][method.upper()]

        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        @hypothesis.settings(
            max_examples=25,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case):
            case.call_and_validate(checks=checks, headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"})

        if mode == GenerationMode.POSITIVE:
            ask()
        else:
            with suppress(Unsatisfiable):  # an operation that takes nothing can be sent nothing wrong
                ask()
