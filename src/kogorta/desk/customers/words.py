"""Slugs of the analysis in the reader's words: segments, classes, levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.reports.names import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language
    from kogorta.segments.rfm import RFMRule

STATUSES: Final[Mapping[str, str]] = {
    "won": message("paid"),
    "lost": message("lost deal"),
    "open": message("in progress"),
    "refunded": message("refunded"),
}
LETTERS: Final[Mapping[str, str]] = {
    "A": message("A: brings the first 80 % of revenue"),
    "B": message("B: the next 15 %"),
    "C": message("C: the last 5 %"),
    "X": message("X: buys steadily"),
    "Y": message("Y: buys with fluctuations"),
    "Z": message("Z: buys irregularly"),
}
_RECENCY: Final = (message("Just now"), message("Recently"), message("Long ago"))
_FREQUENCY: Final = (message("Often"), message("Sometimes"), message("Rarely"))
_MONEY: Final = (message("Much money"), message("Middling money"), message("Little money"))


def segment_word(language: Language, scheme: str, slug: str | None) -> str:
    """Name of a segment of a scheme; a dash for none."""
    if not slug:
        return "—"
    if slug == "none" and scheme in {"case", "guide"}:
        return language.text("Had not bought yet")
    known = NAMES.get((scheme, slug))
    return language.text(known) if known else slug


def level_word(language: Language, digit: str, level: int, levels: int) -> str:
    """A level in words: three bands, whatever the number of levels."""
    words = {"r": _RECENCY, "f": _FREQUENCY, "m": _MONEY}[digit]
    return language.text(words[0 if level == 1 else 2 if level == levels else 1])


def level_bounds(language: Language, rule: RFMRule, digit: str, level: int) -> str:
    """Between which figures a level lies: `up to 59 days`, `3–5 orders`."""
    if digit == "r":
        low = rule.recency[level - 2] + 1 if level > 1 else 0
        high = rule.recency[level - 1] if level < rule.levels else None
        if high is None:
            return language.text("from {days} days", days=language.number(low))
        return language.text("{low}–{high} days", low=language.number(low), high=language.number(high))
    # the best level of frequency has the largest figures
    low = rule.frequency[rule.levels - 1 - level] + 1 if level < rule.levels else 1
    high = rule.frequency[rule.levels - level] if level > 1 else None
    if high is None:
        return language.text("from {orders} orders", orders=language.number(low))
    if low >= high:
        return language.plural("{count} order", "{count} orders", high)
    return language.text("{low}–{high} orders", low=language.number(low), high=language.number(high))
