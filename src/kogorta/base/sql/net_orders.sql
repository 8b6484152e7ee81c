-- Orders with their customer and what refunds left of them.
WITH reversed AS (SELECT order_id, sum(amount) AS amount FROM refund_matches GROUP BY order_id)
SELECT
    o.* EXCLUDE (customer_id, status, net_amount_base, refund_of),
    i.customer_id,
    CASE WHEN o.stage_status = 'won' AND o.amount_base < 0 THEN 'refunded'
            WHEN o.stage_status = 'won' AND o.amount_base > 0 AND r.amount >= o.amount_base THEN 'refunded'
            ELSE o.stage_status END AS status,
    CASE
        WHEN o.stage_status <> 'won' THEN 0
        WHEN o.amount_base < 0 THEN CASE WHEN m.refund_id IS NULL THEN o.amount_base ELSE 0 END
        ELSE o.amount_base - coalesce(r.amount, 0)
    END AS net_amount_base,
    m.order_id AS refund_of
FROM raw_orders o
JOIN identity_map i ON i.entity_id = o.entity_id
LEFT JOIN reversed r ON r.order_id = o.order_id
LEFT JOIN refund_matches m ON m.refund_id = o.order_id
