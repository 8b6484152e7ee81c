"""Findings about what to offer: whether recommendations beat the most popular products on the base's own past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.recommendations.hindsight import TOP
from kogorta.recommendations.verdict import verdict
from kogorta.reports.finding import Finding
from kogorta.reports.names import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.recommendations.affinity import Pair
    from kogorta.recommendations.goods import Product
    from kogorta.recommendations.offering import Offering
    from kogorta.recommendations.scoring import Question
    from kogorta.reports.wording import Wording

HEADLINES: Final[Mapping[Question, str]] = {
    "next": message("{model} of customers bought one of the {top} products offered to them; of the {top} most popular, {popularity}"),
    "new": message(
        "{model} of customers bought one of the {top} products new to them that were offered; of the {top} most popular, {popularity}"
    ),
    "arrivals": message(
        "{model} of customers bought one of the {top} new arrivals offered to them; of the {top} most popular, {popularity}"
    ),
}
NAMED: Final = 3
NAME_LIMIT: Final = 60


def offers(say: Wording) -> Finding | None:
    """What the recommendations are worth where they beat popularity."""
    offering = say.analysis.offering
    question = _leading(offering) if offering is not None else None
    trial = offering.hindsight.of(question) if offering is not None and offering.hindsight is not None and question else None
    if offering is None or question is None or trial is None:
        return None
    headline = say.text(
        HEADLINES[question],
        top=say.number(TOP),
        model=say.percent(trial.model.hit_rate, 0),
        popularity=say.percent(trial.popularity.hit_rate, 0),
    )
    parts = [say.text("Offer each customer his own products: they stand beside his name in first_wave.xlsx.")]
    if offering.pairs:
        parts.append(pair_told(say, *offering.pairs[0]))
    figures = (
        ("model", trial.model.hit_rate),
        ("popularity", trial.popularity.hit_rate),
        ("low", trial.gain_low),
        ("high", trial.gain_high),
    )
    return Finding("offers", headline, " ".join(parts), figures)


def no_offers(say: Wording) -> Finding | None:
    """Why nothing is offered to single customers."""
    offering = say.analysis.offering
    if offering is None or offering.why_none == "large" or _leading(offering) is not None:
        return None
    if offering.why_none == "no_products":
        return Finding(
            "no_offers",
            say.text("There is nothing to recommend from: the orders name no products"),
            say.text("Import order lines with a product in each (layout order-lines): then pairs, new arrivals and offers appear here."),
            tone="caveat",
        )
    hindsight = offering.hindsight
    if hindsight is None or not hindsight.trials:
        headline = say.text("Too few customers came back to test recommendations on the past")
        told = ""
    else:
        headline = say.text("Recommendations have not beaten the most popular products on this base")
        told = verdict(hindsight, hindsight.trials[0].question, say.language) + " "
    names = say.listed([quoted(say.language, short(item.name)) for item in offering.bestsellers[:NAMED]])
    body = say.text("So nobody is offered products of his own; offer everybody what most buy now: {names}.", names=names)
    return Finding("no_offers", headline, told + body, tone="caveat")


def _leading(offering: Offering) -> Question | None:
    return offering.letter or ("arrivals" if "arrivals" in offering.believed else None)


def ordered(left: Product, right: Product, pair: Pair) -> tuple[Product, Product, int, float, float]:
    """The pair from the product that tells more: first, second, orders with the first, share of them with the second, usual share."""
    if pair.left_alone <= pair.right_alone:
        return left, right, pair.left_alone, pair.share, pair.usual_share
    return right, left, pair.right_alone, pair.both / pair.right_alone, pair.left_alone / pair.units


def pair_told(say: Wording, left: Product, right: Product, pair: Pair) -> str:
    """A pair in a sentence."""
    first, second, _, share, usual = ordered(left, right, pair)
    return say.text(
        "Whoever takes {first} takes {second} in {share} of orders, of all orders in {usual}.",
        first=quoted(say.language, short(first.name)),
        second=quoted(say.language, short(second.name)),
        share=say.percent(share, 0),
        usual=say.percent(usual, 0 if usual >= 0.05 else 1),
    )


def short(name: str) -> str:
    """A product's name on one line, cut with an ellipsis."""
    line = " ".join(name[: NAME_LIMIT * 8].split())
    return line if len(line) <= NAME_LIMIT else line[: NAME_LIMIT - 1].rstrip() + "…"
