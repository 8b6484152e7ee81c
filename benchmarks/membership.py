"""The tick at a million customers, and the proof that it equals a full recompute.

Run from the project root:

    python -m benchmarks.membership [customers] [rules]   # CPU of a tick, of an idle one, memory
    python -m benchmarks.membership moments [customers]   # how late a transition of time alone is; memory
    python -m benchmarks.membership soak [seconds] [seed] # random histories against SQL over the raw events
"""

from __future__ import annotations

import os
import random
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rules import AS_OF, cpu, filled
from kogorta.kit.clock import day_begins
from kogorta.segments.membership import rows
from kogorta.segments.membership.changes import CardChanges, Changes, RowChanges
from kogorta.segments.membership.ruleset import WatchedRule
from kogorta.segments.membership.tick import Membership
from kogorta.segments.rules.columns import numbers_of
from kogorta.segments.rules.fields import HOUR
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.matching import day_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.segments.membership.population import Population

ZONE = "Europe/Moscow"
GOALS = {100: 20.0, 500: 60.0}
"""Milliseconds of CPU for a tick of 10,000 events at a million customers, by number of rules."""
TICKS = 25
WORLDS = (100, 1_000, 3_000, 3_000)
"""Customers of the worlds the soak plays."""
FEWEST_TO_COMPACT = (rows.FEWEST_TO_COMPACT, 200)
"""In every other world rows are sorted anew time and again."""
NOW = day_begins(AS_OF, ZONE) + 12 * HOUR
DAY = 24 * HOUR


def formulas(count: int) -> list[str]:
    """What marketers ask; every tenth rule asks who clicked and has not bought."""
    draw = random.Random(3)
    return [
        f"hours_unanswered('email_click') between {draw.choice([1, 4, 24])} and 72" if number % 10 == 9 else filled(number, draw)
        for number in range(count)
    ]


class Shop:
    """A retail base of about four orders of one line and four events per customer, and what goes on in it."""

    def __init__(self, customers: int) -> None:
        self.customers, self.draw = customers, np.random.default_rng(7)
        self.orders = self.events = 0

    def days(self, count: int) -> np.ndarray:
        """Days of things that happened, most of them lately."""
        spread = self.draw.random(count) * self.draw.random(count)
        return (day_number(AS_OF) - np.floor(spread * 1095)).astype(np.int32)

    def codes(self, population: Population, grain: str, column: str, texts: list[str], count: int) -> np.ndarray:
        """Drawn texts of a column, as numbers of its lexicon."""
        lexicon = population.lexicon(grain, column)
        return np.array([lexicon.code(text) for text in texts], dtype=np.int32)[self.draw.integers(0, len(texts), count)]

    def shop(self, population: Population, count: int, *, today: bool = False) -> dict[str, RowChanges]:
        """New orders with their lines."""
        owner = self.draw.integers(0, self.customers, count)
        days = np.full(count, day_number(AS_OF), dtype=np.int32) if today else self.days(count)
        records = np.arange(self.orders, self.orders + count)
        self.orders += count
        none = np.full(count, -1, dtype=np.int32)
        channel = self.codes(population, "orders", "channel", ["сайт", "магазин", "приложение"], count)
        amount = (50_000 + np.floor(self.draw.random(count) * self.draw.random(count) * 5_000_000)).astype(np.int64)
        shared = {"day": days, "is_order": self.draw.random(count) > 0.002, "amount": amount, "pipeline": none, "manager": none}
        discount = np.where(self.draw.random(count) < 0.24, 5_000, 0)
        line = {name: self.codes(population, "lines", "channel", ["сайт", "магазин", "приложение"], count) for name in ("channel",)}
        categories = ["одежда", "обувь", "для дома", "красота", "детям", "спорт", "техника", "книги"]
        line["category"] = self.codes(population, "lines", "category", categories, count)
        line["product"] = self.codes(population, "lines", "product", [f"p{number}" for number in range(500)], count)
        ones, sequence = np.ones(count, dtype=np.int64), np.arange(count)
        orders = {**shared, "moment": moments(days), "discount": discount, "channel": channel}
        lines = {**shared, **line, "discount": discount, "quantity": 1000 * ones, "product_id": none}
        return {
            "orders": RowChanges(records, ones, owner, orders, sequence),
            "lines": RowChanges(records, ones, owner, lines, sequence),
        }

    def click(self, population: Population, count: int, *, today: bool = False) -> RowChanges:
        """New events."""
        owner = self.draw.integers(0, self.customers, count)
        days = np.full(count, day_number(AS_OF), dtype=np.int32) if today else self.days(count)
        records = np.arange(self.events, self.events + count)
        self.events += count
        none = np.full(count, -1, dtype=np.int32)
        columns = dict.fromkeys(("source", "channel", "page", "category", "product", "product_id"), none)
        columns |= {"type": self.codes(population, "events", "type", ["email_open", "email_click", "visit", "complaint"], count)}
        columns |= {"campaign": self.codes(population, "events", "campaign", [f"c{number}" for number in range(10)], count)}
        columns |= {
            "day": days,
            "moment": moments(days),
            "value": np.zeros(count, dtype=np.int64),
            "has_value": np.zeros(count, dtype=bool),
        }
        return RowChanges(records, np.ones(count, dtype=np.int64), owner, columns, np.arange(count))

    def cards(self, population: Population) -> CardChanges:
        """Everybody's card."""
        count = self.customers
        born = (day_number(AS_OF) - 27_000 + np.floor(self.draw.random(count) * 20_000)).astype(np.int32)
        money, share = self.draw.integers(0, 10_000_000, count), self.draw.random(count)
        known = np.ones(count, dtype=bool)
        texts = {
            "gender": ["female", "male"],
            "income": ["high", "middle", "low"],
            "city": ["москва", "пермь", "казань", "омск", "томск"],
            "abc": ["A", "B", "C"],
        }
        return CardChanges(
            np.arange(count),
            tuple(f"c{number}" for number in range(count)),
            {"birth_on": (born, self.draw.random(count) < 0.8), "clv": (money, known), "p_alive": (share, known)},
            {name: self.codes(population, "customers", name, [text.lower() for text in some], count) for name, some in texts.items()},
            np.arange(count),
        )


