"""The stored assignment: rows are added and never changed, also when the rule would now say something else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kogorta.experiments.assignment import OUTSIDE
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kogorta.experiments.assignment import Assignment


@dataclass(frozen=True)
class EnrolmentRow:
    """One customer's place in an experiment.

    Attributes:
        experiment: name of the experiment.
        phase: phase in which the customer came in.
        unit: customer or company id at that time.
        arm: name of the arm.
        stratum: stratum, "" when there are none.
        assigned_on: day of the assignment.
    """

    experiment: str
    phase: int
    unit: str
    arm: str
    stratum: str
    assigned_on: date


@dataclass(frozen=True)
class MergeReview:
    """What merging customers did to an experiment.

    Attributes:
        arms: surviving id -> arm, for everybody who is analysed.
        crossed: surviving ids whose parts were in different arms; left out of the analysis, counted here.
        joined: surviving ids whose parts were in one arm; they count once.
    """

    arms: Mapping[str, str]
    crossed: tuple[str, ...]
    joined: tuple[str, ...]

    @property
    def crossed_share(self) -> float:
        """Share of customers lost to crossed merges; above 1 % look for the cause."""
        total = len(self.arms) + len(self.crossed)
        return len(self.crossed) / total if total else 0.0


@dataclass(frozen=True)
class Enrolment:
    """Assignment rows of one experiment, append-only.

    Args:
        experiment: name of the experiment.
        rows: what is stored so far.

    Example:
        >>> from kogorta.experiments.assignment import Arms, HashSplit
        >>> split = HashSplit("autumn", Arms.of({"A": 1, "B": 1}))
        >>> enrolment = Enrolment("autumn").add(split.assign(["1", "2"]), on="2026-11-22")
        >>> len(enrolment.add(split.assign(["2", "3"]), on="2026-11-23").rows)
        3
    """

    experiment: str
    rows: tuple[EnrolmentRow, ...] = field(default=())

    def __post_init__(self) -> None:
        twice = [unit for unit, count in Counter(row.unit for row in self.rows).items() if count > 1]
        if twice:
            raise InputError(
                "customer {value!r} is enrolled twice in {experiment!r}; an id belongs to one arm.",
                value=twice[0],
                experiment=self.experiment,
            )
        stray = {row.experiment for row in self.rows} - {self.experiment}
        if stray:
            raise InputError(
                "rows of experiment {value!r} are mixed with those of {experiment!r}; keep them apart.",
                value=min(stray),
                experiment=self.experiment,
            )

    def arm_of(self) -> dict[str, str]:
        """Id -> arm of everybody enrolled."""
        return {row.unit: row.arm for row in self.rows}

    def add(self, assignment: Assignment, *, on: str | date) -> Enrolment:
        """Store the arms of customers who are new; whoever is enrolled keeps his arm.

        Args:
            assignment: arms from a split or a draw; customers outside the experiment are not stored.
            on: day of the assignment.
        """
        day, known = parse_day("on", on), {row.unit for row in self.rows}
        strata = assignment.strata or ("",) * len(assignment)
        added = tuple(
            EnrolmentRow(self.experiment, assignment.phase, unit, assignment.arms[code], stratum, day)
            for unit, code, stratum in zip(assignment.units, assignment.codes.tolist(), strata, strict=True)
            if code != OUTSIDE and unit not in known
        )
        return Enrolment(self.experiment, (*self.rows, *added))

    def review(self, merges: Iterable[tuple[str, str]]) -> MergeReview:
        """Follow merges of customers: those in two arms leave the analysis and are counted.

        Args:
            merges: pairs (kept id, merged id); chains are followed, their order does not matter.

        Raises:
            InputError: the merges go round in a circle, or an id was merged into two others.
        """
        into: dict[str, str] = {}
        for kept, merged in merges:
            if into.get(merged, kept) != kept:
                raise InputError(
                    "customer {merged!r} was merged into {value!r} and into {kept!r}; undo one of the merges.",
                    merged=merged,
                    value=into[merged],
                    kept=kept,
                )
            into[merged] = kept
        arms: dict[str, set[str]] = {}
        parts: Counter[str] = Counter()
        for row in self.rows:
            survivor = _survivor(row.unit, into)
            arms.setdefault(survivor, set()).add(row.arm)
            parts[survivor] += 1
        return MergeReview(
            {unit: next(iter(found)) for unit, found in arms.items() if len(found) == 1},
            tuple(sorted(unit for unit, found in arms.items() if len(found) > 1)),
            tuple(sorted(unit for unit, found in arms.items() if len(found) == 1 and parts[unit] > 1)),
        )


def _survivor(unit: str, into: Mapping[str, str]) -> str:
    seen = {unit}
    while unit in into:
        unit = into[unit]
        if unit in seen:
            raise InputError(
                "the merges go round in a circle at customer {unit!r}; undo one of them.",
                unit=unit,
            )
        seen.add(unit)
    return unit
