"""Saved segments a rule may refer to, and the refusal of references that run in a circle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.segments.rules.leaves import InSegment
from kogorta.segments.rules.tree import MOST_LEAVES, Node, leaves_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CHAIN: Final = 20
MOST_LEAVES_IN_ALL: Final = 10 * MOST_LEAVES


@dataclass(frozen=True)
class SegmentBook:
    """Saved segments by name.

    Args:
        rules: name -> tree.

    Raises:
        InputError: a segment refers to itself through others, to one that is not here, or through too many.

    Example:
        >>> from kogorta.segments.rules.formula import parse_formula
        >>> book = SegmentBook({"adults": parse_formula("age >= 18")})
        >>> book.check(parse_formula("segment('adults') and city = 'Perm'"))
    """

    rules: Mapping[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known: dict[str, tuple[int, int]] = {}
        for name in self.rules:
            self._reach(name, (), known)

    def rule(self, name: str) -> Node:
        """The tree of a segment.

        Raises:
            InputError: there is no such segment.
        """
        if name not in self.rules:
            some = ", ".join(repr(item) for item in list(self.rules)[:10])
            if not some:
                raise InputError("There is no segment {name!r}; none is saved yet.", name=name[:60])
            raise InputError("There is no segment {name!r}; saved are {names}.", name=name[:60], names=some)
        return self.rules[name]

    def check(self, rule: Node, name: str | None = None) -> None:
        """Refuse a rule whose references cannot be followed.

        Args:
            rule: the tree.
            name: the name it would be saved under, so that a circle through it is seen.

        Raises:
            InputError: as for the book.
        """
        if name is not None:
            SegmentBook({**self.rules, name: rule})
            return
        known: dict[str, tuple[int, int]] = {}
        leaves = rule.leaves
        for leaf in leaves_of(rule):
            if isinstance(leaf, InSegment):
                leaves += self._reach(leaf.name, (), known)[0]
        _keep_small(leaves)

    def _reach(self, name: str, trail: tuple[str, ...], known: dict[str, tuple[int, int]]) -> tuple[int, int]:
        """Leaves of a segment with everything it refers to, and the length of its longest chain."""
        if name in trail:
            circle = " -> ".join(repr(item[:60]) for item in (*trail[trail.index(name) :], name))
            raise InputError(
                "Segments refer to each other in a circle: {circle}; take one of these references out.",
                circle=circle,
            )
        if name in known:
            return known[name]
        if len(trail) >= MOST_CHAIN:
            raise InputError(
                "Segment {value!r} refers to others through more than {most_chain} steps; shorten the chain.",
                value=trail[0][:60],
                most_chain=MOST_CHAIN,
            )
        rule = self.rule(name)
        leaves, chain = rule.leaves, 0
        for leaf in leaves_of(rule):
            if isinstance(leaf, InSegment):
                below = self._reach(leaf.name, (*trail, name), known)
                leaves, chain = leaves + below[0], max(chain, below[1] + 1)
                _keep_small(leaves)
        if chain > MOST_CHAIN:
            raise InputError(
                "Segment {name!r} refers to others through more than {most_chain} steps; shorten the chain.",
                name=name[:60],
                most_chain=MOST_CHAIN,
            )
        known[name] = leaves, chain
        return known[name]


EMPTY_BOOK: Final = SegmentBook()


def _keep_small(leaves: int) -> None:
    if leaves > MOST_LEAVES_IN_ALL:
        raise InputError(
            "With the segments it refers to, the rule has more than {most_leaves_in_all} conditions; simplify them.",
            most_leaves_in_all=MOST_LEAVES_IN_ALL,
        )
