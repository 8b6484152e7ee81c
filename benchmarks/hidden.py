"""Hidden segments: how often "none" is said where there are none, and how well planted groups are found.

    python -m benchmarks.hidden [--times 30] [--first 700000] [--only subscription --only Pareto]

Every base is made from a seed of its own, `--first` and the following ones; give others to see bases nobody has looked at. Figures: share
of answers "none" on noise (at least 95 of 100), customers of planted groups put right (at least 95 %), whether every rule is a formula of
the language of segments, and what comes out of the Online Retail data where they lie beside the checkout.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kogorta.base.customer_base import CustomerBase
from kogorta.kit.language import Language
from kogorta.segments.hidden.search import HiddenSearch
from kogorta.segments.rules.formula import parse_formula

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = date(2026, 11, 22)
RETAIL = Path(__file__).parents[1] / ".." / "shared" / "data" / "online_retail.parquet"
CATEGORIES = ("Одежда", "Обувь", "Для дома", "Красота", "Детям", "Спорт", "Техника", "Книги")


@dataclass
class Orders:
    """Orders of a base, one row each: owner, days before as-of, roubles; and what else is known of them."""

    owner: np.ndarray
    ago: np.ndarray
    roubles: np.ndarray
    category: np.ndarray
    discounted: np.ndarray
    lines: np.ndarray
    hour: np.ndarray
    truth: np.ndarray = field(default_factory=lambda: np.zeros(0))


def make_base(orders: Orders) -> CustomerBase:
    """A base in memory that holds these orders."""
    base = CustomerBase(None)
    run = base.connection.execute
    columns = {name: getattr(orders, name) for name in ("owner", "ago", "category", "lines", "hour")}
    columns["kopecks"] = np.maximum(np.round(orders.roubles * 100), 100).astype(np.int64)
    columns["off"] = orders.discounted.astype(np.int64)
    columns["number"] = np.arange(len(orders.owner))
    base.connection.register("drawn", columns)
    names = "[" + ", ".join(f"'{name}'" for name in CATEGORIES) + "]"
    day = f"DATE '{AS_OF}' - CAST(ago AS INTEGER)"
    run(
        f"""INSERT INTO orders (order_id, customer_id, status, stage_status, ordered_on, ordered_at, amount, currency, amount_base,
            net_amount_base, discount)
        SELECT 'o' || number, 'c' || lpad(CAST(owner AS VARCHAR), 6, '0'), 'won', 'won', {day},
            ({day} + to_hours(CAST(hour - 3 AS INTEGER))) AT TIME ZONE 'UTC', kopecks, 'RUB', kopecks, kopecks, kopecks // 10 * off
        FROM drawn"""
    )
    run(
        f"""INSERT INTO order_lines (order_id, line_no, product_id, name, category, quantity, price, discount, amount)
        SELECT 'o' || number, l, 'p' || (number * 31 + l * 17) % 997, 'p' || (number * 31 + l * 17) % 997, {names}[category + 1], 1,
            kopecks // lines, 0, kopecks // lines FROM drawn, range(1, CAST(lines AS BIGINT) + 1) AS r(l)"""
    )
    base.connection.unregister("drawn")
    run("INSERT INTO customers (customer_id, kind) SELECT DISTINCT customer_id, 'person' FROM orders")
    run(
        """INSERT INTO customer_days
        SELECT customer_id, ordered_on, count(*), CAST(sum(net_amount_base) AS BIGINT) FROM orders GROUP BY ALL"""
    )
    return base


