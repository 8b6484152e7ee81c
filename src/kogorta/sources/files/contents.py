"""The bytes of a file: is it there, is it packed, its head, its digest."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from typing import IO, TYPE_CHECKING, Final, cast

from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

CHUNK: Final = 1 << 20
SAMPLE: Final = 1 << 18
"""Bytes of the head that decide kind, delimiter and a missing byte-order mark."""

UNPACKED_LIMIT: Final = 16 << 30
UNPACKED_RATIO: Final = 200
"""A gzip file may unpack to 16 GiB, and past 1 GiB to no more than 200 times its size."""


def check_path(path: Path) -> None:
    """Refuse what is not a file with something in it.

    Raises:
        InputError: the path does not exist, is a folder, is empty or may not be read.
    """
    try:
        if path.is_dir():
            raise InputError(
                "{path} is a folder; give the path of one file in it.",
                path=path,
            )
        if not path.exists():
            raise InputError(
                "{path} does not exist; check the path.",
                path=path,
            )
        if not path.is_file():
            raise InputError(
                "{path} is not an ordinary file; save the table to a file and give its path.",
                path=path,
            )
        with path.open("rb") as stream:
            if not stream.read(1):
                raise InputError(
                    "{name} is empty (0 bytes); export it again.",
                    name=path.name,
                )
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            "{name} cannot be opened ({reason}); check the path and the permissions.",
            name=path.name,
            reason=reason(error),
        ) from error


def is_gzip(path: Path) -> bool:
    """Whether the file is packed by gzip."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked when it is a gzip file."""
    if is_gzip(path):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def read_head(path: Path, size: int = SAMPLE) -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        InputError: the gzip file is broken.
    """
    try:
        with open_bytes(path) as stream:
            return stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            "{name} cannot be read ({reason}); export or download it again.",
            name=path.name,
            reason=reason(error),
        ) from error


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_unpacked(path: Path, size: int, packed: int) -> None:
    """Stop unpacking a gzip file that grows to an absurd size.

    Raises:
        InputError: `size` bytes came out of `packed` ones.
    """
    if size > UNPACKED_LIMIT or (size > 1 << 30 and size > UNPACKED_RATIO * packed):
        raise InputError(
            "{name} unpacks to more than {value} GB from {max} MB, past the limit of {value_2} GB or "
            "{unpacked_ratio} times; unpack it yourself and check what is inside.",
            name=path.name,
            value=size >> 30,
            max=max(packed >> 20, 1),
            value_2=UNPACKED_LIMIT >> 30,
            unpacked_ratio=UNPACKED_RATIO,
        )


def reason(error: BaseException) -> str:
    """A foreign error in a few words, for the brackets of a sentence."""
    text = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return " ".join(text.split())[:120].rstrip(".")
