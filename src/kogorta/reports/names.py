"""Names that readers see: segments of every scheme, classes, industries, categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language
    from kogorta.segments.figures import SegmentFigures

NAMES: Final[Mapping[tuple[str, str], str]] = {
    ("case", "vip"): message("VIP"),
    ("case", "loyal"): message("Loyal"),
    ("case", "potential"): message("Potential"),
    ("case", "new"): message("New"),
    ("case", "needs_attention"): message("Needs attention"),
    ("case", "sleeping"): message("Sleeping"),
    ("case", "standard"): message("Standard"),
    ("guide", "key"): message("Key"),
    ("guide", "loyal"): message("Loyal customers"),
    ("guide", "promising_newcomer"): message("Promising newcomers"),
    ("guide", "newcomer"): message("Newcomers"),
    ("guide", "active_small"): message("Active with a small check"),
    ("guide", "at_risk"): message("At risk"),
    ("guide", "cooling"): message("Cooling"),
    ("guide", "cannot_lose"): message("Cannot lose"),
    ("guide", "sleeping"): message("Sleeping customers"),
    ("guide", "lost"): message("Lost"),
    ("lifecycle", "prospect"): message("Have not bought yet"),
    ("lifecycle", "new"): message("New buyers"),
    ("lifecycle", "active"): message("Active buyers"),
    ("lifecycle", "sleeping"): message("Sleeping buyers"),
    ("lifecycle", "gone"): message("Gone buyers"),
    ("abc", "none"): message("No revenue"),
    ("xyz", "early"): message("Too early to tell"),
}
"""English name of each segment by scheme and slug; a Russian noun agrees differently in each scheme."""

ORDER: Final = ("prospect", "new", "active", "sleeping", "gone")
DORMANT: Final[Mapping[str, frozenset[str]]] = {
    "case": frozenset({"needs_attention", "sleeping"}),
    "guide": frozenset({"cannot_lose", "sleeping", "lost"}),
}
"""Segments whose customers have stopped buying: recency level 3 of each scheme."""
RECENCY: Final = {1: message("Just now"), 2: message("Recently"), 3: message("Long ago")}
FREQUENCY: Final = {1: message("Often"), 2: message("Sometimes"), 3: message("Rarely")}
INDUSTRY_LIMIT: Final = 60
"""Characters of an industry name in a sentence; a user's own map may hold anything."""
MOTIVES: Final = {
    "win_back": message("win back"),
    "grow": message("grow"),
    "keep": message("keep"),
}


def segment_name(analysis: Analysis, language: Language, slug: str, scheme: str | None = None) -> str:
    """Name of a segment in the reader's language; `none` in a migration is those who had not bought yet."""
    scheme = scheme or analysis.scheme
    known = NAMES.get((scheme, slug))
    if known:
        return language.text(known)
    if slug == "none":
        return language.text("Had not bought yet")
    if scheme in {"abc", "xyz"}:
        return slug
    for item in analysis.segments:
        if (item.scheme, item.segment) == (scheme, slug):
            return language.text(item.name)
    return slug.replace("_", " ").capitalize()


def quoted(language: Language, name: str) -> str:
    """A name in the quotation marks of the language; those inside it are of the second kind.

    Example:
        >>> from kogorta.kit.language import Language
        >>> quoted(Language("en"), "Buy “toys”")
        '“Buy ‘toys’”'
    """
    if language.code == "ru":
        return f"«{name.replace('«', '„').replace('»', '“')}»"
    return f"“{name.replace('“', '‘').replace('”', '’')}”"


def industry_name(analysis: Analysis, language: Language, slug: str) -> str:
    """Name of an industry in the reader's language."""
    names = analysis.industry_names.get(slug)
    if names is None:
        return slug
    name = " ".join((names[0] if language.code == "ru" else names[1]).split())
    return name if len(name) <= INDUSTRY_LIMIT else name[: INDUSTRY_LIMIT - 1] + "…"


def category_name(language: Language, recency: int, monetary: int, frequency: int) -> str:
    """Label of an RFM category as in the case.

    Example:
        >>> from kogorta.kit.language import Language
        >>> category_name(Language("en"), 1, 1, 3)
        'Just now-1-Rarely'
    """
    return f"{language.text(RECENCY[recency])}-{monetary}-{language.text(FREQUENCY[frequency])}"


def of_scheme(analysis: Analysis, scheme: str | None = None) -> tuple[SegmentFigures, ...]:
    """Non-empty segments of a scheme, largest first; lifecycle in its natural order."""
    scheme = scheme or analysis.scheme
    found = [item for item in analysis.segments if item.scheme == scheme and item.customers]
    if scheme == "lifecycle":
        return tuple(sorted(found, key=lambda item: ORDER.index(item.segment) if item.segment in ORDER else len(ORDER)))
    return tuple(sorted(found, key=lambda item: (-item.customers, item.segment)))
