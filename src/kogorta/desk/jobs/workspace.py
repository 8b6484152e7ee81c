"""A folder for one attempt at a job; what attempts that died left behind goes away."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kogorta.desk.jobs.queries import jobs_over
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kogorta.desk.jobs.context import JobContext

_PREFIX = "job-"


@contextmanager
def workspace(context: JobContext) -> Iterator[Path]:
    """A folder beside the base, empty at first; what an attempt that died left there, or a job that is over, goes first."""
    work = DESK.home / "work"
    work.mkdir(parents=True, exist_ok=True)
    folder = work / f"{_PREFIX}{context.id}"
    left = {path: path.name.removeprefix(_PREFIX) for path in work.glob(f"{_PREFIX}*")}
    numbers = {int(number) for number in left.values() if number.isdigit()}
    over = jobs_over(numbers) | {context.id}
    for path, number in left.items():
        if number.isdigit() and int(number) in over:
            shutil.rmtree(path, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
