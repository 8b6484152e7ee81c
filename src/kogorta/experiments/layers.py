"""Who may take part: suppression, holdouts and layers of experiments that exclude each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.experiments.assignment import BUCKETS, OUTSIDE, Assignment, HashSplit, buckets_of, checked_units
from kogorta.kit.checks import check_between
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

Reason = Literal["in", "suppressed", "holdout", "other_experiment", "not_covered"]
REASONS: Final[tuple[Reason, ...]] = ("in", "suppressed", "holdout", "other_experiment", "not_covered")


@dataclass(frozen=True)
class BucketRange:
    """Buckets from `start` up to but not including `end`."""

    start: int
    end: int

    @property
    def width(self) -> int:
        """Number of buckets."""
        return self.end - self.start


@dataclass(frozen=True)
class Layer:
    """Experiments that exclude each other: each owns ranges of one set of buckets, and ranges only grow.

    Args:
        name: name of the layer.
        salt: text of its own, so that layers are independent of each other.
        ranges: experiment -> its ranges.

    Example:
        >>> layer = Layer("mail", "mail-2026").grow("subject", 0.2).grow("offer", 0.3)
        >>> layer.ranges["offer"]
        (BucketRange(start=2000, end=5000),)
        >>> layer.free_share
        0.5
    """

    name: str
    salt: str
    ranges: Mapping[str, tuple[BucketRange, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.salt:
            raise OptionError(
                "layer {name!r} has an empty salt; give it a text of its own.",
                name=self.name,
            )
        taken = sorted((part.start, part.end, name) for name, parts in self.ranges.items() for part in parts)
        edge, owner = 0, ""
        for start, end, name in taken:
            if not 0 <= start < end <= BUCKETS:
                raise OptionError(
                    "experiment {name!r} has buckets {start} to {end}; they must lie within 0 to {BUCKETS}.",
                    name=name,
                    start=start,
                    end=end,
                    BUCKETS=BUCKETS,
                )
            if start < edge:
                raise OptionError(
                    "experiments {owner!r} and {name!r} share bucket {start}; in one layer they must not.",
                    owner=owner,
                    name=name,
                    start=start,
                )
            edge, owner = end, name

    @property
    def free_share(self) -> float:
        """Share of customers in no experiment of this layer."""
        return 1 - sum(part.width for parts in self.ranges.values() for part in parts) / BUCKETS

    def share(self, experiment: str) -> float:
        """Share of customers that belong to an experiment."""
        return sum(part.width for part in self.ranges.get(experiment, ())) / BUCKETS

    def grow(self, experiment: str, share: float) -> Layer:
        """Give an experiment this share of all customers; what it has it keeps, more comes from the free buckets.

        Raises:
            OptionError: the share is smaller than before, or there is not enough room.
        """
        check_between("share", share, 0, 1)
        missing = round(share * BUCKETS) - round(self.share(experiment) * BUCKETS)
        if missing < 0:
            raise OptionError(
                "{experiment!r} has {value:g} of the customers; a range can only grow, close the experiment instead.",
                experiment=experiment,
                value=self.share(experiment),
            )
        gained = []
        for start, end in self._gaps():
            if missing <= 0:
                break
            taken = min(end - start, missing)
            gained.append(BucketRange(start, start + taken))
            missing -= taken
        if missing > 0:
            raise OptionError(
                "layer {name!r} has room for {free_share:g} more of the customers, but {experiment!r} wants {share:g}; "
                "wait for another experiment to end or use another layer.",
                name=self.name,
                free_share=self.free_share,
                experiment=experiment,
                share=share,
            )
        if not gained:
            return self
        return replace(self, ranges={**self.ranges, experiment: (*self.ranges.get(experiment, ()), *gained)})

    def release(self, experiment: str) -> Layer:
        """Free the buckets of an experiment that has ended."""
        return replace(self, ranges={name: parts for name, parts in self.ranges.items() if name != experiment})

    def members(self, experiment: str, units: Sequence[object]) -> NDArray[np.bool_]:
        """Which customers belong to an experiment."""
        place = buckets_of(self.salt, units)
        found = np.zeros(len(place), dtype=bool)
        for part in self.ranges.get(experiment, ()):
            found |= (place >= part.start) & (place < part.end)
        return found

    def _gaps(self) -> list[tuple[int, int]]:
        taken = sorted((part.start, part.end) for parts in self.ranges.values() for part in parts)
        starts = [0, *(end for _, end in taken)]
        ends = [*(start for start, _ in taken), BUCKETS]
        return [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]


@dataclass(frozen=True)
class Holdout:
    """Customers who get no campaign at all, or none of their segment; fixed until the day it ends.

    Args:
        salt: text of its own, so that two holdouts take different customers.
        share: share of customers held out, 0-1; the universal holdout.
        by_segment: segment -> share held out within it, in place of `share` for these segments.
        until: last day; afterwards nobody is held out and another holdout with another salt may start.

    Example:
        >>> holdout = Holdout("holdout-2026", 0.05, by_segment={"vip": 0.0})
        >>> bool(holdout.members(["a"], segments=["vip"])[0])
        False
    """

    salt: str
    share: float
    by_segment: Mapping[str, float] = field(default_factory=dict)
    until: date | None = None

    def __post_init__(self) -> None:
        if not self.salt:
            raise OptionError("the holdout has an empty salt; give it a text of its own, for example holdout-2026.")
        check_between("share", self.share, 0, 0.5)
        for name, share in self.by_segment.items():
            check_between(f"share of segment {name!r}", share, 0, 0.5)

    def members(self, units: Sequence[object], *, segments: Sequence[str] | None = None, on: str | date | None = None) -> NDArray[np.bool_]:
        """Which customers are held out.

        Args:
            units: ids.
            segments: segment of each, needed when segments have shares of their own.
            on: the day asked about; after `until` nobody is held out.

        Raises:
            InputError: the segments are needed but missing, or their number differs.
        """
        if on is not None and self.until is not None and parse_day("on", on) > self.until:
            return np.zeros(len(units), dtype=bool)
        if self.by_segment and segments is None:
            raise InputError("this holdout has shares per segment; give the segment of each customer.")
        shares: NDArray[np.float64] = np.full(len(units), self.share)
        if segments is not None:
            if len(segments) != len(units):
                raise InputError(
                    "segments has {segments_count} values, but there are {units_count} customers.",
                    segments_count=len(segments),
                    units_count=len(units),
                )
            shares = np.asarray([self.by_segment.get(name, self.share) for name in segments], dtype=np.float64)
        return np.asarray(buckets_of(self.salt, units) < np.round(shares * BUCKETS))


@dataclass(frozen=True, eq=False)
class Admission:
    """Arms of a list after all gates, with the reason of each customer who is left out.

    Attributes:
        assignment: the arms; outside for everybody left out.
        reasons: one of `REASONS` per customer.
    """

    assignment: Assignment
    reasons: tuple[Reason, ...]

    def counts(self) -> dict[Reason, int]:
        """Customers per reason."""
        return {reason: self.reasons.count(reason) for reason in REASONS}


@dataclass(frozen=True)
class Gate:
    """The order of the gates: suppression, universal holdout, layer, coverage, arm.

    Args:
        split: the experiment's own split.
        holdout: the universal holdout; `None` = nobody is held out.
        layer: layer of the experiment; `None` = it may overlap with any other.
        experiment: its name in the layer.

    Example:
        >>> from kogorta.experiments.assignment import Arms
        >>> gate = Gate(HashSplit("autumn", Arms.of({"A": 1, "B": 1})))
        >>> gate.admit(["1", "2"], suppressed={"2"}).reasons
        ('in', 'suppressed')
    """

    split: HashSplit
    holdout: Holdout | None = None
    layer: Layer | None = None
    experiment: str = ""

    def __post_init__(self) -> None:
        salts = [self.split.salt, *([self.holdout.salt] if self.holdout else []), *([self.layer.salt] if self.layer else [])]
        if len(set(salts)) != len(salts):
            raise OptionError(
                "experiment, holdout and layer share a salt among {listed}; give each its own.",
                listed=", ".join(salts),
            )
        if self.layer is not None and self.experiment not in self.layer.ranges:
            raise OptionError(
                "layer {name!r} has no experiment {experiment!r}; give it a share with grow first.",
                name=self.layer.name,
                experiment=self.experiment,
            )

    def admit(
        self,
        units: Sequence[object],
        *,
        suppressed: Collection[str] = (),
        segments: Sequence[str] | None = None,
        on: str | date | None = None,
    ) -> Admission:
        """Let customers through the gates and give the rest their reason.

        Args:
            units: ids, each once.
            suppressed: ids that must not be contacted.
            segments: segment of each, for a holdout with shares per segment.
            on: the day of assignment.
        """
        ids = checked_units(units)
        assignment = self.split.assign(ids)
        gates: list[tuple[Reason, NDArray[np.bool_]]] = [("not_covered", assignment.codes == OUTSIDE)]
        if self.layer is not None:
            gates.append(("other_experiment", ~self.layer.members(self.experiment, ids)))
        if self.holdout is not None:
            gates.append(("holdout", self.holdout.members(ids, segments=segments, on=on)))
        gates.append(("suppressed", np.asarray([unit in suppressed for unit in ids], dtype=bool)))
        reasons: NDArray[np.object_] = np.full(len(ids), "in", dtype=object)
        for reason, stopped in gates:  # the first gate of the order is written last and wins
            reasons[stopped] = reason
        codes = np.where(reasons == "in", assignment.codes, OUTSIDE)
        return Admission(replace(assignment, codes=codes), tuple(reasons.tolist()))
