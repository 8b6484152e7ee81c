-- Customers who changed label, those who had brought most in the year before first.
SELECT
    p.customer_id, c.name, p.source, p.target, p.year_before, p.year_after, p.money_after, p.last_after, p.silent_after, p.orders_between
FROM {placed} p
LEFT JOIN customers c ON c.customer_id = p.customer_id
WHERE {chosen}
ORDER BY p.year_before DESC, p.money_after DESC, p.customer_id
