"""A process that goes when the one it works for is gone, however that one ended."""

from __future__ import annotations

import os
import signal
import threading
import time


def follow(parent: int, number: int = signal.SIGTERM) -> None:
    """Send this process a signal once its parent is another one than `parent`, and kill it if it does not go then.

    Args:
        parent: pid of the process to follow, as that process itself gave it: asked for later, it may be gone already.
        number: the signal.
    """
    threading.Thread(target=_watch, args=(parent, number), daemon=True, name="lifeline").start()


def _watch(parent: int, number: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), number)
    time.sleep(15)
    os.kill(os.getpid(), signal.SIGKILL)
