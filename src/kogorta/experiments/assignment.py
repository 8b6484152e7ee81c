"""Who gets which arm: salted hash buckets for large lists, a stratified draw for small ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.rounding import controlled_rounding
from kogorta.kit.checks import check_between
from kogorta.kit.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

BUCKETS: Final = 10_000
"""Resolution of a split: one bucket is 0.01 % of the customers."""
OUTSIDE: Final = -1
"""Code of a customer who is not in the experiment."""


def bucket(salt: str, unit: str, buckets: int = BUCKETS) -> int:
    """The bucket of one customer.

    Args:
        salt: text of this experiment; another salt gives an independent split.
        unit: customer or company id.
        buckets: number of buckets.

    Returns:
        0 .. buckets - 1: the first 8 hex digits of md5(salt + ":" + unit) as a number, modulo `buckets`.

    Example:
        >>> bucket("autumn", "42")
        5325
    """
    return int(hashlib.md5(f"{salt}:{unit}".encode(), usedforsecurity=False).hexdigest()[:8], 16) % buckets


def buckets_of(salt: str, units: Sequence[object], buckets: int = BUCKETS) -> NDArray[np.int64]:
    """The buckets of many customers; ids that are not text are written as text first."""
    return hashes_of(salt, units) % buckets


def hashes_of(salt: str, units: Sequence[object]) -> NDArray[np.int64]:
    """The 32-bit hashes behind the buckets, 0 .. 2**32 - 1."""
    start = hashlib.md5(f"{salt}:".encode(), usedforsecurity=False)

    def first_bytes(unit: object) -> bytes:
        running = start.copy()
        running.update(str(unit).encode())
        return running.digest()[:4]

    return np.frombuffer(b"".join(map(first_bytes, units)), dtype=">u4").astype(np.int64)


def bucket_sql(salt: str, column: str, buckets: int = BUCKETS) -> str:
    """The same bucket as a DuckDB expression.

    Args:
        salt: text of this experiment.
        column: name of the id column; it is quoted as an identifier.
        buckets: number of buckets.

    Returns:
        SQL of type BIGINT.

    Example:
        >>> print(bucket_sql("autumn", "customer_id"))
        (('0x' || substr(md5('autumn:' || CAST("customer_id" AS VARCHAR)), 1, 8))::BIGINT % 10000)
    """
    text, name = salt.replace("'", "''"), column.replace('"', '""')
    return f"(('0x' || substr(md5('{text}:' || CAST(\"{name}\" AS VARCHAR)), 1, 8))::BIGINT % {int(buckets)})"


@dataclass(frozen=True)
class Arms:
    """Names and shares of the arms; the order matters, because it fixes the bucket ranges.

    Args:
        weights: arm name -> weight; weights are scaled to a sum of 1, a weight of 0 is an unused arm.

    Example:
        >>> Arms.of({"A": 50, "B": 50}).shares
        (0.5, 0.5)
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Arms:
        """Check and scale the weights.

        Raises:
            OptionError: fewer than two arms, a negative weight or one that is not a number, or all weights zero.
        """
        if len(weights) < 2:
            raise OptionError(
                "arms holds {weights_count} arm; an experiment needs at least 2, for example A=50,B=50.",
                weights_count=len(weights),
            )
        for name, weight in weights.items():
            if not (np.isfinite(weight) and weight >= 0):
                raise OptionError(
                    "the weight of arm {name!r} is {weight!r}; it must be a number of at least 0.",
                    name=name,
                    weight=weight,
                )
            if not name:
                raise OptionError("an arm has an empty name; give every arm a name, for example A=50,B=50.")
        total = float(sum(weights.values()))
        if sum(weight > 0 for weight in weights.values()) < 2:
            raise OptionError("fewer than two arms have a weight above 0; give at least two, for example A=50,B=50.")
        return cls(tuple(weights), tuple(float(weight) / total for weight in weights.values()))

    def edges(self, buckets: int = BUCKETS) -> tuple[int, ...]:
        """First bucket of every arm, and the number of buckets as the last edge."""
        return (0, *(round(float(edge) * buckets) for edge in np.cumsum(self.shares)[:-1]), buckets)


