"""`kogorta segment rule|explain|save|saved|diff|delete`: segments told by a rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.base_commands import open_existing
from kogorta.cli.options import as_of_option, base_option, print_json, speaking_options
from kogorta.cli.printing import print_table
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.base.customer_base import CustomerBase
    from kogorta.cli.options import Command, Voice
    from kogorta.kit.language import Language
    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.tree import Node

SHOWN = 20
"""Customers listed on a terminal; the rest are counted."""

moves_option = click.option(
    "--transitions",
    "moves",
    type=click.Path(path_type=Path),
    help=spoken("Recorded moves for entered() and left(): a CSV or Parquet file with customer_id, segment, way, day."),
)
tree_option = click.option(
    "--tree", type=click.Path(path_type=Path), help=spoken("The rule from a file: a JSON tree or a formula, instead of FORMULA.")
)


def formula_argument(command: Command) -> Command:
    """`FORMULA`, or `--tree FILE` in its place."""
    return click.argument("formula", required=False, metavar=spoken("FORMULA"))(tree_option(command))


@click.command(help=spoken("Who meets a rule: how many, what share, what revenue, examples; --members lists the ids."))
@formula_argument
@base_option
@as_of_option
@moves_option
@click.option("--members", "with_members", is_flag=True, help=spoken("List the ids of all of them."))
@speaking_options
def rule(
    formula: str | None,
    tree: Path | None,
    folder: Path,
    as_of: str | None,
    moves: Path | None,
    with_members: bool,  # noqa: FBT001 - a flag of the command line
    voice: Voice,
) -> None:
    """Evaluate a rule over a base."""
    from kogorta.segments.rules.answers import answer_rule
    from kogorta.segments.rules.saved import SavedSegments

    words = voice.language
    node = _rule(formula, tree)
    base = open_existing(folder)
    with voice.progress.step("evaluate the rule", None):
        book = SavedSegments(folder).book()
        values = _values(base, as_of, book, node)
        answer = answer_rule(base, node, as_of, with_members=with_members, book=book, transitions=_moves(base, moves), values=values)
    if voice.as_json:
        print_json(answer.to_dict())
        return
    seen, currency = answer.preview, answer.snapshot.currency
    click.echo(answer.sentence_en if words.code == "en" else answer.sentence_ru)
    click.echo()
    print_table(
        [words.phrase(name) for name in ("Customers", "Share", "Revenue", "Share of revenue")],
        [
            (
                words.number(seen.customers),
                words.percent(seen.share),
                words.money(seen.revenue, currency),
                words.percent(seen.revenue_share),
            )
        ],
    )
    if answer.members is not None:
        click.echo()
        for customer in answer.members:
            click.echo(customer)
    elif seen.examples:
        click.echo()
        print_table(
            [words.phrase(name) for name in ("Id", "Customer", "Revenue")],
            [(one.customer_id, one.name or "", words.money(one.revenue, currency)) for one in seen.examples],
        )


@click.command(help=spoken("Why a customer meets a rule or not, and when that changes if nothing happens."))
@formula_argument
@click.option("--customer", required=True, metavar="ID", help=spoken("Id of the customer, as in customers.csv."))
@base_option
@as_of_option
@moves_option
@speaking_options
def explain(
    formula: str | None, tree: Path | None, customer: str, folder: Path, as_of: str | None, moves: Path | None, voice: Voice
) -> None:
    """The reasons, condition by condition."""
    from kogorta.segments.rules.answers import answer_explain
    from kogorta.segments.rules.saved import SavedSegments

    node = _rule(formula, tree)
    base = open_existing(folder)
    with voice.progress.step("evaluate the rule", None):
        book = SavedSegments(folder).book()
        values = _values(base, as_of, book, node)
        found = answer_explain(base, node, customer, as_of, book=book, transitions=_moves(base, moves), values=values)
    if voice.as_json:
        print_json(found.to_dict())
        return
    click.echo(found.told(voice.language))


@click.command(help=spoken("Keep a rule under a name in the base; other rules may ask for segment('NAME')."))
@click.argument("name", metavar=spoken("NAME"))
@formula_argument
@base_option
@speaking_options
def save(name: str, formula: str | None, tree: Path | None, folder: Path, voice: Voice) -> None:
    """Save a named segment, in the place of an earlier one of the same name."""
    from kogorta.segments.rules.saved import SavedSegments

    words = voice.language
    node = _rule(formula, tree)
    currency = open_existing(folder).currency
    before = SavedSegments(folder).save(name, node)
    if voice.as_json:
        print_json({**_described(name.strip(), node, currency), "replaced": before is not None})
        return
    if before is None:
        click.echo(words.text("Segment {name} is saved.", name=name.strip()))
    else:
        click.echo(words.text("Segment {name} is saved in the place of the earlier one.", name=name.strip()))


@click.command(help=spoken("The saved segments of the base; --count says how many customers are in each."))
@base_option
@click.option("--count", "counted", is_flag=True, help=spoken("Count the customers and their revenue."))
@as_of_option
@moves_option
@speaking_options
def saved(
    folder: Path,
    counted: bool,  # noqa: FBT001 - a flag of the command line
    as_of: str | None,
    moves: Path | None,
    voice: Voice,
) -> None:
    """List names and rules."""
    from kogorta.segments.rules.preview import preview
    from kogorta.segments.rules.printing import print_formula
    from kogorta.segments.rules.saved import SavedSegments
    from kogorta.segments.rules.snapshot import take_snapshot

    words = voice.language
    base = open_existing(folder)
    book = SavedSegments(folder).book()
    rules, seen = book.rules, {}
    if counted and rules:
        with voice.progress.step("evaluate the rule", None):
            values = _values(base, as_of, book, *rules.values())
            snapshot = take_snapshot(base, as_of, transitions=_moves(base, moves), values=values)
            seen = {name: preview(node, snapshot, book=book) for name, node in rules.items()}
    if voice.as_json:
        listed = [_described(name, node, base.currency) for name, node in rules.items()]
        unit = 10 ** _digits(base.currency)
        for one in listed:
            if (found := seen.get(str(one["name"]))) is not None:
                day = snapshot.as_of.isoformat()
                one |= {"as_of": day, "count": found.customers, "share": found.share, "revenue": found.revenue / unit}
        print_json(listed)
        return
    if not rules:
        click.echo(words.text("No segment is saved yet; save one with: kogorta segment save NAME FORMULA"))
        return
    if not counted:
        print_table([words.phrase("Segment"), words.phrase("Formula")], [(name, print_formula(node)) for name, node in rules.items()])
        return
    print_table(
        [words.phrase(name) for name in ("Segment", "Customers", "Share", "Revenue", "Formula")],
        [
            (
                name,
                words.number(found.customers),
                words.percent(found.share),
                words.money(found.revenue, base.currency),
                print_formula(rules[name]),
            )
            for name, found in seen.items()
        ],
    )


@click.command(help=spoken("Who would enter and leave a saved segment if its rule were this one; nothing is saved."))
@click.argument("name", metavar=spoken("NAME"))
@formula_argument
@base_option
@as_of_option
@moves_option
@speaking_options
def diff(name: str, formula: str | None, tree: Path | None, folder: Path, as_of: str | None, moves: Path | None, voice: Voice) -> None:
    """Compare the saved version with an edited one."""
    from kogorta.segments.rules.preview import compare_rules
    from kogorta.segments.rules.printing import print_formula
    from kogorta.segments.rules.saved import SavedSegments
    from kogorta.segments.rules.snapshot import take_snapshot

    words = voice.language
    node = _rule(formula, tree)
    base = open_existing(folder)
    book = SavedSegments(folder).book()
    kept = book.rule(name.strip())
    book.check(node, name.strip())
    with voice.progress.step("evaluate the rule", None):
        values = _values(base, as_of, book, kept, node)
        change = compare_rules(kept, node, take_snapshot(base, as_of, transitions=_moves(base, moves), values=values), book=book)
    unit = 10 ** _digits(base.currency)
    if voice.as_json:
        print_json(
            {
                "name": name.strip(),
                "saved": print_formula(kept),
                "edited": print_formula(node),
                **vars(change),
                "revenue_entering": change.revenue_entering / unit,
                "revenue_leaving": change.revenue_leaving / unit,
            }
        )
        return
    click.echo(
        words.text("Customers before: {before}, after: {after}.", before=words.number(change.before), after=words.number(change.after))
    )
    entering, leaving = words.number(len(change.entering)), words.number(len(change.leaving))
    gained, lost = words.money(change.revenue_entering, base.currency), words.money(change.revenue_leaving, base.currency)
    click.echo(words.text("Would enter: {count} (revenue {revenue}).", count=entering, revenue=gained))
    _list(change.entering, words)
    click.echo(words.text("Would leave: {count} (revenue {revenue}).", count=leaving, revenue=lost))
    _list(change.leaving, words)


@click.command(help=spoken("Forget a saved segment; one that others refer to stays."))
@click.argument("name", metavar=spoken("NAME"))
@base_option
@speaking_options
def delete(name: str, folder: Path, voice: Voice) -> None:
    """Delete a named segment."""
    from kogorta.segments.rules.printing import print_formula
    from kogorta.segments.rules.saved import SavedSegments

    open_existing(folder)
    node = SavedSegments(folder).delete(name.strip())
    if voice.as_json:
        print_json({"deleted": name.strip(), "formula": print_formula(node)})
        return
    click.echo(voice.language.text("Segment {name} is deleted; its rule was: {formula}", name=name.strip(), formula=print_formula(node)))


def _rule(formula: str | None, tree: Path | None) -> Node:
    from kogorta.kit.errors import InputError, OptionError
    from kogorta.segments.rules.answers import read_rule

    if tree is None:
        if formula is None:
            raise OptionError("There is no rule; write a formula in quotes, or give --tree FILE.")
        return read_rule(formula)
    if formula is not None:
        raise OptionError("A formula and --tree {path} are given; keep one of them.", path=tree)
    try:
        return read_rule(tree.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError("{path} is not text in UTF-8; save it so.", path=tree) from error


def _moves(base: CustomerBase, path: Path | None) -> str | None:
    """The engine's table of recorded moves."""
    from kogorta.segments.rules.transitions import read_transitions

    return None if path is None else read_transitions(base.connection, path)


