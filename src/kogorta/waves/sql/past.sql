-- Customers as they were on a past day, and whether they bought within one horizon and within two after it.
SELECT
    customer_id,
    date_diff('day', max(day) FILTER (orders > 0 AND day <= CAST($day AS DATE)), CAST($day AS DATE)) AS recency_days,
    coalesce(sum(orders) FILTER (day <= CAST($day AS DATE)), 0) AS frequency,
    coalesce(sum(amount) FILTER (day <= CAST($day AS DATE)), 0) AS monetary,
    coalesce(bool_or(orders > 0 AND day > CAST($day AS DATE) AND day <= CAST($day AS DATE) + $horizon), false) AS bought,
    coalesce(bool_or(orders > 0 AND day > CAST($day AS DATE)), false) AS bought_in_two
FROM customer_days
WHERE day <= CAST($day AS DATE) + 2 * $horizon
GROUP BY customer_id
