"""States and errors of jobs in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.desk.jobs.models import State
from kogorta.desk.language import current_language
from kogorta.kit.language import message

if TYPE_CHECKING:
    from kogorta.desk.jobs.models import Job

STATE_NAMES: Final[dict[str, str]] = {
    State.RUNNING: message("Running"),
    State.WAITING: message("Waiting"),
    State.DONE: message("Done"),
    State.FAILED: message("Failed"),
    State.CANCELLED: message("Cancelled"),
}


def error_told(row: Job) -> str:
    """Why a job failed, or why its last attempt did."""
    if not row.error:
        return ""
    words = current_language()
    try:
        return words.text(row.error, **row.error_values) if row.error_values else words.phrase(row.error)
    except (KeyError, IndexError, ValueError):
        return words.phrase(row.error)
