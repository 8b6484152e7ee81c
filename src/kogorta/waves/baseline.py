"""What segments do when nobody does anything: measured on the base's own past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from kogorta.engine.duck import first_row, read_sql
from kogorta.segments.rfm import segment_sql
from kogorta.segments.summary import customer_summary
from kogorta.waves.plan import Range

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.rfm import RFMRule

HORIZON_DAYS: Final = 90
MOST_SNAPSHOTS: Final = 8
RUN_IN_DAYS: Final = 90
Z95: Final = 1.959963984540054
Z90: Final = 1.6448536269514722


@dataclass(frozen=True)
class Baseline:
    """Pooled over past days: members of a segment, those who bought within one horizon and within two."""

    members: int
    bought: int
    members_two: int
    bought_two: int

    @property
    def rate(self) -> float:
        """Share that bought within one horizon."""
        return self.bought / self.members if self.members else 0.0

    @property
    def loss_rate(self) -> float:
        """Share that did not buy within two horizons."""
        return 1 - self.bought_two / self.members_two if self.members_two else 0.0


def wilson(successes: int, trials: int, z: float = Z95) -> Range:
    """Wilson score interval of a share (Wilson 1927).

    Args:
        successes: number of successes.
        trials: number of trials; zero gives 0-1.
        z: standard normal quantile; 1.96 for 95 %.

    Returns:
        Lower bound, share, upper bound.

    Example:
        >>> interval = wilson(22, 87)
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.173, 0.353)
    """
    if trials == 0:
        return Range(0.0, 0.0, 1.0)
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return Range(min(max(centre - half, 0.0), share), share, max(min(centre + half, 1.0), share))


def measure_baselines(base: CustomerBase, rule: RFMRule, as_of: date, scheme: str, horizon: int = HORIZON_DAYS) -> Mapping[str, Baseline]:
    """Baseline of every segment, pooled over up to eight past days one horizon apart.

    Args:
        base: the base.
        rule: frozen cut points, the same at every past day.
        as_of: the day of the analysis; nothing after it is looked at.
        scheme: `case` or `guide`.
        horizon: days looked ahead.

    Returns:
        Segment -> counts; empty when the history is shorter than a run-in and one horizon.
    """
    first = first_row(base.connection.execute(f"SELECT min(first_order_on) FROM {customer_summary(base, as_of)}"))
    if first is None or first[0] is None:
        return {}
    pooled: dict[str, list[int]] = {}
    for step in range(1, MOST_SNAPSHOTS + 1):
        day = as_of - timedelta(days=horizon * step)
        if day < first[0] + timedelta(days=RUN_IN_DAYS):
            break
        past = f"({read_sql('waves', 'past')}) AS past"
        placed = segment_sql(rule, past, scheme, ("bought", "bought_in_two"))
        query = read_sql("waves", "snapshots").replace("{segments}", placed)
        rows: Any = base.ask(query, {"day": day.isoformat(), "horizon": horizon})
        for segment, members, bought, bought_two in rows:
            counts = pooled.setdefault(segment, [0, 0, 0, 0])
            counts[0] += members
            counts[1] += bought
            if step >= 2:
                counts[2] += members
                counts[3] += bought_two
    return {segment: Baseline(*counts) for segment, counts in pooled.items()}
