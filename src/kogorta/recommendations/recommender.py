"""What to offer each customer: learnt from purchases up to a day, tested on the last of them, explained."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from kogorta.kit.checks import check_between, check_choice
from kogorta.kit.errors import InputError, OptionError
from kogorta.recommendations.affinity import LEVELS
from kogorta.recommendations.hindsight import Hindsight, Trial, look_back
from kogorta.recommendations.history import read_history, to_day
from kogorta.recommendations.offer import Kind, Offer
from kogorta.recommendations.scoring import QUESTIONS, Question, Ranker, Settings, best, chunks
from kogorta.recommendations.substitutes import find_substitutes
from kogorta.segments.summary import settle_as_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from kogorta.base.customer_base import CustomerBase
    from kogorta.recommendations.affinity import Pair
    from kogorta.recommendations.goods import Goods, Product
    from kogorta.recommendations.history import History

FEWEST_PRODUCTS = 2


@dataclass(frozen=True)
class RecommendationRule:
    """What was learnt about ranking, frozen: settings and the questions on which they beat popularity.

    Attributes:
        settings: how products are ranked.
        believed: questions answered by the model; the others by popularity.
        fitted_as_of: ISO day of the test.
        arrival_days: a product first sold within so many days is a new arrival.
    """

    settings: Settings
    believed: tuple[Question, ...]
    fitted_as_of: str
    arrival_days: int = 60

    def to_json(self) -> str:
        """The rule as JSON; `from_json` reads it back."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> RecommendationRule:
        """A rule from its JSON.

        Raises:
            InputError: the text is not a rule.

        Example:
            >>> rule = RecommendationRule(Settings(), ("new",), "2026-11-22")
            >>> RecommendationRule.from_json(rule.to_json()) == rule
            True
        """
        try:
            raw = json.loads(text)
            believed = tuple(check_choice("believed", name, QUESTIONS) for name in raw["believed"])
            date.fromisoformat(raw["fitted_as_of"])
            level = check_choice("level", raw["settings"].pop("level"), LEVELS)
            numbers = {name: float(value) for name, value in raw["settings"].items()}
            return cls(Settings(level, **numbers), believed, raw["fitted_as_of"], int(raw["arrival_days"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(
                "This is not a rule of recommendations: {error}. Write one with to_json().",
                error=error,
            ) from error


@dataclass(frozen=True)
class Recommender:
    """How recommendations are learnt.

    Args:
        rule: a frozen rule instead of choosing and testing again.
        left_out: ids of products never to offer.
        arrival_days: a product first sold within so many days is a new arrival.

    Example:
        >>> Recommender(arrival_days=30).arrival_days
        30
    """

    rule: RecommendationRule | None = None
    left_out: Collection[str] = ()
    arrival_days: int = 60

    def __post_init__(self) -> None:
        check_between("arrival_days", self.arrival_days, 1, 3650)

    def fit(self, base: CustomerBase, as_of: date | str | None = None) -> FittedRecommender:
        """Learn from the purchases up to a day; nothing later is read.

        Args:
            base: the base; its orders have lines with products.
            as_of: end of this day; default the last day of the data.

        Raises:
            InputError: the orders name no products.
        """
        day = settle_as_of(base, as_of)
        history = read_history(base, day, frozenset(self.left_out))
        if not can_be_learnt(history):
            raise InputError(
                "The orders by {day} name no products to recommend; import a file with a product in every line (layout order-lines).",
                day=day.isoformat(),
            )
        return self.learn(history, day)

    def learn(self, history: History, day: date) -> FittedRecommender:
        """Learn from a history `can_be_learnt` has let through.

        Args:
            history: purchases up to the day.
            day: the day.
        """
        if self.rule is not None:
            rule, hindsight = self.rule, None
        else:
            settings, hindsight = look_back(history, arrival_days=self.arrival_days)
            believed = tuple(trial.question for trial in hindsight.trials if trial.passed)
            rule = RecommendationRule(settings, believed, day.isoformat(), self.arrival_days)
        ranker = Ranker(history, find_substitutes(history), rule.arrival_days)
        return FittedRecommender(day, rule, hindsight, ranker)


def can_be_learnt(history: History) -> bool:
    """Whether there are products to recommend at all."""
    return len(history.goods) >= FEWEST_PRODUCTS and len(history.day) > 0


class FittedRecommender:
    """Recommendations at a day.

    Attributes:
        as_of: nothing later was read.
        rule_: what was learnt; `to_json` keeps it.
        hindsight_: the test on the held-out orders; None when a frozen rule was given.
    """

    def __init__(self, as_of: date, rule: RecommendationRule, hindsight: Hindsight | None, ranker: Ranker) -> None:
        self.as_of = as_of
        self.rule_ = rule
        self.hindsight_ = hindsight
        self._ranker = ranker

    @property
    def goods(self) -> Goods:
        """The products, and lines that are no goods."""
        return self._ranker.history.goods

    @property
    def substitutes(self) -> tuple[tuple[Product, Product], ...]:
        """Products bought instead of each other."""
        products, found = self.goods.products, self._ranker.substitutes
        return tuple((products[a], products[b]) for a, b in found.pairs) if found else ()

    def trial(self, question: Question) -> Trial | None:
        """How the model did on a question against popularity; None when it could not be tested."""
        return self.hindsight_.of(question) if self.hindsight_ else None

    def pairs(self, most: int = 10) -> tuple[tuple[Product, Product, Pair], ...]:
        """Products bought in one order far more often than by chance, most evidence first."""
        products = self.goods.products
        found = self._ranker.together("basket").strongest(most)
        return tuple((products[pair.left], products[pair.right], pair) for pair in found)

    def arrivals(self, most: int = 10) -> tuple[Product, ...]:
        """New arrivals still sold, most buyers first."""
        ranker = self._ranker
        products = [self.goods.products[place] for place in np.flatnonzero(ranker.arrivals & ranker.history.live).tolist()]
        return tuple(sorted(products, key=lambda item: (-item.customers, item.product_id))[:most])

    def bestsellers(self, most: int = 10) -> tuple[Product, ...]:
        """What most buy now, the most popular first."""
        ranker = self._ranker
        scores = np.where(ranker.history.live, ranker.popularity(self.rule_.settings.popularity), -np.inf)
        return tuple(self.goods.products[place] for place in best(scores[None, :], most)[0].tolist() if place >= 0)

    def recommend(self, question: Question = "next", *, customers: Iterable[str] | None = None, top: int = 5) -> tuple[Offer, ...]:
        """Offers for customers.

        Args:
            question: `next` (what he is likely to take next, repeats included), `new` (what he has never bought) or `arrivals` (new
                products).
            customers: ids; None means everyone who has bought.
            top: most products per customer.

        Returns:
            Offers by customer and rank. A customer who has bought nothing gets what most buy now.

        Raises:
            OptionError: the question is not known or `top` is not 1-100.
        """
        check_choice("question", question, QUESTIONS)
        check_between("top", top, 1, 100)
        known, strangers = self._places(customers)
        offers = [offer for group in chunks(known) for offer in self._offers(group, question, top)]
        if strangers:
            offers += self._for_strangers(strangers, question, top)
            offers.sort(key=lambda offer: (offer.customer_id, offer.rank))
        return tuple(offers)

    def _places(self, customers: Iterable[str] | None) -> tuple[np.ndarray, list[str]]:
        ids = self._ranker.history.customer_ids
        if customers is None:
            return np.arange(len(ids)), []
        if isinstance(customers, str):
            raise OptionError("customers is {value!r}; give a list of ids.", value=customers)
        place = {str(name): number for number, name in enumerate(ids)}
        wanted = sorted(set(customers))
        return np.array([place[name] for name in wanted if name in place], dtype=np.int64), [name for name in wanted if name not in place]

    def _offers(self, group: np.ndarray, question: Question, top: int) -> Iterator[Offer]:
        ranker, settings = self._ranker, self.rule_.settings
        model = question in self.rule_.believed
        scores = ranker.scores(group, question, settings, model=model)
        reasons = _Reasons(ranker, settings, question, model=model)
        for customer, places in zip(group.tolist(), best(scores, top), strict=True):
            yield from reasons.offers(customer, places[places >= 0])

    def _for_strangers(self, names: list[str], question: Question, top: int) -> Iterator[Offer]:
        ranker = self._ranker
        scores = ranker.popularity(self.rule_.settings.popularity).copy()
        scores[~ranker.history.live | (~ranker.arrivals if question == "arrivals" else False)] = -np.inf
        reasons = _Reasons(ranker, self.rule_.settings, question, model=False)
        places = best(scores[None, :], top)[0]
        for name in names:
            for rank, place in enumerate(places[places >= 0].tolist(), start=1):
                yield reasons.popular(name, rank, place)


class _Reasons:
    """What an offer rests on."""

    def __init__(self, ranker: Ranker, settings: Settings, question: Question, *, model: bool) -> None:
        self.history: History = ranker.history
        self.ranker = ranker
        self.arrivals = question == "arrivals"
        self.question = question
        self.model = model
        self.level = settings.level
        self.together = ranker.together(settings.level)
        self.times = ranker.history.times
        self.products = ranker.history.goods.products

    def popular(self, customer_id: str, rank: int, place: int) -> Offer:
        """An offer that rests on nothing but what most buy."""
        product = self.products[place]
        return Offer(customer_id, rank, product.product_id, product.name, "popular", since=self._since(place))

    def offers(self, customer: int, places: np.ndarray) -> Iterator[Offer]:
        """The offers of one customer, in the order of `places`."""
        history, owned = self.history, self.history.owned
        name = str(history.customer_ids[customer])
        span = slice(owned.indptr[customer], owned.indptr[customer + 1])
        past = owned.indices[span]
        weights = self.ranker.recent.data[span]
        shares = weights[:, None] * self.together.cosine[np.ix_(past, places)] if self.model else None
        for rank, place in enumerate(places.tolist(), start=1):
            bought = np.flatnonzero(past == place)
            if len(bought):
                yield self._again(name, rank, place, span.start + int(bought[0]))
                continue
            part = shares[:, rank - 1] if shares is not None else None
            if part is not None and len(part) and part.max() > 0:
                yield self._together(name, rank, place, int(past[int(np.argmax(part))]))
            elif self.arrivals and self.model and (like := self.ranker.most_like(customer, place)) is not None:
                product, other = self.products[place], self.products[like]
                kind: Kind = "alike"
                yield Offer(name, rank, product.product_id, product.name, kind, other.product_id, other.name, since=self._since(place))
            else:
                yield self.popular(name, rank, place)

    def _again(self, name: str, rank: int, place: int, entry: int) -> Offer:
        product = self.products[place]
        gap = int(self.history.gaps[place]) or None
        last = to_day(int(self.history.last_days[entry]))
        return Offer(name, rank, product.product_id, product.name, "again", times=int(self.times[entry]), last_on=last, gap_days=gap)

    def _together(self, name: str, rank: int, place: int, because: int) -> Offer:
        product, other, pair = self.products[place], self.products[because], self.together.pair(because, place)
        return Offer(
            name,
            rank,
            product.product_id,
            product.name,
            "together",
            other.product_id,
            other.name,
            pair.both,
            pair.left_alone,
            pair.lift,
            self.level,
            since=self._since(place),
        )

    def _since(self, place: int) -> date | None:
        if not self.arrivals:
            return None
        return to_day(min(self.products[place].launched_day, self.products[place].first_day))
