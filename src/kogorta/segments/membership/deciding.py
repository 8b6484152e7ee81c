"""What the conditions of a rule saw of a customer at the moment he crossed its border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kogorta.segments.rules.leaves import Attribute, Compare
from kogorta.segments.rules.state import Texts
from kogorta.segments.rules.tree import leaves_of
from kogorta.segments.rules.units import factor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kogorta.segments.rules.columns import Evaluation
    from kogorta.segments.rules.tree import LeafNode, Node


@dataclass(frozen=True, eq=False)
class Seen:
    """Values one condition saw.

    Args:
        values: shape (k,); codes when there are `texts`.
        known: shape (k,), whether there was a value; None where there always is.
        texts: what codes stand for, in comparable form.
    """

    values: NDArray[np.generic]
    known: NDArray[np.bool_] | None = None
    texts: Sequence[str] | None = None

    def __getitem__(self, place: int) -> float | str | None:
        if self.known is not None and not self.known[place]:
            return None
        if self.texts is not None:
            return self.texts[int(self.values[place])]
        value: float = self.values[place].item()
        return value

    @classmethod
    def joined(cls, parts: Sequence[Seen]) -> Seen:
        """Values seen in several chunks, as one."""
        known = [np.ones(len(part.values), dtype=np.bool_) if part.known is None else part.known for part in parts]
        return cls(np.concatenate([part.values for part in parts]), np.concatenate(known), parts[0].texts)


def decided_by(rule: Node, evaluation: Evaluation, places: NDArray[np.int64]) -> tuple[Seen, ...]:
    """Values of every condition from left to right, for some customers of an evaluation.

    Money is in major units, dates are days since 1970, texts are in comparable form; a condition without a value of its own (a segment, a
    move, an attribute, a random share) gives whether it was met, 1 or 0.
    """
    return tuple(_seen(leaf, evaluation, places) for leaf in leaves_of(rule))


def _seen(leaf: LeafNode, evaluation: Evaluation, places: NDArray[np.int64]) -> Seen:
    if not isinstance(leaf, Compare) or isinstance(leaf.figure, Attribute):
        return Seen(evaluation.node(leaf)[places].astype(np.int8))
    column = evaluation.column(leaf.figure)
    if isinstance(column, Texts):
        codes = column.codes[places]
        return Seen(codes, codes >= 0, column.keys)
    factor = factor_of(leaf.figure, evaluation.state.unit)
    values = column.values[places] if factor == 1 else column.values[places] / factor
    return Seen(values, None if column.known is None else column.known[places])
