"""`kogorta experiment`: size, assign, analyse, test the tester."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kogorta.cli.options import pairs, print_json, speaking_options
from kogorta.cli.words import language_of_user, spoken
from kogorta.kit.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from matplotlib.figure import Figure

    from kogorta.cli.options import Voice
    from kogorta.experiments.analysis import Analysis
    from kogorta.experiments.assignment import Arms
    from kogorta.experiments.plan import ExperimentPlan, Planner
    from kogorta.experiments.readout import Readout
    from kogorta.experiments.sums import Columns

EVERY_ROW: Final = 2**31
HELP: Final = Language(language_of_user())
"""Help texts of this command are long; they are in the catalogue of experiments."""


@click.group(help=spoken("Experiments: how many customers, who gets what, what came of it."))
def experiment() -> None:
    """Commands about experiments."""


@experiment.command(help=spoken("How many customers an experiment needs, or what your list can show."))
@click.option("--baseline", type=float, help=spoken("Value without the action: a share 0-1, or a mean with --deviation."))
@click.option("--target", type=float, help=spoken("The value the experiment is to find."))
@click.option("--deviation", type=float, help=spoken("Standard deviation per customer, when the metric is a mean."))
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    help=HELP.phrase("File with a past period, one row per customer, instead of --baseline and --target; with --metric and --lift."),
)
@click.option("--metric", metavar="COLUMN:KIND", help=HELP.phrase("Metric in the history, written as in `analyze`."))
@click.option("--lift", type=float, help=HELP.phrase("Relative change to be found in the history: 0.1 is 10 % more."))
@click.option("--stratum", metavar="COLUMN", help=HELP.phrase("Column of the strata in the history."))
@click.option("--cluster", metavar="COLUMN", help=HELP.phrase("Column of the company in the history, when companies will be drawn."))
@click.option("--arms", default="A=50,B=50", help=spoken("Arms and weights; the first is the control."))
@click.option("--available", type=int, help=spoken("How many customers you have."))
@click.option("--rest", type=int, help=HELP.phrase("How many similar customers there are outside this list, for a pilot."))
@click.option("--waves", type=int, default=1, help=HELP.phrase("How many lists of this size you will send to."))
@click.option("--daily", type=float, help=spoken("New customers a day."))
@click.option("--window-days", type=int, default=0, help=spoken("Days after the assignment in which outcomes count."))
@click.option("--looks", type=int, default=1, help=spoken("How many times you will look at the results."))
@click.option("--alpha", type=float, default=0.05, help=spoken("Error rate, 0-1."))
@click.option("--power", type=float, default=0.8, help=spoken("Probability of finding the target, 0-1."))
@speaking_options
def size(
    baseline: float | None,
    target: float | None,
    deviation: float | None,
    history: Path | None,
    metric: str | None,
    lift: float | None,
    stratum: str | None,
    cluster: str | None,
    arms: str,
    available: int | None,
    rest: int | None,
    waves: int,
    daily: float | None,
    window_days: int,
    looks: int,
    alpha: float,
    power: float,
    voice: Voice,
) -> None:
    """Plan an experiment."""
    from kogorta.experiments.plan import Planner
    from kogorta.kit.errors import OptionError

    planner = Planner(
        arms=_arms(arms), alpha=alpha, power=power, looks=looks, daily=daily, window_days=window_days,
        available=available, rest=rest, waves_planned=waves,
    )  # fmt: skip
    if history is not None:
        plan = _plan_on_history(planner, history, metric, lift, stratum, cluster)
    elif baseline is None or target is None:
        raise OptionError("--baseline or --target is missing; name both, or give --history with --metric and --lift.")
    else:
        plan = planner.rate(baseline, target) if deviation is None else planner.mean(baseline, target, deviation)
    if voice.as_json:
        print_json(plan.to_dict())
        return
    click.echo(plan.words(voice.language))


@experiment.command(help=spoken("Who gets what: the same id and salt always give the same arm."))
@click.argument("file", type=click.Path(path_type=Path), metavar=spoken("FILE"))
@click.option("--id", "unit", required=True, metavar="COLUMN", help=spoken("Column of the customer id."))
@click.option("--salt", required=True, help=spoken("Text of this experiment; another salt is another draw."))
@click.option("--arms", default="A=50,B=50", help=spoken("Arms and weights; the first is the control."))
@click.option("--stratum", metavar="COLUMN", help=spoken("Balance exactly over this column: for short lists."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Write id and arm to this CSV file."))
@speaking_options
def assign(file: Path, unit: str, salt: str, arms: str, stratum: str | None, out: Path | None, voice: Voice) -> None:
    """Draw the arms of a list."""
    from kogorta.experiments.assignment import BlockedDraw, HashSplit

    words = voice.language
    table = _read(file, [unit, *([stratum] if stratum else [])])
    ids, chosen = table.texts(unit), _arms(arms)
    drawn = HashSplit(salt, chosen).assign(ids) if stratum is None else BlockedDraw(salt, chosen).assign(ids, table.texts(stratum))
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
    "--metric",
    "metrics",
    multiple=True,
    required=True,
    metavar="COLUMN:KIND[,OPTION=VALUE...]",
    help=HELP.phrase(
        "Metric. Kinds: mean, proportion (0/1), ratio (revenue/orders:ratio), median, quantile=0.9. Options: covariate=COLUMN "
        "(known before the start, CUPED), covariate_denominator=COLUMN, denominator=COLUMN, cap=NUMBER, cap_quantile=0.99, "
        "direction=up|down, margin=NUMBER (smallest difference that matters), role=own|primary|guardrail. "
        "Example: spend:mean,covariate=history,cap_quantile=0.99."
    ),
)
@click.option("--share", "shares", multiple=True, metavar="ARM=WEIGHT", help=spoken("Weights as drawn, when they were not equal."))
@click.option("--shares", "shares_together", metavar="A=50,B=50", help=HELP.phrase("The same weights in one go."))
@click.option("--stratum", metavar="COLUMN", help=spoken("Column of the strata."))
@click.option("--cluster", metavar="COLUMN", help=spoken("Column of the company, when companies were drawn."))
@click.option("--id", "unit", metavar="COLUMN", help=spoken("Column of the customer id."))
@click.option(
    "--day",
    metavar="COLUMN",
    help=HELP.phrase("Column with the day of assignment: the split is checked within days, and --out draws days."),
)
@click.option("--assigned-at", metavar="COLUMN", help=HELP.phrase("Column with the moment of assignment; with --outcome-at."))
@click.option(
    "--outcome-at", metavar="COLUMN", help=HELP.phrase("Column with the moment of the outcome: one before the assignment is refused.")
)
@click.option("--alpha", type=float, default=0.05, help=spoken("Error rate, 0-1."))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help=HELP.phrase("Folder for the pictures (PNG)."))
@speaking_options
def analyze(
    file: Path,
    arm: str,
    control: str,
    metrics: tuple[str, ...],
    shares: tuple[str, ...],
    shares_together: str | None,
    stratum: str | None,
    cluster: str | None,
    unit: str | None,
    day: str | None,
    assigned_at: str | None,
    outcome_at: str | None,
    alpha: float,
    out: Path | None,
    voice: Voice,
) -> None:
    """Analyse a finished experiment."""
    from kogorta.experiments.analysis import Analysis
    from kogorta.experiments.metrics import Metric
    from kogorta.kit.errors import OptionError

    words = voice.language
    if (assigned_at is None) != (outcome_at is None):
        raise OptionError("--assigned-at and --outcome-at go together; name both columns or neither.")
    parsed = [Metric.parse(text) for text in metrics]
    analysis = Analysis(
        parsed, control=control.strip(), alpha=alpha, shares=_shares(shares, shares_together), stratum=stratum, day=day,
        cluster=cluster, unit=unit, assigned_at=assigned_at, outcome_at=outcome_at,
    )  # fmt: skip
    labels = [name for name in (arm, stratum, cluster, unit) if name]
    measured = [name for metric in parsed for name in metric.columns]
    moments = [name for name in (day, assigned_at, outcome_at) if name]
    table = _read(file, [*labels, *measured, *moments])
    columns: dict[str, Sequence[object]] = {name: table.texts(name) for name in labels} | {name: table.numbers(name) for name in measured}
    if day:
        columns[day] = table.days(day)
    if assigned_at and outcome_at:
        columns[assigned_at], columns[outcome_at] = table.order(assigned_at, outcome_at)
    readout = analysis.of(columns, arm=arm)
    pictures = _draw(readout, analysis, columns, arm, out, words) if out is not None else []
    if voice.as_json:
        print_json(readout.to_dict() | ({"pictures": pictures} if out is not None else {}))
        return
    if not readout.split.broken and not readout.split.doubtful:
        click.echo(readout.split_words(words))
    click.echo(readout.words(words))
    if pictures:
        click.echo(words.text("Pictures: {files}.", files=", ".join(pictures)))


@experiment.command("self-test", help=spoken("Does the analysis find effects where there are none? Random splits of your own file."))
@click.argument("file", type=click.Path(path_type=Path), metavar=spoken("FILE"))
@click.option(
    "--metric",
    required=True,
    metavar="COLUMN:KIND[,OPTION=VALUE...]",
    help=HELP.phrase("Metric without a covariate, written as in `analyze`."),
)
@click.option("--splits", type=int, default=1000, help=spoken("How many random splits."))
@click.option("--seed", type=int, default=0, help=spoken("Seed of the splits."))
@click.option("--alpha", type=float, default=0.05, help=spoken("Error rate, 0-1."))
@speaking_options
def self_test(file: Path, metric: str, splits: int, seed: int, alpha: float, voice: Voice) -> None:
    """A/A test on the user's own data."""
    from kogorta.experiments.aa_test import self_test as run
    from kogorta.experiments.metrics import Metric

    words = voice.language
    parsed = Metric.parse(metric)
    table = _read(file, parsed.columns)
    result = run({name: table.numbers(name) for name in parsed.columns}, parsed, splits=splits, alpha=alpha, seed=seed)
    if voice.as_json:
        print_json(result.to_dict())
        return
    click.echo(result.words(words))


