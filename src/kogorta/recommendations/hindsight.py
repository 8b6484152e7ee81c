"""Would it have worked: the last orders are held out, foretold from what was known before them, and compared with popularity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import md5
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from kogorta.recommendations.affinity import LEVELS, Level
from kogorta.recommendations.scoring import QUESTIONS, Question, Ranker, Settings, best, chunks
from kogorta.recommendations.substitutes import find_substitutes

if TYPE_CHECKING:
    from collections.abc import Callable

    from kogorta.recommendations.history import History, Matrix

Key = TypeVar("Key")
TOP: Final = 10
WINDOWS: Final = (30, 60, 90, 180, 365)
ENOUGH: Final = 300
FEWEST: Final = 50
"""Customers who came back in the held-out window; fewer prove nothing."""
MOST_TESTED: Final = 2_000
RESAMPLES: Final = 1_000
SEASONS: Final = (7.0, 14.0, 30.0, 90.0)
POWERS: Final = (0.0, 0.5, 1.0)
AGAIN: Final = (0.5, 1.0, 3.0, 10.0)
AGAIN_HALF_LIVES: Final = (90.0, 720.0)
EARLY: Final = (1.0, 0.5, 0.1)
KINSHIPS: Final = (0.5, 0.0, 2.0)


@dataclass(frozen=True)
class Hits:
    """How a ranking did over the customers tested.

    Attributes:
        hit_rate: share of customers with at least one of the ten products in the held-out order.
        recall: share of the products of the order (of at most ten) among the ten.
        ndcg: the same with places weighing: a hit at the top counts most (Järvelin and Kekäläinen, 2002).
    """

    hit_rate: float
    recall: float
    ndcg: float


@dataclass(frozen=True)
class Trial:
    """One question tested.

    Attributes:
        question: `next` (repeats included), `new` (only what the customer had never bought) or `arrivals` (only new products).
        customers: customers tested.
        model, popularity: how each did.
        gain_low, gain_high: 95 % interval of the hit rate of the model minus that of popularity, bootstrap over customers.
        order_low, order_high: the same of NDCG.
    """

    question: Question
    customers: int
    model: Hits
    popularity: Hits
    gain_low: float
    gain_high: float
    order_low: float
    order_high: float

    @property
    def gain(self) -> float:
        """Hit rate of the model minus that of popularity."""
        return self.model.hit_rate - self.popularity.hit_rate

    @property
    def passed(self) -> bool:
        """Whether the model beat popularity: no fewer hits, and a better order beyond chance."""
        return self.gain >= 0 and self.order_low > 0


@dataclass(frozen=True)
class Hindsight:
    """The test of a base: what was held out and how each question did. Without enough returning customers there are no trials."""

    held_out_from: int
    held_out_until: int
    trials: tuple[Trial, ...]

    def of(self, question: Question) -> Trial | None:
        """The trial of a question."""
        return next((trial for trial in self.trials if trial.question == question), None)


def choose_window(history: History) -> int | None:
    """Days to hold out: the shortest window, of at most a third of the history, with enough returning customers; None when too few."""
    if not len(history.day):
        return None
    span = history.until - int(history.day.min()) + 1
    fallback = None
    for window in WINDOWS:
        if 3 * window > span:
            break
        late = history.day > history.until - window
        before, after = np.zeros(len(history.customer_ids), dtype=bool), np.zeros(len(history.customer_ids), dtype=bool)
        before[history.customer[~late]] = True
        after[history.customer[late]] = True
        returned = int((before & after).sum())
        if returned >= ENOUGH:
            return window
        if returned >= FEWEST:
            fallback = window
    return fallback


def look_back(history: History, settings: Settings | None = None, arrival_days: int = 60) -> tuple[Settings, Hindsight]:
    """Choose settings on the last window but one and test them on the last.

    Args:
        history: purchases.
        settings: frozen settings to test; None chooses.
        arrival_days: a product first sold within so many days is a new arrival.

    Returns:
        Settings and the test.
    """
    window = choose_window(history)
    if window is None:
        return settings or Settings(), Hindsight(history.until, history.until, ())
    middle = history.until - window
    if settings is None:
        settings = _choose(history, middle - window, middle, arrival_days)
    bench = _Bench(history, middle, history.until, arrival_days)
    trials = []
    for question in QUESTIONS:
        found = bench.run(question, {"model": settings}, model=True) | bench.run(question, {"popularity": settings}, model=False)
        if len(found["model"]) >= FEWEST:
            trials.append(_trial(question, found["model"], found["popularity"]))
    return settings, Hindsight(middle + 1, history.until, tuple(trials))


def _choose(history: History, day: int, until: int, arrival_days: int) -> Settings:
    """The settings that rank best between two days; the earlier of equals."""
    bench = _Bench(history, day, until, arrival_days, most=MOST_TESTED // 2)
    if len(bench.customers) < FEWEST // 2:
        return Settings()
    by_season = {replace(Settings(), popularity=season): season for season in SEASONS}
    plain = bench.run("new", {season: setting for setting, season in by_season.items()}, model=False)
    settings = replace(Settings(), popularity=_winner(plain))
    grid = [
        replace(settings, level=level, season=season, season_power=power)
        for level in LEVELS
        for season in SEASONS
        for power in POWERS
        if power or season == SEASONS[0]
    ]
    settings = _winner(bench.run("new", {setting: setting for setting in grid}, model=True))
    again = [replace(settings, again=weight, again_half_life=life) for life in AGAIN_HALF_LIVES for weight in AGAIN]
    settings = _winner(bench.run("next", {setting: setting for setting in again}, model=True))
    early = [replace(settings, early=worth) for worth in EARLY]
    settings = _winner(bench.run("next", {setting: setting for setting in early}, model=True))
    kinships = [replace(settings, kinship=weight) for weight in KINSHIPS]
    return _winner(bench.run("arrivals", {setting: setting for setting in kinships}, model=True))


def _winner(found: dict[Key, np.ndarray]) -> Key:
    """The key whose rows have the highest mean NDCG; the first of equals."""
    return max(found, key=lambda key: round(float(found[key][:, 2].mean()) if len(found[key]) else 0.0, 9))


class _Bench:
    """Customers known at a day who bought again by a later one, and what was in the first basket of their return.

    Args:
        history: purchases.
        day: what is known ends with it.
        until: returns are looked for up to it.
        arrival_days: a product first sold within so many days is a new arrival.
        most: most customers tested, chosen by a hash of their ids.
    """

    def __init__(self, history: History, day: int, until: int, arrival_days: int, most: int = MOST_TESTED) -> None:
        self.past = history.before(day)
        self.ranker = Ranker(self.past, arrival_days=arrival_days)
        self.ranker.substitutes = find_substitutes(self.past)
        self._affinity: dict[tuple[int, Level], np.ndarray] = {}
        known = np.zeros(len(history.customer_ids), dtype=bool)
        known[self.past.customer] = True
        later = (history.day > day) & (history.day <= until) & known[history.customer]
        customer, product, when = history.customer[later], history.product[later], history.day[later]
        first = np.full(len(history.customer_ids), 1 << 30)
        np.minimum.at(first, customer, when)
        held = when == first[customer]
        self._truth = _ones(customer[held], product[held], history.shape)
        self.customers = _draw(history.customer_ids, np.unique(customer[held]), most)

    def run(self, question: Question, ways: dict[Key, Settings], *, model: bool) -> dict[Key, np.ndarray]:
        """Hit, recall and NDCG of each way to rank, one row per customer whose held-out basket has something to foretell."""
        rows: dict[Key, list[np.ndarray]] = {key: [] for key in ways}
        for place, whole in enumerate(chunks(self.customers)):
            group = whole
            wanted = self._truth[group].toarray() > 0
            if question != "next":
                wanted &= self.past.owned[group].toarray() == 0
            if question == "arrivals":
                wanted &= self.ranker.arrivals
            tested: np.ndarray = np.asarray(wanted.any(axis=1))
            group, wanted = group[tested], wanted[tested]
            if not len(group):
                continue
            score = self._scorer((place, whole), tested, question, model=model)
            refused = self.ranker.refused(group, question)
            for key, setting in ways.items():
                scores = score(setting)
                scores[refused] = -np.inf
                rows[key].append(_marks(best(scores, TOP), wanted))
        return {key: np.concatenate(found) if found else np.zeros((0, 3)) for key, found in rows.items()}

    def _scorer(
        self, chunk: tuple[int, np.ndarray], tested: np.ndarray, question: Question, *, model: bool
    ) -> Callable[[Settings], np.ndarray]:
        """Scores of the tested of a chunk under any settings, what they share computed once."""
        ranker, group = self.ranker, chunk[1][tested]
        if not model:
            return lambda setting: np.tile(ranker.popularity(setting.popularity), (len(group), 1))
        kinship = ranker.kinship(group) if question == "arrivals" else None

        def score(setting: Settings) -> np.ndarray:
            key = (chunk[0], setting.level)
            if key not in self._affinity:
                self._affinity[key] = ranker.affinity(chunk[1], setting.level)
            new = ranker.new_scores(self._affinity[key][tested], setting)
            if question == "next":
                return ranker.next_scores(new, ranker.own(group, setting), setting)
            return new if kinship is None else new + np.float32(setting.kinship) * kinship

        return score


def _draw(ids: np.ndarray, customers: np.ndarray, most: int) -> np.ndarray:
    """At most so many customers, chosen by a hash of their ids: neither first nor largest ones."""
    if len(customers) <= most:
        return customers
    keys = [md5(str(ids[place]).encode(), usedforsecurity=False).digest() for place in customers]
    chosen = sorted(range(len(customers)), key=lambda place: keys[place])[:most]
    found: np.ndarray = customers[np.sort(np.array(chosen))]
    return found


def _ones(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Matrix:
    import scipy.sparse as sp

    return sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)


def _marks(top: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Hit, recall and NDCG of each row."""
    hit = np.take_along_axis(wanted, np.maximum(top, 0), axis=1) & (top >= 0)
    possible = np.minimum(wanted.sum(axis=1), top.shape[1])
    discount = 1 / np.log2(np.arange(2, top.shape[1] + 2))
    ideal = np.cumsum(discount)[possible - 1]
    return np.column_stack([hit.any(axis=1), hit.sum(axis=1) / possible, (hit * discount).sum(axis=1) / ideal])


def _trial(question: Question, model: np.ndarray, popularity: np.ndarray) -> Trial:
    """Means and the interval of the difference of hit rates; the same customers stand in both."""
    difference = (model - popularity)[:, [0, 2]]
    random, count = np.random.default_rng(20_261_127), len(difference)
    means = np.array([difference[random.integers(0, count, count)].mean(axis=0) for _ in range(RESAMPLES)])
    (low, order_low), (high, order_high) = np.quantile(means, (0.025, 0.975), axis=0).tolist()
    return Trial(question, count, _hits(model), _hits(popularity), low, high, order_low, order_high)


def _hits(rows: np.ndarray) -> Hits:
    return Hits(*(float(value) for value in rows.mean(axis=0)))
