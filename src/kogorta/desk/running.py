"""How a desk is prepared and run: one command for the web, the worker and the watch, each a process that is started again when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from types import FrameType

    from kogorta.desk.environment import Environment

_STEADY: Final = 10.0
"""A process that lived so many seconds is started again at once; one that dies sooner waits."""


def set_up_django() -> None:
    """Load Django with the settings of the environment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kogorta.desk.settings")
    import django

    django.setup()


@dataclass(frozen=True)
class Prepared:
    """A desk ready to run.

    Args:
        migrations: number of migrations applied now.
        start_path: path with the token of the first start; None when the desk has an owner.
    """

    migrations: int
    start_path: str | None


def prepare(environment: Environment) -> Prepared:
    """Make the folders, the secret key and the tables; doing it again changes nothing.

    Raises:
        InputError: the folder cannot be written, or the database cannot be reached.
    """
    try:
        for folder in (environment.home, environment.files_folder, environment.snapshots_folder):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("{folder} cannot be made or written: {reason}.", folder=error.filename, reason=error.strerror) from error
    if not environment.secret_key:
        raise InputError("{path} is empty; delete it, and a new key is made.", path=environment.home / "secret.key")
    set_up_django()
    from django.core.management import call_command
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        raise InputError("The database cannot be reached: {reason}.", reason=str(error).strip().splitlines()[0]) from error
    from kogorta.desk.company.start import setup_token

    token = setup_token()
    connection.close()
    return Prepared(len(plan), f"/start/?token={token}" if token else None)


class Supervisor:
    """Keeps the web, the worker and the watch alive until told to stop.

    Args:
        host: address to listen on.
        port: port to listen on.
    """

    def __init__(self, host: str, port: int) -> None:
        here = [sys.executable, "-m", "kogorta.desk.processes", str(os.getpid())]
        self.commands = {"web": [*here, "web", host, str(port)], "worker": [*here, "worker"], "watch": [*here, "watch"]}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.started: dict[str, float] = {}
        self.stopping = threading.Event()

    def run(self) -> int:
        """Run all until a signal comes; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for name in self.commands:
            self._start(name)
        while not self.stopping.wait(0.3):
            for name, process in list(self.processes.items()):
                if process.poll() is not None and not self.stopping.is_set():
                    lived = time.monotonic() - self.started[name]
                    if lived < _STEADY and self.stopping.wait(2.0):
                        break
                    self._start(name)
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
        return 0

    def _start(self, name: str) -> None:
        # a session of its own: Ctrl+C reaches the supervisor alone, who stops all in order
        self.processes[name] = subprocess.Popen(self.commands[name], start_new_session=True)  # noqa: S603
        self.started[name] = time.monotonic()

    def _stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.stopping.set()