@dataclass(frozen=True)
class _Table:
    """The columns of a file that a command asked for, as text cells."""

    source: str
    cells: Mapping[str, list[str]]
    rows: Sequence[int]

    def texts(self, name: str) -> list[str]:
        """A column as it is written."""
        return self.cells[name]

    def numbers(self, name: str) -> list[float]:
        """A column of numbers, one in every row."""
        from kogorta.experiments.cells import numbers_of_cells

        return numbers_of_cells(self.source, name, self.cells[name], self.rows)

    def days(self, name: str) -> list[str]:
        """A column of days as ISO text, one in every row."""
        from kogorta.experiments.cells import moments_of_cells

        moments, _ = moments_of_cells(self.source, name, self.cells[name], self.rows)
        return [moment.date().isoformat() for moment in moments if moment is not None]

    def order(self, assigned_at: str, outcome_at: str) -> tuple[list[datetime | None], list[datetime | None]]:
        """Moments of assignment and outcome; where one column has days only, both are compared by days."""
        from kogorta.experiments.cells import moments_of_cells

        start, start_timed = moments_of_cells(self.source, assigned_at, self.cells[assigned_at], self.rows)
        outcome, outcome_timed = moments_of_cells(self.source, outcome_at, self.cells[outcome_at], self.rows, optional=True)
        if start_timed and outcome_timed:
            return start, outcome
        return _midnights(start), _midnights(outcome)


