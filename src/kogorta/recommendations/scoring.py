"""What a customer is likely to take next: what goes with his purchases, what he buys again, and what all buy now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.recommendations.affinity import Level, Together
from kogorta.recommendations.history import MEMORY_DAYS
from kogorta.recommendations.substitutes import name_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.recommendations.history import History, Matrix
    from kogorta.recommendations.substitutes import Substitutes

Question = Literal["next", "new", "arrivals"]
QUESTIONS: Final[tuple[Question, ...]] = ("next", "new", "arrivals")
CHUNK: Final = 512
POOL: Final = 20.0
"""Baskets that a product's own season is measured against, so that a rare product is not in fashion by one sale."""
BACK_OFF: Final = 1e-3
"""Weight of popularity within the customer's categories, and of popularity where nothing else tells products apart."""


@dataclass(frozen=True)
class Settings:
    """How products are ranked; the base's own past chooses.

    Attributes:
        level: pairs are counted over baskets or over customers.
        season: half-life in days of what is bought now.
        season_power: how much the season moves the ranking; 0 leaves it out.
        again: weight of the customer's own repeated purchases against what goes with them.
        again_half_life: half-life in days of his own purchases.
        early: what his own product is worth before half of its usual pause is over: 1 as much as ever, 0 nothing.
        kinship: weight of likeness (words of the name, category, price) for new arrivals, which few have bought yet.
        popularity: half-life in days of the popularity products are compared with.
    """

    level: Level = "basket"
    season: float = 14.0
    season_power: float = 0.75
    again: float = 3.0
    again_half_life: float = 720.0
    early: float = 1.0
    kinship: float = 0.5
    popularity: float = 14.0


