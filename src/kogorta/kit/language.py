"""Words, numbers, money and dates as a reader of Russian or English expects them.

Code holds English texts with named placeholders; `locale/ru/LC_MESSAGES/<room>.po` holds the Russian ones.
"""

from __future__ import annotations

import gettext
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.checks import check_choice

if TYPE_CHECKING:
    from datetime import date, datetime

LanguageCode = Literal["ru", "en"]
LANGUAGES: Final = ("ru", "en")
NO_BREAK_SPACE: Final = "\u00a0"
DASH: Final = "\u2014"


def message(text: str) -> str:
    """Mark a text kept as data for translation; returns it unchanged.

    Example:
        >>> message("Sleeping")
        'Sleeping'
    """
    return text


@cache
def _catalog(code: str) -> gettext.NullTranslations:
    if code == "en":
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    merged: gettext.GNUTranslations | None = None
    folder = resources.files("kogorta") / "locale" / code / "LC_MESSAGES"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".po"):
            continue
        binary = io.BytesIO()
        write_mo(binary, read_po(io.BytesIO(entry.read_bytes()), locale=code))
        binary.seek(0)
        translations = gettext.GNUTranslations(binary)
        if merged is None:
            merged = translations
        else:
            merged._catalog.update(translations._catalog)  # type: ignore[attr-defined]
    return merged or gettext.NullTranslations()


@dataclass(frozen=True)
class Language:
    r"""A reader's language: texts, plural forms and the formats of numbers, money and dates.

    Args:
        code: `ru` or `en`.

    Example:
        >>> Language("ru").number(1234567)
        '1\xa0234\xa0567'
        >>> Language("ru").percent(0.298)
        '29,8\xa0%'
        >>> Language("ru").money(1250000000, "RUB", compact=True)
        '12,5\xa0млн\xa0₽'
    """

    code: LanguageCode = "ru"

    def __post_init__(self) -> None:
        check_choice("language", self.code, LANGUAGES)

    @property
    def csv_separator(self) -> str:
        """The separator a spreadsheet of this language expects in CSV."""
        return ";" if self.code == "ru" else ","

    def text(self, text: str, /, **values: object) -> str:
        """The text in this language with its named placeholders filled."""
        return _catalog(self.code).gettext(text).format(**values) if text else ""

    def phrase(self, text: str) -> str:
        """The text in this language as it is: it has no placeholders, and its braces mean themselves."""
        return _catalog(self.code).gettext(text) if text else ""

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The form that agrees with `count`; `{count}` is filled with the formatted number."""
        filled = {"count": self.number(count), **values}
        return _catalog(self.code).ngettext(one, many, count).format(**filled)

    def number(self, value: float, digits: int = 0) -> str:
        """A number with `digits` decimals, grouped by no-break spaces in Russian."""
        rounded = round(value, digits) + 0.0  # no "-0"
        if abs(rounded) * 10**digits < _EXACT:  # the same as Babel says, in a hundredth of its time: a page has a thousand of them
            figure = f"{rounded:,.{digits}f}"
            return figure.translate(_RUSSIAN_MARKS) if self.code == "ru" else figure
        from babel.numbers import format_decimal

        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _spaces(format_decimal(rounded, format=pattern, locale=self.code))

    def percent(self, share: float, digits: int = 1) -> str:
        """A share 0-1 as a percentage."""
        sign = NO_BREAK_SPACE + "%" if self.code == "ru" else "%"
        return self.number(share * 100, digits) + sign

    def money(self, minor: float, currency: str, *, compact: bool = False, finer: int = 0) -> str:
        """Money given in minor units (kopecks, cents); `compact` gives thousands and millions in words, with `finer` more digits."""
        from babel.numbers import format_compact_decimal, get_currency_symbol

        value = minor / 10 ** minor_digits(currency)
        symbol = "₽" if currency == "RUB" else get_currency_symbol(currency, locale=self.code)
        if compact and abs(value) >= 1000:
            digits = 1 if abs(value) < 1e8 or 1e9 <= abs(value) < 1e11 else 0
            figure = _spaces(format_compact_decimal(value, locale=self.code, fraction_digits=digits + finer))
        else:
            figure = self.number(value, 0 if compact or abs(value) >= 100 else minor_digits(currency))
        if self.code == "ru":
            return f"{figure}{NO_BREAK_SPACE}{symbol}"
        return f"-{symbol}{figure[1:]}" if figure.startswith("-") else f"{symbol}{figure}"

    def day(self, value: date, *, long: bool = False) -> str:
        """A date: `22.11.2026` or `22 ноября 2026 г.`; ISO order is left to machines."""
        from babel.dates import format_date

        if long:
            return _spaces(format_date(value, format="long", locale=self.code))
        return value.strftime("%d.%m.%Y") if self.code == "ru" else format_date(value, "d MMM y", locale="en")

    def month(self, value: date) -> str:
        """A month with its year, short: `нояб. 2026`."""
        from babel.dates import format_date

        return _spaces(format_date(value, format="LLL y", locale=self.code))

    def moment(self, value: datetime) -> str:
        """A date with hours and minutes."""
        return f"{self.day(value.date())} {value:%H:%M}"


_EXACT: Final = 1e15
"""Counted in their last decimal, numbers below it are told apart by a real."""
_RUSSIAN_MARKS: Final = str.maketrans({",": NO_BREAK_SPACE, ".": ","})


@cache
def minor_digits(currency: str) -> int:
    """Decimal digits of a currency's minor unit (ISO 4217): 2 for RUB, 0 for JPY."""
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


def _spaces(text: str) -> str:
    return text.replace("\u202f", NO_BREAK_SPACE)
