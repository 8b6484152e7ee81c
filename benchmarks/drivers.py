"""Drivers: the share of false findings among findings, and the power to see what was planted.

    python -m benchmarks.drivers [--times 150] [--first 700000]

Every base is made from a seed of its own, `--first` and the following ones. With nothing planted, any finding is false: the false discovery
rate is the share of bases with one. With three factors planted among seventeen without any effect, it is the mean share of false findings
among findings.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.hidden import RETAIL, Orders, make_base, plain
from kogorta.base.customer_base import CustomerBase
from kogorta.kit.language import Language
from kogorta.segments.drivers.factors import Factor, Level
from kogorta.segments.drivers.facts import Column, Facts
from kogorta.segments.drivers.search import Drivers

if TYPE_CHECKING:
    from kogorta.segments.drivers.report import DriverReport

AS_OF = date(2026, 11, 22)
PLANTED = ("planted 0", "planted 1", "planted 2")


def column(name: str, codes: np.ndarray) -> Column:
    levels = tuple(Level(f"level {place}") for place in range(int(codes.max()) + 1))
    return Column(Factor(name, name, "before", own=True), levels, codes.astype(np.intp))


def draw_factors(random: np.random.Generator, customers: int) -> list[Column]:
    """Twenty factors of 2-12 uneven levels, a tenth of the values unknown; some go together."""
    found = []
    for number in range(20):
        levels = int(random.integers(2, 13))
        share = random.dirichlet(np.full(levels, 1.5))
        codes = random.choice(levels, customers, p=share)
        if number >= 3 and number % 4 == 0:  # goes together with the one before, which has no effect either
            codes = np.where(random.random(customers) < 0.6, found[-1].codes % levels, codes)
        codes = np.where(random.random(customers) < 0.1, -1, codes)
        found.append(column(f"planted {number}" if number < 3 else f"null {number}", codes))
    return found


def draw_facts(random: np.random.Generator, customers: int, *, strength: float) -> list[Facts]:
    """Four outcomes beside the same factors; the planted ones move each of them by `strength`, the others by nothing."""
    columns = draw_factors(random, customers)
    push = sum((strength * (one.codes == 0) for one in columns[:3]), np.zeros(customers))
    facts = []
    for outcome, base in (("repeat", -0.6), ("churn", 0.3), ("response", -2.2)):
        chance = 1 / (1 + np.exp(-(base + push)))
        facts.append(Facts(outcome, AS_OF, 90, "RUB", (random.random(customers) < chance).astype(float), tuple(columns)))
    checks = 12 + 0.5 * push + random.normal(0, 0.8, customers) + random.exponential(0.4, customers)
    checks[random.random(customers) < 0.4] = np.nan
    facts.append(Facts("average_check", AS_OF, 90, "RUB", checks, tuple(columns)))
    return facts


def false_share(report: DriverReport) -> tuple[float, int]:
    findings = [found for outcome in report.outcomes for found in outcome.findings]
    false = sum(found.factor.name not in PLANTED for found in findings)
    return false / max(len(findings), 1), len(findings)


def measure_fdr(times: int, customers: int, first: int) -> None:
    drivers = Drivers()
    for name, strength in (("nothing planted", 0.0), ("3 of 20 factors, weak", 0.35), ("3 of 20 factors, strong", 0.8)):
        start, shares, found, seen = time.process_time(), [], [], 0
        for seed in range(first, first + times):
            report = drivers.weigh(draw_facts(np.random.default_rng([seed, customers]), customers, strength=strength))
            share, count = false_share(report)
            shares.append(share)
            found.append(count)
            names = {one.factor.name for outcome in report.outcomes for one in outcome.findings}
            seen += len(names & set(PLANTED))
        rate, error = float(np.mean(shares)), float(np.std(shares) / np.sqrt(times))
        power = f"planted factors seen {seen / (3 * times):.0%}" if strength else ""
        print(
            f"{'ok  ' if rate <= 0.05 else 'MISS'} {name:<26} {customers} customers: realised FDR {rate:.2%} (standard error {error:.2%}), "
            f"{np.mean(found):.1f} findings each {power} {(time.process_time() - start) / times:.2f} s each",
            flush=True,
        )


def alike(random: np.random.Generator, customers: int) -> Orders:
    """Customers who all buy at one pace, for sums and things that go with nothing."""
    born = random.integers(1, 1000, customers)
    breaks = np.cumsum(random.exponential(150, (customers, 40)), axis=1)
    keep = breaks < born[:, None]
    owner = np.concatenate([np.arange(customers), np.nonzero(keep)[0]])
    ago = np.concatenate([born, (born[:, None] - breaks)[keep].astype(np.int64)])
    return plain(owner, ago, np.exp(random.normal(7.5, 0.8, len(owner))), random)


def measure_bases(times: int, first: int) -> None:
    """Whole bases of customers who all are alike: every finding is false."""
    drivers = Drivers(outcomes=("repeat",))
    false = sum(
        bool(drivers.measure(make_base(alike(np.random.default_rng(seed), 800)), AS_OF).of("repeat").findings)
        for seed in range(first, first + times)
    )
    print(
        f"{'ok  ' if false <= 0.05 * times else 'MISS'} bases of alike customers, repeat purchase: a finding in {false} of {times}",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--times", type=int, default=150)
    options.add_argument("--bases", type=int, default=60)
    options.add_argument("--first", type=int, default=700_000)
    given = options.parse_args()
    for customers in (600, 4000):
        measure_fdr(given.times, customers, given.first)
    measure_bases(given.bases, given.first)
    if RETAIL.exists():
        import kogorta

        with tempfile.TemporaryDirectory() as folder:
            base = CustomerBase(Path(folder) / "base")
            base.add(kogorta.read_deals(RETAIL))
            for language in ("en", "ru"):
                print("Online Retail:", *Drivers().measure(base).told(Language(language), most=4), sep="\n    ")


if __name__ == "__main__":
    main()
