-- Churn and average check: who bought within $active days before the window, from the day before the window.
SELECT customer_id, CAST($as_of AS DATE) - CAST($window AS INTEGER) AS anchor_on
FROM customer_days
WHERE orders > 0 AND day <= CAST($as_of AS DATE) - CAST($window AS INTEGER)
GROUP BY customer_id
HAVING max(day) > CAST($as_of AS DATE) - CAST($window AS INTEGER) - CAST($active AS INTEGER)
