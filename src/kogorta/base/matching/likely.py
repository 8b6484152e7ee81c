"""Likely duplicates of a base: found, told with their evidence and the expected error, not yet applied."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.base.matching.cards import Blocks, block_cards, lay_cards
from kogorta.base.matching.clusters import NO_MARKS, Link, Marks, group
from kogorta.base.matching.comparisons import TRAITS
from kogorta.base.matching.splink_model import duck_api, learn, score
from kogorta.kit.checks import check_between
from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.matching.clusters import Grouping
    from kogorta.base.matching.splink_model import Weights

KINDS: Final = ("person", "company")
DECISIVE: Final = 0.9
"""Probability from which a pair counts where the share of matches is learnt."""
_FAINT: Final = 0.01
"""Odds, at the starting chance, below which a pair is not kept: all such pairs together are a rounding error."""


@dataclass(frozen=True)
class Candidate:
    """Two customers that may be one.

    Args:
        left: id of one, the lesser as text.
        right: id of the other.
        kind: `person` or `company`.
        probability: that they are one customer.
        evidence: trait -> slug of the grade it was met in; a trait unknown on a card is absent.
        held: why a likely pair was not joined: `ambiguous`, `chain`, `size`; empty for a pair below the threshold.
    """

    left: str
    right: str
    kind: str
    probability: float
    evidence: Mapping[str, str]
    held: str = ""


@dataclass(frozen=True)
class Joint:
    """A card that would be merged into another one.

    Args:
        kept: the customer known longest of its group; keeps the id.
        merged: the customer that becomes a part of him.
        because: the pair of the group that is most likely and names `merged`.
    """

    kept: str
    merged: str
    because: Candidate


@dataclass(frozen=True)
class Duplicates:
    """What was found.

    Args:
        joints: cards to merge, in the order of ids.
        review: pairs for a person to decide, the likeliest first.
        threshold: probability from which pairs are joined.
        review_from: probability from which a pair is shown.
        customers: how many were compared.
        compared: pairs that shared a blocking key and were not hopeless.
        barred: pairs that would be likely enough to show but contradict: INN, KPP, birth date, or a person's «different».
        expected_false: how many of the merges are wrong, by their probabilities.
        expected_missed: how many true pairs among the compared ones are left unmerged, by their probabilities.
        too_common: blocking keys that too many cards share; nobody was compared by them.
        learnt: traits whose weights this base taught, by kind.
    """

    joints: tuple[Joint, ...] = ()
    review: tuple[Candidate, ...] = ()
    threshold: float = 0.0
    review_from: float = 0.0
    customers: int = 0
    compared: int = 0
    barred: int = 0
    expected_false: float = 0.0
    expected_missed: float = 0.0
    too_common: int = 0
    learnt: tuple[str, ...] = ()


@dataclass(frozen=True)
class LikelyMatcher:
    """Finds likely duplicates among the customers that exact keys left apart.

    Args:
        threshold: probability from which two customers are joined.
        review_from: probability from which a pair is put on the list for a person.
        largest: most cards in a group.

    Raises:
        OptionError: a value is out of its bounds.
    """

    threshold: float = 0.98
    review_from: float = 0.2
    largest: int = 8

    def __post_init__(self) -> None:
        check_between("threshold", self.threshold, 0.5, 1)
        check_between("review_from", self.review_from, 0, self.threshold)
        if self.largest < 2:
            raise OptionError("largest is {value}; a group has at least two cards.", value=self.largest)

    def find(self, base: CustomerBase) -> Duplicates:
        """Compare, weigh and group; the base stays as it is.

        Raises:
            MissingExtraError: Splink is not installed.
        """
        connection = base.connection
        api = duck_api(connection)
        parts = []
        try:
            lay_cards(connection, "match_customers", "customers")
            raw = "match_customers"
            if len(base.table("merges")):
                raw = "match_entities"
                lay_cards(connection, raw, "entities")
            apart = _told_apart(connection)
            parts = [self._of_kind(connection, api, kind, raw, apart) for kind in KINDS]
        finally:
            _clear(connection)
        return _summed(parts, self)

    def _of_kind(
        self, connection: duckdb.DuckDBPyConnection, api: object, kind: str, raw: str, apart: Mapping[str, frozenset[str]]
    ) -> Duplicates:
        blocks = block_cards(connection, "match_customers", kind, "match_blocked")
        if not blocks.keys:
            return Duplicates(customers=blocks.cards, too_common=blocks.too_common)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE match_raw AS
            SELECT *, CAST(NULL AS VARCHAR[]) AS block_keys FROM {raw} WHERE kind = ? ORDER BY 1""",
            [kind],
        )
        weights = learn(api, kind, "match_blocked", "match_raw", blocks.cards)
        prior = min(0.1 / blocks.cards, 0.01)
        scored = score(api, weights, "match_blocked", prior, prior * _FAINT)
        links, evidence, rest, compared = self._weigh(connection, scored, weights, prior, blocks)
        marks = _marks(connection, links)
        clear = [link for link in links if not _bars(link, marks, apart)]
        grouped = group(clear, threshold=self.threshold, marks=marks, apart=apart, largest=self.largest)
        return self._told(connection, kind, clear, grouped, evidence, rest, Duplicates(
            customers=blocks.cards, compared=compared, barred=len(links) - len(clear), too_common=blocks.too_common,
            learnt=tuple(f"{kind}.{name}" for name in weights.learnt),
        ))  # fmt: skip

    def _weigh(
        self, connection: duckdb.DuckDBPyConnection, scored: str, weights: Weights, prior: float, blocks: Blocks
    ) -> tuple[list[Link], dict[tuple[str, str], dict[str, str]], float, int]:
        """Pairs worth a look, with their evidence; the expected matches among the others; how many pairs there are."""
        factors = np.sort(connection.execute(f"SELECT match_weight FROM {scored}").fetchnumpy()["match_weight"]) - np.log2(
            prior / (1 - prior)
        )
        chance = _chance_of_a_match(factors, blocks.cards)
        odds = np.log2(chance / (1 - chance))
        probabilities = _probability(factors + odds)
        rest = float(probabilities[probabilities < self.review_from].sum())
        lift = float(odds - np.log2(prior / (1 - prior)))
        least = float(np.log2(self.review_from / (1 - self.review_from))) if self.review_from > 0 else -1e9
        gammas = ", ".join(f"gamma_{trait.name}" for trait in weights.traits)
        rows = connection.execute(
            f"""SELECT least(unique_id_l, unique_id_r), greatest(unique_id_l, unique_id_r), match_weight + {lift!r}, {gammas}
            FROM {scored} WHERE match_weight + {lift!r} >= {least!r} ORDER BY 1, 2"""
        ).fetchall()
        links, evidence = [], {}
        for left, right, weight, *grades in rows:
            links.append(Link(left, right, round(float(_probability(np.array(weight))), 6)))
            evidence[left, right] = {
                trait.name: trait.levels[len(trait.levels) - 1 - grade].slug
                for trait, grade in zip(weights.traits, grades, strict=True)
                if grade >= 0
            }
        return links, evidence, rest, len(factors)

    def _told(
        self,
        connection: duckdb.DuckDBPyConnection,
        kind: str,
        links: list[Link],
        grouped: Grouping,
        evidence: Mapping[tuple[str, str], Mapping[str, str]],
        rest: float,
        counted: Duplicates,
    ) -> Duplicates:
        pairs = {
            (link.left, link.right): Candidate(
                link.left,
                link.right,
                kind,
                link.probability,
                evidence[link.left, link.right],
                grouped.held.get((link.left, link.right), ""),
            )
            for link in links
        }
        of = {card: cards for cards in grouped.groups for card in cards}
        order = _by_age(connection, of)
        review, best = [], {}
        for pair in sorted(pairs.values(), key=lambda pair: (pair.probability, pair.left, pair.right)):
            if pair.left in of and of[pair.left] == of.get(pair.right):
                best[pair.left] = best[pair.right] = pair
            else:
                review.append(pair)
        joints = []
        for cards in grouped.groups:
            kept, *others = sorted(cards, key=lambda card: order[card])
            joints += [Joint(kept, card, best[card]) for card in others]
        return replace(
            counted,
            joints=tuple(joints),
            review=tuple(sorted(review, key=lambda pair: (-pair.probability, pair.left, pair.right))),
            expected_false=sum(1 - link.probability for link in grouped.joined),
            expected_missed=rest + sum(pair.probability for pair in review),
        )


