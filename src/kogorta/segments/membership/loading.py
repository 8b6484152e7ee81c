"""A prepared base taken in whole: the tables rules read in SQL, as the arrays a tick takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kogorta.segments.membership.changes import ROW_KINDS, CardChanges, Changes, RowChanges
from kogorta.segments.membership.derived import DERIVED
from kogorta.segments.rules.fields import FIELDS, family
from kogorta.segments.rules.snapshot import COMPUTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kogorta.segments.membership.population import Population
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.snapshot import Snapshot

    Ints = NDArray[np.int64]

_ORDER: Mapping[str, str] = {
    "orders": "customer_no, day, moment",
    "lines": "order_no",
    "events": "customer_no, day, moment",
    "attributes": "customer_no, key, text",
}


class BaseTables:
    """The tables of a prepared base, read for a population.

    Args:
        snapshot: prepared tables, rows up to their day.
        population: whose texts are numbered.
    """

    def __init__(self, snapshot: Snapshot, population: Population) -> None:
        self._snapshot, self._population = snapshot, population
        self._connection = snapshot.connection

    def ids(self) -> list[str]:
        """Ids of the customers in the order of `customer_no`."""
        query = f"SELECT customer_id FROM {self._snapshot.customers} ORDER BY customer_no"
        return [str(found) for (found,) in self._connection.execute(query).fetchall()]

    def changes(self, ids: Sequence[str], numbers: Ints) -> Changes:
        """Everything the tables hold; records of orders, lines and events are numbered 0, 1, ... anew.

        Args:
            ids: as `ids` gave them.
            numbers: shape (len(ids),), the number of each customer.
        """
        cards = self._cards(ids, numbers)
        names: tuple[Grain, ...] = ("orders", "lines", "events", "attributes")
        return Changes(cards, {grain: self.rows(grain, numbers) for grain in names})

    def _cards(self, ids: Sequence[str], numbers: Ints) -> CardChanges:
        held = [name for name in FIELDS if name not in DERIVED and name not in COMPUTED]
        texts = [name for name in held if family(FIELDS[name].kind) != "number"]
        codes: dict[str, NDArray[np.int32]] = {}
        for name in texts:
            found = self._coded(self._snapshot.customers, "customers", {name: f"{name}_key"}, "customer_no", ())
            codes[name] = found[name].astype(np.int32)
        plain = [name for name in held if name not in texts]
        query = f"SELECT {', '.join(plain)} FROM {self._snapshot.customers} ORDER BY customer_no"
        values: dict[str, tuple[NDArray[np.generic], NDArray[np.bool_]]] = {}
        for name, array in self._connection.execute(query).fetchnumpy().items():
            values[name] = _known(array)
        return CardChanges(numbers, tuple(ids), values, codes, np.full(len(ids), -1, dtype=np.int64))

    def rows(self, grain: Grain, numbers: Ints) -> RowChanges:
        """Rows of one grain."""
        table = self._snapshot.tables[grain]
        texts = [name for name in ROW_KINDS[grain] if (grain, name) in self._population.texts]
        plain = [name for name in ROW_KINDS[grain] if name not in texts and not name.startswith("has_") and name != "day"]
        day = "0 AS day" if grain == "attributes" else "day"
        selected = ["customer_no", day, *plain, *(["order_no"] if grain == "lines" else [])]
        columns: dict[str, NDArray[np.generic]] = {}
        whole = self._coded(table, grain, {name: name for name in texts}, _ORDER[grain], tuple(selected))
        owner = numbers[np.asarray(whole.pop("customer_no"), dtype=np.int64)]
        order = whole.pop("order_no", None)
        for name, array in whole.items():
            if name in texts:
                columns[name] = np.asarray(array, dtype=np.int32)
                continue
            values, known = _known(array)
            columns[name] = values.astype(ROW_KINDS[grain][name])
            if f"has_{name}" in ROW_KINDS[grain]:
                columns[f"has_{name}"] = known
        if grain in ("orders", "events"):
            records, counts = np.arange(len(owner)), np.ones(len(owner), dtype=np.int64)
        else:
            key = owner if order is None else np.asarray(order, dtype=np.int64) - 1
            first = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.empty(0, dtype=np.int64)
            records, owner = key[first], owner[first]
            counts = np.diff(np.append(first, len(key)))
        return RowChanges(records, counts, owner, columns, np.full(len(records), -1, dtype=np.int64))

    def _coded(
        self, table: str, grain: str, texts: Mapping[str, str], order: str, plain: tuple[str, ...]
    ) -> dict[str, NDArray[np.generic] | np.ma.MaskedArray[tuple[int], np.dtype[np.generic]]]:
        """Columns of a table, texts as codes of the population's lexicons."""
        joins, selected = [], [name if " AS " in name else f"t.{name}" for name in plain]
        for name, column in texts.items():
            lexicon = self._population.lexicon(grain, name)
            different = self._connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1").fetchall()
            words = np.array([text for (text,) in different], dtype=object)
            self._connection.register(f"words_{name}", {"text": words, "code": lexicon.codes(words.tolist())})
            joins.append(f"LEFT JOIN words_{name} ON words_{name}.text = t.{column}")
            selected.append(f"coalesce(words_{name}.code, -1) AS {name}")
        by = ", ".join(f"t.{part}" for part in order.split(", "))
        query = f"SELECT {', '.join(selected)} FROM {table} t {' '.join(joins)} ORDER BY {by}"
        found = dict(self._connection.execute(query).fetchnumpy())
        for name in texts:
            self._connection.unregister(f"words_{name}")
        return found


def _known(
    array: NDArray[np.generic] | np.ma.MaskedArray[tuple[int], np.dtype[np.generic]],
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Values with days as numbers, and which of them there are."""
    known = ~np.ma.getmaskarray(array) if isinstance(array, np.ma.MaskedArray) else np.ones(len(array), dtype=np.bool_)
    plain = array.data if isinstance(array, np.ma.MaskedArray) else np.asarray(array)
    if plain.dtype.kind == "M":
        plain = plain.astype("M8[D]").astype(np.int64)
    values = np.where(known, plain, np.zeros(1, dtype=plain.dtype))
    return (values.astype(np.float64) if values.dtype.kind == "f" else values.astype(np.int64)), known
