"""Rooms that keep ids of customers say how they forget one; the erasure of a person asks each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Forget = Callable[[frozenset[str], str], None]

FORGET: Final[dict[str, Forget]] = {}


def forgets(room: str) -> Callable[[Forget], Forget]:
    """Make a function what a room does when a person is erased; it may be called twice.

    It is given all ids of the person, and the id of the nameless customer whose the orders are from now on; it stands in `handlers.py`.
    """

    def register(forget: Forget) -> Forget:
        FORGET[room] = forget
        return forget

    return register
