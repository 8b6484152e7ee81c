"""Many comparisons at once: adjusted p values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values that keep the chance of any false finding at the level; for a few planned comparisons.

    Raises:
        InputError: a p value is outside 0-1.

    Example:
        >>> [round(p, 4) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]

    Source: Holm (1979), Scandinavian Journal of Statistics 6.
    """
    values, order = _checked(p_values)
    count = len(values)
    scaled = np.maximum.accumulate(values[order] * (count - np.arange(count)))
    return _back(scaled, order)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values that keep the share of false findings among findings; for drill-downs by segment.

    Raises:
        InputError: a p value is outside 0-1.

    Example:
        >>> [round(p, 4) for p in benjamini_hochberg([0.118, 0.0211, 0.0213, 0.00218])]
        [0.118, 0.0284, 0.0284, 0.0087]

    Source: Benjamini and Hochberg (1995), J. Royal Stat. Soc. B 57.
    """
    return _step_up(p_values, 1.0)


def benjamini_yekutieli(p_values: Sequence[float]) -> list[float]:
    """As `benjamini_hochberg`, for comparisons that depend on each other in any way.

    Example:
        >>> [round(p, 4) for p in benjamini_yekutieli([0.118, 0.0211, 0.0213, 0.00218])]
        [0.2458, 0.0592, 0.0592, 0.0182]

    Source: Benjamini and Yekutieli (2001), Annals of Statistics 29.
    """
    return _step_up(p_values, float(sum(1 / place for place in range(1, len(p_values) + 1))))


def _step_up(p_values: Sequence[float], factor: float) -> list[float]:
    values, order = _checked(p_values)
    count = len(values)
    scaled = values[order] * factor * count / np.arange(1, count + 1)
    return _back(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _checked(p_values: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    values = np.asarray(p_values, dtype=np.float64)
    bad = ~((values >= 0) & (values <= 1))
    if bad.any():
        raise InputError(
            "p value number {place} is {value!r}; it must be between 0 and 1.",
            place=int(np.argmax(bad)) + 1,
            value=float(values[bad][0]),
        )
    return values, np.argsort(values, kind="stable")


def _back(adjusted: NDArray[np.float64], order: NDArray[np.intp]) -> list[float]:
    found = np.empty(len(order))
    found[order] = np.minimum(adjusted, 1.0)
    return [float(value) for value in found]
