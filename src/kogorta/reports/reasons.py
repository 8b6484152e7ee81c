"""Codes of the plan in words: why a customer is on the list, what a forecast rests on, what was tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language
    from kogorta.reports.wording import Wording
    from kogorta.waves.plan import Contradiction


@dataclass(frozen=True)
class Clash:
    """A contradiction's sentence and the figures it needs; those named in `money` are minor units."""

    text: str
    needs: tuple[str, ...]
    money: frozenset[str]


CONTRADICTIONS: Final[Mapping[str, Clash]] = {
    "revenue_above_check": Clash(
        message("Claimed: {claimed}. But {buyers} buyers at the usual check of {check} cannot bring that much."),
        ("claimed", "buyers", "check"),
        frozenset({"claimed", "check"}),
    ),
}
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
    return ", ".join(in_words(language, REASONS, code) for code in codes)


WHY_NOT: Final[Mapping[str, str]] = {
    "too_few_buyers": message("There are too few buyers to compare segments."),
    "not_enough_data": message("The data do not suffice to compare segments."),
}
INPUTS: Final[Mapping[str, str]] = {
    "baseline_rate": message("Share that would buy anyway"),
    "uplift": message("Increase of that share by the wave"),
    "average_check": message("Average check"),
}
INPUT_SOURCES: Final[Mapping[str, str]] = {
    "measured": message("measured on this base"),
    "assumed": message("assumption"),
    "given": message("given by the user"),
}
CASES: Final[Mapping[str, str]] = {
    "base": message("As in this report"),
    "fixed_thresholds": message("Thresholds in days, orders and money"),
    "last_3_years": message("Only the last three years"),
    "ignore_refunds": message("Refunds not subtracted"),
    "five_levels": message("Five levels instead of three"),
}
ARMS: Final[Mapping[str, str]] = {
    "treated": message("contact"),
    "control": message("control"),
}
ROLES: Final[Mapping[str, str]] = {
    "owner": message("owner"),
    "director": message("director"),
    "technical_director": message("technical director"),
    "accountant": message("accountant"),
    "sales_director": message("sales director"),
    "department_head": message("department head"),
}


def contradiction(say: Wording, item: Contradiction) -> str:
    """A contradiction in a sentence with its figures."""
    known = CONTRADICTIONS.get(item.code)
    figures = dict(item.figures)
    if known and all(name in figures for name in known.needs):
        values = {name: say.money(value) if name in known.money else say.number(value) for name, value in figures.items()}
        return say.text(known.text, **values)
    listed = ", ".join(f"{name.replace('_', ' ')}: {say.number(value, 2)}" for name, value in item.figures)
    return f"{item.code.replace('_', ' ')}: {listed}"
