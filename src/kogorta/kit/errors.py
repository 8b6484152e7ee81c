"""Errors a person can act on: what was wrong, where, what to do.

The text of an error is English with named placeholders; `told` gives it in the reader's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kogorta.kit.language import Language


class KogortaError(ValueError):
    """Base of every error raised on purpose. Its text is one clear sentence for the user.

    Args:
        text: the sentence in English; placeholders in braces are filled from `values`.
        values: what fills the placeholders. Without any, the text is taken as it is.

    Example:
        >>> str(KogortaError("row {row} has no date", row=7))
        'row 7 has no date'
    """

    def __init__(self, text: str, /, **values: object) -> None:
        self.template = text
        self.values = values
        super().__init__(text.format(**values) if values else text)

    def told(self, language: Language) -> str:
        """The sentence in the reader's language."""
        if not self.values:
            return language.phrase(self.template)
        # an error inside an error is told in the same language
        values = {name: value.told(language) if isinstance(value, KogortaError) else value for name, value in self.values.items()}
        return language.text(self.template, **values)


class InputError(KogortaError):
    """The input cannot be used: a file, a column, a cell. The command line exits with code 2."""


class OptionError(KogortaError):
    """An argument has a value that is not allowed. The command line exits with code 2."""


class MissingExtraError(ImportError):
    """An optional dependency is not installed; the text holds the line that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed. Install it with: pip install 'kogorta[{extra}]'")
