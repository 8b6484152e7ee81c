"""What the command line and the desk answer about a rule: one call, one result that leaves as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.document import VERSION, from_json, to_document
from kogorta.segments.rules.explain import Explanation, explain
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.preview import members, preview
from kogorta.segments.rules.printing import print_formula
from kogorta.segments.rules.sentence import describe
from kogorta.segments.rules.snapshot import take_snapshot

if TYPE_CHECKING:
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.document import Json
    from kogorta.segments.rules.preview import Preview
    from kogorta.segments.rules.snapshot import Snapshot
    from kogorta.segments.rules.tree import Node


@dataclass(frozen=True)
class RuleAnswer:
    """A rule over a base at a day.

    Args:
        rule: the tree.
        snapshot: what it was evaluated on.
        preview: count, share, revenue, examples.
        sentence_ru, sentence_en: the rule in words.
        members: ids in order; None when they were not asked for.
    """

    rule: Node
    snapshot: Snapshot
    preview: Preview
    sentence_ru: str
    sentence_en: str
    members: tuple[str, ...] | None

    def to_dict(self) -> dict[str, Json]:
        """Plain values for JSON: revenue in major units, share 0-1."""
        seen = self.preview
        unit = self.snapshot.unit
        document: dict[str, Json] = {
            "as_of": self.snapshot.as_of.isoformat(),
            "currency": self.snapshot.currency,
            "formula": print_formula(self.rule),
            "count": seen.customers,
            "share": seen.share,
            "revenue": seen.revenue / unit,
            "revenue_share": seen.revenue_share,
            "sentence_ru": self.sentence_ru,
            "sentence_en": self.sentence_en,
            "tree": {"version": VERSION, "rule": to_document(self.rule)},
            "examples": [{"customer_id": one.customer_id, "name": one.name, "revenue": one.revenue / unit} for one in seen.examples],
        }
        if self.members is not None:
            document["members"] = list(self.members)
        return document


def read_rule(text: str) -> Node:
    """A rule from what a user typed: a formula, or the JSON of a tree.

    Raises:
        InputError: it is neither; the message points at the place.

    Example:
        >>> read_rule("age >= 18") == read_rule('{"version": 1, "rule": {"field": "age", "op": ">=", "value": 18}}')
        True
    """
    return from_json(text) if text.lstrip().startswith("{") else parse_formula(text)


def answer_rule(
    base: CustomerBase,
    rule: Node | str,
    as_of: date | str | None = None,
    *,
    with_members: bool = False,
    book: SegmentBook = EMPTY_BOOK,
    transitions: str | None = None,
    values: str | None = None,
) -> RuleAnswer:
    """Count, share, revenue and sentences of a rule over a base.

    Args:
        base: the base.
        rule: a tree, a formula or its JSON.
        as_of: end of this day; default the last day of the data.
        with_members: whether the ids are wanted.
        book: saved segments the rule refers to.
        transitions: engine table of recorded moves, see `take_snapshot`.
        values: engine table of customer value, see `take_snapshot`; without it fields such as `clv` are unknown.

    Returns:
        The answer.

    Raises:
        InputError: the rule cannot be read, or what it needs is not there.
        OptionError: the date is not one.
    """
    tree = read_rule(rule) if isinstance(rule, str) else rule
    snapshot = take_snapshot(base, as_of, transitions=transitions, values=values)
    return RuleAnswer(
        rule=tree,
        snapshot=snapshot,
        preview=preview(tree, snapshot, book=book),
        sentence_ru=describe(tree, "ru", currency=snapshot.currency),
        sentence_en=describe(tree, "en", currency=snapshot.currency),
        members=members(tree, snapshot, book=book) if with_members else None,
    )


def answer_explain(
    base: CustomerBase,
    rule: Node | str,
    customer: str,
    as_of: date | str | None = None,
    *,
    book: SegmentBook = EMPTY_BOOK,
    transitions: str | None = None,
    values: str | None = None,
) -> Explanation:
    """Why a customer of a base is in the segment of a rule, or why not; arguments as in `answer_rule`.

    Raises:
        InputError: the rule cannot be read, or there is no such customer.
    """
    tree = read_rule(rule) if isinstance(rule, str) else rule
    return explain(tree, take_snapshot(base, as_of, transitions=transitions, values=values), customer, book=book)
