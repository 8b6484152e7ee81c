"""Who is who: identities of the sources joined by exact keys, with evidence, and a merge can be undone.

Keys, in this order: INN with KPP; the customer's own e-mail; his own phone; a company's name together with the e-mail or phone of its
contact. Two identities with different INNs are never joined, nor are two whose names have nothing in common.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import register_mapping
from kogorta.kit.contacts import normalise_company_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    import duckdb

LARGEST_GROUP: Final = 50
"""A key on more identities than this is nobody's own: an office phone, a placeholder."""


@dataclass
class _Entity:
    entity_id: str
    kind: str
    words: frozenset[str]
    inn: str | None
    since: datetime | None


class _Groups:
    """Disjoint groups of identities; each knows its tax numbers and the evidence that built it."""

    def __init__(self, entities: dict[str, _Entity]) -> None:
        self.entities = entities
        self.parent = {key: key for key in entities}
        self.inns = {key: {item.inn} if item.inn else set() for key, item in entities.items()}
        self.evidence: dict[str, str] = {}

    def find(self, key: str) -> str:
        while self.parent[key] != key:
            self.parent[key] = self.parent[self.parent[key]]
            key = self.parent[key]
        return key

    def join(self, left: str, right: str, evidence: str) -> None:
        first, second = sorted((self.find(left), self.find(right)))
        if first == second or len(self.inns[first] | self.inns[second]) > 1:
            return
        self.parent[second] = first
        self.inns[first] |= self.inns[second]
        for key in (left, right):
            self.evidence.setdefault(key, evidence)


@dataclass(frozen=True)
class SharedKey:
    """A key that clearly different customers share; they were left apart."""

    place: int
    kind: str
    key: str
    side: str
    entities: int


