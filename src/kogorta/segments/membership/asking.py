"""The rules as one list of questions: what several of them ask is answered once, in the order that parts come before the whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kogorta.segments.membership.deciding import Seen
from kogorta.segments.rules.leaves import Attribute, Compare, InSegment
from kogorta.segments.rules.matching import comparison
from kogorta.segments.rules.state import Texts
from kogorta.segments.rules.tree import All, Any_, Not, leaves_of
from kogorta.segments.rules.units import factor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.columns import Evaluation
    from kogorta.segments.rules.leaves import Figure
    from kogorta.segments.rules.state import Column
    from kogorta.segments.rules.tree import LeafNode, Node

    Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class _Comparison:
    """A comparison of one of the figures."""

    leaf: Compare
    figure: int


@dataclass(frozen=True)
class _Join:
    """Answers put together: all of them, any of them, or the opposite of one."""

    kind: type[All | Any_ | Not]
    parts: tuple[int, ...]


class Questions:
    """Everything some rules ask.

    Args:
        rules: tree by slot.
        book: segments they refer to; no rule refers to itself.
    """

    def __init__(self, rules: Mapping[int, Node], book: SegmentBook) -> None:
        self._book = book
        self._steps: list[_Comparison | _Join | LeafNode] = []
        self._unit = 0
        self._factors: list[int] = []
        self._tests: dict[int, Callable[[Column], Truth]] = {}
        self._known: dict[Node, int] = {}
        self._figures: dict[Figure, int] = {}
        self.slots = {slot: self._place(tree) for slot, tree in rules.items()}
        self._leaves = {slot: tuple(self._place(leaf) for leaf in leaves_of(tree)) for slot, tree in rules.items()}

    def _place(self, node: Node) -> int:
        """Number of the step that answers a node."""
        if node not in self._known:
            if isinstance(node, InSegment):
                self._known[node] = self._place(self._book.rule(node.name))
                return self._known[node]
            step: _Comparison | _Join | LeafNode
            if isinstance(node, All | Any_):
                step = _Join(type(node), tuple(dict.fromkeys(map(self._place, node.parts))))
            elif isinstance(node, Not):
                step = _Join(Not, (self._place(node.part),))
            elif isinstance(node, Compare) and not isinstance(node.figure, Attribute):
                step = _Comparison(node, self._figures.setdefault(node.figure, len(self._figures)))
            else:
                step = node
            self._known[node] = len(self._steps)
            self._steps.append(step)
        return self._known[node]

    def ask(self, evaluation: Evaluation) -> Answers:
        """Answer everything for the customers of an evaluation."""
        self._prepare(evaluation.state.unit)
        columns = [evaluation.column(figure) for figure in self._figures]
        truths: list[Truth] = []
        for place, step in enumerate(self._steps):
            if isinstance(step, _Comparison):
                truths.append(self._tests[place](columns[step.figure]))
            elif isinstance(step, _Join):
                truths.append(_joined(step, truths))
            else:
                truths.append(evaluation.node(step))
        return Answers(self, truths, columns, self._factors)

    def _prepare(self, unit: int) -> None:
        """Make the comparisons ready for money of a unit: their values are the same in every tick."""
        if unit == self._unit:
            return
        figures = list(self._figures)
        self._unit, self._factors = unit, [factor_of(figure, unit) for figure in figures]
        for place, step in enumerate(self._steps):
            if isinstance(step, _Comparison):
                leaf = step.leaf
                self._tests[place] = comparison(figures[step.figure].kind, leaf.op, leaf.value, self._factors[step.figure])

    def seen(self, answers: Answers, slot: int, places: NDArray[np.int64]) -> Callable[[], tuple[Seen, ...]]:
        """How to look up the values of every condition of a rule from left to right, for some customers of an evaluation.

        Money is in major units, dates are days since 1970, texts are in comparable form; a condition without a value of its own (a
        segment, a move, an attribute, a random share) gives whether it was met, 1 or 0.
        """
        return lambda: tuple(self._seen(place, answers, places) for place in self._leaves[slot])

    def _seen(self, step: int, answers: Answers, places: NDArray[np.int64]) -> Seen:
        asked = self._steps[step]
        if not isinstance(asked, _Comparison):
            return Seen(places, answers.truths[step].view(np.int8))
        column = answers.columns[asked.figure]
        if isinstance(column, Texts):
            return Seen(places, column.codes, answers.known(asked.figure), column.keys)
        return Seen(places, column.values, column.known, None, answers.factors[asked.figure])


@dataclass(frozen=True, eq=False)
class Answers:
    """What was asked, answered for some customers.

    Args:
        questions: what was asked.
        truths: one for each step, shape (customers,).
        columns: one for each figure.
        factors: units of a figure in one of the rule's.
        there: who has a text, of figures already asked.
    """

    questions: Questions
    truths: list[Truth]
    columns: list[Column]
    factors: list[int]
    there: dict[int, Truth] = field(default_factory=dict)

    def truth(self, slot: int) -> Truth:
        """Who meets the rule of a slot."""
        return self.truths[self.questions.slots[slot]]

    def known(self, figure: int) -> Truth:
        """Who has a text."""
        if figure not in self.there:
            column = self.columns[figure]
            assert isinstance(column, Texts)  # noqa: S101  (asked of texts only)
            self.there[figure] = column.codes >= 0
        return self.there[figure]


def _joined(step: _Join, truths: list[Truth]) -> Truth:
    first, *rest = (truths[part] for part in step.parts)
    if step.kind is Not:
        return ~first
    if not rest:
        return first
    join = np.logical_and if step.kind is All else np.logical_or
    found = join(first, rest[0])
    for more in rest[1:]:
        join(found, more, out=found)
    return found
