"""A shop's exports, order lines and cards of people, with one audience planted: young mothers of high income who buy for children online.

The other customers buy as in `retail`. Nobody else has the card of the audience; beside it stand near misses, each wrong in one thing only
and by the least step: a day, an order, a word.
"""

from __future__ import annotations

import csv
import json
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from kogorta.demo.retail import write_retail
from kogorta.demo.words import FEMALE_NAMES, MALE_NAMES, SURNAMES
from kogorta.kit.checks import check_between
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import InputError
from kogorta.kit.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from kogorta.kit.progress import Progress

AUDIENCE: Final = (
    "gender = 'female' and age between 20 and 35 and attribute('Дети') = 'есть' and income = 'высокий' "
    "and orders(180d, category = 'Детские товары', channel = 'онлайн') >= 3"
)
"""The audience as a formula of the rule language."""

WINDOW: Final = 180
CHILDREN: Final = "Детские товары"
ONLINE: Final = "онлайн"
SHOP: Final = "магазин"
GOODS: Final = {
    "Одежда": ("Пальто", "Свитер", "Рубашка"),
    "Обувь": ("Ботинки", "Кроссовки", "Туфли"),
    "Для дома": ("Плед", "Чайник", "Ваза"),
    "Красота": ("Крем", "Шампунь", "Духи"),
    CHILDREN: ("Коляска", "Подгузники", "Конструктор", "Детское автокресло"),
    "Спорт": ("Мяч", "Коврик", "Гантели"),
    "Техника": ("Наушники", "Лампа", "Весы"),
    "Книги": ("Роман", "Атлас", "Учебник"),
}
CITIES: Final = ("Москва", "Санкт-Петербург", "Казань", "Самара", "Пермь", "Омск")
EDUCATION: Final = ("высшее", "среднее", "среднее специальное", "")
INCOMES: Final = ("высокий", "средний", "низкий", "")
NEAR_MISSES: Final = (
    "male", "too_young", "too_old", "no_birthday", "childless", "middling_income", "unknown_income",
    "two_orders", "order_too_early", "order_in_shop", "other_category", "order_refunded", "no_card",
)  # fmt: skip
"""What keeps a near miss out of the audience."""

LEAST: Final = 100
MOST: Final = 200_000
PER_HUNDRED: Final = 2
"""Planted customers in a hundred."""

ORDER_HEADERS: Final = ("Номер заказа", "Дата", "Код клиента", "Товар", "Категория", "Количество", "Цена", "Канал")
CARD_HEADERS: Final = (
    "Код клиента", "Фамилия", "Имя", "Пол", "Дата рождения", "E-mail", "Город", "Образование", "Доход", "Дети", "Любимый магазин",
)  # fmt: skip


