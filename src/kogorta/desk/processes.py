"""The two processes of a desk: `python -m kogorta.desk.processes web HOST PORT` and `... worker`."""

from __future__ import annotations

import os
import sys
import threading
import time

from kogorta.desk.running import set_up_django

THREADS = 8
"""Requests answered at the same time; the one web process shares the snapshot of the base among them."""


def serve(host: str, port: int) -> None:
    """Answer requests until told to stop, or until the process that started this one is gone."""
    from granian.constants import Interfaces
    from granian.server import Server

    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    Server(
        "kogorta.desk.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        websockets=False,
        log_enabled=False,
    ).serve()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), 15)


def work() -> None:
    """Do jobs until told to stop."""
    set_up_django()
    from kogorta.desk.jobs.worker import main

    main()


if __name__ == "__main__":
    if sys.argv[1] == "web":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        work()
