"""`kogorta base duplicates`, `confirm`, `reject`, `forget`: likely duplicates found, reviewed, merged only when asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.options import base_option, print_json, speaking_options
from kogorta.cli.printing import print_table
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from kogorta.base.matching.likely import Duplicates
    from kogorta.base.matching.review import ReviewRow
    from kogorta.cli.options import Voice
    from kogorta.kit.language import Language
    from kogorta.segments.merge_effect import MergeEffect

SHOWN = 20


@click.command(help=spoken("Likely duplicates that no exact key joins; nothing is merged without --apply."))
@base_option
@click.option("--threshold", default=0.98, help=spoken("Probability from which two customers are merged."))
@click.option("--review-from", default=0.2, help=spoken("Probability from which a pair is put on the list for a person."))
@click.option("--as-of", metavar="DATE", help=spoken("The day of the analysis. Default: the last day of the data."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Write the list for a person to this CSV or JSON file."))
@click.option("--apply", "merge", is_flag=True, help=spoken("Merge them; each merge can be undone."))
@speaking_options
def duplicates(
    folder: Path,
    threshold: float,
    review_from: float,
    as_of: str | None,
    out: Path | None,
    voice: Voice,
    *,
    merge: bool,
) -> None:
    """Find, show what merging would do, and merge when asked."""
    from kogorta.base.matching.likely import LikelyMatcher
    from kogorta.base.matching.review import review_rows, write_review
    from kogorta.cli.base_commands import open_existing
    from kogorta.segments.merge_effect import merge_effect

    words = voice.language
    base = open_existing(folder)
    matcher = LikelyMatcher(threshold=threshold, review_from=min(review_from, threshold))
    with voice.progress.step("look for likely duplicates", len(base.table("customers"))):
        found = base.likely_duplicates(matcher)
    with voice.progress.step("see what merging would do", None):
        effect = merge_effect(base, found, as_of)
    rows = review_rows(base, found, words)
    if out is not None:
        write_review(out, rows, words)
    if merge:
        enriched = base.enriched
        base.merge_duplicates(found)
        if enriched:
            from kogorta.enrichment.enrich import enrich

            enrich(base)
    if voice.as_json:
        print_json(_document(found, effect, rows, applied=merge))
    else:
        _show(found, effect, rows, words, base.currency, applied=merge)


@click.command(help=spoken("Say that two customers are one; they are merged."))
@click.argument("left")
@click.argument("right")
@base_option
@speaking_options
def confirm(left: str, right: str, folder: Path, voice: Voice) -> None:
    """A person's «same»."""
    _decide("confirm", left, right, folder, voice)


@click.command(help=spoken("Say that two customers are different; they are never proposed again."))
@click.argument("left")
@click.argument("right")
@base_option
@speaking_options
def reject(left: str, right: str, folder: Path, voice: Voice) -> None:
    """A person's «different»."""
    _decide("reject", left, right, folder, voice)


@click.command(help=spoken("Forget what was decided about two customers."))
@click.argument("left")
@click.argument("right")
@base_option
@speaking_options
def forget(left: str, right: str, folder: Path, voice: Voice) -> None:
    """As if nothing had been said."""
    _decide("forget", left, right, folder, voice)


def _decide(what: str, left: str, right: str, folder: Path, voice: Voice) -> None:
    from kogorta.cli.base_commands import open_existing

    words = voice.language
    base = open_existing(folder)
    enriched = base.enriched
    if what == "confirm":
        base.confirm_duplicate(left, right)
        text = words.text("{left} and {right} are one customer now.", left=left, right=right)
    elif what == "reject":
        base.reject_duplicate(left, right)
        text = words.text("{left} and {right} stay two customers.", left=left, right=right)
    else:
        base.forget_decision(left, right)
        text = words.text("Nothing is decided about {left} and {right} any more.", left=left, right=right)
    if enriched:
        from kogorta.enrichment.enrich import enrich

        enrich(base)
    if voice.as_json:
        print_json({"decision": what, "left": left, "right": right, "customers": len(base.table("customers"))})
    else:
        click.echo(text)


def _document(found: Duplicates, effect: MergeEffect | None, rows: tuple[ReviewRow, ...], *, applied: bool) -> dict[str, object]:
    from dataclasses import asdict

    counts = {name: value for name, value in vars(found).items() if name not in {"joints", "review"}}
    merges = [
        {"kept_id": item.kept, "merged_id": item.merged, "probability": item.because.probability, "evidence": dict(item.because.evidence)}
        for item in found.joints
    ]
    return {
        "applied": applied,
        **counts,
        "merges": merges,
        "review": [asdict(row) for row in rows],
        "effect": asdict(effect) if effect else None,
    }


def _show(
    found: Duplicates, effect: MergeEffect | None, rows: tuple[ReviewRow, ...], words: Language, currency: str, *, applied: bool
) -> None:
    from kogorta.segments.portrait import scheme_names

    click.echo(words.plural("{count} customer compared.", "{count} customers compared.", found.customers))
    count = len(found.joints)
    if applied:
        merges = words.plural("{count} merge made", "{count} merges made", count)
    else:
        merges = words.plural("{count} merge proposed", "{count} merges proposed", count)
    click.echo(
        words.text(
            "{merges} at probability {threshold} or more; expected wrong among them: {wrong}; expected true pairs left: {missed}.",
            merges=merges,
            threshold=words.percent(found.threshold),
            wrong=words.number(found.expected_false, 1),
            missed=words.number(found.expected_missed, 1),
        )
    )
    click.echo(words.plural("{count} pair for a person to decide.", "{count} pairs for a person to decide.", len(found.review)))
    if effect is not None and found.joints:
        click.echo(
            words.text(
                "Buyers whose RFM code changes: {codes}, whose segment changes: {segments}; "
                "money counted in another segment: {moved} of {money}.",
                codes=words.number(effect.code_changed),
                segments=words.number(effect.segment_changed),
                moved=words.money(effect.money_moved, currency),
                money=words.money(effect.money, currency),
            )
        )
        names = scheme_names(effect.scheme)
        print_table(
            [words.phrase(name) for name in ("Segment", "Customers before", "Customers after", "Money before", "Money after")],
            [
                (
                    words.phrase(names[shift.segment]),
                    words.number(shift.customers_before),
                    words.number(shift.customers_after),
                    words.money(shift.money_before, currency),
                    words.money(shift.money_after, currency),
                )
                for shift in effect.segments
                if shift.customers_before or shift.customers_after
            ],
        )
    if rows:
        print_table(
            [words.phrase(name) for name in ("Probability", "One", "The other", "Why")],
            [
                (words.percent(row.probability), f"{row.left_id} {row.left}"[:50], f"{row.right_id} {row.right}"[:50], row.evidence)
                for row in rows[:SHOWN]
            ],
        )
    if found.joints and not applied:
        click.echo(words.text("Nothing was changed. To merge, add --apply; to decide a pair: kogorta base confirm or reject."))
