"""The list to contact first: who, in which order, why, and who is left alone to prove the effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kogorta.experiments.assignment import Arms, BlockedDraw
from kogorta.experiments.sizing import sample_size_proportions, smallest_detectable_rate
from kogorta.kit.checks import check_between
from kogorta.waves.baseline import HORIZON_DAYS
from kogorta.waves.forecast import ASSUMED_UPLIFT
from kogorta.waves.plan import ExperimentPlan, WaveMember
from kogorta.waves.priority import reachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.base.customer_base import CustomerBase
    from kogorta.engine.table import Table
    from kogorta.segments.rfm import Segments

CONTROL_SHARE: Final = 0.2
FEWEST_TO_TEST: Final = 20
"""A shorter list is called one by one: a control group of it would show nothing."""
LARGEST_WAVE: Final = 500


@dataclass(frozen=True)
class FirstWave:
    """How the first list is drawn.

    Args:
        size: most customers in the list.
        control_share: share left alone, 0-0.5.
        salt: text the draw depends on; the same salt and list give the same arms.

    Raises:
        OptionError: a share is out of range.
    """

    size: int = LARGEST_WAVE
    control_share: float = CONTROL_SHARE
    salt: str = "first-wave"

    def __post_init__(self) -> None:
        check_between("size", self.size, 1, 1_000_000)
        check_between("control_share", self.control_share, 0, 0.5)

    def draw(
        self, base: CustomerBase, segments: Segments, profile: Table, stakes: str, scheme: str, segment: str, industries: Sequence[str]
    ) -> tuple[WaveMember, ...]:
        """The list: customers of the segment (of these industries, or of all when none is named), most money at stake first.

        Customers without any e-mail or phone are not in it, unless the base holds no contacts at all. Arms are balanced over RFM codes.
        """
        marks = ", ".join("?" for _ in industries)
        where = f"AND p.industry IN ({marks})" if industries else ""
        rows = base.connection.execute(
            f"""
            WITH people AS (SELECT customer_id, max(name) FILTER (is_primary) AS contact, max(role) FILTER (is_primary) AS role
                FROM contacts GROUP BY customer_id)
            SELECT p.customer_id, p.name, p.industry, p.region, p.time_zone, c.contact, c.role, p.email, p.phone, p.last_order_on,
                p.recency_days, p.frequency, p.monetary, p.average_check, p.rfm_code, CAST(round(k.at_stake) AS BIGINT),
                k.usual_orders
            FROM {profile.name} p
            JOIN {stakes} k USING (customer_id)
            LEFT JOIN people c USING (customer_id)
            WHERE p.segment_{scheme} = ? AND {reachable("p", profile)} {where}
            ORDER BY k.at_stake DESC, p.monetary DESC, p.customer_id
            LIMIT {int(self.size)}
            """,
            [segment, *industries],
        ).fetchall()
        arms = self._arms([str(row[0]) for row in rows], [str(row[14]) for row in rows])
        return tuple(
            _member(place, row, _why(segments, row), arm) for place, (row, arm) in enumerate(zip(rows, arms, strict=True), start=1)
        )

    def _arms(self, ids: list[str], codes: list[str]) -> list[str]:
        if len(ids) < FEWEST_TO_TEST or self.control_share == 0:
            return ["treated"] * len(ids)
        arms = Arms.of({"treated": 1 - self.control_share, "control": self.control_share})
        return [name or "treated" for name in BlockedDraw(self.salt, arms).assign(ids, codes).arm_names()]


def plan_experiment(wave: Sequence[WaveMember], baseline_rate: float) -> ExperimentPlan:
    """What the control group of this list can show, and what the wave should therefore be called."""
    control = sum(member.arm == "control" for member in wave)
    treated = len(wave) - control
    target = min(baseline_rate + ASSUMED_UPLIFT.middle, 0.99)
    usable = min(max(baseline_rate, 0.001), 0.9)
    needed = sample_size_proportions(usable, max(target, usable + 0.001)).treated
    if not control or not treated:
        return ExperimentPlan(treated, control, baseline_rate, None, needed, "do_not_test")
    smallest = smallest_detectable_rate(treated, control, min(baseline_rate, 0.99))
    found = smallest is not None and smallest <= baseline_rate + ASSUMED_UPLIFT.high
    return ExperimentPlan(treated, control, baseline_rate, smallest, needed, "ab_test" if found else "pilot")


def _member(place: int, row: tuple[Any, ...], why: tuple[str, ...], arm: str) -> WaveMember:
    return WaveMember(
        position=place,
        customer_id=row[0],
        name=row[1],
        industry=row[2],
        region=row[3],
        time_zone=row[4],
        contact=row[5],
        role=row[6],
        email=row[7],
        phone=row[8],
        last_order_on=row[9],
        recency_days=row[10],
        frequency=row[11],
        monetary=row[12],
        average_check=row[13],
        rfm_code=row[14],
        expected_loss=row[15],
        why=why,
        arm=arm,
    )


def _why(segments: Segments, row: tuple[object, ...]) -> tuple[str, ...]:
    """Reason codes, strongest first: much money, a frequent buyer, silent longer than his own rhythm."""
    recency, frequency, usual = int(str(row[10])), int(str(row[11])), float(str(row[16]))
    reasons = []
    money_bounds = segments.rule.money
    if money_bounds and int(str(row[12])) > money_bounds[-1]:
        reasons.append("used_to_spend_much")
    if segments.rule.frequency and frequency > segments.rule.frequency[-1]:
        reasons.append("used_to_buy_often")
    if usual > 0 and frequency > 1 and recency > 2 * HORIZON_DAYS / usual:
        reasons.append("overdue")
    return tuple(reasons)
