"""`kogorta demo`: a generated base with a known truth: a school analysed from the raw export to the report, or a shop to ask rules of."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.analyze import write_results
from kogorta.cli.options import Reading, add_files, print_json, speaking_options
from kogorta.cli.words import spoken
from kogorta.engine.scratch import scratch_folder

AS_OF = date(2026, 11, 22)
_READING = Reading("auto", (), (), "RUB", None, None, "net", AS_OF.isoformat(), strict=False)


if TYPE_CHECKING:
    from kogorta.cli.options import Voice


@click.command(help=spoken("A generated base with a known truth: an online school of 300 companies, analysed, or a shop to ask rules of."))
@click.option(
    "--base",
    "kind",
    type=click.Choice(("school", "retail")),
    default="school",
    help=spoken("school: deals and a report; retail: order lines and cards of people, imported, with one audience planted."),
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo"), help=spoken("Folder for the export and the results."))
@click.option("--seed", default=2026, help=spoken("Seed of the generator: the same seed gives the same bytes."))
@click.option("--companies", default=300, help=spoken("How many companies the school has."))
@click.option("--customers", default=2000, help=spoken("How many customers the shop has."))
@speaking_options
def demo(
    kind: str,
    out: Path,
    seed: int,
    companies: int,
    customers: int,
    voice: Voice,
) -> None:
    """Write an export and its truth, then take the export in as any other."""
    if kind == "retail":
        _shop(out, seed, customers, voice)
    else:
        _school(out, seed, companies, voice)


def _school(out: Path, seed: int, companies: int, voice: Voice) -> None:
    """Write `deals.csv` and `truth.json`, then analyse `deals.csv`."""
    from kogorta.analysis import Analyzer
    from kogorta.base.customer_base import CustomerBase
    from kogorta.demo.school import write_school

    words, progress = voice.language, voice.progress
    with progress.step("generate", None):
        write_school(out, seed=seed, as_of=AS_OF, companies=companies)
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as workspace:
        base = CustomerBase(None)
        add_files(base, [out / "deals.csv"], _READING, Path(workspace), progress)
        analysis = Analyzer().analyze(base, AS_OF, progress=progress)
        write_results(analysis, out, words, progress, title=None, as_json=voice.as_json)


def _shop(out: Path, seed: int, customers: int, voice: Voice) -> None:
    """Write `orders.csv`, `people.csv` and `truth.json`, then import both files into `base`."""
    from kogorta.base.customer_base import CustomerBase
    from kogorta.demo.shop import write_shop
    from kogorta.enrichment.enrich import enrich
    from kogorta.kit.errors import InputError

    words, progress, folder = voice.language, voice.progress, out / "base"
    if folder.exists():
        raise InputError("There is a base in {folder} already; name another folder with --out.", folder=folder)
    with progress.step("generate", None):
        truth = write_shop(out, seed=seed, as_of=AS_OF, customers=customers)
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as workspace:
        base = CustomerBase(folder)
        add_files(base, [out / "orders.csv", out / "people.csv"], _READING, Path(workspace), progress)
        with progress.step("enrich", None):
            enrich(base)
    if voice.as_json:
        files = [str(out / name) for name in ("orders.csv", "people.csv", "truth.json")]
        told = {"files": files, "base": str(folder), "as_of": AS_OF, "customers": truth.customers, "formula": truth.formula}
        print_json({**told, "planted": list(truth.planted)})
        return
    click.echo(words.text("orders.csv, people.csv and truth.json are in {folder}, the base in {base}.", folder=out, base=folder))
    found = words.plural("{count} customer is planted", "{count} customers are planted", len(truth.planted))
    click.echo(words.text("{found}: young mothers of high income who buy for children online. Find them:", found=found))
    click.echo()
    click.echo(f'kogorta segment rule "{truth.formula}" --base {folder} --as-of {AS_OF} --members')
