import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from kogorta.desk.errors import ConflictError, NotFoundError
from kogorta.desk.jobs import actions
from kogorta.desk.jobs.context import JobContext, LeaseLostError
from kogorta.desk.jobs.models import Job, State
from kogorta.desk.jobs.registry import KINDS, job
from kogorta.desk.jobs.schedule import ask_for_repeated, slot_of
from kogorta.desk.jobs.worker import run_job
from kogorta.desk.journal.models import Entry
from kogorta.kit.errors import InputError


@pytest.fixture
def kind(founded, monkeypatch):
    """A kind of job made of a function, forgotten after the test."""

    def made(handler, name="test.work", **options):
        monkeypatch.delitem(KINDS, name, raising=False)
        job(name, "Work", **options)(handler)
        return name

    yield made
    for name in [name for name in KINDS if name.startswith("test.")]:
        del KINDS[name]


@pytest.fixture(autouse=True)
def _no_heart(monkeypatch):
    """The heart beats over a connection of its own, which does not see the undone transaction of a test."""
    monkeypatch.setattr("kogorta.desk.jobs.worker._heartbeat", lambda context, over: None)


def expire(row):
    Job.objects.filter(pk=row.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))


def due_now(row):
    Job.objects.filter(pk=row.pk).update(run_at=datetime.now(UTC) - timedelta(seconds=1))


def test_a_job_is_done_and_keeps_its_result(kind):
    row = actions.enqueue(kind(lambda context: {"seen": context.arguments["x"]}), {"x": 7})
    run_job(actions.claim())
    row.refresh_from_db()
    assert (row.state, row.result, row.attempts) == (State.DONE, {"seen": 7}, 1)
    assert actions.claim() is None


def test_a_key_is_asked_for_once(kind):
    name = kind(lambda context: None)
    first = actions.enqueue(name, {"x": 1}, key="k")
    again = actions.enqueue(name, {"x": 2}, key="k")
    assert (first.pk, Job.objects.count(), again.arguments) == (again.pk, 1, {"x": 1})


def test_a_job_of_a_transaction_undone_is_never_there(kind):
    name = kind(lambda context: None)
    with transaction.atomic():
        actions.enqueue(name)
        transaction.set_rollback(True)
    assert Job.objects.count() == 0


def test_a_job_for_later_waits(kind):
    actions.enqueue(kind(lambda context: None), run_at=datetime.now(UTC) + timedelta(hours=1))
    assert actions.claim() is None


def test_a_running_job_is_claimed_again_only_when_its_lease_is_over(kind):
    row = actions.enqueue(kind(lambda context: None))
    first = actions.claim()
    assert actions.claim() is None
    expire(row)
    second = actions.claim()
    assert (first.token, second.token, second.job.attempts) == (1, 2, 2)


def test_a_worker_who_lost_the_lease_writes_nothing(kind):
    row = actions.enqueue(kind(lambda context: None))
    first = actions.claim()
    expire(row)
    actions.claim()
    context = JobContext(first)
    with pytest.raises(LeaseLostError), context.effect({"n": 1}):
        Entry.objects.create(action="never")
    assert not actions.renew(first, 5, 10, "")
    assert not actions.complete(first, {}, 5, 10)
    assert not actions.put_off(first, "X")
    row.refresh_from_db()
    assert (row.state, row.checkpoint, row.done, Entry.objects.filter(action="never").count()) == (State.RUNNING, {}, 0, 0)
    with pytest.raises(LeaseLostError):
        context.check()


def test_what_an_effect_wrote_goes_with_its_checkpoint(kind):
    row = actions.enqueue(kind(lambda context: None))
    context = JobContext(actions.claim())
    with context.effect({"row": 10}):
        Entry.objects.create(action="first")
    with pytest.raises(ZeroDivisionError), context.effect({"row": 20}):
        _ = Entry.objects.create(action="second"), 1 / 0
    row.refresh_from_db()
    assert row.checkpoint == {"row": 10}
    assert list(Entry.objects.values_list("action", flat=True)) == ["first"]


