"""Problems of the audit in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.kit.language import message

if TYPE_CHECKING:
    from kogorta.base.audit import Problem
    from kogorta.kit.language import Language

FATES = {
    "quarantined": message("left out"),
    "merged": message("merged"),
    "repaired": message("repaired"),
    "noted": message("noted"),
}


@dataclass(frozen=True)
class Told:
    """A kind of problem in the reader's language."""

    title: str
    effect: str
    remedy: str


def told(language: Language, code: str) -> Told:
    """Title, effect and remedy of a problem; a code the catalogue does not know is shown as it is."""
    from kogorta.base.problems import PROBLEMS

    kind = PROBLEMS.get(code)
    if kind is None:
        return Told(code.replace("_", " "), "", "")
    return Told(language.text(kind.title), language.text(kind.effect), language.text(kind.remedy))


def fate(language: Language, problem: Problem) -> str:
    """What happened to the rows, in a word."""
    return language.text(FATES[str(problem.fate)])
