"""How much a token, or an address that has none, may ask in a while: buckets that fill up again at a steady rate.

They live in the memory of the one web process; with several processes each has its own.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_KEPT: Final = 10_000


class Buckets:
    """A bucket for each key.

    Args:
        per_second: how fast each fills up.
        most: how much each holds.
        clock: seconds that only grow.
    """

    def __init__(self, per_second: float, most: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self.most, self._clock = per_second, most, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, amount: float = 1.0) -> float:
        """Take from a bucket; returns 0, or the seconds to wait until there is enough and nothing is taken."""
        with self._lock:
            now = self._clock()
            level, at = self._levels.pop(key, (self.most, now))
            level = min(self.most, level + (now - at) * self.per_second)
            wait = max(0.0, (min(amount, self.most) - level) / self.per_second)
            self._levels[key] = (level if wait else level - amount, now)
            while len(self._levels) > _MOST_KEPT:
                self._levels.popitem(last=False)
            return wait

    def forget(self) -> None:
        """Fill every bucket up."""
        with self._lock:
            self._levels.clear()
