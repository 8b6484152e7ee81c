import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from import_texts import DEALS
from servers import has_postgresql, postgresql

from kogorta.base.customer_base import CustomerBase

pytestmark = pytest.mark.slow_gate
SCRIPT = Path(__file__).with_name("crash_worker.py")
LIMIT = 180


@pytest.fixture(scope="module")
def address():
    if not has_postgresql():
        pytest.skip("no PostgreSQL server on this machine")
    with postgresql() as found:
        yield found


class Desk:
    """A desk of its own whose workers are processes that can be killed."""

    def __init__(self, home, address):
        self.home, self.address, self.workers = home, address, []
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("KOGORTA_DESK_", "DATABASE_URL"))}
        own = {"KOGORTA_DESK_HOME": str(home), "KOGORTA_DESK_LEASE_SECONDS": "2", "DATABASE_URL": address}
        self.environment = {**outside, **own, "DJANGO_SETTINGS_MODULE": "kogorta.desk.settings"}
        self.run("-m", "django", "flush", "--noinput") if address and self._has_tables() else self.run("-m", "django", "migrate", "-v", "0")

    def _has_tables(self):
        with psycopg.connect(self.address) as connection:
            return connection.execute("SELECT to_regclass('imports_sentfile')").fetchone()[0] is not None

    def run(self, *words):
        done = subprocess.run([sys.executable, *map(str, words)], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query):
        if self.address:
            with psycopg.connect(self.address) as connection:
                return connection.execute(query).fetchall()
        with closing(sqlite3.connect(self.home / "desk.sqlite3", timeout=30)) as connection:
            return connection.execute(query).fetchall()

    def start(self, point):
        command = [sys.executable, SCRIPT, "work", point]
        worker = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.workers.append(worker)
        return worker

    def wait(self, wanted):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if wanted():
                return
            time.sleep(0.1)
        raise AssertionError(self.rows("SELECT kind, state, error FROM jobs_job"))


@pytest.fixture
def desks(tmp_path):
    made = []

    def make(address):
        made.append(Desk(tmp_path, address))
        return made[-1]

    yield make
    for desk in made:
        for worker in desk.workers:
            worker.kill()
            worker.wait()


@pytest.mark.parametrize(
    ("kind", "deed", "point"),
    [("sqlite", "accept", "before"), ("sqlite", "accept", "after"), ("sqlite", "undo", "after"), ("postgresql", "accept", "after")],
)
def test_a_worker_killed_while_the_base_changes_loses_no_row_and_repeats_none(request, desks, tmp_path, kind, deed, point):
    desk = desks(request.getfixturevalue("address") if kind == "postgresql" else "")
    source = tmp_path / "deals.csv"
    source.write_text(DEALS)
    job_id = int(desk.run(SCRIPT, "prepare", source, deed).splitlines()[-1])
    first = desk.start(point)
    desk.wait((tmp_path / "there").exists)
    first.kill()
    first.wait()
    assert desk.rows(f"SELECT state FROM jobs_job WHERE id = {job_id}") == [("running",)]
    (tmp_path / "go").touch()
    desk.start(point)
    desk.wait(lambda: desk.rows(f"SELECT state FROM jobs_job WHERE id = {job_id}") == [("done",)])
    base = CustomerBase(tmp_path / "base")
    counted = [base.connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("imports", "orders", "quarantine")]
    state, deeds = ("loaded", "import.loaded") if deed == "accept" else ("undone", "import.undone")
    assert counted == ([1, 3, 2] if deed == "accept" else [0, 0, 0])
    assert desk.rows("SELECT state FROM imports_sentfile") == [(state,)]
    assert desk.rows(f"SELECT count(*) FROM journal_entry WHERE action = '{deeds}'") == [(1,)]
