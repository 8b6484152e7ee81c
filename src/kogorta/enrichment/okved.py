"""Activity codes (OKVED-2) and free words of a CRM, both brought to one short list of industries.

Source:
    OK 029-2014 (NACE rev. 2), order of Rosstandart of 31.01.2014 N 14-st: sections and classes. Which code belongs to
    which industry of the report is this room's own choice, in `reference/okved_industries.csv`; a user's file
    overrides it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kogorta.enrichment.reading import rows
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kogorta.kit.language import Language

_CODE = re.compile(r"(?:[A-U][\s.])?([0-9]{1,2})(?:\.([0-9]{1,2})(?:\.([0-9]{1,2}))?)?(?!\w|\.[0-9])")
_DATE = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}")
_WORD = re.compile(r"[^\W_]+(?:[-/][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Industry:
    """An industry as reports show it.

    Args:
        slug: its code; for words nobody knows, the words themselves in lower case.
        name_ru: Russian name.
        name_en: English name.
        known: False when it is only what a manager typed.
    """

    slug: str
    name_ru: str
    name_en: str
    known: bool = True

    def name(self, language: Language) -> str:
        """The name in the reader's language."""
        return self.name_ru if language.code == "ru" else self.name_en


@dataclass(frozen=True, slots=True)
class Activity:
    """A section or class of the classifier.

    Args:
        code: a letter (section) or two digits (class).
        section: the letter of the section.
        name_ru: Russian name, shortened.
        name_en: English name.
    """

    code: str
    section: str
    name_ru: str
    name_en: str


@cache
def sections() -> Mapping[str, Activity]:
    """The 21 sections by letter."""
    return {row["section"]: Activity(row["section"], row["section"], row["name_ru"], row["name_en"]) for row in rows("okved_sections")}


@cache
def classes() -> Mapping[str, Activity]:
    """The 88 classes by their two digits.

    Example:
        >>> classes()["62"].section
        'J'
    """
    return {row["class"]: Activity(row["class"], row["section"], row["name_ru"], row["name_en"]) for row in rows("okved_classes")}


@lru_cache(maxsize=65_536)
def normalise_okved(text: str | None) -> str | None:
    """The first activity code in a cell, or None.

    A class that lost its leading zero in a spreadsheet (`1.11`) gets it back; a code that a spreadsheet turned into a
    date is refused, and so is a class that does not exist.

    Args:
        text: `62.01`, `J 62.01`, `62.01 Разработка ...`, `62.01; 62.02`.

    Example:
        >>> normalise_okved("62.01.1; 46.90"), normalise_okved("1.11"), normalise_okved("01.11.2026")
        ('62.01.1', '01.11', None)
    """
    plain = (text or "").strip().lstrip("'’").upper()
    if plain in sections():
        return plain
    found = _CODE.match(plain)
    if found is None or _DATE.match(plain):
        return None
    parts = [part for part in found.groups() if part is not None]
    if len(parts) > 2 and len(parts[1]) == 1:
        return None
    code = ".".join((parts[0].zfill(2), *parts[1:]))
    return code if code[:2] in classes() else None


def activity_name(okved: str, language: Language) -> str | None:
    """Name of the class an activity code belongs to, in the reader's language."""
    code = normalise_okved(okved)
    if code is None:
        return None
    activity = sections().get(code) or classes()[code[:2]]
    return activity.name_ru if language.code == "ru" else activity.name_en


