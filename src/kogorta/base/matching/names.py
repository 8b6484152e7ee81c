"""Names as sounds: one spelling for «ё» and «е», Cyrillic and Latin, any order of words, initials, short forms and legal forms."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from kogorta.kit.contacts import split_company_name

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_NAME: Final = 200
"""Signs of a name that are read: whatever is beyond is no name."""

_LETTERS: Final = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "i", "к": "k", "л": "l",
        "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "ts", "ч": "ch",
        "ш": "sh", "щ": "sh", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia", "і": "i", "ї": "i", "є": "e", "ґ": "g",
    }
)  # fmt: skip
_SOUNDS: Final = tuple(
    (re.compile(written), sound)
    for written, sound in (
        (r"shch|sch", "sh"),
        (r"kh", "h"),
        (r"ck|q", "k"),
        (r"c(?!h)", "k"),
        (r"ts|tz", "c"),
        (r"x", "ks"),
        (r"w", "v"),
        (r"ph", "f"),
        (r"[yj]o", "e"),
        (r"[yj]e", "e"),
        (r"[yj]", "i"),
        (r"(.)\1+", r"\1"),
    )
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_COMPANY_WORD: Final = re.compile(r"[^\W_]+")
_PATRONYMIC: Final = re.compile(r"[a-z]{2,}(?:ovich|evich|ich|ovna|evna|ichna|inichna)|ogli|kizi")
_SURNAME: Final = re.compile(r"[a-z]{2,}(?:ov|ev|in|ova|eva|ina|ski|skaia|enko|ko|uk|iuk|ih|ian|dze|shvili)")
_TITLES: Final = frozenset(("ip", "mr", "mrs", "ms", "dr", "gn", "gzha"))
_CITY_PREFIX: Final = re.compile(r"^\s*(?:г\.|г\s|город\s|гор\.)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name as sounds; None where the card does not say.

    Args:
        surname: `ivanova`; words of a double one sorted and joined.
        first: the full given name, `mariia`; of a short form that several names share, the short form itself.
        firsts: every given name the written one may stand for.
        first_initial: its first letter; known for «И.» too.
        middle: the patronymic.
        middle_initial: its first letter.
    """

    surname: str | None = None
    first: str | None = None
    firsts: tuple[str, ...] = ()
    first_initial: str | None = None
    middle: str | None = None
    middle_initial: str | None = None


@lru_cache(maxsize=131_072)
def sound(word: str) -> str:
    """A word as it sounds, in Latin letters.

    Example:
        >>> sound("Щукин"), sound("Shchukin"), sound("Юрий"), sound("Yuriy"), sound("Семёнов"), sound("Semenov")
        ('shukin', 'shukin', 'iuri', 'iuri', 'semenov', 'semenov')
    """
    plain = unicodedata.normalize("NFKC", word).lower().translate(_LETTERS)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if sign.isalnum())
    for written, heard in _SOUNDS:
        plain = written.sub(heard, plain)
    return plain


@cache
def _given_names() -> Mapping[str, tuple[str, ...]]:
    """Sound of a written given name -> sounds of the full names it may stand for."""
    found: dict[str, tuple[str, ...]] = {}
    text = (resources.files("kogorta.base.matching") / "given_names.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            full, *short = (sound(word) for word in line.split())
            for form in (full, *short):
                found[form] = tuple(sorted({*found.get(form, ()), full}))
    return found


@lru_cache(maxsize=131_072)
def read_person(text: str | None) -> PersonName:
    """Surname, given name and patronymic of a name in any order.

    Example:
        >>> read_person("Petrova Maria") == read_person("Мария Петрова")
        True
        >>> read_person("Петров И. А.").first_initial
        'i'
    """
    words = [sound(word) for word in _WORD.findall((text or "")[:LONGEST_NAME])]
    words = [word for word in words if word and word not in _TITLES]
    initials = [word for word in words if len(word) == 1]
    rest = [word for word in words if len(word) > 1]
    middle = next((word for place, word in enumerate(rest) if place and _PATRONYMIC.fullmatch(word)), None)
    if middle is not None:
        rest.remove(middle)
    first = _choose_first(rest, has_initials=bool(initials))
    if first is not None:
        rest.remove(first)
    surname = " ".join(sorted(rest)) or None
    firsts = _given_names().get(first, (first,)) if first else ()
    full = firsts[0] if len(firsts) == 1 else first
    letters = {name[0] for name in firsts}
    first_initial = letters.pop() if len(letters) == 1 else initials.pop(0) if initials and not firsts else None
    middle_initial = middle[0] if middle else initials.pop(0) if initials else None
    return PersonName(surname, full, firsts, first_initial, middle, middle_initial)


def _choose_first(words: list[str], *, has_initials: bool) -> str | None:
    known = [word for word in words if word in _given_names()]
    if len(words) == 1 or len(known) == 1:
        return known[0] if known else None
    if not words or (has_initials and not known):
        return None
    candidates = known or words
    others = [word for word in candidates if not _SURNAME.fullmatch(word)]
    if len(others) == 1:
        return others[0]
    return candidates[1] if len(candidates) > 1 else candidates[0]


@lru_cache(maxsize=131_072)
def read_company(text: str | None) -> tuple[str, ...]:
    """Words of a company's name as sounds, sorted, without its legal form.

    Example:
        >>> read_company("ООО «Ромашка Плюс»") == read_company("Romashka-Plyus, OOO")
        True
    """
    core = split_company_name((text or "")[:LONGEST_NAME]).core
    return tuple(sorted({heard for word in _COMPANY_WORD.findall(core) if (heard := sound(word))}))


@lru_cache(maxsize=16_384)
def read_city(text: str | None) -> str | None:
    """A city as it sounds, without «г.».

    Example:
        >>> read_city("г. Орёл") == read_city("Orel")
        True
    """
    return sound(_CITY_PREFIX.sub("", (text or "")[:LONGEST_NAME])) or None
