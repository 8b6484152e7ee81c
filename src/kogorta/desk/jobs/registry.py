"""Which kinds of jobs there are and who does them. A room writes its handlers in `handlers.py`, which is read at start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, time, timedelta

    from kogorta.desk.jobs.context import JobContext

    Handler = Callable[[JobContext], Mapping[str, object] | None]


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Args:
        name: slug of room and verb: `imports.accept`.
        title: English text shown to people.
        handler: does the work; returns what is kept as the result. It may run twice, late, or beside itself.
        most_attempts: how often it is tried.
        every: repeat each so long; None only when asked.
        daily_at: repeat each day at this time of the company's zone.
        when: a repeated job is asked for only while this is so.
    """

    name: str
    title: str
    handler: Handler
    most_attempts: int = 5
    every: timedelta | None = None
    daily_at: time | None = None
    when: Callable[[], bool] | None = None


KINDS: Final[dict[str, Kind]] = {}
DUE: Final[dict[str, Callable[[datetime], int]]] = {}
"""Rooms that keep schedules of their own: name -> asks for what is due at a moment, once however often it is called; returns how many."""


def job(
    name: str,
    title: str,
    *,
    most_attempts: int = 5,
    every: timedelta | None = None,
    daily_at: time | None = None,
    when: Callable[[], bool] | None = None,
) -> Callable[[Handler], Handler]:
    """Make a function the handler of a kind of job.

    Raises:
        ValueError: the kind has a handler already.
    """

    def register(handler: Handler) -> Handler:
        if name in KINDS and KINDS[name].handler.__qualname__ != handler.__qualname__:
            raise ValueError(f"The kind of job {name!r} has a handler already.")
        KINDS[name] = Kind(name, title, handler, most_attempts, every, daily_at, when)
        return handler

    return register


def due(name: str) -> Callable[[Callable[[datetime], int]], Callable[[datetime], int]]:
    """Let a room say what is due by a schedule of its own; the worker asks every few seconds."""

    def register(asks: Callable[[datetime], int]) -> Callable[[datetime], int]:
        DUE[name] = asks
        return asks

    return register
