"""Who entered and who left, when and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from kogorta.segments.membership.deciding import Seen

Way = Literal["entered", "left"]
Cause = Literal["event", "time", "rule", "refit", "healed"]
CAUSES: Final[tuple[Cause, ...]] = ("event", "time", "rule", "refit", "healed")
"""Something happened to him; time passed; the rule changed; cut points were learnt anew; the full recompute put it right."""


@dataclass(frozen=True)
class Transition:
    """One customer crossed the border of one segment.

    Args:
        customer: his number.
        segment: name of the segment.
        version: version of its rule.
        way: `entered` or `left`.
        at: the moment of the tick, microseconds since 1970 in UTC.
        cause: why, see `CAUSES`.
        event: sequence number of the last thing that happened to him, when that is the cause.
        values: what the conditions of the rule saw, by their place from left to right; None where there was no value.
    """

    customer: int
    segment: str
    version: int
    way: Way
    at: int
    cause: Cause
    event: int | None
    values: tuple[float | str | None, ...]


@dataclass(frozen=True, eq=False)
class Crossings:
    """Transitions of one tick and one rule, as arrays; iterate over them for `Transition`.

    Args:
        segment, version: the rule.
        at: moment of the tick.
        customers: shape (k,), ascending.
        entered: shape (k,), whether each entered; else he left.
        causes: shape (k,), places in `CAUSES`.
        events: shape (k,), sequence numbers, -1 where nothing happened.
        seen: looks up what each condition saw, from left to right; nothing when the customer was merged away or the segment deleted.
    """

    segment: str
    version: int
    at: int
    customers: NDArray[np.int64]
    entered: NDArray[np.bool_]
    causes: NDArray[np.int8]
    events: NDArray[np.int64]
    seen: Callable[[], tuple[Seen, ...]] = tuple

    def __len__(self) -> int:
        return len(self.customers)

    def apart(self) -> Crossings:
        """The same without the columns of everybody looked at."""
        alone = tuple(seen.apart() for seen in self.values)
        return replace(self, seen=lambda: alone)

    @cached_property
    def values(self) -> tuple[Seen, ...]:
        """What each condition saw, from left to right."""
        return self.seen()

    def __iter__(self) -> Iterator[Transition]:
        for place, customer in enumerate(self.customers.tolist()):
            cause = CAUSES[int(self.causes[place])]
            yield Transition(
                customer=customer,
                segment=self.segment,
                version=self.version,
                way="entered" if self.entered[place] else "left",
                at=self.at,
                cause=cause,
                event=int(self.events[place]) if cause == "event" else None,
                values=tuple(column[place] for column in self.values),
            )
