"""`kogorta experiment`: size, assign, analyse, test the tester."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.options import pairs, print_json, speaking_options
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.cli.options import Voice
    from kogorta.experiments.assignment import Arms

EVERY_ROW = 2**31


@click.group(help=spoken("Experiments: how many customers, who gets what, what came of it."))
def experiment() -> None:
    """Commands about experiments."""


@experiment.command(help=spoken("How many customers an experiment needs, or what your list can show."))
@click.option("--baseline", type=float, required=True, help=spoken("Value without the action: a share 0-1, or a mean with --deviation."))
@click.option("--target", type=float, required=True, help=spoken("The value the experiment is to find."))
@click.option("--deviation", type=float, help=spoken("Standard deviation per customer, when the metric is a mean."))
@click.option("--arms", default="A=50,B=50", help=spoken("Arms and weights; the first is the control."))
@click.option("--available", type=int, help=spoken("How many customers you have."))
@click.option("--daily", type=float, help=spoken("New customers a day."))
@click.option("--window-days", type=int, default=0, help=spoken("Days after the assignment in which outcomes count."))
@click.option("--looks", type=int, default=1, help=spoken("How many times you will look at the results."))
@click.option("--alpha", type=float, default=0.05, help=spoken("Error rate, 0-1."))
@click.option("--power", type=float, default=0.8, help=spoken("Probability of finding the target, 0-1."))
@speaking_options
def size(
    baseline: float,
    target: float,
    deviation: float | None,
    arms: str,
    available: int | None,
    daily: float | None,
    window_days: int,
    looks: int,
    alpha: float,
    power: float,
    voice: Voice,
) -> None:
    """Plan an experiment."""
    from kogorta.experiments.plan import Planner

    words = voice.language
    planner = Planner(arms=_arms(arms), alpha=alpha, power=power, looks=looks, daily=daily, window_days=window_days, available=available)
    plan = planner.rate(baseline, target) if deviation is None else planner.mean(baseline, target, deviation)
    if voice.as_json:
        print_json(plan.to_dict())
        return
    click.echo(plan.words(words))


@experiment.command(help=spoken("Who gets what: the same id and salt always give the same arm."))
@click.argument("file", type=click.Path(path_type=Path), metavar=spoken("FILE"))
@click.option("--id", "unit", required=True, metavar="COLUMN", help=spoken("Column of the customer id."))
@click.option("--salt", required=True, help=spoken("Text of this experiment; another salt is another draw."))
@click.option("--arms", default="A=50,B=50", help=spoken("Arms and weights; the first is the control."))
@click.option("--stratum", metavar="COLUMN", help=spoken("Balance exactly over this column: for short lists."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Write id and arm to this CSV file."))
@speaking_options
def assign(
    file: Path,
    unit: str,
    salt: str,
    arms: str,
    stratum: str | None,
    out: Path | None,
    voice: Voice,
) -> None:
    """Draw the arms of a list."""
    from kogorta.experiments.assignment import BlockedDraw, HashSplit

    words = voice.language
    columns = _read(file)
    ids = _column(columns, unit, file)
    chosen = _arms(arms)
    if stratum is None:
        drawn = HashSplit(salt, chosen).assign(ids)
    else:
        drawn = BlockedDraw(salt, chosen).assign(ids, _column(columns, stratum, file))
    names = drawn.arm_names()
    if out is not None:
        _write_arms(out, unit, ids, names, words.csv_separator)
    if voice.as_json:
        print_json({"salt": salt, "counts": drawn.counts(), "arms": dict(zip(ids, names, strict=True))})
        return
    for name, count in drawn.counts().items():
        click.echo(f"{name}: {words.number(count)}")


@experiment.command(help=spoken("What came of it: effects with intervals and a verdict."))
@click.argument("file", type=click.Path(path_type=Path), metavar=spoken("FILE"))
@click.option("--arm", required=True, metavar="COLUMN", help=spoken("Column of the arm."))
@click.option("--control", required=True, metavar="VALUE", help=spoken("The arm the others are compared with."))
@click.option(
    "--metric", "metrics", multiple=True, required=True, metavar="COLUMN:KIND", help=spoken("Metric: spend:mean, visit:proportion.")
)
@click.option("--share", "shares", multiple=True, metavar="ARM=WEIGHT", help=spoken("Weights as drawn, when they were not equal."))
@click.option("--stratum", metavar="COLUMN", help=spoken("Column of the strata."))
@click.option("--cluster", metavar="COLUMN", help=spoken("Column of the company, when companies were drawn."))
@click.option("--id", "unit", metavar="COLUMN", help=spoken("Column of the customer id."))
@click.option("--alpha", type=float, default=0.05, help=spoken("Error rate, 0-1."))
@speaking_options
def analyze(
    file: Path,
    arm: str,
    control: str,
    metrics: tuple[str, ...],
    shares: tuple[str, ...],
    stratum: str | None,
    cluster: str | None,
    unit: str | None,
    alpha: float,
    voice: Voice,
) -> None:
    """Analyse a finished experiment."""
    from kogorta.experiments.analysis import Analysis
    from kogorta.experiments.metrics import Metric

    words = voice.language
    columns = _read(file)
    parsed = [Metric.parse(text) for text in metrics]
    texts = {name for name in (arm, stratum, cluster, unit) if name}
    needed = texts | {name for item in parsed for name in (item.column, item.denominator, item.covariate) if name}
    table = {name: _column(columns, name, file) if name in texts else _numbers(columns, name, file) for name in sorted(needed)}
    weights = {name: _weight(name, value) for name, value in pairs("--share", shares).items()} or None
    readout = Analysis(parsed, control=control, alpha=alpha, shares=weights, stratum=stratum, cluster=cluster, unit=unit).of(table, arm=arm)
    if voice.as_json:
        print_json(readout.to_dict())
        return
    click.echo(readout.words(words))


@experiment.command("self-test", help=spoken("Does the analysis find effects where there are none? Random splits of your own file."))
@click.argument("file", type=click.Path(path_type=Path), metavar=spoken("FILE"))
@click.option("--metric", required=True, metavar="COLUMN:KIND", help=spoken("Metric: spend:mean, visit:proportion."))
@click.option("--splits", type=int, default=1000, help=spoken("How many random splits."))
@click.option("--seed", type=int, default=0, help=spoken("Seed of the splits."))
@speaking_options
def self_test(
    file: Path,
    metric: str,
    splits: int,
    seed: int,
    voice: Voice,
) -> None:
    """A/A test on the user's own data."""
    from kogorta.experiments.aa_test import self_test as run
    from kogorta.experiments.metrics import Metric

    words = voice.language
    parsed = Metric.parse(metric)
    columns = _read(file)
    table = {name: _numbers(columns, name, file) for name in (parsed.column, parsed.denominator) if name}
    result = run(table, parsed, splits=splits, seed=seed)
    if voice.as_json:
        print_json(result.to_dict())
        return
    click.echo(result.words(words))


