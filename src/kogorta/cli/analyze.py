"""`kogorta analyze`: an export in, a report and a plan out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.options import (
    Reading,
    add_files,
    memory_option,
    print_json,
    reading_options,
    speaking_options,
    telling,
)
from kogorta.cli.timing import StepClock, peak_memory_mb
from kogorta.cli.words import spoken
from kogorta.engine.scratch import scratch_folder

if TYPE_CHECKING:
    from kogorta.analysis import Analysis, Analyzer
    from kogorta.cli.options import Voice
    from kogorta.kit.language import Language
    from kogorta.kit.progress import Progress


@click.command(help=spoken("The main job: an export in, a report and a plan out."))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar=spoken("FILE..."))
@click.option("--base", "folder", type=click.Path(path_type=Path), help=spoken("Folder of a base, instead of files or beside them."))
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), help=spoken("Folder for the results."))
@click.option("--as-of", metavar="DATE", help=spoken("The day of the analysis. Default: the last day of the data."))
@click.option("--scheme", type=click.Choice(("case", "guide")), default="case", help=spoken("Names of RFM segments."))
@click.option("--levels", type=click.Choice(("3", "4", "5")), default="3", help=spoken("Levels of each RFM digit."))
@click.option("--rule", type=click.Path(path_type=Path), help=spoken("Frozen RFM cut points (JSON) instead of learning them."))
@click.option("--recency", metavar="DAYS,DAYS", help=spoken("RFM bounds in days, such as 30,90."))
@click.option("--frequency", metavar="N,N", help=spoken("RFM bounds in orders, such as 1,3."))
@click.option("--money", metavar="SUM,SUM", help=spoken("RFM bounds in money, such as 50000,200000."))
@click.option("--lifecycle", type=click.Choice(("fixed", "rhythm")), default="fixed", help=spoken("How a customer falls asleep."))
@click.option("--industries", default=3, help=spoken("How many industries the first wave starts with."))
@click.option("--industry-map", type=click.Path(path_type=Path), help=spoken("Your own industries: a CSV of code, industry."))
@click.option("--segment", help=spoken("Plan for this segment instead of the one with most money at stake."))
@click.option("--wave-size", default=500, help=spoken("Most customers in the first wave."))
@click.option("--control-share", default=0.2, help=spoken("Share of the wave left alone, 0-0.5."))
@click.option("--claim-conversion", metavar="LOW-HIGH", help=spoken("A conversion you were promised, such as 0.25-0.30, to be checked."))
@click.option("--claim-revenue", metavar="LOW-HIGH", help=spoken("A revenue you were promised, such as 15000000-18000000."))
@click.option("--title", help=spoken("Title of the report."))
@click.option("--all-sheets", is_flag=True, help=spoken("Write customers.xlsx also for over 200,000 customers: it takes minutes."))
@click.option("--engine", type=click.Choice(("duckdb", "spark")), default="duckdb", help=spoken("What walks over the orders."))
@click.option("--spark-master", metavar="URL", help=spoken("Master of Spark, such as spark://host:7077."))
@click.option("--spark-remote", metavar="URL", help=spoken("Spark Connect server, such as sc://host:15002."))
@click.option("--timings", is_flag=True, help=spoken("Print how long each step took and the peak memory."))
@reading_options
@memory_option
@speaking_options
def analyze(
    files: tuple[Path, ...],
    folder: Path | None,
    out: Path,
    as_of: str | None,
    scheme: str,
    levels: str,
    rule: Path | None,
    recency: str | None,
    frequency: str | None,
    money: str | None,
    lifecycle: str,
    industries: int,
    industry_map: Path | None,
    segment: str | None,
    wave_size: int,
    control_share: float,
    claim_conversion: str | None,
    claim_revenue: str | None,
    title: str | None,
    all_sheets: bool,  # noqa: FBT001
    engine: str,
    spark_master: str | None,
    spark_remote: str | None,
    timings: bool,  # noqa: FBT001
    voice: Voice,
    memory: str,
    **reading: object,
) -> None:
    """Read files (or open a base), analyse, write the report and the tables."""
    from kogorta.base.customer_base import CustomerBase
    from kogorta.cli.beside import base_beside_spark, check_engine
    from kogorta.kit.errors import InputError
    from kogorta.reports.customer_tables import hand_over

    if not files and folder is None:
        raise InputError("Name a file to analyse, or --base DIR.")
    check_engine(engine, files, folder, spark_master, spark_remote)
    words, progress = voice.language, StepClock(voice.progress)
    analyzer = _analyzer(
        rfm=_rfm(levels, recency, frequency, money),
        rule=rule,
        lifecycle=lifecycle,
        industry_map=industry_map,
        planner=_planner(scheme, industries, wave_size, control_share, segment, claim_conversion, claim_revenue),
    )
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as workspace:
        if engine == "spark" and folder is not None:
            results, spill = out / "tables", Path(workspace)
            with base_beside_spark(
                folder, results, master=spark_master, remote=spark_remote, memory=memory, spill=spill, industries=analyzer.industries
            ) as base:
                analysis = analyzer.analyze(base, as_of, progress=progress)
                write_results(analysis, out, words, progress, title=title, as_json=voice.as_json, all_sheets=all_sheets)
                hand_over(analysis, base, results)
            if timings and not voice.as_json:
                print_timings(progress, words)
            return
        base = telling(CustomerBase(folder, memory=memory, spill=Path(workspace)))
        add_files(base, files, Reading(**reading), Path(workspace), progress, None if voice.quiet else words)  # type: ignore[arg-type]
        analysis = analyzer.analyze(base, as_of, progress=progress)
        write_results(analysis, out, words, progress, title=title, as_json=voice.as_json, all_sheets=all_sheets)
        if timings and not voice.as_json:
            print_timings(progress, words)


def write_results(
    analysis: Analysis, out: Path, language: Language, progress: Progress, *, title: str | None, as_json: bool, all_sheets: bool = False
) -> None:
    """Write the output folder and say what was found."""
    import json

    from kogorta.reports.report import Report

    report = Report(analysis, language.code, title)
    paths = report.write(out, progress=progress, all_sheets=all_sheets)
    account = analysis.audit.accounting
    if as_json:
        print_json(
            {
                "out": str(out),
                "files": sorted(str(path.relative_to(out)) for path in paths),
                "accounting": vars(account),
                "customers": analysis.totals.customers,
                "buyers": analysis.totals.buyers,
                "orders": analysis.totals.orders,
                "plan": json.loads((out / "plan.json").read_text(encoding="utf-8")),
                **timings_of(progress),
            }
        )
        return
    for finding in report.findings:
        click.echo(f"• {finding.headline}")
    click.echo(
        language.text(
            "Rows: {read} read = {used} used + {merged} merged + {quarantined} quarantined.",
            read=language.number(account.rows_read),
            used=language.number(account.rows_used),
            merged=language.number(account.rows_merged),
            quarantined=language.number(account.rows_quarantined),
        )
    )
    for note in report.notes:
        click.echo(note)
    click.echo(language.text("Report: {path}", path=out / "report.pdf"))


def timings_of(progress: Progress) -> dict[str, object]:
    """Steps with their times and the peak memory, where the progress took them."""
    if not isinstance(progress, StepClock):
        return {}
    return {"timings": [vars(item) for item in progress.times], "peak_memory_mb": peak_memory_mb()}


def print_timings(clock: StepClock, language: Language) -> None:
    """A table of the steps on standard output."""
    from kogorta.cli.printing import print_table

    rows = [
        (
            language.phrase(item.step),
            language.number(item.seconds, 1),
            language.number(item.cpu_seconds, 1),
            language.number(item.peak_memory_mb),
        )
        for item in clock.times
    ]
    print_table([language.phrase(name) for name in ("Step", "Seconds", "Processor seconds", "Peak memory, MB")], rows)
    click.echo(language.text("Peak memory: {megabytes} MB.", megabytes=language.number(peak_memory_mb())))


def _analyzer(*, rfm: object, rule: Path | None, lifecycle: str, industry_map: Path | None, planner: object) -> Analyzer:
    from kogorta.analysis import Analyzer
    from kogorta.enrichment.okved import standard
    from kogorta.segments.lifecycle import Lifecycle
    from kogorta.segments.rfm import RFMRule

    return Analyzer(
        rfm=rfm,  # type: ignore[arg-type]
        rule=RFMRule.from_json(rule.read_text(encoding="utf-8")) if rule else None,
        lifecycle=Lifecycle(mode="rhythm" if lifecycle == "rhythm" else "fixed"),
        planner=planner,  # type: ignore[arg-type]
        industries=standard().read_overrides(industry_map) if industry_map else None,
    )


def _rfm(levels: str, recency: str | None, frequency: str | None, money: str | None) -> object:
    from kogorta.segments.rfm import RFM

    return RFM(
        int(levels),
        recency=[int(bound) for bound in numbers("--recency", recency)] if recency else None,
        frequency=[int(bound) for bound in numbers("--frequency", frequency)] if frequency else None,
        money=numbers("--money", money) if money else None,
    )


def _planner(
    scheme: str,
    industries: int,
    wave_size: int,
    control_share: float,
    segment: str | None,
    claim_conversion: str | None,
    claim_revenue: str | None,
) -> object:
    from kogorta.kit.checks import check_choice
    from kogorta.kit.errors import OptionError
    from kogorta.segments.naming import SCHEMES
    from kogorta.waves.first_wave import FirstWave
    from kogorta.waves.planning import Claim, Planner

    if segment is not None:
        check_choice("--segment", segment, tuple(item.slug for item in SCHEMES[scheme].segments))
    claim = None
    if claim_conversion or claim_revenue:
        if not (claim_conversion and claim_revenue):
            raise OptionError("A claim needs both --claim-conversion and --claim-revenue.")
        claim = Claim(_span("--claim-conversion", claim_conversion), _span("--claim-revenue", claim_revenue))
    return Planner(
        scheme=scheme,
        industries=industries,
        wave=FirstWave(size=wave_size, control_share=control_share),
        claim=claim,
        segment=segment,
    )


def numbers(option: str, text: str) -> list[float]:
    """Numbers separated by commas.

    Raises:
        OptionError: a part is not a number.
    """
    from kogorta.kit.errors import OptionError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise OptionError("{option} is {text!r}; write numbers separated by commas.", option=option, text=text) from error


def _span(option: str, text: str) -> tuple[float, float]:
    from kogorta.kit.errors import OptionError

    try:
        low, high = (float(part) for part in text.replace("\u2013", "-").split("-"))
    except ValueError as error:
        raise OptionError("{option} is {text!r}; write it as LOW-HIGH.", option=option, text=text) from error
    return min(low, high), max(low, high)
