"""Findings about moves and time: who left the best segment, how its revenue goes, whether segments tell customers apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.reports.finding import Finding
from kogorta.reports.moves_told import Told
from kogorta.segments.effectiveness import effectiveness, trends

if TYPE_CHECKING:
    from kogorta.reports.wording import Wording
    from kogorta.segments.effectiveness import Effectiveness

LONG_FALL: Final = 2
"""Periods in a row that make a fall of revenue a weak spot whatever chance does to one of them."""


def told_of(say: Wording) -> Told:
    """The words of the leading scheme."""
    return Told(say.language, say.analysis.currency, say.analysis.scheme)


def best_leavers(say: Wording) -> Finding | None:
    """Who left the best segment, and the money they took along."""
    moves = say.analysis.migration
    if moves is None or not moves.leavers:
        return None
    headline, body = told_of(say).leavers(moves)
    gone = moves.left(moves.best)
    before, after = sum(flow.year_before for flow in gone), sum(flow.year_after for flow in gone)
    figures = (("left", sum(flow.customers for flow in gone)), ("year_before", before), ("year_after", after))
    return Finding("best_leavers", headline, body, figures, "risk" if after < before else "fact")


def segment_revenue(say: Wording) -> Finding | None:
    """How the revenue of the best segment went from period to period."""
    history = say.analysis.history
    if history is None:
        return None
    way = next((item for item in trends(history) if item.segment == history.best), None)
    if way is None:
        return None
    headline, body = told_of(say).trend(history, way)
    fell = way.after < way.before and (way.beyond_chance or way.streak >= LONG_FALL)
    figures = (("before", way.before), ("after", way.after), ("streak", way.streak))
    return Finding("segment_revenue", headline, body, figures, "risk" if fell else "fact")


def segments_work(say: Wording) -> Finding | None:
    """Whether being in a segment says who will buy, and what to adjust."""
    found = worth(say)
    if found is None or len(found.returns) < 2:
        return None
    told = told_of(say)
    parts = [
        say.text(
            "Counted from {day}: members of each segment who bought in the 90 days that followed, with 95 % intervals.",
            day=say.day(found.starts_on),
        ),
    ]
    if found.apart is not None:
        parts.append(
            say.text(
                "The difference lies between {low} and {high} points, with an allowance for choosing the farthest pair.",
                low=say.number(found.apart[2] * 100),
                high=say.number(found.apart[3] * 100),
            )
        )
    figures = tuple((item.segment, item.share) for item in found.returns)
    return Finding("segments_work", told.told_apart(found), " ".join(parts), figures, "fact" if found.apart else "caveat")


def worth(say: Wording) -> Effectiveness | None:
    """What the segments were worth at the latest date that can be judged."""
    return effectiveness(say.analysis.history) if say.analysis.history else None
