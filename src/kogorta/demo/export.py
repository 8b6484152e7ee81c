"""Deals as Bitrix24 exports them: `;`, every value quoted, an empty last column, linked cards repeated in each row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from random import Random

    from kogorta.demo.cast import ContactCard
    from kogorta.demo.catalogue import Line
    from kogorta.demo.story import Deal

Encoding = Literal["utf-8-sig", "cp1251"]
ENCODINGS: Final[tuple[Encoding, ...]] = ("utf-8-sig", "cp1251")

HEADERS: Final = (
    "ID", "Воронка", "Стадия сделки", "Название сделки", "Сумма", "Валюта", "Тип", "Компания", "Контакт",
    "Ответственный", "Дата создания", "Дата изменения", "Дата завершения", "Сделка закрыта", "Повторная сделка",
    "Источник", "Комментарий", "Товар", "Цена", "Количество", "Контакт: ID", "Контакт: Имя", "Контакт: Отчество",
    "Контакт: Фамилия", "Контакт: Должность", "Контакт: Дата рождения", "Контакт: Рабочий телефон",
    "Контакт: Мобильный телефон", "Контакт: Рабочий e-mail", "Компания: ID", "Компания: Название компании",
    "Компания: Сфера деятельности", "Компания: Рабочий телефон", "Компания: Рабочий e-mail",
    "Компания: Корпоративный сайт", "Реквизит (Россия): ИНН", "Реквизит (Россия): КПП", "Реквизит (Россия): ОГРН",
    "Реквизит (Россия): ОКВЭД",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One record of the file.

    Args:
        deal: what it is about.
        cells: as written, in the order of `HEADERS`.
        marks: kinds of trouble this very row shows.
        merged: why a careful reader merges it into an earlier row, or empty.
    """

    deal: Deal
    cells: tuple[str, ...]
    marks: frozenset[str]
    merged: str = ""


def rows_of(deals: list[Deal], rng: Random, scale: float) -> list[Row]:
    """Records in the order of deal ids, with exact copies of some of them."""
    rows: list[Row] = []
    for deal in deals:
        rows += _rows(deal)
    return _with_copies(rows, rng, max(1, round(14 * scale)))


def render(rows: list[Row], encoding: Encoding) -> bytes:
    """The file. Windows-1251 has no rouble sign, so the word stands there instead."""
    text = "".join(_record(cells) for cells in (HEADERS, *(row.cells for row in rows)))
    if encoding == "cp1251":
        text = text.replace("₽", "руб.")
    return text.encode(encoding)


def write_amount(kopecks: int, form: str) -> str:
    """An amount in one of the forms people and programs leave behind.

    Example:
        >>> [write_amount(1_250_050, form) for form in ("plain", "comma", "rouble")]
        ['12500.5', '12 500,50', '12 500,5 ₽']
    """
    sign, whole, rest = "-" if kopecks < 0 else "", abs(kopecks) // 100, abs(kopecks) % 100
    spaced = f"{whole:,}".replace(",", " ")
    if form == "comma":
        return f"{sign}{spaced},{rest:02d}"
    if form == "zeros":
        return f"{sign}{whole}.{rest:02d}"
    tail = f"{rest:02d}".rstrip("0")
    if form == "rouble":
        return f"{sign}{spaced}" + (f",{tail}" if tail else "") + " ₽"
    return f"{sign}{whole}" + (f".{tail}" if tail else "")


def _rows(deal: Deal) -> list[Row]:
    lines: tuple[Line | None, ...] = deal.lines or (None,)
    split = len(lines) > 1
    rows = [Row(deal, _cells(deal, line, deal.contact), _marks(deal, deal.contact, split=split)) for line in lines]
    if deal.second is not None:
        marks = _marks(deal, deal.second, split=False) | {"repeated_for_contact"}
        rows.append(Row(deal, _cells(deal, lines[0], deal.second), marks, "repeated_for_contact"))
    return rows


def _marks(deal: Deal, contact: ContactCard | None, *, split: bool) -> frozenset[str]:
    marks = set(deal.marks)
    if contact is not None:
        marks |= contact.marks
    if deal.company is not None:
        marks |= deal.company.marks
    if split:
        marks.add("product_rows")
    return frozenset(marks)


