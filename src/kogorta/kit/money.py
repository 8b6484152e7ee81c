"""Money: currencies as people write them, whole minor units, and a table of exchange rates."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# fmt: off
CURRENCIES: Final = frozenset(re.findall(
    "[A-Z]{3}",
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
    "RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW",
))
"""Active national currencies of ISO 4217."""

# Codes still written by programs: RUR, and the numeric codes of ISO 4217 (810 is the rouble before 1998).
_OTHER_CODES: Final[Mapping[str, str]] = {
    "RUR": "RUB", "643": "RUB", "810": "RUB", "840": "USD", "978": "EUR", "933": "BYN", "398": "KZT", "980": "UAH",
    "156": "CNY", "826": "GBP", "949": "TRY", "051": "AMD", "944": "AZN", "981": "GEL", "417": "KGS", "498": "MDL",
    "860": "UZS", "972": "TJS", "934": "TMT", "756": "CHF", "392": "JPY", "784": "AED",
}
_SIGNS: Final[Mapping[str, str]] = {
    "₽": "RUB", "$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "₸": "KZT", "₴": "UAH", "₺": "TRY", "₼": "AZN",
    "֏": "AMD", "₾": "GEL", "₩": "KRW", "₹": "INR", "₪": "ILS", "₫": "VND", "฿": "THB", "zł": "PLN", "kč": "CZK",
    "a$": "AUD", "c$": "CAD", "hk$": "HKD", "s$": "SGD", "nz$": "NZD", "r$": "BRL", "cn¥": "CNY", "₮": "MNT",
    "元": "CNY", "円": "JPY", "r": "RUB", "u s dollar": "USD", "u s dollars": "USD",
}
# A unit: how it is written, its currency when no country is named (or None), its currency by country.
_UNITS: Final[tuple[tuple[str, str | None, Mapping[str, str]], ...]] = (
    (r"руб(?:л(?:ь|я|ю|ем|е|и|ей|ям|ями|ях))?|р|ro?ubles?|rubl?", "RUB", {"ru": "RUB", "by": "BYN"}),
    (r"доллар(?:а|у|ом|е|ы|ов|ам|ами|ах)?|долл?|бакс(?:а|ы|ов)?|dollars?", "USD",
     {"us": "USD", "au": "AUD", "ca": "CAD", "hk": "HKD", "sg": "SGD", "nz": "NZD", "tw": "TWD"}),
    (r"евро|euros?", "EUR", {}),
    (r"тенге|тг|tenge", "KZT", {"kz": "KZT"}),
    (r"грив(?:на|ны|не|ну|ен|ень|нах)|грн|hryvn(?:ia|as|ias|a)|uah", "UAH", {"ua": "UAH"}),
    (r"фунт(?:а|ы|ов)?|pounds?", "GBP", {"gb": "GBP", "eg": "EGP", "sy": "SYP", "lb": "LBP"}),
    (r"юан(?:ь|я|и|ей|ем)|yuan|renminbi", "CNY", {"cn": "CNY"}),
    (r"лир(?:а|ы|е|у)?|liras?", "TRY", {"tr": "TRY"}),
    (r"сум(?:а|ы|ов)?|sum", "UZS", {"uz": "UZS"}),
    (r"som", None, {"uz": "UZS", "kg": "KGS"}),
    (r"драм(?:а|ы|ов)?|drams?", "AMD", {"am": "AMD"}),
    (r"сом(?:а|ы|ов)?", "KGS", {"kg": "KGS"}),
    (r"сомони|somoni", "TJS", {"tj": "TJS"}),
    (r"манат(?:а|ы|ов)?|manats?", "AZN", {"az": "AZN", "tm": "TMT"}),
    (r"лари|lari", "GEL", {"ge": "GEL"}),
    (r"ле(?:й|я|и|ев)|le[ui]", "MDL", {"md": "MDL", "ro": "RON"}),
    (r"тугрик(?:а|и|ов)?|tugriks?|togrog", "MNT", {"mn": "MNT"}),
    (r"[йи]ен(?:а|ы|е|у)?|yen", "JPY", {"jp": "JPY"}),
    (r"франк(?:а|и|ов)?|francs?", None, {"ch": "CHF"}),
    (r"злот(?:ый|ых|ого|ые)|zlot(?:y|ys|ych)", "PLN", {"pl": "PLN"}),
    (r"крон(?:а|ы|е)?|kron[ae]r?|koruna|crowns?", None,
     {"se": "SEK", "no": "NOK", "dk": "DKK", "cz": "CZK", "is": "ISK"}),
    (r"рупи(?:я|и|й)|rupees?", None, {"in": "INR", "pk": "PKR", "id": "IDR", "lk": "LKR"}),
    (r"rupiahs?", "IDR", {"id": "IDR"}),
    (r"дирхам(?:а|ы|ов)?|dirhams?", "AED", {"ae": "AED", "ma": "MAD"}),
    (r"шекел(?:ь|я|и|ей)|shekels?", "ILS", {"il": "ILS"}),
    (r"вон(?:а|ы)?|won", "KRW", {"kr": "KRW"}),
    (r"бат(?:а|ы|ов)?|baht", "THB", {"th": "THB"}),
    (r"лев(?:а|ы|ов)?|lev|leva", "BGN", {"bg": "BGN"}),
    (r"динар(?:а|ы|ов)?|dinars?", None, {"rs": "RSD"}),
    (r"форинт(?:а|ы|ов)?|forints?", "HUF", {"hu": "HUF"}),
    (r"донг(?:а|и|ов)?|dong", "VND", {"vn": "VND"}),
    (r"реал(?:а|ы|ов)?|reais|real", "BRL", {"br": "BRL"}),
    (r"риал(?:а|ы|ов)?|риял(?:а|ы|ов)?|riyals?|rials?", None, {"sa": "SAR", "ir": "IRR", "qa": "QAR"}),
    (r"песо|pesos?", None, {"mx": "MXN", "ph": "PHP", "ar": "ARS", "cl": "CLP"}),
    (r"ринггит(?:а|ы|ов)?|ringgits?", "MYR", {"my": "MYR"}),
    (r"рэнд(?:а|ы|ов)?|ранд(?:а|ы|ов)?|rand", "ZAR", {"za": "ZAR"}),
)
_COUNTRIES: Final[tuple[tuple[str, str], ...]] = (
    (r"ро(?:с|сс|ссийск\w+|ссии)|рф|russian?", "ru"), (r"бел|белорус\w*|беларус\w*|belarus(?:ian)?", "by"),
    (r"сша|американск\w+|us|usa|american", "us"), (r"австралийск\w+|australian?", "au"),
    (r"канадск\w+|canad(?:a|ian)", "ca"), (r"гонконг\w*|hongkong|hong|kong", "hk"), (r"сингапур\w*|singapore", "sg"),
    (r"новозеландск\w+|zealand", "nz"), (r"тайваньск\w+|taiwan", "tw"), (r"казах\w+|kazakh\w*", "kz"),
    (r"укр|украин\w+|ukrain\w+", "ua"), (r"британск\w+|англ\w*|великобритан\w+|british|uk|english|gb", "gb"),
    (r"египет\w*|egyptian", "eg"), (r"сирийск\w+|syrian", "sy"), (r"ливанск\w+|lebanese", "lb"),
    (r"кита\w+|chinese|china", "cn"), (r"тур|турецк\w+|turkish", "tr"), (r"узб|узбек\w+|uzbek\w*", "uz"),
    (r"кирг\w*|кырг\w*|kyrgyz\w*", "kg"), (r"арм|армянск\w+|armenian?", "am"), (r"таджик\w*|tajik\w*", "tj"),
    (r"азерб\w*|azerbaijan\w*", "az"), (r"туркм\w*|turkmen\w*", "tm"), (r"груз\w*|georgian?", "ge"),
    (r"молд\w*|moldovan?", "md"), (r"румынск\w+|romanian", "ro"), (r"монгольск\w+|mongolian", "mn"),
    (r"японск\w+|japanese", "jp"), (r"швейцарск\w+|swiss", "ch"), (r"польск\w+|polish", "pl"),
    (r"шведск\w+|swedish", "se"), (r"норвежск\w+|norwegian", "no"), (r"датск\w+|danish", "dk"),
    (r"чешск\w+|czech", "cz"), (r"исландск\w+|icelandic", "is"), (r"индийск\w+|indian?", "in"),
    (r"пакистанск\w+|pakistani?", "pk"), (r"индонезийск\w+|indonesian?", "id"), (r"lankan?", "lk"),
    (r"оаэ|uae|эмират\w*|emirates|объединенн\w+|арабск\w+|united|arab", "ae"), (r"марокк\w+|moroccan", "ma"),
    (r"израильск\w+|израил\w+|israeli?", "il"), (r"корейск\w+|korean", "kr"), (r"тайск\w+|таиланд\w*|thai", "th"),
    (r"болгарск\w+|bulgarian", "bg"), (r"сербск\w+|serbian", "rs"), (r"венгерск\w+|hungarian", "hu"),
    (r"вьетнамск\w+|vietnamese", "vn"), (r"бразильск\w+|brazilian", "br"), (r"саудовск\w+|саудовс\w+|saudi", "sa"),
    (r"иранск\w+|iranian", "ir"), (r"катарск\w+|qatari?", "qa"), (r"мексиканск\w+|mexican", "mx"),
    (r"филиппинск\w+|philippine", "ph"), (r"аргентинск\w+|argentine", "ar"), (r"чилийск\w+|chilean", "cl"),
    (r"малайзийск\w+|malaysian", "my"), (r"южноафриканск\w+|african", "za"),
)
_FILLERS: Final = frozenset({"стерлингов", "sterling", "новый", "new", "южно", "south", "республики", "of", "sri"})
# fmt: on
_UNIT_PATTERNS: Final = tuple((re.compile(pattern), default, by) for pattern, default, by in _UNITS)
_COUNTRY_PATTERNS: Final = tuple((re.compile(pattern), country) for pattern, country in _COUNTRIES)


@lru_cache(maxsize=4096)
def currency_code(text: str | None) -> str | None:
    """The ISO 4217 code of a currency written as a code, a sign or a word in Russian or English.

    Args:
        text: `RUB`, `₽`, `руб.`, `Российский рубль`, `US Dollar`, `643` ...

    Returns:
        The code, or None when the text names no currency or more than one («крона», «франк», «¥»); an amount in
        thousands («тыс. руб.») is not a currency either.

    Example:
        >>> currency_code("Российский рубль"), currency_code("бел. руб."), currency_code("крона")
        ('RUB', 'BYN', None)
    """
    plain = (text or "").replace("\u00a0", " ").strip().strip("\"'()«»[] ")
    if not plain or len(plain) > 60:
        return None
    upper = plain.upper()
    if upper in CURRENCIES:
        return upper
    if upper in _OTHER_CODES:
        return _OTHER_CODES[upper]
    lower = re.sub(r"[\s.,_-]+", " ", plain.lower().replace("ё", "е")).strip()
    if lower in _SIGNS:
        return _SIGNS[lower]
    if plain.rstrip(".") == "Br":
        return "BYN"
    return _by_words([_SIGNS.get(word, word).lower() for word in re.split(r"[ ()/]+", lower) if word])


def _by_words(words: list[str]) -> str | None:
    units: set[int] = set()
    countries: set[str] = set()
    codes: set[str] = set()
    for word in words:
        unit = next((n for n, (pattern, _, _) in enumerate(_UNIT_PATTERNS) if pattern.fullmatch(word)), None)
        country = next((name for pattern, name in _COUNTRY_PATTERNS if pattern.fullmatch(word)), None)
        if unit is not None:
            units.add(unit)
        elif country is not None:
            countries.add(country)
        elif word.upper() in CURRENCIES:
            codes.add(word.upper())
        elif word not in _FILLERS:
            return None
    if len(units) != 1:
        return codes.pop() if len(codes) == 1 and not units and not countries else None
    _, default, by_country = _UNIT_PATTERNS[units.pop()]
    if len(countries) > 1:
        return None
    code = by_country.get(countries.pop()) if countries else default
    return code if not codes or codes == {code} else None


def check_currency(name: str, text: str) -> str:
    """The ISO 4217 code of an option that must name a currency.

    Raises:
        OptionError: the text names none.

    Example:
        >>> check_currency("currency", "руб.")
        'RUB'
    """
    code = currency_code(text)
    if code is None:
        raise OptionError(
            "{name} is {text!r}, which is no currency; give an ISO 4217 code such as RUB, USD or KZT.",
            name=name,
            text=text,
        )
    return code


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in whole minor units (kopecks, cents), half a unit rounded away from zero.

    Args:
        amount: money in units of the currency.
        currency: ISO 4217 code.

    Returns:
        Minor units; they fit a 64-bit integer.

    Raises:
        InputError: the amount is not a finite number or too large to be money.

    Example:
        >>> to_minor(Decimal("12500.505"), "RUB"), to_minor(Decimal("-0.005"), "RUB"), to_minor(Decimal(300), "JPY")
        (1250051, -1, 300)
    """
    if not amount.is_finite() or amount.adjusted() > 14:
        raise InputError(
            "The amount {amount} {currency} cannot be money; it must be a number below 10^15.",
            amount=amount,
            currency=currency,
        )
    with localcontext() as context:
        context.prec = 60
        if amount.adjusted() < -30:
            return 0
        return int(amount.scaleb(minor_digits(currency)).to_integral_value(ROUND_HALF_UP))


