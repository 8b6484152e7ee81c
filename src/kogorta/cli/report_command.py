"""`kogorta report`: the report of a base."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.analyze import write_results
from kogorta.cli.base_commands import open_existing
from kogorta.cli.options import as_of_option, base_option, memory_option, print_json, speaking_options
from kogorta.cli.segment_commands import scheme_option
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from kogorta.cli.options import Voice


@click.command(help=spoken("The report of a base as PDF, HTML and tables."))
@base_option
@as_of_option
@scheme_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), help=spoken("Folder, or a file named .pdf or .html."))
@click.option("--title", help=spoken("Title of the report."))
@memory_option
@speaking_options
def report(
    folder: Path,
    as_of: str | None,
    scheme: str,
    out: Path,
    title: str | None,
    memory: str,
    voice: Voice,
) -> None:
    """Analyse a base and write its report."""
    from kogorta.analysis import Analyzer
    from kogorta.reports.report import Report
    from kogorta.waves.planning import Planner

    words, progress = voice.language, voice.progress
    analysis = Analyzer(planner=Planner(scheme=scheme)).analyze(open_existing(folder, memory), as_of, progress=progress)
    if out.suffix.lower() in {".pdf", ".html"}:
        Report(analysis, words.code, title).save(out)
        if voice.as_json:
            print_json({"files": [str(out)]})
        else:
            click.echo(words.text("Report: {path}", path=out))
        return
    write_results(analysis, out, words, progress, title=title, as_json=voice.as_json)
