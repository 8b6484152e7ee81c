-- Customers by the period of their first purchase: how many of them bought in each later period, how many came back for the first
-- time in it, and their net revenue.
WITH periods AS (
    SELECT customer_id, date_trunc($period, day) AS period, sum(orders) AS orders, sum(amount) AS amount
    FROM customer_days
    WHERE day <= CAST($as_of AS DATE)
    GROUP BY customer_id, date_trunc($period, day)
),
firsts AS (SELECT customer_id, min(period) AS cohort FROM periods WHERE orders > 0 GROUP BY customer_id),
returns AS (
    SELECT p.customer_id, min(p.period) AS period
    FROM periods p
    JOIN firsts f ON f.customer_id = p.customer_id
    WHERE p.orders > 0 AND p.period > f.cohort
    GROUP BY p.customer_id
)
SELECT
    CAST(f.cohort AS DATE) AS cohort, CAST(p.period AS DATE) AS period, sum(CASE WHEN p.orders > 0 THEN 1 ELSE 0 END) AS customers,
    sum(CASE WHEN r.period = p.period THEN 1 ELSE 0 END) AS returned, sum(p.amount) AS revenue
FROM firsts f
JOIN periods p ON p.customer_id = f.customer_id
LEFT JOIN returns r ON r.customer_id = f.customer_id
GROUP BY f.cohort, p.period
ORDER BY 1, 2
