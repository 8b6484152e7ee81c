"""Run in a process of its own: `enqueue KIND STEPS KEY` or `work`, against the desk the environment names."""

import sys
import time

from kogorta.desk.running import set_up_django

set_up_django()

from kogorta.desk.jobs.actions import enqueue  # noqa: E402
from kogorta.desk.jobs.registry import job  # noqa: E402
from kogorta.desk.jobs.worker import main  # noqa: E402
from kogorta.desk.journal.actions import record  # noqa: E402
from kogorta.desk.settings import DESK  # noqa: E402


@job("test.count", "Count", most_attempts=3)
def count(context):
    """Writes one entry for each number, a chunk of one each, and remembers where it was; half way it waits for the file `go`."""
    steps = context.arguments["steps"]
    for place in range(context.checkpoint.get("next", 0), steps):
        context.check()
        while place == steps // 2 and not (DESK.home / "go").exists():
            time.sleep(0.02)
        with context.effect({"next": place + 1}):
            record(None, "test.step", f"step:{place}")
        context.progress(place + 1, steps)
    return {"steps": steps}


@job("test.die", "Die", most_attempts=2)
def die(context):
    """Kills its own worker."""
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    if sys.argv[1] == "enqueue":
        sys.stdout.write(str(enqueue(sys.argv[2], {"steps": int(sys.argv[3])}, key=sys.argv[4]).pk))
    else:
        main()
