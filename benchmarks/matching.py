"""Likely duplicates against known truth: precision, recall, the stated error beside the realised one, and what it costs.

python -m benchmarks.matching [--seeds 3] [--persons 3000] [--companies 1000] [--large 100000]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from kogorta.base.customer_base import CustomerBase
from kogorta.base.matching.likely import LikelyMatcher
from kogorta.demo.doubles import Doubles, make_doubles
from kogorta.sources.files import read_file


def load(doubles: Doubles) -> CustomerBase:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "doubles.csv"
        path.write_text(doubles.csv(), encoding="utf-8")
        base = CustomerBase(None)
        base.add(read_file(path, workspace=Path(folder)))
    return base


def measure(doubles: Doubles, name: str) -> tuple[int, int, float]:
    base = load(doubles)
    start = time.process_time()
    found = base.likely_duplicates(LikelyMatcher())
    spent = time.process_time() - start
    kept = dict(base.connection.execute("SELECT merged_id, kept_id FROM merges").fetchall())
    owners: dict[str, set[int]] = {}
    for card, owner in doubles.owner.items():
        owners.setdefault(kept.get(card, card), set()).add(owner)
    cards: dict[int, int] = {}
    for whose in owners.values():
        for owner in whose:
            cards[owner] = cards.get(owner, 0) + 1
    needed = sum(count - 1 for count in cards.values())
    right = sum(bool(owners[joint.kept] & owners[joint.merged]) for joint in found.joints)
    reviewed = sum(bool(owners[pair.left] & owners[pair.right]) for pair in found.review)
    wrong = len(found.joints) - right
    print(
        f"{name}: {found.customers} customers, {len(kept)} joined by exact keys, {needed} duplicates left; "
        f"{found.compared} pairs not hopeless\n"
        f"    merged {len(found.joints)}: precision {right / max(len(found.joints), 1):.1%}, recall {right / max(needed, 1):.1%}; "
        f"wrong expected {found.expected_false:.2f}, realised {wrong}; "
        f"missed expected {found.expected_missed:.0f}, realised {needed - right}\n"
        f"    for a person {len(found.review)} pairs, true among them {reviewed} "
        f"(recall with them {(right + reviewed) / max(needed, 1):.1%}); "
        f"expected true {sum(pair.probability for pair in found.review):.1f}; barred {found.barred}; {spent:.1f} s CPU",
        flush=True,
    )
    return len(found.joints), wrong, found.expected_false


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--persons", type=int, default=3000)
    options.add_argument("--companies", type=int, default=1000)
    options.add_argument("--large", type=int, default=100_000)
    given = options.parse_args()
    results = [measure(make_doubles(given.persons, given.companies, seed=seed), f"seed {seed}") for seed in range(1, given.seeds + 1)]
    merged, wrong, expected = (sum(result[place] for result in results) for place in range(3))
    if results:
        print(f"all seeds: {wrong} wrong of {merged} merges, expected {expected:.2f}", flush=True)
    if given.large:
        measure(make_doubles(given.large * 9 // 10, given.large // 10, seed=1), "large")
        print(f"    peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB", flush=True)


if __name__ == "__main__":
    main()
