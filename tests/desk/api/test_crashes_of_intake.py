"""The web process is killed while events stream in: whatever was acknowledged is there, and nothing is there twice."""

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from servers import free_port

pytestmark = pytest.mark.slow_gate
SET_UP = """
from kogorta.desk.running import prepare
from kogorta.desk.settings import DESK
prepare(DESK)
from kogorta.desk.api.actions import make_token
from kogorta.desk.api.scopes import Scope
from kogorta.desk.company.actions import found_company
from kogorta.desk.company.queries import CompanyFacts
from kogorta.desk.people.models import User
found_company(CompanyFacts("Орион", "Europe/Moscow", "RUB", "case"))
print(make_token(User.objects.create(email="o@example.com", name="O", role="owner"), "a test", [Scope.EVENTS_WRITE])[1])
"""
KILLS, SENDERS, SIZE = 4, 4, 50


class Desk:
    """A desk of its own whose web process is killed and started again."""

    def __init__(self, home, address):
        self.home, self.address, self.port = home, address, free_port()
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("KOGORTA_", "DATABASE_URL"))}
        self.environment = {
            **outside,
            "KOGORTA_DESK_HOME": str(home),
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "kogorta.desk.settings",
        }
        done = subprocess.run([sys.executable, "-c", SET_UP], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.token = done.stdout.split()[-1]
        self.server = None

    def start(self):
        command = [sys.executable, "-m", "kogorta.desk.processes", str(os.getpid()), "web", "127.0.0.1", str(self.port)]
        self.server = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the desk did not start")

    def kill(self):
        if self.server.poll() is None:
            children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()
            for pid in (*map(int, children), self.server.pid):
                os.kill(pid, signal.SIGKILL)
        self.server.wait()

    def stored(self):
        query = "SELECT event_id FROM events_receivedevent"
        if self.address:
            with psycopg.connect(self.address) as connection:
                return [name for (name,) in connection.execute(query).fetchall()]
        with closing(sqlite3.connect(self.home / "desk.sqlite3", timeout=30)) as connection:
            return [name for (name,) in connection.execute(query).fetchall()]


class Sender(threading.Thread):
    """Sends batch after batch until told to stop; after a broken answer it asks again with the same ids, as a sender should."""

    def __init__(self, desk, number, stop):
        super().__init__(daemon=True)
        self.desk, self.number, self.stop = desk, number, stop
        self.acknowledged, self.known, self.broken, self.refused = [], 0, 0, []

    def run(self):
        batch, connection = 0, None
        while not self.stop.is_set():
            ids = [f"{self.number}-{batch}-{place}" for place in range(SIZE)]
            events = [{"id": one, "customer_id": "c", "type": "visit", "at": "2026-11-22T10:00:00Z"} for one in ids]
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.desk.port, timeout=30)
                headers = {"Authorization": f"Bearer {self.desk.token}", "Content-Type": "application/json"}
                connection.request("POST", "/api/v1/events/batch", json.dumps({"events": events}), headers)
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                connection, self.broken = None, self.broken + 1
                time.sleep(0.02)
                continue
            if answer.status != 202:
                self.refused.append((answer.status, body))
                break
            self.known += json.loads(body)["known"]
            self.acknowledged += ids
            batch += 1
        if connection is not None:
            connection.close()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(request, tmp_path, database):
    desk = Desk(tmp_path, request.getfixturevalue("address") if database == "postgresql" else "")
    stop = threading.Event()
    senders = [Sender(desk, number, stop) for number in range(SENDERS)]
    desk.start()
    try:
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            seen = sum(len(sender.acknowledged) for sender in senders)
            end = time.monotonic() + 60
            while sum(len(sender.acknowledged) for sender in senders) < seen + 20 * SIZE and time.monotonic() < end:
                time.sleep(0.01)
            desk.kill()
            acknowledged = {one for sender in senders for one in list(sender.acknowledged)}
            assert len(acknowledged) > seen
            assert acknowledged <= set(desk.stored())
            desk.start()
        stop.set()
        for sender in senders:
            sender.join(timeout=60)
    finally:
        stop.set()
        desk.kill()
    assert [sender.refused for sender in senders] == [[]] * SENDERS
    stored = desk.stored()
    assert len(stored) == len(set(stored))
    assert {one for sender in senders for one in sender.acknowledged} <= set(stored)
    assert sum(sender.broken for sender in senders) > 0
