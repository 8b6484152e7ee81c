from datetime import timedelta
from html import unescape

import pytest

from kogorta.desk.bases.kept_moves import moves_file, read_moves
from kogorta.desk.jobs.actions import claim
from kogorta.desk.jobs.models import Job
from kogorta.desk.jobs.worker import run_job


@pytest.fixture(autouse=True)
def _no_heart(monkeypatch):
    """The heart beats over a connection of its own, which does not see the undone transaction of a test."""
    monkeypatch.setattr("kogorta.desk.jobs.worker._heartbeat", lambda context, over: None)


@pytest.fixture
def days(analysed):
    from_on, to_on = analysed.as_of - timedelta(days=200), analysed.as_of - timedelta(days=20)
    yield from_on, to_on
    moves_file(analysed.folder, from_on, to_on).unlink(missing_ok=True)


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ")


def ask(client, days):
    return client.post("/changes/", {"from": days[0].isoformat(), "to": days[1].isoformat()})


def test_two_days_are_compared_by_a_job_and_kept(analysed, client_of, days):
    client = client_of("analyst")
    answer = ask(client, days)
    assert "сравниваются" in text_of(client.get(answer["Location"]))
    run_job(claim())
    found = read_moves(analysed.folder, *days)
    assert (found.from_on, found.to_on) == days
    assert sum(flow.customers for flow in found.flows) > 0
    page = text_of(client.get(answer["Location"]))
    assert "сменил" in page
    assert "сравниваются" not in page


def test_the_same_days_are_asked_for_once(analysed, client_of, days):
    client = client_of("owner")
    ask(client, days)
    ask(client, days)
    assert Job.objects.filter(kind="moves.count").count() == 1
    run_job(claim())
    before = moves_file(analysed.folder, *days).read_bytes()
    Job.objects.filter(kind="moves.count").update(state="waiting", attempts=0)
    run_job(claim())
    assert moves_file(analysed.folder, *days).read_bytes() == before


def test_a_base_that_changed_meanwhile_is_said_and_nothing_is_kept(analysed, client_of, days):
    ask(client_of("owner"), days)
    Job.objects.filter(kind="moves.count").update(arguments={**Job.objects.get(kind="moves.count").arguments, "version": "another"})
    run_job(claim())
    row = Job.objects.get(kind="moves.count")
    assert (row.state, "changed meanwhile" in row.error) == ("failed", True)
    assert read_moves(analysed.folder, *days) is None


def test_a_comparison_that_is_stopped_keeps_nothing(analysed, client_of, days):
    client = client_of("owner")
    ask(client, days)
    found = claim()
    client.post(f"/jobs/{found.job.pk}/cancel/")
    run_job(found)
    assert Job.objects.get(pk=found.job.pk).state == "cancelled"
    assert read_moves(analysed.folder, *days) is None


@pytest.mark.parametrize(
    "given",
    [
        {"from": "x", "to": "y"},
        {},
        {"from": "2026-01-01", "to": "2026-01-01"},
        {"from": "2026-05-01", "to": "2026-01-01"},
        {"from": "2026-01-01", "to": "2999-01-01"},
    ],
)
def test_days_that_cannot_be_compared_ask_for_no_job(analysed, client_of, given):
    assert client_of("owner").post("/changes/", given).status_code in {200, 302, 422}
    assert Job.objects.filter(kind="moves.count").count() == 0
