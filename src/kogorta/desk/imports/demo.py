"""The base of invented data: written, taken in and analysed by one job, so that a new desk can be looked at before a file is sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from kogorta.desk.bases.handlers import JobProgress, ask_for_analysis
from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.desk.errors import ConflictError
from kogorta.desk.imports import actions
from kogorta.desk.imports.handlers import add
from kogorta.desk.imports.queries import demo_file
from kogorta.desk.imports.rebuilding import base_alone
from kogorta.desk.imports.storage import path_of
from kogorta.desk.jobs.registry import job
from kogorta.desk.jobs.workspace import workspace
from kogorta.desk.language import local, now
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kogorta.desk.imports.models import SentFile
    from kogorta.desk.jobs.context import JobContext

FILE_NAME: Final = "demo-school.csv"
_STEPS: Final = 6


@job("imports.demo", message("Load the demo base"), most_attempts=3)
def load_demo(context: JobContext) -> Mapping[str, object]:
    """Write the export of an invented school up to today, add it to the empty base, ask for the analysis."""
    with workspace(context) as folder, base_alone(context):
        row = demo_file()
        if row is None:
            if not base_state().is_empty:
                raise ConflictError("The demo is loaded into an empty base only.")
            row = _written(context, folder)
        base = open_desk_base()
        try:
            found = add(base, row, folder, JobProgress(context, _STEPS))
        finally:
            base.connection.close()
        with context.effect():
            actions.finish_loading(row.pk, found)
            ask_for_analysis(row.accepted_by)
    return {"rows": found.read}


def _written(context: JobContext, folder: Path) -> SentFile:
    from kogorta.demo.school import write_school

    context.progress(0, _STEPS, message("Inventing a school"))
    write_school(folder / "school", as_of=local(now()).date())
    source = folder / "school" / "deals.csv"
    content = source.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    target = path_of(digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    target.chmod(0o600)
    with context.effect():
        return actions.keep_demo(digest, FILE_NAME, len(content), int(str(context.arguments["user_id"])), context.id)
