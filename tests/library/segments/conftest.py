"""A base made of nothing but a ledger of purchases."""

import pytest

from kogorta.base.customer_base import CustomerBase


@pytest.fixture(scope="session")
def ledger():
    """(customer, day, minor units) as a base: every positive amount is one order."""

    def made(rows, currency="RUB"):
        base = CustomerBase(None)
        values = ", ".join(f"('{who}', DATE '{day}', {amount})" for who, day, amount in rows) or "('', DATE '2000-01-01', 0)"
        days = f"""SELECT customer_id, day, CAST(count(*) FILTER (amount > 0) AS BIGINT) AS orders, CAST(sum(amount) AS BIGINT) AS amount
            FROM (VALUES {values}) AS rows(customer_id, day, amount) WHERE amount <> 0 GROUP BY customer_id, day"""
        base.connection.execute(f"CREATE TABLE given_days AS {days}")
        base.connection.execute(
            "CREATE TABLE given_customers AS SELECT DISTINCT c.* REPLACE (d.customer_id AS customer_id, 'person' AS kind) FROM "
            "(SELECT DISTINCT customer_id FROM given_days) d LEFT JOIN customers c ON false"
        )
        base.replace_enriched({"customer_days": "given_days", "customers": "given_customers"}, "")
        return base

    return made
