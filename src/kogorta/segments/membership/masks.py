"""Which segments each customer is in: a bit for every slot, the bits of one customer beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bits = NDArray[np.uint8]

_BITS: Final = np.uint8(128) >> np.arange(8, dtype=np.uint8)
"""The bit of each slot in its byte."""


class Masks:
    """Bits of customers by slot. Of many customers they are read as planes: eight slots of all of them in a row of bytes.

    Example:
        >>> masks = Masks()
        >>> masks.grow(3, 9)
        >>> masks.flip(np.array([0, 2, 0]), np.array([8, 8, 0])).tolist()
        [True, True, True]
        >>> masks.members(8).tolist(), masks.members(0).tolist(), masks.flip(np.array([0]), np.array([8])).tolist()
        ([0, 2], [0], [False])
    """

    def __init__(self) -> None:
        self._bytes: Bits = np.zeros((0, 0), dtype=np.uint8)

    @property
    def nbytes(self) -> int:
        """Memory taken, bytes."""
        return self._bytes.nbytes

    @property
    def width(self) -> int:
        """Bytes of a customer."""
        return int(self._bytes.shape[1])

    def grow(self, customers: int, slots: int) -> None:
        """Room for customers and slots; new bits are not set."""
        height, width = self._bytes.shape
        wider, room = max((slots + 7) // 8 - width, 0), customers - height
        if wider or room > 0:
            higher = max(room, height // 10 + 1024) if room > 0 else 0
            self._bytes = np.pad(self._bytes, ((0, higher), (0, wider)))

    def of(self, customers: Ints) -> Bits:
        """Planes of some customers, shape (width, k)."""
        if not self.width:
            return np.zeros((0, len(customers)), dtype=np.uint8)
        return np.ascontiguousarray(self._whole().take(customers).view(np.uint8).reshape(len(customers), self.width).T)

    def flip(self, customers: Ints, slots: Ints) -> NDArray[np.bool_]:
        """Turn bits round, each of a customer and a slot, all of them different; returns whether each is set now."""
        whole, which = self._bytes.reshape(-1), slots % 8
        places = customers * self.width + slots // 8
        for number, bit in enumerate(_BITS):  # of those in one byte each has another bit
            whole[places[which == number]] ^= bit
        return np.asarray(whole.take(places) & _BITS.take(which) != 0)

    def members(self, slot: int) -> Ints:
        """Customers whose bit is set, ascending."""
        return np.flatnonzero((self._bytes[:, slot // 8] & _BITS[slot % 8]) != 0).astype(np.int64)

    def clear(self, slot: int) -> None:
        """Take everybody out of a slot."""
        self._bytes[:, slot // 8] &= ~_BITS[slot % 8]

    def add(self, slot: int, customers: Ints) -> None:
        """Put customers into a slot."""
        self._bytes[customers, slot // 8] |= _BITS[slot % 8]

    def _whole(self) -> NDArray[np.void]:
        """The bits of each customer as one piece: copied at once, not byte by byte."""
        return self._bytes.view(np.dtype((np.void, self.width))).reshape(-1)


def crossed(planes: Bits, slots: Mapping[int, NDArray[np.bool_]]) -> list[tuple[int, Ints]]:
    """Slots whose bits differ from what they should be, and for each the places among the customers where they do, ascending.

    Args:
        planes: bits of some customers.
        slots: slot -> whether each of the customers should have its bit, shape (k,).

    Example:
        >>> crossed(np.array([[128, 0]], dtype=np.uint8), {0: np.array([True, True]), 7: np.array([False, False])})
        [(0, array([1]))]
    """
    found = ((slot, ((planes[slot // 8] & _BITS[slot % 8] != 0) != truth).nonzero()[0]) for slot, truth in slots.items())
    return [(slot, places) for slot, places in found if len(places)]
