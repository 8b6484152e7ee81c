"""How long each step of a command took, and the most memory the process held."""

from __future__ import annotations

import resource
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.kit.progress import Progress, Step

TOTAL: Final = message("whole command")


@dataclass(frozen=True)
class StepTime:
    """One step: its name, seconds on the clock and of the processor, and the most megabytes the process had held by its end.

    The same step of several files is added up.
    """

    step: str
    seconds: float
    cpu_seconds: float
    peak_memory_mb: int


class StepClock:
    """Progress that also takes the time of the steps it passes on.

    Args:
        shown: where the steps are announced.
    """

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._times: dict[str, tuple[float, float]] = {}
        self._peaks: dict[str, int] = {}
        self._began = _now()

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:
        """Open a step and take its time."""
        began = _now()
        try:
            with self._shown.step(name, total) as step:
                yield step
        finally:
            spent = (now - before for now, before in zip(_now(), began, strict=True))
            seconds, cpu = (one + more for one, more in zip(self._times.get(name, (0.0, 0.0)), spent, strict=True))
            self._times[name] = (seconds, cpu)
            self._peaks[name] = peak_memory_mb()

    @property
    def times(self) -> tuple[StepTime, ...]:
        """The steps in the order they began, and `whole command`: the whole command so far, what lies between the steps included."""
        total = tuple(now - before for now, before in zip(_now(), self._began, strict=True))
        peaks = {**self._peaks, TOTAL: peak_memory_mb()}
        return tuple(
            StepTime(name, round(seconds, 2), round(cpu, 2), peaks[name]) for name, (seconds, cpu) in (*self._times.items(), (TOTAL, total))
        )


def peak_memory_mb() -> int:
    """The most memory this process held so far, in megabytes."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kilobytes / (1024 * 1024 if sys.platform == "darwin" else 1024))


def _now() -> tuple[float, float]:
    return time.monotonic(), time.process_time()
