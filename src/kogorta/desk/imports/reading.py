"""How a file is read: what it was recognised as, and what a person corrected."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kogorta.base.erasure import without_erased
from kogorta.base.options import IntakeOptions
from kogorta.desk.bases.opening import base_state
from kogorta.desk.company.queries import current_company
from kogorta.desk.imports.cleaned import is_cleaned, read_cleaned
from kogorta.desk.imports.storage import path_of
from kogorta.desk.personal.queries import erased_people
from kogorta.kit.errors import KogortaError
from kogorta.kit.money import read_rates
from kogorta.kit.progress import SILENT
from kogorta.sources.files import preview, read_file
from kogorta.sources.files.layouts import recognise
from kogorta.sources.files.sniff import kind_of
from kogorta.sources.files.workbook import read_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from kogorta.base.intake import Extract
    from kogorta.kit.progress import Progress
    from kogorta.sources.files.layouts import Recognised
    from kogorta.sources.files.preview import Preview

LEAVE_OUT = "-"


@dataclass(frozen=True)
class Reading:
    """What is decided about one file.

    Args:
        layout: `auto` or a layout a person chose.
        sheet: sheet of a workbook; empty takes the one with the most rows.
        columns: header -> field, where a person decided; `-` leaves a column out.
        stages: stage -> won, lost, open or refunded, where a person decided.
        currency, time_zone, refunds: as in `IntakeOptions`; the base's own win once it has data.
        rates: text of a table of exchange rates; empty refuses rows in other currencies.
        received_on: the day the file was sent.
    """

    received_on: str
    layout: str = "auto"
    sheet: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    currency: str = "RUB"
    time_zone: str = "Europe/Moscow"
    refunds: str = "net"
    rates: str = ""

    @classmethod
    def first(cls, received_on: date) -> Reading:
        """What is taken before anybody decides: as the base is kept, or as the company says."""
        state, company = base_state(), current_company()
        currency = state.currency or (company.currency if company else "RUB")
        zone = state.time_zone or (company.time_zone if company else "Europe/Moscow")
        return cls(received_on.isoformat(), currency=currency, time_zone=zone)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Reading:
        """The reading kept in a row."""
        return cls(**kept)

    def kept(self) -> dict[str, Any]:
        """As a JSON document."""
        return asdict(self)

    def options(self, workspace: Path) -> IntakeOptions:
        """Options of the base.

        Raises:
            InputError: the rates cannot be read.
        """
        state = base_state()
        currency = state.currency or self.currency
        rates = None
        if self.rates.strip():
            path = workspace / "rates.csv"
            path.write_text(self.rates, encoding="utf-8")
            rates = read_rates(path, currency)
        return IntakeOptions(
            currency=currency,
            time_zone=state.time_zone or self.time_zone,
            refunds="ignore" if self.refunds == "ignore" else "net",
            stages=self.stages,
            rates=rates,
            received_on=date.fromisoformat(self.received_on),
        )


@contextmanager
def called(name: str, *paths: str) -> Iterator[None]:
    """Tell errors about a file by the name its sender knows, not by the one it lies under.

    Raises:
        KogortaError: what was raised inside, with the name in the place of the key.
    """
    try:
        yield
    except KogortaError as error:
        values = {key: _renamed(value, name, paths) for key, value in error.values.items()}
        if not values:
            raise
        raise type(error)(error.template, **values) from error


def _renamed(value: object, name: str, paths: tuple[str, ...]) -> object:
    text = value if isinstance(value, str) else str(value) if hasattr(value, "__fspath__") else None
    if text is None:
        return value
    for path in paths:
        text = text.replace(path, name)
    return text


def look_at(path: Path, name: str, sheet: str = "") -> Preview:
    """The head of a file that may not be in its place yet.

    Raises:
        InputError: it is not a table that can be read.
    """
    with called(name, str(path), path.name):
        return preview(path, sheet=sheet or None, rows=8)


@lru_cache(maxsize=16)
def _look(digest: str, sheet: str) -> Preview:
    return preview(path_of(digest), sheet=sheet or None, rows=8)


@lru_cache(maxsize=16)
def sheets_of(digest: str) -> tuple[str, ...]:
    """Sheets of a workbook, the one read by itself first; none where there is no choice."""
    path = path_of(digest)
    kind = kind_of(path)
    if kind not in {"xlsx", "xls"}:
        return ()
    sheet = read_sheet(path, kind)
    return (sheet.name, *sheet.others) if sheet.others else ()


def head_of(digest: str, name: str, reading: Reading) -> Preview:
    """The head of a file in its place, as a reading understands it.

    Raises:
        InputError: the file, or the sheet, cannot be read.
    """
    with called(name, str(path_of(digest)), digest):
        seen = _look(digest, reading.sheet)
    return replace(seen, source=name, recognised=understood(seen.headers, reading))


def understood(headers: tuple[str, ...], reading: Reading) -> Recognised:
    """What a reading makes of headers."""
    known = {header: target for header, target in reading.columns.items() if header in headers}
    return recognise(headers, reading.layout, known or None)


def read_sent(digest: str, name: str, reading: Reading, workspace: Path, progress: Progress = SILENT) -> Extract:
    """The whole file as text cells, without anybody who was erased.

    Raises:
        InputError: it cannot be read, or a required column is not known.
    """
    return read_erasing(digest, name, reading, workspace, progress)[0]


def read_erasing(digest: str, name: str, reading: Reading, workspace: Path, progress: Progress = SILENT) -> tuple[Extract, int]:
    """The same, and how many rows of people who were erased were found in it."""
    extract = read_cleaned(digest, workspace) if is_cleaned(digest) else _read(digest, name, reading, workspace, progress)
    with called(name, str(path_of(digest)), digest):
        found, count = without_erased(replace(extract, source=name), reading.options(workspace), erased_people(), workspace)
    if count:
        extract.staged.unlink(missing_ok=True)
    return found, count


def _read(digest: str, name: str, reading: Reading, workspace: Path, progress: Progress) -> Extract:
    with called(name, str(path_of(digest)), digest):
        return read_file(
            path_of(digest),
            layout=reading.layout,
            columns=dict(reading.columns) or None,
            workspace=workspace,
            progress=progress,
            sheet=reading.sheet or None,
        )
