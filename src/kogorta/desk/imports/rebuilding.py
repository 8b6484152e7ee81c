"""The base made anew from the files kept here, and the lock under which the desk changes it."""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from kogorta.base.customer_base import CustomerBase
from kogorta.desk.imports.queries import files_in
from kogorta.desk.imports.reading import Reading, read_sent
from kogorta.desk.settings import DESK
from kogorta.kit.errors import InputError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kogorta.desk.imports.models import SentFile
    from kogorta.desk.jobs.context import JobContext

_MEMORY: Final = "1000MB"


def files_of(base: CustomerBase, *, leaving: str = "") -> tuple[set[str], list[SentFile]]:
    """Digests of all imports of a base, and the files it can be made anew from without one of them.

    Raises:
        InputError: the base holds imports whose files are not here.
    """
    present = {digest for (digest,) in base.connection.execute("SELECT digest FROM imports").fetchall()}
    others = files_in(present - {leaving})
    strange = present - {leaving} - {other.base_digest for other in others}
    if strange:
        raise InputError(
            "The base holds imports that were not loaded here: {count}. It cannot be made anew without them; "
            "take this file out where they were loaded.",
            count=len(strange),
        )
    return present, others


def made_anew(context: JobContext, others: list[SentFile], folder: Path) -> CustomerBase:
    """A base of these files, in a workspace."""
    base = CustomerBase(folder / "base", memory=_MEMORY, spill=folder)
    for place, other in enumerate(others):
        context.check()
        context.progress(place, len(others) + 1, message("Adding the other files anew"))
        reading = Reading.of(other.reading)
        extract = read_sent(other.digest, other.name, reading, folder)
        base.add(extract, reading.options(folder))
        extract.staged.unlink(missing_ok=True)
    context.progress(len(others), len(others) + 1, message("Writing the base"))
    return base


@contextmanager
def base_alone(context: JobContext) -> Iterator[None]:
    """Nobody else of the desk changes the base; the lock goes with the process that holds it."""
    (DESK.home / "work").mkdir(parents=True, exist_ok=True)
    with (DESK.home / "work" / "base.lock").open("w") as lock:
        while True:
            context.check()
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.2)
        yield
