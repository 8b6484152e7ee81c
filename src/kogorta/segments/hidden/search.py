"""The search for hidden segments.

A grouping is kept when (1) between every two groups there is a gap, on customers who had no say in the grouping; (2) halves of the base
give the same groups; (3) every group is told by a short rule with round thresholds. Of the numbers of groups 2-8 the largest that passes
is taken: fewer groups would leave a gap inside one, more would cut where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.checks import check_between
from kogorta.kit.errors import OptionError
from kogorta.segments.hidden.features import feature_table
from kogorta.segments.hidden.found import HiddenSegment, HiddenSegments, Trait
from kogorta.segments.hidden.grouping import SHAPES, find_groups, gaps_between, parting_features, stability
from kogorta.segments.hidden.scaling import scale
from kogorta.segments.hidden.short_rules import tell_group
from kogorta.segments.hidden.terms import spoken_terms

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.hidden.features import FeatureTable
    from kogorta.segments.hidden.gaps import Gap
    from kogorta.segments.hidden.grouping import Labels, Shape
    from kogorta.segments.hidden.scaling import Scaled
    from kogorta.segments.hidden.short_rules import ToldRule

_STAGES: Final = ("cloud", "unstable", "wordless")
TELLING: Final = 0.5
"""Interquartile ranges a group's median must be away from the others' to be a trait."""
MOST_TRAITS: Final = 5
PREFERRED: Final = 0.02
"""F1 a shorter rule, or one of the group's own traits, may be short of the best one."""


@dataclass(frozen=True)
class _Way:
    """A way to group: columns looked at, and the shape of groups."""

    columns: tuple[int, ...]
    shape: Shape

    @property
    def view(self) -> list[int]:
        return list(self.columns)