@dataclass(frozen=True, eq=False)
class Assignment:
    """The arm of every customer of a list.

    Attributes:
        salt: the salt that decided.
        phase: the phase of the experiment; another number whenever the weights changed.
        units: ids as text.
        arms: arm names; `codes` point into it.
        codes: arm of each unit, `OUTSIDE` (-1) for a customer who takes no part.
        strata: stratum of each unit; empty when there are none.
    """

    salt: str
    phase: int
    units: tuple[str, ...]
    arms: tuple[str, ...]
    codes: NDArray[np.int64]
    strata: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.units)

    def arm_names(self) -> list[str | None]:
        """The arm of each unit, in the order of `units`; `None` outside the experiment."""
        return [None if code == OUTSIDE else self.arms[code] for code in self.codes.tolist()]

    def counts(self) -> dict[str, int]:
        """Customers per arm, in the order of the arms."""
        return {name: int(np.count_nonzero(self.codes == code)) for code, name in enumerate(self.arms)}

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        rows = [{"id": unit, "arm": arm} for unit, arm in zip(self.units, self.arm_names(), strict=True)]
        return {"salt": self.salt, "phase": self.phase, "counts": self.counts(), "assignment": rows}


@dataclass(frozen=True)
class HashSplit:
    """A split by hash: each customer's arm depends on the salt and the id alone.

    Two independent hashes decide: one whether the customer takes part (coverage), one which arm. Growing the coverage
    therefore moves nobody from one arm to another, and other weights are another phase with another salt.

    Args:
        salt: text of this experiment; never use one twice.
        arms: names and shares.
        coverage: share of customers who take part, 0-1.
        phase: 1 at the start; `reweigh` gives the next one.

    Example:
        >>> split = HashSplit("autumn", Arms.of({"A": 50, "B": 50}))
        >>> split.assign(["1", "2", "3"]).arm_names()
        ['A', 'A', 'A']

    Source: bucket tables frozen at the start, as A/B platforms use them (Kohavi, Tang, Xu, 2020, ch. 4).
    """

    salt: str
    arms: Arms
    coverage: float = 1.0
    phase: int = 1

    def __post_init__(self) -> None:
        if not self.salt:
            raise OptionError("salt is empty; give the experiment a text of its own, for example its name and date.")
        check_between("coverage", self.coverage, 0, 1)

    @property
    def split_salt(self) -> str:
        """The salt of the arm hash: the experiment's own in phase 1, with the phase number later."""
        return self.salt if self.phase == 1 else f"{self.salt}#{self.phase}"

    @property
    def traffic_salt(self) -> str:
        """The salt of the coverage hash, the same in all phases."""
        return f"{self.salt}/traffic"

    def assign(self, units: Sequence[object]) -> Assignment:
        """The arms of these customers, in the order given.

        Raises:
            InputError: an id is missing or occurs twice.
        """
        ids = checked_units(units)
        edges = np.asarray(self.arms.edges())
        # side="right" sends a bucket that equals an edge to the arm that starts there, past arms of no width
        codes = np.searchsorted(edges[1:], buckets_of(self.split_salt, ids), side="right").astype(np.int64)
        if self.coverage < 1:
            codes[buckets_of(self.traffic_salt, ids) >= round(self.coverage * BUCKETS)] = OUTSIDE
        return Assignment(self.salt, self.phase, ids, self.arms.names, codes)

    def sql(self, column: str) -> str:
        """The same arm as a DuckDB expression over an id column; NULL outside the experiment."""
        where = bucket_sql(self.split_salt, column)
        quoted = [name.replace("'", "''") for name in self.arms.names]
        # the engine evaluates the repeated bucket once per row
        cases = [f"WHEN {where} < {edge} THEN '{name}'" for edge, name in zip(self.arms.edges()[1:-1], quoted, strict=False)]
        if self.coverage < 1:
            outside = f"WHEN {bucket_sql(self.traffic_salt, column)} >= {round(self.coverage * BUCKETS)} THEN NULL"
            cases.insert(0, outside)
        return f"CASE {' '.join(cases)} ELSE '{quoted[-1]}' END"

    def grow(self, coverage: float) -> HashSplit:
        """The same split over more customers; whoever was in stays in the same arm.

        Raises:
            OptionError: the coverage is lower than before.
        """
        if coverage < self.coverage:
            raise OptionError(
                "coverage is {coverage!r}, but {reached!r} of the customers are already in; it can only grow. To stop "
                "the experiment, close it instead.",
                coverage=coverage,
                reached=self.coverage,
            )
        return replace(self, coverage=coverage)

    def reweigh(self, arms: Arms) -> HashSplit:
        """The next phase with other weights: customers are drawn anew, phases are analysed apart and then pooled."""
        return self if arms == self.arms else replace(self, arms=arms, phase=self.phase + 1)


