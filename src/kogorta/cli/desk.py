"""`kogorta desk`: prepare and run the web application."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.options import print_json, speaking_options
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from kogorta.cli.options import Voice
    from kogorta.desk.environment import Environment
    from kogorta.desk.running import Prepared


def home_option(command: Callable[..., object]) -> Callable[..., object]:
    """`--home DIR`."""
    return click.option(
        "--home", type=click.Path(path_type=Path, file_okay=False), help=spoken("Folder of the desk; the current one when not given.")
    )(command)


@click.group(help=spoken("The web application: prepare it, run it."))
def desk() -> None:
    """The group of commands of the desk."""


@desk.command(help=spoken("Prepare a desk in a folder: its database, its secret key, the link for its owner."))
@home_option
@speaking_options
def init(home: Path | None, voice: Voice) -> None:
    """Make what a desk needs; doing it again changes nothing."""
    environment, prepared = _prepare(home)
    if voice.as_json:
        print_json({"home": str(environment.home), "migrations": prepared.migrations, "start": prepared.start_path})
        return
    words = voice.language
    click.echo(words.text("The desk is ready in {home}. Run it: kogorta desk run", home=environment.home))


@desk.command(help=spoken("Run the web and the worker."))
@home_option
@click.option("--port", type=click.IntRange(1, 65535), default=8321, show_default=True, help=spoken("Port to listen on."))
@click.option("--host", default="127.0.0.1", show_default=True, help=spoken("Address to listen on; 0.0.0.0 lets other machines in."))
@speaking_options
def run(home: Path | None, port: int, host: str, voice: Voice) -> int:
    """Run until Ctrl+C."""
    _environment, prepared = _prepare(home)
    from kogorta.desk.running import Supervisor

    shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    start = address + prepared.start_path if prepared.start_path else None
    if voice.as_json:
        print_json({"address": address, "start": start})
    else:
        click.echo(voice.language.text("The desk is at {address}. Stop it with Ctrl+C.", address=address))
        if start:
            click.echo(voice.language.text("It has no owner yet. Open this link to become one: {link}", link=start))
    return Supervisor(host, port).run()


@desk.command(help=spoken("Copy the database, the base and the files of a desk into one archive; the desk may go on working."))
@home_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@speaking_options
def backup(home: Path | None, file: Path, voice: Voice) -> None:
    """Write a backup."""
    environment = _environment(home)
    from kogorta.desk.backup import back_up

    size = back_up(environment, file)
    if voice.as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        click.echo(voice.language.text("The backup is in {path}.", path=file))


@desk.command(help=spoken("Make a desk out of a backup, in a folder that holds none yet."))
@home_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@speaking_options
def restore(home: Path | None, file: Path, voice: Voice) -> None:
    """Restore from a backup; later migrations are applied."""
    environment = _environment(home)
    from kogorta.desk.backup import restore as restore_desk

    restore_desk(environment, file)
    prepared = _prepare(home)[1]
    if voice.as_json:
        print_json({"home": str(environment.home), "migrations": prepared.migrations})
    else:
        click.echo(voice.language.text("The desk is ready in {home}. Run it: kogorta desk run", home=environment.home))


@desk.command(help=spoken("Make a link with which a person chooses a new password: for an owner who has lost hers."))
@home_option
@click.argument("email")
@speaking_options
def password(home: Path | None, email: str, voice: Voice) -> None:
    """Print the path of a link that works once."""
    _prepare(home)
    from kogorta.desk.people.invitations import offer_new_password_by_email

    path = f"/invitation/{offer_new_password_by_email(email)}/"
    if voice.as_json:
        print_json({"path": path})
    else:
        click.echo(voice.language.text("Open this address on the desk's site within a day: {path}", path=path))


def _environment(home: Path | None) -> Environment:
    if home is not None:
        os.environ["KOGORTA_DESK_HOME"] = str(home.expanduser().resolve())
    from kogorta.kit.errors import MissingExtraError

    if find_spec("django") is None:
        raise MissingExtraError("django", "desk")
    from kogorta.desk.environment import Environment

    return Environment.read()


def _prepare(home: Path | None) -> tuple[Environment, Prepared]:
    environment = _environment(home)
    from kogorta.desk.running import prepare

    return environment, prepare(environment)
