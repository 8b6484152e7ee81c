import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.test import Client

from kogorta.desk.jobs.models import Job, State
from kogorta.desk.logs import JsonLines, masked


def test_health_is_told_to_everybody_and_says_who_works(founded):
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["worker"]) == (200, "ok", "ok")
    Job.objects.create(kind="x", state=State.WAITING, run_at=datetime.now(UTC) - timedelta(minutes=5))
    assert Client().get("/healthz").json()["worker"] == "silent"


def test_health_fails_when_the_database_does(founded, monkeypatch):
    def unreachable():
        raise DatabaseError("secret of the server")

    monkeypatch.setattr("kogorta.desk.health.views.connection.cursor", unreachable)
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert "secret" not in answer.content.decode()


def test_health_answers_before_the_first_start(desk):
    assert Client().get("/healthz").status_code == 200


def test_metrics_are_lines_prometheus_reads(founded):
    Job.objects.create(kind="x", state=State.WAITING, run_at=datetime.now(UTC) - timedelta(seconds=90))
    lines = Client().get("/metrics").content.decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert values['kogorta_jobs{state="waiting"}'] == "1"
    assert values['kogorta_jobs{state="failed"}'] == "0"
    assert 90 <= float(values["kogorta_jobs_oldest_waiting_seconds"]) < 150
    assert values["kogorta_base_is_loaded"] == "0"


@pytest.mark.parametrize("options", [{"REMOTE_ADDR": "10.0.0.9"}, {"headers": {"x-forwarded-for": "127.0.0.1"}}])
def test_metrics_are_not_for_strangers(founded, options):
    assert Client(**options).get("/metrics").status_code == 401


@pytest.mark.parametrize(("given", "status"), [("Bearer right", 200), ("Bearer wrong", 401), ("", 401)])
def test_a_token_opens_the_metrics_when_one_is_set(founded, monkeypatch, given, status):
    from dataclasses import replace

    from kogorta.desk.health import views

    monkeypatch.setattr(views, "DESK", replace(views.DESK, metrics_token="right"))
    assert Client(headers={"authorization": given}).get("/metrics").status_code == status


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mail to ivan.petrov@example.com failed", "mail to <email> failed"),
        ("phone +7 (912) 345-67-89", "phone <number>"),
        ("ИНН 7707083893 не найден", "ИНН <number> не найден"),
        ("/start/?token=abc.DEF-1&x=2", "/start/?token=<secret>&x=2"),
        ("'password': 'hunter2'", "'password': '<secret>'"),
        ("job 12 took 0.513 s at 2026-11-27", "job 12 took 0.513 s at 2026-11-27"),
    ],
)
def test_logs_hold_no_personal_data_and_no_secrets(said, kept):
    assert masked(said) == kept


def test_a_line_of_the_log_is_one_json_object_with_everything_masked():
    error = ValueError("customer ivan@example.com\nsecond line")
    record = logging.LogRecord("kogorta.desk", logging.ERROR, "x.py", 1, "broke for %s", ("+79123456789",), (ValueError, error, None))
    record.job, record.who = 7, "anna@example.com"
    line = JsonLines().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["message"], found["job"], found["who"], found["level"]) == ("broke for <number>", 7, "<email>", "error")
    assert "ivan@example.com" not in line
    assert "second line" in found["traceback"]


def test_a_page_without_a_database_says_that_something_broke(founded, monkeypatch):
    def unreachable():
        raise DatabaseError

    monkeypatch.setattr("django.db.connection.cursor", unreachable)
    answer = Client(raise_request_exception=False, headers={"accept-language": "ru"}).get("/login/")
    assert answer.status_code == 500
    assert "Что-то сломалось" in answer.content.decode()
