-- What the members of each segment did next, on past days: the baseline of every forecast.
SELECT
    s.segment_{scheme} AS segment,
    count(*) AS members,
    count(*) FILTER (EXISTS (
        SELECT 1 FROM customer_days d WHERE d.customer_id = s.customer_id AND d.orders > 0
            AND d.day > CAST($day AS DATE) AND d.day <= CAST($day AS DATE) + $horizon)) AS bought,
    count(*) FILTER (EXISTS (
        SELECT 1 FROM customer_days d WHERE d.customer_id = s.customer_id AND d.orders > 0
            AND d.day > CAST($day AS DATE) AND d.day <= CAST($day AS DATE) + 2 * $horizon)) AS bought_in_two
FROM {segments} s
GROUP BY 1
