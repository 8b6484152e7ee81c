"""What the evidence says, in words: the customer's own figures, Russian or English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import NO_BREAK_SPACE, message
from kogorta.segments.evidence.definition import UNKNOWN
from kogorta.segments.evidence.measures import FIELDS, MEASURES

if TYPE_CHECKING:
    from kogorta.kit.language import Language
    from kogorta.segments.evidence.definition import Definition, Line
    from kogorta.segments.evidence.measures import Noun, Unit

UNKNOWN_TITLE: Final = message("Unknown")


@dataclass(frozen=True)
class Fact:
    """What one line says of one customer.

    Args:
        class_: slug of the class the line belongs to.
        measure: name of the measure, or of the field of the card.
        state: `met`, `not_met` or `too_few` observations to judge by.
        value: the customer's value in the measure's unit; None where it is a word.
        word: the customer's word.
        observations: how many observations are behind it.
        weight: parts it gives to the class when met.
        text: the sentence.
    """

    class_: str
    measure: str
    state: str
    value: float | None
    word: str | None
    observations: int
    weight: int
    text: str


def class_title(definition: Definition, class_: str, language: Language) -> str:
    """The name of a class in the reader's language; values of an open field have names of their own where there are any."""
    if class_ == UNKNOWN:
        return language.text(UNKNOWN_TITLE)
    found = definition.class_named(class_)
    return found.title.told(language) if found is not None else word_title(definition.card, class_, language)


def word_title(card: str, word: str, language: Language) -> str:
    """A value of the card as readers call it.

    Example:
        >>> from kogorta.kit.language import Language
        >>> word_title("region", "RU-MOW", Language("ru")), word_title("role", "owner", Language("en"))
        ('Москва', 'Owner')
    """
    from kogorta.enrichment.regions import CLIMATES, regions
    from kogorta.enrichment.roles import Role

    if card == "region" and word in regions():
        return regions()[word].name(language)
    if card == "climate" and word in CLIMATES:
        return language.text(CLIMATES[word])
    if card == "role" and word in set(Role):
        return Role(word).label(language)
    if card == "time_zone" and "/" in word:
        return _zone_title(word, language)
    if card == "market" and word in ("b2b", "b2c"):
        return word.upper()
    return word


def _zone_title(zone: str, language: Language) -> str:
    """A zone by its city; a name that is no zone stays as it is."""
    from babel.dates import get_timezone_location

    try:
        return str(get_timezone_location(zone, locale=language.code, return_city=True))
    except LookupError:
        return zone


def word_within(card: str, word: str, language: Language) -> str:
    """A value of the card inside a sentence: what is not a name begins with a small letter."""
    title = word_title(card, word, language)
    return title[:1].lower() + title[1:] if card in ("role", "climate") and title[1:2].islower() else title


def tell_value(value: float, unit: Unit, language: Language) -> str:
    """A value with its unit."""
    if unit == "share":
        return language.percent(value, 0 if value >= 0.1 or round(value * 100, 1) % 1 == 0 else 1)
    if unit == "points":
        return language.plural("{count} point", "{count} points", round(value * 100))
    if unit == "hours":
        return _tell_hours(value, language)
    if unit == "days":
        return language.plural("{count} day", "{count} days", round(value))
    if unit == "count":
        return language.number(value)
    return language.number(value, 0 if value == round(value) else 1 if abs(value) >= 10 else 2)


def _tell_hours(hours: float, language: Language) -> str:
    if hours < 1:
        return language.plural("{count} minute", "{count} minutes", round(hours * 60))
    if hours < 48:
        return language.plural("{count} hour", "{count} hours", round(hours))
    return language.plural("{count} day", "{count} days", round(hours / 24))


def tell_of(count: int, noun: Noun, language: Language) -> str:
    """How many observations a share is of."""
    if noun == "orders":
        return language.plural("of {count} order", "of {count} orders", count)
    if noun == "purchase_days":
        return language.plural("over {count} day with purchases", "over {count} days with purchases", count)
    if noun == "events":
        return language.plural("of {count} event", "of {count} events", count)
    if noun == "answers":
        return language.plural("of {count} answer", "of {count} answers", count)
    return ""


