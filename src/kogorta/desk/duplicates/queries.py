"""Reads of the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.desk.duplicates.models import Decision, Verdict
from kogorta.desk.jobs.models import Job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kogorta.desk.duplicates.found import FoundPair


def decided_pairs() -> dict[tuple[str, str], Decision]:
    """The last decision of each pair, whatever it is; pairs as (lesser, greater)."""
    found: dict[tuple[str, str], Decision] = {}
    for row in Decision.objects.exclude(verdict=Verdict.APART).select_related("made_by", "job"):
        found.setdefault((row.left_id, row.right_id), row)
    return found


def undecided(pairs: Iterable[FoundPair]) -> list[FoundPair]:
    """Pairs nobody has decided about since."""
    known = {pair for pair, row in decided_pairs().items() if row.verdict != Verdict.FORGET}
    return [pair for pair in pairs if (min(pair.left_id, pair.right_id), max(pair.left_id, pair.right_id)) not in known]


def decision_of(left_id: str, right_id: str) -> Decision | None:
    """What holds of a pair; None where nothing was decided, or it was forgotten."""
    row = (
        Decision.objects.exclude(verdict=Verdict.APART)
        .filter(left_id=min(left_id, right_id), right_id=max(left_id, right_id))
        .select_related("made_by", "job")
        .first()
    )
    return None if row is None or row.verdict == Verdict.FORGET else row


def latest_decisions(size: int = 20) -> list[Decision]:
    """What was decided lately."""
    return list(Decision.objects.select_related("made_by", "job")[:size])


def find_decision(decision_id: int) -> Decision | None:
    """A decision by its number."""
    return Decision.objects.filter(pk=decision_id).first()


def latest_search() -> Job | None:
    """The last search, or the last joining of all."""
    return Job.objects.filter(kind__in=("duplicates.find", "duplicates.merge")).order_by("-id").first()
