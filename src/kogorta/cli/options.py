"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kogorta.cli.words import language_of_user, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.intake import Extract
    from kogorta.base.options import IntakeOptions
    from kogorta.kit.language import Language
    from kogorta.kit.progress import Progress

Command = TypeVar("Command", bound="Callable[..., Any]")

LAYOUT_NAMES = ("auto", "bitrix24", "amocrm", "orders", "order-lines", "contacts")


def _apply(command: Command, decorators: Iterable[Callable[[Command], Command]]) -> Command:
    for decorate in reversed(list(decorators)):
        command = decorate(command)
    return command


@dataclass(frozen=True)
class Voice:
    """How a command speaks: language, where progress goes, JSON or text, silent or not."""

    language: Language
    progress: Progress
    as_json: bool
    quiet: bool


def speaking_options(command: Command) -> Command:
    """`--language`, `--quiet`, `--json`, handed to the command as one `voice`."""

    @wraps(command)
    def spoken_command(*arguments: object, language: str, quiet: bool, as_json: bool, **options: object) -> object:
        from kogorta.cli.progress import choose_progress
        from kogorta.kit.language import Language

        words = Language("en" if language == "en" else "ru")
        return command(*arguments, voice=Voice(words, choose_progress(words, quiet=quiet), as_json, quiet), **options)

    return _apply(
        spoken_command,
        (
            click.option(
                "--language", type=click.Choice(("ru", "en")), default=language_of_user, show_default="ru",
                help=spoken("Language of the report and of messages."),
            ),
            click.option("--quiet", is_flag=True, help=spoken("Show no progress.")),
            click.option("--json", "as_json", is_flag=True, help=spoken("One JSON document on standard output.")),
        ),
    )  # type: ignore[return-value]  # fmt: skip


def reading_options(command: Command) -> Command:
    """How files are read and turned into orders."""
    return _apply(
        command,
        (
            click.option("--layout", type=click.Choice(LAYOUT_NAMES), default="auto", help=spoken("Shape of the file.")),
            click.option(
                "--map", "columns", multiple=True, metavar="HEADER=FIELD", help=spoken('Which column is what: --map "Сумма=amount".')
            ),
            click.option(
                "--stage", "stages", multiple=True, metavar="STAGE=STATUS", help=spoken("Status of a stage: won, lost, open or refunded.")
            ),
            click.option("--currency", metavar="CODE", help=spoken("Currency of the base, such as RUB.")),
            click.option("--rates", type=click.Path(path_type=Path), help=spoken("Table of exchange rates: date, currency, rate.")),
            click.option("--time-zone", metavar="ZONE", help=spoken("Time zone of the company, such as Europe/Moscow.")),
            click.option(
                "--refunds", type=click.Choice(("net", "ignore")), default="net", help=spoken("Subtract refunds or leave them out.")
            ),
            click.option(
                "--received-on", metavar="DATE",
                help=spoken("The day the file was received: later purchases are errors. Default: today."),
            ),
            click.option("--strict", is_flag=True, help=spoken("Fail when any row is quarantined.")),
        ),
    )  # fmt: skip


def memory_option(command: Command) -> Command:
    """`--memory`."""
    return click.option("--memory", default="1000MB", help=spoken("Most memory the engine may take before it uses the disk."))(command)


def as_of_option(command: Command) -> Command:
    """`--as-of DATE`."""
    return click.option("--as-of", metavar="DATE", help=spoken("The day of the analysis. Default: the last day of the data."))(command)


def base_option(command: Command) -> Command:
    """`--base DIR`, required."""
    return click.option("--base", "folder", type=click.Path(path_type=Path), required=True, help=spoken("Folder of the base."))(command)


def telling(base: CustomerBase) -> CustomerBase:
    """The base, which says on standard error when it has to wait for another program that writes to it."""
    text = spoken("Another program is writing to the base {folder}; this one waits until it has finished.")
    base.tell_of_waiting(lambda: click.echo(text.format(folder=base.folder), err=True))
    return base


@dataclass(frozen=True)
class Reading:
    """What the reading options said."""

    layout: str
    columns: tuple[str, ...]
    stages: tuple[str, ...]
    currency: str | None
    rates: Path | None
    time_zone: str | None
    refunds: str
    received_on: str | None
    strict: bool

    def intake(self) -> IntakeOptions:
        """Options of the base."""
        from kogorta.base.options import IntakeOptions
        from kogorta.kit.clock import DEFAULT_TIME_ZONE, parse_day
        from kogorta.kit.money import check_currency, read_rates

        currency = check_currency("--currency", self.currency) if self.currency else None
        rates = read_rates(self.rates, currency or "RUB") if self.rates else None
        return IntakeOptions(
            currency=rates.base if rates and not currency else currency,
            time_zone=self.time_zone or DEFAULT_TIME_ZONE,
            refunds="ignore" if self.refunds == "ignore" else "net",
            stages=pairs("--stage", self.stages),
            rates=rates,
            received_on=parse_day("--received-on", self.received_on) if self.received_on else _today(),
            strict=self.strict,
        )


def pairs(option: str, values: Iterable[str]) -> dict[str, str]:
    """`A=b` values of a repeated option as a mapping.

    Raises:
        OptionError: a value has no `=`.
    """
    from kogorta.kit.errors import OptionError

    found = {}
    for value in values:
        left, sign, right = value.rpartition("=")
        if not sign or not left.strip() or not right.strip():
            raise OptionError("{option} is {value!r}; write it as NAME=VALUE.", option=option, value=value)
        found[left.strip()] = right.strip()
    return found


def add_files(
    base: CustomerBase, files: Iterable[Path], reading: Reading, workspace: Path, progress: Progress, language: Language | None = None
) -> None:
    """Read files and add them to a base; with a language, say on standard error how each was understood.

    Raises:
        InputError: a file cannot be used, or `--strict` and a row was quarantined.
    """
    from kogorta.sources.files import read_file

    options = reading.intake()
    columns = pairs("--map", reading.columns)
    for path in files:
        extract = read_file(path, layout=reading.layout, columns=columns or None, workspace=workspace, progress=progress)
        if language is not None:
            _tell_reading(extract, language)
        base.add(extract, options, progress=progress)
        extract.staged.unlink(missing_ok=True)


def _tell_reading(extract: Extract, language: Language) -> None:
    """Layout, columns and what was done to the file, so that a wrong guess is seen at once."""
    text = language.text(
        "{file}: layout {layout}, rows: {rows}. Columns: {columns}.",
        file=extract.source,
        layout=extract.layout,
        rows=language.number(extract.rows),
        columns="; ".join(f"{headers} → {field}" for field, headers in extract.headers.items()),
    )
    click.echo(text, err=True)
    if extract.ignored:
        click.echo(language.text("Not used: {headers}. To use one: --map HEADER=FIELD.", headers=", ".join(extract.ignored)), err=True)
    for note in extract.notes:
        click.echo(note, err=True)


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    import json

    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def _today() -> date:
    from datetime import date as calendar

    return calendar.today()  # noqa: DTZ011  the user's own calendar day decides what is in the future
