"""The words of a formula: names, numbers, dates, windows, texts, operators, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from kogorta.kit.errors import InputError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CHARACTERS: Final = 100_000

Sort = Literal["name", "number", "date", "window", "text", "operator", "end"]

_PATTERN: Final = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w]))
  | (?P<window>[0-9]+[dwmyднмг](?!\w))
  | (?P<number>[0-9][0-9_]*(?:\.[0-9]+)?%?(?![\w.]))
  | (?P<name>[^\W\d]\w*)
  | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*"|«[^»]*»|“[^”]*”)
  | (?P<operator><=|>=|!=|<>|==|≤|≥|≠|[-=<>(),])
    """,
    re.VERBOSE,
)
_OPERATORS: Final[Mapping[str, str]] = {"<>": "!=", "==": "=", "≤": "<=", "≥": ">=", "≠": "!="}
_WORDS: Final[Mapping[str, str]] = {
    "и": "and",
    "или": "or",
    "не": "not",
    "в": "in",
    "между": "between",
    "содержит": "contains",
    "все": "all",
}
"""Russian spellings of the words of the language."""
_PLACED: Final = message("Line {line}, column {column}: {reason}\n{pointer}")
_UNITS: Final[Mapping[str, str]] = {"д": "d", "н": "w", "м": "m", "г": "y"}


@dataclass(frozen=True)
class Token:
    """One word of a formula.

    Args:
        sort: what it is.
        text: a name in lower case, a text without its quotes, an operator or window in its usual spelling.
        place: position of its first character.
        value: of a number or a date.
    """

    sort: Sort
    text: str
    place: int
    value: float | date | None = None


class FormulaError(InputError):
    """A formula that cannot be read.

    Args:
        reason: what is wrong and what to do, one sentence in an error of its own.
        formula: the whole text.
        place: position of the character the error is at.

    Attributes:
        reason: the sentence alone, in English.
        line: line of the place, from 1.
        column: column of the place, from 1.

    Example:
        >>> print(FormulaError(InputError("There is no field 'agee'; did you mean age?"), "agee > 3", 0))
        Line 1, column 1: There is no field 'agee'; did you mean age?
        agee > 3
        ^
    """

    def __init__(self, reason: InputError, formula: str, place: int) -> None:
        before = formula[:place]
        self.reason = str(reason)
        self.line = before.count("\n") + 1
        start = before.rfind("\n") + 1
        self.column = place - start + 1
        end = formula.find("\n", place)
        shown = formula[start : end if end >= 0 else len(formula)]
        # a long line is cut to what surrounds the place
        cut = max(0, self.column - 61)
        snippet = "".join(" " if letter == "\t" or not letter.isprintable() else letter for letter in shown[cut : cut + 120])
        pointer = f"{snippet}\n{' ' * (self.column - 1 - cut)}^"
        super().__init__(_PLACED, line=self.line, column=self.column, reason=reason, pointer=pointer)


def tokens_of(formula: str) -> list[Token]:
    """The words of a formula, closed by an `end`.

    Raises:
        FormulaError: a character or a number that cannot be read; it points at the place.

    Example:
        >>> [token.text for token in tokens_of("orders(30d) >= 3")]
        ['orders', '(', '30d', ')', '>=', '3', '']
    """
    if len(formula) > MOST_CHARACTERS:
        raise InputError(
            "The formula has {count} characters; up to {most_characters} are allowed. Split it into segments.",
            count=len(formula),
            most_characters=MOST_CHARACTERS,
        )
    found: list[Token] = []
    place = 0
    while place < len(formula):
        match = _PATTERN.match(formula, place)
        if match is None:
            _refuse(formula, place)
        if match.lastgroup != "space":
            found.append(_token(match, formula))
        place = match.end()
    return [*found, Token("end", "", len(formula))]


def _token(match: re.Match[str], formula: str) -> Token:
    text, place = match[0], match.start()
    if match.lastgroup == "date":
        try:
            return Token("date", text, place, date.fromisoformat(text))
        except ValueError as error:
            raise FormulaError(
                InputError("There is no day {text}; write year-month-day, for example 2026-11-22.", text=text), formula, place
            ) from error
    if match.lastgroup == "window":
        return Token("window", text[:-1] + _UNITS.get(text[-1], text[-1]), place)
    if match.lastgroup == "number":
        return Token("number", text, place, _number(text, formula, place))
    if match.lastgroup == "name":
        word = text.lower()
        return Token("name", _WORDS.get(word, word), place)
    if match.lastgroup == "text":
        inner = text[1:-1]
        return Token("text", inner.replace(text[0] * 2, text[0]) if text[0] in "'\"" else inner, place)
    return Token("operator", _OPERATORS.get(text, text), place)


def _number(text: str, formula: str, place: int) -> float:
    digits = text.rstrip("%").replace("_", "")
    if len(digits) > 40:
        raise FormulaError(InputError("The number has too many digits; up to 40 are read."), formula, place)
    number = int(digits) if digits.isdigit() else float(digits)
    if not text.endswith("%"):
        return number
    from decimal import Decimal

    return float(Decimal(digits) / 100)


def _refuse(formula: str, place: int) -> NoReturn:
    letter = formula[place]
    if letter in "'\"«“":
        raise FormulaError(InputError("The text in quotes has no end; close the quote."), formula, place)
    if letter.isdigit():
        raise FormulaError(
            InputError("This is neither a number (100000, 1.5, 10%), nor a window (30d, 12m), nor a date (2026-11-22); correct it."),
            formula,
            place,
        )
    shown = f"{letter!r}" if letter.isprintable() else f"U+{ord(letter):04X}"
    raise FormulaError(
        InputError("The character {shown} means nothing here; remove it, or put text into quotes.", shown=shown), formula, place
    )
