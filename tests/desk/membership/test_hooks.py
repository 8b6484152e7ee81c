import hashlib
import hmac
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from watching import keeper_of, settled, watch_row

from kogorta.desk.errors import DeskError
from kogorta.desk.membership import addresses, couriers
from kogorta.desk.membership.couriers import Courier
from kogorta.desk.membership.hooks import subscribe
from kogorta.desk.membership.models import Subscription, Transition


@pytest.fixture
def receiver(monkeypatch):
    """A receiver on the loopback that answers what it is told to; the desk may speak to it."""
    monkeypatch.setattr(addresses, "DESK", replace(addresses.DESK, inner_hooks=True))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((dict(self.headers), body))
            self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def address_of(server):
    return f"http://127.0.0.1:{server.server_port}/hook?x=1"


@pytest.fixture
def subscribed(saved, founded, receiver):
    row = subscribe(founded["owner"], address_of(receiver))
    settled(keeper_of())
    return row, Courier(watch_row().token)


def test_moves_arrive_once_each_signed_in_their_order(subscribed, receiver):
    row, courier = subscribed
    assert courier.carry() == Transition.objects.count()
    got = [move for _, body in receiver.got for move in json.loads(body)["transitions"]]
    assert [move["sequence"] for move in got] == list(range(1, watch_row().sequence + 1))
    headers, body = receiver.got[0]
    moment, told = headers["Kogorta-Signature"].split(",")
    expected = hmac.new(row.secret.encode(), moment.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest()
    assert told == f"v1={expected}"
    assert headers["Kogorta-Key"] == json.loads(body)["key"]
    assert courier.carry() == 0
    assert Subscription.objects.get().cursor == watch_row().sequence


@pytest.mark.parametrize("answer", [500, 404, 302])
def test_what_is_not_confirmed_comes_again_after_a_pause_with_the_same_key(subscribed, receiver, answer):
    _, courier = subscribed
    receiver.answers = [answer, answer]
    assert courier.carry() == 0
    row = Subscription.objects.get()
    assert (row.cursor, row.failures, row.last_answer) == (0, 1, str(answer))
    assert courier.carry() == 0, "the pause has not passed"
    assert len(receiver.got) == 1
    first = row.next_at - row.last_at
    Subscription.objects.update(next_at=None)
    courier.carry()
    row.refresh_from_db()
    assert row.next_at - row.last_at > first
    Subscription.objects.update(next_at=None)
    assert courier.carry() == Transition.objects.count()
    assert len({headers["Kogorta-Key"] for headers, _ in receiver.got[:3]}) == 1
    assert Subscription.objects.get().failures == 0


def test_a_segment_alone_can_be_asked_for(saved, founded, receiver):
    settled(keeper_of())
    before = watch_row().sequence
    Subscription.objects.create(address=address_of(receiver), secret="s", segment=saved["big"].pk, cursor=0, created_by=founded["owner"])
    Courier(watch_row().token).carry()
    got = [move for _, body in receiver.got for move in json.loads(body)["transitions"]]
    assert {move["segment"] for move in got} == {"big"}
    assert len(got) == Transition.objects.filter(segment=saved["big"].pk).count()
    assert Subscription.objects.get().cursor <= before


def test_a_courier_that_lost_the_watch_carries_nothing(subscribed, receiver):
    _, courier = subscribed
    keeper_of()
    assert courier.carry() == 0
    assert receiver.got == []


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/hook", "https://localhost/hook", "https://10.1.2.3/", "https://192.168.0.1/", "https://169.254.169.254/latest",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/", "http://example.com/", "ftp://example.com/", "javascript:1",
        "https://user:word@example.com/", "https:///x", "https://exa mple.com/", "https://2130706433/", "https://127.1/", "https://host:99999/",
    ],
)  # fmt: skip
def test_addresses_of_this_network_and_nonsense_are_refused(saved, founded, address):
    with pytest.raises(DeskError):
        subscribe(founded["owner"], address)
    assert not Subscription.objects.exists()


def test_a_name_that_changes_its_mind_is_refused_when_it_is_spoken_to(saved, founded, receiver, monkeypatch):
    row = subscribe(founded["owner"], address_of(receiver))
    settled(keeper_of())
    monkeypatch.setattr(addresses, "DESK", replace(addresses.DESK, inner_hooks=False))
    assert Courier(watch_row().token).carry() == 0
    row.refresh_from_db()
    assert (receiver.got, row.failures) == ([], 1)
    assert row.last_answer == "it leads into this network"


def test_the_page_shows_the_secret_once_and_only_to_the_owner(saved, client_of, receiver):
    settled(keeper_of())
    client = client_of("owner")
    made = client.post("/live/hooks/", {"address": address_of(receiver), "segment": str(saved["big"].pk)})
    secret = Subscription.objects.get().secret
    assert secret in made.content.decode()
    assert secret not in client.get("/live/hooks/").content.decode()
    assert client_of("marketer").get("/live/hooks/").status_code == 403
    number = Subscription.objects.get().pk
    client.post(f"/live/hooks/{number}/switch/")
    assert not Subscription.objects.get().is_active
    assert client.post(f"/live/hooks/{number}/delete/").status_code == 302
    assert not Subscription.objects.exists()
    assert client.post("/live/hooks/", {"address": "https://127.0.0.1:1/\x00", "segment": "x"}).status_code == 200
    assert couriers.MOST_MOVES == 500
