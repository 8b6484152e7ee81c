"""A file and its audit as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from kogorta.desk.imports.actions import OPEN
from kogorta.desk.imports.findings import Findings
from kogorta.desk.imports.models import State
from kogorta.desk.imports.words import FATE_NAMES, STATE_NAMES, field_name, kind_of
from kogorta.desk.language import current_language

if TYPE_CHECKING:
    from kogorta.base.problems import ProblemKind
    from kogorta.desk.imports.findings import Found
    from kogorta.desk.imports.models import SentFile
    from kogorta.kit.language import Language
    from kogorta.sources.files.preview import Preview

_TAGS = {State.LOADED: "good", State.CHECKED: "accent", State.UNDONE: "warn"}
_KILOBYTE = 1024


@dataclass(frozen=True)
class ShownFile:
    """A file as a page shows it.

    Args:
        row: the file.
        state: how far it is, English.
        tag: class of the tag.
        failed: whether its last job failed or was stopped.
    """

    row: SentFile
    state: str
    tag: str
    failed: bool

    @classmethod
    def of(cls, row: SentFile) -> ShownFile:
        """A file with its words."""
        failed = row.job is not None and row.job.state in {"failed", "cancelled"}
        tag = "accent" if row.is_working else "bad" if failed else _TAGS.get(State(row.state), "")
        return cls(row, STATE_NAMES[row.state], tag, failed)

    @property
    def size(self) -> str:
        """Kilobytes or megabytes, in the reader's language."""
        return size_told(self.row.size, current_language())

    @property
    def is_open(self) -> bool:
        """Whether the base has nothing of it."""
        return self.row.state in OPEN and not self.row.is_working

    @property
    def may_be_accepted(self) -> bool:
        """Whether the next step is to add it."""
        return not self.row.is_working and self.row.state in {State.CHECKED, State.ACCEPTING}

    @property
    def may_be_undone(self) -> bool:
        """Whether it can be taken out."""
        return not self.row.is_working and self.row.state in {State.LOADED, State.ACCEPTING, State.UNDOING}

    @property
    def is_loaded(self) -> bool:
        """Whether it is in the base."""
        return self.row.state in {State.LOADED, State.UNDOING}

    @property
    def rows(self) -> int | None:
        """Rows read, where it was audited."""
        return Findings.of(self.row.found).read if self.row.found else None

    @property
    def left_out(self) -> int | None:
        """Rows left out, where it was audited."""
        return Findings.of(self.row.found).quarantined if self.row.found else None


def size_told(size: int, words: Language) -> str:
    """A size in kilobytes or megabytes."""
    if size < _KILOBYTE * _KILOBYTE:
        return words.text("{size} KB", size=words.number(max(size / _KILOBYTE, 0.1), 1))
    return words.text("{size} MB", size=words.number(size / _KILOBYTE / _KILOBYTE, 1))


def facts_of(seen: Preview, row: SentFile, words: Language) -> list[str]:
    """What kind of file it is, in short phrases."""
    said = [size_told(row.size, words), seen.encoding.upper() if seen.encoding.isascii() else seen.encoding]
    if seen.delimiter:
        from kogorta.sources.files.preview import DELIMITER_NAMES

        named = DELIMITER_NAMES.get(seen.delimiter)
        said.append(words.text("separated by: {sign}", sign=words.phrase(named) if named else seen.delimiter))
    if seen.header_row > 1:
        said.append(words.text("Header in row {row}", row=seen.header_row))
    return said


def notes_told(notes: tuple[str, ...], words: Language) -> list[str]:
    """What was done to the file as a whole; notes that exist in English alone are for those who read it."""
    told = [(note, words.phrase(note)) for note in notes]
    return [text for note, text in told if words.code == "en" or text != note]


@dataclass(frozen=True)
class ShownProblem:
    """A problem in words."""

    found: Found
    kind: ProblemKind
    fate: str
    column: str


@dataclass(frozen=True)
class ShownFindings:
    """The audit in words."""

    found: Findings
    problems: list[ShownProblem]
    whole: list[ShownProblem]
    notes: list[str]
    first_day: date | None
    last_day: date | None

    @property
    def new_customers(self) -> int:
        """Customers the base gains."""
        return self.found.after.customers - self.found.before.customers

    @property
    def new_won(self) -> int:
        """Purchases the base gains."""
        return self.found.after.won - self.found.before.won

    @property
    def new_revenue(self) -> int:
        """Revenue the base gains, minor units."""
        return self.found.after.revenue - self.found.before.revenue

    @property
    def replaced(self) -> int:
        """Orders of the file that were in the base already and are replaced."""
        return max(self.found.orders - (self.found.after.orders - self.found.before.orders), 0)


def shown_problem(found: Found) -> ShownProblem:
    """A problem with its words."""
    return ShownProblem(
        found, kind_of(found.code), FATE_NAMES.get(found.fate, found.fate), field_name(found.column) if found.column else ""
    )


def shown_findings(found: Findings) -> ShownFindings:
    """An audit with its words."""
    return ShownFindings(
        found,
        [shown_problem(item) for item in found.problems],
        [shown_problem(item) for item in found.whole],
        notes_told(found.notes, current_language()),
        date.fromisoformat(found.first_day) if found.first_day else None,
        date.fromisoformat(found.last_day) if found.last_day else None,
    )