def match_identities(connection: duckdb.DuckDBPyConnection, *, keys: str, scope: str = "entities") -> tuple[SharedKey, ...]:
    """Group identities into customers.

    Makes `identity_map(entity_id, customer_id)` and `new_merges(kept_id, merged_id, evidence, at)`. Of a group the identity known longest
    keeps its id, so that an id does not change when the customer buys again. The answer does not depend on the order of rows.

    Args:
        connection: it holds `entities`.
        keys: table or query with place, kind, key, side, entity_id: every identity that has one of the keys that matter.
        scope: table whose `entity_id` are grouped; whoever shares a key that joins is in it.

    Returns:
        Keys shared by customers that are clearly different, in the order they were tried.
    """
    shared = _shared_keys(connection, keys)
    involved = sorted({entity for _, _, members in shared for entity in members})
    groups = _Groups(_load(connection, involved))
    apart: list[SharedKey] = []
    for key, count, members in shared:
        known = [groups.entities[item] for item in members]
        if key.kind == "inn":
            _join_by_inn(groups, known, connection)
        elif count > LARGEST_GROUP or not _join_alike(groups, known, key.kind):
            apart.append(key)
    merged: dict[str, list[str]] = defaultdict(list)
    for entity in groups.entities:
        merged[groups.find(entity)].append(entity)
    pairs = [(kept, item, groups.evidence.get(item) or groups.evidence.get(kept, "")) for kept, item in _kept(merged, groups.entities)]
    register_mapping(
        connection,
        "merged_pairs",
        {"kept_id": [p[0] for p in pairs], "merged_id": [p[1] for p in pairs], "evidence": [p[2] for p in pairs]},
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE identity_map AS
        SELECT e.entity_id, coalesce(m.kept_id, e.entity_id) AS customer_id
        FROM {scope} e LEFT JOIN merged_pairs m ON m.merged_id = e.entity_id
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE new_merges AS
        SELECT m.kept_id, m.merged_id, m.evidence, e.seen_at AS at
        FROM merged_pairs m JOIN entities e ON e.entity_id = m.merged_id
        """
    )
    return tuple(apart)


def _shared_keys(connection: duckdb.DuckDBPyConnection, keys: str) -> list[tuple[SharedKey, int, list[str]]]:
    """Keys of more than one identity; whom a key too common to join has is not asked for."""
    rows = connection.execute(
        f"""
        WITH counted AS (
            SELECT place, kind, key, side, count(DISTINCT entity_id) AS n,
                CASE WHEN kind = 'inn' OR n <= {LARGEST_GROUP} THEN list_sort(list(DISTINCT entity_id)) ELSE [] END AS members
            FROM {keys} GROUP BY place, kind, key, side HAVING n > 1)
        SELECT * FROM counted ORDER BY place, key, side
        """
    ).fetchall()
    return [(SharedKey(place, kind, key, side, count), count, list(members)) for place, kind, key, side, count, members in rows]


def _load(connection: duckdb.DuckDBPyConnection, involved: list[str]) -> dict[str, _Entity]:
    register_mapping(connection, "involved", {"entity_id": involved})
    rows = connection.execute(
        """
        SELECT e.entity_id, e.kind, e.name, e.inn, e.created_at
        FROM entities e JOIN involved i USING (entity_id) ORDER BY e.entity_id
        """
    ).fetchall()
    return {row[0]: _Entity(row[0], row[1], _words(row[2], row[1]), row[3], row[4]) for row in rows}


def _words(name: str | None, kind: str) -> frozenset[str]:
    if not name:
        return frozenset()
    plain = normalise_company_name(name) if kind == "company" else name
    cleaned = "".join(letter if letter.isalnum() else " " for letter in plain.lower().replace("ё", "е"))
    return frozenset(word for word in cleaned.split() if len(word) > 1)


def _join_by_inn(groups: _Groups, known: list[_Entity], connection: duckdb.DuckDBPyConnection) -> None:
    """Same INN: one customer, unless KPPs tell its branches apart."""
    if len(known) < 2:
        return
    marks = ", ".join("?" for _ in known)
    kpps = dict(
        connection.execute(
            f"SELECT entity_id, kpp FROM entities WHERE entity_id IN ({marks})", [item.entity_id for item in known]
        ).fetchall()
    )
    branches = {kpp for kpp in kpps.values() if kpp}
    by_branch: dict[str | None, list[str]] = defaultdict(list)
    for item in known:
        by_branch[kpps[item.entity_id] if len(branches) > 1 else None].append(item.entity_id)
    for kpp, members in by_branch.items():
        if kpp is None and len(branches) > 1:
            continue  # which branch an identity without a KPP belongs to is not known
        for other in members[1:]:
            groups.join(members[0], other, "inn+kpp" if kpps[members[0]] and kpps[members[0]] == kpps[other] else "inn")


def _join_alike(groups: _Groups, known: list[_Entity], kind: str) -> bool:
    """Join the identities whose names agree; False when some with this key clearly differ."""
    together = True
    for place, left in enumerate(known):
        for right in known[place + 1 :]:
            if _agree(left, right, strict=kind == "contact"):
                groups.join(left.entity_id, right.entity_id, f"name+{kind}" if kind == "contact" else kind)
            elif kind != "contact":
                together = False
    return together


def _agree(left: _Entity, right: _Entity, *, strict: bool) -> bool:
    if left.inn and right.inn and left.inn != right.inn:
        return False
    if strict:
        return bool(left.words) and left.words == right.words
    if not left.words or not right.words:
        return True
    common = len(left.words & right.words)
    if left.kind == "company":
        return common * 2 >= min(len(left.words), len(right.words))
    return common > 0


def _kept(merged: dict[str, list[str]], entities: dict[str, _Entity]) -> Iterator[tuple[str, str]]:
    for members in merged.values():
        if len(members) < 2:
            continue
        ranked: Iterable[_Entity] = sorted(
            (entities[item] for item in members), key=lambda item: (item.since is None, item.since, len(item.entity_id), item.entity_id)
        )
        kept, *others = ranked
        for other in others:
            yield kept.entity_id, other.entity_id
