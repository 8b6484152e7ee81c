"""Reports and schedules in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.desk.language import current_language
from kogorta.desk.people.permissions import may
from kogorta.desk.reports.files import KINDS, PAGE
from kogorta.desk.reports.models import Rhythm
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from kogorta.desk.people.models import User
    from kogorta.desk.reports.models import Report, Schedule

RHYTHM_NAMES: Final[Mapping[str, str]] = {Rhythm.WEEKLY: message("Every week"), Rhythm.MONTHLY: message("Every month")}
WEEKDAYS: Final[Mapping[int, str]] = {
    1: message("Monday"),
    2: message("Tuesday"),
    3: message("Wednesday"),
    4: message("Thursday"),
    5: message("Friday"),
    6: message("Saturday"),
    7: message("Sunday"),
}
FILE_NAMES: Final[Mapping[str, str]] = {
    "report.pdf": message("Report, PDF"),
    "first_wave.xlsx": message("Whom to contact first, XLSX"),
    "customers.xlsx": message("All customers, XLSX"),
}
LANGUAGE_NAMES: Final[Mapping[str, str]] = {"ru": message("in Russian"), "en": message("in English")}


@dataclass(frozen=True)
class ShownFile:
    """A file to download: its name on disk, what it is, its size in words."""

    name: str
    title: str
    size: str


@dataclass(frozen=True)
class ShownReport:
    """A report as a page shows it; `files` are those the reader may download."""

    row: Report
    title: str
    language: str
    files: tuple[ShownFile, ...]
    has_page: bool

    @classmethod
    def of(cls, row: Report, reader: User) -> ShownReport:
        """A report with its words."""
        words = current_language()
        title = words.text("Report number {number}", number=row.pk)
        if row.as_of:
            title = words.text("Report as of {day}", day=words.day(row.as_of))
        files = tuple(
            ShownFile(name, words.phrase(FILE_NAMES[name]), size_told(row.sizes[name]))
            for name in FILE_NAMES
            if name in row.sizes and may(reader, KINDS[name].action)
        )
        return cls(row, title, words.phrase(LANGUAGE_NAMES[row.language]), files, PAGE in row.sizes)


@dataclass(frozen=True)
class ShownSchedule:
    """A schedule in words, and when it is due next."""

    row: Schedule
    told: str
    language: str
    next_at: datetime

    @classmethod
    def of(cls, row: Schedule, next_at: datetime) -> ShownSchedule:
        """A schedule with its words."""
        words = current_language()
        clock = f"{row.hour:02}:00"
        if row.rhythm == Rhythm.WEEKLY:
            told = words.text("Every week: {weekday}, {clock}", weekday=words.phrase(WEEKDAYS[row.day]).lower(), clock=clock)
        else:
            told = words.text("Every month: day {day}, {clock}", day=row.day, clock=clock)
        return cls(row, told, words.phrase(LANGUAGE_NAMES[row.language]), next_at)


def size_told(size: int) -> str:
    """Bytes as kilobytes or megabytes."""
    words = current_language()
    if size < 1 << 20:
        return words.text("{size} KB", size=words.number(max(size / (1 << 10), 0.1), 0 if size > 10_240 else 1))
    return words.text("{size} MB", size=words.number(size / (1 << 20), 1))
