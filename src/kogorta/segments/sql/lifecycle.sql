-- Stage of life by days since the last order. In rhythm mode a customer's own median interval sets the threshold.
WITH steps AS (
    SELECT customer_id, date_diff('day', lag(day) OVER (PARTITION BY customer_id ORDER BY day), day) AS step
    FROM customer_days
    WHERE orders > 0 AND day <= CAST($as_of AS DATE)
),
rhythms AS (
    SELECT customer_id, median(step) AS rhythm FROM steps WHERE step IS NOT NULL AND $rhythm GROUP BY customer_id
),
limits AS (
    SELECT
        customer_id, s.frequency, s.recency_days,
        CASE WHEN h.rhythm IS NULL THEN CAST($sleeping_after AS DOUBLE) ELSE greatest(2 * h.rhythm, $shortest) END AS sleeping_after
    FROM {summary} s
    LEFT JOIN rhythms h USING (customer_id)
)
SELECT
    customer_id,
    CASE
        WHEN frequency = 0 OR recency_days IS NULL THEN 'prospect'
        WHEN recency_days > greatest($gone_after, CASE WHEN $rhythm THEN 3 * sleeping_after ELSE 0 END) THEN 'gone'
        WHEN frequency = 1 AND recency_days <= $new_within THEN 'new'
        WHEN recency_days <= sleeping_after THEN 'active'
        ELSE 'sleeping'
    END AS lifecycle,
    sleeping_after
FROM limits
