"""`kogorta`: the door for engineers and scripts. Commands are loaded when they are called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

import click

from kogorta import __version__
from kogorta.cli.words import spoken

_COMMANDS: Final = {
    "analyze": ("analyze", "analyze", "The main job: an export in, a report and a plan out."),
    "audit": ("base_commands", "audit", "What is wrong with the data, and what it does to RFM."),
    "base": ("base_commands", "base", "Keep the base: reclaim space, likely duplicates, undo a merge, take orders out, check the files."),
    "clv": ("clv", "clv", "What customers are worth: a model tested on the past."),
    "compare": ("moves_commands", "compare", "Who moved between segments from one date to another."),
    "demo": ("demo", "demo", "A generated base with a known truth, analysed."),
    "desk": ("desk", "desk", "The web application: prepare it, run it."),
    "enrich": ("base_commands", "enrich", "Fill in industry, region, time zone and role, offline."),
    "experiment": ("experiment", "experiment", "Experiments: size, assign, analyse."),
    "import": ("base_commands", "import_files", "Add exports to a base."),
    "recommend": ("recommend", "recommend", "What to offer customers from their past purchases."),
    "report": ("report_command", "report", "The report of a base as PDF, HTML and tables."),
    "segment": ("segment_commands", "segment", "Segments of a base: RFM, ABC/XYZ, lifecycle, rules."),
    "wave": ("segment_commands", "wave", "The list to contact first."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        found = _COMMANDS.get(cmd_name)
        if found is None:
            return None
        module, name, _ = found
        command: click.Command = getattr(import_module(f"kogorta.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section(spoken("Commands")):
            formatter.write_dl([(name, spoken(_COMMANDS[name][2])) for name in sorted(_COMMANDS)])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, n=1)
            hint = spoken(" Did you mean {command}?").format(command=near[0]) if near else ""
            raise click.UsageError(spoken("There is no command {command}.").format(command=args[0]) + hint)
        return super().resolve_command(ctx, args)


@click.command(cls=_Commands, help=spoken("Customer-base segmentation, retention and reactivation."))
@click.version_option(__version__, prog_name="kogorta")
def commands() -> None:
    """The group every command hangs on."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: exit code 0 done, 1 failed, 2 bad usage or unusable input."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        result: Any = commands.main(args=arguments, prog_name="kogorta", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo(spoken("Stopped."), err=True)
        return 1
    except click.ClickException as error:
        click.echo(f"{spoken('Error')}: {error.format_message()}", err=True)
        return 2
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001
        return _explain(error)
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> int:
    from kogorta.cli.words import language_of_user
    from kogorta.kit.errors import InputError, KogortaError, MissingExtraError, OptionError
    from kogorta.kit.language import Language

    language = Language(language_of_user())
    if isinstance(error, KogortaError):
        click.echo(f"{spoken('Error')}: {error.told(language)}", err=True)
        return 2 if isinstance(error, (InputError, OptionError)) else 1
    if isinstance(error, MissingExtraError):
        click.echo(f"{spoken('Error')}: {error}", err=True)
        return 2
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        click.echo(f"{spoken('Error')}: {error.filename or ''}: {reason}", err=True)
        return 2 if isinstance(error, FileNotFoundError) else 1
    if isinstance(error, MemoryError):
        click.echo(f"{spoken('Error')}: {spoken('Not enough memory; give --memory or a smaller file.')}", err=True)
        return 1
    if _is_about_memory(error):
        from kogorta.base.storage_errors import reason_of

        text = spoken("The memory allowed is too little for so much data ({reason}); allow more, for example: --memory 4GB")
        click.echo(f"{spoken('Error')}: {text.format(reason=reason_of(error))}", err=True)
        return 1
    if _is_about_a_file(error):
        from kogorta.base.storage_errors import reason_of

        text = spoken("A file of the base cannot be read ({reason}); find it with: kogorta base check --base DIR")
        click.echo(f"{spoken('Error')}: {text.format(reason=reason_of(error))}", err=True)
        return 2
    import traceback
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("w", prefix="kogorta-", suffix=".log", delete=False, encoding="utf-8") as log:
        traceback.print_exception(error, file=log)
    text = spoken("Something went wrong inside the program: {error}. The details are in {path}; please report them.")
    click.echo(f"{spoken('Error')}: {text.format(error=type(error).__name__, path=log.name)}", err=True)
    return 1


def _is_about_memory(error: Exception) -> bool:
    """Whether the engine took all it was allowed and could not go on from disk."""
    import duckdb

    return isinstance(error, duckdb.OutOfMemoryException)


def _is_about_a_file(error: Exception) -> bool:
    """Whether the engine could not read a data file: missing, cut, or with other content than it says."""
    import duckdb

    return isinstance(error, duckdb.Error) and "parquet" in str(error).lower()
