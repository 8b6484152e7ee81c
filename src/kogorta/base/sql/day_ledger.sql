-- The day ledger: net won orders per customer and day. A matched refund is subtracted on the day of the order it reverses;
-- a fully refunded order leaves nothing; a refund without an order stays on its own day with no order.
CREATE OR REPLACE TEMP TABLE next_orders AS
WITH reversed AS (SELECT order_id, sum(amount) AS amount FROM refund_matches GROUP BY order_id)
SELECT
    o.* EXCLUDE (status, net_amount_base, refund_of),
    CASE WHEN o.stage_status = 'won' AND o.amount_base < 0 THEN 'refunded'
            WHEN o.stage_status = 'won' AND o.amount_base > 0 AND r.amount >= o.amount_base THEN 'refunded'
            ELSE o.stage_status END AS status,
    CASE
        WHEN o.stage_status <> 'won' THEN 0
        WHEN o.amount_base < 0 THEN CASE WHEN m.refund_id IS NULL THEN o.amount_base ELSE 0 END
        ELSE o.amount_base - coalesce(r.amount, 0)
    END AS net_amount_base,
    m.order_id AS refund_of
FROM orders o
LEFT JOIN reversed r ON r.order_id = o.order_id
LEFT JOIN refund_matches m ON m.refund_id = o.order_id;

CREATE OR REPLACE TEMP TABLE next_customer_days AS
SELECT
    customer_id,
    ordered_on AS day,
    CAST(sum(CASE WHEN status = 'won' AND net_amount_base > 0 THEN 1 ELSE 0 END) AS BIGINT) AS orders,
    CAST(sum(net_amount_base) AS BIGINT) AS amount
FROM next_orders
WHERE net_amount_base <> 0
GROUP BY customer_id, ordered_on
