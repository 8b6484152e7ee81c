"""Many rules as gates, so that a condition is asked once and tells all the rules at once whether they have failed.

A gate is a set of parts that must all be as wished; its bit is set when one of them is not. `any` is a gate too, of the opposite wishes and
read the other way round. A part is a condition, or another gate; gates of conditions alone are of level 0, and their bits are a plain `or`
of what each condition says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.segments.rules.leaves import InSegment
from kogorta.segments.rules.tree import All, Any_, Not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.tree import LeafNode, Node

MASK: Final = 62
"""Gates in one word: bits of a BIGINT that leave its sign alone."""

Word = int
"""Bits of gates, or the place of such a number among several."""


@dataclass(frozen=True)
class Gate:
    """Parts that must all be as wished.

    Args:
        literals: condition number and whether it shall hold.
        gates: gates all of which must have failed.
        level: 0 without gates, otherwise one more than the highest of them.
    """

    literals: frozenset[tuple[int, bool]]
    gates: frozenset[Gate]
    level: int


@dataclass(frozen=True)
class Output:
    """Where the answer of a rule stands.

    Args:
        word: which number.
        bit: which of its bits.
        failed: whether the rule holds when the gate has failed.
    """

    word: int
    bit: int
    failed: bool


class Gates:
    """The gates of some rules.

    Args:
        rules: trees.
        book: saved segments they refer to.
        number: gives a leaf its number; the same condition has the same.
        rank: of a condition; gates that ask conditions of near ranks come to stand in the same word.
    """

    def __init__(
        self, rules: Iterable[Node], book: SegmentBook, number: Callable[[LeafNode], int], rank: Callable[[int], tuple[int, str]]
    ) -> None:
        self.book, self.number = book, number
        self.known: dict[Gate, Gate] = {}
        roots = [self._root(rule) for rule in rules]
        ranks = {gate: sorted({rank(literal) for literal, _ in gate.literals}) for gate in self.known}
        ordered = sorted(self.known, key=lambda gate: (gate.level, ranks[gate]))
        self.places: Mapping[Gate, tuple[int, int]] = {gate: divmod(place, MASK) for place, gate in enumerate(ordered)}
        self.outputs = tuple(Output(*self.places[gate], failed) for gate, failed in roots)

    @property
    def words(self) -> int:
        """How many numbers the bits of all the gates fill."""
        return -(-len(self.places) // MASK)

    def by_level(self) -> Mapping[int, list[Gate]]:
        """Gates of gates by level, the lowest first."""
        found: dict[int, list[Gate]] = {}
        for gate in self.places:
            if gate.level:
                found.setdefault(gate.level, []).append(gate)
        return dict(sorted(found.items()))

    def told(self, literal_count: int) -> list[tuple[list[Word], list[Word]]]:
        """What each condition says when it holds and when it does not: for every word, the gates that have then failed."""
        found = [([0] * self.words, [0] * self.words) for _ in range(literal_count)]
        for gate, (word, bit) in self.places.items():
            for literal, wished in gate.literals:
                found[literal][1 if wished else 0][word] |= 1 << bit
        return found

    def _root(self, rule: Node) -> tuple[Gate, bool]:
        """The gate of a rule, and whether the rule holds when it has failed."""
        rule, wished = self._bare(rule, wished=True)
        if isinstance(rule, All | Any_):
            return self._gate(rule), isinstance(rule, All) != wished
        return self._known({(self.number(rule), wished)}, set()), False

    def _bare(self, rule: Node, *, wished: bool) -> tuple[All | Any_ | LeafNode, bool]:
        """A node without `not` and names of segments, and whether it shall hold."""
        while isinstance(rule, Not | InSegment):
            rule, wished = (rule.part, not wished) if isinstance(rule, Not) else (self.book.rule(rule.name), wished)
        return rule, wished

    def _gate(self, group: All | Any_) -> Gate:
        """`all` of parts that shall hold; `any` as all of its parts not holding."""
        literals: set[tuple[int, bool]] = set()
        gates: set[Gate] = set()
        waiting = [(part, isinstance(group, All)) for part in group.parts]
        while waiting:
            given, wished = waiting.pop()
            part, wished = self._bare(given, wished=wished)
            if not isinstance(part, All | Any_):
                literals.add((self.number(part), wished))
            elif isinstance(part, All) == wished:
                waiting += [(inner, wished) for inner in part.parts]
            else:
                gates.add(self._gate(part))
        return self._known(literals, gates)

    def _known(self, literals: set[tuple[int, bool]], gates: set[Gate]) -> Gate:
        level = 1 + max(gate.level for gate in gates) if gates else 0
        gate = Gate(frozenset(literals), frozenset(gates), level)
        return self.known.setdefault(gate, gate)
