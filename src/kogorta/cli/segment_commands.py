"""`kogorta segment`, `wave`: segments of a base, the first list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.base_commands import open_existing
from kogorta.cli.options import as_of_option, base_option, print_json, speaking_options
from kogorta.cli.printing import print_table
from kogorta.cli.segment_group import SegmentGroup
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.cli.options import Voice
    from kogorta.engine.table import Table
    from kogorta.kit.language import Language
    from kogorta.segments.rfm import Segments

scheme_option = click.option("--scheme", type=click.Choice(("case", "guide")), default="case", help=spoken("Names of RFM segments."))


@click.group(cls=SegmentGroup, help=spoken("Segments of a base: RFM, ABC/XYZ, lifecycle, rules."))
def segment() -> None:
    """Ways to segment."""


@segment.command(help=spoken("Codes and named segments by recency, frequency and money."))
@base_option
@as_of_option
@scheme_option
@click.option("--levels", type=click.Choice(("3", "4", "5")), default="3", help=spoken("Levels of each RFM digit."))
@click.option("--rule", type=click.Path(path_type=Path), help=spoken("Frozen RFM cut points (JSON) instead of learning them."))
@click.option("--save-rule", type=click.Path(path_type=Path), help=spoken("Write the cut points to this file."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Write the customers to this CSV or Parquet file."))
@speaking_options
def rfm(
    folder: Path,
    as_of: str | None,
    scheme: str,
    levels: str,
    rule: Path | None,
    save_rule: Path | None,
    out: Path | None,
    voice: Voice,
) -> None:
    """RFM of a base."""
    from kogorta.segments.rfm import RFM, RFMRule

    words = voice.language
    base = open_existing(folder)
    frozen = RFMRule.from_json(rule.read_text(encoding="utf-8")) if rule else RFM(int(levels)).fit(base, as_of)
    segments = frozen.assign(base, as_of)
    if save_rule:
        save_rule.write_text(frozen.to_json() + "\n", encoding="utf-8")
    _write(segments.table, out)
    _show(base, segments.as_of, scheme, words, segments, as_json=voice.as_json)


@segment.command("abc-xyz", help=spoken("Classes by share of revenue and by steadiness of demand."))
@base_option
@as_of_option
@click.option("--period", type=click.Choice(("month", "quarter", "year")), default="quarter", help=spoken("Period of XYZ."))
@click.option("--limits", default="0.5,1.0", help=spoken("Limits of X and Y, such as 0.10,0.25."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Write the customers to this CSV or Parquet file."))
@speaking_options
def abc_xyz(
    folder: Path,
    as_of: str | None,
    period: str,
    limits: str,
    out: Path | None,
    voice: Voice,
) -> None:
    """ABC/XYZ of a base."""
    from kogorta.cli.analyze import numbers
    from kogorta.kit.errors import OptionError
    from kogorta.segments.abc_xyz import AbcXyz

    words = voice.language
    bounds = numbers("--limits", limits)
    if len(bounds) != 2:
        raise OptionError("{option} is {text!r}; write two numbers separated by a comma.", option="--limits", text=limits)
    base = open_existing(folder)
    table = AbcXyz(limit_x=bounds[0], limit_y=bounds[1], period=period).assign(base, as_of)  # type: ignore[arg-type]
    _write(table, out)
    rows = base.connection.execute(f"SELECT abc, xyz, count(*) FROM {table.name} GROUP BY 1, 2 ORDER BY 1, 2").fetchall()
    if voice.as_json:
        print_json([{"abc": abc, "xyz": xyz, "customers": count} for abc, xyz, count in rows])
        return
    print_table(["ABC", "XYZ", words.phrase("Customers")], [(abc, xyz, words.number(count)) for abc, xyz, count in rows])


@segment.command(help=spoken("Prospect, new, active, sleeping, gone."))
@base_option
@as_of_option
@click.option("--mode", type=click.Choice(("fixed", "rhythm")), default="fixed", help=spoken("How a customer falls asleep."))
@click.option("--sleeping-after", default=30, help=spoken("Days without a purchase."))
@click.option("--gone-after", default=180, help=spoken("Days without a purchase."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Write the customers to this CSV or Parquet file."))
@speaking_options
def lifecycle(
    folder: Path,
    as_of: str | None,
    mode: str,
    sleeping_after: int,
    gone_after: int,
    out: Path | None,
    voice: Voice,
) -> None:
    """Stages of life of a base."""
    from kogorta.segments.lifecycle import STAGES, Lifecycle

    words = voice.language
    base = open_existing(folder)
    stages = Lifecycle("rhythm" if mode == "rhythm" else "fixed", sleeping_after=sleeping_after, gone_after=gone_after)
    table = stages.assign(base, as_of)
    _write(table, out)
    rows = dict(base.connection.execute(f"SELECT lifecycle, count(*) FROM {table.name} GROUP BY 1").fetchall())
    rows["prospect"] = rows.get("prospect", 0) + len(base.table("customers")) - len(table)
    if voice.as_json:
        print_json({slug: rows.get(slug, 0) for slug in STAGES})
        return
    print_table(
        [words.phrase("Stage"), words.phrase("Customers")],
        [(words.phrase(name), words.number(rows.get(slug, 0))) for slug, name in STAGES.items()],
    )


@click.command(help=spoken("The list to contact first."))
@base_option
@as_of_option
@scheme_option
@click.option("--segment", "chosen", help=spoken("Plan for this segment instead of the one with most money at stake."))
@click.option("--industries", default=3, help=spoken("How many industries the first wave starts with."))
@click.option("--size", default=500, help=spoken("Most customers in the first wave."))
@click.option("--control-share", default=0.2, help=spoken("Share of the wave left alone, 0-0.5."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Folder for first_wave.csv and first_wave.xlsx."))
@speaking_options
def wave(
    folder: Path,
    as_of: str | None,
    scheme: str,
    chosen: str | None,
    industries: int,
    size: int,
    control_share: float,
    out: Path | None,
    voice: Voice,
) -> None:
    """Draw the first wave of a base."""
    from dataclasses import asdict

    from kogorta.analysis import Analyzer
    from kogorta.reports.columns import FIRST_WAVE
    from kogorta.reports.reasons import ARMS
    from kogorta.reports.sheets import write_wave_xlsx
    from kogorta.reports.tables import wave_rows, write_csv
    from kogorta.waves.first_wave import FirstWave
    from kogorta.waves.planning import Planner

    words, progress = voice.language, voice.progress
    planner = Planner(scheme=scheme, industries=industries, wave=FirstWave(size=size, control_share=control_share), segment=chosen)
    analysis = Analyzer(planner=planner).analyze(open_existing(folder), as_of, progress=progress)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        write_wave_xlsx(analysis, out / "first_wave.xlsx", words)
        write_csv(out / "first_wave.csv", FIRST_WAVE, wave_rows(analysis, words), analysis.currency, words)
    members = analysis.plan.wave
    if voice.as_json:
        print_json({"segment": analysis.plan.priority, "wave": [asdict(member) for member in members]})
        return
    head = ["№", words.phrase("Customer"), words.phrase("Days silent"), words.phrase("Money at stake"), words.phrase("Group")]
    rows = [
        [
            str(member.position),
            member.name or member.customer_id,
            words.number(member.recency_days),
            words.money(member.expected_loss, analysis.currency, compact=True),
            words.phrase(ARMS[member.arm]),
            member.offers[0].name if member.offers else "—",
        ]
        for member in members[:50]
    ]
    offered = any(member.offers for member in members)
    print_table([*head, *([words.phrase("Offer")] if offered else [])], [row if offered else row[:-1] for row in rows])
    click.echo(words.plural("{count} customer in the wave.", "{count} customers in the wave.", len(members)))


def _write(table: Table, out: Path | None) -> None:
    if out is None:
        return
    if out.suffix == ".parquet":
        table.write_parquet(out)
    else:
        table.connection.sql(table.sql).write_csv(str(out))


def _show(base: CustomerBase, as_of: date, scheme: str, words: Language, segments: Segments, *, as_json: bool) -> None:
    from kogorta.segments.naming import SCHEMES

    counts = segments.counts(scheme)
    sums = dict(
        base.connection.execute(f"SELECT segment_{scheme}, CAST(sum(monetary) AS BIGINT) FROM {segments.name} GROUP BY 1").fetchall()
    )
    if as_json:
        print_json(
            {
                "as_of": as_of,
                "rule": vars(segments.rule),
                "segments": [{"segment": slug, "customers": count, "revenue_minor": sums.get(slug, 0)} for slug, count in counts.items()],
            }
        )
        return
    total = max(len(segments), 1)
    names = {item.slug: words.phrase(item.name) for item in SCHEMES[scheme].segments}
    print_table(
        [words.phrase("Segment"), words.phrase("Customers"), words.phrase("Share"), words.phrase("Revenue")],
        [
            (names[slug], words.number(count), words.percent(count / total), words.money(sums.get(slug, 0), base.currency, compact=True))
            for slug, count in counts.items()
        ],
    )
