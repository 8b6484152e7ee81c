"""Events: durable before they are acknowledged, once by id, in the base soon after, nothing lost silently."""

import io
import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.desk.api import callers, events
from kogorta.desk.api.limits import Buckets
from kogorta.desk.api.models import Token
from kogorta.desk.api.quick_intake import PATH, with_quick_intake
from kogorta.desk.bases.opening import open_desk_base
from kogorta.desk.events import actions, handlers
from kogorta.desk.events.models import ReceivedEvent
from kogorta.desk.events.queries import backlog, has_work
from kogorta.desk.jobs.actions import claim, enqueue
from kogorta.desk.jobs.models import Job
from kogorta.desk.jobs.schedule import ask_for_repeated
from kogorta.desk.jobs.worker import run_job
from kogorta.desk.settings import DESK

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def an_event(number, customer="nobody", **more):
    return {"id": f"e{number}", "customer_id": customer, "type": "page_view", "at": "2026-11-22T10:00:00+03:00", **more}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    callers.memory.forget()
    monkeypatch.setattr(events, "limit", Buckets(1e9, 1e9))
    monkeypatch.setattr("kogorta.desk.jobs.worker._heartbeat", lambda context, over: None)


@pytest.fixture
def sends(program):
    return program("events:write", "events:read")


@pytest.fixture
def own_base(analysed, tmp_path):
    """The analysed base, given back afterwards as it was."""
    shutil.copytree(DESK.base_folder, tmp_path / "base")
    yield analysed
    shutil.rmtree(DESK.base_folder)
    shutil.copytree(tmp_path / "base", DESK.base_folder)


def work():
    """Do the jobs that wait; returns kind and state of each."""
    done = []
    while (found := claim()) is not None:
        run_job(found)
        found.job.refresh_from_db()
        done.append((found.job.kind, found.job.state))
    return done


def test_an_event_is_kept_as_it_was_sent(sends):
    answer = sends.post("/events", an_event(1, source="site", properties={"page": "/а", "value": 1.5, "paid": True, "why": None}))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "known": 0})
    row = ReceivedEvent.objects.get()
    assert (row.event_id, row.customer_id, row.type, row.source, row.state) == ("e1", "nobody", "page_view", "site", "waiting")
    assert row.at == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert json.loads(row.properties) == {"page": "/а", "value": 1.5, "paid": True, "why": None}


