import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rule_bases import AS_OF, fill, ledger, line, order

from kogorta.base.customer_base import CustomerBase


@pytest.fixture(scope="session")
def small():
    """Five customers whose every figure can be counted by hand."""
    base = CustomerBase(None)
    people = [
        {"customer_id": "anna", "kind": "person", "name": "Анна", "gender": "Ж", "birth_on": date(1996, 11, 29), "city": "Пермь",
         "email": "anna@example.org", "attributes": '{"дети": "да", "tags": ["vip", "мама"], "score": 7.5}'},
        {"customer_id": "boris", "kind": "person", "name": "Борис", "gender": "муж", "birth_on": date(1960, 2, 29), "city": " пермь "},
        {"customer_id": "c'); DROP TABLE customers; --", "kind": "person", "name": "Вера", "gender": "female"},
        {"customer_id": "delta", "kind": "company", "name": "ООО «Дельта»", "city": "Омск"},
        {"customer_id": "ella", "kind": "person", "name": "Элла", "attributes": "not json"},
    ]  # fmt: skip
    fill(base, "customers", people)
    orders = [
        order("a1", "anna", AS_OF - timedelta(days=29), 100_00),  # the first day of 30d
        order("a2", "anna", AS_OF - timedelta(days=30), 200_00, channel="shop"),  # the day before it
        order("a3", "anna", AS_OF, 300_00, net=0, status="refunded"),  # fully refunded: it counts nowhere
        order("a4", "anna", AS_OF + timedelta(days=1), 900_00),  # after the day
        order("b1", "boris", AS_OF - timedelta(days=200), 1000_00, net=500_00, discount=50_00),  # half refunded
        order("b2", "boris", AS_OF - timedelta(days=10), -50_00, status="refunded"),  # a refund of nothing
        order("d1", "delta", AS_OF - timedelta(days=400), 5000_00),
        order("d2", "delta", AS_OF - timedelta(days=1), 70_00, net=0, status="lost"),
    ]
    fill(base, "orders", orders)
    lines = [
        line("a1", 1, "Детские", "Кубики", 40_00, 2.0), line("a1", 2, "детские", "Мяч", 60_00), line("a2", 1, "Книги", "Азбука", 200_00),
        line("a3", 1, "Детские", "Кубики", 300_00), line("b1", 1, "Книги", "Азбука", 400_00), line("b1", 2, "Спорт", "Мяч", 600_00),
    ]  # fmt: skip
    fill(base, "order_lines", lines)
    # 21:30 UTC is already the next day in Moscow
    fill(base, "events", [
        {"event_id": "e1", "customer_id": "anna", "type": "email_click", "at": "2026-11-21 21:30:00Z",
         "properties": '{"campaign": "Осень"}'},
        {"event_id": "e2", "customer_id": "anna", "type": "email_click", "at": "2026-11-22 21:30:00Z", "properties": None},
        {"event_id": "e3", "customer_id": "boris", "type": "nps", "at": "2026-10-01 10:00:00Z", "properties": '{"score": 9}'},
        {"event_id": "e4", "customer_id": "boris", "type": "complaint", "at": "2026-10-01 10:00:00Z", "properties": "{broken"},
    ])  # fmt: skip
    ledger(base)
    moves = [("anna", "vip", "entered", AS_OF - timedelta(days=6)), ("anna", "vip", "left", AS_OF - timedelta(days=7))]
    base.connection.execute("CREATE TABLE moves (customer_id VARCHAR, segment VARCHAR, way VARCHAR, day DATE)")
    base.connection.executemany("INSERT INTO moves VALUES (?, ?, ?, ?)", moves)
    return base


@pytest.fixture(scope="session")
def retail():
    """A retail base with planted young mothers of high income who buy children's goods online, among many who miss by one condition."""
    base = CustomerBase(None)
    draw = Random(11)
    people, orders, lines, planted = [], [], [], set()
    for number in range(600):
        customer = f"r{number:04d}"
        is_planted = number % 20 == 0
        truth = {"female": True, "young": True, "rich": True, "mother": True, "often": True, "online": True, "lately": True, "toys": True}
        if not is_planted:
            for missed in draw.sample(list(truth), draw.choice([1, 1, 2, 3])):
                truth[missed] = False
        else:
            planted.add(customer)
        age = draw.choice([20, 35, 27]) if truth["young"] else draw.choice([19, 36, 50, None])
        born = None if age is None else AS_OF.replace(year=AS_OF.year - age) - timedelta(days=draw.choice([0, 364 if age != 19 else 0]))
        people.append({
            "customer_id": customer, "kind": "person", "name": f"Клиент {number}",
            "gender": "ж" if truth["female"] else draw.choice(["м", None]),
            "birth_on": born, "income_band": "high" if truth["rich"] else draw.choice(["middle", "low", None]),
            "attributes": '{"дети": "да"}' if truth["mother"] else draw.choice([None, '{"дети": "нет"}']),
        })  # fmt: skip
        for place in range(3 if truth["often"] else 2):
            day = AS_OF - timedelta(days=(179 if place == 0 else draw.randint(0, 179)) if truth["lately"] else draw.randint(180, 700))
            channel = "Онлайн" if truth["online"] else "Магазин"
            amount = draw.randint(10, 5000) * 100
            orders.append(order(f"{customer}-{place}", customer, day, amount, channel=channel))
            lines.append(line(f"{customer}-{place}", 1, "Детские товары" if truth["toys"] else "Книги", "Товар", amount))
    fill(base, "customers", people)
    fill(base, "orders", orders)
    fill(base, "order_lines", lines)
    ledger(base)
    return base, planted
