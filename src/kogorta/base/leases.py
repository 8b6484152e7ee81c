"""Who reads which files of a base right now, so that `vacuum` leaves them.

A reader keeps a list of its files in `.reading` and a lock on the list for as long as it lives; the system lets go of the lock when the
process dies, however it dies. A list nobody holds is worth nothing and is taken away.
"""

from __future__ import annotations

import fcntl
import json
import os
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PLACE: Final = ".reading"


class Lease:
    """The files one reader of a base needs.

    Args:
        folder: of the base.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()  # the working directory may change
        self._let_go: weakref.finalize[[int, Path], Lease] | None = None

    def hold(self, files: Iterable[Path]) -> None:
        """Need these files from now on and no others; a folder that cannot be written to is read without a lease."""
        names = sorted(os.path.relpath(path, self._folder) for path in files)
        before, self._let_go = self._let_go, None
        if names:
            with suppress(OSError):  # a medium that takes no files loses none either
                self._let_go = weakref.finalize(self, _let_go, *self._written(names))
        if before is not None:
            before()

    def _written(self, names: list[str]) -> tuple[int, Path]:
        place = self._folder / PLACE
        place.mkdir(exist_ok=True)
        path = place / uuid4().hex
        fresh = path.with_suffix(".new")
        handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            os.write(handle, json.dumps(names).encode())
            fresh.rename(path)  # seen only when it is locked and whole
        except OSError:
            os.close(handle)
            fresh.unlink(missing_ok=True)
            raise
        return handle, path


def files_in_use(folder: Path) -> set[Path]:
    """Files of a base that somebody reads now."""
    found: set[Path] = set()
    for path in (folder / PLACE).glob("*"):
        if path.suffix:
            continue  # not whole yet; who writes it looks at the state of the base once more afterwards
        try:
            with path.open("rb") as stream:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    found.update(folder.absolute() / name for name in json.load(stream))
                    continue
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue  # let go meanwhile
    return found


def _let_go(handle: int, path: Path) -> None:
    with suppress(OSError):  # the folder of the base is gone, or became read-only
        path.unlink()
    os.close(handle)