def _cells(deal: Deal, line: Line | None, contact: ContactCard | None) -> tuple[str, ...]:
    company = deal.company
    closed = deal.status != "open"
    values = dict.fromkeys(HEADERS, "")
    amount = line.amount if line is not None else deal.amount
    values |= {
        "ID": str(deal.deal_id),
        "Воронка": deal.pipeline,
        "Стадия сделки": deal.stage,
        "Название сделки": deal.title,
        "Сумма": "" if amount is None else write_amount(amount, deal.amount_form),
        "Валюта": deal.currency,
        "Тип": "Продажа",
        "Ответственный": deal.manager,
        "Дата создания": _created(deal),
        "Дата изменения": _changed(deal),
        "Дата завершения": _closed(deal),
        "Сделка закрыта": "Да" if closed else "Нет",
        "Повторная сделка": "Да" if deal.repeat else "Нет",
        "Источник": deal.channel,
        "Комментарий": deal.comment,
    }
    if line is not None:
        values |= {"Товар": line.product, "Цена": write_amount(line.price, "plain"), "Количество": str(line.quantity)}
    if contact is not None:
        values |= {
            "Контакт": f"{contact.first} {contact.last}",
            "Контакт: ID": str(contact.contact_id),
            "Контакт: Имя": contact.first,
            "Контакт: Отчество": contact.middle,
            "Контакт: Фамилия": contact.last,
            "Контакт: Должность": contact.job,
            "Контакт: Дата рождения": contact.birth,
            "Контакт: Рабочий телефон": contact.work_phone,
            "Контакт: Мобильный телефон": contact.mobile,
            "Контакт: Рабочий e-mail": contact.email,
        }
    if company is not None:
        values |= {
            "Компания": company.name,
            "Компания: ID": str(company.company_id),
            "Компания: Название компании": company.name,
            "Компания: Сфера деятельности": company.sphere,
            "Компания: Рабочий телефон": company.phone,
            "Компания: Рабочий e-mail": company.email,
            "Компания: Корпоративный сайт": company.site,
            "Реквизит (Россия): ИНН": company.inn,
            "Реквизит (Россия): КПП": company.kpp,
            "Реквизит (Россия): ОГРН": company.ogrn,
            "Реквизит (Россия): ОКВЭД": company.okved,
        }
    return tuple(values[header] for header in HEADERS)


def _created(deal: Deal) -> str:
    return _moment(deal.created_at, deal.created_form)


def _changed(deal: Deal) -> str:
    if deal.status == "open" or deal.closed_on is None or deal.quarantine == "date_in_future":
        return _moment(deal.created_at + timedelta(hours=3), "moment")
    end = datetime.combine(deal.closed_on, deal.created_at.time()) + timedelta(minutes=41)
    return _moment(max(end, deal.created_at), "moment")


def _closed(deal: Deal) -> str:
    if deal.quarantine == "date_malformed":
        return deal.closed_form
    if deal.closed_on is None:
        return ""
    return _moment(datetime.combine(deal.closed_on, deal.created_at.time()), deal.closed_form)


def _moment(moment: datetime, form: str) -> str:
    if form == "day":
        return f"{moment:%d.%m.%Y}"
    if form == "one-digit":
        return f"{moment:%d.%m.%Y} {moment.hour}:{moment:%M:%S}"
    return f"{moment:%d.%m.%Y %H:%M:%S}"


def _with_copies(rows: list[Row], rng: Random, count: int) -> list[Row]:
    """Exact copies: every second one right below, the others somewhere further down."""
    per_deal: dict[int, int] = {}
    for row in rows:
        per_deal[row.deal.deal_id] = per_deal.get(row.deal.deal_id, 0) + 1
    able = [
        place
        for place, row in enumerate(rows)
        if row.deal.is_plain and row.deal.status in ("won", "lost") and per_deal[row.deal.deal_id] == 1
    ]
    after: dict[int, list[Row]] = {}
    for number, place in enumerate(sorted(rng.sample(able, min(count, len(able))))):
        row = rows[place]
        copy = Row(row.deal, row.cells, row.marks | {"duplicate_row"}, "duplicate_row")
        target = place if number % 2 else rng.randint(place, len(rows) - 1)
        after.setdefault(target, []).append(copy)
    result: list[Row] = []
    for place, row in enumerate(rows):
        result.append(row)
        result += after.get(place, [])
    return result


def _record(cells: tuple[str, ...]) -> str:
    return "".join('"' + cell.replace('"', '""') + '";' for cell in cells) + "\n"