def moments(days: np.ndarray) -> np.ndarray:
    """Noon of days, near enough for a benchmark."""
    return NOW - (day_number(AS_OF) - days.astype(np.int64)) * DAY


def opened(customers: int, rules: int) -> tuple[Shop, Membership]:
    """A shop whose customers are watched by some rules."""
    shop, members = Shop(customers), Membership(time_zone=ZONE)
    population = members.population
    begin = cpu()
    changes = shop.shop(population, 4 * customers)
    population.apply(Changes(shop.cards(population), {**changes, "events": shop.click(population, 4 * customers)}))
    for held in population.rows.values():
        held.compact()
    print(f"{customers:,} customers, {shop.orders:,} orders, {shop.events:,} events taken in: {cpu() - begin:.1f} s CPU")
    del changes
    begin = cpu()
    members.set_rules({f"s{n}": WatchedRule(f"s{n}", 1, parse_formula(text)) for n, text in enumerate(formulas(rules))}, at=NOW)
    print(f"{rules} rules over everybody, next moments included: {cpu() - begin:.2f} s CPU")
    millions = customers / 1e6
    print(
        f"  memory per million customers: {members.nbytes / 1e6 / millions:.0f} MB of state, {resident() / millions:.0f} MB of the process "
        f"with texts and ids",
        flush=True,
    )
    return shop, members