@dataclass(frozen=True, eq=False)
class _Proposal:
    """Groups with gaps between them."""

    way: _Way
    labels: Labels
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class HiddenSearch:
    """How hidden segments are looked for.

    Args:
        groups: fewest and most groups tried.
        fewest: buyers below which nothing is looked for.
        smallest: share of the buyers a group must have, 0-0.5.
        depth: most customers in a gap as a share of the lower of its two peaks.
        p: most chance of such a gap in one cloud.
        stability: least mean Jaccard likeness of a group in halves of the base.
        precision, recall: least of each group's rule.
        most: customers looked at when the base has more; the rules are applied to all.
        stages: whether recency, tenure and totals are looked at too: they are what RFM and the lifecycle show already.
        seed: of every random step.

    Raises:
        OptionError: an option is out of its bounds.

    Example:
        >>> HiddenSearch(groups=(2, 5)).stability
        0.75
    """

    groups: tuple[int, int] = (2, 8)
    fewest: int = 120
    smallest: float = 0.03
    depth: float = 0.4
    p: float = 0.005
    stability: float = 0.75
    precision: float = 0.85
    recall: float = 0.85
    most: int = 4000
    stages: bool = False
    seed: int = 20261122

    def __post_init__(self) -> None:
        low, high = self.groups
        if not 2 <= low <= high <= 12:
            raise OptionError("groups is {groups}; give the fewest and the most, between 2 and 12.", groups=self.groups)
        check_between("fewest", self.fewest, 60, 1_000_000)
        check_between("most", self.most, self.fewest, 1_000_000)
        check_between("seed", self.seed, 0, 2**32 - 1)
        check_between("smallest", self.smallest, 0.0, 0.5)
        for name in ("depth", "p", "stability", "precision", "recall"):
            check_between(name, getattr(self, name), 0.0, 1.0)

    def fit(self, base: CustomerBase, as_of: date | str | None = None) -> HiddenSegments:
        """Look for hidden segments among the buyers of a base.

        Args:
            base: the base.
            as_of: end of this day; default the last day of the data.

        Returns:
            The segments with their evidence, or why there are none.

        Raises:
            InputError: the base has no purchases.
            OptionError: the text is not a date.
        """
        return self.fit_table(feature_table(base, as_of))

    def fit_table(self, table: FeatureTable) -> HiddenSegments:
        """Look for hidden segments in a table of features."""
        if len(table) < self.fewest:
            return self._none(table, "few", None)
        scaled = scale(table, seed=self.seed, most=self.most, stages=self.stages)
        if not scaled.features:
            return self._none(table, "alike", scaled)
        reached = 0
        random = np.random.default_rng(self.seed)
        half = np.zeros(len(scaled.rows), dtype=np.bool_)
        half[random.permutation(len(half))[: len(half) // 2]] = True
        fewest = max(int(self.smallest * len(scaled.rows)), 20)
        parting = parting_features(scaled.open, half, fewest)
        every = list(range(len(scaled.features)))
        views = [view for view in (parting, every) if view]
        ways = [_Way(tuple(view), shape) for view in (views if len(parting) < len(every) else views[:1]) for shape in SHAPES]
        for groups in range(self.groups[1], self.groups[0] - 1, -1):
            seen = [found for way in ways if (found := self._propose(scaled, way, groups, half, fewest)) is not None]
            for proposal in sorted(seen, key=lambda one: max(gap.depth for gap in one.gaps)):
                stage, outcome = self._judge(table, scaled, proposal)
                if outcome is not None:
                    return outcome
                reached = max(reached, stage)
        return self._none(table, _STAGES[reached], scaled)

    def _propose(self, scaled: Scaled, way: _Way, groups: int, half: NDArray[np.bool_], fewest: int) -> _Proposal | None:
        """Groups found one way, when there are gaps between all of them."""
        clipped, free = scaled.clipped[:, way.view], scaled.open[:, way.view]
        labels = find_groups(clipped, groups, self.seed, way.shape).nearest(clipped)
        if np.bincount(labels, minlength=groups).min() < fewest:
            return None
        gaps = gaps_between(clipped, free, labels, half, self.seed, way.shape)
        if gaps is None or any(gap.depth > self.depth or gap.p > self.p for gap in gaps):
            return None
        return _Proposal(way, labels, tuple(gaps))

    def _judge(self, table: FeatureTable, scaled: Scaled, proposal: _Proposal) -> tuple[int, HiddenSegments | None]:
        """The last test a proposal passed, and the outcome when it passed all."""
        clipped = scaled.clipped[:, proposal.way.view]
        likeness = stability(clipped, proposal.labels, proposal.way.shape, seed=self.seed, times=20)
        if likeness.min() < self.stability:
            return 1, None
        told = self._tell(table, scaled, proposal.labels, len(likeness))
        if told is None:
            return 2, None
        return 3, self._outcome(table, scaled, proposal, [float(one) for one in likeness], told)

    def _tell(self, table: FeatureTable, scaled: Scaled, labels: Labels, groups: int) -> list[ToldRule] | None:
        """A rule for each group: of its own traits where they do, else of any figure; None when one cannot be told."""
        spoken = spoken_terms(table)
        found: list[ToldRule] = []
        for group in range(groups):
            member = labels == group
            habits = {trait.feature.name for trait in _traits(table, scaled, member)}
            good = []
            for terms in (tuple(term for term in spoken if term.habit in habits), spoken):
                told = tell_group(table, scaled.rows, member, terms) if terms else None
                if told is not None and told.precision >= self.precision and told.recall >= self.recall:
                    good.append(told)
            if not good:
                return None
            best = max(told.score for told in good)
            found.append(min((told for told in good if told.score >= best - PREFERRED), key=lambda told: told.rule.conditions))
        return found

    def _outcome(
        self, table: FeatureTable, scaled: Scaled, proposal: _Proposal, likeness: list[float], told: list[ToldRule]
    ) -> HiddenSegments:
        places = np.full(len(table), -1, dtype=np.int64)
        for group in range(len(told) - 1, -1, -1):
            places[told[group].rule.holds(table)] = group
        sizes = np.array([int((places == group).sum()) for group in range(len(told))])
        order = np.lexsort((np.arange(len(told)), -sizes))
        ranks = np.empty(len(told) + 1, dtype=np.int64)
        ranks[order] = np.arange(len(told))
        ranks[-1] = -1
        places = ranks[places]
        money = table.columns["monetary"]
        segments = []
        for place, group in enumerate(order):
            taken = places == place
            segments.append(
                HiddenSegment(
                    slug=f"hidden_{place + 1}",
                    traits=_traits(table, scaled, proposal.labels == group),
                    rule=told[group].rule,
                    customers=int(taken.sum()),
                    share=float(taken.mean()),
                    revenue=int(money[taken].sum()),
                    revenue_share=float(money[taken].sum() / (money.sum() or 1.0)),
                    precision=told[group].precision,
                    recall=told[group].recall,
                    stability=likeness[group],
                )
            )
        return HiddenSegments(table, _named_apart(segments), "", self.fewest, scaled.features, scaled.dropped, proposal.gaps, places)

    def _none(self, table: FeatureTable, why: str, scaled: Scaled | None) -> HiddenSegments:
        features, dropped = (scaled.features, scaled.dropped) if scaled else ((), ())
        return HiddenSegments(table, (), why, self.fewest, features, dropped, (), np.full(len(table), -1, dtype=np.int64))


def _traits(table: FeatureTable, scaled: Scaled, member: NDArray[np.bool_]) -> tuple[Trait, ...]:
    """What sets a group apart, most telling first."""
    found = []
    for place, feature in enumerate(scaled.features):
        column = scaled.open[:, place]
        apart = float(np.median(column[member]) - np.median(column[~member]))
        if abs(apart) < TELLING:
            continue
        values = table.measured[feature.name].values[scaled.rows]
        own, others = (values[side & ~np.isnan(values)] for side in (member, ~member))
        if len(own) and len(others):
            found.append((place, Trait(feature, float(np.median(own)), float(np.median(others)), apart)))
    spread = {place: float(scaled.open[member, place].std() + scaled.open[~member, place].std()) or 1.0 for place, _ in found}
    found.sort(key=lambda item: (-abs(item[1].apart) / spread[item[0]], item[1].feature.name))
    return tuple(trait for _, trait in found[:MOST_TRAITS])


def _named_apart(segments: list[HiddenSegment]) -> tuple[HiddenSegment, ...]:
    """Give names enough traits to differ."""
    from dataclasses import replace

    for size in range(2, MOST_TRAITS + 1):
        names = [tuple((trait.feature.name, trait.apart > 0) for trait in one.traits[:size]) for one in segments]
        if len(set(names)) == len(names):
            return tuple(replace(one, named=size) for one in segments)
    return tuple(segments)
