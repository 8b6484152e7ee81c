"""Which segment first: the money each one stands for over the next horizon, and what would be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import first_row, read_sql
from kogorta.segments.summary import customer_summary, materialise
from kogorta.waves.baseline import HORIZON_DAYS, Baseline
from kogorta.waves.plan import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.base.customer_base import CustomerBase
    from kogorta.engine.table import Table
    from kogorta.segments.figures import SegmentFigures
    from kogorta.segments.rfm import Segments

MOTIVES: Final[Mapping[str, Mapping[str, str]]] = {
    "case": {
        "vip": "keep",
        "loyal": "keep",
        "potential": "grow",
        "new": "grow",
        "needs_attention": "win_back",
        "sleeping": "win_back",
        "standard": "grow",
    },
    "guide": {
        "key": "keep",
        "loyal": "keep",
        "promising_newcomer": "grow",
        "newcomer": "grow",
        "active_small": "grow",
        "at_risk": "win_back",
        "cooling": "win_back",
        "cannot_lose": "win_back",
        "sleeping": "win_back",
        "lost": "win_back",
    },
}
"""What would be done with each segment: keep it, grow it, win it back."""

FEWEST_CUSTOMERS: Final = 5
"""A smaller segment is a list of names, not a segment to plan for."""


def customer_stakes(
    base: CustomerBase,
    segments: Segments,
    scheme: str,
    baselines: Mapping[str, Baseline],
    horizon: int = HORIZON_DAYS,
    expected: str | None = None,
) -> str:
    """Engine table with the money each buyer stands for: customer_id, segment, check_size, usual_orders, at_stake (minor units).

    win back: what he used to buy at his own pace less what his segment buys without action; grow: the second purchase that the base's
    customers make more often than his segment does; keep: what he buys now times the share his segment loses.
    """
    connection = base.connection
    if expected is None or horizon != HORIZON_DAYS:
        expected = "no_expected_orders"
        connection.execute(f"CREATE TABLE IF NOT EXISTS {expected} (customer_id VARCHAR, expected_orders DOUBLE)")
    summary = customer_summary(base, segments.as_of)
    row = first_row(connection.execute(f"SELECT count(*) FILTER (frequency > 1) * 1.0 / count(*) FROM {summary} WHERE frequency > 0"))
    repeat_share = float(row[0]) if row and row[0] is not None else 0.0
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE motives
        (segment VARCHAR, motive VARCHAR, baseline_rate DOUBLE, loss_rate DOUBLE, repeat_share DOUBLE)"""
    )
    for segment, motive in MOTIVES[scheme].items():
        known = baselines.get(segment, Baseline(0, 0, 0, 0))
        connection.execute("INSERT INTO motives VALUES (?, ?, ?, ?, ?)", [segment, motive, known.rate, known.loss_rate, repeat_share])
    day = segments.as_of.isoformat()
    usual = materialise(base, f"usual_gap_{segments.as_of:%Y%m%d}", read_sql("waves", "usual_gap"), {"as_of": day})
    query = read_sql("waves", "stakes")
    for piece, name in (("usual", usual), ("segments", segments.name), ("scheme", scheme), ("expected", expected)):
        query = query.replace(f"{{{piece}}}", name)
    return materialise(base, f"stakes_{scheme}_{horizon}_{expected}_{segments.name}", query, {"horizon": horizon}, here=True)


def rank_candidates(
    profile: Table, stakes: str, scheme: str, figures: tuple[SegmentFigures, ...], baselines: Mapping[str, Baseline]
) -> tuple[Candidate, ...]:
    """Segments by the money at stake, most first; segments below `FEWEST_CUSTOMERS` customers come last.

    Where no customer of the base has an e-mail or a phone, contacts are kept elsewhere and everybody counts as reachable.
    """
    rows = profile.connection.execute(
        f"""SELECT k.segment, CAST(round(sum(k.at_stake)) AS BIGINT), count(*) FILTER ({reachable("p", profile)})
        FROM {stakes} k JOIN {profile.name} p USING (customer_id) GROUP BY 1"""
    ).fetchall()
    found = {segment: (stake, people) for segment, stake, people in rows}
    candidates = []
    for item in figures:
        stake, people = found.get(item.segment, (0, 0))
        candidates.append(
            Candidate(
                segment=item.segment,
                motive=MOTIVES[scheme][item.segment],
                customers=item.customers,
                customer_share=item.customer_share,
                revenue=item.revenue,
                revenue_share=item.revenue_share,
                baseline_rate=baselines.get(item.segment, Baseline(0, 0, 0, 0)).rate,
                at_stake=stake,
                reachable=people,
                rank=0,
            )
        )
    candidates.sort(key=lambda item: (item.customers < FEWEST_CUSTOMERS, -item.at_stake, -item.revenue, item.segment))
    return tuple(Candidate(**{**vars(item), "rank": place}) for place, item in enumerate(candidates, start=1))


def propose(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Three segments to work with: the best of each motive, most money first."""
    best: dict[str, Candidate] = {}
    for item in candidates:
        if item.customers >= FEWEST_CUSTOMERS and item.at_stake > 0:
            best.setdefault(item.motive, item)
    return tuple(sorted(best.values(), key=lambda item: item.rank))


def reachable(alias: str, profile: Table) -> str:
    """SQL that says whether a customer of the profile can be contacted."""
    row = first_row(profile.connection.execute(f"SELECT count(*) FROM {profile.name} WHERE email IS NOT NULL OR phone IS NOT NULL"))
    return f"({alias}.email IS NOT NULL OR {alias}.phone IS NOT NULL)" if row and row[0] else "TRUE"
