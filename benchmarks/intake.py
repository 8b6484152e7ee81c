"""Events a second through the intake of a running desk, durable before they are acknowledged, beside raw SQLite inserts of the same events.

Run it alone: `python -m benchmarks.intake [--seconds N] [--senders N] [--batch N]`. The web process, the senders and the raw inserts share
the machine; the ratio of the two is what counts.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

INSERT = """INSERT INTO events_receivedevent (event_id, customer_id, type, at, source, properties, received_at, state, judged_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING"""
SET_UP = """
from kogorta.desk.running import prepare, set_up_django
from kogorta.desk.settings import DESK
prepare(DESK)
from kogorta.desk.api.actions import make_token
from kogorta.desk.api.scopes import Scope
from kogorta.desk.company.actions import found_company
from kogorta.desk.company.queries import CompanyFacts
from kogorta.desk.people.models import User
found_company(CompanyFacts("Bench", "Europe/Moscow", "RUB", "case"))
print(make_token(User.objects.create(email="o@example.com", name="O", role="owner"), "bench", [Scope.EVENTS_WRITE])[1])
"""


def events(sender: int, batch: int, size: int) -> list[dict[str, object]]:
    """A batch nobody has sent before."""
    return [
        {
            "id": f"{sender:02x}-{batch:08x}-{place:04x}",
            "customer_id": f"customer:{(batch * size + place) % 50_000}",
            "type": "page_view",
            "at": f"2026-11-{1 + batch % 22:02d}T{place % 24:02d}:{batch % 60:02d}:{place % 60:02d}+03:00",
            "source": "site",
            "properties": {"page": f"/course/{place}", "campaign": "autumn", "value": place},
        }
        for place in range(size)
    ]


def send(port: int, token: str, sender: int, seconds: float, size: int) -> tuple[int, list[float]]:
    """Send batches over one connection until the time is over; returns events acknowledged and times of answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    times, kept, batch = [], 0, 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        body = json.dumps({"events": events(sender, batch, size)})
        begun = time.perf_counter()
        connection.request("POST", "/api/v1/events/batch", body, headers)
        answer = connection.getresponse()
        told = answer.read()
        times.append(time.perf_counter() - begun)
        if answer.status != 202:
            raise RuntimeError(told.decode())
        kept += json.loads(told)["accepted"]
        batch += 1
    return kept, times


def raw(folder: Path, count: int, size: int) -> tuple[float, float]:
    """Wall and CPU seconds of inserting the same events with the same durability, one commit for each batch, nothing around it."""
    source = sqlite3.connect(folder / "desk.sqlite3")
    (table,) = source.execute("SELECT sql FROM sqlite_master WHERE name = 'events_receivedevent'").fetchone()
    indexes = [
        sql for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'events_receivedevent'") if sql
    ]
    source.close()
    connection = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;")
    for sql in (table, *indexes):
        connection.execute(sql)
    batches = [
        [
            (item["id"], item["customer_id"], item["type"], str(item["at"]).replace("T", " ")[:19], item["source"],
             json.dumps(item["properties"]), "2026-11-22 07:00:00", "waiting", "")
            for item in events(0, batch, size)
        ]
        for batch in range(count // size)
    ]  # fmt: skip
    wall, work = time.perf_counter(), time.process_time()
    for rows in batches:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(INSERT, rows)
        connection.execute("COMMIT")
    return time.perf_counter() - wall, time.process_time() - work


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> None:
    """Start a desk, send, measure, compare."""
    words = argparse.ArgumentParser()
    words.add_argument("--seconds", type=float, default=10.0)
    words.add_argument("--senders", type=int, default=4)
    words.add_argument("--batch", type=int, default=100)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="kogorta-intake-") as name:
        folder, port = Path(name), free_port()
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("KOGORTA_", "DATABASE_URL"))}
        environment |= {
            "KOGORTA_DESK_HOME": name,
            "KOGORTA_DESK_EVENTS_PER_SECOND": "1000000",
            "DJANGO_SETTINGS_MODULE": "kogorta.desk.settings",
        }
        token = subprocess.run([sys.executable, "-c", SET_UP], env=environment, capture_output=True, text=True, check=True).stdout.split()[
            -1
        ]
        here = [sys.executable, "-m", "kogorta.desk.processes", str(os.getpid()), "web", "127.0.0.1", str(port)]
        server = subprocess.Popen(here, env=environment, stderr=subprocess.DEVNULL)
        try:
            _wait(port)
            idle = _work(server.pid)
            with ProcessPoolExecutor(given.senders) as pool:
                jobs = [pool.submit(send, port, token, place, given.seconds, given.batch) for place in range(given.senders)]
                found = [job.result() for job in jobs]
            serving = _work(server.pid) - idle
        finally:
            server.terminate()
            server.wait()
        stored = sqlite3.connect(folder / "desk.sqlite3").execute("SELECT count(*) FROM events_receivedevent").fetchone()[0]
        kept = sum(count for count, _ in found)
        times = sorted(one for _, some in found for one in some)
        wall, work = raw(folder, kept, given.batch)
    rate, raw_rate = kept / given.seconds, kept / wall
    print(f"events acknowledged       {kept:>12,}  stored {stored:,}")
    print(f"through the intake        {rate:>12,.0f} events/s in batches of {given.batch}, {given.senders} senders")
    print(f"answers                   p50 {times[len(times) // 2] * 1000:.1f} ms, p95 {times[int(len(times) * 0.95)] * 1000:.1f} ms")
    print(f"raw SQLite inserts        {raw_rate:>12,.0f} events/s, same table, WAL, synchronous=FULL, a commit for each batch")
    print(f"ratio                     {rate / raw_rate:>12.2f} of raw SQLite")
    print(f"CPU of an event           {serving / kept * 1e6:>12.1f} us of the server, {work / kept * 1e6:.1f} us raw")
    if stored != kept:
        raise SystemExit("what was acknowledged is not what is stored")


def _work(pid: int) -> float:
    """CPU seconds of a process and of those it started."""
    spent, ticks = 0.0, os.sysconf("SC_CLK_TCK")
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        cells = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        spent += (int(cells[11]) + int(cells[12])) / ticks
        waiting += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return spent


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the desk did not start")


if __name__ == "__main__":
    main()
