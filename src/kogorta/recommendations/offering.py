"""What recommendations come to on one base: what they are worth, goods that go together, new arrivals, and who is offered what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.checks import check_between
from kogorta.recommendations.history import read_history
from kogorta.recommendations.recommender import Recommender, can_be_learnt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.recommendations.affinity import Pair
    from kogorta.recommendations.goods import Product
    from kogorta.recommendations.hindsight import Hindsight
    from kogorta.recommendations.offer import Offer
    from kogorta.recommendations.recommender import FittedRecommender
    from kogorta.recommendations.scoring import Question

WhyNone = Literal["no_products", "large"]
FOR_A_LETTER: Final[tuple[Question, ...]] = ("next", "new")
"""What a customer is offered first: what he is likely to take next, else what he has never had."""
MOST_PAIRS: Final = 12
MOST_PRODUCTS: Final = 10


@dataclass(frozen=True, eq=False)
class Offering:
    """What can be offered to the customers of a base.

    Args:
        why_none: `no_products` when the orders name none, `large` when the base is above the limit; None when something was learnt.
        hindsight: the test on held-out orders.
        believed: questions on which recommendations beat popularity.
        pairs: products bought in one order far more often than by chance, most evidence first.
        arrivals: new arrivals, most buyers first.
        bestsellers: what most buy now, first of all the most popular.
        goods: products that can be offered.
        limit: customers above which nothing is looked for unasked.
        fitted: what answers for single customers.
    """

    why_none: WhyNone | None = None
    hindsight: Hindsight | None = None
    believed: tuple[Question, ...] = ()
    pairs: tuple[tuple[Product, Product, Pair], ...] = ()
    arrivals: tuple[Product, ...] = ()
    bestsellers: tuple[Product, ...] = ()
    goods: int = 0
    limit: int = 0
    fitted: FittedRecommender | None = field(default=None, repr=False)

    @property
    def letter(self) -> Question | None:
        """The question a customer's offers answer; None when recommendations earned neither."""
        return next((question for question in FOR_A_LETTER if question in self.believed), None)

    def for_customers(self, customers: Iterable[str], question: Question | None, top: int) -> dict[str, tuple[Offer, ...]]:
        """Offers of customers, best first; of nobody where recommendations have not beaten popularity on the question."""
        if self.fitted is None or question is None or question not in self.believed:
            return {}
        found: dict[str, list[Offer]] = {}
        for offer in self.fitted.recommend(question, customers=customers, top=top):
            found.setdefault(offer.customer_id, []).append(offer)
        return {name: tuple(offers) for name, offers in found.items()}


@dataclass(frozen=True)
class OfferSearch:
    """How offers are looked for within the time of an analysis.

    Args:
        recommender: how recommendations are learnt and tested.
        limit: customers above which nothing is looked for: `kogorta recommend` does it when asked.

    Raises:
        OptionError: the limit is out of its bounds.

    Example:
        >>> OfferSearch().limit
        200000
    """

    recommender: Recommender = field(default_factory=Recommender)
    limit: int = 200_000

    def __post_init__(self) -> None:
        check_between("limit", self.limit, 0, 1_000_000_000)

    def look(self, base: CustomerBase, as_of: date) -> Offering:
        """Learn from the purchases of a base by a day.

        Args:
            base: the base.
            as_of: end of this day.

        Returns:
            What can be offered; the same whatever the order of rows.
        """
        if len(base.table("customers")) > self.limit:
            return Offering("large", limit=self.limit)
        history = read_history(base, as_of, frozenset(self.recommender.left_out))
        if not can_be_learnt(history):
            return Offering("no_products", limit=self.limit)
        fitted = self.recommender.learn(history, as_of)
        return Offering(
            hindsight=fitted.hindsight_,
            believed=fitted.rule_.believed,
            pairs=fitted.pairs(MOST_PAIRS),
            arrivals=fitted.arrivals(MOST_PRODUCTS),
            bestsellers=fitted.bestsellers(MOST_PRODUCTS),
            goods=len(fitted.goods),
            limit=self.limit,
            fitted=fitted,
        )
