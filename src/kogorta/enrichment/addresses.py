"""Region and city in an address, a `region` cell or a `city` cell, Russian or English.

Names of streets, districts and villages are set aside first: «Московский проспект» is no Moscow. A city that is also
a common word or a name («Владимир», «Мирный») counts only with «г.» or alone between commas. What fits two regions
equally gives none: a missing region is better than a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from kogorta.enrichment.reading import rows
from kogorta.enrichment.regions import regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FEDERAL_CITIES: Final[Mapping[str, str]] = {"RU-MOW": "RU-MOS", "RU-SPE": "RU-LEN", "UA-40": "UA-43"}
_INNER: Final[Mapping[str, str]] = {"RU-KHM": "RU-TYU", "RU-YAN": "RU-TYU", "RU-NEN": "RU-ARK"}
_CITY_MARKERS: Final = frozenset(("г", "гор", "город", "го", "city", "gorod", "g"))
_STREETS: Final = frozenset(
    (
        "ул", "улица", "ulitsa", "ul", "street", "str", "st", "проспект", "пр", "просп", "prospekt", "prospect",
        "avenue", "шоссе", "ш", "shosse", "highway", "переулок", "пер", "lane", "проезд", "бульвар", "бул", "boulevard",
        "набережная", "наб", "embankment", "площадь", "пл", "square", "аллея", "тупик", "тракт", "линия", "микрорайон",
        "мкр", "квартал", "район", "district", "road", "rd", "дорога", "метро", "вокзал", "завод", "тц", "трц", "бц",
        "жк", "снт", "пгт", "рп", "деревня", "дер", "село", "пос", "поселок", "станица", "хутор", "аул",
    )
)  # fmt: skip
_CITIES_LIKE_STREETS: Final = frozenset((("наб", "челны"), ("красное", "село")))
_FOREIGN: Final = frozenset(
    (
        "беларусь", "белоруссия", "казахстан", "украина", "узбекистан", "кыргызстан", "киргизия", "таджикистан",
        "туркменистан", "армения", "азербайджан", "грузия", "молдова", "молдавия", "латвия", "литва", "эстония",
        "германия", "китай", "турция", "польша", "сша", "оаэ", "израиль", "сербия", "монголия", "belarus", "kazakhstan",
        "ukraine", "uzbekistan", "kyrgyzstan", "tajikistan", "armenia", "azerbaijan", "georgia", "moldova", "latvia",
        "lithuania", "estonia", "germany", "china", "turkey", "poland", "usa", "uae", "israel", "serbia",
    )
)  # fmt: skip
_REWRITES: Final = (
    (re.compile(r"\b(?:пр-?к?т|просп-т)\b\.?"), " проспект "),
    (re.compile(r"\bпр-д\b\.?"), " проезд "),
    (re.compile(r"\bб-р\b\.?"), " бульвар "),
    (re.compile(r"\bр-о?н\b\.?"), " район "),
    (re.compile(r"\bм-н\b\.?|\bмк-н\b\.?"), " мкр "),
    (re.compile(r"\bпл-дь\b\.?"), " площадь "),
    (re.compile(r"\bг\s*\.\s*о\s*\.|\bг\.?\s?о\b(?=\s)"), " го "),
    (re.compile(r"\bа\s*\.?\s*о\b\.?|\bавт\.?\s?окр(?:уг)?\b\.?"), " ао "),
)
_SEGMENT = re.compile(r"[,;|()\n\r\t/]+")
_TOKEN = re.compile(r"[^\W_]+")
_ADJECTIVE = re.compile(r"[а-я]+(?:ая|яя|ий|ый|ой|ое|ее|ого|его|ского)|\d+я")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is.

    Args:
        region: ISO 3166-2 code.
        city: Russian name of the city, when one of the known ones is named.
    """

    region: str
    city: str | None = None


@dataclass(frozen=True, slots=True)
class _Name:
    """A phrase that names a region (`city` is None) or a city in one of several regions."""

    words: tuple[str, ...]
    regions: tuple[str, ...]
    city: str | None = None
    needs_marker: bool = False

    def fits(self, tokens: tuple[str, ...], at: int) -> bool:
        if at + len(self.words) > len(tokens):
            return False
        return all(
            token.startswith(word[:-1]) if word[-1] == "*" else token == word for word, token in zip(self.words, tokens[at:], strict=False)
        )


