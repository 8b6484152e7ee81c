"""The tree of a rule: `All`, `Any_`, `Not` over leaves. Every emitter reads this one tree.

Limits are kept when a node is made, so no tree that exists is too large or too deep for the functions that walk it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.segments.rules.leaves import Compare, InSegment, Moved, RandomShare

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LEAVES: Final = 500
MOST_DEPTH: Final = 30

LeafNode = Compare | InSegment | Moved | RandomShare


@dataclass(frozen=True)
class _Group:
    parts: tuple[Node, ...]
    leaves: int = field(init=False, repr=False, compare=False, default=0)
    depth: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        if not self.parts:
            raise InputError("A group of conditions is empty; add a condition or remove the group.")
        _keep(self, self.parts)


@dataclass(frozen=True)
class All(_Group):
    """True when every part is true.

    Args:
        parts: at least one node.

    Raises:
        InputError: it is empty, or the tree would have too many leaves or levels.

    Example:
        >>> from kogorta.segments.rules.leaves import Property
        >>> All((Compare(Property("age"), ">=", 18), Compare(Property("city"), "=", "Пермь"))).leaves
        2
    """


@dataclass(frozen=True)
class Any_(_Group):  # noqa: N801  (`Any` is taken)
    """True when at least one part is true.

    Args:
        parts: at least one node.

    Raises:
        InputError: it is empty, or the tree would have too many leaves or levels.
    """


@dataclass(frozen=True)
class Not:
    """True when the part is false, a leaf about a missing value included.

    Raises:
        InputError: the tree would have too many levels.
    """

    part: Node
    leaves: int = field(init=False, repr=False, compare=False, default=0)
    depth: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        _keep(self, (self.part,))


Node = All | Any_ | Not | LeafNode


def _keep(node: object, parts: tuple[Node, ...]) -> None:
    """Count leaves and levels once, from the parts."""
    leaves, depth = sum(part.leaves for part in parts), 1 + max(part.depth for part in parts)
    check_size(leaves, depth)
    object.__setattr__(node, "leaves", leaves)
    object.__setattr__(node, "depth", depth)


def check_size(leaves: int, depth: int) -> None:
    """Refuse a rule that is larger than anybody could read.

    Raises:
        InputError: more than `MOST_LEAVES` leaves or `MOST_DEPTH` levels.
    """
    if leaves > MOST_LEAVES:
        raise InputError(
            "The rule has {leaves} conditions; up to {most_leaves} are allowed. Put long lists into one "
            "condition with `in (...)`, or split the rule into segments.",
            leaves=leaves,
            most_leaves=MOST_LEAVES,
        )
    if depth > MOST_DEPTH:
        raise InputError(
            "The rule is nested {depth} levels deep; up to {most_depth} are allowed. Remove brackets, or split it into segments.",
            depth=depth,
            most_depth=MOST_DEPTH,
        )


def leaves_of(node: Node) -> Iterator[LeafNode]:
    """Every leaf, from left to right."""
    if isinstance(node, All | Any_):
        for part in node.parts:
            yield from leaves_of(part)
    elif isinstance(node, Not):
        yield from leaves_of(node.part)
    else:
        yield node
