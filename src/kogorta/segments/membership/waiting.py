"""Customers waiting for their moment: taking out those whose moment has come costs nothing for those still waiting."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from kogorta.segments.membership.moments import NEVER
from kogorta.segments.membership.rows import order_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class WaitingRoom:
    """For each customer the moment to look at him again.

    Example:
        >>> room = WaitingRoom()
        >>> room.put(np.array([0, 1, 2]), np.array([30, 10, 30]))
        >>> room.put(np.array([2]), np.array([50]))
        >>> room.due(30).tolist(), room.next_moment()
        ([0, 1], 50)
    """

    def __init__(self) -> None:
        self.moments = np.empty(0, dtype=np.int64)
        self._groups: dict[int, list[Ints]] = {}
        self._heap: list[int] = []

    def put(self, customers: Ints, moments: Ints) -> None:
        """Set the next moment of some customers; an earlier setting no longer counts."""
        top = int(customers.max(initial=-1)) + 1
        if top > len(self.moments):
            size = max(top, int(1.1 * len(self.moments)) + 1024)
            self.moments = np.concatenate([self.moments, np.full(size - len(self.moments), NEVER, dtype=np.int64)])
        changed = np.flatnonzero(self.moments.take(customers) != moments)
        customers, moments = customers.take(changed), moments.take(changed)
        self.moments[customers] = moments
        waits = np.flatnonzero(moments != NEVER)
        customers, moments = customers.take(waits), moments.take(waits)
        if not len(customers):
            return
        order = order_of(moments - moments.min())
        customers, moments = customers.take(order), moments.take(order)
        begins = np.flatnonzero(np.append(True, moments[1:] != moments[:-1]))
        for group, moment in zip(np.split(customers, begins[1:]), moments[begins].tolist(), strict=True):
            if moment not in self._groups:
                self._groups[moment] = []
                heapq.heappush(self._heap, moment)
            self._groups[moment].append(group)

    def of(self, customers: Ints) -> Ints:
        """The moment each waits for."""
        return self.moments.take(customers)

    def due(self, now: int) -> Ints:
        """Take out the customers whose moment has come, ascending."""
        found: list[Ints] = []
        while self._heap and self._heap[0] <= now:
            moment = heapq.heappop(self._heap)
            for group in self._groups.pop(moment):
                still = group[self.moments[group] == moment]
                self.moments[still] = NEVER
                found.append(still)
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def next_moment(self) -> int:
        """The moment nobody has to be looked at before."""
        while self._heap:
            moment = self._heap[0]
            if any((self.moments[group] == moment).any() for group in self._groups[moment]):
                return moment
            heapq.heappop(self._heap)
            del self._groups[moment]
        return NEVER