def test_the_same_id_counts_once_within_a_batch_and_ever_after(sends):
    batch = {"events": [an_event(1), an_event(2), an_event(1, type="visit")]}
    assert sends.post("/events/batch", batch).json() == {"accepted": 2, "known": 1}
    assert sends.post("/events/batch", batch).json() == {"accepted": 0, "known": 3}
    assert ReceivedEvent.objects.get(event_id="e1").type == "page_view"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"id": ""}, "/events/1/id"),
        ({"id": "x" * 201}, "/events/1/id"),
        ({"id": "a\x00b"}, "/events/1/id"),
        ({"type": "drop table"}, "/events/1/type"),
        ({"at": "2026-11-22"}, "/events/1/at"),
        ({"at": "2026-11-22T10:00:00"}, "/events/1/at"),
        ({"at": "soon"}, "/events/1/at"),
        ({"at": "3"}, "/events/1/at"),
        ({"at": 1764288000}, "/events/1/at"),
        ({"customer_id": 5}, "/events/1/customer_id"),
        ({"customer_id": None}, "/events/1/customer_id"),
        ({"price": 5}, "/events/1/price"),
        ({"properties": {"deep": {"er": 1}}}, "/events/1/properties/deep"),
        ({"properties": {f"p{place}": 1 for place in range(51)}}, "/events/1/properties"),
    ],
)
def test_a_batch_with_a_fault_is_refused_whole_and_the_fault_is_named(sends, wrong, pointer):
    answer = sends.post("/events/batch", {"events": [an_event(1), an_event(2) | wrong]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert ReceivedEvent.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[" * 100_000, 400),
        ('{"events": ' + "[" * 3000 + "]" * 3000 + "}", 400),
        ('{"events": [NaN]}', 400),
        ("not json", 400),
        ("", 422),
        ("{}", 422),
        ('{"events": []}', 422),
        (json.dumps({"events": [an_event(place) for place in range(1001)]}), 422),
        ('{"events": ["\\ud800"]}', 400),
        ("x" * (6 << 20), 413),
    ],
)
def test_hostile_bodies_are_refused_in_one_document(sends, body, status):
    answer = sends.post("/events/batch", body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert ReceivedEvent.objects.count() == 0


@pytest.mark.parametrize("at", ["1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"])
def test_a_moment_outside_of_reason_is_refused(sends, at):
    answer = sends.post("/events", an_event(1, at=at))
    assert (answer.status_code, answer.json()["code"]) == (422, "refused")
    assert ReceivedEvent.objects.count() == 0


def test_past_its_limit_a_token_is_told_when_to_come_again(sends, monkeypatch):
    monkeypatch.setattr(events, "limit", Buckets(2.0, 3.0))
    assert sends.post("/events/batch", {"events": [an_event(place) for place in range(3)]}).status_code == 202
    answer = sends.post("/events/batch", {"events": [an_event(place) for place in range(3, 6)]})
    assert (answer.status_code, answer["Retry-After"]) == (429, "2")
    assert ReceivedEvent.objects.count() == 3


def collected():
    assert ask_for_repeated(NOW) >= 1
    return [pair for pair in work() if pair[0] == "events.collect"]


def test_events_come_into_the_base_and_those_of_nobody_wait_for_him(own_base, sends):
    known = own_base.cursor().execute("SELECT customer_id FROM customers ORDER BY customer_id LIMIT 1").fetchone()[0]
    batch = [an_event(place, known if place % 2 else "nobody") for place in range(4)]
    sends.post("/events/batch", {"events": batch})
    assert has_work()
    Job.objects.all().delete()
    assert collected() == [("events.collect", "done")]
    base = open_desk_base()
    assert base.connection.execute("SELECT count(*), min(customer_id) FROM events").fetchone() == (2, known)
    base.connection.close()
    page = sends.get("/events?state=unknown").json()
    assert ([row["id"] for row in page["items"]], page["waiting"], page["unknown"]) == ([batch[2]["id"], batch[0]["id"]], 0, 2)
    assert not has_work(), "while the customers are the same nothing is asked again"
    assert ask_for_repeated(NOW + timedelta(minutes=1)) == 0 or not Job.objects.filter(kind="events.collect", state="waiting").exists()
    ReceivedEvent.objects.filter(state="unknown").update(judged_by="an earlier state", customer_id=known)
    assert has_work()
    enqueue("events.collect")
    work()
    base = open_desk_base()
    assert base.connection.execute("SELECT count(*), count(DISTINCT event_id) FROM events").fetchone() == (4, 4)
    base.connection.close()
    assert backlog() == type(backlog())(0, 0)


def test_killed_between_the_base_and_the_mark_the_next_attempt_repeats_nothing(own_base, sends, monkeypatch):
    known = own_base.cursor().execute("SELECT customer_id FROM customers LIMIT 1").fetchone()[0]
    monkeypatch.setattr(handlers, "CHUNK", 2)
    sends.post("/events/batch", {"events": [an_event(f"k-{place}", known) for place in range(5)]})
    base = open_desk_base()
    before = len(base.table("events"))
    base.connection.close()
    marked = actions.mark_taken
    monkeypatch.setattr(actions, "mark_taken", lambda ids: (_ for _ in ()).throw(RuntimeError("killed")))
    enqueue("events.collect")
    assert work() == [("events.collect", "waiting")]
    monkeypatch.setattr(actions, "mark_taken", marked)
    Job.objects.update(run_at=NOW)
    assert work() == [("events.collect", "done")]
    base = open_desk_base()
    assert len(base.table("events")) - before == 5
    base.connection.close()
    assert set(ReceivedEvent.objects.values_list("state", flat=True)) == {"taken"}


def test_a_desk_without_a_base_keeps_events_until_there_is_one(sends):
    sends.post("/events", an_event(1))
    assert not has_work()
    enqueue("events.collect")
    assert work() == [("events.collect", "done")]
    assert backlog().waiting == 1


def test_old_events_are_let_go_of_only_when_the_base_has_them(sends):
    sends.post("/events/batch", {"events": [an_event(place) for place in range(3)]})
    ReceivedEvent.objects.update(received_at=NOW - timedelta(days=400))
    ReceivedEvent.objects.filter(event_id="e1").update(state="taken")
    ReceivedEvent.objects.filter(event_id="e2").update(state="unknown")
    assert actions.forget_old() == 1
    assert set(ReceivedEvent.objects.values_list("event_id", flat=True)) == {"e0", "e2"}


def test_an_old_base_is_analysed_anew_when_events_changed_it(own_base):
    assert not handlers.snapshot_is_behind()
    base = CustomerBase(open_desk_base().folder)
    known = base.connection.execute("SELECT customer_id FROM customers LIMIT 1").fetchone()[0]
    base.add_events([handlers.Event("late", known, "visit", NOW)])
    base.connection.close()
    assert handlers.snapshot_is_behind()
    enqueue("events.analyse")
    first = claim()
    run_job(first)
    assert Job.objects.filter(kind="bases.analyse", state="waiting").count() == 1


class Ordinary:
    """What stands behind the short way; remembers whether it was asked."""

    def __init__(self):
        self.bodies = []

    def __call__(self, environ, start_response):
        self.bodies.append(environ["wsgi.input"].read())
        start_response("418 I'm a teapot", [])
        return [b"ordinary"]


@pytest.fixture
def short_way(sends):
    """`short_way(body, header=...)`: a batch past the pages; returns the status, the body and what the ordinary door got."""
    ordinary = Ordinary()
    application = with_quick_intake(ordinary)

    def asked(body, **changed):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = []
        environ = {
            "PATH_INFO": PATH,
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(data)),
            "HTTP_AUTHORIZATION": f"Bearer {sends.token}",
            "wsgi.input": io.BytesIO(data),
            **changed,
        }
        answer = b"".join(application(environ, lambda status, headers: told.append(status)))
        return told[0], answer, ordinary.bodies

    return asked


def test_the_short_way_answers_what_is_right(short_way):
    status, answer, ordinary = short_way({"events": [an_event(1), an_event(2)]})
    assert (status, json.loads(answer), ordinary) == ("202 Accepted", {"accepted": 2, "known": 0}, [])
    assert short_way({"events": [an_event(1)]})[1] == b'{"accepted":0,"known":1}'
    assert ReceivedEvent.objects.count() == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"HTTP_AUTHORIZATION": "Bearer kgt_wrong"},
        {"HTTP_AUTHORIZATION": ""},
        {"CONTENT_TYPE": "text/plain"},
        {"CONTENT_LENGTH": "x"},
        {"CONTENT_LENGTH": str(6 << 20)},
        {"PATH_INFO": "/api/v1/events"},
        {"REQUEST_METHOD": "GET"},
    ],
)
def test_whatever_is_not_right_goes_to_the_ordinary_door_with_its_body(short_way, changed):
    status, _, ordinary = short_way({"events": [an_event(1)]}, **changed)
    assert status.startswith("418")
    assert json.loads(ordinary[0]) == {"events": [an_event(1)]}
    assert ReceivedEvent.objects.count() == 0


