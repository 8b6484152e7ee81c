-- One row per customer who bought by the end of calibration: x, t_x, T and spend for the models of repeat purchases,
-- and what the same customers did afterwards, up to as_of.
--
-- customer_days(customer_id, day, orders, amount) is the day ledger: net won orders per customer and day, money in minor
-- units. $calibration_end and $as_of are dates, both days included; give the same day twice for a summary of everything.
-- Times are in days: divide t_x and T by 7 for weeks. A refunded day has no orders left and is not a purchase.
WITH known AS (
    SELECT
        customer_id,
        MIN(day) AS first_day,
        MAX(day) AS last_day,
        COUNT(*) AS purchase_days,
        SUM(amount) AS amount
    FROM customer_days
    WHERE orders > 0 AND day <= CAST($calibration_end AS DATE)
    GROUP BY customer_id
),
later AS (
    SELECT
        customer_id,
        COUNT(*) AS holdout_orders,
        SUM(amount) AS holdout_amount
    FROM customer_days
    WHERE orders > 0 AND day > CAST($calibration_end AS DATE) AND day <= CAST($as_of AS DATE)
    GROUP BY customer_id
)
SELECT
    known.customer_id,
    known.purchase_days - 1 AS x,
    DATE_DIFF('day', known.first_day, known.last_day) AS t_x,
    DATE_DIFF('day', known.first_day, CAST($calibration_end AS DATE)) AS T,
    CASE
        WHEN known.purchase_days > 1
        THEN CAST(known.amount - first_purchase.amount AS DOUBLE PRECISION) / (known.purchase_days - 1)
        ELSE 0
    END AS spend,
    COALESCE(later.holdout_orders, 0) AS holdout_orders,
    COALESCE(later.holdout_amount, 0) AS holdout_amount
FROM known
INNER JOIN customer_days AS first_purchase
    ON first_purchase.customer_id = known.customer_id AND first_purchase.day = known.first_day
LEFT JOIN later ON later.customer_id = known.customer_id
ORDER BY known.customer_id
