"""Run in a process of its own against the desk the environment names: `watch` ticks until it is killed."""

import sys

from kogorta.desk.running import set_up_django

set_up_django()

from kogorta.desk.membership import ticking  # noqa: E402

if __name__ == "__main__":
    ticking.PAUSE = 0.0
    if sys.argv[1] == "watch":
        ticking.main()
