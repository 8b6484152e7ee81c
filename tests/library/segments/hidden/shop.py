"""A small shop whose customers are drawn from a seed, put straight into the tables of a base."""

from datetime import date

import numpy as np

from kogorta.base.customer_base import CustomerBase

AS_OF = date(2026, 11, 22)
CATEGORIES = ("Одежда", "Обувь", "Для дома", "Красота", "Детям")


def put(orders, shuffle=None, customers=None):
    """A base of these orders: dicts with customer, ago, roubles and, if wished, category, discount, channel, hour, lines, status."""
    base = CustomerBase(None)
    run = base.connection.execute
    rows = list(enumerate(orders))
    if shuffle is not None:
        np.random.default_rng(shuffle).shuffle(rows)
    columns = {
        "number": [f"o{number:06d}" for number, _ in rows],
        "customer": [row["customer"] for _, row in rows],
        "ago": [row["ago"] for _, row in rows],
        "kopecks": [round(row["roubles"] * 100) for _, row in rows],
        "off": [row.get("discount", 0) * 100 for _, row in rows],
        "channel": [row.get("channel") or "" for _, row in rows],
        "hour": [row.get("hour", 0) for _, row in rows],
        "lines": [row.get("lines", 1) for _, row in rows],
        "category": [row.get("category") or "" for _, row in rows],
        "status": [row.get("status", "won") for _, row in rows],
    }
    base.connection.register("drawn", {name: np.array(values) for name, values in columns.items()})
    day = "DATE '2026-11-22' - CAST(ago AS INTEGER)"
    run(
        f"""INSERT INTO orders (order_id, customer_id, status, stage_status, ordered_on, ordered_at, amount, currency, amount_base,
            net_amount_base, discount, channel)
        SELECT number, customer, status, 'won', {day}, timezone('Europe/Moscow', {day} + to_hours(CAST(hour AS INTEGER))), kopecks, 'RUB',
            kopecks, CASE WHEN status = 'won' THEN kopecks ELSE 0 END, off, nullif(channel, '') FROM drawn"""
    )
    run(
        """INSERT INTO order_lines (order_id, line_no, product_id, name, category, quantity, price, discount, amount)
        SELECT number, l, 'p' || l, 'p' || l, nullif(category, ''), 1, kopecks // lines, 0, kopecks // lines
        FROM drawn, range(1, CAST(lines AS BIGINT) + 1) AS r(l)"""
    )
    base.connection.unregister("drawn")
    run("INSERT INTO customers (customer_id, kind) SELECT DISTINCT customer_id, 'person' FROM orders")
    for customer, fields in (customers or {}).items():
        for name, value in fields.items():
            run(f"UPDATE customers SET {name} = ? WHERE customer_id = ?", [value, customer])
    run(
        """INSERT INTO customer_days SELECT customer_id, ordered_on, count(*), CAST(sum(net_amount_base) AS BIGINT) FROM orders
        WHERE status = 'won' GROUP BY ALL"""
    )
    return base


def draw(seed, customers, traits):
    """Orders of customers; `traits(random, number)` gives a customer's orders, check, discount share, favourite category."""
    random = np.random.default_rng(seed)
    orders, truth = [], []
    for number in range(customers):
        group, count, level, discounts, favourite = traits(random, number)
        truth.append(group)
        tenure = int(random.integers(30, 900))
        for _ in range(count):
            beloved = favourite is not None and random.random() < 0.85
            orders.append(
                {
                    "customer": f"c{number:04d}",
                    "ago": int(random.random() * tenure),
                    "roubles": float(np.exp(level + random.normal(0, 0.4))),
                    "category": favourite if beloved else CATEGORIES[int(random.integers(0, 4))],
                    "discount": int(random.random() < discounts) * 50,
                    "hour": int(random.integers(9, 22)),
                    "lines": 1 + int(random.poisson(1)),
                }
            )
    return orders, np.array(truth)


def alike(random, _number):
    """Poisson orders, lognormal checks; nothing goes with anything."""
    return 0, 1 + int(random.poisson(4)), 7.5, 0.25, None


def continuum(random, _number):
    """How often, for how much and how much at a discount go together, without any groups."""
    one = random.normal()
    both = [0.7 * one + 0.7 * random.normal() for _ in range(3)]
    return 0, 1 + int(random.poisson(np.exp(1.2 + 0.6 * both[0]))), 7.5 + 0.8 * both[1], 1 / (1 + np.exp(1 - both[2])), None


def three_groups(random, _number):
    """Wholesalers with large checks, parents who buy children's goods, bargain hunters."""
    group = int(random.choice(3, p=[0.25, 0.35, 0.4]))
    count = 2 + int(random.poisson((6, 10, 6)[group]))
    return group, count, (10.5, 7.6, 7.2)[group], (0.03, 0.1, 0.85)[group], "Детям" if group == 1 else None
