"""A naive reader of the generated export that shares no code with the generator."""

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from kogorta.demo import SchoolTruth

WON = {"сделка успешна"}
LOST = {"сделка провалена", "отказ", "анализ причины провала"}
OPEN = {"новая", "в работе", "подготовка документов", "счет выставлен", "договор на подписании"}


def folded(text: str) -> str:
    return " ".join(text.lower().replace("ё", "е").split())


def kopecks(cell: str) -> int | None:
    digits = re.sub(r"[^\d,.-]", "", cell.replace("руб.", "")).replace(",", ".")
    return round(float(digits) * 100) if digits else None


def day(cell: str) -> date | None:
    """None for an empty cell; ValueError for what is no date."""
    return datetime.strptime(cell[:10], "%d.%m.%Y").date() if cell else None  # noqa: DTZ007 - a day


def inn_is_valid(inn: str) -> bool:
    if not inn.isdigit() or len(inn) not in (10, 12):
        return False
    numbers = [int(digit) for digit in inn]

    def check(weights: list[int]) -> int:
        return sum(weight * number for weight, number in zip(weights, numbers, strict=False)) % 11 % 10

    if len(inn) == 10:
        return check([2, 4, 10, 3, 5, 9, 4, 6, 8]) == numbers[9]
    first = check([7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == numbers[10]
    return first and check([3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == numbers[11]


def restored(inn: str) -> str:
    for candidate in (inn, "0" + inn):
        if inn_is_valid(candidate):
            return candidate
    return ""


def phones(cell: str) -> set[str]:
    found = ("".join(re.findall(r"\d", part)) for part in cell.split(","))
    return {digits[-10:] for digits in found if len(digits) in (10, 11) and digits[-10:].strip("0")}


@dataclass
class Found:
    """A customer as the naive reader sees it."""

    ids: set[str] = field(default_factory=set)
    orders: list[list] = field(default_factory=list)  # [day, created, amount, left]

    @property
    def kept(self):
        return [order for order in self.orders if order[3] > 0]


@dataclass
class Reading:
    """The file read by hand."""

    truth: SchoolTruth
    raw: bytes
    header: list[str]
    records: list[dict[str, str]]
    seen_duplicates: list[int] = field(default_factory=list)
    seen_contacts: list[int] = field(default_factory=list)
    left_out: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    customers: list[Found] = field(default_factory=list)

    def row(self, number: int) -> dict[str, str]:
        return self.records[number - 2]

    def rows_where(self, test) -> tuple[int, ...]:
        return tuple(number for number, record in enumerate(self.records, start=2) if test(record))


def read_school(folder: Path, truth: SchoolTruth) -> Reading:
    raw = (folder / "deals.csv").read_bytes()
    table = list(csv.reader(io.StringIO(raw.decode(truth.encoding), newline=""), delimiter=";"))
    header = table[0]
    reading = Reading(truth, raw, header, [dict(zip(header, row, strict=True)) for row in table[1:]])
    deals = _deals(reading)
    groups = _identities(reading.records)
    by_customer: dict[str, Found] = defaultdict(Found)
    for deal in sorted(deals, key=lambda one: (one["day"], one["amount"] < 0)):
        customer = by_customer[groups[deal["who"]]]
        customer.ids.add(deal["who"])
        if deal["status"] != "won":
            continue
        if deal["amount"] > 0:
            customer.orders.append([deal["day"], deal["who"], deal["amount"], deal["amount"]])
            continue
        earlier = [order for order in customer.orders if order[3] > 0]
        exact = [order for order in earlier if order[2] == -deal["amount"]]
        (exact or earlier)[-1][3] += deal["amount"]
    reading.customers = list(by_customer.values())
    return reading


def _deals(reading: Reading) -> list[dict]:
    seen: set[tuple[str, ...]] = set()
    parts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for number, record in enumerate(reading.records, start=2):
        cells = tuple(record.values())
        reason = _reason(record, reading.truth.as_of)
        if reason:
            reading.left_out[reason].append(number)
        elif cells in seen:
            reading.seen_duplicates.append(number)
        elif any(part["Контакт: ID"] != record["Контакт: ID"] and part["Товар"] == record["Товар"] for part in parts[record["ID"]]):
            reading.seen_contacts.append(number)
            parts[record["ID"]].append(record | {"Сумма": "0"})
        else:
            parts[record["ID"]].append(record)
        seen.add(cells)
    deals = []
    for records in parts.values():
        if not records:
            continue
        first = records[0]
        deals.append({
            "who": _who(first),
            "status": _status(first),
            "day": day(first["Дата завершения"]) or day(first["Дата создания"]),
            "amount": sum(kopecks(record["Сумма"]) or 0 for record in records),
        })  # fmt: skip
    return deals


def _who(record) -> str:
    company, contact = record["Компания: ID"], record["Контакт: ID"]
    return f"company-{company}" if company else f"contact-{contact}" if contact else ""


def _status(record) -> str:
    stage = folded(record["Стадия сделки"])
    if stage == "возврат":
        return "refunded"
    return "won" if stage in WON else "lost" if stage in LOST else "open"


def _reason(record, as_of: date) -> str:
    if not _who(record):
        return "customer_missing"
    if re.match(r"(тест|test)($|\s|ов)", folded(record["Название сделки"])):
        return "test_order"
    try:
        closed = day(record["Дата завершения"])
    except ValueError:
        return "date_malformed"
    if _status(record) == "won" and closed is not None and closed > as_of:
        return "date_in_future"
    if _status(record) == "won" and kopecks(record["Сумма"]) is None:
        return "amount_missing"
    return "" if record["Валюта"] == "Российский рубль" else "currency_without_rate"


def _identities(records) -> dict[str, str]:
    parent: dict[str, str] = {}

    def find(key: str) -> str:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for record in records:
        who = _who(record)
        if not who:
            continue
        find(who)
        keys: set[str] = set()
        if who.startswith("company"):
            inn = restored(record["Реквизит (Россия): ИНН"])
            if inn and record["Реквизит (Россия): КПП"]:
                keys.add(f"inn {inn} {record['Реквизит (Россия): КПП']}")
            mail, numbers = record["Компания: Рабочий e-mail"], phones(record["Компания: Рабочий телефон"])
        else:
            mail = record["Контакт: Рабочий e-mail"]
            numbers = phones(record["Контакт: Рабочий телефон"]) | phones(record["Контакт: Мобильный телефон"])
        if re.fullmatch(r"[a-z0-9.]+@[a-z]+\.[a-z]+", mail.lower()):
            keys.add(f"{who[:7]} {mail.lower()}")
        keys |= {f"{who[:7]} {number}" for number in numbers}
        for key in keys:
            parent[find(key)] = find(who)
    return {key: find(key) for key in list(parent) if key.startswith(("company-", "contact-"))}
