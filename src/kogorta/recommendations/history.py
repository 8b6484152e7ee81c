"""Who bought what on which day, as arrays in the order of ids: the same whatever the order of rows in the base."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.engine.duck import run_sql
from kogorta.recommendations.goods import Goods, find_goods

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import TypeAlias

    import scipy.sparse as sp

    from kogorta.base.customer_base import CustomerBase

    Matrix: TypeAlias = sp.csr_matrix

EPOCH: Final = date(1970, 1, 1)
MEMORY_DAYS: Final = 90.0
"""A purchase of 90 days ago says half as much about the next one as a purchase of today."""
FEWEST_GAPS: Final = 10
LIVE_AT_LEAST: Final = 30
LIVE_AT_MOST: Final = 180


def to_day(number: int) -> date:
    """The calendar day of a number of days since 1970-01-01."""
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True, eq=False)
class History:
    """Purchases up to a day, one entry per customer, day and product.

    Attributes:
        goods: the products; `product` are places in it.
        customer_ids: ids in order; `customer` are places in it.
        customer, product, day: entries sorted by customer, day, product; days since 1970-01-01.
        until: the last day looked at.
    """

    goods: Goods
    customer_ids: np.ndarray
    customer: np.ndarray
    product: np.ndarray
    day: np.ndarray
    until: int

    def before(self, day: int) -> History:
        """What was known at the end of an earlier day."""
        known = self.day <= day
        return History(self.goods, self.customer_ids, self.customer[known], self.product[known], self.day[known], day)

    @property
    def shape(self) -> tuple[int, int]:
        """Customers and products."""
        return len(self.customer_ids), len(self.goods)

    @cached_property
    def baskets(self) -> Matrix:
        """Baskets (a customer's day) x products, ones."""
        new = np.ones(len(self.day), dtype=bool)
        new[1:] = (self.customer[1:] != self.customer[:-1]) | (self.day[1:] != self.day[:-1])
        number = np.cumsum(new) - 1
        return _matrix(
            np.ones(len(number), dtype=np.float32), number, self.product, (int(number[-1]) + 1 if len(number) else 0, len(self.goods))
        )

    @cached_property
    def owned(self) -> Matrix:
        """Customers x products, one where ever bought."""
        found = _matrix(np.ones(len(self.day), dtype=np.float32), self.customer, self.product, self.shape)
        found.data[:] = 1
        return found

    def weighted(self, half_life: float, *, capped: bool) -> Matrix:
        """Customers x products: baskets that held the product, older ones counting less; `capped` at one."""
        weights = np.exp2(-(self.until - self.day) / half_life).astype(np.float32)
        found = _matrix(weights, self.customer, self.product, self.shape)
        if capped:
            found.data = np.minimum(found.data, 1)
        return found

    @cached_property
    def times(self) -> np.ndarray:
        """In how many baskets each bought product was, in the order of `owned.data`."""
        found = _matrix(np.ones(len(self.day), dtype=np.float32), self.customer, self.product, self.shape)
        return np.asarray(found.data)

    @cached_property
    def last_days(self) -> np.ndarray:
        """The last day each customer bought each of his products, in the order of `owned.data`."""
        order = np.lexsort((self.day, self.product, self.customer))
        customer, product = self.customer[order], self.product[order]
        last = np.ones(len(order), dtype=bool)
        last[:-1] = (customer[1:] != customer[:-1]) | (product[1:] != product[:-1])
        found: np.ndarray = self.day[order][last]
        return found

    @cached_property
    def gaps(self) -> np.ndarray:
        """Usual days between two purchases of each product by one customer (median); zero where fewer than ten such pauses are known."""
        order = np.lexsort((self.day, self.customer, self.product))
        customer, product, day = self.customer[order], self.product[order], self.day[order]
        same = (customer[1:] == customer[:-1]) & (product[1:] == product[:-1])
        owner, gap = product[1:][same], (day[1:] - day[:-1])[same]
        found = np.zeros(len(self.goods))
        if len(owner):
            order = np.lexsort((gap, owner))
            owner, gap = owner[order], gap[order]
            starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
            counts = np.diff(np.r_[starts, len(owner)])
            known = counts >= FEWEST_GAPS
            found[owner[starts[known]]] = gap[starts[known] + (counts[known] - 1) // 2]
        return found

    @cached_property
    def sold(self) -> np.ndarray:
        """Baskets that held each product."""
        return np.bincount(self.product, minlength=len(self.goods)).astype(np.float64)

    def popularity(self, half_life: float) -> np.ndarray:
        """Baskets of a usual month that hold each product, lately weighing more."""
        weights = np.exp2(-(self.until - self.day) / half_life)
        return np.bincount(self.product, weights, minlength=len(self.goods)) * 30.0 / half_life

    def arrivals(self, days: int) -> np.ndarray:
        """Products launched, or first sold, within so many days; none while the history itself is not three times as long."""
        if not len(self.day) or self.until - int(self.day.min()) < 3 * days:
            return np.zeros(len(self.goods), dtype=bool)
        launched = np.array([item.launched_day for item in self.goods.products], dtype=np.int64)
        found: np.ndarray = (np.minimum(launched, self.first_day) > self.until - days) & (self.first_day <= self.until)
        return found

    @cached_property
    def first_day(self) -> np.ndarray:
        """The day each product was first sold; far in the future when not yet."""
        found = np.full(len(self.goods), 1 << 30)
        np.minimum.at(found, self.product, self.day)
        return found

    @cached_property
    def live(self) -> np.ndarray:
        """Products still sold: the pause since the last sale is no longer than five of their usual pauses (30 to 180 days)."""
        last = np.full(len(self.goods), -(1 << 30))
        np.maximum.at(last, self.product, self.day)
        pairs = np.unique(self.product.astype(np.int64) * 100_000 + self.day)
        days = np.bincount(pairs // 100_000, minlength=len(self.goods))
        gap = (last - self.first_day) / np.maximum(days - 1, 1)
        found: np.ndarray = (self.until - last) <= np.clip(5 * gap, LIVE_AT_LEAST, LIVE_AT_MOST)
        return found


def read_history(base: CustomerBase, as_of: date, left_out: Collection[str] = ()) -> History:
    """Purchases of a base up to a day; later rows are never read."""
    goods = find_goods(base, as_of, left_out)
    connection = base.connection
    run_sql(connection, "recommendations", "purchases")
    rows = connection.execute("SELECT customer, day, product FROM purchases ORDER BY 1, 2, 3").fetchnumpy()
    ids = connection.execute("SELECT customer_id FROM recommended_customers ORDER BY customer").fetchnumpy()["customer_id"]
    for name in ("bought_lines", "sold_products", "offered_products", "purchase_pairs", "recommended_customers", "purchases"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    arrays = {name: np.asarray(rows[name]).astype(np.int64) for name in ("customer", "product", "day")}
    return History(goods, np.asarray(ids, dtype=object), until=(as_of - EPOCH).days, **arrays)


def _matrix(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Matrix:
    import scipy.sparse as sp

    found = sp.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)
    found.sum_duplicates()
    return found