def test_a_faulty_body_or_a_token_without_the_scope_goes_there_too(short_way):
    assert short_way(b'{"events": []}')[0].startswith("418")
    assert short_way({"events": [an_event(1, at="9999-01-01T00:00:00Z")]})[0].startswith("418")
    Token.objects.update(scopes=["events:read"])
    callers.memory.forget()
    assert short_way({"events": [an_event(1)]})[0].startswith("418")
    assert ReceivedEvent.objects.count() == 0


def test_a_revoked_token_is_forgotten_at_once_by_its_process(short_way, client_of, monkeypatch):
    monkeypatch.setattr("django.db.transaction.on_commit", lambda deed: deed())
    assert short_way({"events": [an_event(1)]})[0].startswith("202")
    assert client_of("owner").post(f"/tokens/{Token.objects.get().pk}/revoke/").status_code == 302
    assert short_way({"events": [an_event(2)]})[0].startswith("418")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("order", {"amount": 5}),
        ("order", {"order_id": "w-1"}),
        ("order", {"order_id": "w-1", "amount": "a lot"}),
        ("order", {"order_id": "w-1", "amount": True}),
        ("order", {"order_id": "w-1", "amount": 5, "status": "maybe"}),
        ("order", {"order_id": "w-1", "amount": 5, "ordered_at": "2026-11-22"}),
        ("refund", {"order_id": "w-1", "amount": 0}),
        ("refund", {"order_id": 17, "amount": 5}),
    ],
)
def test_an_order_that_is_not_told_whole_is_refused(sends, kind, told):
    answer = sends.post("/events/batch", {"events": [an_event(1, type=kind, properties=told)]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/events/0")
    assert "order_id" in answer.json()["errors"][0]["detail"]
    assert not ReceivedEvent.objects.exists()


def test_orders_and_refunds_go_among_the_orders_of_the_base(sends, own_base):
    who = own_base.cursor().execute("SELECT min(customer_id) FROM customers").fetchone()[0]
    told = [
        an_event(1, who, type="order", properties={"order_id": "w-1", "amount": "1500.50", "channel": "Сайт"}),
        an_event(2, who, type="order", properties={"order_id": "w-2", "amount": 70, "status": "open"}),
        an_event(3, who, type="refund", at="2026-11-22T10:01:00+03:00", properties={"order_id": "w-1", "amount": 500.5}),
    ]
    assert sends.post("/events/batch", {"events": told}).json() == {"accepted": 3, "known": 0}
    enqueue("events.collect")
    work()
    base = open_desk_base()
    rows = base.connection.execute(
        "SELECT order_id, status, net_amount_base FROM orders WHERE import_digest = 'events' ORDER BY 1"
    ).fetchall()
    base.connection.close()
    assert rows == [("refund:e3", "refunded", 0), ("w-1", "won", 100_000), ("w-2", "open", 0)]
    assert sends.post("/events/batch", {"events": told}).json() == {"accepted": 0, "known": 3}