@dataclass(frozen=True)
class ShopTruth:
    """What is in the two files.

    Args:
        seed, as_of: how they were made.
        customers: who ordered; `cards` of them have a card.
        order_rows: rows of `orders.csv`.
        net: kopecks of all rows, refunds subtracted.
        formula: the audience as a rule.
        planted: ids of the audience, sorted.
        near_misses: what is wrong -> ids of those who miss by it alone.
    """

    seed: int
    as_of: date
    customers: int
    cards: int
    order_rows: int
    net: int
    formula: str
    planted: tuple[str, ...]
    near_misses: dict[str, tuple[str, ...]]

    def to_json(self) -> str:
        """One JSON document; dates in ISO form, money in kopecks."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str) + "\n"


@dataclass(frozen=True)
class Card:
    """What the shop knows of a customer."""

    customer: int
    female: bool
    born_on: date | None
    children: str
    income: str
    education: str
    city: str
    surname: str
    name: str

    def cells(self) -> tuple[object, ...]:
        """A row of the file of people."""
        return (
            self.customer,
            self.surname + ("а" if self.female else ""),
            self.name,
            "Женский" if self.female else "Мужской",
            "" if self.born_on is None else f"{self.born_on:%d.%m.%Y}",
            f"client{self.customer:06d}@example.ru",
            self.city,
            self.education,
            self.income,
            self.children,
            "",
        )


@dataclass(frozen=True)
class Purchase:
    """One line of an order; a refund is an order of its own with a negative quantity."""

    order: int
    day: date
    customer: int
    category: str
    product: str
    quantity: int
    kopecks: int
    channel: str

    def cells(self) -> tuple[object, ...]:
        """A row of the file of orders."""
        price = f"{Decimal(self.kopecks) / 100:.2f}".replace(".", ",")
        return (self.order, f"{self.day:%d.%m.%Y}", self.customer, self.product, self.category, self.quantity, price, self.channel)


def write_shop(
    folder: str | PathLike[str], *, customers: int = 2000, seed: int = 2026, as_of: date | str, progress: Progress = SILENT
) -> ShopTruth:
    """Write `orders.csv` (order lines), `people.csv` (cards) and `truth.json`.

    Args:
        folder: where to.
        customers: how many.
        seed: of every random step.
        as_of: last day of the data; the audience holds at this day.
        progress: where the steps announce themselves.

    Returns:
        The truth.

    Raises:
        OptionError: an option is out of its bounds.
        InputError: the files cannot be written.
    """
    check_between("customers", customers, LEAST, MOST)
    day, place, random = parse_day("as_of", as_of), Path(folder), Random(seed)  # noqa: S311 - an invented base
    few = max(1, customers // 1000)
    count = max(len(NEAR_MISSES), customers * PER_HUNDRED // 100)
    chosen = random.sample(range(1, customers + 1), count + few * len(NEAR_MISSES))
    planted, rest = chosen[:count], chosen[count:]
    missing = {reason: rest[n * few : (n + 1) * few] for n, reason in enumerate(NEAR_MISSES)}
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=".shop-") as parts:
            write_retail(Path(parts) / "orders.csv", customers=customers, seed=seed, as_of=day, progress=progress)
            purchases = list(_usual(Path(parts) / "orders.csv", set(chosen), random))
        cards = [_other(number, day, random) for number in range(1, customers + 1) if number not in set(chosen)]
        cards = [card for card in cards if random.random() < 0.95]
        for reason, ids in (("", planted), *missing.items()):
            for turn, number in enumerate(ids):
                card = _mother(number, day, random, turn)
                if reason != "no_card":
                    cards.append(_missed(card, reason, day))
                purchases += _bought(number, day, reason, turn, random)
        purchases.sort(key=lambda item: (item.day, item.customer, item.order, item.product))
        numbers = {order: n for n, order in enumerate(dict.fromkeys(item.order for item in purchases), start=100_001)}
        rows = [replace(item, order=numbers[item.order]).cells() for item in purchases]
        cards.sort(key=lambda card: card.customer)
        truth = ShopTruth(
            seed=seed,
            as_of=day,
            customers=customers,
            cards=len(cards),
            order_rows=len(rows),
            net=sum(item.quantity * item.kopecks for item in purchases),
            formula=AUDIENCE,
            planted=tuple(sorted(map(str, planted))),
            near_misses={reason: tuple(sorted(map(str, ids))) for reason, ids in missing.items()},
        )
        _write(place / "orders.csv", ORDER_HEADERS, rows)
        _write(place / "people.csv", CARD_HEADERS, (card.cells() for card in cards))
        (place / "truth.json").write_text(truth.to_json(), encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError("cannot write {str!r}: {strerror}; choose another folder.", str=str(place), strerror=error.strerror) from error
    return truth


def _usual(path: Path, others: set[int], random: Random) -> Iterable[Purchase]:
    """Orders of everybody but the chosen ones; a large order has two lines."""
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            customer, kopecks = int(row["customer_id"]), int(Decimal(row["amount"]) * 100)
            if customer in others:
                continue
            category = CHILDREN if row["category"] == "Детям" else row["category"]
            channel = ONLINE if random.random() < 0.6 else SHOP
            order, day = int(row["order_id"]), date.fromisoformat(row["date"])
            first, second = random.sample(GOODS[category], 2)
            if kopecks < 0:
                yield Purchase(order, day, customer, category, first, -1, -kopecks, channel)
                continue
            part = kopecks // 3 if random.random() < 0.3 else 0
            yield Purchase(order, day, customer, category, first, 1, kopecks - part, channel)
            if part:
                yield Purchase(order, day, customer, category, second, 1, part, channel)


def _other(number: int, day: date, random: Random) -> Card:
    """Anybody's card, but not one of the audience: who would have it all earns less."""
    card = _mother(number, day, random, turn=2)
    card = replace(
        card,
        female=random.random() < 0.6,
        born_on=None if random.random() < 0.1 else day - timedelta(days=random.randint(18 * 365, 70 * 365)),
        children=random.choice(("есть", "нет", "")),
        income=random.choice(INCOMES),
    )
    if not card.female:
        card = replace(card, name=random.choice(MALE_NAMES))
    fits = card.female and card.children == "есть" and card.income == "высокий" and _age(card.born_on, day) in range(20, 36)
    return replace(card, income="средний") if fits else card