@dataclass(frozen=True)
class BlockedDraw:
    """A draw for a small list: every arm gets its exact size, and within every stratum it is off by less than one.

    It depends on the salt, the ids and the strata, not on the order of rows. Unlike a hash split it depends on who else
    is in the list, so store the result and never draw a second time for a longer list.

    Args:
        salt: text of this draw.
        arms: names and shares.

    Example:
        >>> draw = BlockedDraw("wave-1", Arms.of({"treated": 70, "control": 17}))
        >>> draw.assign([str(number) for number in range(87)]).counts()
        {'treated': 70, 'control': 17}

    Source: stratified permuted-block randomisation (Pocock, Clinical Trials, 1983, ch. 5).
    """

    salt: str
    arms: Arms

    def assign(self, units: Sequence[object], strata: Sequence[object] | None = None) -> Assignment:
        """Draw the arms.

        Args:
            units: ids, each once.
            strata: what must be balanced, one value per unit, for example an RFM code; `None` = one stratum.

        Returns:
            The arms in the order of `units`.

        Raises:
            InputError: an id is missing or occurs twice, or the lengths differ.
        """
        ids = checked_units(units)
        labels = ("",) * len(ids) if strata is None else tuple(str(value) for value in strata)
        if len(labels) != len(ids):
            raise InputError(
                "strata has {labels_count} values and units {ids_count}; give one stratum per customer.",
                labels_count=len(labels),
                ids_count=len(ids),
            )
        members: dict[str, list[int]] = {}
        # the full digest orders the units; equal digests cannot occur for different ids in practice
        for row in sorted(range(len(ids)), key=lambda row: (_digest(self.salt, ids[row]), ids[row])):
            members.setdefault(labels[row], []).append(row)
        seats = self._seats({label: len(rows) for label, rows in members.items()})
        codes = np.empty(len(ids), dtype=np.int64)
        for label, rows in members.items():
            codes[rows] = np.repeat(np.arange(len(self.arms.names)), seats[label])
        return Assignment(self.salt, 1, ids, self.arms.names, codes, labels if strata is not None else ())

    def _seats(self, sizes: Mapping[str, int]) -> dict[str, list[int]]:
        """Units of each stratum per arm: the expected sizes, rounded at random with the right chances."""
        labels = sorted(sizes)
        table = [[share * sizes[label] for share in self.arms.shares] for label in labels]
        chances = (int(_digest(f"{self.salt}/round", str(step))[:13], 16) / 16**13 for step in count())
        return dict(zip(labels, controlled_rounding(table, chances), strict=True))


def checked_units(units: Sequence[object]) -> tuple[str, ...]:
    """Ids as text.

    Raises:
        InputError: an id is missing or occurs twice.
    """
    ids = tuple(unit if isinstance(unit, str) else _id_text(unit) for unit in units)
    if len(set(ids)) != len(ids):
        seen: set[str] = set()
        twice = next(unit for unit in ids if unit in seen or seen.add(unit))  # type: ignore[func-returns-value]
        raise InputError(
            "id {twice!r} occurs more than once; keep one row per customer before the draw.",
            twice=twice,
        )
    if "" in ids:
        raise InputError("a row has an empty id; every customer needs an id before the draw.")
    return ids


def _id_text(unit: object) -> str:
    if unit is None or unit != unit:  # NaN is the one value that differs from itself
        return ""
    return str(unit)


def _digest(salt: str, text: str) -> str:
    return hashlib.md5(f"{salt}:{text}".encode(), usedforsecurity=False).hexdigest()
