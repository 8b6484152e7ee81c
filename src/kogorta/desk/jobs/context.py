"""What a handler may do while it works: show progress, stop when asked, write under its lease."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction

from kogorta.desk.jobs import actions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kogorta.desk.jobs.actions import Claim


class LeaseLostError(Exception):
    """Another worker has the job now: this one must stop and write nothing."""


class JobCancelledError(Exception):
    """Somebody asked the job to stop."""


class WorkerStopsError(Exception):
    """The worker is told to stop: the job goes back and is taken up by another one from its checkpoint."""


class JobContext:
    """The job in the hands of its handler.

    Args:
        claim: the lease.
        stopping: set when the worker is told to stop.
    """

    def __init__(self, claim: Claim, stopping: threading.Event | None = None) -> None:
        self._claim = claim
        self._stopping = stopping or threading.Event()
        self._lost = threading.Event()
        self._checkpoint = dict(claim.job.checkpoint)
        self.done = claim.job.done
        self.total = claim.job.total
        self.step = ""

    @property
    def id(self) -> int:
        """Id of the job."""
        return self._claim.job.pk

    @property
    def arguments(self) -> Mapping[str, object]:
        """What the job was asked with."""
        return dict(self._claim.job.arguments)

    @property
    def checkpoint(self) -> Mapping[str, object]:
        """Where an earlier attempt stopped; empty at first."""
        return dict(self._checkpoint)

    @property
    def created_by_id(self) -> int | None:
        """Who asked for it."""
        return self._claim.job.created_by_id

    def progress(self, done: int, total: int | None = None, step: str = "") -> None:
        """Say how far the work is; it is written with the next heartbeat. `step` is an English text marked by `message`."""
        self.done, self.total, self.step = done, total if total is not None else self.total, step or self.step

    def check(self) -> None:
        """Go on only when nobody asked to stop and the lease is still held; call it between chunks.

        Raises:
            JobCancelledError: somebody asked to stop.
            LeaseLostError: another worker has the job.
            WorkerStopsError: the worker is told to stop.
        """
        if self._lost.is_set():
            raise LeaseLostError
        if self._stopping.is_set():
            raise WorkerStopsError
        if actions.is_cancelled(self._claim):
            raise JobCancelledError

    @contextmanager
    def effect(self, checkpoint: Mapping[str, object] | None = None) -> Iterator[None]:
        """One transaction under the lease: what is written inside, and the checkpoint, are kept together or not at all.

        Raises:
            LeaseLostError: another worker has the job; nothing is written.
        """
        with transaction.atomic():
            if not actions.hold(self._claim):
                self._lost.set()
                raise LeaseLostError
            yield
            if checkpoint is not None:
                actions.remember(self._claim, checkpoint)
        if checkpoint is not None:
            self._checkpoint = dict(checkpoint)

    def beat(self) -> None:
        """Keep the lease and show the progress; called by the worker's clock."""
        if not actions.renew(self._claim, self.done, self.total, self.step):
            self._lost.set()