def spread(counts: np.ndarray, random: np.random.Generator, days: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Owners and days of as many orders as each customer has, each within his own time with the shop."""
    owner = np.repeat(np.arange(len(counts)), counts)
    tenure = random.integers(30, days, len(counts))
    return owner, (random.random(len(owner)) * tenure[owner]).astype(np.int64)


def plain(owner: np.ndarray, ago: np.ndarray, roubles: np.ndarray, random: np.random.Generator) -> Orders:
    """Everything else by chance, the same for everybody."""
    size = len(owner)
    share = np.array([0.25, 0.2, 0.15, 0.1, 0.1, 0.1, 0.06, 0.04])
    return Orders(
        owner,
        ago,
        roubles,
        random.choice(len(CATEGORIES), size, p=share),
        random.random(size) < 0.25,
        1 + random.poisson(1.2, size),
        9 + random.integers(0, 13, size),
    )


# ---- noise


def independent(random: np.random.Generator, customers: int) -> Orders:
    """Poisson orders, lognormal amounts, nothing goes with anything."""
    owner, ago = spread(1 + random.poisson(4, customers), random)
    return plain(owner, ago, np.exp(random.normal(7.5, 0.8, len(owner))), random)


def personal(random: np.random.Generator, customers: int) -> Orders:
    """Gamma-Poisson orders and a lognormal level of spending of one's own, independent of each other."""
    owner, ago = spread(1 + random.poisson(random.gamma(0.8, 5, customers)), random)
    level = random.normal(7.5, 0.9, customers)
    return plain(owner, ago, np.exp(level[owner] + random.normal(0, 0.5, len(owner))), random)


def correlated(random: np.random.Generator, customers: int) -> Orders:
    """The continuum of RFM: who comes often spends more, buys more at once, goes for discounts and other goods less or more."""
    both = random.standard_normal((customers, 6)) @ np.linalg.cholesky(0.6 * np.ones((6, 6)) + 0.4 * np.eye(6)).T
    owner, ago = spread(1 + random.poisson(np.exp(1.2 + 0.7 * both[:, 0])), random)
    made = plain(owner, ago, np.exp(7.5 + 0.9 * both[owner, 1] + random.normal(0, 0.4, len(owner))), random)
    made.discounted = random.random(len(owner)) < 1 / (1 + np.exp(1 + 1.2 * both[owner, 2]))
    made.lines = 1 + random.poisson(np.exp(0.4 + 0.6 * both[owner, 3]))
    made.hour = np.where(random.random(len(owner)) < 1 / (1 + np.exp(0.8 - both[owner, 4])), 19, 12)
    children = random.random(len(owner)) < 1 / (1 + np.exp(2 - 1.3 * both[owner, 5]))
    made.category = np.where(children, 4, made.category)
    return made


def price_list(random: np.random.Generator, customers: int) -> Orders:
    """Most buy once, and everything costs 990, 1,990, 4,990 or 14,990."""
    owner, ago = spread(1 + random.poisson(random.gamma(0.4, 2, customers)), random)
    return plain(owner, ago, random.choice([990.0, 1990.0, 4990.0, 14990.0], len(owner), p=[0.4, 0.3, 0.2, 0.1]), random)


def tastes(random: np.random.Generator, customers: int) -> Orders:
    """Everybody has shares of categories of his own (Dirichlet), a taste for discounts (Beta) and a level of spending: a continuum."""
    made = personal(random, customers)
    taste = random.dirichlet(np.full(len(CATEGORIES), 3.0), customers)
    made.category = (random.random((len(made.owner), 1)) > np.cumsum(taste, axis=1)[made.owner]).sum(axis=1).clip(0, 7)
    made.discounted = random.random(len(made.owner)) < random.beta(1.2, 2.5, customers)[made.owner]
    return made


def buy_till_die(random: np.random.Generator, customers: int) -> Orders:
    """BG/NBD customers: exponential breaks, and after each order some never come back."""
    born = random.integers(1, 1095, customers)
    rate, leave = random.gamma(0.6, 1 / 70, customers), random.beta(0.8, 3.0, customers)
    owner, ago = [], []
    for one in range(customers):
        left = float(born[one])
        while left >= 0:
            owner.append(one)
            ago.append(int(left))
            if random.random() < leave[one]:
                break
            left -= max(random.exponential(1 / max(rate[one], 1e-6)), 1)
    value = 1000 * random.gamma(6, 1, len(owner)) / random.gamma(4, 1, customers)[owner]
    return plain(np.array(owner), np.array(ago), value, random)


def one_price(random: np.random.Generator, customers: int) -> Orders:
    """A subscription: 990 every thirty days, as many times as it happens (geometric)."""
    counts = random.geometric(0.15, customers)
    owner = np.repeat(np.arange(customers), counts)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return plain(owner, random.integers(0, 900, customers)[owner] + rank * 30, np.full(len(owner), 990.0), random)


def pareto(random: np.random.Generator, customers: int) -> Orders:
    """Heavy tails: Pareto counts, exponential levels of spending."""
    owner, ago = spread(1 + np.minimum(random.pareto(1.2, customers) * 2, 200).astype(int), random)
    level = 7 + random.exponential(1, customers)
    return plain(owner, ago, np.exp(level[owner] + random.normal(0, 0.7, len(owner))), random)


NOISE: dict[str, Callable[[np.random.Generator, int], Orders]] = {
    "independent Poisson and lognormal": independent,
    "own levels, Gamma-Poisson": personal,
    "six habits correlated 0.6": correlated,
    "four prices, most buy once": price_list,
    "own tastes, Dirichlet and Beta": tastes,
    "BG/NBD, gamma-gamma": buy_till_die,
    "subscription at one price": one_price,
    "Pareto counts, exponential levels": pareto,
}


# ---- planted groups


def three_groups(random: np.random.Generator, customers: int) -> Orders:
    """Wholesalers (large checks, full baskets), parents (children's goods, at weekends no more than others), bargain hunters."""
    truth = random.choice(3, customers, p=[0.2, 0.35, 0.45])
    owner, ago = spread(2 + random.poisson(np.array([6, 10, 5])[truth]), random)
    made = plain(owner, ago, np.exp(np.array([10.5, 7.6, 7.2])[truth][owner] + random.normal(0, 0.4, len(owner))), random)
    own = truth[owner]
    made.category = np.where((own == 1) & (random.random(len(owner)) < 0.8), 4, made.category)
    made.discounted = random.random(len(owner)) < np.array([0.03, 0.1, 0.85])[own]
    made.truth = truth
    return made


def three_by_money(random: np.random.Generator, customers: int) -> Orders:
    """Groups that differ in how often and for how much only: rare and large, often and middling, a few and small."""
    truth = random.choice(3, customers, p=[0.25, 0.3, 0.45])
    owner, ago = spread(1 + random.poisson(np.array([1.5, 22, 5])[truth]), random)
    made = plain(owner, ago, np.exp(np.array([10.6, 8.0, 6.2])[truth][owner] + random.normal(0, 0.4, len(owner))), random)
    made.truth = truth
    return made


def small_group(random: np.random.Generator, customers: int) -> Orders:
    """One customer of twenty is a reseller: fifteen times the check, half as often."""
    truth = (random.random(customers) < 0.06).astype(int)
    owner, ago = spread(2 + random.poisson(np.array([7, 4])[truth]), random)
    made = plain(owner, ago, np.exp(np.array([7.2, 10.2])[truth][owner] + random.normal(0, 0.5, len(owner))), random)
    made.truth = truth
    return made


def by_shares(random: np.random.Generator, customers: int) -> Orders:
    """Two groups that differ in the share of one category only, whether they buy three times or forty: no count tells them."""
    truth = random.choice(2, customers, p=[0.4, 0.6])
    owner, ago = spread(3 + random.geometric(0.08, customers).clip(1, 40), random)
    made = plain(owner, ago, np.exp(random.normal(7.5, 0.6, len(owner))), random)
    others = random.choice([0, 1, 2, 3, 5, 6, 7], len(owner))
    made.category = np.where(random.random(len(owner)) < np.array([0.85, 0.06])[truth[owner]], 4, others)
    made.truth = truth
    return made


def evenings(random: np.random.Generator, customers: int) -> Orders:
    """Two groups that differ in the hour of buying only: no words in the language of segments, so it is said that there are no words."""
    truth = random.choice(2, customers, p=[0.4, 0.6])
    owner, ago = spread(4 + random.poisson(8, customers), random)
    made = plain(owner, ago, np.exp(random.normal(7.5, 0.6, len(owner))), random)
    made.hour = np.where((truth[owner] == 1) ^ (random.random(len(owner)) < 0.1), 20, 11)
    made.truth = truth
    return made


PLANTED: dict[str, Callable[[np.random.Generator, int], Orders]] = {
    "three clear groups": three_groups,
    "three groups by money and pace": three_by_money,
    "6 % resellers": small_group,
    "two groups by share of a category": by_shares,
}
WORDLESS: dict[str, Callable[[np.random.Generator, int], Orders]] = {"evening and day buyers": evenings}


def put_right(truth: np.ndarray, places: np.ndarray) -> float:
    """Share of customers in the segment that stands for their group, at the best matching."""
    from scipy.optimize import linear_sum_assignment

    groups = int(max(truth.max(), places.max())) + 1
    shared = np.zeros((groups, groups))
    known = places >= 0
    np.add.at(shared, (truth[known], places[known]), 1)
    rows, columns = linear_sum_assignment(-shared)
    return float(shared[rows, columns].sum() / len(truth))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--times", type=int, default=30)
    options.add_argument("--customers", type=int, default=1000)
    options.add_argument("--planted", type=int, default=10)
    options.add_argument("--first", type=int, default=700_000)
    options.add_argument("--only", action="append", default=[], help="kinds of noise whose names hold this text, and nothing else")
    options.add_argument("--verbose", action="store_true")
    given = options.parse_args()
    search = HiddenSearch()
    silent = 0
    kinds = {name: make for name, make in NOISE.items() if not given.only or any(part in name for part in given.only)}
    for name, make in kinds.items():
        start, none, whys = time.process_time(), 0, {}
        for seed in range(given.first, given.first + given.times):
            found = search.fit(make_base(make(np.random.default_rng(seed), given.customers)), AS_OF)
            none += not found.found
            silent += not found.found
            whys[found.why_none] = whys.get(found.why_none, 0) + 1
            if found.found and given.verbose:
                print(seed, *found.told(Language("en")), sep="\n    ")
        met = none >= 0.95 * given.times
        print(
            f"{'ok  ' if met else 'MISS'} {name:<36} none {none} of {given.times}  {whys}  "
            f"{(time.process_time() - start) / given.times:.2f} s each",
            flush=True,
        )
    everything = given.times * len(kinds)
    print(f"{'ok  ' if silent >= 0.95 * everything else 'MISS'} pure noise in all: none {silent} of {everything}", flush=True)
    if given.only:
        return
    for name, make in PLANTED.items():
        start, right, counts, ruled = time.process_time(), [], [], 0
        for seed in range(given.first, given.first + given.planted):
            made = make(np.random.default_rng(seed), given.customers)
            found = search.fit(make_base(made), AS_OF)
            counts.append(len(found.segments))
            right.append(put_right(made.truth, found.places))
            ruled += bool(found.segments) and all(parse_formula(one.rule.formula) for one in found.segments)
            if given.verbose and seed == given.first:
                print(*found.told(Language("ru")), sep="\n    ")
        planted = len(np.unique(made.truth))
        exact = sum(count == planted for count in counts)
        good = np.array(right)[np.array(counts) == planted] if exact else np.zeros(1)
        met = exact >= 0.95 * given.planted and good.min() >= 0.95
        print(
            f"{'ok  ' if met else 'MISS'} {name:<36} {planted} groups found in {exact} of {given.planted}; put right {good.mean():.1%}, "
            f"least {good.min():.1%}; every rule parses in {ruled}  {(time.process_time() - start) / given.planted:.2f} s each",
            flush=True,
        )
    for name, make in WORDLESS.items():
        seeds = range(given.first, given.first + given.planted)
        whys = [search.fit(make_base(make(np.random.default_rng(seed), given.customers)), AS_OF).why_none for seed in seeds]
        said = whys.count("wordless")
        print(
            f"{'ok  ' if said >= 0.95 * given.planted else 'MISS'} {name:<36} no words for them: said {said} times of {len(whys)}",
            flush=True,
        )
    if RETAIL.exists():
        import kogorta

        with tempfile.TemporaryDirectory() as folder:
            base = CustomerBase(Path(folder) / "base")
            base.add(kogorta.read_deals(RETAIL))
            for language in ("en", "ru"):
                print("Online Retail:", *search.fit(base).told(Language(language)), sep="\n    ")


if __name__ == "__main__":
    main()
