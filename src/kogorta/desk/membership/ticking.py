"""The process that keeps segments current: holds the watch, ticks, lets go when it is told to or has lost it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from typing import Final

from django.db import close_old_connections, connection

from kogorta.desk.membership import actions
from kogorta.desk.membership.actions import WatchLostError
from kogorta.desk.membership.couriers import Courier
from kogorta.desk.membership.keeper import Keeper
from kogorta.desk.membership.models import Watch
from kogorta.desk.settings import DESK
from kogorta.kit.errors import KogortaError

log = logging.getLogger("kogorta.desk.membership")
PAUSE: Final = 0.2
"""Seconds from one look at what has come in to the next, when there is time."""
_BREATH: Final = 0.02
"""Seconds left to others at least."""
_AFTER_TROUBLE: Final = 5.0


class Ticker:
    """Ticks until told to stop; of two processes one works, the other waits."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.holder = f"{socket.gethostname()}:{os.getpid()}"

    def run(self) -> None:
        """Wait for the watch, keep it, tick."""
        while not self.stopping.is_set():
            token = self._asked()
            if token is None:
                self.stopping.wait(1.0)
                continue
            try:
                self._hold(token)
            except WatchLostError:
                log.warning("another process keeps the segments now", extra={"holder": self.holder})
            except Exception:
                log.exception("the watch broke off")
                self.stopping.wait(_AFTER_TROUBLE)
        connection.close()

    def _asked(self) -> int | None:
        try:
            close_old_connections()
            return actions.take_watch(self.holder, force=_is_dead(Watch.objects.values_list("holder", flat=True).first() or ""))
        except Exception:
            log.exception("the watch could not be asked for")
            return None

    def _hold(self, token: int) -> None:
        over, lost = threading.Event(), threading.Event()
        helpers = [
            threading.Thread(target=_beat, args=(token, over, lost), name="watch-heart", daemon=True),
            threading.Thread(target=Courier(token).run, args=(over,), name="watch-courier", daemon=True),
        ]
        for thread in helpers:
            thread.start()
        keeper = Keeper(token)
        try:
            while not self.stopping.is_set() and not lost.is_set():
                begin = time.perf_counter()
                try:
                    written = keeper.step()
                except KogortaError as error:
                    actions.note_trouble(token, error)
                    log.warning("ticks wait", extra={"reason": str(error)})
                    keeper = Keeper(token)
                    self.stopping.wait(_AFTER_TROUBLE)
                    continue
                if written:
                    log.info("tick", extra={"transitions": written, "seconds": round(time.perf_counter() - begin, 3)})
                close_old_connections()
                self.stopping.wait(max(_BREATH, PAUSE - (time.perf_counter() - begin)))
        finally:
            over.set()
            for thread in helpers:
                thread.join(timeout=15)
            if not lost.is_set():
                actions.give_watch(token)
        if lost.is_set():
            raise WatchLostError


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that is no more: its lease need not run out first."""
    host, _, number = holder.rpartition(":")
    if host != socket.gethostname() or not number.isdigit() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _beat(token: int, over: threading.Event, lost: threading.Event) -> None:
    """Keep the lease while a long step runs."""
    try:
        while not over.wait(DESK.lease_seconds / 4):
            try:
                actions.keep_watch(token)
            except WatchLostError:
                lost.set()
                return
            except Exception:
                log.exception("the watch could not be kept")
    finally:
        connection.close()


def main() -> None:
    """Tick in this process until SIGTERM or SIGINT."""
    ticker = Ticker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ticker.stopping.set())
    ticker.run()
