-- Intervals between purchase days, in whole sums so that the order of rows cannot change a digit.
WITH days AS (SELECT DISTINCT customer_id, day FROM won),
steps AS (SELECT customer_id, day, date_diff('day', lag(day) OVER (PARTITION BY customer_id ORDER BY day), day) AS step FROM days)
SELECT
    customer_id, count(*) AS days, count(step) AS steps, CAST(sum(step) AS HUGEINT) AS total, CAST(sum(step * step) AS HUGEINT) AS squares,
    median(step) AS typical, max(step) AS longest, date_diff('day', max(day), CAST($as_of AS DATE)) AS silence
FROM steps
GROUP BY customer_id
