"""Names of RFM codes: two schemes, each total, each code exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import OptionError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMED_LEVELS: Final = 3
"""Names are given to codes of three levels; four and five levels are banded to three first."""

BANDS: Final[Mapping[int, tuple[int, ...]]] = {3: (1, 2, 3), 4: (1, 2, 2, 3), 5: (1, 1, 2, 3, 3)}
"""Level -> level of three: with four levels the two middle ones are the middle; with five the outer pairs are the ends."""


@dataclass(frozen=True)
class NamedSegment:
    """A named group of codes: slug, English name (translated at the edge), the codes of three levels it holds."""

    slug: str
    name: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class NamingScheme:
    """A table of names that covers every code of three levels exactly once.

    Args:
        name: slug of the scheme.
        segments: named groups; one may have no codes and then takes the rest.

    Raises:
        OptionError: a code has no name or two names, or is not a code; the message lists the codes.

    Example:
        >>> NamingScheme("short", (NamedSegment("best", "Best", ("111",)), NamedSegment("rest", "Rest", ()))).segment_of("333")
        'rest'
    """

    name: str
    segments: tuple[NamedSegment, ...]

    def __post_init__(self) -> None:
        every = all_codes(NAMED_LEVELS)
        given = [code for segment in self.segments for code in segment.codes]
        strange = sorted({code for code in given if code not in every})
        if strange:
            raise OptionError(
                "Scheme {name}: {names} is not an RFM code; digits go from 1 to 3.",
                name=self.name,
                names=", ".join(strange),
            )
        twice = sorted({code for code in given if given.count(code) > 1})
        if twice:
            raise OptionError(
                "Scheme {name}: {names} has more than one name; leave each code one.",
                name=self.name,
                names=", ".join(twice),
            )
        rest = [segment for segment in self.segments if not segment.codes]
        missing = sorted(set(every) - set(given))
        if missing and len(rest) != 1:
            raise OptionError(
                "Scheme {name}: {names} has no name; name it, or leave one segment without codes for the rest.",
                name=self.name,
                names=", ".join(missing),
            )
        if not missing and rest:
            raise OptionError(
                "Scheme {name}: segment {slug} has no codes left; remove it.",
                name=self.name,
                slug=rest[0].slug,
            )

    @property
    def table(self) -> dict[str, str]:
        """Code of three levels -> slug."""
        named = {code: segment.slug for segment in self.segments for code in segment.codes}
        rest = next((segment.slug for segment in self.segments if not segment.codes), "")
        return {code: named.get(code, rest) for code in all_codes(NAMED_LEVELS)}

    def segment_of(self, code: str, levels: int = NAMED_LEVELS) -> str:
        """Slug of the segment a code (1 = best) belongs to; codes of four and five levels are banded first."""
        return self.table[banded(code, levels)]

    def name_of(self, slug: str) -> str:
        """English name of a segment."""
        return next(segment.name for segment in self.segments if segment.slug == slug)


def all_codes(levels: int) -> tuple[str, ...]:
    """Every code with this many levels: 27, 64 or 125 of them.

    Example:
        >>> len(all_codes(4)), all_codes(3)[0]
        (64, '111')
    """
    check_choice("levels", levels, tuple(BANDS))
    digits = [str(level) for level in range(1, levels + 1)]
    return tuple("".join(code) for code in product(digits, repeat=3))


def banded(code: str, levels: int) -> str:
    """The code of three levels that stands for a code of `levels` levels.

    Example:
        >>> banded("145", 5), banded("124", 4)
        ('133', '123')
    """
    band = BANDS[check_choice("levels", levels, tuple(BANDS))]
    return "".join(str(band[int(digit) - 1]) for digit in code)


def flipped(code: str, levels: int) -> str:
    """The same code in the other direction: 1 = best <-> the highest digit = best.

    Example:
        >>> flipped("111", 3), flipped("125", 5)
        ('333', '541')
    """
    return "".join(str(levels + 1 - int(digit)) for digit in code)


def _segment(slug: str, name: str, codes: str = "") -> NamedSegment:
    return NamedSegment(slug, name, tuple(codes.split()))


SCHEMES: Final[Mapping[str, NamingScheme]] = {
    scheme.name: scheme
    for scheme in (
        NamingScheme(
            "case",
            (
                _segment("vip", message("VIP"), "111"),
                _segment("loyal", message("Loyal"), "112 121 211 212"),
                _segment("potential", message("Potential"), "131 132"),
                _segment("new", message("New"), "133"),
                _segment("needs_attention", message("Needs attention"), "311 312 313 321 331"),
                _segment("sleeping", message("Sleeping"), "323 332 333"),
                _segment("standard", message("Standard")),
            ),
        ),
        NamingScheme(
            "guide",
            (
                _segment("key", message("Key"), "111"),
                _segment("loyal", message("Loyal customers"), "112 121 122"),
                _segment("promising_newcomer", message("Promising newcomers"), "131 132"),
                _segment("newcomer", message("Newcomers"), "133"),
                _segment("active_small", message("Active with a small check"), "113 123"),
                _segment("at_risk", message("At risk"), "211 212 221"),
                _segment("cooling", message("Cooling"), "213 222 223 231 232 233"),
                _segment("cannot_lose", message("Cannot lose"), "311 312 321"),
                _segment("sleeping", message("Sleeping customers"), "313 322 323 331 332"),
                _segment("lost", message("Lost"), "333"),
            ),
        ),
    )
}