def _midnights(moments: Iterable[datetime | None]) -> list[datetime | None]:
    return [moment and moment.replace(hour=0, minute=0, second=0, microsecond=0) for moment in moments]


def _read(file: Path, names: Iterable[str]) -> _Table:
    """The named columns of a file of any form the importer reads.

    Raises:
        InputError: the file is not a table, has no such column, or holds rows that do not fit its header.
    """
    from kogorta.kit.errors import InputError
    from kogorta.sources.files import contents, preview, sniff
    from kogorta.sources.files.grid import Tally, open_grid
    from kogorta.sources.files.opening import open_file

    contents.check_path(file)
    kind = sniff.kind_of(file)
    if kind == "parquet":
        shown = preview(file, rows=EVERY_ROW)
        headers, lines = shown.headers, list(enumerate(shown.rows, start=2))
    else:
        opened, tally = open_file(file, kind), Tally()
        grid = open_grid(file.name, opened.records)
        headers, lines = grid.headers, [(row, tuple(cells)) for row, cells in grid.rows(tally)]
        if tally.rejected:
            raise InputError(
                "{file}: {count} rows do not fit the header, the first is row {row}; correct them, an experiment must lose nobody.",
                file=file.name,
                count=len(tally.rejected),
                row=tally.rejected[0].row_no,
            )
        for note in (*opened.notes, *grid.notes, *tally.notes):
            click.echo(note, err=True)
    found: dict[str, list[str]] = {}
    for name in names:
        if name not in headers:
            listed = ", ".join(header for header in headers if header)
            raise InputError("{file} has no column {name!r}; its columns are {columns}.", file=file.name, name=name, columns=listed)
        place = headers.index(name)
        found[name] = [cells[place].strip() for _, cells in lines]
    return _Table(file.name, found, [row for row, _ in lines])


