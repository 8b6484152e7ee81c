"""Why a customer is in a segment, why not, and when that changes if nothing happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from kogorta.engine.duck import first_row
from kogorta.kit.language import Language
from kogorta.segments.rules.ageing import Lone
from kogorta.segments.rules.book import EMPTY_BOOK
from kogorta.segments.rules.columns import Evaluation, evaluate
from kogorta.segments.rules.comparing import Wording
from kogorta.segments.rules.fields import FIELDS, family, fold
from kogorta.segments.rules.leaves import BUCKETS, Attribute, Compare, InSegment, Moved, Property
from kogorta.segments.rules.matching import equal
from kogorta.segments.rules.printing import print_formula
from kogorta.segments.rules.sentence import describe_part
from kogorta.segments.rules.state import Numbers, Texts, buckets_of
from kogorta.segments.rules.tree import All, Any_, Not
from kogorta.segments.rules.units import factor_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.document import Json
    from kogorta.segments.rules.leaves import Scalar
    from kogorta.segments.rules.snapshot import Snapshot
    from kogorta.segments.rules.tree import LeafNode, Node


@dataclass(frozen=True)
class Reason:
    """One condition of the rule and this customer.

    Args:
        condition: the leaf, turned over where it stands under `not`.
        met: whether he meets it.
        decisive: whether it is why the rule holds, or fails, for him.
        value: his own value: money in major units, shares 0-1; None where there is none.
        inside: for a segment, the reasons of its rule.
    """

    condition: Node
    met: bool
    decisive: bool
    value: Scalar | None
    inside: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Why a customer is in a segment or not.

    Args:
        customer_id: his id.
        as_of: the day.
        member: whether he is in.
        reasons: every condition, from left to right.
        changes_on: the first day on which he leaves (or enters, when he is not in) if nothing happens; None when that is not within ten
            years.
        currency: ISO code of money.
    """

    customer_id: str
    as_of: date
    member: bool
    reasons: tuple[Reason, ...]
    changes_on: date | None
    currency: str

    @property
    def decisive(self) -> tuple[Reason, ...]:
        """The reasons that decide."""
        return tuple(reason for reason in self.reasons if reason.decisive)

    def told(self, language: Language) -> str:
        """The explanation in words, one reason a line."""
        to, day = language, language.day(self.as_of)
        pattern = "Customer {id} is not in the segment on {day}, because:"
        if self.member:
            pattern = "Customer {id} is in the segment on {day}, because:"
        lines = [to.text(pattern, id=self.customer_id, day=day)]
        for reason in self.decisive:
            lines += self._lines(reason, language, 1)
        if self.changes_on is None:
            lines.append(to.text("If nothing happens, this stays so for the next ten years."))
        else:
            pattern = (
                "If nothing happens, the customer leaves on {day}." if self.member else "If nothing happens, the customer enters on {day}."
            )
            lines.append(to.text(pattern, day=language.day(self.changes_on)))
        return "\n".join(lines)

    def _lines(self, reason: Reason, language: Language, level: int) -> Iterator[str]:
        words = describe_part(reason.condition, language, currency=self.currency)
        pattern = "yes: {condition}" if reason.met else "no: {condition}"
        line = language.text(pattern, condition=words)
        own = _own(reason, Wording(language, self.currency))
        if own is not None:
            line = language.text("{line} (own value: {value})", line=line, value=own)
        yield "  " * level + line
        for inner in reason.inside:
            if inner.decisive:
                yield from self._lines(inner, language, level + 1)

    def to_dict(self) -> dict[str, Json]:
        """Plain values for JSON."""
        return {
            "customer_id": self.customer_id,
            "as_of": self.as_of.isoformat(),
            "member": self.member,
            "reasons": [_plain(reason, self.currency) for reason in self.reasons],
            "changes_on": self.changes_on.isoformat() if self.changes_on else None,
            "change": None if self.changes_on is None else "leaves" if self.member else "enters",
            "text_ru": self.told(Language("ru")),
            "text_en": self.told(Language("en")),
        }


def explain(rule: Node, snapshot: Snapshot, customer: str, *, book: SegmentBook = EMPTY_BOOK) -> Explanation:
    """Why a customer is in the segment of a rule, or why not, and when that changes.

    Args:
        rule: the tree.
        snapshot: the tables at a day.
        customer: id of the customer.
        book: saved segments the rule refers to.

    Returns:
        The explanation. "If nothing happens" means no order, event or move, the same cut points and the same rank among others: stages of
        life, RFM recency, windows, ages and anniversaries run on; ABC, XYZ and values stay.

    Raises:
        InputError: there is no such customer, segment, or record of moves.
    """
    book.check(rule)
    lone = Lone(snapshot, rule, customer, book)
    evaluation = Evaluation(lone.on(snapshot.as_of), snapshot.as_of, book)
    member = bool(evaluation.node(rule)[0])
    reasons = tuple(_Reader(snapshot, evaluation, customer, book).reasons(rule, decisive=True, negated=False))
    changes_on = next((day for day in lone.moments() if bool(evaluate(rule, lone.on(day), book=book)[0]) != member), None)
    return Explanation(customer, snapshot.as_of, member, reasons, changes_on, snapshot.currency)


