"""What came of the search: the segments with their evidence, or why there are none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import OptionError
from kogorta.kit.language import message
from kogorta.segments.hidden.habits import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from kogorta.kit.language import Language
    from kogorta.segments.hidden.features import FeatureTable
    from kogorta.segments.hidden.gaps import Gap
    from kogorta.segments.hidden.habits import Feature
    from kogorta.segments.hidden.scaling import Dropped
    from kogorta.segments.hidden.terms import ShortRule

WHY_NONE: Final[Mapping[str, str]] = {
    "few": message("There are {customers} buyers; groups are looked for among {needed} and more."),
    "alike": message("Customers differ in no habit more than chance would have it: orders dealt to them at random would look the same."),
    "cloud": message("Customers make one cloud without gaps: whatever groups are cut out of it, most people stand where the cut goes."),
    "unstable": message("Groups with gaps between them were seen, but other groups come out of other parts of the same base."),
    "wordless": message(
        "Groups with gaps between them were seen and come back, but no short rule in the language of segments tells who is in which."
    ),
}


@dataclass(frozen=True)
class Trait:
    """What sets a group apart.

    Args:
        feature: the habit.
        own: the group's median, in the feature's unit.
        others: the median of everybody else.
        apart: distance of the medians in interquartile ranges, signed.
    """

    feature: Feature
    own: float
    others: float
    apart: float

    def told(self, language: Language) -> str:
        """A word or two: `large checks`."""
        return language.text(self.feature.high if self.apart > 0 else self.feature.low, about=shortened(self.feature.about))

    def figures(self, language: Language, currency: str) -> str:
        """The two medians: `typical check: 5 000 ₽, others 900 ₽`."""
        label = self.feature.told(language)
        own, others = (value_told(self.feature, value, language, currency) for value in (self.own, self.others))
        return language.text("{label}: {own}, others {others}", label=label, own=own, others=others)


def value_told(feature: Feature, value: float, language: Language, currency: str) -> str:
    """A figure of a feature as a reader expects it."""
    if feature.kind == "money" or feature.name == "check":
        return language.money(value, currency)
    if feature.kind == "part":
        return language.percent(value, 0)
    return language.number(value, 0 if value >= 10 or value == round(value) else 1)


@dataclass(frozen=True)
class HiddenSegment:
    """One group.

    Args:
        slug: `hidden_1`, `hidden_2`, ..., from the largest.
        traits: what sets it apart, most telling first.
        rule: who is in it; its `formula` is an ordinary rule of the language of segments.
        customers: buyers the rule takes.
        share: of all buyers, 0-1.
        revenue: their net purchases, minor units.
        revenue_share: of all net purchases, 0-1.
        precision, recall: how well the rule tells the group that was found, 0-1.
        stability: mean Jaccard likeness of the group in halves of the base, 0-1.
        named: how many traits its name takes, so that no two groups have one name.
    """

    slug: str
    traits: tuple[Trait, ...]
    rule: ShortRule
    customers: int
    share: float
    revenue: int
    revenue_share: float
    precision: float
    recall: float
    stability: float
    named: int = 2

    def name(self, language: Language) -> str:
        """The group in a few words."""
        if not self.traits:
            return language.text("Ordinary customers")
        words = ", ".join(trait.told(language) for trait in self.traits[: self.named])
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, eq=False)
class HiddenSegments:
    """The outcome of a search.

    Args:
        table: features of all buyers.
        segments: the groups, largest first; empty when none was found.
        why_none: key of `WHY_NONE`; empty when groups were found.
        needed: least number of buyers.
        features: habits groups were looked for in.
        dropped: habits left out, with why.
        gaps: gap of each pair of groups.
        places: shape (n,), place of each buyer's segment, -1 for none; the first rule that takes a buyer has him.
    """

    table: FeatureTable
    segments: tuple[HiddenSegment, ...]
    why_none: str
    needed: int
    features: tuple[Feature, ...]
    dropped: tuple[Dropped, ...]
    gaps: tuple[Gap, ...]
    places: NDArray[np.int64]

    @property
    def as_of(self) -> date:
        """The day."""
        return self.table.as_of

    @property
    def found(self) -> bool:
        """Whether there are any."""
        return bool(self.segments)

    def members(self, slug: str) -> tuple[str, ...]:
        """Ids of a segment's customers, sorted.

        Raises:
            OptionError: there is no such segment.
        """
        slugs = [segment.slug for segment in self.segments]
        if slug not in slugs:
            raise OptionError("There is no hidden segment {slug!r}; found are: {names}.", slug=slug, names=", ".join(slugs) or "none")
        return tuple(str(one) for one in self.table.ids[self.places == slugs.index(slug)])

    def told(self, language: Language) -> tuple[str, ...]:
        """The outcome in sentences: first whether there are any, then one for each, then what was left out of account."""
        if not self.segments:
            why = language.text(WHY_NONE[self.why_none], customers=language.number(len(self.table)), needed=language.number(self.needed))
            return (language.text("No hidden segments were found."), why)
        depth = max(gap.depth for gap in self.gaps)
        count = len(self.segments)
        lines = [
            language.plural("{count} hidden segment was found.", "{count} hidden segments were found.", count),
            language.text(
                "In the gap between any two groups there are at most {share} of the customers found over an equal stretch at the peak of "
                "the smaller one; halves of the base give the same groups (alike by {stability} or more).",
                share=language.percent(depth, 0),
                stability=language.percent(min(segment.stability for segment in self.segments), 0),
            ),
        ]
        lines += [self._told(segment, language) for segment in self.segments]
        return tuple(lines)

    def _told(self, segment: HiddenSegment, language: Language) -> str:
        return language.text(
            "{name}: {customers} ({share}), {revenue_share} of revenue. Rule: {rule}. It takes {recall} of the group, and {precision} of "
            "those it takes are of it.",
            name=segment.name(language),
            customers=language.plural("{count} customer", "{count} customers", segment.customers),
            share=language.percent(segment.share, 0),
            revenue_share=language.percent(segment.revenue_share, 0),
            rule=segment.rule.told(language, self.table.currency),
            recall=language.percent(segment.recall, 0),
            precision=language.percent(segment.precision, 0),
        )

    def to_json(self) -> str:
        """Everything but the members as JSON."""
        segments = [
            {
                "slug": one.slug,
                "traits": [
                    {"feature": trait.feature.name, "own": trait.own, "others": trait.others, "apart": trait.apart} for trait in one.traits
                ],
                "formula": one.rule.formula,
                "customers": one.customers,
                "share": one.share,
                "revenue": one.revenue,
                "revenue_share": one.revenue_share,
                "precision": one.precision,
                "recall": one.recall,
                "stability": one.stability,
            }
            for one in self.segments
        ]
        whole = {
            "as_of": self.as_of.isoformat(),
            "customers": len(self.table),
            "segments": segments,
            "why_none": self.why_none,
            "features": [feature.name for feature in self.features],
            "dropped": {one.feature.name: one.why for one in self.dropped},
        }
        return json.dumps(whole, ensure_ascii=False, sort_keys=True)

    def __repr__(self) -> str:
        from kogorta.kit.language import Language

        return "\n".join(self.told(Language("en")))
