"""What happened, as arrays: cards of customers, orders with their lines, events, merges. The form a tick takes it in.

Customers, orders and events are numbered 0, 1, 2, ... by whoever keeps them (a primary key does). Orders stand net of refunds: a fully
refunded order, an order that was not won, a deleted event come with no rows. Money is in minor units of the company's currency, moments are
microseconds since 1970 in UTC, days are days since 1970 in the company's zone, quantities and values whole thousandths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kogorta.segments.rules.fields import Grain

Kinds = Mapping[str, np.dtype[np.generic]]

_DAY, _CODE, _LONG, _FLAG, _REAL = (np.dtype(kind) for kind in (np.int32, np.int32, np.int64, np.bool_, np.float64))

ROW_KINDS: Final[Mapping[Grain, Kinds]] = {
    "orders": {
        "day": _DAY, "moment": _LONG, "is_order": _FLAG, "amount": _LONG, "discount": _LONG, "channel": _CODE, "manager": _CODE,
        "pipeline": _CODE,
    },
    "lines": {
        "day": _DAY, "is_order": _FLAG, "amount": _LONG, "discount": _LONG, "quantity": _LONG, "category": _CODE, "product": _CODE,
        "product_id": _CODE, "channel": _CODE, "manager": _CODE, "pipeline": _CODE,
    },
    "events": {
        "day": _DAY, "moment": _LONG, "type": _CODE, "source": _CODE, "campaign": _CODE, "channel": _CODE, "page": _CODE, "category": _CODE,
        "product": _CODE, "product_id": _CODE, "value": _LONG, "has_value": _FLAG,
    },
    "attributes": {"day": _DAY, "key": _CODE, "text": _CODE, "number": _REAL, "has_number": _FLAG},
    "transitions": {"day": _DAY, "segment": _CODE, "way": _CODE},
}  # fmt: skip
"""Columns of rows; codes of texts are numbers of a `Lexicon`. The record of attributes is the customer himself."""


@dataclass(frozen=True, eq=False)
class RowChanges:
    """New rows of records of one grain.

    Args:
        records: shape (k,), different record numbers.
        counts: shape (k,), how many rows each has now; 0 deletes it.
        owners: shape (k,), the customer each belongs to.
        columns: rows one record after another, as `ROW_KINDS` says.
        events: shape (k,), sequence number of what happened, for the reason of a transition.
    """

    records: NDArray[np.int64]
    counts: NDArray[np.int64]
    owners: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.generic]]
    events: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CardChanges:
    """New fields of customers; a customer number not seen before is a new customer.

    Args:
        customers: shape (k,), different numbers.
        ids: their ids, for random shares.
        numbers: field -> (values, known), shape (k,) each.
        texts: field -> codes, shape (k,), -1 where missing.
        events: shape (k,), sequence number of what happened.
    """

    customers: NDArray[np.int64]
    ids: tuple[str, ...]
    numbers: Mapping[str, tuple[NDArray[np.generic], NDArray[np.bool_]]]
    texts: Mapping[str, NDArray[np.int32]]
    events: NDArray[np.int64]


@dataclass(frozen=True)
class Merge:
    """Two cards became one, or one became two again.

    Args:
        merged: the card that is no customer of its own (any more, or again).
        kept: the customer it belongs to now; itself when it is one again.
        event: sequence number of what happened.
    """

    merged: int
    kept: int
    event: int


@dataclass(frozen=True, eq=False)
class Changes:
    """Everything that happened since the last tick; later changes of a record have replaced earlier ones.

    Args:
        cards: cards of customers, or None.
        rows: rows by grain.
        merges: merges and splits in the order they happened.
    """

    cards: CardChanges | None = None
    rows: Mapping[Grain, RowChanges] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()


NOTHING: Final = Changes()
