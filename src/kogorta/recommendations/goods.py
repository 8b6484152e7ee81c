"""Which lines are goods that can be offered: not postage, discounts and bank charges, and not what is sold no more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import run_sql
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection
    from datetime import date

    from kogorta.base.customer_base import CustomerBase

MOST_PRODUCTS: Final = 5_000
"""Products that most customers bought are compared with each other; the square of their number is what costs memory."""
SERVICE_WORDS: Final = frozenset(
    {"postage", "shipping", "delivery", "carriage", "freight", "courier", "surcharge", "commission", "discount", "voucher", "adjustment"}
    | {"доставка", "пересылка", "курьер", "самовывоз", "комиссия", "скидка", "предоплата", "аванс", "корректировка", "подъём", "подъем"}
)
SERVICE_NAMES: Final = frozenset({"manual", "bank charges", "amazon fee", "fee", "charge", "ручной ввод", "банковские расходы", "упаковка"})
WILD_PRICE: Final = 20.0
"""A tenth of the lines at twenty times the price of another tenth: an amount typed in, not the price of a thing."""
FEWEST_LINES: Final = 10
REASONS: Final = {
    "word": message("named like a service"),
    "negative": message("mostly negative lines"),
    "wild_price": message("a price typed in by hand"),
    "odd_code": message("a code unlike the others, one piece an order"),
    "chosen": message("left out by the user"),
}


@dataclass(frozen=True)
class Product:
    """A product that can be offered.

    Attributes:
        product_id: id in the base, or its name where it has none.
        name: the name it was sold under most often.
        category: None when the base knows none.
        price: median price in minor units, None when unknown.
        customers: how many bought it.
        first_day, last_day: days since 1970-01-01 it was first and last sold.
        launched_day: the day it was launched, when the base knows it, else the day it was first sold.
        selling_days: on how many days it was sold.
    """

    product_id: str
    name: str
    category: str | None
    price: int | None
    customers: int
    first_day: int
    last_day: int
    launched_day: int
    selling_days: int


@dataclass(frozen=True)
class NotGoods:
    """A line of orders that is not a thing to offer, and why (a key of `REASONS`)."""

    product_id: str
    name: str
    reason: str


@dataclass(frozen=True)
class Goods:
    """Products in the order of their ids, and what was left out."""

    products: tuple[Product, ...]
    not_goods: tuple[NotGoods, ...]
    rare: int

    def __len__(self) -> int:
        return len(self.products)


def find_goods(base: CustomerBase, as_of: date, left_out: Collection[str] = (), most: int = MOST_PRODUCTS) -> Goods:
    """Products sold by a day. Makes the engine tables `bought_lines` and `offered_products` (product_id, place).

    Args:
        base: the base.
        as_of: nothing after this day is read.
        left_out: ids of products that shall not be offered.
        most: products that most customers bought are kept, ties by id.
    """
    from collections import Counter

    connection = base.connection
    for name in ("bought_lines", "sold_products"):
        run_sql(connection, "recommendations", name, {"as_of": as_of.isoformat()})
    day = "date_diff('day', DATE '1970-01-01', {})".format
    rows = connection.execute(
        f"""SELECT product_id, name, category, price, customers, {day("first_on")}, {day("last_on")}, {day("launched_on")}, days,
        lines, negative, ones, low_price, high_price FROM sold_products ORDER BY product_id"""
    ).fetchall()
    shapes = Counter(_shape(row[0]) for row in rows)
    products: list[Product] = []
    refused: list[NotGoods] = []
    for identifier, name, category, price, customers, first, last, launched, days, *looks in rows:
        reason = "chosen" if identifier in left_out else _reason(identifier, name, looks, shapes)
        if reason:
            refused.append(NotGoods(identifier, name, reason))
        elif customers:
            start = first if launched is None else launched
            products.append(Product(identifier, name, category, price, customers, first, last, start, days))
    bestsellers = sorted(products, key=lambda item: (-item.customers, item.product_id))[:most]
    kept = tuple(sorted(bestsellers, key=lambda item: item.product_id))
    _number(base, kept)
    return Goods(kept, tuple(refused), len(products) - len(kept))


def _number(base: CustomerBase, products: tuple[Product, ...]) -> None:
    import numpy as np

    connection = base.connection
    connection.execute("CREATE OR REPLACE TEMP TABLE offered_products (product_id VARCHAR, place BIGINT)")
    if products:
        ids = np.array([item.product_id for item in products], dtype=object)
        connection.register("incoming_products", {"product_id": ids, "place": np.arange(len(products))})
        connection.execute("INSERT INTO offered_products SELECT product_id, place FROM incoming_products")
        connection.unregister("incoming_products")


def _shape(identifier: str) -> str:
    """The form of a code: 85123A -> 9A, POST -> A, so that codes of one list look alike."""
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", identifier))


def _reason(identifier: str, name: str, looks: list[object], shapes: Counter[str]) -> str | None:
    """Why a product is no thing to offer, or None."""
    lines, negative, ones, low, high = (float(str(value or 0)) for value in looks)
    plain = name.strip().casefold()
    words = re.findall(r"[^\W\d_]+", plain)
    if plain in SERVICE_NAMES or (words and len(words) <= 4 and (words[0] in SERVICE_WORDS or words[-1] in SERVICE_WORDS)):
        return "word"
    if lines >= FEWEST_LINES and negative * 2 >= lines:
        return "negative"
    wild = lines >= FEWEST_LINES and low > 0 and high > WILD_PRICE * low
    if wild and ones * 2 >= lines:
        return "wild_price"
    everyone = sum(shapes.values())
    usual = sum(count for _, count in shapes.most_common(2))
    odd = everyone >= 100 and usual >= 0.98 * everyone and shapes[_shape(identifier)] <= 0.005 * everyone
    return "odd_code" if odd and (ones >= 0.8 * lines or wild) else None