def _values(base: CustomerBase, as_of: str | None, book: SegmentBook, *rules: Node) -> str | None:
    """The engine's table of customer value, made when a rule or a segment it refers to asks for it."""
    from kogorta.segments.rules.fields import VALUE_FIELDS
    from kogorta.segments.rules.leaves import Compare, InSegment, Property
    from kogorta.segments.rules.tree import leaves_of

    leaves = [leaf for rule in rules for leaf in leaves_of(rule)]
    if any(isinstance(leaf, InSegment) for leaf in leaves):
        leaves += [leaf for rule in book.rules.values() for leaf in leaves_of(rule)]
    figures = [leaf.figure for leaf in leaves if isinstance(leaf, Compare)]
    if not any(isinstance(figure, Property) and figure.name in VALUE_FIELDS for figure in figures):
        return None
    from kogorta.analysis import Analyzer

    valuation = Analyzer().value(base, as_of)
    return valuation.scores if valuation is not None else None


def _list(ids: Sequence[str], words: Language) -> None:
    for customer in ids[:SHOWN]:
        click.echo(f"  {customer}")
    if len(ids) > SHOWN:
        click.echo("  " + words.plural("and {count} more", "and {count} more", len(ids) - SHOWN))


def _described(name: str, node: Node, currency: str) -> dict[str, object]:
    from kogorta.segments.rules.document import VERSION, to_document
    from kogorta.segments.rules.printing import print_formula
    from kogorta.segments.rules.sentence import describe

    return {
        "name": name,
        "formula": print_formula(node),
        "sentence_ru": describe(node, "ru", currency=currency),
        "sentence_en": describe(node, "en", currency=currency),
        "tree": {"version": VERSION, "rule": to_document(node)},
    }


def _digits(currency: str) -> int:
    from kogorta.kit.language import minor_digits

    return minor_digits(currency)
