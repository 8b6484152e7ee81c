-- Lines of purchases by $as_of as the day itself saw them: a refund counts from its own day on. A refund that names products takes
-- those back, whichever order its sum was matched to; an order emptied by refunds without products leaves nothing. A line without quantity is one piece.
CREATE OR REPLACE TEMP TABLE bought_lines AS
WITH reversed AS (
    SELECT refund_of AS order_id, -sum(amount_base) AS amount
    FROM orders
    WHERE refund_of IS NOT NULL AND ordered_on <= CAST($as_of AS DATE)
        AND order_id NOT IN (SELECT order_id FROM order_lines WHERE coalesce(product_id, name) IS NOT NULL)
    GROUP BY refund_of
),
emptied AS (
    SELECT o.order_id
    FROM orders o
    JOIN reversed r USING (order_id)
    WHERE o.amount_base > 0 AND r.amount >= o.amount_base
),
kept AS (
    SELECT order_id, customer_id, ordered_on
    FROM orders
    WHERE stage_status = 'won' AND ordered_on <= CAST($as_of AS DATE)
        AND order_id NOT IN (SELECT order_id FROM emptied)
)
SELECT
    k.customer_id,
    k.ordered_on AS day,
    l.order_id,
    coalesce(l.product_id, l.name) AS product_id,
    l.name,
    l.category,
    coalesce(l.quantity, CASE WHEN l.amount < 0 THEN -1 ELSE 1 END) AS quantity,
    l.price,
    coalesce(l.amount, 1) AS amount
FROM order_lines l
JOIN kept k USING (order_id)
WHERE coalesce(l.product_id, l.name) IS NOT NULL;