def tell_line(line: Line, value: float | None, word: str | None, observations: int, language: Language) -> str:
    """The sentence of a line about one customer."""
    measure = MEASURES[line.measure]
    low, high = (None if bound is None else tell_value(bound, measure.unit, language) for bound in (line.at_least, line.at_most))
    if word is not None:
        shown = word_within(line.card, word, language)
    else:
        shown = tell_value(value, measure.unit, language) if value is not None else ""
    return line.words.told(language).format(
        value=shown,
        of=tell_of(observations, measure.noun, language),
        times=language.plural("{count} time", "{count} times", round(value or 0)),
        at_least=low or "",
        at_most=high or "",
    )


def tell_few(line: Line, observations: int, language: Language) -> str:
    """That there are observations, but too few of them to judge by."""
    noun = MEASURES[line.measure].noun
    if noun == "purchase_days":
        return language.plural(
            "{count} day with purchases, at least {least} are needed", "{count} days with purchases, at least {least} are needed",
            observations, least=language.number(line.least),
        )  # fmt: skip
    if noun == "orders":
        return language.plural(
            "{count} order to judge by, at least {least} are needed", "{count} orders to judge by, at least {least} are needed",
            observations, least=language.number(line.least),
        )  # fmt: skip
    return language.plural(
        "{count} record to judge by, at least {least} are needed", "{count} records to judge by, at least {least} are needed",
        observations, least=language.number(line.least),
    )  # fmt: skip


def line_about(line: Line, language: Language) -> str:
    """What there are no data about when a line has none."""
    if line.about is not None:
        return line.about.told(language)
    if line.card:
        return language.text(FIELDS[line.card].about)
    return language.text(MEASURES[line.measure].about)


def join_words(words: list[str], language: Language) -> str:
    """Words in a row, each once, the last after "and"."""
    different = list(dict.fromkeys(words))
    if len(different) < 2:
        return "".join(different)
    return language.text("{first} and {last}", first=", ".join(different[:-1]), last=different[-1])


def describe(definition: Definition, language: Language) -> str:
    """A definition in words, one class a line: what speaks for it, with thresholds and weights.

    Example:
        >>> from kogorta.kit.language import Language
        >>> from kogorta.segments.evidence.shelf import shipped
        >>> print(describe(shipped("gender"), Language("en")))
        Gender
        Women: f, female, woman, ж, жен, жен., женский, женщина
        Men: m, male, man, м, муж, муж., мужской, мужчина
    """
    told = [definition.title.told(language)]
    for found in definition.classes:
        if definition.method == "evidence":
            parts = [_describe_line(line, sum(item.weight for item in found.lines), language) for line in found.lines]
        elif definition.method == "bands":
            parts = [_bounds(*(None if bound is None else language.number(bound) for bound in (found.from_, found.to)))]
        else:
            parts = [", ".join(found.values)]
        told.append(f"{found.title.told(language)}: {'; '.join(parts)}")
    return "\n".join(told)


def _bounds(low: str | None, high: str | None) -> str:
    return " ".join(f"{sign} {bound}" for sign, bound in (("≥", low), ("≤", high)) if bound is not None)


def _describe_line(line: Line, total: int, language: Language) -> str:
    measure = MEASURES[line.measure]
    texts = [language.text(measure.meaning)]
    asked = [
        ", ".join(word_within(line.card, word, language) for word in words) for words in (line.values, line.types, line.naming) if words
    ]
    if line.value_from is not None:
        asked.append(language.text("rated {least} or more", least=tell_value(line.value_from, "number", language)))
    if line.within is not None:
        asked.append(language.plural("within {count} day", "within {count} days", line.within))
    if asked:
        texts.append("(" + "; ".join(asked) + ")")
    if measure.unit != "word":
        low, high = (None if bound is None else tell_value(bound, measure.unit, language) for bound in (line.at_least, line.at_most))
        texts.append(_bounds(low, high))
    if line.effect == "excludes":
        return language.text("excluded by: {fact}", fact=" ".join(texts))
    share = language.percent(line.weight / total, 0)
    if line.effect == "required":
        return language.text("{fact}, {weight}, required", fact=" ".join(texts), weight=share)
    return language.text("{fact}, {weight}", fact=" ".join(texts), weight=share)


def tell_score(score: float, language: Language) -> str:
    """A score with two digits, kept on one line."""
    return language.number(score, 2).replace(" ", NO_BREAK_SPACE)
