"""Texts of a column that keeps growing: every different one has a number that never changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np


class Lexicon(Sequence[str]):
    """Different texts in comparable form, in the order they came.

    Which of them meet a comparison is remembered: only texts that are new since the last question are looked at.

    Example:
        >>> words = Lexicon(["site", "shop"])
        >>> words.code("app"), words.code("site"), words.code(None)
        (2, 0, -1)
        >>> words.places("contains", ("s",))
        [0, 1]
    """

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self._texts = list(texts)
        self._codes = {text: place for place, text in enumerate(self._texts)}
        self._answers: dict[tuple[str, tuple[str, ...]], tuple[int, list[int]]] = {}

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return self._texts[place]

    def code(self, text: str | None) -> int:
        """The number of a text, given when it is first seen; -1 for no text."""
        if text is None:
            return -1
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self._texts)
            self._texts.append(text)
        return code

    def codes(self, texts: Sequence[str | None]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """The numbers of many texts, shape (n,)."""
        return np.fromiter(map(self.code, texts), dtype=np.int32, count=len(texts))

    def places(self, op: str, asked: tuple[str, ...]) -> list[int]:
        """Numbers of the texts that contain (`contains`) or are one of (any other operator) the texts asked."""
        read, found = self._answers.get((op, asked), (0, []))
        if read < len(self._texts):
            fresh = self._texts[read:]
            if op == "contains":
                more = [read + place for place, text in enumerate(fresh) if asked[0] in text]
            else:
                more = sorted(code for text in set(asked) if (code := self._codes.get(text, -1)) >= read)
            found = [*found, *more]
            self._answers[op, asked] = len(self._texts), found
        return found
