"""VIP: the customers of highest value, by a threshold that is fitted once and then frozen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kogorta.kit.checks import check_between
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from kogorta.value.summary import IntArray


@dataclass(frozen=True)
class FittedVip:
    """A frozen threshold: a customer is VIP from this value on, whoever else buys.

    Attributes:
        threshold_: value in minor units.
        share_: share of customers at or above it when it was fitted.
        currency: ISO code of the threshold.
    """

    threshold_: int
    share_: float
    currency: str

    def assign(self, clv: IntArray) -> npt.NDArray[np.bool_]:
        """Whether each customer is VIP, shape (n,)."""
        return np.asarray(clv) >= self.threshold_

    def to_json(self) -> str:
        """The rule as one JSON document."""
        return json.dumps({"rule": "vip", "threshold": self.threshold_, "share": self.share_, "currency": self.currency})

    @classmethod
    def from_json(cls, text: str) -> FittedVip:
        """Read back what `to_json` wrote.

        Raises:
            InputError: the text is not a VIP rule.
        """
        try:
            document = json.loads(text)
            return cls(int(document["threshold"]), float(document["share"]), str(document["currency"]))
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise InputError(
                "the text is not a VIP rule ({error}); pass what to_json() wrote.",
                error=error,
            ) from error


@dataclass(frozen=True)
class Vip:
    """How many customers are VIP when the threshold is fitted.

    Args:
        share: share of customers, 0-1; customers of equal value are never split.

    Example:
        >>> rule = Vip(share=0.25).fit(np.array([100, 900, 300, 200]))
        >>> rule.threshold_, rule.assign(np.array([899, 900, 1200])).tolist()
        (900, [False, True, True])
    """

    share: float = 0.05

    def __post_init__(self) -> None:
        check_between("share", self.share, 0.0001, 1.0)

    def fit(self, clv: IntArray, currency: str = "RUB") -> FittedVip:
        """Freeze the value that the top `share` of customers reach.

        Raises:
            InputError: no customer has a value above zero.
        """
        values = np.sort(np.asarray(clv))[::-1]
        if values.size == 0 or values[0] <= 0:
            raise InputError("no customer has a value above zero, so none can be a VIP; forecast the value first.")
        place = max(1, int(np.floor(self.share * values.size)))
        threshold = int(max(values[place - 1], 1))
        return FittedVip(threshold, float(np.mean(values >= threshold)), currency)
