-- One row per customer with a purchase or a refund by the later date: his label at both dates under one rule, and his money.
-- A label looks at nothing later than its own date. The year of a date is the 365 days that end with it, or fewer where the history is shorter.
WITH states AS (
    SELECT
        customer_id,
        CAST(sum(CASE WHEN day <= CAST($from_on AS DATE) THEN orders ELSE 0 END) AS BIGINT) AS orders_before,
        CAST(sum(CASE WHEN day <= CAST($from_on AS DATE) THEN amount ELSE 0 END) AS BIGINT) AS money_before,
        max(CASE WHEN day <= CAST($from_on AS DATE) AND orders > 0 THEN day END) AS last_before,
        CAST(sum(CASE WHEN day > CAST($from_year AS DATE) AND day <= CAST($from_on AS DATE) THEN amount ELSE 0 END) AS BIGINT)
            AS year_before,
        CAST(sum(orders) AS BIGINT) AS orders_after,
        CAST(sum(amount) AS BIGINT) AS money_after,
        max(CASE WHEN orders > 0 THEN day END) AS last_after,
        CAST(sum(CASE WHEN day > CAST($to_year AS DATE) THEN amount ELSE 0 END) AS BIGINT) AS year_after
    FROM customer_days
    WHERE day <= CAST($to_on AS DATE)
    GROUP BY customer_id
),
aged AS (
    SELECT
        customer_id, orders_before, money_before, year_before, orders_after, money_after, year_after, last_after,
        date_diff('day', last_before, CAST($from_on AS DATE)) AS silent_before,
        date_diff('day', last_after, CAST($to_on AS DATE)) AS silent_after
    FROM states
)
SELECT
    customer_id, {before} AS source, {after} AS target, orders_after - orders_before AS orders_between, money_before, year_before,
    money_after, year_after, last_after, silent_after
FROM aged
