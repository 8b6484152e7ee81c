-- The base's own median interval between purchase days: at least a week, a year where nobody has bought twice.
WITH gaps AS (
    SELECT date_diff('day', lag(day) OVER (PARTITION BY customer_id ORDER BY day), day) AS gap
    FROM customer_days WHERE orders > 0 AND day <= CAST($as_of AS DATE)
)
SELECT CASE WHEN count(gap) > 0 THEN greatest(median(gap), 7) ELSE 365 END AS gap FROM gaps
