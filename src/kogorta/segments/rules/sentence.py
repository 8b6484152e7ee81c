"""The tree of a rule as a sentence in Russian or English.

Negation is carried down to the conditions (with two truth values De Morgan's laws are exact), so that no sentence says "it is not true
that". A turned-over condition says aloud that a missing value passes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.language import Language, message
from kogorta.segments.rules.comparing import NEGATED, ORDERS, TIMES, Wording
from kogorta.segments.rules.fields import EVENT_TYPES, FIELDS, FILTERS, FUNCTIONS, family, fold
from kogorta.segments.rules.leaves import Attribute, Compare, Condition, DateGap, InSegment, Measure, Moved, Property, RandomShare
from kogorta.segments.rules.tree import All, Any_, Node, Not

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import LanguageCode
    from kogorta.segments.rules.fields import Kind
    from kogorta.segments.rules.leaves import Value
    from kogorta.segments.rules.windows import Window

Frame = Literal["whose", "who", "mixed"]

_ABOUT: Final[Mapping[str, str]] = {
    "item": message(" of {value}"),
    "category": message(" in the category {value}"),
    "product": message(" of the product {value}"),
    "channel": message(" through the channel {value}"),
    "manager": message(" with the manager {value}"),
    "campaign": message(" in the campaign {value}"),
}
"""Filters that read as part of the sentence when they are equal to something."""
_PRESENT: Final = ((">=", 1), (">", 0), ("!=", 0))
_ABSENT: Final = (("=", 0), ("<", 1), ("<=", 0))


@dataclass(frozen=True)
class Phrase:
    """Part of a sentence: its text, and whether it follows "whose", "who", or carries these words itself."""

    text: str
    frame: Frame


def describe(rule: Node, language: LanguageCode | Language = "ru", *, currency: str = "RUB") -> str:
    """The rule as one sentence.

    Args:
        rule: the tree.
        language: `ru`, `en`, or a language.
        currency: ISO code of money.

    Returns:
        A sentence with its full stop.

    Example:
        >>> from kogorta.segments.rules.formula import parse_formula
        >>> describe(parse_formula("age >= 18 and bought('toys', 30d)"), "en")
        'Customers whose age is at least 18 years and who bought “toys” in the last 30 days.'
    """
    speaker = _Speaker(Wording(language if isinstance(language, Language) else Language(language), currency))
    return speaker.to.text("Customers {phrase}.", phrase=speaker.framed(speaker.node(rule, negated=False)))


def describe_part(rule: Node, language: Language, *, currency: str = "RUB") -> str:
    """The rule without "Customers whose" or "who": for lists of reasons."""
    return _Speaker(Wording(language, currency)).node(rule, negated=False).text


def describe_filters(where: tuple[Condition, ...], wording: Wording) -> str:
    """Filters of a function: those that read naturally, then the rest in brackets; with a space before."""
    return _Speaker(wording).about(where)


class _Speaker:
    def __init__(self, wording: Wording) -> None:
        self.wording, self.to = wording, wording.language

    def framed(self, phrase: Phrase) -> str:
        if phrase.frame == "whose":
            return self.to.text("whose {phrase}", phrase=phrase.text)
        return self.to.text("who {phrase}", phrase=phrase.text) if phrase.frame == "who" else phrase.text

    def node(self, rule: Node, *, negated: bool) -> Phrase:
        if isinstance(rule, Not):
            return self.node(rule.part, negated=not negated)
        if isinstance(rule, All | Any_):
            return self.group(rule, together=isinstance(rule, All) != negated, negated=negated)
        return self.leaf(rule, negated=negated)

    def group(self, rule: All | Any_, *, together: bool, negated: bool) -> Phrase:
        parts = [(self.node(part, negated=negated), _joined(part)) for part in rule.parts]
        if len(parts) == 1:
            return parts[0][0]
        whole = [Phrase(f"({phrase.text})", phrase.frame) if nested else phrase for phrase, nested in parts]
        frames = {phrase.frame for phrase in whole}
        if len(frames) == 1 and "mixed" not in frames:
            return Phrase(self.joined([phrase.text for phrase in whole], together=together), whole[0].frame)
        if not together:
            return Phrase(self.joined([self.framed(phrase) for phrase in whole], together=False), "mixed")
        # conditions of a kind stand together and share their pronoun; brackets and mixtures carry their own
        runs: dict[tuple[Frame, int], list[str]] = {}
        for place, (phrase, (_, nested)) in enumerate(zip(whole, parts, strict=True)):
            alone = nested or phrase.frame == "mixed"
            runs.setdefault((phrase.frame, place if alone else -1), []).append(phrase.text)
        texts = [self.framed(Phrase(self.joined(found, together=True), frame)) for (frame, _), found in runs.items()]
        return Phrase(self.joined(texts, together=True), "mixed")

    def joined(self, texts: list[str], *, together: bool) -> str:
        if len(texts) == 1:
            return texts[0]
        pattern = "{some} and {last}" if together else "{some} or {last}"
        return self.to.text(pattern, some=", ".join(texts[:-1]), last=texts[-1])

    def leaf(self, leaf: Compare | InSegment | Moved | RandomShare, *, negated: bool) -> Phrase:
        to = self.to
        if isinstance(leaf, InSegment):
            pattern = "are not in the segment {name}" if negated else "are in the segment {name}"
            return Phrase(to.text(pattern, name=self.wording.quoted(leaf.name)), "who")
        if isinstance(leaf, Moved):
            name, when = self.wording.quoted(leaf.name), self.when(leaf.window)
            if leaf.way == "entered":
                pattern = "did not enter the segment {name} {when}" if negated else "entered the segment {name} {when}"
            else:
                pattern = "did not leave the segment {name} {when}" if negated else "left the segment {name} {when}"
            return Phrase(to.text(pattern, when=when, name=name), "who")
        if isinstance(leaf, RandomShare):
            salt = self.wording.quoted(leaf.salt)
            low, high = (self.wording.scalar(share, "share", {}) for share in (leaf.start, leaf.end))
            pattern = (
                "by the lot {salt} did not fall between {low} and {high} of all"
                if negated
                else "by the lot {salt} fell between {low} and {high} of all"
            )
            return Phrase(to.text(pattern, salt=salt, low=low, high=high), "who")
        return self.comparison(leaf, NEGATED[leaf.op] if negated else leaf.op, negated=negated)

    def comparison(self, leaf: Compare, op: str, *, negated: bool) -> Phrase:
        figure, wording, to = leaf.figure, self.wording, self.to
        if isinstance(figure, Measure):
            phrase = self.measure(figure, op, leaf)
        elif isinstance(figure, DateGap):
            phrase = self.gap(figure, op, leaf)
        elif isinstance(figure, Property) and figure.name == "recency_days" and op not in ("known", "unknown"):
            ago = wording.comparison(op, leaf.value, "days")
            phrase = Phrase(to.text("last order{what} was {comparison} ago", what="", comparison=ago), "whose")
        else:
            choices = FIELDS[figure.name].choices if isinstance(figure, Property) else {}
            label = to.text(FIELDS[figure.name].label) if isinstance(figure, Property) else ""
            if isinstance(figure, Attribute):
                label = to.text("attribute {key}", key=wording.quoted(figure.key))
            if family(figure.kind) == "number" or op in ("known", "unknown"):
                phrase = Phrase(self.numeric(label, op, leaf), "whose")
            else:
                phrase = Phrase(self.textual(label, op, leaf.value, figure.kind, choices), "whose")
        if negated and figure.nullable and op not in ("known", "unknown"):
            return Phrase(to.text("{phrase} (or it is not known)", phrase=phrase.text), phrase.frame)
        return phrase

    def numeric(self, label: str, op: str, leaf: Compare) -> str:
        if op == "known":
            return self.to.text("{label} is known", label=label)
        if op == "unknown":
            return self.to.text("{label} is not known", label=label)
        return self.to.text("{label} is {comparison}", label=label, comparison=self.wording.comparison(op, leaf.value, leaf.figure.kind))

    def textual(self, label: str, op: str, value: Value, kind: Kind, choices: Mapping[str, str]) -> str:
        values = self.wording.values(value, kind, choices)
        if op == "none" and isinstance(value, tuple):
            values, *others = (self.wording.scalar(item, kind, choices) for item in value)
            for other in others:
                values = self.to.text("{some} and not {last}", some=values, last=other)
        pattern = {
            "=": "{label} is {values}",
            "in": "{label} is {values}",
            "!=": "{label} is not {values}",
            "none": "{label} is not {values}",
            "contains": "{label} contains {values}",
            "lacks": "{label} does not contain {values}",
        }[op]
        return self.to.text(pattern, label=label, values=values)

    def ago(self, label: str, op: str, leaf: Compare) -> Phrase:
        if op in ("known", "unknown"):
            pattern = "{label} is known" if op == "known" else "{label} is not known"
            return Phrase(self.to.text(pattern, label=label), "whose")
        ago = self.wording.comparison(op, leaf.value, "days")
        return Phrase(self.to.text("{label} was {comparison} ago", label=label, comparison=ago), "whose")

    def gap(self, gap: DateGap, op: str, leaf: Compare) -> Phrase:
        label = self.to.text(FIELDS[gap.name].label)
        if gap.way == "days_since" or op in ("known", "unknown"):
            return self.ago(label, op, leaf)
        days = self.wording.comparison(op, leaf.value, "days")
        to_come = gap.way == "days_to"
        if gap.name == "birth_on":
            pattern = "birthday is {comparison} away" if to_come else "birthday was {comparison} ago"
            return Phrase(self.to.text(pattern, comparison=days), "whose")
        pattern = "anniversary ({label}) is {comparison} away" if to_come else "anniversary ({label}) was {comparison} ago"
        return Phrase(self.to.text(pattern, label=label, comparison=days), "whose")

    def measure(self, measure: Measure, op: str, leaf: Compare) -> Phrase:
        function, to, when = measure.function, self.to, self.when(measure.window)
        kind, where = self.kind_of_event(measure) if measure.grain == "events" else ("", measure.where)
        what = self.about(where)
        none = (op, leaf.value) in _ABSENT
        some = (op, leaf.value) in _PRESENT
        if op in ("known", "unknown"):
            named = {"orders": message("number of orders"), "revenue": message("sum of purchases"), "events": message("number of events")}
            named |= {"days_since_order": message("last order"), "days_since_first_order": message("first order")}
            named |= {"days_since_event": message("last event"), "days_since_first_event": message("first event")}
            named |= {"hours_unanswered": message("last event without an order since")}
            label = to.text(FUNCTIONS[function].label or named[function]) + (f" ({kind})" if kind else "") + what
            return Phrase(self.numeric(f"{label} {when}", op, leaf), "whose")
        if function == "orders":
            return Phrase(self.orders(op, leaf, what, when, some=some, none=none), "who")
        if function == "events":
            if none:
                return Phrase(to.text("never {verb}{what} {when}", verb=kind, when=when, what=what), "who")
            if some:
                return Phrase(to.text("{verb}{what} {when}", verb=kind, when=when, what=what), "who")
            times = self.wording.comparison(op, leaf.value, "count", TIMES)
            return Phrase(to.text("{verb}{what} {times} {when}", verb=kind, times=times, when=when, what=what), "who")
        if function == "revenue":
            spent = self.wording.comparison(op, leaf.value, "money")
            return Phrase(to.text("spent {comparison}{what} {when}", comparison=spent, what=what, when=when), "who")
        if function.startswith("days_since"):
            return self.since(measure, op, leaf, kind, what)
        if function == "hours_unanswered":
            ago = self.wording.comparison(op, leaf.value, "hours")
            return Phrase(to.text("{verb}{what} {comparison} ago and placed no order since", verb=kind, what=what, comparison=ago), "who")
        label = to.text(FUNCTIONS[function].label) + (f" ({kind})" if kind else "") + what
        return Phrase(self.numeric(f"{label} {when}", op, leaf), "whose")

    def since(self, measure: Measure, op: str, leaf: Compare, kind: str, what: str) -> Phrase:
        """How long ago something was done."""
        first = "first" in measure.function
        ago = self.wording.comparison(op, leaf.value, "days")
        if measure.grain == "events":
            pattern = "first {verb}{what} {comparison} ago" if first else "last {verb}{what} {comparison} ago"
            return Phrase(self.to.text(pattern, verb=kind, what=what, comparison=ago), "who")
        pattern = "first order{what} was {comparison} ago" if first else "last order{what} was {comparison} ago"
        return Phrase(self.to.text(pattern, what=what, comparison=ago), "whose")

    def orders(self, op: str, leaf: Compare, what: str, when: str, *, some: bool, none: bool) -> str:
        measure, to = leaf.figure, self.to
        item = measure.where[0] if isinstance(measure, Measure) and len(measure.where) else None
        if item is not None and (item.name, item.op) == ("item", "=") and (some or none):
            rest = self.about(measure.where[1:]) if isinstance(measure, Measure) else ""
            value = self.wording.values(item.value, "text", {})
            return to.text("did not buy {item}{what} {when}" if none else "bought {item}{what} {when}", item=value, what=rest, when=when)
        if none:
            return to.text("placed no order{what} {when}", what=what, when=when)
        if some:
            return to.text("placed an order{what} {when}", what=what, when=when)
        count = self.wording.comparison(op, leaf.value, "count", ORDERS)
        return to.text("placed {comparison}{what} {when}", comparison=count, what=what, when=when)

    def kind_of_event(self, measure: Measure) -> tuple[str, tuple[Condition, ...]]:
        """What a customer did, in words, and the other filters."""
        first = measure.where[0] if measure.where else None
        if first is None or (first.name, first.op) != ("type", "=") or not isinstance(first.value, str):
            return self.to.text("had an event"), measure.where
        known = EVENT_TYPES.get(fold(first.value))
        verb = self.to.text(known) if known else self.to.text("had the event {name}", name=self.wording.quoted(first.value))
        return verb, measure.where[1:]

    def about(self, where: tuple[Condition, ...]) -> str:
        """Filters: those that read naturally, then the rest in brackets."""
        text, rest = "", []
        for item in where:
            if item.op == "=" and item.name in _ABOUT:
                text += self.to.text(_ABOUT[item.name], value=self.wording.values(item.value, "text", {}))
            else:
                rest.append(self.filter(item))
        return text + (f" ({'; '.join(rest)})" if rest else "")

    def filter(self, item: Condition) -> str:
        found = FILTERS[item.name]
        label = self.to.text(found.label)
        if item.op == "known":
            return self.to.text("{label} is known", label=label)
        if found.kind == "text":
            return self.textual(label, item.op, item.value, "text", {})
        return self.to.text("{label} is {comparison}", label=label, comparison=self.wording.comparison(item.op, item.value, found.kind))

    def when(self, window: Window) -> str:
        length, to = window.length, self.to
        if length == 0:
            return to.text("over all time")
        if window.unit == "d":
            return to.plural("in the last {count} day", "in the last {count} days", length)
        if window.unit == "w":
            return to.plural("in the last {count} week", "in the last {count} weeks", length)
        if window.unit == "m":
            return to.plural("in the last {count} month", "in the last {count} months", length)
        return to.plural("in the last {count} year", "in the last {count} years", length)


def _joined(rule: Node) -> bool:
    """Whether a part is itself a group of several, which needs brackets."""
    while isinstance(rule, Not) or (isinstance(rule, All | Any_) and len(rule.parts) == 1):
        rule = rule.part if isinstance(rule, Not) else rule.parts[0]
    return isinstance(rule, All | Any_)
