-- Customers by the period of their first purchase, and how many of them bought in each later period.
WITH days AS (
    SELECT customer_id, date_trunc($period, day) AS period FROM customer_days WHERE orders > 0 AND day <= CAST($as_of AS DATE)
),
firsts AS (SELECT customer_id, min(period) AS cohort FROM days GROUP BY customer_id)
SELECT CAST(f.cohort AS DATE) AS cohort, date_diff($period, f.cohort, d.period) AS age, count(DISTINCT d.customer_id) AS customers
FROM days d
JOIN firsts f USING (customer_id)
GROUP BY f.cohort, date_diff($period, f.cohort, d.period)
ORDER BY 1, 2
