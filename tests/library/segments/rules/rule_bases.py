"""Bases written by hand: the rows of tables as they stand after an import."""

from datetime import date

AS_OF = date(2026, 11, 22)


def fill(base, table, rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    listed = ", ".join(f'"{name}"' for name in names)
    for start in range(0, len(rows), 200):
        part = rows[start : start + 200]
        places = ", ".join(f"({', '.join('?' * len(names))})" for _ in part)
        base.connection.execute(f"INSERT INTO {table} ({listed}) VALUES {places}", [row.get(name) for row in part for name in names])


def ledger(base):
    base.connection.execute(
        """INSERT INTO customer_days SELECT customer_id, ordered_on,
        CAST(sum(CASE WHEN status = 'won' AND net_amount_base > 0 THEN 1 ELSE 0 END) AS BIGINT),
        CAST(sum(net_amount_base) AS BIGINT) FROM orders WHERE net_amount_base <> 0 GROUP BY ALL"""
    )


def order(order_id, customer, on, amount, *, net=None, status="won", channel="site", discount=0):
    net = amount if net is None else net
    return {
        "order_id": order_id, "customer_id": customer, "entity_id": customer, "status": status, "stage_status": "won", "ordered_on": on,
        "amount": amount, "currency": "RUB", "amount_base": amount, "net_amount_base": net, "discount": discount, "channel": channel,
    }  # fmt: skip


def line(order_id, number, category, product, amount, quantity=1.0):
    return {"order_id": order_id, "line_no": number, "product_id": f"id-{product}", "name": product, "category": category,
            "quantity": quantity, "price": amount, "discount": 0, "amount": amount}  # fmt: skip
