"""The goals of the experiments room, measured by simulations with fixed seeds: one line per figure.

Run from the project root: python -m benchmarks.experiments [--quick] [part ...]
Speed is printed as ratios within this run (see benchmarks/experiments_speed.py).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.experiments_cases import features, gate, goldens, line, merges
from benchmarks.experiments_speed import measure_speed
from kogorta.experiments.always_valid import AlwaysValid
from kogorta.experiments.assignment import OUTSIDE, Arms, HashSplit, buckets_of
from kogorta.experiments.bandits import ArmRewards, Bandit
from kogorta.experiments.contrasts import Estimate, MeanContrast, RateContrast
from kogorta.experiments.quantities import normal_quantile
from kogorta.experiments.send_time import Responses, SendTime
from kogorta.experiments.sequential import even_looks, sequential_bounds
from kogorta.experiments.sizing import sample_size_means, sample_size_proportions, smallest_detectable_rate
from kogorta.experiments.srm import check_split
from kogorta.experiments.uplift import UpliftGate

if TYPE_CHECKING:
    from collections.abc import Callable

HILLSTROM = Path(__file__).parents[1] / ".." / "shared" / "data" / "hillstrom.csv.gz"
FEATURES = ("recency", "history", "mens", "womens", "zip_code", "newbie", "channel")
MEN, WOMEN, NOBODY = "Mens E-Mail", "Womens E-Mail", "No E-Mail"


def within(goal: str, value: float, low: float, high: float, *, extra: str = "") -> None:
    line(goal, f"{low:.1%} - {high:.1%}", f"{value:.2%} {extra}", met=low <= value <= high)


def hillstrom() -> dict[str, np.ndarray]:
    with gzip.open(HILLSTROM, "rt", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    columns = {name: np.array(values) for name, values in zip(head, zip(*rows, strict=True), strict=True)}
    text = {"history_segment", "zip_code", "channel", "segment"}
    found = {name: values if name in text else values.astype(float) for name, values in columns.items()}
    order = np.lexsort((found["history"], -found["recency"]))
    recency, monetary = np.empty(len(order)), np.empty(len(order))
    recency[order] = np.arange(len(order)) * 5 // len(order)
    monetary[np.argsort(found["history"], kind="stable")] = np.arange(len(order)) * 5 // len(order)
    return found | {"rfm": recency + monetary}


class Spend:
    """Fast samples of a skewed amount: how often each distinct value was drawn, and what follows from that."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, counts = np.unique(values, return_counts=True)
        self.chances = counts / counts.sum()
        self.mean = float(self.values @ self.chances)

    def estimates(self, size: int, times: int, random: np.random.Generator) -> list[Estimate]:
        """As many samples of this size, each as the mean with its variance."""
        found = []
        for _ in range(times):
            counts = random.multinomial(size, self.chances)
            mean = float(counts @ self.values) / size
            variance = float(counts @ (self.values - mean) ** 2) / (size - 1)
            found.append(Estimate(mean, variance / size, size - 1))
        return found


def proven(contrast: RateContrast | MeanContrast, alpha: float) -> bool:
    interval = contrast.interval(alpha)
    return interval.low > 0 or interval.high < 0


def false_positives_at_one_look(times: int, spend: Spend) -> None:
    random = np.random.default_rng(1)
    did = random.binomial(2000, 0.03, (times, 2))
    rates = [RateContrast(int(a), 2000, int(b), 2000) for a, b in did]
    within("A/A, one look, conversion 3 %, 2,000 per arm", float(np.mean([proven(one, 0.05) for one in rates])), 0.04, 0.06)
    # five times as many, because the true rate is near the lower end: few of 2,000 customers buy at all
    top, bottom = (spend.estimates(2000, 5 * times, random) for _ in range(2))
    means = [MeanContrast(one, other) for one, other in zip(top, bottom, strict=True)]
    within("A/A, one look, spend of Hillstrom, 2,000 per arm", float(np.mean([proven(one, 0.05) for one in means])), 0.04, 0.06)
    bounded = [(one, one.relative(0.05)) for one in means]
    against = [proven(one, 0.05) != (found.low > 0 or found.high < 0) for one, found in bounded if found is not None]
    against += [proven(one, 0.05) != (one.p < 0.05) for one in [*rates, *means]]
    line("intervals, relative intervals and p that disagree", "0", str(sum(against)), met=not any(against))