@dataclass(frozen=True, slots=True)
class _Found:
    name: _Name
    marked: bool


def _fold(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(text.lower().replace("ё", "е")))


def _phrase(text: str) -> tuple[str, ...]:
    return tuple(text.lower().replace("ё", "е").split())


def _region_phrases() -> Iterable[_Name]:
    for row in rows("regions"):
        code = (row["code"],)
        phrases = [_phrase(alias) for alias in row["aliases"].split("|") if alias]
        russian, english = _fold(row["name_ru"]), _fold(row["name_en"])
        if russian[-1] in ("область", "край") and len(russian) == 2:
            stem = russian[0][:-2] + "*"
            kinds = ("область", "обл", "области") if russian[-1] == "область" else ("край", "края", "крае")
            phrases += [(stem, kind) for kind in kinds] + [(kind, stem) for kind in kinds[:2]]
        elif row["code"] not in _FEDERAL_CITIES:
            phrases.append(russian)
        base = english[:-1] if english[-1] in ("oblast", "krai") else english
        if base != english:
            phrases += [(*base, kind) for kind in ("oblast", "obl", "region", "krai", "kray", "territory")]
        elif row["code"] not in _FEDERAL_CITIES:
            phrases.append(english)
        yield from (_Name(phrase, code) for phrase in dict.fromkeys(phrases))


def _city_phrases() -> Iterable[_Name]:
    homes: dict[str, dict[str, None]] = {}
    marked: dict[str, bool] = {}
    spellings: dict[str, set[tuple[str, ...]]] = {}
    for row in rows("cities"):
        city = row["name_ru"]
        homes.setdefault(city, {})[row["region"]] = None
        marked[city] = marked.get(city, False) or row["needs_marker"] == "yes"
        spellings.setdefault(city, set()).update((_fold(city), _fold(row["name_en"])))
    for row in rows("city_aliases"):
        spellings[row["name_ru"]].add(_fold(row["alias"]))
    for city, phrases in spellings.items():
        for phrase in sorted(phrases):
            yield _Name(phrase, tuple(homes[city]), city, marked[city])


@cache
def _names() -> Mapping[str, tuple[_Name, ...]]:
    """All phrases by the first four letters of their first word, the longest first."""
    index: dict[str, list[_Name]] = {}
    for name in (*_region_phrases(), *_city_phrases()):
        index.setdefault(name.words[0].rstrip("*")[:4], []).append(name)
    return {key: tuple(sorted(names, key=lambda name: -len(name.words))) for key, names in index.items()}


@cache
def _adjectives() -> Mapping[str, str]:
    """Regions by their bare adjective, as a `region` column often has it: «Московская»."""
    regular = {
        words[0]: row["code"] for row in rows("regions") if len(words := _fold(row["name_ru"])) == 2 and words[1] in ("область", "край")
    }
    return regular | {
        "удмуртская": "RU-UD", "чеченская": "RU-CE", "чувашская": "RU-CU", "еврейская": "RU-YEV", "ненецкий": "RU-NEN",
        "чукотский": "RU-CHU", "ямало ненецкий": "RU-YAN", "ханты мансийский": "RU-KHM",
    }  # fmt: skip


def _street_mask(tokens: tuple[str, ...]) -> list[bool]:
    """Which tokens belong to the name of a street, a district, a village."""
    masked = [False] * len(tokens)
    for at, token in enumerate(tokens):
        if token not in _STREETS or _CITIES_LIKE_STREETS & {tokens[at : at + 2], tokens[max(0, at - 1) : at + 1]}:
            continue
        masked[at] = True
        following = at + 1
        if following < len(tokens) and not tokens[following][0].isdigit() and tokens[following] not in _STREETS:
            while following < len(tokens) and _ADJECTIVE.fullmatch(tokens[following]):
                masked[following] = True
                following += 1
            if following == at + 1:
                masked[following] = True
        else:
            before = at - 1
            while before >= 0 and _ADJECTIVE.fullmatch(tokens[before]):
                masked[before] = True
                before -= 1
            if before == at - 1 and before >= 0:
                masked[before] = True
    return masked


