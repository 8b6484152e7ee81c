"""Whether a customer is a company, an entrepreneur or a private person, and so B2B or B2C."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from kogorta.kit.contacts import is_company_name, person_key, split_company_name
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kogorta.kit.language import Language


class Kind(StrEnum):
    """What a customer is."""

    COMPANY = "company"
    ENTREPRENEUR = "entrepreneur"
    PERSON = "person"

    @property
    def market(self) -> Market:
        """B2B for companies and entrepreneurs, B2C for private persons."""
        return Market.B2C if self is Kind.PERSON else Market.B2B

    def label(self, language: Language) -> str:
        """The word for it in the reader's language."""
        return language.text(_LABELS[self])


class Market(StrEnum):
    """Who is sold to."""

    B2B = "b2b"
    B2C = "b2c"


class KindEvidence(StrEnum):
    """What a kind was decided by, the strongest first."""

    LEGAL_FORM = "legal_form"
    INN = "inn"
    COMPANY = "company"
    NAME = "name"

    def label(self, language: Language) -> str:
        """The words for it in the reader's language."""
        return language.text(_EVIDENCE_LABELS[self])


_LABELS: Final[Mapping[Kind, str]] = {
    Kind.COMPANY: message("Company"),
    Kind.ENTREPRENEUR: message("Entrepreneur"),
    Kind.PERSON: message("Private person"),
}
_EVIDENCE_LABELS: Final[Mapping[KindEvidence, str]] = {
    KindEvidence.LEGAL_FORM: message("by the legal form"),
    KindEvidence.INN: message("by the length of the INN"),
    KindEvidence.COMPANY: message("a company is given"),
    KindEvidence.NAME: message("by the name"),
}


@dataclass(frozen=True, slots=True)
class KindFinding:
    """A customer's kind and what it rests on."""

    kind: Kind
    evidence: KindEvidence


_PRIVATE = re.compile(
    r"(?:частн\w+|физ\w*\.?)\s*(?:лиц\w+|клиент\w*)|физик|физлиц\w*|розничн\w+ покупател\w+|розница|покупатель|гость|"
    r"нет(?: компании)?|не указан[ао]?|без компании|none|null|n/a|private(?: person)?|individual|[\W_]*"
)
_PATRONYMIC = re.compile(r"\b[а-я]+(?:ович|евич|ич|овна|евна|ична|инична|оглы|кызы)\b")


@lru_cache(maxsize=65_536)
def kind_of(inn: str | None = None, company: str | None = None, name: str | None = None) -> KindFinding | None:
    """What a customer is, from the INN, the company and the name.

    Order of evidence: a legal form written in a name («ООО», «ИП»), the length of the INN (10 digits a company,
    12 an entrepreneur), a company that is given and is no placeholder and no person's full name, then the name.

    Args:
        inn: INN, normalised.
        company: company name as written.
        name: name of the person or customer as written.

    Returns:
        The kind with its evidence, None when nothing is given.

    Example:
        >>> kind_of("500100732259", None, "Пётр Примеров").kind.value
        'entrepreneur'
        >>> kind_of(None, "Частное лицо", "Анна Тестова").kind.market.value
        'b2c'
    """
    firm = " ".join((company or "").lower().replace("ё", "е").split())
    if _PRIVATE.fullmatch(firm):
        firm = ""
    for text in (firm, name or ""):
        form = split_company_name(text).form
        if form is not None:
            return KindFinding(Kind.ENTREPRENEUR if form == "ип" else Kind.COMPANY, KindEvidence.LEGAL_FORM)
    if inn is not None and len(inn) in (10, 12):
        return KindFinding(Kind.COMPANY if len(inn) == 10 else Kind.ENTREPRENEUR, KindEvidence.INN)
    if firm and not _is_full_name(firm) and person_key(firm) != person_key(name):
        return KindFinding(Kind.COMPANY, KindEvidence.COMPANY)
    whole = name or firm
    if not any(map(str.isalnum, whole)):
        return None
    return KindFinding(Kind.COMPANY if is_company_name(whole) else Kind.PERSON, KindEvidence.NAME)


def kinds(
    customers: Iterable[tuple[str | None, str | None, str | None]],
) -> dict[tuple[str | None, str | None, str | None], KindFinding]:
    """Kinds of distinct (INN, company, name); those that say nothing are left out.

    Example:
        >>> kinds([(None, None, "Анна Тестова")])[None, None, "Анна Тестова"].kind.value
        'person'
    """
    return {key: found for key in customers if (found := kind_of(*key)) is not None}


def _is_full_name(text: str) -> bool:
    words = text.split()
    return 2 <= len(words) <= 4 and _PATRONYMIC.search(text) is not None and not is_company_name(text)
