"""Cursors: the place a page ends at, as one word that means nothing to the one who sends it back."""

from __future__ import annotations

import base64
import json

from kogorta.desk.errors import DeskError
from kogorta.kit.language import message

_NOT_OURS = message("The cursor does not belong to this list. Take next_cursor of the page before, and keep the filters and the order.")


class BadCursorError(DeskError):
    """A cursor that was not given by the list it is sent to."""

    code = "bad_cursor"

    def __init__(self) -> None:
        super().__init__(_NOT_OURS)


def cursor_of(kind: str, *key: object) -> str:
    """The cursor of a key.

    Args:
        kind: list and order the key belongs to.
        key: values that place a row.
    """
    text = json.dumps([kind, *key], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def key_of(cursor: str, kind: str, *kinds: type) -> tuple[object, ...]:
    """The key a cursor stands for.

    Args:
        cursor: as it was given.
        kind: list and order it must belong to.
        kinds: types of the values.

    Raises:
        BadCursorError: it is none of this list.
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        is_ours = isinstance(found, list) and found[:1] == [kind] and [type(value) for value in found[1:]] == list(kinds)
        if is_ours and not any(_is_odd(value) for value in found[1:]):
            return tuple(found[1:])
    except (ValueError, RecursionError):
        pass
    raise BadCursorError


def _is_odd(value: object) -> bool:
    """Whether no database would take it."""
    return abs(value) >= 2**63 if isinstance(value, int) else isinstance(value, str) and ("\x00" in value or not value.isprintable())
