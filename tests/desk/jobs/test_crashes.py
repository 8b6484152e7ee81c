import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

pytestmark = pytest.mark.slow_gate
SCRIPT = Path(__file__).with_name("crash_worker.py")
STEPS = 30


class Desk:
    """A desk of its own whose workers are processes that can be killed."""

    def __init__(self, home, address):
        self.home, self.address = home, address
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("KOGORTA_DESK_", "DATABASE_URL"))},
            "KOGORTA_DESK_HOME": str(home),
            "KOGORTA_DESK_LEASE_SECONDS": "2",
            "DJANGO_SETTINGS_MODULE": "kogorta.desk.settings",
            "DATABASE_URL": address,
        }
        self.workers = []
        self.run("-m", "django", "migrate", "-v", "0")

    def run(self, *words):
        done = subprocess.run([sys.executable, *map(str, words)], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def enqueue(self, kind, key="once"):
        return int(self.run(SCRIPT, "enqueue", kind, STEPS, key))

    def report(self, job_id):
        row = self.rows(f"SELECT state, attempts, lease_token, error FROM jobs_job WHERE id = {job_id}")[0]
        steps = [subject for (subject,) in self.rows("SELECT subject FROM journal_entry WHERE action = 'test.step' ORDER BY id")]
        return {"state": row[0], "attempts": row[1], "token": row[2], "error": row[3], "steps": steps}

    def rows(self, query):
        if self.address:
            with psycopg.connect(self.address) as connection:
                return connection.execute(query).fetchall()
        with closing(sqlite3.connect(self.home / "desk.sqlite3", timeout=30)) as connection:
            return connection.execute(query).fetchall()

    def start_worker(self):
        worker = subprocess.Popen(
            [sys.executable, SCRIPT, "work"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.workers.append(worker)
        return worker

    def wait(self, job_id, wanted, limit=90):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            found = self.report(job_id)
            if wanted(found):
                return found
            time.sleep(0.05)
        raise AssertionError(found)

    def stop(self):
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()


@pytest.fixture(params=["sqlite", "postgresql"])
def desk_of_its_own(request, tmp_path):
    found = Desk(tmp_path, request.getfixturevalue("address") if request.param == "postgresql" else "")
    yield found
    found.stop()


def test_a_killed_worker_loses_no_step_and_repeats_none(desk_of_its_own):
    job_id = desk_of_its_own.enqueue("test.count")
    first = desk_of_its_own.start_worker()
    desk_of_its_own.wait(job_id, lambda found: len(found["steps"]) == STEPS // 2)
    first.kill()
    first.wait()
    cut = desk_of_its_own.report(job_id)
    assert cut["state"] == "running"
    (desk_of_its_own.home / "go").touch()
    desk_of_its_own.start_worker()
    found = desk_of_its_own.wait(job_id, lambda found: found["state"] != "running")
    assert found["state"] == "done"
    assert found["steps"] == [f"step:{place}" for place in range(STEPS)]
    assert found["token"] == 2


def test_a_job_that_kills_its_worker_is_given_up_after_its_last_attempt(desk_of_its_own):
    job_id = desk_of_its_own.enqueue("test.die", "deadly")
    for _ in range(2):
        worker = desk_of_its_own.start_worker()
        worker.wait(timeout=60)
        assert worker.returncode == -9
    desk_of_its_own.start_worker()
    found = desk_of_its_own.wait(job_id, lambda found: found["state"] == "failed")
    assert found["attempts"] == 2
    assert "died" in found["error"]