def _mother(number: int, day: date, random: Random, turn: int) -> Card:
    """A card of the audience; the first one is 20 on the day itself, the second turns 36 on the next."""
    youngest, oldest = _years_before(day, 20), _years_before(day + timedelta(days=1), 36)
    born = (youngest, oldest)[turn] if turn < 2 else oldest + timedelta(days=random.randint(0, (youngest - oldest).days))
    return Card(
        customer=number,
        female=True,
        born_on=born,
        children="есть",
        income="высокий",
        education=random.choice(EDUCATION),
        city=random.choice(CITIES),
        surname=random.choice(SURNAMES),
        name=random.choice(FEMALE_NAMES),
    )


def _missed(card: Card, reason: str, day: date) -> Card:
    """The card of the audience with one thing wrong."""
    changes: dict[str, Card] = {
        "male": replace(card, female=False, name=MALE_NAMES[card.customer % len(MALE_NAMES)]),
        "too_young": replace(card, born_on=_years_before(day + timedelta(days=1), 20)),
        "too_old": replace(card, born_on=_years_before(day, 36)),
        "no_birthday": replace(card, born_on=None),
        "childless": replace(card, children="нет"),
        "middling_income": replace(card, income="средний"),
        "unknown_income": replace(card, income=""),
    }
    return changes.get(reason, card)


def _bought(number: int, day: date, reason: str, turn: int, random: Random) -> list[Purchase]:
    """Three orders for children or more, the earliest on the first day of the window, and one thing from long ago."""
    first = day - timedelta(days=WINDOW - 1)
    least = turn == 0 or bool(reason)
    days = [first, *sorted(first + timedelta(days=random.randint(1, WINDOW - 30)) for _ in range(2 if least else random.randint(2, 5)))]
    sums = random.sample(range(900, 9000), len(days) + 1)
    orders = [
        Purchase(-(number * 20 + n), on, number, CHILDREN, GOODS[CHILDREN][n % len(GOODS[CHILDREN])], 1, 100 * rouble, ONLINE)
        for n, (on, rouble) in enumerate(zip(days, sums, strict=False), start=1)
    ]
    if reason == "two_orders":
        del orders[0]
    elif reason == "order_too_early":
        orders[0] = replace(orders[0], day=first - timedelta(days=1))
    elif reason == "order_in_shop":
        orders[0] = replace(orders[0], channel=SHOP)
    elif reason == "other_category":
        orders[0] = replace(orders[0], category="Книги", product="Атлас")
    elif reason == "order_refunded":
        orders.append(replace(orders[1], order=-(number * 20 + 18), quantity=-1, day=orders[1].day + timedelta(days=5)))
    long_ago = day - timedelta(days=400 + number % 300)
    return [*orders, Purchase(-(number * 20 + 19), long_ago, number, "Одежда", "Свитер", 1, 100 * sums[-1], SHOP)]


def _age(born: date | None, day: date) -> int:
    return -1 if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _years_before(day: date, years: int) -> date:
    """The same date a multiple of four years before, so that 29 February exists."""
    return day.replace(year=day.year - years)


def _write(path: Path, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """As a spreadsheet saves it: semicolons, a byte-order mark."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(headers)
        writer.writerows(rows)
