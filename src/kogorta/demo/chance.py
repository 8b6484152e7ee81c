"""Random streams: one per purpose, so that a change in one part of the demo leaves the others as they were."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")


def stream(seed: int, purpose: str) -> Random:
    """A stream that depends on the seed and the purpose only, and is the same on every machine."""
    return Random(f"{seed}:{purpose}")  # noqa: S311 - not for secrets


def weighted(rng: Random, pairs: Sequence[tuple[Item, int]]) -> Item:
    """One item, with the probability of its weight."""
    return rng.choices([item for item, _ in pairs], [weight for _, weight in pairs])[0]


def quotas(total: int, weights: Sequence[int]) -> list[int]:
    """`total` split in proportion to `weights` by largest remainders; ties go to the earlier one.

    Example:
        >>> quotas(10, [1, 1, 1])
        [4, 3, 3]
    """
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return shares
