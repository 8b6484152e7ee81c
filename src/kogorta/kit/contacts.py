"""Phones, e-mails, tax numbers and names as they stand in real exports: read, restored where certain, else refused.

Every reader takes one cell as text and never raises on what a person typed: it returns the value, or a `Flaw` that
says why there is none. An empty cell, a dash or «нет» has neither.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final


class Flaw(StrEnum):
    """Why a cell gave no value (or not all the values it seems to hold)."""

    EXCEL_NUMBER = "excel_number"
    """Digits were lost when a spreadsheet rounded the number (`1,0277E+12`); it cannot be restored."""
    PHONE_INVALID = "phone_invalid"
    EMAIL_INVALID = "email_invalid"
    INN_LENGTH = "inn_length"
    INN_CHECKSUM = "inn_checksum"
    INN_PLACEHOLDER = "inn_placeholder"
    """The same digit throughout, such as 0000000000."""
    KPP_FORMAT = "kpp_format"
    OGRN_LENGTH = "ogrn_length"
    OGRN_CHECKSUM = "ogrn_checksum"


@dataclass(frozen=True, slots=True)
class Several:
    """What was read from a cell that may hold several values.

    Args:
        values: distinct values in the order they were written.
        flaws: one per distinct kind of trouble; empty when the whole cell was understood.
    """

    values: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """An identifier read from a cell: the value or the flaw, never both; neither when the cell is empty.

    Args:
        value: digits, normalised.
        flaw: why there is no value.
        restored: a lost leading zero or a spreadsheet's tail (`.0`) was repaired.
    """

    value: str | None = None
    flaw: Flaw | None = None
    restored: bool = False


NOTHING: Final = Number()

_EXPONENT = re.compile(r"(?<![\w.,])([0-9])(?:[.,]([0-9]+))?\s?[eEеЕ]\+?([0-9]{1,2})(?![\w])")
_FLOAT_TAIL = re.compile(r"(?<![0-9.,])(\+?[0-9]{7,15})[.,]0+(?![0-9])")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202c\u2066\u2069"))
_BLANKS: Final = frozenset(
    (
        "нет",
        "н/д",
        "нд",
        "не указан",
        "не указано",
        "нет данных",
        "отсутствует",
        "n/a",
        "na",
        "nan",
        "none",
        "null",
        "no",
    )
)
_EDGES = " \t\r\n'’‘`´\"=«»“”"


def _clean(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    text = text.strip(_EDGES)
    return "" if text.lower() in _BLANKS or not any(map(str.isalnum, text)) else text


def _unspoil(text: str) -> tuple[str, bool, bool]:
    """Undo what a spreadsheet did to long numbers: (text, something was lost, something was restored)."""
    lost = restored = False

    def expand(found: re.Match[str]) -> str:
        nonlocal lost, restored
        decimals, exponent = found[2] or "", int(found[3])
        if len(decimals) == exponent:
            restored = True
            return found[1] + decimals
        lost = True
        return " "

    text = _EXPONENT.sub(expand, text)
    shorter = _FLOAT_TAIL.sub(r"\1", text)
    return shorter, lost, restored or shorter != text


# Phones

_PLAIN_MOBILE = re.compile(r"['’]?(?:\+?7|8)?[ \u00a0]?[ (-]?(9[0-24-9][0-9])[) -]?[ \u00a0]?([0-9]{3})[ -]?([0-9]{2})[ -]?([0-9]{2})")
_EXTENSION = re.compile(
    r"(?:\b(?:доб(?:авочный)?|вн(?:утр(?:енний)?)?|тон(?:альный)?|ext(?:ension)?|x)\b|(?<=[0-9)])\s*[xх#])"
    r"[\s.:№#]*[0-9]{1,6}\)?",
    re.IGNORECASE,
)
_PHONE_SEPARATOR = re.compile(r"[,;/|\n\r\t\\]+|\s(?:и|или|and|or)\s", re.IGNORECASE)
_GLUED_RUSSIAN = re.compile(r"(?<![0-9])(?:\+?7|8)[\s(.-]*[3489][0-9]{2}[\s).-]*[0-9]{3}[\s.-]*[0-9]{2}[\s.-]*[0-9]{2}(?![0-9])")
_NOT_DIGIT = re.compile(r"[^0-9]+")


@lru_cache(maxsize=1)
def _russian_landline() -> re.Pattern[str]:
    from phonenumbers import PhoneMetadata

    metadata = PhoneMetadata.metadata_for_region("RU")
    if metadata is None or metadata.fixed_line is None or metadata.fixed_line.national_number_pattern is None:
        return re.compile("(?!)")
    return re.compile(metadata.fixed_line.national_number_pattern)


@lru_cache(maxsize=65_536)
def _one_phone(token: str, region: str) -> str | None:
    digits = _NOT_DIGIT.sub("", token)
    if not 7 <= len(digits) <= 18:
        return None
    plus = "+" in token
    if plus and len(digits) == 11 and digits[0] == "8":
        plus = False  # "+8 999 ...": the trunk prefix with a plus by mistake
    if region == "RU" and (len(digits) == 10 or (len(digits) == 11 and digits[0] in "78")):
        national = digits[-10:]
        if _russian_landline().fullmatch(national) and not (plus and len(digits) == 10):
            return None if len(set(national)) == 1 else "+7" + national
    found = _international(("+" if plus else "") + digits, region)
    if found is None and not plus and len(digits) >= 11 and digits[0] != "8":
        found = _international("+" + digits, region)
    return found


def _international(digits: str, region: str) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    if not phonenumbers.is_valid_number(number) or len(set(national)) == 1:
        return None
    return f"+{number.country_code}{national}"


@lru_cache(maxsize=65_536)
def read_phones(text: str | None, region: str = "RU") -> Several:
    """Every phone in a cell, in E.164, and what could not be read.

    Separators may be `,` `;` `/` `|`, line ends, «и»; extensions are dropped. Numbers of other countries are kept
    when written with their country code.

    Args:
        text: the cell.
        region: ISO 3166-1 code of the country whose local numbers are written without a country code.

    Returns:
        Phones as `+79990000001`, with a flaw for each kind of piece that is not a phone.

    Example:
        >>> read_phones("8 (999) 000-00-01, 8 495 000-00-11 доб. 12")
        Several(values=('+79990000001', '+74950000011'), flaws=())
        >>> read_phones("3,8E+11").flaws
        (<Flaw.EXCEL_NUMBER: 'excel_number'>,)
    """
    if not text:
        return Several()
    if region == "RU" and (plain := _PLAIN_MOBILE.fullmatch(text)) and len(set(national := "".join(plain.groups()))) > 1:
        return Several(("+7" + national,))
    cell, lost, _ = _unspoil(_clean(text))
    flaws: dict[Flaw, None] = {Flaw.EXCEL_NUMBER: None} if lost else {}
    values: dict[str, None] = {}
    for piece in _PHONE_SEPARATOR.split(_EXTENSION.sub(" ", cell)):
        token = piece.strip()
        if not token or (not (has_digits := any("0" <= sign <= "9" for sign in token)) and (values or lost)):
            continue
        phone = _one_phone(token, region) if has_digits else None
        if phone is not None:
            values[phone] = None
            continue
        glued = [_one_phone(part, region) for part in _GLUED_RUSSIAN.findall(token)] if region == "RU" else []
        values.update(dict.fromkeys(part for part in glued if part))
        if not glued or None in glued or _NOT_DIGIT.sub("", _GLUED_RUSSIAN.sub("", token)):
            flaws[Flaw.PHONE_INVALID] = None
    return Several(tuple(values), tuple(flaws))


def parse_phones(text: str | None, region: str = "RU") -> tuple[str, ...]:
    """The phones of a cell in E.164; `read_phones` also says what could not be read.

    Example:
        >>> parse_phones("'+79990000001; 79990000002.0")
        ('+79990000001', '+79990000002')
    """
    return read_phones(text, region).values


# E-mails

_EMAIL_SEPARATOR = re.compile(r"[\s,;|<>()\[\]\"«»]+")
_EMAIL = re.compile(
    r"(?=.{6,254}\Z)(?=[^@]{1,64}@)[a-z0-9!#$%&'*+/=?^_`{}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{}~-]+)*"
    r"@(?:[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?\.)+(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{2,59})"
)


@lru_cache(maxsize=65_536)
def read_emails(text: str | None) -> Several:
    """Every e-mail address in a cell, lower-cased, and whether something was not an address.

    Args:
        text: the cell; `Anna <anna@example.ru>` and `mailto:` are understood.

    Returns:
        Addresses in the order written. Punycode domains are given in their readable form.

    Example:
        >>> read_emails("Anna@Example.RU, info@example.ru")
        Several(values=('anna@example.ru', 'info@example.ru'), flaws=())
        >>> read_emails("anna@mail,ru").flaws
        (<Flaw.EMAIL_INVALID: 'email_invalid'>,)
    """
    if not text:
        return Several()
    cell = _clean(text)
    values: dict[str, None] = {}
    bad = False
    for token in _EMAIL_SEPARATOR.split(cell):
        if "@" not in token:
            continue
        pieces = token.split("/") if token.count("@") > 1 else (token,)
        for piece in pieces:
            address = piece.lower().removeprefix("mailto:").strip(".:'’`-")
            if _EMAIL.fullmatch(address):
                values[_readable_domain(address)] = None
            else:
                bad = True
    if cell and not values:
        bad = True
    return Several(tuple(values), (Flaw.EMAIL_INVALID,) if bad else ())


def _readable_domain(address: str) -> str:
    if "xn--" not in address:
        return address
    local, _, domain = address.partition("@")
    try:
        return f"{local}@{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return address


def parse_emails(text: str | None) -> tuple[str, ...]:
    """The e-mail addresses of a cell; `read_emails` also says whether something was wrong.

    Example:
        >>> parse_emails("PETR@EXAMPLE.RU")
        ('petr@example.ru',)
    """
    return read_emails(text).values


# Tax and state registration numbers

_INN_10: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12: Final = ((7, *_INN_10), (3, 7, *_INN_10))
_IN_NUMBER = re.compile(r"[\s\-\u2010-\u2015]+")
_LABEL = re.compile(r"^(?:инн|кпп|огрнип|огрн|inn|kpp|ogrnip|ogrn|[\s/\\:№.#])+", re.IGNORECASE)
_PAIR = re.compile(r"([0-9]{9,12})\s*[/\\,;|]\s*([0-9]{4}[0-9A-Z]{2}[0-9]{3}|[0-9]{8})")
_KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")


def _control(digits: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11 % 10)


def _inn_holds(digits: str) -> bool:
    if len(digits) == 10:
        return _control(digits, _INN_10) == digits[9]
    return all(_control(digits, weights) == digits[len(weights)] for weights in _INN_12)


def _identifier(text: str) -> tuple[str, bool, bool]:
    """(bare text, digits were lost, a spreadsheet's tail was removed)."""
    cell, lost, restored = _unspoil(_LABEL.sub("", _clean(text)))
    return cell.strip(_EDGES + ".,;:"), lost, restored


@lru_cache(maxsize=65_536)
def parse_inn(text: str | None) -> Number:
    """A Russian tax number (INN) with its checksum verified.

    A leading zero lost by a spreadsheet is put back (9 to 10 and 11 to 12 digits) only when the checksum then holds.

    Args:
        text: the cell; `7707083893.0`, `ИНН 7707083893` and `7707083893/770701001` are understood.

    Returns:
        10 digits (a company) or 12 (a person), or `inn_length`, `inn_checksum`, `inn_placeholder`, `excel_number`.

    Example:
        >>> parse_inn("7707083893").value
        '7707083893'
        >>> parse_inn("1,0277E+12").flaw
        <Flaw.EXCEL_NUMBER: 'excel_number'>

    Source:
        Order of the Federal Tax Service of 29.06.2012 N MMV-7-6/435@: structure and control digits of the INN.
    """
    if not text:
        return NOTHING
    cell, lost, restored = _identifier(text)
    if lost:
        return Number(flaw=Flaw.EXCEL_NUMBER)
    if not cell:
        return NOTHING
    if pair := _PAIR.fullmatch(cell):
        cell = pair[1]
    digits = _IN_NUMBER.sub("", cell)
    if not re.fullmatch(r"[0-9]+", digits):
        return Number(flaw=Flaw.INN_LENGTH)
    if len(digits) in (9, 11):
        digits, restored = "0" + digits, True
    elif len(digits) not in (10, 12):
        placeholder = len(digits) > 1 and len(set(digits)) == 1
        return Number(flaw=Flaw.INN_PLACEHOLDER if placeholder else Flaw.INN_LENGTH)
    if len(set(digits)) == 1 or not digits.strip("0"):
        return Number(flaw=Flaw.INN_PLACEHOLDER)
    if not _inn_holds(digits):
        return Number(flaw=Flaw.INN_CHECKSUM)
    return Number(digits, restored=restored)


@lru_cache(maxsize=65_536)
def parse_kpp(text: str | None) -> Number:
    """A Russian tax registration reason code (KPP): 9 signs; it has no checksum.

    Eight digits get back the leading zero of regions 01-09; of `INN/KPP` the second is taken.

    Example:
        >>> parse_kpp("770701001").value
        '770701001'
    """
    if not text:
        return NOTHING
    cell, lost, restored = _identifier(text)
    if lost:
        return Number(flaw=Flaw.EXCEL_NUMBER)
    if not cell:
        return NOTHING
    if pair := _PAIR.fullmatch(cell.upper()):
        cell = pair[2]
    code = _IN_NUMBER.sub("", cell).upper()
    if re.fullmatch(r"[1-9][0-9]{7}", code):
        code, restored = "0" + code, True
    if not _KPP.fullmatch(code) or len(set(code)) == 1:
        return Number(flaw=Flaw.KPP_FORMAT)
    return Number(code, restored=restored)


@lru_cache(maxsize=65_536)
def parse_ogrn(text: str | None) -> Number:
    """A state registration number: OGRN of a company (13 digits) or OGRNIP of an entrepreneur (15).

    Example:
        >>> parse_ogrn("1027700132195").value
        '1027700132195'

    Source:
        The control digit: the first 12 digits modulo 11 (14 digits modulo 13), last digit of the remainder.
    """
    if not text:
        return NOTHING
    cell, lost, restored = _identifier(text)
    if lost:
        return Number(flaw=Flaw.EXCEL_NUMBER)
    if not cell:
        return NOTHING
    digits = _IN_NUMBER.sub("", cell)
    if not re.fullmatch(r"[0-9]{13}|[0-9]{15}", digits):
        return Number(flaw=Flaw.OGRN_LENGTH)
    body, divisor = digits[:-1], len(digits) - 2
    if not digits.strip("0") or str(int(body) % divisor % 10) != digits[-1]:
        return Number(flaw=Flaw.OGRN_CHECKSUM)
    return Number(digits, restored=restored)


# Names

_SPACES = re.compile(r"\s+")
_QUOTES = re.compile(r"[\"«»“”„‟'’‘`]+")
_FORMS: Final[tuple[tuple[str, str], ...]] = (
    ("ип", r"индивидуальн\w+ предпринимател\w+|ип|individual entrepreneur|sole proprietor"),
    ("кфх", r"крестьянско[\s-]*\(?фермерск\w+\)? хозяйств\w+|кфх"),
    ("ооо", r"обществ\w+ с ограниченной ответственностью|о\.?\s?о\.?\s?о\.?|ooo"),
    ("пао", r"публичн\w+ акционерн\w+ обществ\w+|пао|pao"),
    ("нао", r"непубличн\w+ акционерн\w+ обществ\w+|нао"),
    ("зао", r"закрыт\w+ акционерн\w+ обществ\w+|зао|zao"),
    ("оао", r"открыт\w+ акционерн\w+ обществ\w+|оао|oao"),
    ("ао", r"акционерн\w+ обществ\w+|ао|ao"),
    ("ано", r"автономн\w+ некоммерческ\w+ организаци\w+|ано(?: дпо| до| во)?"),
    ("нко", r"некоммерческ\w+ организаци\w+|нко|нп"),
    ("чоу", r"частн\w+ (?:обще)?образовательн\w+ учреждени\w+|чоу(?: дпо| во)?|ноу"),
    (
        "учреждение",
        r"(?:ф|г|м)?(?:к|б|а)(?:у|оу|доу|ук|уз|уздрав)|(?:ф|г|м)?г?(?:бу|боу|аоу|бдоу|адоу|бук|буз|ку|ау|бну)",
    ),
    ("унитарное", r"(?:федеральн\w+ )?(?:государственн\w+|муниципальн\w+) унитарн\w+ предприяти\w+|фгуп|гуп|муп"),
    ("кооператив", r"(?:потребительск\w+|производственн\w+) кооператив\w*|спк|пк|тсж|тсн|снт|жск"),
    ("чоп", r"частн\w+ охранн\w+ (?:организаци\w+|предприяти\w+)|чоо|чоп"),
    ("группа", r"групп\w+ компаний|гк"),
    ("тоо", r"товариществ\w+ с ограниченной ответственностью|тоо"),
    (
        "foreign",
        r"l\.?l\.?c\.?|ltd\.?|limited|inc\.?|corp\.?|gmbh|jsc|pjsc|plc|s\.?a\.?r\.?l\.?|b\.?v\.?|s\.?r\.?o\.?|llp",
    ),
)
_FORM_PATTERNS: Final = tuple((form, rf"(?:{pattern})") for form, pattern in _FORMS)
_TRADE_WORDS = re.compile(
    r"\b(?:компани[яи]|фирма|завод|фабрика|комбинат|холдинг|торгов\w+ дом|агентство|студия|салон|магазин|фонд|"
    r"банк|университет|институт|академия|школа|лицей|гимназия|детский сад|больница|поликлиника|клиника|центр|бюро|"
    r"предприятие|учреждение|организация|администрация|министерство|департамент|управление|company|group|holding|"
    r"ассоциация|agency|studio|bank|university|school|clinic|solutions|systems|technologies)\b"
)


@cache
def _form_at_edges() -> tuple[re.Pattern[str], re.Pattern[str]]:
    any_form = "|".join(f"(?P<f{index}>{pattern})" for index, (_, pattern) in enumerate(_FORM_PATTERNS))
    return re.compile(rf"(?:{any_form})(?=[\s,]|$)[\s,]*"), re.compile(rf"[\s,]+(?:{any_form})$")


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A company's name without its legal form.

    Args:
        core: the name for comparison: lower case, `ё` as `е`, no quotes, no legal form.
        form: slug of the legal form (`ооо`, `ип`, `foreign`, ...) or None.
    """

    core: str
    form: str | None = None


@lru_cache(maxsize=65_536)
def split_company_name(text: str | None) -> CompanyName:
    """Split a company's name into its core and its legal form.

    A name that is nothing but a form keeps it as its core.

    Example:
        >>> split_company_name('Общество с ограниченной ответственностью "Ромашка"')
        CompanyName(core='ромашка', form='ооо')
    """
    plain = _clean(text or "").lower().replace("ё", "е")
    plain = _SPACES.sub(" ", _QUOTES.sub(" ", plain)).strip(" ,;")
    at_start, at_end = _form_at_edges()
    core, form = plain, None
    for _ in range(2):  # «ООО "Торговый дом ..." ООО» and the like
        found = at_start.match(core) or at_end.search(core)
        if found is None:
            break
        rest = (core[: found.start()] + core[found.end() :]).strip(" ,;-")
        if not rest:
            break
        named = next(index for index in range(len(_FORMS)) if found.group(f"f{index}") is not None)
        core, form = rest, form or _FORMS[named][0]
    core = _SPACES.sub(" ", re.sub(r"[^\w&+]+", " ", core)).strip()
    return CompanyName(core or plain, form)


def normalise_company_name(text: str | None) -> str:
    """A company's name for comparison: quotes, case, punctuation and legal form set aside.

    Two different companies may share it («ООО Ромашка» and «АО Ромашка»): use it beside other evidence.

    Example:
        >>> normalise_company_name("ООО «Ромашка»") == normalise_company_name('"Ромашка", ООО')
        True
    """
    return split_company_name(text).core


def is_company_name(text: str | None) -> bool:
    """Whether a name says by itself that it is an organisation: a legal form or a word such as «завод».

    Example:
        >>> is_company_name("ООО «Пример-Строй»"), is_company_name("ИП Примеров П. П."), is_company_name("Анна Тестова")
        (True, False, False)
    """
    form = split_company_name(text).form
    if form is not None:
        return form != "ип"
    return _TRADE_WORDS.search((text or "").lower()) is not None


def is_entrepreneur(name: str | None = None, inn: str | None = None) -> bool:
    """Whether a customer is an individual entrepreneur: «ИП» in the name, or a 12-digit INN and no company form.

    A private person has a 12-digit INN too; who gives it to a seller is taken for an entrepreneur. `inn` is as
    `parse_inn` gives it.

    Example:
        >>> is_entrepreneur("ИП Примеров П. П."), is_entrepreneur("Пётр Примеров", "500100732259")
        (True, True)
    """
    form = split_company_name(name).form
    if form == "ип":
        return True
    return form is None and inn is not None and len(inn) == 12


def normalise_person_name(text: str | None) -> str:
    """A person's name with spaces collapsed and, when typed all in one case, with capitals restored.

    Example:
        >>> normalise_person_name("  ПЕТРОВА-ВОДКИНА   анна ")
        'Петрова-Водкина Анна'
    """
    words = _clean(text or "").split()
    return " ".join(_capitalised(word) if word.isupper() or word.islower() else word for word in words)


def _capitalised(word: str) -> str:
    if word.lower() in {"оглы", "кызы", "фон", "де", "ван", "von", "de", "van"}:
        return word.lower()
    return re.sub(r"(?<![\w'’])\w+", lambda part: part[0][:1].upper() + part[0][1:].lower(), word)


def person_key(text: str | None) -> str:
    """A person's name for comparison: lower case, `ё` as `е`, words in alphabetical order.

    Example:
        >>> person_key("Тестова Алёна") == person_key("алена тестова")
        True
    """
    plain = _clean(text or "").lower().replace("ё", "е")
    return " ".join(sorted(re.findall(r"[^\W_]+", plain)))


# Logs

_LOGGED_EMAIL = re.compile(r"([\w!#$%&'*+/=?^`{}~-])[\w.!#$%&'*+/=?^`{}~-]{0,63}(@[\w.-]+)")
_LOGGED_DIGITS = re.compile(r"\+?[0-9][0-9 ()\u00a0-]{7,}[0-9]")


def mask(text: str) -> str:
    """The text with e-mails and long numbers (phones, INN) hidden, fit for a log.

    Example:
        >>> mask("anna@example.ru, +79990000001")
        'a***@example.ru, +79*******01'
    """

    def hide(found: re.Match[str]) -> str:
        digits = _NOT_DIGIT.sub("", found[0])
        plus = "+" if found[0].startswith("+") else ""
        if len(digits) < 9:
            return found[0]
        return f"{plus}{digits[:2]}{'*' * (len(digits) - 4)}{digits[-2:]}"

    return _LOGGED_DIGITS.sub(hide, _LOGGED_EMAIL.sub(r"\1***\2", text))
