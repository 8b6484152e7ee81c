"""Two customers side by side, and whose segment and money change when they are one: told before anything is joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.desk.customers.card import Facts, customer_card
from kogorta.desk.customers.words import segment_word
from kogorta.segments.naming import SCHEMES

if TYPE_CHECKING:
    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.kit.language import Language


@dataclass(frozen=True)
class Side:
    """One of the two: his facts and his segment in words."""

    facts: Facts
    name: str
    segment: str


@dataclass(frozen=True)
class PairEffect:
    """What the two would be as one; `segment` and `code` are empty where nobody of them has bought."""

    left: Side
    right: Side
    orders: int
    money: int
    code: str
    segment: str


def pair_effect(snapshot: Snapshot, left_id: str, right_id: str, language: Language, *, with_contacts: bool) -> PairEffect | None:
    """The two and what they would be; None where one of them is not there.

    The levels are those of the frozen cut points: the last order of both, the orders and the money of both together.
    """
    cards = [customer_card(snapshot, one, with_contacts=with_contacts) for one in (left_id, right_id)]
    if cards[0] is None or cards[1] is None:
        return None
    scheme = snapshot.scheme

    def side(facts: Facts) -> Side:
        slug = facts.segment_guide if scheme == "guide" else facts.segment_case
        return Side(facts, facts.name or facts.customer_id, segment_word(language, scheme, slug))

    left, right = cards[0].facts, cards[1].facts
    rule = snapshot.figures().rule
    orders, money = left.frequency + right.frequency, left.monetary + right.monetary
    silent = [facts.recency_days for facts in (left, right) if facts.recency_days is not None]
    code = segment = ""
    if rule is not None and silent and orders:
        value = money if rule.monetary == "sum" else money // orders
        code = rule.code(recency_days=min(silent), frequency=orders, money=value)
        segment = segment_word(language, scheme, SCHEMES[scheme].segment_of(code, rule.levels))
    return PairEffect(side(left), side(right), orders, money, code, segment)
