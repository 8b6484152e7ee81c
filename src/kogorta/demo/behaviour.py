"""How customers buy: habits, days of purchase, sizes of orders.

Not a model that is to be recovered, but the picture the source case shows: old corporate buyers fell asleep after
large orders, new ones come one by one with small ones, a small core keeps buying.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date
    from random import Random

YEARS: Final = 12
_MONTH_WEIGHT: Final = (0.45, 0.95, 1.0, 0.95, 0.75, 0.7, 0.45, 0.5, 1.0, 1.0, 0.95, 0.8)


@dataclass(frozen=True)
class Habit:
    """One way of buying.

    Args:
        name: key.
        quiet: days since the last purchase, smallest and largest.
        skew: power of the uniform draw between them; above 1 = mostly near the smallest.
        orders: (number of orders, weight); a range stands for each number in it.
        gap: mean days between orders.
        check: median, lowest and highest order in roubles.
        spread: sigma of the logarithm of an order.
    """

    name: str
    quiet: tuple[int, int]
    skew: float
    orders: tuple[tuple[int, int, int], ...]
    gap: int
    check: tuple[int, int, int]
    spread: float


HABITS: Final = (
    Habit("asleep", (890, 4150), 1.7, ((1, 1, 11), (2, 2, 19), (3, 3, 35), (4, 5, 22), (6, 9, 11), (10, 16, 2)), 165,
          (109_000, 66_000, 450_000), 0.42),
    Habit("one_off", (890, 4150), 1.3, ((1, 1, 8), (2, 2, 2)), 120, (24_000, 7_900, 45_000), 0.4),
    Habit("fading", (330, 860), 1.0, ((1, 1, 60), (2, 2, 39), (3, 3, 1)), 210, (60_000, 24_000, 105_000), 0.4),
    Habit("newcomer", (2, 318), 1.1, ((1, 1, 93), (2, 2, 7)), 60, (24_000, 7_900, 52_000), 0.45),
    Habit("promising", (2, 318), 1.0, ((1, 1, 8), (2, 2, 2)), 60, (220_000, 150_000, 400_000), 0.3),
    Habit("core", (1, 110), 1.0, ((5, 8, 5), (9, 14, 5), (15, 20, 2)), 150, (116_000, 60_000, 420_000), 0.45),
    Habit("loyal", (330, 700), 1.0, ((3, 5, 6), (6, 9, 4)), 160, (95_000, 50_000, 300_000), 0.4),
)  # fmt: skip
HABIT: Final = {habit.name: habit for habit in HABITS}


def purchase_days(rng: Random, habit: Habit, as_of: date) -> list[date]:
    """Days of a customer's purchases, oldest first."""
    low, high = habit.quiet
    quiet = low + (high - low) * rng.random() ** habit.skew
    last = _in_season(rng, as_of - timedelta(days=int(quiet)), as_of - timedelta(days=high), as_of - timedelta(days=low))
    first_allowed = as_of - timedelta(days=int(YEARS * 365.25) - 20)
    count = _orders(rng, habit)
    gaps = [rng.gammavariate(2.2, habit.gap / 2.2) + 5 for _ in range(count - 1)]
    room = (last - first_allowed).days
    shrink = min(1.0, room / sum(gaps)) if gaps and room > 0 else 0.0 if gaps else 1.0
    days = [last]
    for gap in gaps:
        day = _in_season(rng, days[-1] - timedelta(days=max(2, round(gap * shrink))), first_allowed, days[-1] - timedelta(days=2))
        days.append(max(day, first_allowed))
    return sorted(set(days))


def any_day(rng: Random, first: date, last: date) -> date:
    """A working day of the season between two days."""
    span = max(0, (last - first).days)
    return _in_season(rng, first + timedelta(days=rng.randint(0, span)), first, last)


def people_round(price: float) -> int:
    """A price as people set it: 7 900, 38 000, 145 000.

    Example:
        >>> [people_round(price) for price in (7612, 38_411, 146_200)]
        [7900, 38000, 145000]
    """
    if price < 30_000:
        return max(1, math.ceil(price / 1000)) * 1000 - 100
    if price < 100_000:
        return round(price / 1000) * 1000
    return round(price / 5000) * 5000


def customer_scale(rng: Random, habit: Habit, orders: int) -> float:
    """How much larger than usual a customer's orders are. Old corporate buyers who came rarely came for a lot."""
    scale = math.exp(rng.gauss(0, 0.25))
    return scale * {1: 3.4, 2: 2.1, 3: 1.15}.get(orders, 1.0) if habit.name == "asleep" else scale


def check_size(rng: Random, habit: Habit, scale: float) -> float:
    """The size of one order in roubles before it is turned into seats and prices."""
    median, low, high = habit.check
    return min(high, max(low, median * scale * math.exp(rng.gauss(0, habit.spread))))


def _orders(rng: Random, habit: Habit) -> int:
    low, high, _ = rng.choices(habit.orders, [weight for _, _, weight in habit.orders])[0]
    return rng.randint(low, high)


def _in_season(rng: Random, day: date, low: date, high: date) -> date:
    """Move a day to a near one that the season likes and that is not a weekend, within the bounds."""
    for _ in range(6):
        if rng.random() < _MONTH_WEIGHT[day.month - 1]:
            break
        moved = day + timedelta(days=rng.randint(-45, 45))
        if low <= moved <= high:
            day = moved
    if day.weekday() > 4:
        friday = day - timedelta(days=day.weekday() - 4)
        day = friday if friday >= low else day
    return day
