"""The process that does the jobs: claims, keeps the lease by a heartbeat, finishes; and asks for what repeats."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import TYPE_CHECKING, Final

from django.db import close_old_connections, connection

from kogorta.desk.jobs import actions
from kogorta.desk.jobs.context import JobCancelledError, JobContext, LeaseLostError, WorkerStopsError
from kogorta.desk.jobs.registry import KINDS
from kogorta.desk.jobs.schedule import ask_for_repeated
from kogorta.desk.settings import DESK
from kogorta.kit.errors import KogortaError

if TYPE_CHECKING:
    from kogorta.desk.jobs.actions import Claim

log = logging.getLogger("kogorta.desk.jobs")
_POLL: Final = 0.5
_SCHEDULE_EVERY: Final = 20.0


def run_job(claim: Claim, stopping: threading.Event | None = None) -> None:
    """Do one claimed job to its end, whatever the end is."""
    row, context = claim.job, JobContext(claim, stopping)
    started = time.monotonic()
    over = threading.Event()
    heart = threading.Thread(target=_heartbeat, args=(context, over), daemon=True, name=f"heart-{row.pk}")
    heart.start()
    log.info("job started", extra={"job": row.pk, "kind": row.kind, "attempt": row.attempts})
    outcome = "done"
    try:
        result = KINDS[row.kind].handler(context)
        if not actions.complete(claim, result or {}, context.done, context.total):
            outcome = "lease lost"
    except JobCancelledError:
        outcome = "cancelled"
        actions.stop(claim)
    except WorkerStopsError:
        outcome = "handed back"
        actions.give_back(claim)
    except LeaseLostError:
        outcome = "lease lost"
    except KogortaError as error:
        outcome = "refused"
        actions.refuse(claim, error)
    except Exception as error:
        outcome = "broken"
        log.exception("job broke", extra={"job": row.pk, "kind": row.kind})
        actions.put_off(claim, type(error).__name__)
    finally:
        over.set()
        heart.join()
    seconds = round(time.monotonic() - started, 3)
    log.info("job ended", extra={"job": row.pk, "kind": row.kind, "outcome": outcome, "seconds": seconds, "count": context.done})


def _heartbeat(context: JobContext, over: threading.Event) -> None:
    pause = min(1.0, DESK.lease_seconds / 4)
    try:
        while not over.wait(pause):
            try:
                context.beat()
            except Exception:
                log.exception("heartbeat failed", extra={"job": context.id})
    finally:
        connection.close()


class Worker:
    """Loops that claim and do jobs until told to stop.

    Args:
        loops: jobs done at the same time.
    """

    def __init__(self, loops: int = 2) -> None:
        self.loops = loops
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until `stopping` is set."""
        threads = [threading.Thread(target=self._loop, name=f"worker-{place}", daemon=True) for place in range(self.loops)]
        for thread in threads:
            thread.start()
        asked = 0.0
        while not self.stopping.wait(_POLL):
            if time.monotonic() - asked >= _SCHEDULE_EVERY or not asked:
                asked = time.monotonic()
                self._repeat()
        self.stopping.set()
        for thread in threads:
            thread.join(timeout=10)

    def _repeat(self) -> None:
        try:
            close_old_connections()
            ask_for_repeated()
        except Exception:
            log.exception("schedule failed")

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                close_old_connections()
                claimed = actions.claim()
            except Exception:
                log.exception("claim failed")
                claimed = None
            if claimed is None:
                self.stopping.wait(_POLL)
                continue
            try:
                run_job(claimed, self.stopping)
            except Exception:
                log.exception("the end of a job could not be written; its lease runs out by itself", extra={"job": claimed.job.pk})
        connection.close()


def main() -> None:
    """Work in this process until SIGTERM or SIGINT."""
    worker = Worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    worker.run()
