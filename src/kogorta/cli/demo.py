"""`kogorta demo`: a generated base with a known truth, analysed from the raw export to the report."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.analyze import write_results
from kogorta.cli.options import Reading, add_files, speaking_options
from kogorta.cli.words import spoken

AS_OF = date(2026, 11, 22)


if TYPE_CHECKING:
    from kogorta.cli.options import Voice


@click.command(help=spoken("A generated base with a known truth, analysed: an online school of 300 companies."))
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo"), help=spoken("Folder for the export and the results."))
@click.option("--seed", default=2026, help=spoken("Seed of the generator: the same seed gives the same bytes."))
@click.option("--companies", default=300, help=spoken("How many companies."))
@speaking_options
def demo(
    out: Path,
    seed: int,
    companies: int,
    voice: Voice,
) -> None:
    """Write `deals.csv` and `truth.json`, then analyse `deals.csv` as any export."""
    from kogorta.analysis import Analyzer
    from kogorta.base.customer_base import CustomerBase
    from kogorta.demo.school import write_school

    words, progress = voice.language, voice.progress
    with progress.step("generate", None):
        write_school(out, seed=seed, as_of=AS_OF, companies=companies)
    reading = Reading("auto", (), (), "RUB", None, None, "net", AS_OF.isoformat(), strict=False)
    with tempfile.TemporaryDirectory(prefix="kogorta-") as workspace:
        base = CustomerBase(None)
        add_files(base, [out / "deals.csv"], reading, Path(workspace), progress)
        analysis = Analyzer().analyze(base, AS_OF, progress=progress)
        write_results(analysis, out, words, progress, title=None, as_json=voice.as_json)
