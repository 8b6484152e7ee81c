"""What a segmentation by evidence is: classes, what speaks for each, how much of it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kogorta.kit.language import Language

Method = Literal["evidence", "bands", "values"]
Choice = Literal["strongest", "first"]
Effect = Literal["supports", "required", "excludes"]

UNKNOWN = "unknown"
"""The class of a customer about whom too little is known."""


@dataclass(frozen=True)
class Words:
    """A text in both languages."""

    ru: str
    en: str

    def told(self, language: Language) -> str:
        """The text in the reader's language."""
        return self.ru if language.code == "ru" else self.en


@dataclass(frozen=True)
class Line:
    """One piece of evidence.

    Args:
        measure: name in the registry of measures.
        words: sentence about the customer; placeholders `{value}`, `{of}`, `{times}`, `{at_least}`, `{at_most}`.
        at_least, at_most: bounds the value must keep for the line to be met, in the measure's unit.
        weight: share of the class's score, in parts.
        effect: `supports`; `required`: without it the class is out; `excludes`: with it the class is out.
        least: fewest observations for the value to count.
        about: words after "no data"; the measure's own when not given.
        naming: beginnings of words looked for.
        types: types of events.
        within: only the last so many days.
        value_from: only events whose value is at least this.
        questions: only answers to questions that have these beginnings of words.
        card: field of the card.
        values: values of that field.
    """

    measure: str
    words: Words
    at_least: float | None = None
    at_most: float | None = None
    weight: int = 0
    effect: Effect = "supports"
    least: int = 1
    about: Words | None = None
    naming: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    within: int | None = None
    value_from: float | None = None
    questions: tuple[str, ...] = ()
    card: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class EvidenceClass:
    """One class of a segmentation.

    Args:
        name: slug.
        title: name for readers.
        message: key message for these customers.
        lines: evidence, for the method `evidence`.
        from_, to: first and last whole number of a band, for the method `bands`.
        values: values of the field that mean this class, for the method `values`.
    """

    name: str
    title: Words
    message: Words | None = None
    lines: tuple[Line, ...] = ()
    from_: float | None = None
    to: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Minimum:
    """How much evidence a class needs.

    Args:
        score: smallest score of the class chosen.
        lead: smallest lead over the next class, for the choice `strongest`.
        records: fewest records about the customer: orders, events, answers, the card counting as one.
    """

    score: float = 0.5
    lead: float = 0.0
    records: int = 1


@dataclass(frozen=True)
class Definition:
    """A segmentation by evidence, as a file defines it.

    Args:
        name: slug; the scheme of its figures.
        title: name for readers.
        method: `evidence` weighs lines; `bands` cuts a number of the card; `values` names the values of a field.
        classes: in order; `first` takes the first with enough evidence.
        choose: `strongest` takes the class with the highest score, `first` the first that has enough.
        minimum: how much evidence a class needs.
        card: field of the card, for `bands` and `values`.
        words: sentence about the customer, for `bands` and `values`.
        open: whether a value that no class names is a class of its own.
        file: where it was read from.
    """

    name: str
    title: Words
    method: Method
    classes: tuple[EvidenceClass, ...]
    choose: Choice = "strongest"
    minimum: Minimum = field(default_factory=Minimum)
    card: str = ""
    words: Words | None = None
    open: bool = False
    file: str = ""

    @property
    def lines(self) -> tuple[tuple[EvidenceClass, Line], ...]:
        """Every line with its class, in order: the place here is the line's number in tables."""
        return tuple((found, line) for found in self.classes for line in found.lines)

    def class_named(self, name: str) -> EvidenceClass | None:
        """A class by its slug; None for a value of an open field and for unknown."""
        return next((found for found in self.classes if found.name == name), None)
