"""Jobs of the room: analyse the base anew after it changed."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Final

from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.snapshots import forget_old_snapshots, latest_snapshot, make_snapshot
from kogorta.desk.company.queries import current_company
from kogorta.desk.jobs.actions import enqueue
from kogorta.desk.jobs.registry import job
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.contrib.auth.base_user import AbstractBaseUser

    from kogorta.desk.jobs.context import JobContext
    from kogorta.desk.jobs.models import Job
    from kogorta.kit.progress import Step

_STEPS: Final = 6


class JobProgress:
    """The library's progress as that of a job: one unit for each step; a job that was cancelled stops at the next.

    Args:
        context: the job.
        steps: how many steps are expected.
    """

    def __init__(self, context: JobContext, steps: int) -> None:
        self._context, self._steps, self._done = context, steps, 0

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:  # noqa: ARG002
        """Announce a step."""
        self._context.check()
        self._context.progress(min(self._done, self._steps), self._steps, name)
        yield _SilentStep()
        self._done += 1
        self._context.progress(min(self._done, self._steps), self._steps, name)


class _SilentStep:
    def advance(self, rows: int) -> None:
        """Nothing: steps are counted, not rows."""


@job("bases.analyse", message("Analyse the base"), most_attempts=3)
def analyse(context: JobContext) -> Mapping[str, object]:
    """Make the snapshot pages read."""
    scheme = str(context.arguments["scheme"])
    as_of = context.arguments.get("as_of")
    found = make_snapshot(scheme, date.fromisoformat(str(as_of)) if as_of else None, progress=JobProgress(context, _STEPS))
    forget_old_snapshots()
    return {"customers": found.customers, "as_of": found.as_of.isoformat(), "version": found.version}


def ask_for_analysis(by: AbstractBaseUser | None = None, as_of: date | None = None) -> Job | None:
    """Ask for the snapshot of the base as it is now; asked for twice it is made once.

    Returns:
        The job; None while nothing was imported, or when the newest snapshot is of the base as it is.
    """
    company, state = current_company(), base_state()
    if company is None or state.is_empty:
        return None
    known = latest_snapshot(company.scheme)
    if known is not None and as_of in {None, known.as_of} and known.version == state.version:
        return None
    day = as_of.isoformat() if as_of else ""
    return enqueue(
        "bases.analyse",
        {"scheme": company.scheme, "as_of": day},
        key=f"bases.analyse:{state.version}:{company.scheme}:{day}",
        by=by,
    )
