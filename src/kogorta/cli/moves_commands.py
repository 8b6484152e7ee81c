"""`kogorta compare`, `segment cohorts`, `segment history`: moves between dates, who came back, segments over time."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.base_commands import open_existing
from kogorta.cli.options import as_of_option, base_option, print_json, speaking_options
from kogorta.cli.printing import print_table
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kogorta.base.customer_base import CustomerBase
    from kogorta.cli.options import Voice
    from kogorta.reports.columns import Column
    from kogorta.reports.moves_told import Told
    from kogorta.segments.history import SegmentPeriod
    from kogorta.segments.moves import CohortTable, Migration, Mover, RuleShift
    from kogorta.segments.yardstick import Yardstick

NAMES_SHOWN = 30

scheme_option = click.option(
    "--scheme", type=click.Choice(("case", "guide", "abc", "lifecycle")), default="case", help=spoken("Which segments.")
)
rule_option = click.option("--rule", type=click.Path(path_type=Path), help=spoken("Frozen RFM cut points (JSON) instead of learning them."))


@click.command(help=spoken("Who moved between segments from one date to another."))
@base_option
@click.option("--from", "from_on", required=True, metavar="DATE", help=spoken("The earlier day."))
@click.option("--to", "to_on", metavar="DATE", help=spoken("The later day. Default: the last day of the data."))
@scheme_option
@rule_option
@click.option("--names", "segment", metavar="SEGMENT", help=spoken("List everybody who left this segment or entered it."))
@click.option(
    "--rules",
    type=click.Choice(("frozen", "each")),
    default="frozen",
    help=spoken("One rule for both dates, or also one learnt at each: what is due to moving borders."),
)
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Folder for migration.csv and moved.csv."))
@speaking_options
def compare(
    folder: Path,
    from_on: str,
    to_on: str | None,
    scheme: str,
    rule: Path | None,
    segment: str | None,
    rules: str,
    out: Path | None,
    voice: Voice,
) -> None:
    """Flows between segments of two dates under one frozen rule."""
    from kogorta.reports.moves_told import Told
    from kogorta.segments.migration import migration, movers, rule_shift

    base = open_existing(folder)
    measure = _measure(base, scheme, to_on, rule)
    moves = migration(base, measure, from_on, to_on)
    told = Told(voice.language, base.currency, scheme)
    named = movers(base, measure, from_on, to_on, segment) if segment is not None else moves.leavers
    shift = rule_shift(base, scheme, from_on, to_on) if rules == "each" else None
    if out is not None:
        everybody = movers(base, measure, from_on, to_on, segment)
        _write_moves(out, moves, everybody, told)
    if voice.as_json:
        print_json(_moves_document(moves, named, shift, told))
        return
    click.echo(told.rule_definition(moves.learnt_on))
    click.echo(told.money_definition(moves))
    click.echo()
    _print_matrix(moves, told)
    click.echo()
    _print_flows(moves, told)
    click.echo()
    for sentence in told.top_moves(moves):
        click.echo(sentence)
    click.echo()
    if segment is None:
        headline, body = told.leavers(moves)
        click.echo(f"{headline}. {body}")
    _print_movers(named, told)
    if shift is not None:
        click.echo()
        _print_shift(shift, told)


@click.command(help=spoken("Who came back: cohorts by the period of the first purchase."))
@base_option
@as_of_option
@click.option("--period", type=click.Choice(("month", "quarter", "year")), help=spoken("Period of the cohorts. Default: a readable one."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Folder for cohorts.csv."))
@speaking_options
def cohorts(folder: Path, as_of: str | None, period: str | None, out: Path | None, voice: Voice) -> None:
    """Cohort retention of a base."""
    from kogorta.kit.errors import InputError
    from kogorta.reports.moves_tables import COHORTS, cohort_rows
    from kogorta.reports.moves_told import Told
    from kogorta.segments.cohorts import cohort_table

    base = open_existing(folder)
    table = cohort_table(base, as_of, period)
    if table is None:
        raise InputError("Nobody has bought by {as_of}; choose a later day or import won deals.", as_of=as_of or "—")
    told = Told(voice.language, base.currency, "case")
    if out is not None:
        _write(out / "cohorts.csv", COHORTS, cohort_rows(table), told)
    if voice.as_json:
        print_json({"period": table.period, "last_is_complete": table.last_is_complete, "cohorts": [asdict(c) for c in table.cohorts]})
        return
    _print_cohorts(table, told)


@click.command(help=spoken("What each segment brought period after period, and whether the segments still tell customers apart."))
@base_option
@as_of_option
@scheme_option
@rule_option
@click.option("--period", type=click.Choice(("month", "quarter")), help=spoken("Period of the history. Default: a readable one."))
@click.option("--periods", default=8, help=spoken("How many periods, the current one included."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Folder for segment_history.csv."))
@speaking_options
def history(
    folder: Path,
    as_of: str | None,
    scheme: str,
    rule: Path | None,
    period: str | None,
    periods: int,
    out: Path | None,
    voice: Voice,
) -> None:
    """Segments over time under one frozen rule."""
    from kogorta.kit.errors import InputError
    from kogorta.reports.moves_tables import HISTORY, history_rows, newcomers
    from kogorta.reports.moves_told import Told
    from kogorta.segments.effectiveness import effectiveness, trends
    from kogorta.segments.history import segment_history

    words, base = voice.language, open_existing(folder)
    found = segment_history(base, _measure(base, scheme, as_of, rule), as_of, period, periods)
    if found is None:
        raise InputError("The history is too short: nobody had bought before a period began. Choose a later day or shorter periods.")
    told = Told(words, base.currency, scheme)
    if out is not None:
        _write(out / "segment_history.csv", HISTORY, history_rows(found, told), told)
    worth, ways = effectiveness(found), trends(found)
    if voice.as_json:
        print_json(
            {
                **asdict(found),
                "trends": [asdict(way) | {"sentence": ". ".join(told.trend(found, way))} for way in ways],
                "effectiveness": asdict(worth) if worth else None,
                "adjustments": told.adjustments(worth) if worth else [],
            }
        )
        return
    click.echo(told.rule_definition(found.learnt_on))
    click.echo(words.phrase("A customer counts in the segment he was in on the eve of the period; nothing later is looked at."))
    click.echo()
    names = [told.period(found.grain, item.starts_on) + ("" if item.is_complete else "*") for item in found.periods]
    slugs = [item.segment for item in found.periods[0].segments]
    tables: tuple[tuple[str, Callable[[SegmentPeriod], str]], ...] = (
        (words.phrase("Net revenue"), lambda one: told.money(one.revenue)),
        (words.phrase("Customers"), lambda one: words.number(one.members)),
        (words.phrase("Average check"), lambda one: told.money(one.average_check) if one.orders else "—"),
    )
    for title, figure in tables:
        print_table([title, *names], [[newcomers(told, found, slug), *(figure(one.of(slug)) for one in found.periods)] for slug in slugs])
        click.echo()
    if not found.periods[-1].is_complete:
        click.echo(words.phrase("* the period is not over yet."))
    for way in ways:
        click.echo(". ".join(told.trend(found, way)))
    if worth is None:
        return
    click.echo()
    click.echo(told.told_apart(worth) + ".")
    print_table(
        [words.phrase("Segment"), words.phrase("Customers"), words.phrase("Bought within 90 days"), words.phrase("Stayed in it")],
        [
            (
                told.name(item.segment),
                words.number(item.members),
                f"{words.percent(item.share, 0)} ({words.percent(item.low, 0)} – {words.percent(item.high, 0)})",
                "—" if item.stayed is None else words.percent(item.stayed, 0),
            )
            for item in worth.returns
        ],
    )
    for sentence in told.adjustments(worth):
        click.echo(sentence)


def _measure(base: CustomerBase, scheme: str, learnt_on: str | None, rule: Path | None) -> Yardstick:
    from kogorta.kit.errors import OptionError
    from kogorta.segments.rfm import RFMRule
    from kogorta.segments.yardstick import yardstick

    if rule is None:
        return yardstick(base, scheme, learnt_on)
    if scheme not in {"case", "guide"}:
        raise OptionError("{option} holds RFM cut points; they name segments of the schemes case and guide.", option="--rule")
    return yardstick(base, scheme, learnt_on, RFMRule.from_json(rule.read_text(encoding="utf-8")))


def _write_moves(folder: Path, moves: Migration, everybody: Sequence[Mover], told: Told) -> None:
    from kogorta.reports.moves_tables import MIGRATION, MOVED, migration_rows, moved_rows

    _write(folder / "migration.csv", MIGRATION, migration_rows(moves, told), told)
    _write(folder / "moved.csv", MOVED, moved_rows(everybody, told), told)


def _write(path: Path, columns: Sequence[Column], rows: Sequence[tuple[object, ...]], told: Told) -> None:
    from kogorta.reports.tables import write_csv

    path.parent.mkdir(parents=True, exist_ok=True)
    write_csv(path, columns, rows, told.currency, told.language)


def _moves_document(moves: Migration, named: Sequence[Mover], shift: RuleShift | None, told: Told) -> dict[str, object]:
    return {
        "from": moves.from_on,
        "to": moves.to_on,
        "scheme": moves.scheme,
        "rule": told.rule_definition(moves.learnt_on),
        "money": told.money_definition(moves),
        "absent": moves.absent,
        "before": moves.sizes(after=False),
        "after": moves.sizes(after=True),
        "flows": [asdict(flow) for flow in moves.flows],
        "top_moves": told.top_moves(moves),
        "left": ". ".join(told.leavers(moves)),
        "names": [asdict(item) for item in named],
        "rules": asdict(shift) | {"sentence": told.rules(shift)} if shift else None,
    }


def _print_matrix(moves: Migration, told: Told) -> None:
    words = told.language
    before, after = moves.sizes(after=False), moves.sizes(after=True)
    counts = {(flow.source, flow.target): flow.customers for flow in moves.flows}
    rows = [
        [told.name(source), *(words.number(counts.get((source, target), 0)) for target in after), words.number(size)]
        for source, size in before.items()
    ]
    rows.append([words.phrase("In all"), *(words.number(size) for size in after.values()), words.number(sum(after.values()))])
    print_table([f"{words.day(moves.from_on)} ↓ {words.day(moves.to_on)} →", *map(told.name, after), words.phrase("In all")], rows)


def _print_flows(moves: Migration, told: Told) -> None:
    words = told.language
    heads = (
        words.phrase("Customers"),
        words.phrase("Bought in between"),
        words.phrase("Revenue before"),
        words.phrase("Revenue now"),
        words.phrase("All-time revenue"),
    )
    print_table(
        [words.day(moves.from_on), words.day(moves.to_on), *heads],
        [
            (
                told.name(flow.source),
                told.name(flow.target),
                words.number(flow.customers),
                words.number(flow.bought),
                told.money(flow.year_before),
                told.money(flow.year_after),
                told.money(flow.revenue),
            )
            for flow in moves.flows
        ],
    )


def _print_movers(named: Sequence[Mover], told: Told) -> None:
    words = told.language
    if not named:
        return
    heads = (
        words.phrase("Customer"),
        words.phrase("From"),
        words.phrase("To"),
        words.phrase("Revenue before"),
        words.phrase("Revenue now"),
        words.phrase("Last order"),
        words.phrase("Days silent"),
    )
    print_table(
        [words.phrase("Identifier"), *heads],
        [
            (
                item.customer_id,
                item.name or "—",
                told.name(item.source),
                told.name(item.target),
                told.money(item.year_before),
                told.money(item.year_after),
                "—" if item.last_order_on is None else words.day(item.last_order_on),
                "—" if item.silent_days is None else words.number(item.silent_days),
            )
            for item in named[:NAMES_SHOWN]
        ],
    )
    if len(named) > NAMES_SHOWN:
        click.echo(words.text("The first {shown} of {count}; all of them: --json or --out DIR.", shown=NAMES_SHOWN, count=len(named)))


def _print_shift(shift: RuleShift, told: Told) -> None:
    words = told.language
    click.echo(told.rules(shift))
    heads = (
        words.phrase("Segment"),
        words.phrase("Before"),
        words.phrase("After"),
        words.phrase("By customers and time"),
        words.phrase("By moved borders"),
    )
    print_table(
        heads,
        [
            (told.name(one.segment), words.number(one.before), words.number(one.after), _signed(one.own, told), _signed(one.borders, told))
            for one in shift.shifts
        ],
    )
    for item in shift.drifts:
        if item.is_out_of_date:
            click.echo(told.drift(item))


def _signed(value: float, told: Told) -> str:
    digits = 0 if value == int(value) else 1
    sign = "−" if value < 0 else "+" if value > 0 else ""
    return sign + told.language.number(abs(value), digits)


def _print_cohorts(table: CohortTable, told: Told) -> None:
    words = told.language
    small = any(cohort.is_small for cohort in table.cohorts)

    def mark(cohort_size: int, age: int) -> str:
        return "*" if age == cohort_size - 1 and not table.last_is_complete else ""

    longest = max(len(cohort.active) for cohort in table.cohorts)
    for title, cumulative in ((words.phrase("Bought in the period"), False), (words.phrase("Came back by the period"), True)):
        rows = []
        for cohort in table.cohorts:
            counts = cohort.returned if cumulative else cohort.active
            shares = [words.percent(count / cohort.customers, 0) + mark(len(counts), age) for age, count in enumerate(counts) if age]
            row = [told.period(table.period, cohort.starts_on) + ("~" if cohort.is_small else ""), words.number(cohort.customers), *shares]
            rows.append(row + [""] * (longest + 1 - len(row)))
        print_table([title, words.phrase("Customers"), *map(str, range(1, longest))], rows)
        click.echo()
    rows = [
        [
            told.period(table.period, cohort.starts_on) + ("~" if cohort.is_small else ""),
            told.money(sum(cohort.revenue)),
            *(told.money(money) + mark(len(cohort.active), age) for age, money in enumerate(cohort.revenue)),
        ]
        for cohort in table.cohorts
    ]
    heads = [words.phrase("Net revenue"), words.phrase("In all"), *map(str, range(longest))]
    print_table(heads, [row + [""] * (longest + 2 - len(row)) for row in rows])
    if not table.last_is_complete:
        click.echo(words.phrase("* the period is not over yet."))
    if small:
        click.echo(words.phrase("~ fewer than 30 customers: too few to compare."))