@dataclass(frozen=True)
class IndustryMap:
    """Which industry a code or a manager's word belongs to.

    Args:
        industries: industries by slug.
        codes: slug by section letter, class or longer code; the longest that fits wins.
        words: slug by a whole text in lower case, from the user's file; asked before the built-in words.

    Example:
        >>> standard().by_code("46.90").slug, standard().by_text("ИТ / Разработка ПО").slug
        ('wholesale', 'it_telecom')
    """

    industries: Mapping[str, Industry]
    codes: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A name of what the map says: two maps that say the same have the same."""
        said = (sorted(self.industries), sorted(self.codes.items()), sorted(self.words.items()))
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    def by_code(self, okved: str | None) -> Industry | None:
        """The industry of an activity code; None when there is no code."""
        code = normalise_okved(okved)
        if code is None:
            return None
        keys = [code]
        while "." in keys[-1] or len(keys[-1]) > 2:
            keys.append(keys[-1][:-1].rstrip("."))
        if len(code) > 1:
            keys.append(classes()[code[:2]].section)
        slug = next((self.codes[key] for key in keys if key in self.codes), None)
        return None if slug is None else self.industries[slug]

    def by_text(self, text: str | None) -> Industry | None:
        """The industry a manager's words mean; words nobody knows are kept as they are, `known=False`."""
        plain = " ".join((text or "").split())
        key = _fold(plain)
        if not any(map(str.isalnum, key)):
            return None
        slug = self.words.get(key) or _slug_of_words(key)
        if slug is not None and slug in self.industries:
            return self.industries[slug]
        coded = self.by_code(plain) if re.match(r"[0-9]{1,2}\.[0-9]", plain) else None
        return coded or Industry(key, plain, plain, known=False)

    def with_overrides(self, text: str, name: str = "industries") -> IndustryMap:
        r"""This map with the lines of a user's CSV on top.

        Args:
            text: CSV with the columns `code,industry` and, if wished, `name_ru,name_en`. `code` is a section, a class,
                a longer code or the words a manager writes; `industry` a slug, known or new.
            name: what errors call the file.

        Raises:
            InputError: a line cannot be used; the message names it.

        Example:
            >>> own = standard().with_overrides("code,industry,name_ru\n31,furniture,Мебель\n")
            >>> own.by_code("31.09").name_ru
            'Мебель'
        """
        industries, codes, words = dict(self.industries), dict(self.codes), dict(self.words)
        first, _, _ = text.lstrip("\ufeff").partition("\n")
        reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=";" if ";" in first else ",")
        if not {"code", "industry"} <= set(reader.fieldnames or ()):
            raise InputError(
                "The first line of {name} is {first!r}; it must name the columns code,industry.",
                name=name,
                first=first[:80],
            )
        for row in reader:
            cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
            given, slug = cells["code"], cells["industry"]
            if not given and not slug:
                continue
            if not given or not slug:
                raise InputError(
                    "Line {line_num} of {name} must have both a code and an industry.",
                    line_num=reader.line_num,
                    name=name,
                )
            known = industries.get(slug)
            name_ru = cells.get("name_ru") or (known.name_ru if known else slug)
            name_en = cells.get("name_en") or (known.name_en if known else cells.get("name_ru") or slug)
            industries[slug] = Industry(slug, name_ru, name_en)
            code = normalise_okved(given)
            if code is not None and (code == given or given[0].isdigit()):
                codes[code] = slug
            elif given[0].isdigit():
                raise InputError(
                    "The code {given!r} in line {line_num} of {name} is not in OKVED-2.",
                    given=given,
                    line_num=reader.line_num,
                    name=name,
                )
            else:
                words[_fold(given)] = slug
        return IndustryMap(industries, codes, words)

    def read_overrides(self, path: Path | str) -> IndustryMap:
        """`with_overrides` of a file in UTF-8 or Windows-1251.

        Raises:
            InputError: the file cannot be read or a line cannot be used.
        """
        source = Path(path)
        try:
            raw = source.read_bytes()
        except OSError as error:
            raise InputError(
                "The industries file {name} cannot be read: {value}.",
                name=source.name,
                value=error.strerror or error,
            ) from None
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1251", errors="replace")
        return self.with_overrides(text, source.name)


@cache
def standard() -> IndustryMap:
    """The built-in map: 22 industries, every class in one of them."""
    industries = {row["industry"]: Industry(row["industry"], row["name_ru"], row["name_en"]) for row in rows("industries")}
    return IndustryMap(industries, {row["code"]: row["industry"] for row in rows("okved_industries")})


def industry_of(okved: str | None) -> Industry | None:
    """The industry of an activity code, by the built-in map.

    Example:
        >>> industry_of("41.20").name_ru
        'Строительство'
    """
    return standard().by_code(okved)


def industries(codes: Iterable[str | None], mapping: IndustryMap | None = None) -> dict[str, Industry]:
    """Industries of distinct activity codes; a code that says nothing is left out.

    Args:
        codes: activity codes as written.
        mapping: the built-in map when None.

    Example:
        >>> {code: industry.slug for code, industry in industries(["62.01", "?"]).items()}
        {'62.01': 'it_telecom'}
    """
    chosen = mapping or standard()
    return {code: found for code in codes if code and (found := chosen.by_code(code)) is not None}


def industries_of_texts(texts: Iterable[str | None], mapping: IndustryMap | None = None) -> dict[str, Industry]:
    """Industries of distinct free texts of a CRM; empty texts are left out.

    Example:
        >>> {text: found.slug for text, found in industries_of_texts(["стройка", "Другое"]).items()}
        {'стройка': 'construction', 'Другое': 'другое'}
    """
    chosen = mapping or standard()
    return {text: found for text in texts if text and (found := chosen.by_text(text)) is not None}


def _fold(text: str) -> str:
    return " ".join(text.lower().replace("ё", "е").split())


_Words = tuple[str, ...]


@cache
def _vocabulary() -> tuple[Mapping[str, str], tuple[tuple[str, str, _Words, int], ...]]:
    """(slug by exact single word, (first stem, slug, further stems, rank) of all the rest)."""
    exact: dict[str, str] = {}
    stems: list[tuple[str, str, _Words, int]] = []
    for rank, row in enumerate(rows("industry_words")):
        for entry in row["words"].split():
            first, *rest = entry.split("+")
            if not rest and not first.endswith("*"):
                exact.setdefault(first, row["industry"])
            else:
                stems.append((first, row["industry"], tuple(rest), rank))
    return exact, tuple(sorted(stems, key=lambda stem: (-len(stem[2]), stem[3])))


def _fits(word: str, stem: str) -> bool:
    return word.startswith(stem[:-1]) if stem.endswith("*") else word == stem


@lru_cache(maxsize=16_384)
def _slug_of_words(text: str) -> str | None:
    """The industry of the earliest word that names one: in Russian the head noun comes first."""
    exact, stems = _vocabulary()
    words: list[str] = []
    for whole in _WORD.findall(text)[:40]:
        words.append(whole)
        if "-" in whole or "/" in whole:
            words.extend(re.split(r"[-/]", whole))
    for position, word in enumerate(words):
        later = words[position + 1 :]
        for first, slug, rest, _ in stems:
            if rest and _fits(word, first) and all(any(_fits(other, stem) for other in later) for stem in rest):
                return slug
        if word in exact:
            return exact[word]
        for first, slug, rest, _ in stems:
            if not rest and _fits(word, first):
                return slug
    return None
