"""What went wrong with the disk, in one sentence: full, not writable, a file that cannot be read."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError, KogortaError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL: Final = message("The disk has no room for the base {folder} ({reason}); nothing was changed. Free some space and try again.")
_REFUSED: Final = message("The base {folder} cannot be written ({reason}); nothing was changed.")
_UNREADABLE: Final = message("A file of the base {folder} cannot be read ({reason}); find it with: kogorta base check --base {folder}")
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SAYS_FULL: Final = re.compile(
    r"no space left|disk quota|file too large|os error (28|27|122)|out of disk|could not write|failed to write", re.IGNORECASE
)
_SAYS_DENIED: Final = re.compile(r"permission denied|read-only file system|os error (13|30)", re.IGNORECASE)


class StorageError(KogortaError):
    """The disk did not take what had to be written. The command line exits with code 1."""


@contextmanager
def writing_errors(folder: Path) -> Iterator[None]:
    """Say what the disk refused instead of what a library said about it.

    Raises:
        StorageError: the disk is full or cannot be written.
        InputError: a file that has to be read cannot be.
    """
    import duckdb
    from deltalake.exceptions import DeltaError

    try:
        yield
    except KogortaError:
        raise
    except (OSError, duckdb.Error, DeltaError) as error:
        reason = reason_of(error)
        if (isinstance(error, OSError) and error.errno in _NO_ROOM) or _SAYS_FULL.search(str(error)):
            raise StorageError(_FULL, folder=folder, reason=reason) from error
        if _SAYS_DENIED.search(str(error)):
            raise StorageError(_REFUSED, folder=folder, reason=reason) from error
        if isinstance(error, duckdb.Error) and "parquet" in str(error).lower():
            raise InputError(_UNREADABLE, folder=folder, reason=reason) from error
        raise


def reason_of(error: BaseException) -> str:
    """The first line of what a library said, without the name of its error class."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return first if len(first) <= LONGEST else first[:LONGEST] + "..."


LONGEST: Final = 200
"""Characters of a library's words that are repeated."""
