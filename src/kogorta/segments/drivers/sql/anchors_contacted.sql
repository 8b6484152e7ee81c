-- Response: buyers who were written to in the window, from the day before it.
SELECT DISTINCT e.customer_id, CAST($as_of AS DATE) - CAST($window AS INTEGER) AS anchor_on
FROM events e
JOIN {summary} s USING (customer_id)
WHERE list_contains($contacts, e.type) AND s.frequency > 0 AND s.first_order_on <= CAST($as_of AS DATE) - CAST($window AS INTEGER)
    AND CAST(timezone($zone, e.at) AS DATE) > CAST($as_of AS DATE) - CAST($window AS INTEGER)
    AND CAST(timezone($zone, e.at) AS DATE) <= CAST($as_of AS DATE)
