"""Whose column is it and what does it hold: headers of a file against the fields of the base.

Order of trust: what the user said, an exact phrase of the dictionary, the same words in another order or with a unit,
words that name a requisite, a phone or an e-mail, and last a mistyped phrase. A doubtful header fills nothing: an
ignored column is visible and repairable, a wrongly guessed amount is not.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from kogorta.base.intake import FIELDS
from kogorta.kit.errors import InputError
from kogorta.sources.files import vocabulary as words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kogorta.base.intake import Layout

JOINED: Final = frozenset({"phone", "email", "company_phone", "company_email"})
"""Fields that take several columns, joined with a comma."""

ALTERNATIVES: Final = frozenset(
    {"company", "contact", "customer_name", "inn", "kpp", "ogrn", "okved", "country", "region", "city", "address",
     "channel", "source", "closed_at"}
)  # fmt: skip
"""Fields that take several columns, the first filled one wins."""

ATTRIBUTES: Final = "attributes"
"""Field that takes every column of a file of people that fills no other."""

SIMILAR: Final = 0.92
SIMILAR_STRICT: Final = 0.95
"""Least `difflib` ratio of a mistyped phrase; the second is for fields where a wrong guess is dear."""

SHORTEST_FUZZY: Final = 8
MOST_FUZZY: Final = 1000
"""Mistyped phrases are looked for from this many letters on, and in files of up to this many columns."""

LEAVE_OUT: Final = "-"
"""Target in a user's map that makes a column be ignored."""

_NAME_PARTS: Final = (words.LAST_NAME, words.FIRST_NAME, words.MIDDLE_NAME)
_PREFIX: Final = re.compile(r"^\s*([^:()]{2,30}?)\s*(?:\([^)]*\))?\s*:\s*(\S.*)$", re.DOTALL)
_SUFFIX: Final = re.compile(r"^(.*\S)\s*\(([^)]{2,30})\)\s*$", re.DOTALL)
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Filling:
    """How one field is filled.

    Args:
        field: name from `FIELDS`.
        groups: column numbers (from 0); a group is joined with `separator`, the first non-empty group is taken.
        separator: text between joined cells.
        keys: names of the columns where the field is a JSON object of them; no groups are joined then.
    """

    field: str
    groups: tuple[tuple[int, ...], ...]
    separator: str = " "
    keys: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[int, ...]:
        """Column numbers in the order they are read."""
        return tuple(column for group in self.groups for column in group)


@dataclass(frozen=True)
class HeaderMap:
    """What every column of a file fills.

    Args:
        headers: cleaned headers, duplicates told apart by a suffix.
        fillings: filled fields in the order of `FIELDS`.
        notes: choices made between columns that claim one field.
    """

    headers: tuple[str, ...]
    fillings: tuple[Filling, ...]
    notes: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """Names of the filled fields."""
        return frozenset(filling.field for filling in self.fillings)

    @property
    def sources(self) -> dict[str, str]:
        """Field -> the headers it came from, joined with " + "."""
        return {item.field: " + ".join(self.headers[column] for column in item.columns) for item in self.fillings}

    @property
    def ignored(self) -> tuple[str, ...]:
        """Named headers that fill nothing."""
        used = {column for item in self.fillings for column in item.columns}
        return tuple(header for column, header in enumerate(self.headers) if header and column not in used)


@dataclass(frozen=True)
class _Claim:
    field: str
    rank: int
    column: int


