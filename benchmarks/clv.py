"""Speed of the value models against lifetimes, in one run: CPU seconds and their ratios.

Run from the project root: python -m benchmarks.clv [customers]
"""

from __future__ import annotations

import sys
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np

from kogorta.value.bg_nbd import BgNbd
from kogorta.value.bootstrap import bootstrap
from kogorta.value.cells import group
from kogorta.value.forecast import ValueForecaster
from kogorta.value.gamma_gamma import GammaGamma
from kogorta.value.mbg_cnbd_k import MbgCnbdK
from kogorta.value.mbg_nbd import MbgNbd
from kogorta.value.pareto_nbd import ParetoNbd
from kogorta.value.simulation import simulate
from kogorta.value.summary import PurchaseSummary

if TYPE_CHECKING:
    from collections.abc import Callable

CDNOW = {"r": 0.2425945, "alpha": 4.413602, "a": 0.792922, "b": 2.4259068}
PYMC_TO_LIFETIMES = 15.96 / 8.89  # lifetimes' CPU seconds over pymc-marketing's MAP, a million customers, one machine


def base(customers: int, longest_days: int, seed: int) -> PurchaseSummary:
    """Histories in whole days, told in weeks, as a day ledger gives them."""
    rng = np.random.default_rng(seed)
    ages = rng.integers(min(longest_days // 4, 183), longest_days, customers).astype(float)
    drawn = simulate("bg-nbd", CDNOW, ages / 7, seed)
    last = np.where(drawn.x > 0, np.clip(np.rint(drawn.t_x * 7), 1, ages), 0)
    spend = np.where(drawn.x > 0, rng.integers(100, 10_000, customers) * 100.0, 0.0)
    return PurchaseSummary(np.minimum(drawn.x, last), last / 7, ages / 7, spend=spend, log_intervals=drawn.log_intervals)


def cpu(work: Callable[[], object], times: int = 1) -> float:
    """Least CPU seconds of several runs."""
    found = []
    for _ in range(times):
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return min(found)


def compare(customers: int, longest_days: int, times: int) -> None:
    from lifetimes import BetaGeoFitter

    summary = base(customers, longest_days, 7)
    x, last, age = summary.x, summary.t_x, summary.T
    weights = np.ones(customers)
    theirs = BetaGeoFitter()
    slow = cpu(lambda: theirs.fit(x, last, age, weights=weights))
    ours = BgNbd().fit(summary)
    fast = cpu(lambda: BgNbd().fit(summary), times)
    apart = max(abs(ours.params_[name] / theirs.params_[name] - 1) for name in ours.names)
    print(f"\n{customers:,} customers, {group(summary).x.size:,} different histories, CPU seconds")
    print(f"  BG/NBD fit       ours {fast:8.4f}  lifetimes {slow:8.3f}  ratio {slow / fast:6.1f}", end="")
    print(f"  parameters apart by {apart:.1e} at most")
    if customers >= 1_000_000:
        print(f"    against pymc-marketing's MAP by its known ratio to lifetimes: {slow / fast / PYMC_TO_LIFETIMES:.1f}")

    def predict() -> None:
        ours.expected_orders(summary, 39)
        ours.p_alive(summary)

    def predict_theirs() -> None:
        theirs.conditional_expected_number_of_purchases_up_to_time(39, x, last, age)
        theirs.conditional_probability_alive(x, last, age)

    slow, fast = cpu(predict_theirs), cpu(predict, times)
    print(f"  E[39 weeks], P   ours {fast:8.4f}  lifetimes {slow:8.3f}  ratio {slow / fast:6.1f}")


def own_figures(customers: int) -> None:
    summary = base(2357, 273, 7)
    print("\nOurs alone, CPU seconds")
    for model in (BgNbd(), MbgNbd(), ParetoNbd(), MbgCnbdK()):
        print(f"  fit 2,357 customers, {type(model).__name__:<12}{cpu(lambda: model.fit(summary), 3):8.4f}")  # noqa: B023
    print(f"  1,000 bootstrap refits of 2,357 customers {cpu(lambda: bootstrap(BgNbd(), summary)):8.2f}")
    for size in (2357, customers // 10, customers):
        summary = base(size, 730, 7)
        purchases, spend = BgNbd().fit(summary), GammaGamma().fit(summary)
        seconds = cpu(lambda: ValueForecaster().predict(summary, purchases, spend))  # noqa: B023
        print(f"  forecast with intervals, {size:>9,} customers {seconds:8.2f}")


def main() -> None:
    warnings.simplefilter("ignore")
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    compare(2357, 273, 5)
    compare(customers, 730, 3)
    own_figures(customers)


if __name__ == "__main__":
    main()
