-- Recorded moves up to the date.
SELECT c.customer_no, t.segment, t.way, t.day
FROM {transitions} t
JOIN {customers} c USING (customer_id)
WHERE t.day <= CAST($as_of AS DATE)
ORDER BY c.customer_no, t.day