def cumulative_counts(rate: float, size: int, looks: int, times: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    edges = np.round(np.array(even_looks(looks)) * size).astype(int)
    steps = np.diff(edges, prepend=0)
    return edges, np.cumsum(random.binomial(steps, rate, (times, looks)), axis=1)


def stops(top: np.ndarray, bottom: np.ndarray, edges: np.ndarray, levels: list[float]) -> np.ndarray:
    """Number of the look that crossed its bound, or the number of looks when none did."""
    found = np.full(len(top), len(edges))
    for number in range(len(top)):
        for look, (size, level) in enumerate(zip(edges, levels, strict=True)):
            if proven(RateContrast(int(top[number, look]), int(size), int(bottom[number, look]), int(size)), level):
                found[number] = look
                break
    return found


def false_positives_at_looks(times: int, spend: Spend) -> None:
    random = np.random.default_rng(2)
    for looks in (5, 14, 20, 100):
        edges, top = cumulative_counts(0.03, 20_000, looks, times, random)
        _, bottom = cumulative_counts(0.03, 20_000, looks, times, random)
        levels = list(sequential_bounds(even_looks(looks)).levels)
        crossed = float(np.mean(stops(top, bottom, edges, levels) < looks))
        within(f"A/A, {looks} planned looks, conversion 3 %, 20,000 per arm", crossed, 0.04, 0.055)
        mode = AlwaysValid(tuned_for=40_000)
        always = float(np.mean(stops(top, bottom, edges, [mode.level(2 * int(size)) for size in edges]) < looks))
        within(f"A/A, {looks} looks, always-valid mode", always, 0.0, 0.05)
    edges, top = cumulative_counts(0.03, 2000, 20, times, random)
    _, bottom = cumulative_counts(0.03, 2000, 20, times, random)
    crossed = float(np.mean(stops(top, bottom, edges, list(sequential_bounds(even_looks(20)).levels)) < 20))
    within("A/A, 20 planned looks, conversion 3 %, 2,000 per arm", crossed, 0.04, 0.055)
    bounds, hits, step = sequential_bounds(even_looks(20)), 0, 1000
    mode, always_hits = AlwaysValid(tuned_for=40_000), 0
    for _ in range(times):
        found, always_found = False, False
        sums = np.zeros((2, 2))
        for look, level in enumerate(bounds.levels, start=1):
            for arm in range(2):
                counts = random.multinomial(step, spend.chances)
                sums[arm] += counts @ spend.values, counts @ spend.values**2
            size = look * step
            arms = [Estimate(s / size, (q - s * s / size) / (size - 1) / size, size - 1) for s, q in sums]
            found |= proven(MeanContrast(*arms), level)
            always_found |= proven(MeanContrast(*arms), mode.level(2 * size))
        hits, always_hits = hits + found, always_hits + always_found
    within("A/A, 20 planned looks, spend of Hillstrom, 20,000 per arm", hits / times, 0.04, 0.055)
    within("A/A, 20 looks, always-valid mode, spend", always_hits / times, 0.0, 0.05)


def power_at_looks(times: int) -> None:
    random = np.random.default_rng(3)
    edges, top = cumulative_counts(0.036, 13_911, 14, times, random)
    _, bottom = cumulative_counts(0.03, 13_911, 14, times, random)
    found = stops(top, bottom, edges, list(sequential_bounds(even_looks(14)).levels))
    power = float(np.mean(found < 14))
    used = float(np.mean(np.where(found < 14, found + 1, 14) / 14))
    line("power, 3 -> 3.6 %, 13,911 per arm, 14 looks", ">= 78 %", f"{power:.2%}", met=power >= 0.78)
    line("share of that sample used", "<= 78 %", f"{used:.2%}", met=used <= 0.78)


def coverage(times: int, control: Spend, treated: Spend) -> None:
    random = np.random.default_rng(4)
    ratio = treated.mean / control.mean - 1
    for size in (500, 2000, 7000, 21_000):
        held, bounded = 0, 0
        for top, bottom in zip(treated.estimates(size, times, random), control.estimates(size, times, random), strict=True):
            contrast = MeanContrast(top, bottom)
            found = contrast.relative(0.05)
            bounded += found is not None
            # the Fieller set holds the ratio when this difference is within its reach, bounded or not
            shifted = MeanContrast(top, Estimate(bottom.value * (1 + ratio), bottom.variance * (1 + ratio) ** 2, bottom.freedom))
            reach = contrast.critical(0.05) * shifted.error
            held += abs(shifted.value - shifted.control_value) <= reach
        within(
            f"coverage of Fieller, spend of Hillstrom, {size:,} per arm",
            held / times,
            0.94,
            0.975,
            extra=f"(bounded {bounded / times:.1%})",
        )
    random = np.random.default_rng(5)
    did = random.binomial([1000, 50], [0.03, 0.03], (times * 4, 2))
    held = sum(RateContrast(int(a), 1000, int(b), 50).interval(0.05).holds(0.0) for a, b in did)
    line("coverage of Newcombe, 3 %, 1,000 against 50", ">= 94 %", f"{held / len(did):.2%}", met=held / len(did) >= 0.94)


def exact_power(baseline: float, target: float, treated: int, control: int) -> float:
    """Power over all outcomes within 6 standard deviations, none simulated."""
    from scipy.stats import binom

    grids = []
    for size, rate in ((treated, target), (control, baseline)):
        spread = 6 * math.sqrt(size * rate * (1 - rate))
        did = np.arange(max(0, int(size * rate - spread)), min(size, int(size * rate + spread)) + 1)
        grids.append((did, binom.pmf(did, size, rate)))
    (tops, top_chances), (bottoms, bottom_chances) = grids
    power = 0.0
    for did, chance in zip(bottoms, bottom_chances, strict=True):
        # the decision is monotone in the treated count: find the two edges by bisection
        above = _edge(tops, lambda count, did=did: RateContrast(int(count), treated, int(did), control).interval(0.05).low > 0)
        power += chance * float(top_chances[above:].sum())
    return power


def _edge(values: np.ndarray, found: Callable[[int], bool]) -> int:
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if found(values[middle]) else (middle + 1, high)
    return low


def sizing(times: int) -> None:
    for baseline, target, ratio in ((0.03, 0.036, 1), (0.20, 0.25, 1), (0.10, 0.11, 1), (0.05, 0.055, 1), (0.05, 0.06, 0.25)):
        size = sample_size_proportions(baseline, target, ratio=ratio)
        power = exact_power(baseline, target, size.treated, size.control)
        within(
            f"sizing {baseline:.0%} -> {target:.1%}, control/treated {ratio}: {size.treated:,}", power, 0.795, 0.81, extra="(all outcomes)"
        )
    random = np.random.default_rng(6)
    size = sample_size_means(0.2, 1.0).treated
    hits = 0
    for _ in range(times * 4):
        top, bottom = random.normal(0.2, 1, size), random.normal(0, 1, size)
        arms = [Estimate(float(x.mean()), float(x.var(ddof=1)) / size, size - 1) for x in (top, bottom)]
        hits += proven(MeanContrast(*arms), 0.05)
    within(f"sizing of a mean, d = 0.2: {size}", hits / (times * 4), 0.795, 0.81)
    table = [
        [math.ceil(100 * (smallest_detectable_rate(treated, control, baseline) or 1)) for baseline in (0.05, 0.10, 0.15)]
        for treated, control in ((44, 43), (61, 26), (70, 17))
    ]
    expected = [[28, 37, 44], [31, 39, 47], [37, 45, 53]]
    line("power table of 87 companies", str(expected), str(table), met=table == expected)


def assignment() -> None:
    ids = [str(number) for number in range(20_000)]
    sides = np.stack([buckets_of(f"exp{number}", ids) < 5000 for number in range(1, 51)]).astype(float)
    worst = float(np.abs(np.corrcoef(sides) - np.eye(50)).max())
    # 1 % limit of the largest of 1,225 correlations of independent splits
    limit = -normal_quantile(0.01 / 1225 / 2) / math.sqrt(20_000)
    line("largest |correlation| of 50 splits, 20,000 sequential ids", f"<= {limit:.4f}", f"{worst:.4f}", met=worst <= limit)
    square = math.sqrt(float(np.mean(np.corrcoef(sides)[np.triu_indices(50, 1)] ** 2)) * 20_000)
    line("their root mean square in units of chance", "0.95 - 1.05", f"{square:.3f}", met=0.95 <= square <= 1.05)
    flips, split = 0, HashSplit("ramp", Arms.of({"A": 50, "B": 50}), coverage=0.05)
    before = split.assign(ids).codes
    for share in (0.1, 0.2, 0.33, 0.66, 1.0):
        split = split.grow(share)
        after = split.assign(ids).codes
        flips += int(np.sum((before != OUTSIDE) & (before != after)))
        before = after
    line("customers moved by a ramp of the coverage", "0", str(flips), met=flips == 0)


def split_check_and_bandits() -> None:
    p = check_split({"a": 500, "b": 450, "c": 0}, {"a": 0.5, "b": 0.5, "c": 0}).p
    line("SRM with an unused arm, 500/450/0", "0.105", f"{p:.3f}", met=abs(p - 0.105) < 5e-4)
    cost = Bandit(direction="down", kind="mean", seed=1).weights(
        [ArmRewards("A", 1000, 5000.0, 30_000.0), ArmRewards("B", 1000, 4000.0, 21_000.0)]
    )
    line("bandit, cost metric, 2 arms: share of the cheaper arm", "> 90 %", f"{cost.arms.shares[1]:.1%}", met=cost.arms.shares[1] > 0.9)
    best = Bandit(seed=1, top_two=True).weights([ArmRewards("A", 1000, 50, 50), ArmRewards("B", 1000, 120, 120)])
    line(
        "bandit, top-two asked for with 2 arms: share of the better", "> 90 %", f"{best.arms.shares[1]:.1%}", met=best.arms.shares[1] > 0.9
    )


def uplift(columns: dict[str, np.ndarray]) -> None:
    for arm, choice in ((WOMEN, "uplift"), (MEN, "rfm")):
        found = UpliftGate(FEATURES).fit(columns, arm="segment", treated=arm, control=NOBODY, outcome="visit", rfm="rfm")
        line(f"uplift gate, {arm}, visits", choice, found.choice, met=found.choice == choice)
        caught, by_rfm = found.caught or 0.0, found.caught_by_rfm
        line(
            "  visits caught by the best 30 %, held out", ">= 42 %" if choice == "uplift" else "-",
            f"{caught:.1%} by uplift, {by_rfm:.1%} by RFM", met=choice != "uplift" or caught >= 0.42,
        )  # fmt: skip


def send_time(people: int) -> None:
    """Four habits with a personal shift, calibrated so that the raw mode closes about what the reference reports for it."""
    random = np.random.default_rng(7)
    centres, widths = np.array([8.5, 13.0, 18.5, 21.0]), np.array([1.95, 2.6, 2.34, 1.95])
    habit = random.choice(4, people, p=[0.3, 0.2, 0.3, 0.2])
    centre = centres[habit] + random.normal(0, 0.5, people)
    away = np.abs(np.arange(24)[None] + 0.5 - centre[:, None])
    rate = 0.3 * np.exp(-0.5 * (np.minimum(away, 24 - away) / widths[habit][:, None]) ** 2) + 0.005
    edges = np.cumsum(rate / rate.sum(axis=1, keepdims=True), axis=1)
    names = [str(number) for number in range(people)]
    slots = rate.reshape(people, 12, 2).mean(axis=2)
    one = slots[:, slots.mean(axis=0).argmax()].mean()
    rows = np.arange(people)
    for clicks, least in ((1, None), (2, 0.55), (3, None), (5, None), (10, 0.80), (30, None)):
        hours = (random.random((people, clicks))[:, :, None] > edges[:, None, :]).sum(axis=2).clip(0, 23) + 0.5
        counts = np.zeros((people, 24))
        np.add.at(counts, (np.repeat(rows, clicks), hours.astype(int).ravel()), 1)
        raw = (rate[rows, counts.argmax(axis=1)].mean() - rate[:, rate.mean(axis=0).argmax()].mean()) / (
            rate.max(axis=1).mean() - rate[:, rate.mean(axis=0).argmax()].mean()
        )
        rule = SendTime(explore=0, quiet=(0, 0)).fit(Responses([names[row] for row in np.repeat(rows, clicks)], hours.ravel()))
        ours = (slots[rows, rule.choose(names, seed=1).slots].mean() - one) / (slots.max(axis=1).mean() - one)
        target = "-" if least is None else f">= {least:.0%}"
        line(
            f"send time, {clicks} own clicks: gap to the best slot closed",
            target,
            f"{ours:.0%} (raw mode {raw:.0%})",
            met=least is None or ours >= least,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="names of parts; all when none is given")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions; figures are then rougher than their targets")
    options = parser.parse_args()
    times = 1000 if options.quick else 6000
    columns = hillstrom()
    arms = {arm: Spend(columns["spend"][columns["segment"] == arm]) for arm in (MEN, NOBODY)}
    parts: dict[str, Callable[[], None]] = {
        "goldens": goldens,
        "features": features,
        "one-look": lambda: false_positives_at_one_look(times, arms[NOBODY]),
        "looks": lambda: false_positives_at_looks(times, arms[NOBODY]),
        "power": lambda: power_at_looks(times),
        "coverage": lambda: coverage(times, arms[NOBODY], arms[MEN]),
        "sizing": lambda: sizing(times),
        "assignment": assignment,
        "merges": merges,
        "checks": split_check_and_bandits,
        "uplift": lambda: uplift(columns),
        "gate": lambda: gate(columns, FEATURES, (WOMEN, MEN), NOBODY, 20 if options.quick else 100),
        "send-time": lambda: send_time(2000 if options.quick else 20_000),
        "speed": lambda: measure_speed(1_000_000 if options.quick else 10_000_000),
    }
    for name in options.parts or parts:
        start = time.perf_counter()
        parts[name]()
        print(f"     -- {name}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
