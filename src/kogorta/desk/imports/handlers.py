"""Jobs of the room: audit a file on a copy of the base, add it to the base, take it out again.

Each may die at any moment and be done anew: adding the same file twice changes nothing, and a base made anew appears by one rename.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from kogorta.base.customer_base import CustomerBase
from kogorta.base.store import STATE_FILE
from kogorta.desk.bases.handlers import JobProgress, ask_for_analysis
from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.desk.bases.snapshots import forget_old_snapshots
from kogorta.desk.errors import ConflictError
from kogorta.desk.imports import actions
from kogorta.desk.imports.cleaned import keep_cleaned
from kogorta.desk.imports.findings import find, keep_quarantine, totals
from kogorta.desk.imports.queries import find_file
from kogorta.desk.imports.reading import Reading, called, read_erasing
from kogorta.desk.imports.rebuilding import base_alone, files_of, made_anew
from kogorta.desk.imports.storage import path_of
from kogorta.desk.jobs.registry import job
from kogorta.desk.jobs.workspace import workspace
from kogorta.desk.settings import DESK
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kogorta.desk.imports.findings import Findings
    from kogorta.desk.imports.models import SentFile
    from kogorta.desk.jobs.context import JobContext
    from kogorta.kit.progress import Progress

_STEPS: Final = 6
_MEMORY: Final = "1000MB"


@job("imports.check", message("Audit a file"), most_attempts=3)
def check(context: JobContext) -> Mapping[str, object]:
    """Add the file to a copy of the base and say what would come of it; the base stays as it is."""
    row = _row(context)
    with workspace(context) as folder:
        with base_alone(context):
            copy_base(DESK.base_folder, folder / "base")
        base = CustomerBase(folder / "base", memory=_MEMORY, spill=folder)
        try:
            found = add(base, row, folder, JobProgress(context, _STEPS))
        finally:
            base.connection.close()
    with context.effect():
        actions.tell_findings(row.pk, found)
    return {"rows": found.read}


@job("imports.accept", message("Add a file to the base"))
def accept(context: JobContext) -> Mapping[str, object]:
    """Add the file to the base and ask for a new analysis."""
    row = _row(context)
    with workspace(context) as folder, base_alone(context):
        base = open_desk_base(_MEMORY)
        try:
            found = add(base, row, folder, JobProgress(context, _STEPS), clean=True)
        finally:
            base.connection.close()
        with context.effect():
            actions.finish_loading(row.pk, found)
            ask_for_analysis(row.accepted_by)
    return {"rows": found.read}


@job("imports.undo", message("Take a file out of the base"))
def undo(context: JobContext) -> Mapping[str, object]:
    """Make the base anew from the other files, and put it in the place of the present one by one rename."""
    row = _row(context)
    with workspace(context) as folder, base_alone(context):
        base = open_desk_base(_MEMORY)
        try:
            present, others = files_of(base, leaving=row.base_digest)
            if row.base_digest in present:
                without = made_anew(context, others, folder)
                try:
                    context.check()
                    base.take_over(without)
                finally:
                    without.connection.close()
        finally:
            base.connection.close()
        with context.effect():
            actions.finish_undoing(row.pk)
            ask_for_analysis(row.accepted_by)
        if base_state().is_empty:
            forget_old_snapshots(keep=0)
    return {"files": len(others)}


def add(base: CustomerBase, row: SentFile, folder: Path, progress: Progress, *, clean: bool = False) -> Findings:
    """Add a file to a base, keep the rows left out beside the file, and say what came of it.

    Args:
        base: the base, or a copy of it.
        row: the file.
        folder: workspace of the job.
        progress: where the steps are announced.
        clean: where the file has somebody who was erased, keep it without him.

    Raises:
        InputError: the file cannot be read or does not fit the base.
    """
    before, reading = totals(base), Reading.of(row.reading)
    extract, erased = read_erasing(row.digest, row.name, reading, folder, progress)
    with called(row.name, str(path_of(row.digest)), row.digest):
        accounting = base.add(extract, reading.options(folder), progress=progress)
    if erased and clean:
        keep_cleaned(row.digest, extract)
    extract.staged.unlink(missing_ok=True)
    found = find(base, extract, accounting, before)
    keep_quarantine(base, row.digest, found.digest)
    return found


def copy_base(source: Path, target: Path) -> None:
    """A copy of the base that costs no space: its files are never changed in place, so the copy shares them.

    `base.json` comes first: whatever is written meanwhile, the files it names are there.
    """
    target.mkdir(parents=True)
    if not (source / STATE_FILE).exists():
        return
    shutil.copy2(source / STATE_FILE, target / STATE_FILE)
    shutil.copytree(source, target, copy_function=_share, dirs_exist_ok=True, ignore=shutil.ignore_patterns(STATE_FILE, ".*", "*.new"))


def _share(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def _row(context: JobContext) -> SentFile:
    row = find_file(int(str(context.arguments["file_id"])))
    if row is None:
        raise ConflictError("The file was removed meanwhile.")
    return row
