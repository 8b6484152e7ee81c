"""Run in a process of its own against the desk the environment names.

`watch` ticks until it is killed. `nursery` has everything loaded and nothing open: for each line `begin` on its input it parts with a watch
of its own and says its number; for `bury`, once that is killed, it says `gone`.

The file `where` beside the desk's data says what the watch was doing when it was killed: 0 beginning or idle, 1 taking a step, 2 inside a
tick, 3 inside the transaction that writes it. The three bytes after it count how often each was begun.
"""

import mmap
import os
import sys
from contextlib import suppress
from functools import wraps
from importlib import import_module
from pathlib import Path

from kogorta.desk.running import set_up_django

set_up_django()

from kogorta.desk.membership import actions, keeper, ticking  # noqa: E402
from kogorta.segments.membership.tick import Membership  # noqa: E402

LOADED = ("deltalake", "duckdb", "pandas", "pyarrow.compute", "babel.numbers", "numpy.random")
"""What the first queries load, where it is there."""


def telling(place, phase, function):
    """The function, telling where it is while it runs."""

    @wraps(function)
    def told(*args, **options):
        before, place[0] = place[0], phase
        place[phase] = (place[phase] + 1) % 256
        try:
            return function(*args, **options)
        finally:
            place[0] = before

    return told


def tell_where(home):
    """Keep `where` up to date; it lives on when the process is killed."""
    file = home / "where"
    if not file.exists():
        file.write_bytes(bytes(4))
    with file.open("r+b") as opened:
        place = mmap.mmap(opened.fileno(), 4)
    keeper.Keeper._tick = telling(place, 1, keeper.Keeper._tick)
    keeper.Keeper._take_rules = telling(place, 1, keeper.Keeper._take_rules)
    Membership.tick = telling(place, 2, Membership.tick)
    actions.write_tick = telling(place, 3, actions.write_tick)


def watch():
    """Tick until killed."""
    tell_where(Path(os.environ["KOGORTA_DESK_HOME"]))
    ticking.main()


def say(word):
    """One line to whoever asked."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def nursery():
    """Part with a watch whenever asked; a parent gone ends its input."""
    for name in LOADED:
        with suppress(ImportError):
            import_module(name)
    child = 0
    for line in sys.stdin:
        if line == "begin\n":
            child = os.fork()
            if not child:
                os.close(0)
                watch()
            say(child)
        else:
            os.waitpid(child, 0)
            say("gone")


if __name__ == "__main__":
    ticking.PAUSE = 0.0
    {"watch": watch, "nursery": nursery}[sys.argv[1]]()
