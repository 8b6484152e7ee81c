"""`kogorta recommend`: what to offer customers from their past purchases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kogorta.cli.base_commands import open_existing
from kogorta.cli.options import base_option, print_json, speaking_options
from kogorta.cli.printing import print_table
from kogorta.cli.words import spoken

if TYPE_CHECKING:
    from kogorta.base.customer_base import CustomerBase
    from kogorta.cli.options import Voice
    from kogorta.kit.language import Language
    from kogorta.recommendations.offer import Offer
    from kogorta.recommendations.recommender import FittedRecommender
    from kogorta.recommendations.scoring import Question

SHOWN: Final = 50
COLUMNS: Final = ("customer_id", "rank", "product_id", "name", "kind", "because_id", "because", "both", "alone", "lift", "why")


@click.command(help=spoken("What to offer customers from their past purchases, tested on held-out orders beside popularity."))
@base_option
@click.option("--as-of", metavar="DATE", help=spoken("The day of the analysis. Default: the last day of the data."))
@click.option("--customer", "customers", multiple=True, metavar="ID", help=spoken("Only for this customer."))
@click.option("--segment", "segment", metavar="NAME", help=spoken("Only for the customers of this RFM segment, such as sleeping."))
@click.option("--scheme", type=click.Choice(("case", "guide")), default="case", help=spoken("Names of RFM segments."))
@click.option("--new", "only_new", is_flag=True, help=spoken("Only products the customer has never bought."))
@click.option("--new-arrivals", is_flag=True, help=spoken("Only new arrivals, for a letter to those who fell silent."))
@click.option("--arrival-days", default=60, help=spoken("A product first sold within so many days is a new arrival."))
@click.option("--top", default=5, help=spoken("Most products per customer."))
@click.option("--leave-out", "left_out", multiple=True, metavar="ID", help=spoken("A product never to offer."))
@click.option("--out", type=click.Path(path_type=Path), help=spoken("Write the offers to this CSV file."))
@speaking_options
def recommend(
    folder: Path,
    as_of: str | None,
    customers: tuple[str, ...],
    segment: str | None,
    scheme: str,
    arrival_days: int,
    top: int,
    left_out: tuple[str, ...],
    out: Path | None,
    voice: Voice,
    *,
    only_new: bool,
    new_arrivals: bool,
) -> None:
    """Offers of a base."""
    from kogorta.recommendations.recommender import Recommender
    from kogorta.recommendations.verdict import verdict

    words, base = voice.language, open_existing(folder)
    question: Question = "arrivals" if new_arrivals else "new" if only_new else "next"
    chosen = _chosen(base, as_of, customers, segment, scheme)
    with voice.progress.step("recommend", None):
        fitted = Recommender(left_out=left_out, arrival_days=arrival_days).fit(base, as_of)
        offers = fitted.recommend(question, customers=chosen, top=top)
    told = verdict(fitted.hindsight_, question, words) if fitted.hindsight_ else ""
    if out:
        _write(offers, out, words)
    if voice.as_json:
        print_json(_document(fitted, question, offers, told, words))
        return
    click.echo(told)
    print_table(
        [words.phrase("Customer"), "№", words.phrase("Product"), words.phrase("Why")],
        [(offer.customer_id, str(offer.rank), offer.name, offer.text(words)) for offer in offers[:SHOWN]],
    )
    count = len({offer.customer_id for offer in offers})
    click.echo(words.plural("Products are offered to {count} customer.", "Products are offered to {count} customers.", count))


def _chosen(base: CustomerBase, as_of: str | None, customers: tuple[str, ...], segment: str | None, scheme: str) -> tuple[str, ...] | None:
    """Ids asked for, or None for everybody."""
    from kogorta.kit.checks import check_choice
    from kogorta.kit.errors import InputError
    from kogorta.segments.naming import SCHEMES
    from kogorta.segments.rfm import RFM

    known = {
        row[0]
        for row in base.connection.execute(
            "SELECT customer_id FROM customers WHERE customer_id IN (SELECT unnest($ids))", {"ids": list(customers)}
        ).fetchall()
    }
    for name in customers:
        if name not in known:
            raise InputError("The base has no customer {customer!r}; see customers.csv for the ids.", customer=name)
    if segment is None:
        return customers or None
    check_choice("--segment", segment, [item.slug for item in SCHEMES[scheme].segments])
    found = RFM().fit(base, as_of).assign(base, as_of)
    rows = base.connection.execute(
        f"SELECT customer_id FROM {found.name} WHERE segment_{scheme} = $segment", {"segment": segment}
    ).fetchall()
    members = {row[0] for row in rows}
    return tuple(sorted(members & set(customers) if customers else members))


def _row(offer: Offer, words: Language) -> dict[str, object]:
    """An offer by the names of `COLUMNS`."""
    told: dict[str, object] = {name: getattr(offer, name) for name in COLUMNS[:-1]}
    return told | {"lift": round(offer.lift, 2), "why": offer.text(words)}


def _document(fitted: FittedRecommender, question: Question, offers: tuple[Offer, ...], told: str, words: Language) -> dict[str, object]:
    from dataclasses import asdict

    hindsight = fitted.hindsight_
    return {
        "as_of": fitted.as_of,
        "question": question,
        "answered_by": "model" if question in fitted.rule_.believed else "popularity",
        "verdict": told,
        "trials": [asdict(trial) | {"passed": trial.passed} for trial in hindsight.trials] if hindsight else [],
        "rule": asdict(fitted.rule_),
        "offers": [_row(offer, words) for offer in offers],
        "pairs": [
            {"left": left.name, "right": right.name, "orders": pair.both, "share": round(pair.share, 4), "lift": round(pair.lift, 2)}
            for left, right, pair in fitted.pairs()
        ],
        "substitutes": [[left.name, right.name] for left, right in fitted.substitutes],
        "not_goods": [asdict(item) for item in fitted.goods.not_goods],
    }


def _write(offers: tuple[Offer, ...], path: Path, words: Language) -> None:
    """CSV as a spreadsheet of the language opens it; a cell that starts like a formula is escaped."""
    import csv

    from kogorta.reports.cells import harmless

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=words.csv_separator, lineterminator="\n")
        writer.writerow(COLUMNS)
        for offer in offers:
            row = _row(offer, words)
            writer.writerow([harmless(str(row[name])) for name in COLUMNS])
