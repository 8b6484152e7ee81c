"""Run in a process of its own against the desk the environment names: `watch` ticks until it is killed.

The file `where` beside the desk's data says what it was doing when it was: 0 beginning or idle, 1 taking a step, 2 inside a tick, 3 inside the
transaction that writes it.
"""

import mmap
import os
import sys
from functools import wraps
from pathlib import Path

from kogorta.desk.running import set_up_django

set_up_django()

from kogorta.desk.membership import actions, keeper, ticking  # noqa: E402
from kogorta.segments.membership.tick import Membership  # noqa: E402


def telling(place, phase, function):
    """The function, telling where it is while it runs."""

    @wraps(function)
    def told(*args, **options):
        before, place[0] = place[0], phase
        try:
            return function(*args, **options)
        finally:
            place[0] = before

    return told


def tell_where(home):
    """Keep `where` up to date; it lives on when the process is killed."""
    file = home / "where"
    file.write_bytes(b"\0")
    with file.open("r+b") as opened:
        place = mmap.mmap(opened.fileno(), 1)
    keeper.Keeper._tick = telling(place, 1, keeper.Keeper._tick)
    keeper.Keeper._take_rules = telling(place, 1, keeper.Keeper._take_rules)
    Membership.tick = telling(place, 2, Membership.tick)
    actions.write_tick = telling(place, 3, actions.write_tick)


if __name__ == "__main__":
    ticking.PAUSE = 0.0
    if sys.argv[1] == "watch":
        tell_where(Path(os.environ["KOGORTA_DESK_HOME"]))
        ticking.main()
