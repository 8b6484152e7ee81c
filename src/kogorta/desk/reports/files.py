"""Where the files of reports lie: a folder for each report, which appears whole by one rename."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.desk.people.permissions import Action
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGE: Final = "report.html"
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Kind:
    """A file of a report.

    Args:
        action: who may download it: tables have e-mails and phones.
        content_type: of the answer.
    """

    action: Action
    content_type: str


KINDS: Final[Mapping[str, Kind]] = {
    "report.pdf": Kind(Action.SEE_REPORTS, "application/pdf"),
    PAGE: Kind(Action.SEE_REPORTS, "text/html; charset=utf-8"),
    "first_wave.xlsx": Kind(Action.EXPORT_CUSTOMERS, SHEET),
    "customers.xlsx": Kind(Action.EXPORT_CUSTOMERS, SHEET),
}
"""Every file a report may have. A name that is not here is never looked for on the disk."""


def reports_folder() -> Path:
    """Where all of them lie."""
    return DESK.files_folder / "reports"


def path_of(report_id: int, name: str) -> Path:
    """Where a file of a report lies."""
    return reports_folder() / str(int(report_id)) / name


def publish(made: Path, report_id: int) -> dict[str, int]:
    """Give a folder of finished files its place; one left there by an attempt that died goes. Returns bytes by name."""
    target = reports_folder() / str(int(report_id))
    target.parent.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for path in sorted(made.iterdir()):
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        path.chmod(0o600)
        sizes[path.name] = path.stat().st_size
    forget_files(report_id)
    made.rename(target)
    return sizes


def forget_files(report_id: int) -> None:
    """Delete the files of a report."""
    shutil.rmtree(reports_folder() / str(int(report_id)), ignore_errors=True)