class Ranker:
    """Scores of all products for customers of one history.

    Args:
        history: purchases up to a day.
        substitutes: products bought instead of each other; None leaves nothing out.
        arrival_days: a product first sold within so many days is a new arrival.
    """

    def __init__(self, history: History, substitutes: Substitutes | None = None, arrival_days: int = 60) -> None:
        self.history = history
        self.substitutes = substitutes
        self.arrivals = history.arrivals(arrival_days)
        self._together: dict[str, Together] = {}
        self._season: dict[tuple[float, float], np.ndarray] = {}
        self._popularity: dict[float, np.ndarray] = {}
        self._own: dict[tuple[float, float], Matrix] = {}

    def together(self, level: Level) -> Together:
        """Pairs counted over baskets or customers, once."""
        if level not in self._together:
            self._together[level] = Together.of(self.history, level)
        return self._together[level]

    @cached_property
    def recent(self) -> Matrix:
        """What each customer has bought, older purchases counting less."""
        return self.history.weighted(MEMORY_DAYS, capped=True)

    def season(self, settings: Settings) -> np.ndarray:
        """How much more than usual each product sells now, to the power of the settings."""
        key = (settings.season, settings.season_power)
        if key not in self._season:
            usual = (self.history.popularity(settings.season) + 1) * POOL / (self.history.sold + POOL)
            self._season[key] = (usual**settings.season_power).astype(np.float32)
        return self._season[key]

    def popularity(self, half_life: float) -> np.ndarray:
        """Popularity 0-1."""
        if half_life not in self._popularity:
            found = self.history.popularity(half_life)
            self._popularity[half_life] = (found / max(found.max(initial=0.0), 1e-9)).astype(np.float32)
        return self._popularity[half_life]

    def affinity(self, customers: np.ndarray, level: Level) -> np.ndarray:
        """How well each product goes with what each of the customers bought."""
        found: np.ndarray = self.recent[customers] @ self.together(level).cosine
        return found

    def own(self, customers: np.ndarray, settings: Settings) -> np.ndarray:
        """How much of each product each of the customers buys himself, 0-1; less while it is too early for it."""
        key = (settings.again_half_life, settings.early)
        if key not in self._own:
            weighted = self.history.weighted(settings.again_half_life, capped=False)
            if settings.early < 1:
                weighted.data *= np.where(self.too_early, np.float32(settings.early), np.float32(1))
            self._own[key] = weighted
        found: np.ndarray = self._own[key][customers].toarray()
        return _to_one(found)

    @cached_property
    def too_early(self) -> np.ndarray:
        """Of each product of each customer (the order of `owned.data`), whether half of its usual pause is not over."""
        gap = self.history.gaps[self.history.owned.indices]
        found: np.ndarray = 2 * (self.history.until - self.history.last_days) < gap
        return found

    def kinship(self, customers: np.ndarray) -> np.ndarray:
        """How much new arrivals are like what each of the customers bought: words, category, price; 0-1."""
        found = np.zeros((len(customers), len(self.history.goods)), dtype=np.float32)
        places = np.flatnonzero(self.arrivals)
        if len(places):
            weights = self.recent[customers]
            found[:, places] = (weights @ self._looks @ self._looks[places].T).toarray()
            total = np.maximum(np.asarray(weights.sum(axis=1)), 1e-9)
            usual = np.asarray(weights @ self._log_price[:, None]) / total
            found[:, places] *= np.exp(-np.abs(usual - self._log_price[places][None, :]))
        return _to_one(found)

    def most_like(self, customer: int, place: int) -> int | None:
        """The past purchase a product is most like; None when it shares neither word nor category with any."""
        weights = self.recent[customer]
        likeness = (self._looks[weights.indices] @ self._looks[place].T).toarray()[:, 0] * weights.data
        return int(weights.indices[int(np.argmax(likeness))]) if likeness.max(initial=0.0) > 0 else None

    @cached_property
    def _looks(self) -> Matrix:
        """Products as rows: the words of the name, and the category."""
        import scipy.sparse as sp

        products = self.history.goods.products
        names = sorted({item.category for item in products if item.category})
        place = {name: column for column, name in enumerate(names)}
        rows = [row for row, item in enumerate(products) if item.category]
        columns = [place[item.category] for item in products if item.category]
        kinds = sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(products), len(names)))
        return sp.hstack([name_vectors([item.name for item in products]), kinds]).tocsr()

    @cached_property
    def _log_price(self) -> np.ndarray:
        prices = np.array([item.price or 0 for item in self.history.goods.products], dtype=np.float64)
        known = np.median(prices[prices > 0]) if (prices > 0).any() else 1.0
        found: np.ndarray = np.log(np.where(prices > 0, prices, known))
        return found

    def new_scores(self, affinity: np.ndarray, settings: Settings) -> np.ndarray:
        """Scores of products that go with the past, 0-1 for each customer, popularity breaking ties."""
        found = _to_one(affinity * self.season(settings))
        found += np.float32(BACK_OFF) * self.popularity(settings.popularity)
        return found

    def next_scores(self, new: np.ndarray, own: np.ndarray, settings: Settings) -> np.ndarray:
        """Scores of all products, his own repeated purchases included."""
        return new + np.float32(settings.again) * own

    def scores(self, customers: np.ndarray, question: Question, settings: Settings, *, model: bool = True) -> np.ndarray:
        """Scores of products for customers; what may not be offered is minus infinity.

        Args:
            customers: places in the history.
            question: `next` may repeat what the customer bought, `new` may not.
            settings: how to rank.
            model: False ranks by popularity alone.
        """
        if model:
            found = self.new_scores(self.affinity(customers, settings.level), settings)
            if question == "next":
                found = self.next_scores(found, self.own(customers, settings), settings)
            elif question == "arrivals":
                found += np.float32(settings.kinship) * self.kinship(customers)
        else:
            found = np.tile(self.popularity(settings.popularity), (len(customers), 1))
        found[self.refused(customers, question)] = -np.inf
        return found

    def refused(self, customers: np.ndarray, question: Question) -> np.ndarray:
        """What may not be offered: sold no more, a substitute of what was bought, bought already (`next` allows it), no new arrival."""
        owned = self.history.owned[customers]
        has = owned.toarray() > 0
        found = np.broadcast_to(~self.history.live, has.shape).copy()
        if self.substitutes is not None and self.substitutes.matrix.nnz:
            found |= ((owned @ self.substitutes.matrix).toarray() > 0) & ~has
        if question != "next":
            found |= has
        if question == "arrivals":
            found |= ~self.arrivals
        return found


def _to_one(scores: np.ndarray) -> np.ndarray:
    """Every row divided by its largest, in place."""
    scores /= np.maximum(scores.max(axis=1, keepdims=True, initial=0.0), np.float32(1e-30))
    return scores


def chunks(customers: np.ndarray) -> Iterator[np.ndarray]:
    """Customers a few at a time, so that scores of all never stand in memory together."""
    for start in range(0, len(customers), CHUNK):
        yield customers[start : start + CHUNK]


def best(scores: np.ndarray, top: int) -> np.ndarray:
    """Places of the `top` highest scores of each row, ties to the smaller place; -1 where nothing may be offered.

    Example:
        >>> best(np.array([[1.0, 3.0, 3.0, -np.inf]]), 4).tolist()
        [[1, 2, 0, -1]]
    """
    width = min(top, scores.shape[1])
    if width == 0:
        return np.full((len(scores), top), -1)
    bar = -np.partition(-scores, width - 1, axis=1)[:, width - 1 : width]
    rows, places = np.nonzero((scores >= bar) & np.isfinite(scores))
    order = np.lexsort((places, -scores[rows, places], rows))
    rows, places = rows[order], places[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = rank < width
    found = np.full((len(scores), top), -1)
    found[rows[kept], rank[kept]] = places[kept]
    return found
