"""`kogorta import`, `audit`, `enrich`, `base`: keep a base."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.duplicate_commands import confirm, duplicates, forget, reject
from kogorta.cli.options import (
    Reading,
    add_files,
    base_option,
    memory_option,
    print_json,
    reading_options,
    speaking_options,
    telling,
)
from kogorta.cli.words import spoken
from kogorta.engine.scratch import scratch_folder

if TYPE_CHECKING:
    from kogorta.base.customer_base import CustomerBase
    from kogorta.cli.options import Voice


@click.command("import", help=spoken("Add exports to a base; the same file twice changes nothing."))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar=spoken("FILE..."))
@base_option
@reading_options
@memory_option
@speaking_options
def import_files(
    files: tuple[Path, ...],
    folder: Path,
    memory: str,
    voice: Voice,
    **reading: object,
) -> None:
    """Read, clean and merge files into the base; then enrich it."""
    from kogorta.base.customer_base import CustomerBase
    from kogorta.enrichment.enrich import enrich

    words, progress = voice.language, voice.progress
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as workspace:
        base = telling(CustomerBase(folder, memory=memory, spill=Path(workspace)))
        add_files(base, files, Reading(**reading), Path(workspace), progress, None if voice.quiet else words)  # type: ignore[arg-type]
        with progress.step("enrich", None):
            coverage = enrich(base)
        account = base.audit().accounting
    if voice.as_json:
        print_json({"base": str(folder), "accounting": vars(account), "coverage": vars(coverage)})
        return
    click.echo(
        words.text(
            "Rows: {read} read = {used} used + {merged} merged + {quarantined} quarantined.",
            read=words.number(account.rows_read),
            used=words.number(account.rows_used),
            merged=words.number(account.rows_merged),
            quarantined=words.number(account.rows_quarantined),
        )
    )
    click.echo(words.plural("{count} customer in the base.", "{count} customers in the base.", coverage.customers))


@click.command(help=spoken("What is wrong with the data, and what it does to RFM."))
@base_option
@speaking_options
def audit(
    folder: Path,
    voice: Voice,
) -> None:
    """Print problems with counts, examples and remedies."""
    from kogorta.base.problems import PROBLEMS
    from kogorta.cli.printing import print_table

    words = voice.language
    found = open_existing(folder).audit()
    if voice.as_json:
        problems = [{**vars(item), "title": words.phrase(PROBLEMS[item.code].title)} for item in found.problems]
        print_json({"accounting": vars(found.accounting), "problems": problems})
        return
    account = found.accounting
    click.echo(
        words.text(
            "Rows: {read} read = {used} used + {merged} merged + {quarantined} quarantined.",
            read=words.number(account.rows_read),
            used=words.number(account.rows_used),
            merged=words.number(account.rows_merged),
            quarantined=words.number(account.rows_quarantined),
        )
    )
    fates = {"quarantined": "left out", "merged": "merged", "repaired": "repaired", "noted": "noted"}
    print_table(
        [words.phrase(name) for name in ("Problem", "Rows", "Fate", "Example", "What to do", "Effect on RFM")],
        [
            (
                words.phrase(PROBLEMS[item.code].title),
                words.number(item.rows),
                words.phrase(fates[item.fate.value]),
                f"{item.example_row or ''} {item.example or ''}".strip()[:60],
                words.phrase(PROBLEMS[item.code].remedy),
                words.phrase(PROBLEMS[item.code].effect),
            )
            for item in found.problems
        ],
    )


@click.command(help=spoken("Fill in industry, region, time zone and role, offline."))
@base_option
@click.option("--industry-map", type=click.Path(path_type=Path), help=spoken("Your own industries: a CSV of code, industry."))
@speaking_options
def enrich(
    folder: Path,
    industry_map: Path | None,
    voice: Voice,
) -> None:
    """Enrich the customers of a base."""
    from kogorta.enrichment.enrich import enrich as fill
    from kogorta.enrichment.okved import standard

    words, progress = voice.language, voice.progress
    base = open_existing(folder)
    with progress.step("enrich", None):
        coverage = fill(base, standard().read_overrides(industry_map) if industry_map else None)
    if voice.as_json:
        print_json(vars(coverage))
        return
    total = max(coverage.customers, 1)
    for name, count in (
        ("Industry known", coverage.industry),
        ("Region known", coverage.region),
        ("Time zone known", coverage.time_zone),
        ("Role known", coverage.role),
    ):
        click.echo(f"{words.phrase(name)}: {words.number(count)} ({words.percent(count / total)})")


@click.group(help=spoken("Keep the base: reclaim space, likely duplicates, undo a merge, take orders out, check the files."))
def base() -> None:
    """Commands about the base itself."""


for command in (duplicates, confirm, reject, forget):
    base.add_command(command)


@base.command(help=spoken("Delete what earlier states of the base needed; they can no longer be read."))
@base_option
@speaking_options
def vacuum(
    folder: Path,
    voice: Voice,
) -> None:
    """Reclaim space."""
    words = voice.language
    deleted = open_existing(folder).vacuum()
    if voice.as_json:
        print_json({"files_deleted": deleted})
        return
    click.echo(words.plural("{count} file deleted.", "{count} files deleted.", deleted))


@base.command(help=spoken("Undo the merge of a customer; its orders go back to it."))
@click.argument("merged_id")
@base_option
@speaking_options
def unmerge(
    merged_id: str,
    folder: Path,
    voice: Voice,
) -> None:
    """Undo one merge."""
    words = voice.language
    opened = open_existing(folder)
    opened.unmerge(merged_id)
    if voice.as_json:
        print_json({"unmerged": merged_id, "customers": len(opened.table("customers"))})
        return
    click.echo(words.text("{customer} is a customer of its own again.", customer=merged_id))


@base.command("forget-orders", help=spoken("Take orders out that no longer exist where they came from; ids, or files with one id a line."))
@click.argument("order_ids", nargs=-1, metavar=spoken("ORDER_ID..."))
@click.option("--from", "file", type=click.Path(path_type=Path), help=spoken("File with one order id a line."))
@base_option
@speaking_options
def forget_orders(
    order_ids: tuple[str, ...],
    file: Path | None,
    folder: Path,
    voice: Voice,
) -> None:
    """Take deleted orders out of the base."""
    from kogorta.enrichment.enrich import enrich as fill
    from kogorta.kit.errors import OptionError

    if not order_ids and file is None:
        raise OptionError("Name the orders to take out, or a file with --from.")
    lines = file.read_text(encoding="utf-8-sig").splitlines() if file is not None else []
    opened = open_existing(folder)
    taken = opened.forget_orders([*order_ids, *(line.strip() for line in lines if line.strip())])
    fill(opened)
    if voice.as_json:
        print_json({"orders_taken_out": taken})
        return
    click.echo(voice.language.plural("{count} order taken out.", "{count} orders taken out.", taken))


@base.command(help=spoken("Make everything that follows from the imports anew; the result is the same."))
@base_option
@memory_option
@speaking_options
def rebuild(
    folder: Path,
    memory: str,
    voice: Voice,
) -> None:
    """Derive all tables anew."""
    from kogorta.enrichment.enrich import enrich as fill

    opened = open_existing(folder, memory)
    opened.rebuild()
    fill(opened)
    if voice.as_json:
        print_json({"customers": len(opened.table("customers")), "orders": len(opened.table("orders"))})
        return
    click.echo(voice.language.text("The base was made anew."))


@base.command(help=spoken("Read every cell of the base's files and name the one that is damaged."))
@base_option
@speaking_options
def check(
    folder: Path,
    voice: Voice,
) -> None:
    """Look whether every file can be read."""
    read = open_existing(folder).check()
    if voice.as_json:
        print_json({"files_read": read})
        return
    click.echo(voice.language.plural("{count} file read, all sound.", "{count} files read, all sound.", read))


def open_existing(folder: Path, memory: str = "1000MB") -> CustomerBase:
    """A base that is there.

    Raises:
        InputError: the folder has no base.
    """
    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.store import STATE_FILE
    from kogorta.kit.errors import InputError

    if not (folder / STATE_FILE).exists():
        raise InputError("There is no base in {folder}; make one with: kogorta import FILE --base {folder}", folder=folder)
    return telling(CustomerBase(folder, memory=memory))
