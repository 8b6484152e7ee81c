"""Errors a person can act on: what was wrong, where, what to do."""

from __future__ import annotations


class KogortaError(ValueError):
    """Base of every error raised on purpose. Its text is one clear sentence for the user."""


class InputError(KogortaError):
    """The input cannot be used: a file, a column, a cell. The command line exits with code 2."""


class OptionError(KogortaError):
    """An argument has a value that is not allowed. The command line exits with code 2."""


class MissingExtraError(ImportError):
    """An optional dependency is not installed; the text holds the line that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed. Install it with: pip install 'kogorta[{extra}]'")
