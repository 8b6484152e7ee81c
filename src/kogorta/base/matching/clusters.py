"""Pairs made into groups, with what may never be put together kept apart.

A group grows by its surest pair first. Two groups are joined only if nothing on any two of their cards contradicts, if the joined group is
not too large, and if at least half of the pairs between them speak for it: a chain of likely pairs alone joins nobody.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True)
class Marks:
    """What two cards of one customer cannot differ in: tax numbers, branch codes, birth dates."""

    inns: frozenset[str] = frozenset()
    kpps: frozenset[str] = frozenset()
    births: frozenset[str] = frozenset()

    def contradict(self, other: Marks) -> bool:
        """Both sides say something and do not say one thing."""
        return any(
            mine and theirs and len(mine | theirs) > 1
            for mine, theirs in ((self.inns, other.inns), (self.kpps, other.kpps), (self.births, other.births))
        )

    def joined(self, other: Marks) -> Marks:
        """Marks of both."""
        return Marks(self.inns | other.inns, self.kpps | other.kpps, self.births | other.births)


NO_MARKS: Final = Marks()


@dataclass(frozen=True)
class Link:
    """A pair with its probability of being one customer; the lesser id is `left`."""

    left: str
    right: str
    probability: float


@dataclass(frozen=True)
class Grouping:
    """What became of the pairs.

    Args:
        joined: the pairs that made the groups: one fewer than cards in each.
        groups: cards of each group, sorted.
        held: pairs likely enough that were not joined, with the reason: `ambiguous`, `chain`, `size`.
    """

    joined: tuple[Link, ...]
    groups: tuple[tuple[str, ...], ...]
    held: Mapping[tuple[str, str], str]


@dataclass
class _Growing:
    marks: Mapping[str, Marks]
    apart: Mapping[str, AbstractSet[str]]
    root: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    known: dict[str, Marks] = field(default_factory=dict)

    def find(self, card: str) -> str:
        if card not in self.root:
            self.root[card], self.members[card], self.known[card] = card, [card], self.marks.get(card, NO_MARKS)
        return self.root[card]

    def refuses(self, left: str, right: str) -> bool:
        """Something on a card of one group contradicts something on a card of the other."""
        if self.known[left].contradict(self.known[right]):
            return True
        return any(other in self.apart.get(card, ()) for card in self.members[left] for other in self.members[right])

    def join(self, left: str, right: str) -> None:
        self.known[left] = self.known[left].joined(self.known.pop(right))
        for card in self.members.pop(right):
            self.root[card] = left
            self.members[left].append(card)


def group(
    links: Iterable[Link],
    *,
    threshold: float,
    marks: Mapping[str, Marks],
    apart: Mapping[str, AbstractSet[str]],
    largest: int,
) -> Grouping:
    """Join what is likely enough.

    Args:
        links: pairs that were compared and are not hopeless.
        threshold: probability from which a pair may be joined.
        marks: card -> what it cannot differ in.
        apart: card -> cards a person said are others.
        largest: most cards in a group.
    """
    support = {(link.left, link.right) for link in links}
    likely = sorted((link for link in links if link.probability >= threshold), key=lambda link: (-link.probability, link.left, link.right))
    held: dict[tuple[str, str], str] = dict.fromkeys(_ambiguous(likely, marks, apart), "ambiguous")
    growing = _Growing(marks, apart)
    joined = []
    for link in likely:
        pair = (link.left, link.right)
        if pair in held:
            continue
        left, right = growing.find(link.left), growing.find(link.right)
        if left == right:
            continue
        here, there = growing.members[left], growing.members[right]
        across = sum((min(one, other), max(one, other)) in support for one in here for other in there)
        if len(here) + len(there) > largest:
            held[pair] = "size"
        elif growing.refuses(left, right) or 2 * across < len(here) * len(there):
            held[pair] = "chain"
        else:
            growing.join(left, right)
            joined.append(link)
    groups = sorted(tuple(sorted(cards)) for cards in growing.members.values() if len(cards) > 1)
    return Grouping(tuple(joined), tuple(groups), held)


def _ambiguous(likely: list[Link], marks: Mapping[str, Marks], apart: Mapping[str, AbstractSet[str]]) -> set[tuple[str, str]]:
    """Pairs of a card with two others that cannot both be it: which of them it is, a person decides."""
    near: dict[str, list[str]] = defaultdict(list)
    for link in likely:
        near[link.left].append(link.right)
        near[link.right].append(link.left)
    found = set()
    for card, others in near.items():
        for place, one in enumerate(others):
            for other in others[place + 1 :]:
                if marks.get(one, NO_MARKS).contradict(marks.get(other, NO_MARKS)) or other in apart.get(one, ()):
                    found |= {(min(card, one), max(card, one)), (min(card, other), max(card, other))}
    return found
