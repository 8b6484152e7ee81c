"""Codes of the plan in words: why a customer is on the list, what a forecast rests on, what was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language

REASONS: Final[Mapping[str, str]] = {
    "used_to_spend_much": message("used to spend much"),
    "used_to_buy_often": message("used to buy often"),
    "overdue": message("has been silent longer than usual"),
}


def in_words(language: Language, words: Mapping[str, str], code: str) -> str:
    """The text of a code; a code without a text is shown as it is, with spaces."""
    known = words.get(code)
    return language.text(known) if known else code.replace("_", " ")


def reasons(language: Language, codes: tuple[str, ...]) -> str:
    """Why a customer is on the list, strongest reason first."""
    return "; ".join(in_words(language, REASONS, code) for code in codes)
