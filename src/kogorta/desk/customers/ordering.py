"""Values that customers are ordered by, kept as arrays by the web process, and the choice of one page of any number of them.

An array has a value for each number (`customer_no`) and is loaded when a list asks for its order first; numbers are in the order of ids.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from kogorta.desk.bases.snapshots import Snapshot


@dataclass(frozen=True)
class Sort:
    """An order of the list: SQL of our own that is never NULL, its type, and whether the largest comes first at once."""

    sql: str
    kind: str
    down: bool


SORTS: Final[Mapping[str, Sort]] = {
    "revenue": Sort("c.monetary", "BIGINT", down=True),
    "orders": Sort("c.frequency", "BIGINT", down=True),
    "check": Sort("coalesce(c.average_check, -1)", "BIGINT", down=True),
    "last": Sort("coalesce(c.last_order_on, DATE '0001-01-01')", "DATE", down=True),
    "name": Sort("c.name_place", "BIGINT", down=False),
}
FIRST_DAY: Final = "DATE '1970-01-01'"
_lock = threading.Lock()
_held: dict[tuple[Path, str], NDArray[np.int64]] = {}


def values_of(snapshot: Snapshot, name: str) -> NDArray[np.int64]:
    """The value of each customer in an order of `SORTS`; days are counted from 1970."""
    with _lock:
        if (snapshot.folder, name) in _held:
            return _held[snapshot.folder, name]
    sort = SORTS[name]
    value = f"CAST({sort.sql} - {FIRST_DAY} AS BIGINT)" if sort.kind == "DATE" else sort.sql
    found = snapshot.cursor().execute(f"SELECT {value} AS v FROM customers c ORDER BY c.customer_no").fetchnumpy()["v"]
    values = np.asarray(found, dtype=np.int64)
    with _lock:
        for key in [key for key in _held if key[0] != snapshot.folder]:
            del _held[key]
        _held[snapshot.folder, name] = values
    return values


@dataclass(frozen=True)
class Edge:
    """The row a page begins beyond.

    Args:
        value: its value in the order.
        number: rows of that value are beyond it whose numbers are greater than this; smaller, where the page is one before.
    """

    value: int
    number: int


def choose(values: NDArray[np.int64], numbers: NDArray[np.int64], edge: Edge | None, size: int, *, down: bool, back: bool) -> list[int]:
    """The first numbers in an order, ties by number.

    Args:
        values: by number.
        numbers: of whom, ascending.
        edge: only those beyond it.
        size: most of them.
        down: largest value first.
        back: ties from the greatest number down: the order of a page before.
    """
    found = values if len(numbers) == len(values) else values[numbers]
    if edge is not None:
        kept = found < edge.value if down else found > edge.value
        kept |= (found == edge.value) & (numbers < edge.number if back else numbers > edge.number)
        found, numbers = found[kept], numbers[kept]
    signed = -found if down else found
    if len(signed) > size:
        last = np.partition(signed, size - 1)[size - 1]
        ahead, equal = np.flatnonzero(signed < last), np.flatnonzero(signed == last)
        left = size - len(ahead)
        places = np.concatenate([ahead, equal[-left:] if back else equal[:left]])
        signed, numbers = signed[places], numbers[places]
    chosen: list[int] = numbers[np.lexsort((-numbers if back else numbers, signed))].tolist()
    return chosen