def _arms(text: str) -> Arms:
    from kogorta.experiments.assignment import Arms

    return Arms.of({name: _weight(name, value) for name, value in pairs("--arms", text.split(",")).items()})


def _weight(name: str, value: str) -> float:
    from kogorta.kit.errors import OptionError

    try:
        return float(value)
    except ValueError as error:
        raise OptionError("The weight of arm {name} is {value!r}; write a number.", name=name, value=value) from error


def _read(file: Path) -> Mapping[str, list[str]]:
    """Columns of a file as text, in any form the importer reads."""
    from kogorta.kit.errors import InputError
    from kogorta.sources.files import preview

    shown = preview(file, rows=EVERY_ROW)
    columns: dict[str, list[str]] = {}
    for place, header in enumerate(shown.headers):
        if header in columns:
            raise InputError("{file} has two columns named {header!r}; rename one.", file=file.name, header=header)
        columns[header] = [row[place] if place < len(row) else "" for row in shown.rows]
    return columns


def _column(columns: Mapping[str, list[str]], name: str, file: Path) -> list[str]:
    from kogorta.kit.errors import InputError

    if name not in columns:
        raise InputError("{file} has no column {name!r}; its columns are {columns}.", file=file.name, name=name, columns=", ".join(columns))
    return columns[name]


def _numbers(columns: Mapping[str, list[str]], name: str, file: Path) -> list[float]:
    from kogorta.kit.errors import InputError

    numbers = []
    for row, cell in enumerate(_column(columns, name, file), start=2):
        text = cell.replace("\u00a0", "").replace(" ", "").replace(",", ".")
        try:
            numbers.append(float(text))
        except ValueError as error:
            raise InputError(
                "{file}, row {row}, column {name!r}: {cell!r} is not a number; every customer of the experiment needs one, 0 for none.",
                file=file.name,
                row=row,
                name=name,
                cell=cell,
            ) from error
    return numbers


def _write_arms(out: Path, unit: str, ids: list[str], arms: list[str | None], separator: str) -> None:
    import csv

    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator)
        writer.writerow([unit, "arm"])
        writer.writerows(zip(ids, arms, strict=True))