class _Reader:
    def __init__(self, snapshot: Snapshot, evaluation: Evaluation, customer: str, book: SegmentBook) -> None:
        self.snapshot, self.evaluation, self.customer, self.book = snapshot, evaluation, customer, book

    def holds(self, rule: Node) -> bool:
        return bool(self.evaluation.node(rule)[0])

    def reasons(self, rule: Node, *, decisive: bool, negated: bool) -> Iterator[Reason]:
        """Reasons in order. A true `all` rests on each part, a false one on its false parts; an `any` the other way round."""
        if isinstance(rule, Not):
            yield from self.reasons(rule.part, decisive=decisive, negated=not negated)
        elif isinstance(rule, All | Any_):
            held = self.holds(rule)
            for part in rule.parts:
                rests = self.holds(part) == held
                yield from self.reasons(part, decisive=decisive and rests, negated=negated)
        else:
            inside: tuple[Reason, ...] = ()
            if isinstance(rule, InSegment):
                inside = tuple(self.reasons(self.book.rule(rule.name), decisive=True, negated=negated))
            condition = Not(rule) if negated else rule
            yield Reason(condition, self.holds(rule) != negated, decisive, self.value(rule), inside)

    def value(self, leaf: LeafNode) -> Scalar | None:
        state = self.evaluation.state
        if isinstance(leaf, InSegment):
            return None
        if isinstance(leaf, Moved):
            history = state.histories["transitions"]
            kept = equal(history.columns["segment"], leaf.name) & equal(history.columns["way"], leaf.way)
            days = history.columns["day"]
            return date.fromordinal(int(days.values[kept].max()) + 719_163) if isinstance(days, Numbers) and kept.any() else None
        if not isinstance(leaf, Compare):
            return int(buckets_of(leaf.salt, [self.customer])[0]) / BUCKETS
        figure = leaf.figure
        if isinstance(figure, Attribute):
            return self.attribute(figure)
        if isinstance(figure, Property) and family(figure.kind) != "number":
            # the customer's own spelling, not the comparable form
            query = f"SELECT {FIELDS[figure.name].name} FROM {self.snapshot.customers} WHERE customer_id = $id"
            row = first_row(self.snapshot.connection.execute(query, {"id": self.customer}))
            return None if row is None else row[0]
        column = self.evaluation.column(figure)
        if not isinstance(column, Numbers) or (column.known is not None and not column.known[0]):
            return None
        number = column.values[0].item()
        if figure.kind == "day":
            return date.fromordinal(int(number) + 719_163)
        factor = factor_of(figure, state.unit)
        return number if factor == 1 else _plain_number(Decimal(repr(number)) / factor)

    def attribute(self, figure: Attribute) -> Scalar | None:
        history = self.evaluation.state.histories["attributes"]
        kept = equal(history.columns["key"], fold(figure.key))
        texts = history.columns["text"]
        found = [texts.keys[code] for code in texts.codes[kept] if code >= 0] if isinstance(texts, Texts) else []
        return ", ".join(sorted(set(found))) or None


def _plain_number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else round(float(number), 4)


def _own(reason: Reason, wording: Wording) -> str | None:
    """The customer's own value in words; None where the condition has none to show."""
    leaf = reason.condition.part if isinstance(reason.condition, Not) else reason.condition
    if isinstance(leaf, InSegment):
        return None
    if reason.value is None:
        return wording.language.text("no data")
    if isinstance(leaf, Compare):
        figure = leaf.figure
        if isinstance(figure, Attribute):
            return wording.quoted(str(reason.value))
        choices = FIELDS[figure.name].choices if isinstance(figure, Property) else {}
        return wording.scalar(reason.value, figure.kind, choices)
    return wording.scalar(reason.value, "day" if isinstance(leaf, Moved) else "share", {})


def _plain(reason: Reason, currency: str) -> dict[str, Json]:
    value = reason.value
    return {
        "condition": print_formula(reason.condition),
        "met": reason.met,
        "decisive": reason.decisive,
        "value": value.isoformat() if isinstance(value, date) else value,
        "sentence_ru": describe_part(reason.condition, Language("ru"), currency=currency),
        "sentence_en": describe_part(reason.condition, Language("en"), currency=currency),
        "inside": [_plain(inner, currency) for inner in reason.inside],
    }
