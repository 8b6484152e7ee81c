"""Static files under addresses that change with their bytes, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@cache
def _digest(name: str) -> str:
    path = finders.find(name)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10] if isinstance(path, str) else ""


class VersionedFiles(StaticFilesStorage):
    """Adds a digest of the file to its address; nothing has to be collected before a start."""

    def url(self, name: str | None) -> str:
        """The address of a file of the package."""
        address = super().url(name)
        digest = _digest(name or "")
        return f"{address}?v={digest}" if digest else address
