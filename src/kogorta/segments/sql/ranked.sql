-- Revenue of everybody before each customer, largest first: one window over all of them.
SELECT
    customer_id, monetary,
    coalesce(sum(monetary) OVER (ORDER BY monetary DESC, customer_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
    sum(monetary) OVER () AS total
FROM {summary}
WHERE monetary > 0
