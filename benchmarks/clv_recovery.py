"""How often the 95 % intervals of the parameters hold the truth, on invented bases.

Run from the project root: python -m benchmarks.clv_recovery [simulations] [customers]
"""

from __future__ import annotations

import sys

import numpy as np

from kogorta.value.registry import purchase_model
from kogorta.value.simulation import simulate

TRUTHS = {
    "bg-nbd": {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5},
    "mbg-nbd": {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.5},
    "pareto-nbd": {"r": 0.6, "alpha": 8.0, "s": 0.6, "beta": 12.0},
    "mbg-cnbd-k": {"r": 0.8, "alpha": 3.0, "a": 0.8, "b": 3.0},
}
K = 2


def coverage(code: str, simulations: int, customers: int) -> tuple[dict[str, float], float, int]:
    """Share of simulations whose interval holds each parameter, share of bases with k found, and fits not converged."""
    truth = TRUTHS[code]
    hits, regular, lost = dict.fromkeys(truth, 0), 0, 0
    for seed in range(simulations):
        ages = np.random.default_rng(10_000 + seed).uniform(26, 78, customers)
        base = simulate(code, truth, ages, seed, k=K if code == "mbg-cnbd-k" else 1)
        fitted = purchase_model(code).fit(base)
        lost += fitted.convergence_ != "converged"
        regular += getattr(fitted, "k", K) == K
        for name, (low, high) in fitted.intervals_(0.95).items():
            hits[name] += low <= truth[name] <= high
    return {name: count / simulations for name, count in hits.items()}, regular / simulations, lost


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    customers = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    print(f"{simulations} simulations of {customers:,} customers, nominal 95 %")
    for code in TRUTHS:
        shares, regular, lost = coverage(code, simulations, customers)
        told = "  ".join(f"{name} {share:.1%}" for name, share in shares.items())
        extra = f"  k found {regular:.0%}" if code == "mbg-cnbd-k" else ""
        print(f"  {code:<11} {told}  not converged {lost}{extra}")


if __name__ == "__main__":
    main()