def _plan_on_history(
    planner: Planner, file: Path, metric: str | None, lift: float | None, stratum: str | None, cluster: str | None
) -> ExperimentPlan:
    from kogorta.experiments.metrics import Metric
    from kogorta.kit.errors import OptionError

    if metric is None or lift is None:
        raise OptionError("--history needs --metric and --lift; for example --metric spend:mean --lift 0.1.")
    parsed = Metric.parse(metric)
    labels = [name for name in (stratum, cluster) if name]
    table = _read(file, [*parsed.columns, *labels])
    columns: dict[str, Sequence[object]] = {name: table.numbers(name) for name in parsed.columns}
    columns |= {name: table.texts(name) for name in labels}
    return planner.history(columns, parsed, lift=lift, stratum=stratum, cluster=cluster)


def _arms(text: str) -> Arms:
    from kogorta.experiments.assignment import Arms

    return Arms.of(_weights("--arms", text.split(",")))


def _shares(one_by_one: Sequence[str], together: str | None) -> Mapping[str, float] | None:
    found = _weights("--share", one_by_one) if one_by_one else {}
    if together is not None:
        found |= _weights("--shares", together.split(","))
    return found or None


def _weights(option: str, values: Sequence[str]) -> dict[str, float]:
    from kogorta.kit.errors import OptionError

    parsed = pairs(option, values)
    if len(parsed) < len(values):
        raise OptionError("{option} names an arm twice; name each once.", option=option)
    return {name: _weight(name, value) for name, value in parsed.items()}


def _weight(name: str, value: str) -> float:
    from kogorta.kit.errors import OptionError

    try:
        return float(value.removesuffix("%").replace(",", "."))
    except ValueError as error:
        raise OptionError("The weight of arm {name} is {value!r}; write a number.", name=name, value=value) from error


def _draw(readout: Readout, analysis: Analysis, columns: Columns, arm: str, folder: Path, words: Language) -> list[str]:
    """Write the pictures; returns their file names."""
    from kogorta.experiments.pictures import draw_cumulative_lift, draw_effects
    from kogorta.experiments.sums import sums_of
    from kogorta.kit.errors import InputError

    folder.mkdir(parents=True, exist_ok=True)
    written: list[str] = []

    def keep(figure: Figure, *parts: str) -> None:
        name = re.sub(r"[^\w.]+", "-", "-".join(parts)).strip("-")
        name = f"{name}-{len(written) + 1}.png" if f"{name}.png" in written else f"{name}.png"
        figure.savefig(folder / name, dpi=150)
        written.append(name)

    for metric in analysis.metrics:
        part = replace(readout, effects=tuple(effect for effect in readout.effects if effect.metric == metric))
        keep(draw_effects(part, metric.name, words), "effect", metric.label)
    if analysis.day is None or analysis.cluster is not None:
        return written
    summed = [metric for metric in analysis.metrics if metric.kind != "quantile"]
    sums = sums_of(columns, summed, arm=arm, day=analysis.day)
    for place, metric in enumerate(summed):
        for name in (name for name in sums.arm_names() if name != analysis.control):
            try:
                figure = draw_cumulative_lift(sums, arm=name, control=analysis.control, language=words, place=place, alpha=analysis.alpha)
            except InputError as error:
                click.echo(error.told(words), err=True)
                continue
            keep(figure, "lift", metric.label, name)
    return written


def _write_arms(out: Path, unit: str, ids: list[str], arms: list[str | None], separator: str) -> None:
    import csv

    from kogorta.reports.cells import harmless

    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator)
        writer.writerow([unit, "arm"])
        writer.writerows((harmless(one), harmless(name or "")) for one, name in zip(ids, arms, strict=True))
