"""A desk of its own whose web and workers are processes that can be killed."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psycopg

LIMIT = 240


class CrashDesk:
    """Args: `home` is its folder; `address` of a PostgreSQL, or empty for SQLite."""

    def __init__(self, home, address):
        self.home, self.address, self.processes = home, address, []
        self.outside = {
            name: value for name, value in os.environ.items() if not name.startswith(("KOGORTA_DESK_", "DATABASE_URL", "DJANGO_"))
        }
        own = {"KOGORTA_DESK_HOME": str(home), "KOGORTA_DESK_LEASE_SECONDS": "2", "DATABASE_URL": address}
        self.environment = {**self.outside, **own, "DJANGO_SETTINGS_MODULE": "kogorta.desk.settings"}

    def __enter__(self):
        self.run("-m", "django", "migrate", "-v", "0")
        return self

    def __exit__(self, *reason):
        for process in self.processes:
            process.kill()
            process.wait()

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

    def started(self, command, environment):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def start(self, script, *words):
        return self.started([sys.executable, script, *words], self.environment)

    def start_web(self, port):
        return self.started(
            [sys.executable, "-m", "kogorta.desk.processes", str(os.getpid()), "web", "127.0.0.1", str(port)], self.environment
        )

    def wait(self, wanted):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if wanted():
                return
            time.sleep(0.1)
        raise AssertionError(self.rows("SELECT kind, state, error FROM jobs_job"))
