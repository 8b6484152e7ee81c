"""The history of a segment as a drawing: how many were in it, day by day. Numbers of an SVG of 600 by 160."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.desk.membership.models import Day

WIDTH: Final = 600
HEIGHT: Final = 160


@dataclass(frozen=True)
class HistoryPoint:
    """One day: members at its end, and who moved on it."""

    day: date
    members: int
    entered: int
    left: int


@dataclass(frozen=True)
class HistoryChart:
    """A stepped line through the days.

    Args:
        points: every day, oldest first.
        path: of the line.
        area: of the surface below it.
        most: the largest number of members.
    """

    points: Sequence[HistoryPoint]
    path: str
    area: str
    most: int


def history(days: Sequence[Day], members: int, since: date, today: date) -> HistoryChart:
    """Fill the days on which nobody moved.

    Args:
        days: days with moves, oldest first.
        members: how many are in it now.
        since: first day drawn.
        today: last day drawn.
    """
    known = {row.day: row for row in days}
    # before the first move drawn, the number was what it is now less all that was drawn since
    count = members - sum(row.entered - row.left for row in days)
    points = []
    for step in range((today - since).days + 1):
        day = since + timedelta(days=step)
        row = known.get(day)
        if row is not None:
            count += row.entered - row.left
        points.append(HistoryPoint(day, count, row.entered if row else 0, row.left if row else 0))
    most = max([point.members for point in points], default=0)
    wide = WIDTH / max(len(points), 1)
    steps = [(round(place * wide, 1), round(HEIGHT - HEIGHT * point.members / max(most, 1), 1)) for place, point in enumerate(points)]
    path = " ".join(f"{'L' if place else 'M'}{x},{y} H{round(x + wide, 1)}" for place, (x, y) in enumerate(steps))
    return HistoryChart(points, path, f"{path} V{HEIGHT} H0 Z" if path else "", most)