def _probability(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp2(-np.clip(log_odds, -100, 100))))


def _chance_of_a_match(factors: np.ndarray, cards: int) -> float:
    """Chance that two cards taken at random are one customer: the one under which assumed matches and those found decisively agree.

    Namesakes and relatives are many and say little each; counted in, they would make every namesake likelier.

    Args:
        factors: log2 of how much likelier each compared pair is among pairs of one customer, sorted.
        cards: how many there are; pairs that share no blocking key count as no match.
    """
    pairs = cards * (cards - 1) / 2
    chance = min(0.1 / cards, 0.01)
    for _ in range(200):
        probabilities = _probability(factors + np.log2(chance / (1 - chance)))
        expected = float(probabilities[probabilities >= DECISIVE].sum())
        found = min(max((expected + 0.1) / (pairs + 1), 1e-15), 0.5)
        if abs(found - chance) <= 1e-9 * chance:
            break
        chance = found
    return float(f"{chance:.6g}")


def _told_apart(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """Customer -> customers a person said are others."""
    rows = connection.execute(
        """SELECT DISTINCT coalesce(l.kept_id, m.left_id), coalesce(r.kept_id, m.right_id) FROM matches m
        LEFT JOIN merges l ON l.merged_id = m.left_id LEFT JOIN merges r ON r.merged_id = m.right_id WHERE m.verdict = 'different'"""
    ).fetchall()
    found: dict[str, set[str]] = {}
    for left, right in rows:
        found.setdefault(left, set()).add(right)
        found.setdefault(right, set()).add(left)
    return {card: frozenset(others) for card, others in found.items()}


def _marks(connection: duckdb.DuckDBPyConnection, links: list[Link]) -> dict[str, Marks]:
    """What each card of the pairs cannot differ in, by all its identities."""
    ids = sorted({card for link in links for card in (link.left, link.right)})
    if not ids:
        return {}
    connection.execute("CREATE OR REPLACE TEMP TABLE match_ids AS SELECT unnest(?::VARCHAR[]) AS card_id", [ids])
    rows = connection.execute(
        """SELECT i.card_id, list(DISTINCT e.inn) FILTER (e.inn IS NOT NULL), list(DISTINCT e.kpp) FILTER (e.kpp IS NOT NULL),
            list(DISTINCT CAST(e.birth_on AS VARCHAR)) FILTER (e.birth_on IS NOT NULL)
        FROM entities e LEFT JOIN merges m ON m.merged_id = e.entity_id JOIN match_ids i ON i.card_id = coalesce(m.kept_id, e.entity_id)
        GROUP BY 1"""
    ).fetchall()
    return {card: Marks(*(frozenset(values or ()) for values in rest)) for card, *rest in rows}


def _bars(link: Link, marks: Mapping[str, Marks], apart: Mapping[str, frozenset[str]]) -> bool:
    return link.right in apart.get(link.left, ()) or marks.get(link.left, NO_MARKS).contradict(marks.get(link.right, NO_MARKS))


def _by_age(connection: duckdb.DuckDBPyConnection, cards: Mapping[str, object]) -> dict[str, tuple[object, ...]]:
    """Card -> how it ranks: known longest first, as exact keys rank."""
    if not cards:
        return {}
    rows = connection.execute(
        "SELECT customer_id, created_at FROM customers WHERE customer_id IN (SELECT unnest(?::VARCHAR[]))", [sorted(cards)]
    ).fetchall()
    return {card: (since is None, since, len(card), card) if since is not None else (True, 0, len(card), card) for card, since in rows}


def _summed(parts: list[Duplicates], matcher: LikelyMatcher) -> Duplicates:
    return Duplicates(
        joints=tuple(sorted((item for part in parts for item in part.joints), key=lambda item: (item.kept, item.merged))),
        review=tuple(sorted((item for part in parts for item in part.review), key=lambda item: (-item.probability, item.left, item.right))),
        threshold=matcher.threshold,
        review_from=matcher.review_from,
        customers=sum(part.customers for part in parts),
        compared=sum(part.compared for part in parts),
        barred=sum(part.barred for part in parts),
        expected_false=round(sum(part.expected_false for part in parts), 3),
        expected_missed=round(sum(part.expected_missed for part in parts), 3),
        too_common=sum(part.too_common for part in parts),
        learnt=tuple(name for part in parts for name in part.learnt),
    )


def _clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop every table the comparison made."""
    rows = connection.execute(
        """SELECT table_name, table_type FROM information_schema.tables
        WHERE starts_with(table_name, '__splink__') OR table_name IN ('match_customers', 'match_entities', 'match_blocked', 'match_raw',
            'match_people', 'match_companies', 'match_boxes', 'match_cities', 'match_keys', 'match_ids')"""
    ).fetchall()
    for name, kind in rows:
        connection.execute(f'DROP {"VIEW" if kind == "VIEW" else "TABLE"} IF EXISTS "{name}"')


__all__ = ["TRAITS", "Candidate", "Duplicates", "Joint", "LikelyMatcher"]
