"""A folder of this process among the temporary files of the system, for what large work puts on disk.

It goes with the process. One that was killed leaves its folder behind, unlocked: the next process takes it away.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

_PREFIX: Final = "kogorta-scratch-"


def scratch_folder() -> Path:
    """The folder of this process.

    Example:
        >>> scratch_folder() == scratch_folder(), scratch_folder().is_dir()
        (True, True)
    """
    asked = os.getpid(), Path(tempfile.gettempdir())
    folder = _folder_of(*asked)
    if folder.is_dir():
        return folder
    _folder_of.cache_clear()  # somebody has cleaned up
    return _folder_of(*asked)


@cache
def _folder_of(process: int, place: Path) -> Path:
    sweep(place)
    fresh = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=place))
    handle = os.open(fresh, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    folder = fresh.rename(place / fresh.name[1:])  # seen by others only when it is locked
    atexit.register(_remove, process, folder)
    return folder


def _remove(process: int, folder: Path) -> None:
    if process == os.getpid():  # a process parted from this one leaves it alone
        shutil.rmtree(folder, ignore_errors=True)


def sweep(place: Path) -> int:
    """Take away what killed processes left.

    Args:
        place: where the folders are.

    Returns:
        How many there were.
    """
    taken = 0
    for path in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # of somebody else, or taken away meanwhile
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
                taken += 1
            finally:
                os.close(handle)
    return taken
