"""`kogorta segment benefits|loyalty-degree|jobs|demography|hidden|drivers`: what is known of customers, and what nobody asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from kogorta.cli.base_commands import open_existing
from kogorta.cli.options import as_of_option, base_option, print_json, speaking_options
from kogorta.cli.printing import print_table
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kogorta.base.customer_base import CustomerBase
    from kogorta.cli.options import Voice
    from kogorta.segments.evidence.classes import EvidenceClasses
    from kogorta.segments.evidence.definition import Definition
    from kogorta.segments.figures import SegmentFigures

CARDS: Final = ("age", "gender", "market", "role", "region", "city", "time_zone", "climate", "education", "income")
"""Segmentations of `segment demography`, by the field of the card they read."""
_OUT: Final = spoken("Write the customers to this CSV or Parquet file.")
_definition_option = click.option(
    "--definition", type=click.Path(path_type=Path), help=spoken("Your own definition (YAML) instead of the one that ships.")
)
_show_option = click.option(
    "--show-definition", is_flag=True, help=spoken("Print the definition in use as YAML to copy and edit, and stop.")
)


def _evidence_command(name: str, shipped_name: str, title: str) -> click.Command:
    """The command of one segmentation by evidence."""

    @click.command(name, help=title)
    @click.option("--base", "folder", type=click.Path(path_type=Path), help=spoken("Folder of the base."))
    @as_of_option
    @_definition_option
    @_show_option
    @click.option("--customer", metavar="ID", help=spoken("Explain one customer with his own figures."))
    @click.option("--out", type=click.Path(path_type=Path), help=_OUT)
    @speaking_options
    def command(**options: Any) -> None:  # noqa: ANN401  (the options of click, checked by `_run`)
        _run(shipped_name, **options)

    return command


benefits = _evidence_command("benefits", "benefits", spoken("The benefit customers seek: economy, service, urgency, or unknown."))
loyalty_degree = _evidence_command(
    "loyalty-degree", "loyalty_degree", spoken("The degree of loyalty: advocates, loyal, wavering, or unknown.")
)
jobs = _evidence_command("jobs", "jobs", spoken("The job customers hire the product for, with a key message for each, or unknown."))


@click.command(help=spoken("Age, gender, market, role, region and the rest of the card, with the unknown counted."))
@click.option("--base", "folder", type=click.Path(path_type=Path), help=spoken("Folder of the base."))
@as_of_option
@click.option("--by", type=click.Choice(CARDS), help=spoken("One field of the card. Default: an overview of all."))
@_definition_option
@_show_option
@click.option("--customer", metavar="ID", help=spoken("Explain one customer with his own figures."))
@click.option("--out", type=click.Path(path_type=Path), help=_OUT)
@speaking_options
def demography(by: str | None, definition: Path | None, voice: Voice, folder: Path | None, as_of: str | None, **options: Any) -> None:  # noqa: ANN401
    """One field of the card, or an overview of all."""
    if by is not None or definition is not None or any(options.values()):
        from kogorta.kit.errors import OptionError

        if by is None and definition is None:
            raise OptionError("Say which field of the card: --by {names}.", names="|".join(CARDS))
        _run(by or "age", definition=definition, voice=voice, folder=folder, as_of=as_of, **options)
        return
    base = _opened(folder)
    found = [_assigned(base, _definition(name, None), as_of) for name in CARDS]
    words = voice.language
    if voice.as_json:
        print_json({one.definition.name: _plain(one, voice) for one in found})
        return
    rows = []
    for one in found:
        figures = one.figures(words)
        everybody = max(sum(item.customers for item in figures), 1)
        known = [item for item in figures if item.segment != "unknown" and item.customers]
        largest = "; ".join(f"{item.name} {words.percent(item.customers / everybody, 0)}" for item in known[:3])
        unknown = sum(item.customers for item in figures if item.segment == "unknown")
        rows.append((one.definition.title.told(words), largest or "—", words.percent(unknown / everybody, 0)))
    print_table([words.text("Field of the card"), words.text("Largest classes"), words.text("Unknown")], rows)
    click.echo(words.text("One field in full: --by {names}.", names="|".join(CARDS)))


def _opened(folder: Path | None) -> CustomerBase:
    from kogorta.kit.errors import OptionError

    if folder is None:
        raise OptionError("Name the folder of the base: --base DIR.")
    return open_existing(folder)


def _definition(shipped_name: str, path: Path | None) -> Definition:
    from kogorta.segments.evidence.shelf import read_definition, shipped

    return read_definition(path) if path else shipped(shipped_name)


def _assigned(base: CustomerBase, definition: Definition, as_of: str | None) -> EvidenceClasses:
    from kogorta.segments.evidence.classes import EvidenceSegmentation

    return EvidenceSegmentation(definition).assign(base, as_of)


def _run(
    shipped_name: str,
    *,
    folder: Path | None,
    as_of: str | None,
    definition: Path | None,
    show_definition: bool,
    customer: str | None,
    out: Path | None,
    voice: Voice,
) -> None:
    """Sort the customers of a base, or show what sorts them."""
    words = voice.language
    chosen = _definition(shipped_name, definition)
    if show_definition:
        from kogorta.segments.evidence.shelf import definition_text

        click.echo(definition.read_text(encoding="utf-8-sig") if definition else definition_text(shipped_name), nl=False)
        return
    found = _assigned(_opened(folder), chosen, as_of)
    if customer is not None:
        finding = found.explain(customer, words)
        if voice.as_json:
            print_json({**vars(finding), "facts": [vars(fact) for fact in finding.facts]})
            return
        click.echo(finding.sentence)
        if finding.message:
            click.echo(words.text("Key message: {message}", message=finding.message))
        return
    if out is not None:
        _write_classes(found, out, voice)
    if voice.as_json:
        print_json(_plain(found, voice))
        return
    from kogorta.segments.evidence.telling import describe

    figures = found.figures(words)
    print_table(
        [words.text("Class"), words.text("Customers"), words.text("Share"), words.text("Revenue"), words.text("Key message")],
        [
            (
                item.name,
                words.number(item.customers),
                words.percent(item.customer_share),
                words.money(item.revenue, found.currency, compact=True),
                _message(chosen, item, voice) or "—",
            )
            for item in figures
        ],
    )
    click.echo(words.text("Definition in use ({file}):", file=chosen.file))
    click.echo(describe(chosen, words))


def _message(definition: Definition, item: SegmentFigures, voice: Voice) -> str:
    found = definition.class_named(item.segment)
    return found.message.told(voice.language) if found is not None and found.message is not None else ""


def _plain(found: EvidenceClasses, voice: Voice) -> dict[str, object]:
    classes = [
        {
            "class": item.segment,
            "title": item.name,
            "message": _message(found.definition, item, voice),
            "customers": item.customers,
            "share": item.customer_share,
            "revenue_minor": item.revenue,
        }
        for item in found.figures(voice.language)
    ]
    return {"as_of": found.as_of, "definition": found.definition.name, "file": found.definition.file, "classes": classes}


def _write_classes(found: EvidenceClasses, out: Path, voice: Voice) -> None:
    """One row per customer: class, score, how much was known, the evidence in words, the key message."""
    from kogorta.segments.evidence.telling import class_title

    if out.suffix == ".parquet":
        found.table.write_parquet(out)
        return
    from kogorta.reports.columns import EVIDENCE
    from kogorta.reports.tables import write_csv

    rows = (
        (
            one.customer_id,
            one.class_,
            class_title(found.definition, one.class_, voice.language),
            one.score,
            one.coverage,
            one.records,
            one.reason,
            one.sentence,
            one.message,
        )
        for one in found.findings(voice.language)
    )
    write_csv(out, EVIDENCE, rows, found.currency, voice.language)


@click.command(help=spoken("Groups of customers nobody asked for, each told by a rule, or that there are none and why."))
@base_option
@as_of_option
@click.option("--seed", default=20261122, help=spoken("Seed of the draw."))
@click.option("--picture", type=click.Path(path_type=Path), help=spoken("Draw the groups to this PNG or SVG file."))
@click.option("--out", type=click.Path(path_type=Path), help=_OUT)
@speaking_options
def hidden(folder: Path, as_of: str | None, seed: int, picture: Path | None, out: Path | None, voice: Voice) -> None:
    """Hidden segments of a base."""
    import json

    from kogorta.segments.hidden.search import HiddenSearch

    words = voice.language
    found = HiddenSearch(seed=seed).fit(open_existing(folder), as_of)
    if out is not None:
        from kogorta.reports.columns import HIDDEN
        from kogorta.reports.tables import write_csv

        slugs = [one.slug for one in found.segments]
        names = [one.name(words) for one in found.segments]
        rows = (
            (str(one), slugs[place], names[place]) if place >= 0 else (str(one), None, None)
            for one, place in zip(found.table.ids, found.places.tolist(), strict=True)
        )
        write_csv(out, HIDDEN, rows, found.table.currency, words)
    if picture is not None and found.segments:
        from kogorta.segments.hidden.picture import draw_segments

        draw_segments(found, words).savefig(picture, dpi=160)
    if voice.as_json:
        document = json.loads(found.to_json())
        for item, one in zip(document["segments"], found.segments, strict=True):
            item["name"] = one.name(words)
        print_json({**document, "text": list(found.told(words))})
        return
    _say(found.told(words))
    for one in found.segments:
        click.echo(words.text("{name} as a rule: {formula}", name=one.name(words), formula=one.rule.formula))
    left_out = [one for one in found.dropped if one.why != "stage"]
    if left_out:
        click.echo(words.text("Habits left out of account:"))
        _say(f"  {one.told(words)}" for one in left_out)


@click.command(help=spoken("What goes with coming back, leaving, the average check and the response to messages."))
@base_option
@as_of_option
@click.option("--window", default=90, help=spoken("Days an outcome is watched."))
@click.option(
    "--outcome", "outcomes", multiple=True, type=click.Choice(("repeat", "churn", "average_check", "response")),
    help=spoken("Only this outcome; may be repeated. Default: all four."),
)  # fmt: skip
@click.option("--level", default=0.05, help=spoken("Share of false findings among findings that is allowed, 0-0.5."))
@click.option("--most", default=10, help=spoken("Most findings shown for each outcome."))
@speaking_options
def drivers(folder: Path, as_of: str | None, window: int, outcomes: tuple[str, ...], level: float, most: int, voice: Voice) -> None:
    """Drivers of a base."""
    import json

    from kogorta.segments.drivers.facts import OUTCOMES
    from kogorta.segments.drivers.search import Drivers

    words = voice.language
    chosen = tuple(name for name in OUTCOMES if name in outcomes) or OUTCOMES
    found = Drivers(window=window, level=level, outcomes=chosen).measure(open_existing(folder), as_of)
    if voice.as_json:
        print_json({"outcomes": json.loads(found.to_json()), "text": list(found.told(words, most=most))})
        return
    for one in found.outcomes:
        click.echo(one.title(words))
        _say(f"  {line}" for line in one.told(words, most=most))
    click.echo(found.caution(words))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
