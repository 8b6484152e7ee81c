-- One period: who was in which segment when it began and when it ended, and what they bought in it and in the 90 days after its start.
-- The label at the start looks at nothing after the day before it.
WITH states AS (
    SELECT
        customer_id,
        CAST(sum(CASE WHEN day < CAST($starts_on AS DATE) THEN orders ELSE 0 END) AS BIGINT) AS orders_before,
        CAST(sum(CASE WHEN day < CAST($starts_on AS DATE) THEN amount ELSE 0 END) AS BIGINT) AS money_before,
        max(CASE WHEN day < CAST($starts_on AS DATE) AND orders > 0 THEN day END) AS last_before,
        CAST(sum(CASE WHEN day <= CAST($ends_on AS DATE) THEN orders ELSE 0 END) AS BIGINT) AS orders_after,
        CAST(sum(CASE WHEN day <= CAST($ends_on AS DATE) THEN amount ELSE 0 END) AS BIGINT) AS money_after,
        max(CASE WHEN day <= CAST($ends_on AS DATE) AND orders > 0 THEN day END) AS last_after,
        CAST(sum(CASE WHEN day >= CAST($starts_on AS DATE) AND day <= CAST($soon_on AS DATE) THEN orders ELSE 0 END) AS BIGINT)
            AS orders_soon,
        CAST(sum(CASE WHEN day >= CAST($starts_on AS DATE) AND day <= CAST($soon_on AS DATE) THEN amount ELSE 0 END) AS BIGINT)
            AS money_soon
    FROM customer_days
    WHERE day <= CAST($last_on AS DATE)
    GROUP BY customer_id
),
aged AS (
    SELECT
        customer_id, orders_before, money_before, orders_after, money_after, orders_soon, money_soon,
        orders_after - orders_before AS orders, money_after - money_before AS amount,
        date_diff('day', last_before, CAST($eve_on AS DATE)) AS silent_before,
        date_diff('day', last_after, CAST($ends_on AS DATE)) AS silent_after
    FROM states
),
placed AS (
    SELECT
        orders, amount, orders_soon, money_soon, CAST(amount AS HUGEINT) AS exact, CAST(money_soon AS HUGEINT) AS exact_soon,
        {before} AS source, {after} AS target
    FROM aged
)
SELECT
    source, target, count(*) AS customers, sum(CASE WHEN orders > 0 THEN 1 ELSE 0 END) AS buyers, sum(orders) AS orders,
    sum(amount) AS revenue, sum(exact * exact) AS squares, sum(CASE WHEN orders_soon > 0 THEN 1 ELSE 0 END) AS returned,
    sum(money_soon) AS revenue_soon, sum(exact_soon * exact_soon) AS squares_soon
FROM placed
GROUP BY source, target
