-- One row per customer who bought or refunded by $as_of: recency, frequency, monetary. One group-by over the day ledger.
SELECT
    customer_id,
    min(day) FILTER (orders > 0) AS first_order_on,
    max(day) FILTER (orders > 0) AS last_order_on,
    CAST(date_diff('day', max(day) FILTER (orders > 0), CAST($as_of AS DATE)) AS INTEGER) AS recency_days,
    CAST(sum(orders) AS BIGINT) AS frequency,
    CAST(sum(amount) AS BIGINT) AS monetary
FROM customer_days
WHERE day <= CAST($as_of AS DATE)
GROUP BY customer_id
