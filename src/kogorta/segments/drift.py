"""Whether cut points are out of date: the share of customers on each level then and now, with an interval of the change."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from kogorta.engine.duck import read_sql
from kogorta.segments.moves import Drift

if TYPE_CHECKING:
    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.rfm import RFMRule

_LEVEL = 0.05


def drifts(base: CustomerBase, rule: RFMRule, placed: str) -> tuple[Drift, ...]:
    """Shares of the levels at two dates under one rule.

    Args:
        base: the base.
        rule: RFM cut points.
        placed: engine table with RFM codes `source` and `target` of each customer.

    Returns:
        One drift per digit and level. The variance of the change is the sum of squares of what each customer adds to it (the linearised
        ratio), because those of the earlier date are among those of the later one.
    """
    query = read_sql("segments", "flows").replace("{placed}", placed)
    counts = [(row[0], row[1], int(row[2])) for row in base.connection.execute(query).fetchall()]
    before = sum(count for source, _, count in counts if source != "none")
    after = sum(count for _, target, count in counts if target != "none")
    if not before or not after:
        return ()
    z = NormalDist().inv_cdf(1 - _LEVEL / (2 * 3 * rule.levels))
    found = []
    for place, digit in enumerate("RFM"):
        for level in range(1, rule.levels + 1):
            mark = str(level)
            one = [(s != "none", s != "none" and s[place] == mark, t != "none", t != "none" and t[place] == mark, n) for s, t, n in counts]
            p1 = sum(n for _, on, _, _, n in one if on) / before
            p2 = sum(n for _, _, _, on, n in one if on) / after
            spread = sqrt(sum(n * (in2 * (on2 - p2) / after - in1 * (on1 - p1) / before) ** 2 for in1, on1, in2, on2, n in one))
            found.append(Drift(digit, level, p1, p2, p2 - p1 - z * spread, p2 - p1 + z * spread))
    return tuple(found)
