-- Hours from the inquiry to the order. The base keeps one moment of a won deal, so where only that moment is known there is no figure:
-- the beginning is the deal's own date of entry, an event that names the order, an earlier date of the order, the first inquiry since
-- the previous order, or, for the first order, the customer's first contact.
WITH moments AS (
    -- a moment at midnight is a day without an hour: an inquiry of that day came before it
    SELECT
        *,
        CASE WHEN CAST(timezone($zone, done_at) AS TIME) = TIME '00:00:00' THEN done_at + INTERVAL 86399 SECOND ELSE done_at END AS until,
        row_number() OVER (PARTITION BY customer_id ORDER BY done_at, order_id) AS place
    FROM won
),
inquiries AS (
    SELECT customer_id, "at" AS asked_at, CASE WHEN json_valid(properties) THEN json_extract_string(properties, '$.order_id') END AS order_id
    FROM events
    WHERE list_contains($lead_types, replace(lower(trim(type)), 'ё', 'е')) AND CAST(timezone($zone, "at") AS DATE) <= CAST($as_of AS DATE)
),
named AS (SELECT order_id, min(asked_at) AS asked_at FROM inquiries WHERE order_id IS NOT NULL GROUP BY order_id),
since AS (
    SELECT i.customer_id, m.until, min(i.asked_at) AS asked_at
    FROM (SELECT customer_id, asked_at FROM inquiries WHERE order_id IS NULL) i
    ASOF JOIN (SELECT DISTINCT customer_id, until FROM moments) m ON i.customer_id = m.customer_id AND i.asked_at <= m.until
    GROUP BY i.customer_id, m.until
),
begun AS (
    SELECT
        m.customer_id, m.order_id, m.done_at,
        coalesce(
            m.entered_at, n.asked_at, CASE WHEN m.ordered_at < m.closed_at THEN m.ordered_at END, s.asked_at,
            CASE WHEN m.place = 1 AND c.created_at < m.done_at THEN c.created_at END
        ) AS begun_at
    FROM moments m
    LEFT JOIN named n ON n.order_id = m.order_id
    LEFT JOIN since s ON s.customer_id = m.customer_id AND s.until = m.until
    LEFT JOIN customers c ON c.customer_id = m.customer_id
)
SELECT customer_id, order_id, greatest(epoch(done_at) - epoch(begun_at), 0) / 3600 AS hours
FROM begun
-- an order that ends more than a day before it began is a mistake of the records
WHERE begun_at IS NOT NULL AND epoch(done_at) - epoch(begun_at) > -86400
