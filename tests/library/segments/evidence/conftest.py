"""A small base written by hand, row by row."""

import json
import random
from datetime import date, datetime, time, timedelta, timezone

import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.kit.language import Language
from kogorta.segments.evidence.classes import EvidenceSegmentation
from kogorta.segments.evidence.shelf import shipped

AS_OF = date(2026, 11, 22)
MOSCOW = timezone(timedelta(hours=3))


def moment(day, hour=12):
    return datetime.combine(day, time(), MOSCOW) + timedelta(hours=hour)


class Planting:
    """Rows of a base; `grow` puts them into one, in any order."""

    def __init__(self):
        self.rows = {"customers": [], "contacts": [], "orders": [], "order_lines": [], "events": []}
        self.count = 0

    def customer(self, customer_id, **columns):
        attributes = columns.pop("attributes", None)
        self.rows["customers"].append(
            {"customer_id": customer_id, "kind": "person", "attributes": attributes and json.dumps(attributes), **columns}
        )
        return customer_id

    def order(self, customer_id, ago, amount=10_000, discount=0, lines=(), lead=None, **columns):
        """`lead`: hours between `ordered_at` and `closed_at`; None keeps one moment, as the base does for won deals."""
        self.count += 1
        order_id = columns.pop("order_id", f"o{self.count}")
        day = AS_OF - timedelta(days=ago)
        closed = moment(day)
        self.rows["orders"].append(
            {
                "order_id": order_id, "customer_id": customer_id, "status": "won", "stage_status": "won", "ordered_on": day,
                "ordered_at": closed if lead is None else closed - timedelta(hours=lead), "closed_at": closed,
                "amount": amount, "amount_base": amount, "net_amount_base": amount, "currency": "RUB", "discount": discount, **columns,
            }
        )  # fmt: skip
        for number, name in enumerate(lines, 1):
            self.rows["order_lines"].append({"order_id": order_id, "line_no": number, "name": name, "quantity": 1.0, "amount": amount})
        return order_id

    def orders(self, customer_id, agos, **columns):
        for ago in agos:
            self.order(customer_id, ago, **columns)

    def event(self, customer_id, type_, ago=10, times=1, hour=12, **properties):
        for _ in range(times):
            self.count += 1
            self.rows["events"].append(
                {
                    "event_id": f"e{self.count}", "customer_id": customer_id, "type": type_, "source": "site",
                    "at": moment(AS_OF - timedelta(days=ago), hour), "properties": json.dumps(properties, ensure_ascii=False),
                }
            )  # fmt: skip

    def grow(self, seed=None):
        base = CustomerBase(None)
        for table, rows in self.rows.items():
            rows = list(rows)
            if seed is not None:
                random.Random(seed).shuffle(rows)
            names = sorted({name for row in rows for name in row})
            if rows:
                columns = ", ".join(f'"{name}"' for name in names)
                places = ", ".join(["(" + ", ".join("?" * len(names)) + ")"] * len(rows))
                values = [row.get(name) for row in rows for name in names]
                base.connection.execute(f"INSERT INTO {table} ({columns}) VALUES {places}", values)
        base.connection.execute(
            """INSERT INTO customer_days SELECT customer_id, ordered_on, count(*), sum(net_amount_base) FROM orders
            WHERE status = 'won' AND net_amount_base > 0 GROUP BY ALL"""
        )
        return base


@pytest.fixture
def planting():
    return Planting()


@pytest.fixture
def sort():
    """name of a definition or a definition, a base -> the classes at the date."""
    return lambda definition, base, as_of=AS_OF: EvidenceSegmentation(
        shipped(definition) if isinstance(definition, str) else definition
    ).assign(base, as_of)


@pytest.fixture
def classes(sort):
    """The same as {customer_id: class}."""
    return lambda definition, base, as_of=AS_OF: {row[0]: row[1] for row in sort(definition, base, as_of).table.rows()}


@pytest.fixture
def russian():
    return Language("ru")


@pytest.fixture
def english():
    return Language("en")