def _scan(segment: str) -> tuple[list[_Found], bool]:
    """Names in one piece of an address, and whether the piece is a foreign country."""
    tokens = _fold(segment)
    rest = [token for token in tokens if token not in ("республика", "респ", "republic", "of")]
    if len(rest) == 1 and rest[0] in _FOREIGN:
        return [], True
    masked = _street_mask(tokens)
    found: list[_Found] = []
    at = 0
    while at < len(tokens):
        name = None
        if not masked[at]:
            candidates = _names().get(tokens[at][:4], ())
            name = next((item for item in candidates if item.fits(tokens, at)), None)
        if name is None or any(masked[at : at + len(name.words)]):
            at += 1
            continue
        end = at + len(name.words)
        neighbours = (*tokens[max(0, at - 1) : at], *tokens[end : end + 1])
        marked = any(token in _CITY_MARKERS for token in neighbours)
        others = [token for token in (*tokens[:at], *tokens[end:]) if not token.isdigit()]
        if not name.needs_marker or marked or all(token in ("россия", "рф", "russia") for token in others):
            found.append(_Found(name, marked))
        at = end
    return found, False


@lru_cache(maxsize=65_536)
def place_of_address(text: str | None) -> Place | None:
    """The region and city an address names, or None.

    Args:
        text: an address in one line, or only a region or a city.

    Example:
        >>> place_of_address("Самарская обл., г. Тольятти, Московский пр-т, 10")
        Place(region='RU-SAM', city='Тольятти')
        >>> place_of_address("г. Троицк") is None  # there are two
        True
    """
    plain = (text or "").lower().replace("ё", "е").strip()[:1000]
    if not plain:
        return None
    tokens = _fold(plain)
    if (bare := _adjectives().get(" ".join(tokens))) is not None:
        return Place(bare)
    for pattern, replacement in _REWRITES:
        plain = pattern.sub(replacement, plain)
    found: list[_Found] = []
    for segment in _SEGMENT.split(plain):
        names, foreign = _scan(segment)
        if foreign:
            return None
        found.extend(names)
    return _decide(found)


def _decide(found: list[_Found]) -> Place | None:
    named = dict.fromkeys(item.name.regions[0] for item in found if item.name.city is None)
    for inner, outer in _INNER.items():
        if inner in named:
            named.pop(outer, None)
    cities = [item.name for item in found if item.name.city is not None]
    inside = [(city, region) for city in cities for region in city.regions if region in named]
    if inside:
        return Place(inside[0][1], inside[0][0].city)
    for city in cities:
        around = _FEDERAL_CITIES.get(city.regions[0]) if len(city.regions) == 1 else None
        if around is not None and set(named) == {around}:
            return Place(city.regions[0], city.city)
    if named:
        return Place(next(iter(named))) if len(named) == 1 else None
    marked = [item.name for item in found if item.marked and item.name.city is not None]
    for city in (*marked, *cities):
        if len(city.regions) == 1:
            return Place(city.regions[0], city.city)
    return None


def region_from_address(text: str | None) -> str | None:
    """The region an address names, or None.

    Example:
        >>> region_from_address("620014, Екатеринбург, ул. Московская, 1")
        'RU-SVE'
    """
    place = place_of_address(text)
    return None if place is None else place.region


def places_of_addresses(addresses: Iterable[str | None]) -> dict[str, Place]:
    """Places of distinct addresses; those that name none are left out.

    Example:
        >>> places_of_addresses(["г Пермь", "?"])
        {'г Пермь': Place(region='RU-PER', city='Пермь')}
    """
    return {text: found for text in addresses if text and (found := place_of_address(text)) is not None}


@cache
def known_cities() -> Mapping[str, tuple[str, ...]]:
    """Regions of every known city by its Russian name; more than one where the name repeats."""
    homes: dict[str, tuple[str, ...]] = {}
    for row in rows("cities"):
        homes[row["name_ru"]] = (*homes.get(row["name_ru"], ()), row["region"])
    return {city: tuple(code for code in codes if code in regions()) for city, codes in homes.items()}