def resident() -> float:
    """Memory the process holds now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def quiet(members: Membership, customers: np.ndarray) -> np.ndarray:
    """Those of some customers to whom nothing happened today."""
    kept = np.ones(len(customers), dtype=bool)
    for grain in ("orders", "events"):
        history, _ = members.population.history(grain, customers, ["day"], AS_OF)
        kept[history.owner[numbers_of(history, "day").values >= day_number(AS_OF)]] = False
    return customers[kept]


def moments_met(customers: int, seconds: int = 20, pause: float = 0.2) -> bool:
    """Clicks whose hours run out one after another while everybody else waits, by the clock on the wall; then a midnight."""
    shop, members = opened(customers, 100)
    asking = [name for name, text in (("s" + str(n), text) for n, text in enumerate(formulas(100))) if "between 1 and" in text]
    clicks = shop.click(members.population, 5_000, today=True)
    owners = quiet(members, np.unique(clicks.owners))[:2_000]
    kind = members.population.lexicon("events", "type").code("email_click")
    turns = NOW + 2_000_000 + (np.arange(len(owners)) * (seconds - 4) * 1_000_000) // len(owners)
    few = slice(0, len(owners))
    columns = {**{name: values[few] for name, values in clicks.columns.items()}, "moment": turns - HOUR}
    columns["type"] = np.full(len(owners), kind, dtype=np.int32)
    told = RowChanges(clicks.records[few], clicks.counts[few], owners, columns, clicks.events[few])
    members.tick(Changes(None, {"events": told}), at=NOW)
    due = dict(zip(owners.tolist(), turns.tolist(), strict=True))
    inside = set(members.members(asking[0]).tolist())
    expected = {customer for customer in due if customer not in inside}
    late: dict[int, float] = {}
    spent, begin = cpu(), time.monotonic()
    while (passed := time.monotonic() - begin) < seconds:
        outcome = members.tick(at=NOW + int(passed * 1e6))
        arrived = NOW + int((time.monotonic() - begin) * 1e6)
        for found in outcome.crossings:
            if found.segment == asking[0]:
                late.update((one.customer, (arrived - due[one.customer]) / 1e6) for one in found if one.customer in expected)
        time.sleep(pause)
    waits = sorted(late.values())
    print(
        f"{len(waits):,} of {len(expected):,} transitions of time alone in {seconds} s, {customers:,} customers waiting, a look every "
        f"{pause} s: median {waits[len(waits) // 2]:.2f} s after its moment, latest {waits[-1]:.2f} s; {cpu() - spent:.2f} s CPU",
        flush=True,
    )
    begin = time.monotonic()
    outcome = members.tick(at=day_begins(AS_OF + timedelta(days=1), ZONE))
    midnight = time.monotonic() - begin
    print(f"midnight: {outcome.looked_at:,} looked at, {outcome.transitions:,} transitions, all of them {midnight:.2f} s after it")
    return len(waits) == len(expected) and max(waits[-1], midnight) <= 60


def speed(customers: int, rules: int) -> bool:
    """CPU of one tick."""
    shop, members = opened(customers, rules)
    population = members.population
    spent, found = [], []
    for number in range(TICKS):
        orders = shop.shop(population, 3_000, today=True)
        changes = Changes(None, {**orders, "events": shop.click(population, 7_000, today=True)})
        begin = cpu()
        outcome = members.tick(changes, at=NOW + number * 1_000_000)
        spent.append((cpu() - begin) * 1000)
        found.append(f"{outcome.looked_at:,} looked at, {outcome.transitions:,} transitions")
    goal = GOALS.get(rules)
    verdict = "" if goal is None else f"; goal {goal:.0f} at a million: {'met' if min(spent) <= goal else 'MISSED'}"
    print(
        f"  tick of 10,000 events: {min(spent):.1f} ms CPU (median {sorted(spent)[TICKS // 2]:.1f} of {TICKS} ticks){verdict}; {found[-1]}"
    )
    idle = []
    for number in range(20):
        begin = cpu()
        members.tick(at=NOW + TICKS * 1_000_000 + number)
        idle.append((cpu() - begin) * 1000)
    print(f"  idle tick: {min(idle):.3f} ms CPU")
    begin = cpu()
    outcome = members.tick(at=day_begins(AS_OF + timedelta(days=1), ZONE))
    print(f"  midnight: {outcome.looked_at:,} looked at, {outcome.transitions:,} transitions, {cpu() - begin:.2f} s CPU")
    return goal is None or min(spent) <= goal


def played(seed: int) -> tuple[int, int, int, list[str]]:
    """One world: its seed, how many customers had a history, what happened to them, and what differed."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "library" / "segments" / "membership"))
    from membership_worlds import differences

    rows.FEWEST_TO_COMPACT = FEWEST_TO_COMPACT[seed % 2]
    size = random.Random(seed).choice(WORLDS)
    people, told, found = differences(random.Random(seed), customers=size, happenings=size)
    return seed, people, told, found


def soak(seconds: float, first: int) -> bool:
    """Random histories until the time is up, worlds side by side on all cores.

    Args:
        seconds: the last world begins before they are over.
        first: seed of the first world; the next ones follow it.
    """
    histories = events = wrong = worlds = 0
    end = time.monotonic() + seconds

    def seeds() -> Iterator[int]:
        seed = first
        while time.monotonic() < end:
            yield seed
            seed += 1

    with ProcessPoolExecutor() as pool:
        coming, waiting = seeds(), set()
        while True:
            while len(waiting) < (os.cpu_count() or 1) and (seed := next(coming, None)) is not None:
                waiting.add(pool.submit(played, seed))
            if not waiting:
                break
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for one in done:
                seed, people, told, found = one.result()
                for line in found[:3]:
                    print(f"seed {seed}: {line}", flush=True)
                histories, events, wrong, worlds = histories + people, events + told, wrong + len(found), worlds + 1
                if worlds % 50 == 0:
                    print(f"  so far {worlds} worlds, {histories} histories, {events} events, {wrong} differences", flush=True)
    print(f"seeds {first} to {first + worlds - 1}")
    print(f"{histories} histories, {events} events, {wrong} differences")
    return wrong == 0


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["soak"]:
        good = soak(float(arguments[1]) if len(arguments) > 1 else 60.0, int(arguments[2]) if len(arguments) > 2 else 0)
    elif arguments[:1] == ["moments"]:
        good = moments_met(int(arguments[1]) if len(arguments) > 1 else 1_000_000)
    else:
        good = speed(int(arguments[0]) if arguments else 1_000_000, int(arguments[1]) if len(arguments) > 1 else 100)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
