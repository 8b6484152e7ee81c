"""The processes of a desk: `python -m kogorta.desk.processes PARENT web HOST PORT`, `... PARENT worker` and `... PARENT watch`."""

from __future__ import annotations

import os
import sys
from typing import Final

from kogorta.desk.lifeline import follow
from kogorta.desk.running import set_up_django

THREADS: Final = 8
"""Requests answered at the same time; the one web process shares the snapshot of the base among them."""

SERVER: Final = "KOGORTA_WEB_SERVER"
"""Variable that tells the process of the application which server it belongs to."""


def serve(host: str, port: int) -> None:
    """Answer requests until told to stop."""
    from granian.constants import Interfaces
    from granian.server import Server

    os.environ[SERVER] = str(os.getpid())
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


def work() -> None:
    """Do jobs until told to stop."""
    set_up_django()
    from kogorta.desk.jobs.worker import main

    main()


def watch() -> None:
    """Keep segments current until told to stop."""
    set_up_django()
    from kogorta.desk.membership.ticking import main

    main()


if __name__ == "__main__":
    follow(int(sys.argv[1]))
    if sys.argv[2] == "web":
        serve(sys.argv[3], int(sys.argv[4]))
    elif sys.argv[2] == "watch":
        watch()
    else:
        work()