def clean_headers(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    r"""Headers without byte-order marks, line breaks and doubled spaces; repeated ones get a number.

    Args:
        cells: the header row as read.

    Returns:
        The headers and the notes about what was changed.

    Example:
        >>> clean_headers([" Сумма ", "Дата\nсоздания", "Сумма"])[0]
        ('Сумма', 'Дата создания', 'Сумма (2)')
    """
    names: list[str] = []
    notes: list[str] = []
    seen: dict[str, int] = {}
    for cell in cells:
        name = " ".join(cell.replace("\ufeff", " ").replace("\u200b", " ").split())
        if name:
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                number = seen[name]
                while f"{name} ({number})" in seen:
                    number += 1
                fresh = f"{name} ({number})"
                notes.append(f"Header {name!r} is repeated; the later column is called {fresh!r}.")
                seen[fresh] = 1
                name = fresh
        names.append(name)
    return tuple(names), tuple(notes)


@cache
def normalise(header: str) -> str:
    """The form in which headers are compared.

    Example:
        >>> normalise("Рабочий E-mail"), normalise("InvoiceNo"), normalise("№ заказа")
        ('рабочий email', 'invoice no', 'номер заказа')
    """
    text = _CAMEL.sub(" ", header.replace("№", " номер ")).lower().replace("ё", "е")
    text = re.sub(r"[^\w₽$€£]+|_", " ", text)
    return re.sub(r"\be mail\b", "email", " ".join(text.split()))


def owner_of(header: str) -> tuple[words.Entity, str]:
    """Whose column it is and the normal form of the rest.

    Example:
        >>> owner_of("Реквизит (Россия): ИНН"), owner_of("Рабочий телефон (компания)")
        (('requisite', 'инн'), ('company', 'рабочий телефон'))
    """
    match = _PREFIX.match(header)
    if match and (owner := words.ENTITY_WORDS.get(normalise(match[1]))):
        return owner, normalise(match[2])
    match = _SUFFIX.match(header)
    if match and (owner := words.ENTITY_WORDS.get(normalise(match[2]))):
        return owner, normalise(match[1])
    return "", normalise(re.sub(r" \(\d+\)$", "", header))


def map_headers(headers: Sequence[str], layout: Layout, columns: Mapping[str, str] | None = None) -> HeaderMap:
    """Decide what every column fills.

    Args:
        headers: cleaned headers.
        layout: shape of the file; it says what a bare «ID» or «Имя» means.
        columns: the user's map, header -> field; it wins over the dictionary, and `-` leaves a column out.

    Returns:
        The map of the file.

    Raises:
        InputError: the user's map names a header or a field that does not exist.

    Example:
        >>> map_headers(["Клиент", "Дата", "Сумма, руб."], "orders").sources
        {'amount': 'Сумма, руб.', 'created_at': 'Дата', 'customer_name': 'Клиент'}
    """
    chosen = _user_choice(headers, columns or {})
    taken = {column for column, _ in chosen}
    claims: dict[str, list[_Claim]] = {}
    setting = _setting(headers, layout)
    for column, header in enumerate(headers):
        if header and column not in taken and (claim := _claim(column, header, setting)):
            claims.setdefault(claim.field, []).append(claim)
    fillings: dict[str, Filling] = {}
    notes: list[str] = []
    for field in {field for _, field in chosen if field != LEAVE_OUT}:
        fillings[field] = _user_filling(field, [column for column, target in chosen if target == field], headers)
    _fill_contact(claims, fillings)
    for field, rivals in claims.items():
        if field not in fillings:
            fillings[field] = _filling(field, rivals, headers, notes)
    if layout == "contacts" and ATTRIBUTES not in fillings:
        used = {column for item in fillings.values() for column in item.columns} | taken
        others = [column for column, header in enumerate(headers) if header and column not in used]
        if others:
            fillings[ATTRIBUTES] = _attributes(others, headers)
    ordered = tuple(fillings[field] for field in FIELDS if field in fillings)
    return HeaderMap(tuple(headers), ordered, tuple(notes))


@dataclass(frozen=True)
class _Setting:
    """What bare headers mean in this file."""

    layout: str
    default: words.Entity
    hidden: frozenset[str]
    fuzzy: bool


def _setting(headers: Sequence[str], layout: Layout) -> _Setting:
    owned = [owner_of(header) for header in headers if header]
    bare = {phrase for owner, phrase in owned if not owner}
    hidden: set[str] = set()
    default: words.Entity = ""
    if layout == "contacts":
        default = "contact"
        hidden |= words.ORDER_FIELDS
        if bare & words.COMPANY_MARKS and not bare & words.PERSON_MARKS:
            default = "company"
        if bare & words.LEAD_MARKS:
            hidden |= {"contact_id", "customer_id"}  # a lead's number is neither
        elif bare & words.CRM_PERSON_MARKS or any(owner in {"contact", "company", "requisite"} for owner, _ in owned):
            hidden |= {"customer_id"}
    return _Setting(layout, default, frozenset(hidden), len(owned) <= MOST_FUZZY)


def _claim(column: int, header: str, setting: _Setting) -> _Claim | None:
    owner, phrase = owner_of(header)
    if not phrase:
        return None
    found = _reachable(phrase) or _exact(owner, phrase, setting) or _by_words(owner, phrase, setting)
    if found is None:
        found = _requisite(phrase) or _similar(owner, phrase, setting)
    if found is None:
        return None
    field, rank = found
    if owner == "company" or (not owner and setting.default == "company"):
        field = {"phone": "company_phone", "email": "company_email"}.get(field, field)
    return None if field in setting.hidden else _Claim(field, rank + _distance(owner, field), column)


def _distance(owner: words.Entity, field: str) -> int:
    """Between equal claims the buyer's own columns go first: requisites, then the company, then the rest."""
    if field in words.SYNONYMS["requisite"]:
        return 0 if owner == "requisite" else 100
    if field in {"city", "region", "address", "country", "company"}:
        return 0 if owner == "company" else 100
    return 0


def _tables(owner: words.Entity, setting: _Setting) -> list[Mapping[str, tuple[str, ...]]]:
    if owner:
        return [words.SYNONYMS[owner]]
    bare = words.BARE_WORDS.get(setting.layout, {})
    bare = {field: phrases for field, phrases in bare.items() if field not in setting.hidden}
    tables = [bare, words.SYNONYMS[""]]
    if setting.default:
        tables.insert(1, words.SYNONYMS[setting.default])
    return tables


def _exact(owner: words.Entity, phrase: str, setting: _Setting) -> tuple[str, int] | None:
    for level, table in enumerate(_tables(owner, setting)):
        for field, phrases in table.items():
            if phrase in phrases and field not in setting.hidden:
                return field, phrases.index(phrase) + 1000 * level
    return None


def _by_words(owner: words.Entity, phrase: str, setting: _Setting) -> tuple[str, int] | None:
    kept = [word for word in phrase.split() if word not in words.UNIT_WORDS]
    if kept and len(kept) < len(phrase.split()) and (found := _exact(owner, " ".join(kept), setting)):
        return found[0], found[1] + 5000
    if len(kept) < 2:
        return None
    bag = sorted(kept)
    for table in _tables(owner, setting):
        for field, phrases in table.items():
            for rank, candidate in enumerate(phrases):
                if sorted(candidate.split()) == bag:
                    return field, rank + 5000
    return None


def _reachable(phrase: str) -> tuple[str, int] | None:
    """Phones and e-mails by the words around them; a fax, a pager or a messenger is neither."""
    tokens = {token for token in phrase.split() if not token.isdigit()}
    firm = bool(tokens & words.COMPANY_WORDS)
    if tokens & words.PHONE_WORDS and tokens <= words.PHONE_WORDS | words.PHONE_ATTRIBUTES:
        return ("company_phone" if firm else "phone"), 0
    if tokens & words.EMAIL_WORDS and tokens <= words.EMAIL_WORDS | words.EMAIL_ATTRIBUTES:
        return ("company_email" if firm else "email"), 0
    return None


def _requisite(phrase: str) -> tuple[str, int] | None:
    tokens = phrase.split()
    fields = {words.REQUISITE_TOKENS[token] for token in tokens if token in words.REQUISITE_TOKENS}
    if len(fields) != 1 or set(tokens) & words.REQUISITE_STRANGERS:
        return None
    return fields.pop(), 6000


def _similar(owner: words.Entity, phrase: str, setting: _Setting) -> tuple[str, int] | None:
    if not setting.fuzzy or len(phrase) < SHORTEST_FUZZY or set(phrase.split()) & words.FALSE_FRIENDS:
        return None
    best: tuple[float, str] | None = None
    matcher = difflib.SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(phrase)
    count = phrase.count(" ")
    for table in _tables(owner, setting):
        for field, phrases in table.items():
            least = SIMILAR_STRICT if field in words.STRICT_FIELDS else SIMILAR
            for candidate in phrases:
                if abs(len(candidate) - len(phrase)) > 2 or candidate.count(" ") != count:
                    continue
                matcher.set_seq1(candidate)
                if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
                    continue
                ratio = matcher.ratio()
                if ratio >= least and (best is None or ratio > best[0]):
                    best = (ratio, field)
    return (best[1], 7000) if best else None


def _filling(field: str, rivals: list[_Claim], headers: Sequence[str], notes: list[str]) -> Filling:
    ranked = sorted(rivals, key=lambda claim: (claim.rank, claim.column))
    if field in JOINED:
        return Filling(field, (tuple(claim.column for claim in sorted(rivals, key=lambda item: item.column)),), ", ")
    if field in ALTERNATIVES:
        return Filling(field, tuple((claim.column,) for claim in ranked))
    first = headers[ranked[0].column]
    notes.extend(f"Columns {first!r} and {headers[loser.column]!r} could both be {field}; the first is used." for loser in ranked[1:])
    return Filling(field, ((ranked[0].column,),))


def _fill_contact(claims: dict[str, list[_Claim]], fillings: dict[str, Filling]) -> None:
    """Make one name of surname, name and patronymic; the ready full name helps where they are empty."""
    parts: list[int] = []
    found: set[str] = set()
    for part in _NAME_PARTS:
        if rivals := claims.pop(part, []):
            parts.append(min(rivals, key=lambda claim: (claim.rank, claim.column)).column)
            found.add(part)
    if not parts:
        return
    if words.LAST_NAME in found and words.FIRST_NAME not in found and "customer_name" in claims:
        parts[1:1] = [claims.pop("customer_name")[0].column]  # «Имя» beside «Фамилия» is a first name
        found.add(words.FIRST_NAME)
    if "contact" in fillings:
        return
    full = tuple((claim.column,) for claim in sorted(claims.pop("contact", []), key=lambda item: item.rank))
    whole = words.LAST_NAME in found
    groups = (tuple(parts), *full) if whole else (*full, tuple(parts))
    fillings["contact"] = Filling("contact", groups)


def _attributes(columns: Sequence[int], headers: Sequence[str]) -> Filling:
    """One JSON object of the filled cells under their headers."""
    return Filling(ATTRIBUTES, tuple((column,) for column in columns), keys=tuple(headers[column] for column in columns))


def _user_filling(field: str, columns: list[int], headers: Sequence[str]) -> Filling:
    if field == ATTRIBUTES:
        return _attributes(columns, headers)
    if field in JOINED:
        return Filling(field, (tuple(columns),), ", ")
    if field == "contact":
        return Filling(field, (tuple(columns),))
    if len(columns) > 1 and field not in ALTERNATIVES:
        listed = ", ".join(repr(headers[column]) for column in columns)
        raise InputError(
            "Columns {listed} are all mapped to {field}, which takes one column; keep one of them.",
            listed=listed,
            field=field,
        )
    return Filling(field, tuple((column,) for column in columns))


def _user_choice(headers: Sequence[str], columns: Mapping[str, str]) -> list[tuple[int, str]]:
    chosen: list[tuple[int, str]] = []
    for wanted, field in columns.items():
        if field != LEAVE_OUT and field not in FIELDS:
            close = difflib.get_close_matches(field, list(FIELDS), 3, 0.5) or list(FIELDS)
            raise InputError(
                "{field!r} in the column map is not a field; close to it: {names} (or - to leave a column out).",
                field=field,
                names=", ".join(close),
            )
        chosen.append((_find(headers, wanted), field))
    return chosen


def _find(headers: Sequence[str], wanted: str) -> int:
    clean = " ".join(wanted.split())
    if clean in headers:
        return list(headers).index(clean)
    same = [column for column, header in enumerate(headers) if header and normalise(header) == normalise(clean)]
    if len(same) == 1:
        return same[0]
    named = [header for header in headers if header]
    folded = {header.lower(): header for header in named}
    close = [folded[item] for item in difflib.get_close_matches(clean.lower(), list(folded), 3, 0.5)]
    known = "; close to it: " + ", ".join(map(repr, close)) if close else "; the headers are: " + shown(named)
    raise InputError(
        "Header {wanted!r} from the column map is not in the file{known}.",
        wanted=wanted,
        known=known,
    )


def shown(headers: Iterable[str], limit: int = 40) -> str:
    """Headers for a message, cut when there are very many."""
    listed = [header if len(header) <= 60 else header[:57] + "..." for header in headers]
    tail = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(repr(header) for header in listed[:limit]) + tail
