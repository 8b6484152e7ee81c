"""Who is who: identities of the sources joined by exact keys, with evidence, and a merge can be undone.

Keys, in this order: INN with KPP; the customer's own e-mail; his own phone; a company's name together with the e-mail or phone of its
contact. Two identities with different INNs are never joined, nor are two whose names have nothing in common. Then come the pairs that
the model of likely duplicates or a person decided on (`matches`); a pair told «different» is never joined, whatever its keys.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.base.matching.clusters import NO_MARKS, Marks
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
    marks: Marks = NO_MARKS


class _Groups:
    """Disjoint groups of identities; each knows what it cannot differ in, whom it is not, and the evidence that built it."""

    def __init__(self, entities: dict[str, _Entity], apart: Iterable[tuple[str, str]] = ()) -> None:
        self.entities = entities
        self.marks = {key: item.marks for key, item in entities.items()}
        self.told = {key: {key} for pair in apart for key in pair}
        self.others: dict[str, set[str]] = defaultdict(set)
        for left, right in apart:
            self.others[left].add(right)
            self.others[right].add(left)
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
        if self.others.get(first, set()) & self.told.get(second, set()):
            return
        self.parent[second] = first
        self.inns[first] |= self.inns[second]
        self.marks[first] = self.marks[first].joined(self.marks[second])
        if second in self.told or second in self.others:
            self.told.setdefault(first, set()).update(self.told.pop(second, set()))
            self.others[first] |= self.others.pop(second, set())
        for key in (left, right):
            self.evidence.setdefault(key, evidence)

    def contradict(self, left: str, right: str) -> bool:
        """The groups of two identities differ in INN, KPP or birth date."""
        return self.marks[self.find(left)].contradict(self.marks[self.find(right)])


@dataclass(frozen=True)
class SharedKey:
    """A key that clearly different customers share; they were left apart."""

    place: int
    kind: str
    key: str
    side: str
    entities: int


def match_identities(
    connection: duckdb.DuckDBPyConnection, *, keys: str, scope: str = "entities", exact_only: bool = False
) -> tuple[SharedKey, ...]:
    """Group identities into customers.

    Makes `identity_map(entity_id, customer_id)` and `new_merges(kept_id, merged_id, evidence, at)`. Of a group the identity known longest
    keeps its id, so that an id does not change when the customer buys again. The answer does not depend on the order of rows.

    Args:
        connection: it holds `entities` and `matches`.
        keys: table or query with place, kind, key, side, entity_id: every identity that has one of the keys that matter.
        scope: table whose `entity_id` are grouped; whoever shares a key that joins is in it, and whoever was decided to be the same.
        exact_only: leave out the likely pairs of `matches`.

    Returns:
        Keys shared by customers that are clearly different, in the order they were tried.
    """
    shared = _shared_keys(connection, keys)
    decided = connection.execute(
        f"""SELECT left_id, right_id, verdict, decided_by, probability FROM matches
        SEMI JOIN (SELECT entity_id AS left_id FROM {scope}) l USING (left_id)
        SEMI JOIN (SELECT entity_id AS right_id FROM {scope}) r USING (right_id)
        ORDER BY decided_by DESC, probability DESC, left_id, right_id"""
    ).fetchall()
    involved = sorted({*(entity for _, _, members in shared for entity in members), *(row[place] for row in decided for place in (0, 1))})
    groups = _Groups(_load(connection, involved), [(row[0], row[1]) for row in decided if row[2] == "different"])
    decided = [row for row in decided if row[0] in groups.entities and row[1] in groups.entities]
    apart: list[SharedKey] = []
    for key, count, members in shared:
        known = [groups.entities[item] for item in members]
        if key.kind == "inn":
            _join_by_inn(groups, known, connection)
        elif count > LARGEST_GROUP or not _join_alike(groups, known, key.kind):
            apart.append(key)
    likely = {} if exact_only else _join_likely(groups, [row for row in decided if row[2] == "same"])
    merged: dict[str, list[str]] = defaultdict(list)
    for entity in groups.entities:
        merged[groups.find(entity)].append(entity)
    pairs = [
        (kept, item, likely.get(item) or groups.evidence.get(item) or groups.evidence.get(kept, ""))
        for kept, item in _kept(merged, groups.entities)
    ]
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
        SELECT e.entity_id, e.kind, e.name, e.inn, e.created_at, e.kpp, CAST(e.birth_on AS VARCHAR)
        FROM entities e JOIN involved i USING (entity_id) ORDER BY e.entity_id
        """
    ).fetchall()
    return {
        key: _Entity(
            key, kind, _words(name, kind), inn, since, Marks(*(frozenset((value,)) if value else frozenset() for value in (inn, kpp, born)))
        )
        for key, kind, name, inn, since, kpp, born in rows
    }


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


def _join_likely(groups: _Groups, decided: list[tuple[str, str, str, str, float]]) -> dict[str, str]:
    """Join decided pairs, a person's first; returns the evidence by the card that leads each exact group that was joined."""
    before: dict[str, list[str]] = defaultdict(list)
    for entity in groups.entities:
        before[groups.find(entity)].append(entity)
    leader = {item: min(members, key=lambda key: _rank(groups.entities[key])) for members in before.values() for item in members}
    found: dict[str, str] = {}
    for left, right, _, by, probability in decided:
        if groups.find(left) != groups.find(right) and not groups.contradict(left, right):
            evidence = "confirmed" if by == "person" else f"likely {probability:.4f}"
            groups.join(left, right, evidence)
            for side in (left, right):
                found.setdefault(leader[side], evidence)
    return found


def _rank(item: _Entity) -> tuple[bool, datetime | None, int, str]:
    return (item.since is None, item.since, len(item.entity_id), item.entity_id)


def _kept(merged: dict[str, list[str]], entities: dict[str, _Entity]) -> Iterator[tuple[str, str]]:
    for members in merged.values():
        if len(members) < 2:
            continue
        ranked: Iterable[_Entity] = sorted((entities[item] for item in members), key=_rank)
        kept, *others = ranked
        for other in others:
            yield kept.entity_id, other.entity_id