def test_an_unexpected_error_is_tried_again_later_and_given_up_at_last(kind):
    def broken(context):
        raise RuntimeError("Иван +79123456789")

    row = actions.enqueue(kind(broken, most_attempts=2))
    run_job(actions.claim())
    row.refresh_from_db()
    assert (row.state, row.error_values) == (State.WAITING, {"kind": "RuntimeError"})
    assert actions.claim() is None
    due_now(row)
    run_job(actions.claim())
    row.refresh_from_db()
    assert (row.state, row.attempts, row.lease_until) == (State.FAILED, 2, None)


def test_an_error_a_person_can_act_on_ends_the_job_at_once(kind):
    def refused(context):
        raise InputError("There is no column {column}.", column="Сумма")

    row = actions.enqueue(kind(refused))
    run_job(actions.claim())
    row.refresh_from_db()
    assert (row.state, row.error, row.error_values) == (State.FAILED, "There is no column {column}.", {"column": "Сумма"})


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_at_its_next_step(kind, founded):
    seen = []

    def work(context):
        actions.cancel(founded["owner"], context.id)
        context.check()
        seen.append("after")

    name = kind(work)
    waiting = actions.enqueue(name)
    actions.cancel(founded["owner"], waiting.pk)
    running = actions.enqueue(name)
    run_job(actions.claim())
    assert set(Job.objects.values_list("pk", "state")) == {(waiting.pk, State.CANCELLED), (running.pk, State.CANCELLED)}
    assert seen == []
    assert Entry.objects.filter(action="job.cancelled").count() == 2


def test_only_what_failed_is_tried_again_and_it_goes_on_where_it_stopped(kind, founded):
    def work(context):
        if not context.checkpoint:
            with context.effect({"row": 5}):
                pass
            raise InputError("No.")
        return {"from": context.checkpoint["row"]}

    row = actions.enqueue(kind(work))
    with pytest.raises(ConflictError):
        actions.retry(founded["owner"], row.pk)
    with pytest.raises(NotFoundError):
        actions.retry(founded["owner"], row.pk + 1)
    run_job(actions.claim())
    actions.retry(founded["owner"], row.pk)
    due_now(row)
    run_job(actions.claim())
    row.refresh_from_db()
    assert (row.state, row.result, row.error) == (State.DONE, {"from": 5}, "")
    with pytest.raises(ConflictError):
        actions.cancel(founded["owner"], row.pk)


def test_a_worker_told_to_stop_gives_the_job_back_without_counting_the_attempt(kind):
    row = actions.enqueue(kind(lambda context: context.check()))
    stopping = threading.Event()
    stopping.set()
    run_job(actions.claim(), stopping)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.lease_until) == (State.WAITING, 0, None)


def test_what_repeats_is_asked_for_once_in_each_slot(kind):
    kind(lambda context: None, "test.hourly", every=timedelta(hours=1))
    at = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
    counts = [ask_for_repeated(moment) for moment in (at, at + timedelta(minutes=10), at + timedelta(minutes=31))]
    asked = Job.objects.filter(kind="test.hourly").order_by("id").values_list("key", flat=True)
    assert list(asked) == ["test.hourly@2026-11-27T10:00:00+00:00", "test.hourly@2026-11-27T11:00:00+00:00"]
    assert counts[1] == 0


def test_a_daily_job_comes_at_its_time_in_the_zone_of_the_company(kind):
    name = kind(lambda context: None, "test.nightly", daily_at=datetime(2026, 1, 1, 3).time())
    before = datetime(2026, 11, 26, 23, 59, tzinfo=UTC)  # 02:59 in Moscow
    after = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)
    assert slot_of(KINDS[name], before, "Europe/Moscow") is None
    assert slot_of(KINDS[name], after, "Europe/Moscow") == "2026-11-27"
    assert slot_of(KINDS[name], after, "UTC") is None


def test_pauses_double_up_to_an_hour(kind):
    row = actions.enqueue(kind(lambda context: None, most_attempts=20))
    pauses = []
    for attempt in (1, 2, 3, 12):
        Job.objects.filter(pk=row.pk).update(attempts=attempt - 1, state=State.WAITING)
        due_now(row)
        before = datetime.now(UTC)
        actions.put_off(actions.claim(), "X")
        row.refresh_from_db()
        pauses.append(round((row.run_at - before).total_seconds()))
    assert pauses == [5, 10, 20, 3600]
