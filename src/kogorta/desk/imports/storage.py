"""Where files lie as they were sent: streamed to disk while their hash is taken; the hash is the name."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload

from kogorta.desk.settings import DESK
from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpRequest

FIELD: Final = "file"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_QUARANTINE: Final = ".quarantine"


def path_of(digest: str) -> Path:
    """Where a file lies.

    Raises:
        OptionError: it is no SHA-256 in hexadecimal digits.
    """
    if not _DIGEST.match(digest):
        raise OptionError("{digest!r} is not the key of a file.", digest=digest)
    return DESK.files_folder / digest


def quarantine_of(digest: str) -> Path:
    """Where the rows left out of a file lie, one JSON document a line."""
    path = path_of(digest)
    return path.with_name(path.name + _QUARANTINE)


def forget_file(digest: str) -> None:
    """Delete a file and what was made of it."""
    for path in (path_of(digest), quarantine_of(digest)):
        path.unlink(missing_ok=True)


def clean_name(name: str) -> str:
    """A name as it may be shown: without folders and control characters, of a bearable length."""
    last = re.split(r"[\\/]", name)[-1]
    shown = "".join(char for char in last if char.isprintable()).strip()
    return shown[-200:] or "file"


class ArrivedFile(UploadedFile):  # type: ignore[type-arg]
    """A file that was received whole.

    Args:
        path: where it lies until somebody takes it.
        name: as it may be shown.
        digest: SHA-256 of its bytes.
        size: bytes.
    """

    def __init__(self, path: Path, name: str, digest: str, size: int) -> None:
        super().__init__(None, clean_name(name), None, size)
        self.path, self.digest, self.shown_name, self.length = path, digest, clean_name(name), size


class Receiver(FileUploadHandler):
    """Writes the one file of a form to disk, taking its hash on the way; one that grows past the limit is let go.

    Args:
        request: the request.
        limit: most bytes.
    """

    def __init__(self, request: HttpRequest | None, limit: int) -> None:
        super().__init__(request)
        self.limit, self.too_large = limit, False
        self.length = 0
        self._path: Path | None = None
        self._stream: IO[bytes] | None = None
        self._hash = hashlib.sha256()

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Begin the file; a second one, or one of another field, is passed over."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        if self.field_name != FIELD or self._path is not None:
            raise SkipFile
        DESK.files_folder.mkdir(parents=True, exist_ok=True)
        self._path = DESK.files_folder / f".incoming-{secrets.token_hex(8)}"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._stream = os.fdopen(descriptor, "wb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002
        """Take a piece."""
        self.length += len(raw_data)
        if self.length > self.limit:
            self.too_large = True
            raise StopUpload(connection_reset=False)
        self._hash.update(raw_data)
        if self._stream is not None:
            self._stream.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> ArrivedFile | None:  # noqa: ARG002
        """The file is whole and on disk."""
        if self._stream is None or self._path is None:
            return None
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        return ArrivedFile(self._path, self.file_name or "", self._hash.hexdigest(), self.length)

    def forget(self) -> None:
        """Delete what nobody took."""
        if self._stream is not None and not self._stream.closed:
            with suppress(OSError):
                self._stream.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def take(arrived: ArrivedFile) -> None:
    """Give a received file its place; the same bytes are there already or come to lie there, and nothing changes."""
    arrived.path.replace(path_of(arrived.digest))
    folder = os.open(DESK.files_folder, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
