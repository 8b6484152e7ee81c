"""Which segments each customer is in: a bit for every slot, the bits of one customer beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bits = NDArray[np.uint8]


class Masks:
    """Bits of customers by slot. Of many customers they are handed about as planes: eight slots of all of them in a row of bytes.

    Example:
        >>> masks = Masks()
        >>> masks.grow(3, 9)
        >>> masks.put(np.array([0, 2]), planes([(8, np.array([True, True])), (0, np.array([True, False]))], 2, 2))
        >>> masks.members(8).tolist(), masks.members(0).tolist()
        ([0, 2], [0])
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

    def put(self, customers: Ints, planes: Bits) -> None:
        """Set all bits of some customers."""
        if self.width:
            self._whole()[customers] = np.ascontiguousarray(planes.T).view(self._whole().dtype).reshape(-1)

    def members(self, slot: int) -> Ints:
        """Customers whose bit is set, ascending."""
        return np.flatnonzero((self._bytes[:, slot // 8] & _bit(slot)) != 0).astype(np.int64)

    def clear(self, slot: int) -> None:
        """Take everybody out of a slot."""
        self._bytes[:, slot // 8] &= np.uint8(0xFF ^ _bit(slot))

    def add(self, slot: int, customers: Ints) -> None:
        """Put customers into a slot."""
        self._bytes[customers, slot // 8] |= np.uint8(_bit(slot))

    def _whole(self) -> NDArray[np.void]:
        """The bits of each customer as one piece: copied at once, not byte by byte."""
        return self._bytes.view(np.dtype((np.void, self.width))).reshape(-1)


def planes(truths: Iterable[tuple[int, NDArray[np.bool_]]], width: int, customers: int) -> Bits:
    """Planes of the answers of slots.

    Args:
        truths: slot and answer for each customer, shape (customers,).
        width: bytes of a customer.
        customers: how many.
    """
    found, shifted = np.zeros((width, customers), dtype=np.uint8), np.empty(customers, dtype=np.uint8)
    for slot, truth in truths:
        np.left_shift(truth.view(np.uint8), np.uint8(7 - slot % 8), out=shifted)
        np.bitwise_or(found[slot // 8], shifted, out=found[slot // 8])
    return found


def places_by_slot(found: Bits) -> list[tuple[int, Ints]]:
    """Slots with set bits, ascending, and for each the places among the customers whose bit is set, ascending.

    Example:
        >>> places_by_slot(planes([(9, np.array([False, True])), (2, np.array([True, True]))], 2, 2))
        [(2, array([0, 1])), (9, array([1]))]
    """
    slots: list[tuple[int, Ints]] = []
    for byte, plane in enumerate(found):
        some = np.flatnonzero(plane != 0)
        if len(some):
            bits = np.unpackbits(plane.take(some)[np.newaxis], axis=0).view(np.bool_)
            places = ((8 * byte + bit, some[bits[bit]]) for bit in range(8))
            slots += [(slot, at) for slot, at in places if len(at)]
    return slots


def is_set(found: Bits, slot: int, places: Ints) -> NDArray[np.bool_]:
    """Whether the bit of a slot is set, for some customers of planes."""
    return np.asarray(found[slot // 8].take(places) & np.uint8(_bit(slot)) != 0)


def _bit(slot: int) -> int:
    """The bit of a slot in its byte."""
    return 1 << (7 - slot % 8)
