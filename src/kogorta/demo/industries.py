"""Industries of the demo's companies, their activity codes, and who in them behaves how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Industry:
    """One industry.

    Args:
        slug: the slug the enrichment room gives to these codes.
        name: Russian name.
        companies: how many of 300 companies are in it.
        okved: codes its companies have.
        words: how managers write it in the CRM.
        tails: second words of company names.
        behaviour: weights of `kogorta.demo.behaviour.HABITS`, in their order.
    """

    slug: str
    name: str
    companies: int
    okved: tuple[str, ...]
    words: tuple[str, ...]
    tails: tuple[str, ...]
    behaviour: tuple[int, ...]


_USUAL: Final = (35, 2, 29, 22, 4, 5, 3)

INDUSTRIES: Final = (
    Industry(
        "construction",
        "Строительство",
        50,
        ("41.20", "42.11", "43.21", "43.29", "43.22"),
        ("Строительство", "стройка", "Строительство и ремонт"),
        ("-Строй", " Девелопмент", "монтаж", " Инжиниринг"),
        (56, 2, 16, 17, 3, 3, 3),
    ),
    Industry(
        "wholesale",
        "Оптовая торговля",
        48,
        ("46.73", "46.90", "46.69", "46.49", "46.19"),
        ("Оптовая торговля", "Торговля", "опт"),
        (" Трейд", "опт", "снаб", " Дистрибуция"),
        (40, 2, 24, 23, 4, 4, 3),
    ),
    Industry(
        "business_services",
        "Бизнес-услуги",
        46,
        ("70.22", "69.20", "73.11", "78.10", "71.12", "82.99"),
        ("Консалтинг", "Услуги для бизнеса", "Другое"),
        (" Консалт", " Партнёры", " Аудит", " Персонал"),
        (40, 2, 24, 22, 4, 5, 3),
    ),
    Industry(
        "it_telecom",
        "IT и телекоммуникации",
        44,
        ("62.01", "62.02", "63.11", "61.10", "58.29"),
        ("IT", "Информационные технологии", "Телекоммуникации"),
        ("софт", " Технологии", " Диджитал", "нет"),
        (13, 3, 52, 18, 3, 7, 4),
    ),
    Industry(
        "manufacturing",
        "Производство",
        36,
        ("25.11", "28.99", "10.71", "22.29", "31.09", "33.12"),
        ("Производство", "производство", "Промышленность"),
        ("пром", "маш", " Завод", "пласт"),
        (35, 2, 27, 21, 4, 7, 4),
    ),
    Industry(
        "transport_logistics",
        "Транспорт и логистика",
        17,
        ("49.41", "52.29", "52.10"),
        ("Доставка", "Логистика"),
        (" Логистик", "транс"),
        _USUAL,
    ),
    Industry("education", "Образование", 13, ("85.42", "85.41"), ("Образование", "Обучение"), (" Академия", "класс"), _USUAL),
    Industry(
        "retail",
        "Розничная торговля",
        13,
        ("47.11", "47.91", "45.32"),
        ("Розница", "Магазины"),
        ("маркет", " Ритейл"),
        _USUAL,
    ),
    Industry(
        "finance",
        "Финансы и страхование",
        9,
        ("64.92", "66.22"),
        ("Финансы", "Банковские услуги"),
        (" Финанс", " Капитал"),
        _USUAL,
    ),
    Industry("healthcare", "Медицина и социальные услуги", 8, ("86.21", "86.23"), ("Медицина", "Клиника"), ("мед", " Клиник"), _USUAL),
    Industry(
        "real_estate",
        "Недвижимость",
        7,
        ("68.20", "68.32"),
        ("Недвижимость", "Аренда"),
        (" Недвижимость", " Эстейт"),
        _USUAL,
    ),
    Industry(
        "hospitality",
        "Гостиницы, рестораны и туризм",
        5,
        ("55.10", "56.10"),
        ("Развлечения", "Ресторан"),
        (" Отель", " Кафе"),
        _USUAL,
    ),
    Industry(
        "agriculture",
        "Сельское хозяйство",
        4,
        ("01.13", "01.11"),
        ("Агро", "Сельское хозяйство"),
        ("агро", " Агро"),
        _USUAL,
    ),
)

PERSON_BEHAVIOUR: Final = (9, 3, 28, 59, 1, 0, 0)
