"""What the conditions of a rule saw of a customer at the moment he crossed its border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Seen:
    """Values one condition saw. Of a tick they are looked up when they are asked for, in the column the condition was held against.

    Args:
        places: shape (k,), where in the columns those who crossed are.
        values: shape (n,); codes when there are `texts`.
        known: shape (n,), whether there was a value; None where there always is.
        texts: what codes stand for, in comparable form.
        factor: units of a value in one of the rule's.
    """

    places: NDArray[np.int64]
    values: NDArray[np.generic]
    known: NDArray[np.bool_] | None = None
    texts: Sequence[str] | None = None
    factor: int = 1

    def __getitem__(self, place: int) -> float | str | None:
        at = self.places[place]
        if self.known is not None and not self.known[at]:
            return None
        if self.texts is not None:
            return self.texts[int(self.values[at])]
        value: float = self.values[at].item()
        return value if self.factor == 1 else value / self.factor

    def apart(self) -> Seen:
        """The same without the columns of everybody looked at."""
        known = None if self.known is None else self.known.take(self.places)
        return Seen(np.arange(len(self.places)), self.values.take(self.places), known, self.texts, self.factor)

    @classmethod
    def joined(cls, parts: Sequence[Seen]) -> Seen:
        """Values seen in several chunks, as one."""
        alone = [part.apart() for part in parts]
        known = [np.ones(len(part.values), dtype=np.bool_) if part.known is None else part.known for part in alone]
        values = np.concatenate([part.values for part in alone])
        return cls(np.arange(len(values)), values, np.concatenate(known), alone[0].texts, alone[0].factor)
