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
