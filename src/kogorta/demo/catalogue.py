"""What the school sells, and how an order of a given size is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.demo.behaviour import people_round
from kogorta.demo.words import PIPELINE_CORPORATE, PIPELINE_MAIN, PIPELINE_RENEWAL, PIPELINE_WEBINARS

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True)
class Product:
    """A product and its price per seat in roubles of the last year."""

    name: str
    price: int
    pipeline: str


@dataclass(frozen=True)
class Line:
    """A product row of a deal; the price is in kopecks."""

    product: str
    price: int
    quantity: int

    @property
    def amount(self) -> int:
        """Kopecks."""
        return self.price * self.quantity


@dataclass(frozen=True)
class Order:
    """What was ordered. The amount is the sum of the lines, in kopecks."""

    title: str
    pipeline: str
    lines: tuple[Line, ...]

    @property
    def amount(self) -> int:
        """Kopecks."""
        return sum(line.amount for line in self.lines)


WEBINARS: Final = (
    Product("Вебинар «Как читать отчётность»", 7_900, PIPELINE_WEBINARS),
    Product("Вебинар «Трудные разговоры с сотрудником»", 8_900, PIPELINE_WEBINARS),
    Product("Практикум «Делегирование»", 14_900, PIPELINE_WEBINARS),
    Product("Практикум «Постановка целей»", 17_900, PIPELINE_WEBINARS),
)
COURSES: Final = (
    Product("Курс «Управление продажами»", 39_000, PIPELINE_MAIN),
    Product("Курс «Финансы для руководителей»", 44_000, PIPELINE_MAIN),
    Product("Курс «Управление командой»", 36_000, PIPELINE_MAIN),
    Product("Курс «Операционное управление»", 42_000, PIPELINE_MAIN),
    Product("Курс «Стратегия и цели»", 59_000, PIPELINE_MAIN),
    Product("Курс «Переговоры»", 28_900, PIPELINE_MAIN),
    Product("Курс «Управление проектами»", 34_000, PIPELINE_MAIN),
    Product("Курс «Первые 100 дней руководителя»", 24_900, PIPELINE_MAIN),
)
CORPORATE: Final = (
    Product("Корпоративный пакет «Школа линейного руководителя»", 15_900, PIPELINE_CORPORATE),
    Product("Корпоративный пакет «Кадровый резерв»", 18_900, PIPELINE_CORPORATE),
    Product("Корпоративный пакет «Академия менеджмента»", 24_900, PIPELINE_CORPORATE),
    Product("Курс «Управление продажами», группа", 19_900, PIPELINE_CORPORATE),
    Product("Курс «Финансы для нефинансистов», группа", 17_900, PIPELINE_CORPORATE),
)
EXTRAS: Final = (
    Product("Разбор кейсов с куратором", 4_900, PIPELINE_MAIN),
    Product("Учебные материалы, комплект", 1_900, PIPELINE_MAIN),
    Product("Итоговая аттестация", 2_900, PIPELINE_MAIN),
    Product("Подписка на библиотеку, год", 5_900, PIPELINE_MAIN),
)
TESTING_TITLE: Final = "Тестирование руководителей, оценка 360"
"""A real product whose name only looks like a test deal."""


def make_order(rng: Random, roubles: float, year_share: float, *, repeat: bool, split: bool) -> Order:
    """An order of about so many roubles.

    Args:
        rng: random stream.
        roubles: size aimed at.
        year_share: 0 in the school's first year, 1 now; prices grow with it.
        repeat: the customer has bought before.
        split: two or three products instead of one.

    Returns:
        The order; products of a split order differ from each other.
    """
    shelf: tuple[Product, ...]
    if roubles < 22_000:
        shelf = WEBINARS
    elif roubles < 75_000:
        shelf = COURSES
    else:
        shelf = CORPORATE if rng.random() < 0.75 else COURSES
    product = rng.choice(shelf)
    price = people_round(product.price * (0.62 + 0.38 * year_share))
    extras: list[Line] = []
    if split:
        for extra in rng.sample(EXTRAS, rng.choices((1, 2), (3, 1))[0]):
            extra_price = people_round(extra.price * (0.62 + 0.38 * year_share))
            extras.append(Line(extra.name, extra_price * 100, rng.randint(1, 4)))
    rest = roubles - sum(line.amount for line in extras) / 100
    seats = max(1, round(rest / price))
    if seats >= 5 and rng.random() < 0.4:
        price = round(price * (1 - rng.choice((0.05, 0.1, 0.15))) / 50) * 50
        seats = max(1, round(rest / price))
    title = product.name if seats == 1 else f"{product.name}, {seats} {_places(seats)}"
    pipeline = PIPELINE_RENEWAL if repeat and rng.random() < 0.25 else product.pipeline
    return Order(title, pipeline, (Line(product.name, price * 100, seats), *extras))


def _places(count: int) -> str:
    if count % 10 == 1 and count % 100 != 11:
        return "место"
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return "места"
    return "мест"
