-- Repeat purchase: everybody from the day of his first order, when the whole window after it is known.
SELECT customer_id, first_order_on AS anchor_on
FROM {summary}
WHERE frequency > 0 AND first_order_on <= CAST($as_of AS DATE) - CAST($window AS INTEGER)
