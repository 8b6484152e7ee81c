-- One row per customer who bought or refunded by $as_of: recency, frequency, monetary. One group-by over the day ledger.
SELECT
    customer_id,
    first_order_on,
    last_order_on,
    CAST(date_diff('day', last_order_on, CAST($as_of AS DATE)) AS INTEGER) AS recency_days,
    frequency,
    monetary
FROM (
    -- days of refunds alone are no purchases: left out before the group-by, a FILTER on each side of it costs more
    SELECT
        customer_id,
        min(bought_on) AS first_order_on,
        max(bought_on) AS last_order_on,
        CAST(sum(orders) AS BIGINT) AS frequency,
        CAST(sum(amount) AS BIGINT) AS monetary
    FROM (
        SELECT customer_id, orders, amount, CASE WHEN orders > 0 THEN day END AS bought_on
        FROM customer_days
        WHERE day <= CAST($as_of AS DATE)
    ) AS days
    GROUP BY customer_id
) AS summed