def from_minor(minor: int, currency: str) -> Decimal:
    """Minor units as an exact decimal amount.

    Example:
        >>> from_minor(1250050, "RUB")
        Decimal('12500.50')
    """
    with localcontext() as context:
        context.prec = 60
        return Decimal(minor).scaleb(-minor_digits(currency))


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """Units of the base currency for one unit of `currency`, from `on` until the next rate.

    Args:
        currency: ISO 4217 code.
        on: first day the rate holds; `date.min` for a rate without a date.
        rate: base units per one unit, above zero.
    """

    currency: str
    on: date
    rate: Decimal


@dataclass(frozen=True)
class RateTable:
    """Exchange rates to one base currency.

    Args:
        base: ISO 4217 code of the base currency; its own rate is 1.
        rates: all rates, in any order; one for each currency and day.

    Example:
        >>> table = RateTable("RUB", (Rate("USD", date(2026, 1, 1), Decimal("80.5")),))
        >>> table.rate("USD", date(2026, 3, 8))
        Decimal('80.5')
        >>> table.convert(10_00, "USD", date(2026, 3, 8))
        80500
    """

    base: str
    rates: tuple[Rate, ...] = ()
    _days: Mapping[str, tuple[list[date], list[Decimal]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days: dict[str, tuple[list[date], list[Decimal]]] = {}
        for rate in sorted(self.rates):
            on, values = days.setdefault(rate.currency, ([], []))
            on.append(rate.on)
            values.append(rate.rate)
        object.__setattr__(self, "_days", days)

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that has a rate, the base included, in alphabetical order."""
        return tuple(sorted({self.base, *self._days}))

    def find(self, currency: str, day: date) -> Decimal | None:
        """The latest rate on or before a day, or None."""
        if currency == self.base:
            return Decimal(1)
        on, values = self._days.get(currency, ([], []))
        place = bisect_right(on, day)
        return values[place - 1] if place else None

    def rate(self, currency: str, day: date) -> Decimal:
        """The latest rate on or before a day.

        Raises:
            InputError: there is no such rate.
        """
        found = self.find(currency, day)
        if found is not None:
            return found
        on, _ = self._days.get(currency, ([], []))
        if on:
            raise InputError(
                "There is no rate of {currency} to {base} on or before {day}; the first one is of {on}. Add an earlier rate to the table.",
                currency=currency,
                base=self.base,
                day=day,
                on=on[0],
            )
        raise InputError(
            "There is no rate of {currency} to {base}; the table has {names}. Add a line for {currency}.",
            currency=currency,
            base=self.base,
            names=", ".join(self.currencies),
        )

    def convert(self, minor: int, currency: str, day: date) -> int:
        """Money in minor units of the base currency, by the rate of the day.

        Raises:
            InputError: there is no rate on or before the day.
        """
        if currency == self.base:
            return minor
        with localcontext() as context:
            context.prec = 60
            return to_minor(from_minor(minor, currency) * self.rate(currency, day), self.base)


_HEADERS: Final[Mapping[str, str]] = {
    "date": "date", "day": "date", "on": "date", "дата": "date", "currency": "currency", "code": "currency",
    "валюта": "currency", "код": "currency", "rate": "rate", "value": "rate", "курс": "rate",
}  # fmt: skip


def read_rates(path: Path | str, base: str = "RUB") -> RateTable:
    """Exchange rates from a CSV file with the columns `date,currency,rate` or `currency,rate`.

    The separator may be `,` `;` or a tab, the encoding UTF-8 or Windows-1251, the headers Russian (`дата`, `валюта`,
    `курс`), dates ISO or `DD.MM.YYYY`. A rate without a date holds for every day before the first dated one.

    Args:
        path: the file.
        base: ISO 4217 code of the currency rates are given in: base units per 1 unit.

    Raises:
        InputError: the file cannot be read as rates; the message names the line.
        OptionError: `base` is no currency.
    """
    source = Path(path)
    try:
        raw = source.read_bytes()
    except OSError as error:
        raise InputError(
            "The rates file {name} cannot be read: {value}.",
            name=source.name,
            value=error.strerror or error,
        ) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1251", errors="replace")
    return parse_rates(text, base, source.name)


def parse_rates(text: str, base: str = "RUB", name: str = "rates") -> RateTable:
    r"""Exchange rates from the text of a CSV file; `read_rates` says which shapes are understood.

    Args:
        text: the content.
        base: ISO 4217 code of the base currency.
        name: what errors call the file.

    Raises:
        InputError: a line cannot be read; the message names it.
        OptionError: `base` is no currency.

    Example:
        >>> parse_rates("currency,rate\nUSD,80.5\n").find("USD", date(2026, 1, 1))
        Decimal('80.5')
    """
    home = check_currency("base", base)
    seen: dict[tuple[str, date], tuple[Decimal, int]] = {}
    for line, cells in _rate_rows(text, name):
        where = f"line {line} of {name}"
        currency = currency_code(cells["currency"])
        if currency is None:
            raise InputError(
                "The currency {cells!r} in {where} is unknown; write an ISO 4217 code.",
                cells=cells["currency"],
                where=where,
            )
        on = _rate_day(cells["date"], where) if "date" in cells else date.min
        rate = _rate_value(cells["rate"], where)
        if currency == home:
            if rate != 1:
                raise InputError(
                    "The rate of {home} to itself is {rate} in {where}; it must be 1 or left out.",
                    home=home,
                    rate=rate,
                    where=where,
                )
            continue
        earlier, earlier_line = seen.get((currency, on), (rate, line))
        if earlier != rate:
            day = "" if on == date.min else f" on {on}"
            raise InputError(
                "{name} has two rates of {currency}{day}: {earlier} in line {earlier_line} and {rate} in line {line}.",
                name=name,
                currency=currency,
                day=day,
                earlier=earlier,
                earlier_line=earlier_line,
                rate=rate,
                line=line,
            )
        seen[currency, on] = (rate, line)
    return RateTable(home, tuple(sorted(Rate(currency, on, rate) for (currency, on), (rate, _) in seen.items())))


def _rate_rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = text.lstrip("\ufeff").splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    columns: list[str | None] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = [_HEADERS.get(cell.strip().lower()) for cell in cells]
                named = [column for column in columns if column is not None]
                if not {"currency", "rate"} <= set(named) or len(named) != len(set(named)):
                    raise InputError(
                        "The first line of {name} is {first!r}; it must name the columns date,currency,rate (the date may be left out).",
                        name=name,
                        first=first[:80],
                    )
                continue
            row = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column is not None}
            missing = sorted({column for column in columns if column is not None} - row.keys())
            if missing or any(cell.strip() for cell in cells[len(columns) :]):
                raise InputError(
                    "Line {line_num} of {name} has {count} cells, its header {count_2}; a rate with a decimal comma "
                    "needs quotes or the separator ';'.",
                    line_num=reader.line_num,
                    name=name,
                    count=len(cells),
                    count_2=len(columns),
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(
            "Line {line_num} of {name} cannot be split into cells: {error}.",
            line_num=reader.line_num,
            name=name,
            error=error,
        ) from None
    if columns is None:
        raise InputError(
            "{name} is empty; it must have the columns date,currency,rate (the date may be left out).",
            name=name,
        )


def _rate_day(cell: str, where: str) -> date:
    if not cell:
        return date.min
    try:
        if found := re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", cell):
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(cell[:10] if re.fullmatch(r".{10}[ T]00:00(:00)?", cell) else cell)
    except ValueError:
        raise InputError(
            "The date {cell!r} in {where} cannot be read; write it as 2026-11-22 or 22.11.2026.",
            cell=cell,
            where=where,
        ) from None


def _rate_value(cell: str, where: str) -> Decimal:
    try:
        rate = Decimal(re.sub(r"\s", "", cell).replace(",", ".").replace("_", "?"))
    except InvalidOperation:
        rate = Decimal(0)
    if not (rate.is_finite() and 0 < rate < 10**12):
        raise InputError(
            "The rate {cell!r} in {where} cannot be used; it must be a number above zero, such as 80.5.",
            cell=cell,
            where=where,
        )
    return rate
